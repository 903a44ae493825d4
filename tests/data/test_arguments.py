"""Whatever is given that cannot be meant is refused by its name, before anything is sent."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from bybit_async import InvalidParameter

DAY = {"start": "2024-01-01", "end": "2024-01-02"}
KLINES = {"interval": "1h", **DAY}
CALLS = {
    "fetch_klines": KLINES,
    "fetch_mark_klines": KLINES,
    "fetch_index_klines": KLINES,
    "fetch_premium_klines": KLINES,
    "fetch_open_interest": KLINES,
    "fetch_long_short_ratio": KLINES,
    "fetch_funding_rates": DAY,
    "fetch_trades": DAY,
    "fetch_orderbook_snapshots": DAY,
    "download": KLINES,
}
BAD = {
    "symbol": [None, "", 5, ["BTCUSDT"]],
    "start": [None, "", "soon", math.nan, True, -5, [], "1960-01-01", "2999-01-01", "2024-01-02"],
    "end": ["", "soon", math.nan, True, [], "2023-12-31"],
    "category": [None, 5, "", "perp"],
    "interval": [None, 1.5, True, "", "7m", "1s"],
    "dtype": [None, float, "int"],
    "price": [None, 5, "middle"],
    "progress": [5, "yes"],
}
MISSING = {"interval": ("funding_rates", "trades", "snapshots"), "dtype": ("download",), "price": ()}


def takes(method, parameter):
    if parameter == "price":
        return method in ("fetch_klines", "download")
    return not any(method.endswith(name) for name in MISSING.get(parameter, ()))


CASES = [
    (method, parameter, value)
    for method in CALLS
    for parameter, values in BAD.items()
    if takes(method, parameter)
    for value in values
]


async def test_every_history_method_names_what_it_refuses(bybit, exchange):
    for method, parameter, value in CASES:
        arguments = {"symbol": "BTCUSDT", **CALLS[method], parameter: value}
        with pytest.raises(InvalidParameter) as refusal:
            await getattr(bybit.data, method)(**arguments)
        # Times that are fine by themselves but make no range are the start's fault.
        wanted = {"start"} if value == "2023-12-31" else {parameter}
        assert refusal.value.parameter in wanted, (method, parameter, value)
    assert exchange.requests <= 1, "something but the time was asked for"


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        *(({"depth": value}, "depth") for value in (None, 0, -1, 201, "x", 1.5, True)),
        *(({"every": value}, "every") for value in ("0s", "7s", "25h", "1w", "1M", "soon", None, [])),
        ({"category": "option"}, "category"),
    ],
)
async def test_snapshots_refuse_steps_and_depths_that_are_none(bybit, arguments, parameter):
    with pytest.raises(InvalidParameter) as refusal:
        await bybit.data.fetch_orderbook_snapshots("BTCUSDT", **DAY, **arguments)
    assert refusal.value.parameter == parameter


async def test_kinds_that_a_market_has_not_are_refused(bybit):
    for method, category in [
        ("fetch_klines", "option"),
        ("fetch_mark_klines", "spot"),
        ("fetch_index_klines", "spot"),
        ("fetch_premium_klines", "inverse"),
        ("fetch_open_interest", "spot"),
        ("fetch_long_short_ratio", "spot"),
        ("fetch_funding_rates", "spot"),
    ]:
        with pytest.raises(InvalidParameter, match="category"):
            await getattr(bybit.data, method)("BTCUSDT", **CALLS[method], category=category)


async def test_live_helpers_refuse_by_name_and_leave_nothing_running(bybit, exchange):
    data = bybit.data
    for call, parameter in [
        (lambda: data.start_ticker_stream("BTCUSDT", 5), "callback"),
        (lambda: data.start_ticker_stream("BTCUSDT", print, category="perp"), "category"),
        (lambda: data.start_klines_stream("BTCUSDT", "1m", None), "callback"),
        (lambda: data.start_klines_stream("BTCUSDT", "7m", print), "interval"),
        (lambda: data.start_klines_stream("BTCUSDT", "1m", print, candles=True), "candles"),
        (lambda: data.start_klines_stream("BTCUSDT", "1m", print, candles=1001), "candles"),
        (lambda: data.start_orderbook_stream("BTCUSDT", 5), "callback"),
        (lambda: data.get_current_price("BTCUSDT", max_age="old"), "max_age"),
        (lambda: data.get_current_orderbook("BTCUSDT", depth=0), "depth"),
        (lambda: data.get_current_orderbook("BTCUSDT", depth="all"), "depth"),
        (lambda: data.get_current_orderbook("BTCUSDT", max_age=math.nan), "max_age"),
        *(
            (lambda step=step: data.get_aggregated_orderbook("BTCUSDT", step=step), "step")
            for step in ("x", 0, -1, "nan", "inf", [])
        ),
    ]:
        with pytest.raises(InvalidParameter) as refusal:
            await call()
        assert refusal.value.parameter == parameter
    assert not data._running
    assert not exchange.connections


async def test_instruments_of_a_status_that_nothing_has_are_an_empty_frame(bybit):
    frame = await bybit.data.fetch_instruments(status="PreLaunch")
    assert isinstance(frame, pd.DataFrame)
    assert frame.index.name == "symbol"
    assert len(frame) == 0
    with pytest.raises(InvalidParameter, match="status"):
        await bybit.data.fetch_instruments(status="Sleeping")
    with pytest.raises(InvalidParameter, match="category"):
        await bybit.data.fetch_instruments(category="perp")


async def test_an_end_far_beyond_the_present_is_the_present(bybit, exchange):
    frame = await bybit.data.fetch_klines("BTCUSDT", "1d", "2024-01-01", "9999-12-31")
    assert frame.index[-1].timestamp() * 1000 <= exchange.clock.now_ms() - 86_400_000
    assert frame.attrs["gaps"] == []
