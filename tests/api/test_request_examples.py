"""Every documented request can be made: its parameters are arguments and go out under the documented names."""

import importlib
import inspect
import typing
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from bybit_async.api.p2p import P2P
from bybit_async.api.registry import endpoint_for, endpoints
from bybit_async.api.setting import Setting
from bybit_async.api.trading_bot import TradingBot
from bybit_async.models.trade import BatchResult
from bybit_async.models.trading_bot import DcaPair
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.pages import Pager
from tests.api.request_cases import (
    FACTS,
    NOT_TAKEN,
    Case,
    Probe,
    _argument,
    _cases,
    _facts,
    _filler,
    _given,
    _spelling,
)

pytestmark = pytest.mark.skipif(not FACTS.exists(), reason="the documented requests are not here")


# The table of this page has lost its columns.
NEEDED_AFTER_ALL = {("p2p.get_counterparty_info", "originalUid"), ("p2p.get_counterparty_info", "orderId")}

# Where the documentation's example tells the wrong thing about whether a key is needed.
SIGNED_AFTER_ALL = {
    "account.get_account_instruments_info": True,
    "broker.get_broker_whitelist_ip": True,
    "trading_bot.validate_spot_grid_input": True,
}


def _method(endpoint: Endpoint, caller: object = None) -> Callable[..., Any]:
    domain, _, method = endpoint.name.partition(".")
    module = importlib.import_module(f"bybit_async.api.{domain}")
    cls = getattr(module, domain.title().replace("_", ""))
    return getattr(cls(caller), method)


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
