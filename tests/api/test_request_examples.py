"""Every documented request can be made: its parameters are arguments and go out under the documented names."""

import importlib
import inspect
import json
import re
import types
import typing
import urllib.parse
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bybit_async.api.p2p import P2P
from bybit_async.api.registry import endpoint_for, endpoints
from bybit_async.api.setting import Setting
from bybit_async.api.trading_bot import TradingBot
from bybit_async.models.trade import BatchResult
from bybit_async.models.trading_bot import DcaPair
from bybit_async.transport.answer import read_answer
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.pages import Pager
from bybit_async.wire import Response, wire_name

FACTS = Path(__file__).resolve().parents[3] / "shared" / "v5" / "rest.json"

pytestmark = pytest.mark.skipif(not FACTS.exists(), reason="the documented requests are not here")

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

# The table of this page has lost its columns.
NEEDED_AFTER_ALL = {("p2p.get_counterparty_info", "originalUid"), ("p2p.get_counterparty_info", "orderId")}

# Where the documentation's example tells the wrong thing about whether a key is needed.
SIGNED_AFTER_ALL = {
    "account.get_account_instruments_info": True,
    "broker.get_broker_whitelist_ip": True,
    "trading_bot.validate_spot_grid_input": True,
}


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


def _method(endpoint: Endpoint, caller: object = None) -> Callable[..., Any]:
    domain, _, method = endpoint.name.partition(".")
    module = importlib.import_module(f"bybit_async.api.{domain}")
    cls = getattr(module, domain.title().replace("_", ""))
    return getattr(cls(caller), method)


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


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.endpoint.name}-{len(case.params)}")
async def test_an_example_request_is_made_as_documented(case: Case) -> None:
    endpoint = case.endpoint
    probe = Probe(case.answer)
    method = _method(endpoint, probe)
    signature = inspect.signature(method)
    hints = typing.get_type_hints(method)
    wanted = {k: v for k, v in case.params.items() if v not in (None, "") and (endpoint.name, k) not in NOT_TAKEN}
    arguments = {}
    for parameter, value in wanted.items():
        name = _argument(endpoint, parameter, signature.parameters)
        assert name is not None, f"{parameter} is no argument"
        arguments[name] = _given(value, hints[name], bound=name in ("start", "end"), category=wanted.get("category"))
    for name, info in signature.parameters.items():
        if info.default is inspect.Parameter.empty and name not in arguments:
            arguments[name] = _filler(hints[name])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        answer = method(**arguments)
    result = await answer

    assert probe.endpoint is endpoint
    sent = _spelling(probe.params)
    assert {key: sent.get(key) for key in wanted} == _spelling(wanted)
    if case.answer is not None:
        expected = endpoint.result_type(probe.params)
        # Setters and batches say what became of the request, whatever the answer's own shape.
        assert isinstance(result, (typing.get_origin(expected) or expected, Setting, BatchResult))
    if isinstance(answer, Pager):
        assert result is None or isinstance(result.rows, list)


def _documented() -> list[tuple[Endpoint, str, bool]]:
    found: dict[tuple[str, str], tuple[Endpoint, str, bool]] = {}
    for entry in _facts():
        endpoint = endpoint_for(entry["method"], entry["path"])
        # The arguments of these domains have a test of their own.
        if endpoint is None or endpoint.name.startswith(("market.", "trade.", "position.", "account.", "user.")):
            continue
        for parameter in entry["request"]:
            if parameter.get("depth", 0) == 0:
                found[endpoint.name, parameter["name"]] = (endpoint, parameter["name"], bool(parameter.get("required")))
    return list(found.values())


def test_every_documented_parameter_is_a_keyword_argument() -> None:
    missing = []
    for endpoint, parameter, _ in _documented():
        parameters = inspect.signature(_method(endpoint)).parameters
        name = _argument(endpoint, parameter, parameters)
        if name is None or parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY:
            missing.append((endpoint.name, parameter))
    assert [pair for pair in missing if pair not in NOT_TAKEN] == []


def test_no_argument_is_required_that_the_documentation_calls_optional() -> None:
    required = {(endpoint.name, parameter) for endpoint, parameter, needed in _documented() if needed}
    documented = {(endpoint.name, parameter): endpoint for endpoint, parameter, _ in _documented()}
    for (name, parameter), endpoint in documented.items():
        parameters = inspect.signature(_method(endpoint)).parameters
        argument = _argument(endpoint, parameter, parameters)
        if argument is not None and parameters[argument].default is inspect.Parameter.empty:
            assert (name, parameter) in required | NEEDED_AFTER_ALL


def test_a_key_is_asked_for_where_the_documentation_shows_one() -> None:
    documented = {}
    for entry in _facts():
        documented.setdefault((entry["method"], entry["path"]), entry["signed"])
    odd = {e.name: e.signed for e in endpoints() if documented.get((e.method, e.path), e.signed) != e.signed}
    assert odd == SIGNED_AFTER_ALL


def test_a_deprecated_endpoint_has_a_deprecated_method_and_every_method_a_docstring() -> None:
    for endpoint in endpoints():
        method = _method(endpoint)
        assert hasattr(method, "__deprecated__") == bool(endpoint.deprecated), endpoint.name
        assert f"{endpoint.method} {endpoint.path}" in (inspect.getdoc(method) or ""), endpoint.name


async def test_a_file_is_sent_as_a_part_of_its_own() -> None:
    probe = Probe(None)
    await P2P(probe).upload_chat_file(filename="receipt.png", content=b"\x89PNG")
    assert probe.params == {}
    assert probe.files == {"upload_file": ("receipt.png", b"\x89PNG", "image/png")}


async def test_a_dca_bot_is_described_within_one_object() -> None:
    probe = Probe(None)
    pairs = [DcaPair(base="BTC", amount="66"), DcaPair(base="ETH", amount=88)]
    await TradingBot(probe).create_dca_bot(
        frequency_in_second=600, quote_coin="USDT", pairs=pairs, max_invest_amount="2e3"
    )
    assert probe.params == {
        "parameters": {
            "frequency_in_second": "600",
            "quote_coin": "USDT",
            "pairs": [{"base": "BTC", "amount": "66"}, {"base": "ETH", "amount": "88"}],
            "max_invest_amount": "2000",
        }
    }
