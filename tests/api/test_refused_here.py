"""What can be known without Bybit is refused before anything travels: the argument, the allowed words, the cure."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from typing import Any, get_args, get_type_hints

import pytest

from bybit_async import AsyncBybit, InvalidParameter, endpoints
from bybit_async.api.market import Market
from bybit_async.api.position import Position
from bybit_async.api.trade import Trade
from bybit_async.models.checks import words_of
from bybit_async.models.position import PositionLeg
from bybit_async.models.rfq import RfqLeg
from bybit_async.models.trade import AmendOrder, PlaceOrder
from bybit_async.transport.pages import Pager
from tests.api.recorder import Recorder, answer

ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "50000",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "parameter", "cure"),
    [
        ({"qty": None}, "qty", "is required"),
        ({"side": None}, "side", "'Buy', 'Sell'"),
        ({"side": "buy"}, "side", "did you mean 'Buy'?"),
        ({"side": "BUY"}, "side", "did you mean 'Buy'?"),
        ({"order_type": "limit"}, "order_type", "did you mean 'Limit'?"),
        ({"category": "liner"}, "category", "did you mean 'linear'?"),
        ({"time_in_force": "GTK"}, "time_in_force", "'GTC', 'IOC', 'FOK', 'PostOnly', 'RPI'"),
        ({"time_in_force": "post_only"}, "time_in_force", "did you mean 'PostOnly'?"),
        ({"trigger_by": "Mark"}, "trigger_by", "did you mean 'MarkPrice'?"),
        ({"position_idx": 3}, "position_idx", "0, 1, 2"),
        ({"trigger_direction": "rise"}, "trigger_direction", "1, 2"),
        ({"tpsl_mode": "full"}, "tpsl_mode", "did you mean 'Full'?"),
        ({"order_filter": "stopOrder"}, "order_filter", "did you mean 'StopOrder'?"),
        ({"is_leverage": 2}, "is_leverage", "0, 1"),
        ({"symbol": "btcusdt"}, "symbol", "'BTCUSDT'"),
        ({"symbol": "BTC/USDT"}, "symbol", "'BTCUSDT'"),
        ({"symbol": "BTC/USDT:USDT"}, "symbol", "'BTCUSDT'"),
        ({"symbol": "BTC-USDT"}, "symbol", "'BTCUSDT'"),
        ({"symbol": "BTC_USDT"}, "symbol", "'BTCUSDT'"),
        ({"symbol": " BTCUSDT"}, "symbol", "'BTCUSDT'"),
        ({"symbol": ""}, "symbol", "a symbol"),
        ({"symbol": None}, "symbol", "is required"),
        ({"qty": 0}, "qty", "more than 0"),
        ({"price": "-1"}, "price", "more than 0"),
    ],
)
async def test_an_order_is_refused_unsent(change: dict[str, Any], parameter: str, cure: str) -> None:
    recorder = Recorder(answer({}))
    with pytest.raises(InvalidParameter) as caught:
        await Trade(recorder).place_order(**{**ORDER, **change})
    assert caught.value.parameter == parameter
    assert cure in str(caught.value)
    assert recorder.asked == []


@pytest.mark.parametrize(
    "symbol", ["BTCUSDT", "BTCPERP", "BTC-26DEC25", "BTC-26DEC25-60000-C-USDT", "BTCUSDM26", "1INCHUSDT"]
)
def test_symbols_of_every_kind_pass(symbol: str) -> None:
    assert PlaceOrder(**{**ORDER, "symbol": symbol}).symbol == symbol


@pytest.mark.parametrize(
    ("call", "parameter", "cure"),
    [
        (lambda c: Market(c).get_tickers(category="liner"), "category", "did you mean 'linear'?"),
        (lambda c: Market(c).get_tickers(category="linear", symbol="btcusdt"), "symbol", "'BTCUSDT'"),
        (lambda c: Market(c).get_kline(category="linear", symbol="BTC/USDT", interval="1"), "symbol", "'BTCUSDT'"),
        (lambda c: Market(c).get_kline(category="linear", symbol="BTCUSDT", interval="7h"), "interval", "'120'"),
        (lambda c: Position(c).get_positions(category="linear", symbol="btcusdt"), "symbol", "'BTCUSDT'"),
        (lambda c: Trade(c).get_open_orders(category="linear", symbol="BTCUSDT", open_only=2), "open_only", "0, 1"),
        (lambda c: Trade(c).cancel_all_orders(category="linear", symbol="btcusdt"), "symbol", "'BTCUSDT'"),
        (lambda c: Trade(c).cancel_all_orders(category="spot", order_filter="Stop"), "order_filter", "StopOrder"),
        (lambda c: Trade(c).cancel_order(category="linear", symbol=None, order_id="1"), "symbol", "is required"),
        (lambda c: Trade(c).set_dcp(time_window=None), "time_window", "from 3 to 300"),
    ],
)
async def test_other_calls_are_refused_unsent(call: Any, parameter: str, cure: str) -> None:
    recorder = Recorder(answer({}))
    with pytest.raises(InvalidParameter) as caught:
        await call(recorder)
    assert caught.value.parameter == parameter
    assert cure in str(caught.value)
    assert recorder.asked == []


def test_changes_and_parts_know_their_words() -> None:
    with pytest.raises(InvalidParameter, match=r"tpsl_mode.*'Full'"):
        AmendOrder(category="linear", symbol="BTCUSDT", order_id="1", tpsl_mode="full")  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter, match=r"category.*'linear'"):
        RfqLeg(category="liner", symbol="BTCUSDT", side="Buy", qty="1")  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter, match=r"symbol.*'BTCUSDT'"):
        PositionLeg(category="linear", symbol="btcusdt", side="Buy", qty="1", price="1")


async def _refused(method: Any, arguments: dict[str, Any]) -> InvalidParameter | None:
    try:
        found = method(**arguments)
        if isinstance(found, Awaitable | Pager):
            await found
    except InvalidParameter as error:
        return error
    except Exception as error:
        raise AssertionError(f"{method}") from error
    return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_every_closed_set_of_every_endpoint_is_kept() -> None:
    """Each `Literal` argument of each method is given a word that Bybit does not have."""
    named = 0
    bybit = AsyncBybit(api_key="K", api_secret="S")
    for endpoint in endpoints():
        domain, _, name = endpoint.name.partition(".")
        recorder = Recorder(answer({}))
        method = getattr(type(getattr(bybit, domain))(recorder), name)
        arguments = {parameter.name: _plausible(hint) for parameter, hint in _required(method)}
        for parameter in words_of(method.__func__):
            error = await _refused(method, {**arguments, parameter: "no such word"})
            assert recorder.asked == []
            assert error is not None, f"{endpoint.name}({parameter}) was sent"
            # Some first ask for what belongs with it.
            named += error.parameter == parameter
    assert named > 280


def _required(method: Any) -> list[tuple[inspect.Parameter, Any]]:
    hints = get_type_hints(method)
    return [
        (parameter, hints[parameter.name])
        for parameter in inspect.signature(method).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.KEYWORD_ONLY
    ]


def _plausible(hint: Any) -> Any:
    if hint is int:
        return 5
    if "Sequence" in str(hint):
        return []
    words = [word for word in get_args(hint) if isinstance(word, str | int) and not isinstance(word, type)]
    return words[0] if words else "1"
