"""The documented examples of requests, as arguments of methods."""

from __future__ import annotations

import json
import re
import types
import typing
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from bybit_async.api.registry import endpoint_for
from bybit_async.transport.answer import read_answer
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response, wire_name

FACTS = Path(__file__).resolve().parents[3] / "shared" / "v5" / "rest.json"


# Time bounds have one name in Python, whatever Bybit calls them.
STARTS = {"startTime", "startDate", "start", "begin", "beginTime", "beginTimeE0", "timeStart", "createTimeFrom"}


ENDS = {"endTime", "endDate", "end", "endTimeE0", "timeEnd", "createTimeTo", "createEndTime"}


BOUNDS = {**dict.fromkeys(STARTS | {"createBeginTime"}, "start"), **dict.fromkeys(ENDS, "end")}


# What Bybit calls a list says little of what is in it.
RENAMED = {
    "rfq.create_rfq": {"list": "legs"},
    "rate_limit.set_api_rate_limit": {"list": "settings"},
    "broker.set_broker_rate_limit": {"list": "settings"},
    "alpha.get_biz_token_price_list": {"tokenAddressInfo": "tokens"},
    "crypto_loan.get_max_loan_amount_new_crypto_loan": {"collateralList": "collateral"},
    "crypto_loan.borrow_fixed_crypto_loan": {"collateralList": "collateral"},
    "crypto_loan.renew_fixed_crypto_loan": {"collateralList": "collateral"},
    "crypto_loan.borrow_flexible_crypto_loan": {"collateralList": "collateral"},
}


# (name, parameter): what the pages list or show by mistake.
NOT_TAKEN = {
    ("account.get_contract_transaction_log", "symbol"): "in the example alone",
    ("crypto_loan.get_lending_orders", "orderNo"): "the table says orderId",
    ("crypto_loan.borrow_fixed_crypto_loan", "collateralList"): "the example shows an object, the table a list",
    ("crypto_loan.renew_fixed_crypto_loan", "collateralList"): "the example shows an object, the table a list",
    ("leveraged_token.purchase_leveraged_token", "amount"): "the table says ltAmount",
    ("position.set_auto_add_margin", "autoAddmargin"): "the table says autoAddMargin",
    ("trading_bot.close_spot_grid_bot", "bot_id"): "the table says grid_id",
    ("p2p.upload_chat_file", "upload_file"): "a part of a multipart body; see below",
    ("asset.submit_deposit_originator_info", "depositId"): "the example says deposit_id",
    ("asset.submit_deposit_originator_info", "subAccountId"): "the example says sub_account_id",
}


# Requests that no list of keywords mirrors; each has its own test below.
SHAPED_OTHERWISE = {"trading_bot.create_dca_bot", "p2p.upload_chat_file"}


class Case(typing.NamedTuple):
    endpoint: Endpoint
    params: dict[str, Any]
    answer: bytes | None


def _facts() -> list[dict[str, Any]]:
    return json.loads(FACTS.read_text()) if FACTS.exists() else []


def _request(text: str) -> dict[str, Any] | None:
    """The parameters of an example; None when it shows no readable request."""
    match = re.match(r"\s*(?:GET|POST)\s+(\S+)", text)
    if match is None:
        return None
    params: dict[str, Any] = dict(urllib.parse.parse_qsl(match[1].partition("?")[2]))
    body = re.search(r"\n\s*\n?(\{.*\})\s*$", text, re.DOTALL)
    if body is not None:
        try:
            params |= json.loads(body[1])
        except json.JSONDecodeError:
            return None
    return params


def _cases() -> list[Case]:
    cases = []
    for entry in _facts():
        endpoint = endpoint_for(entry["method"], entry["path"])
        if endpoint is None or endpoint.name in SHAPED_OTHERWISE:
            continue
        for index, text in enumerate(entry["request_examples"]):
            params = _request(text) if entry["path"] in text else None
            if params is None:
                continue
            answers = entry["response_examples"]
            answer = answers[index] if index < len(answers) else None
            told = isinstance(answer, dict) and answer.get("retCode", answer.get("ret_code", 0 if endpoint.bare else 1))
            body = json.dumps(answer, separators=(",", ":")).encode() if told == 0 and told is not False else None
            cases.append(Case(endpoint, params, body))
    return cases


def _argument(endpoint: Endpoint, parameter: str, arguments: Mapping[str, Any]) -> str | None:
    """The name of the argument that carries a documented parameter."""
    renamed = RENAMED.get(endpoint.name, {}).get(parameter)
    if renamed is not None:
        return renamed
    bound = BOUNDS.get(parameter)
    if bound in arguments:
        return bound
    for name in arguments:
        if parameter in (name, wire_name(name)) or parameter.lower() == name.replace("_", "").lower():
            return name
    return None


class Probe:
    """A caller that keeps what it was asked and answers with an example."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.endpoint: Endpoint | None = None
        self.params: dict[str, Any] = {}
        self.files: Mapping[str, Any] | None = None

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        files: Mapping[str, Any] | None = None,
        on_unknown: str | None = None,
    ) -> Response[Any]:
        self.endpoint = endpoint
        self.params = dict(params)
        self.files = files
        if self.answer is None:
            return Response(ret_code=0, result=None)
        return read_answer(endpoint, self.answer, params)


def _given(value: Any, hint: Any, *, bound: bool = False, category: str | None = None) -> Any:
    """An example's value as a caller would write it."""
    options = [option for option in _options(hint) if option is not type(None)]
    for option in options:
        if isinstance(option, type) and issubclass(option, msgspec.Struct) and isinstance(value, dict):
            fields = {field.encode_name: field for field in msgspec.structs.fields(option)}
            given = {fields[k].name: _given(v, fields[k].type) for k, v in value.items()}
            # The category of a batch stands outside on the wire, and within each order in Python.
            return option(**({"category": category} if "category" in fields and category else {}) | given)
        if typing.get_origin(option) in (list, typing.Sequence) or getattr(option, "__origin__", None) is not None:
            inner = typing.get_args(option)
            if isinstance(value, list) and inner and typing.get_origin(option) is not typing.Literal:
                return [_given(item, inner[0], category=category) for item in value]
    if isinstance(value, str):
        if bool in options and value in ("true", "false"):
            return value == "true"
        if bound and int in options and value.isdigit():
            # Times are given in milliseconds everywhere, also where they are sent as seconds.
            return int(value) * (1000 if len(value) < 12 else 1)
        whole = int in options and str not in options
        if whole or any(isinstance(word, int) for option in options for word in typing.get_args(option)):
            return int(value) if re.fullmatch(r"-?\d+", value) else value
    return value


def _options(hint: Any) -> tuple[Any, ...]:
    return (
        typing.get_args(hint)
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
        else (hint,)
    )


def _filler(hint: Any) -> Any:
    """Something for a required argument that the example forgot."""
    for option in _options(hint):
        if typing.get_origin(option) is typing.Literal:
            return typing.get_args(option)[0]
        if option in (int, str, bool):
            return option(1)
    return "1"


def _spelling(value: Any) -> Any:
    """A value as text, so that 1, "1" and True, "true" compare alike; what is empty is left out."""
    if isinstance(value, dict):
        return {key: _spelling(item) for key, item in value.items() if item not in (None, "")}
    if isinstance(value, list | tuple):
        return [_spelling(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
