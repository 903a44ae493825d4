"""What `backtest` takes, returns and refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.bot import ConfigurationManager
from bybit_async.bot.backtesting import CandleData, FillRule, MissingData, backtest
from bybit_async.bot.backtesting.breakers import observe_many
from bybit_async.bot.backtesting.days import daily
from bybit_async.bot.backtesting.metrics import bootstrap
from bybit_async.bot.backtesting.rules import milliseconds_of
from bybit_async.bot.check import LookAhead, sample_candles
from bybit_async.bot.risk import Memory, figures
from bybit_async.bot.strategies import (
    BaseStrategy,
    BookImbalanceStrategy,
    MovingAverageCrossoverStrategy,
    RsiStrategy,
    View,
)
from tests.bot.backtesting.markets import Random, market
from tests.bot.backtesting.scenes import MINUTE, START, WARM, D, Told, at, candles, free, instrument, scene
from tests.bot.strategies.making import made

OPTIONS: dict[str, Any] = {"instruments": {"BTCUSDT": instrument()}, "interval": "1"}


def test_the_same_run_twice_gives_the_same_bytes() -> None:
    first, second = (backtest((Random, {"seed": 2}), market(2), config=free(), **OPTIONS) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert first.to_html() == second.to_html()
    other = backtest((Random, {"seed": 3}), market(2), config=free(), **OPTIONS)
    assert other.hash != first.hash
    # The seed makes the exchange's ids, which are no part of what was traded.
    assert backtest((Random, {"seed": 2}), market(2), config=free(), seed=9, **OPTIONS).hash == first.hash


def test_a_result_in_all_its_forms(tmp_path: Any) -> None:
    result = backtest((Random, {"seed": 2, "often": 0.3}), market(2, funded=True), config=free(), **OPTIONS)
    frame = result.to_frame()
    assert len(frame) == len(result.trades) > 3
    assert frame["pnl"].sum() == pytest.approx(float(sum(trade.pnl for trade in result.trades)))
    assert str(frame["entry_time"].dtype.tz) == "UTC"
    told = json.loads(result.to_json(tmp_path / "result.json"))
    assert (tmp_path / "result.json").read_text() == result.to_json()
    assert told["hash"] == result.hash
    assert told["fills"][0]["price"] == str(result.fills[0].price)
    page = result.to_html(tmp_path / "page.html")
    assert result.hash in page
    assert "http" not in page
    assert "<script" not in page
    result.to_png(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_the_money_adds_up() -> None:
    result = backtest((Random, {"seed": 5, "often": 0.3}), market(5, funded=True), config=free(), **OPTIONS)
    closed = sum((trade.pnl for trade in result.trades), D(0))
    funding = -sum((fill.fee for fill in result.fills if fill.reason == "funding"), D(0))
    open_now = float(result.equity.iloc[-1]) - 10_000 - float(closed + funding)
    held = {fill.execution_id for fill in result.fills} - {trade.execution_id for trade in result.trades}
    assert abs(open_now) < 500
    assert held
    assert result.metrics["fees"] == pytest.approx(
        float(sum(fill.fee for fill in result.fills if fill.reason != "funding"))
    )


async def test_both_forms_of_a_strategy_trade_the_same() -> None:
    class Documented(BaseStrategy):
        def __init__(self, *rooms: Any) -> None:
            super().__init__(*rooms)
            self.inner = MovingAverageCrossoverStrategy(*rooms, fast_period=3, slow_period=8)

        async def generate_signals(self, symbol, data):
            self.inner.risk_manager, self.inner.data_manager = self.risk_manager, self.data_manager
            return await self.inner.generate_signals(symbol, data)

    fast = backtest(
        (MovingAverageCrossoverStrategy, {"fast_period": 3, "slow_period": 8}), market(4), config=free(), **OPTIONS
    )
    slow = backtest(Documented, market(4), config=free(), **OPTIONS)
    assert len(fast.fills) > 5
    assert [fill[:7] for fill in fast.fills] == [fill[:7] for fill in slow.fills]


def test_a_strategy_that_waits_is_refused() -> None:
    class Waits(BaseStrategy):
        async def generate_signals(self, symbol, data):
            import asyncio

            await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="generate_signals waits for something"):
        backtest(Waits, market(1), **OPTIONS)


def test_a_strategy_that_is_given_stays_as_it_was() -> None:
    strategy = made(MovingAverageCrossoverStrategy, fast_period=3, slow_period=8)
    rooms = strategy.risk_manager, strategy.data_manager, strategy.config_manager
    first = backtest(strategy, market(4), config=free(), **OPTIONS)
    second = backtest([strategy], market(4), config=free(), **OPTIONS)
    assert first.hash == second.hash
    assert (strategy.performance, strategy.active) == ({}, False)
    assert rooms == (strategy.risk_manager, strategy.data_manager, strategy.config_manager)
    assert len(rooms[0].memory.hours) == 1


def test_a_look_ahead_canary_fails_loudly() -> None:
    class Canary(MovingAverageCrossoverStrategy):
        def indicators(self, data):
            close = data["close"]
            return {"fast": close.shift(-1).ffill(), "slow": close}

    with pytest.raises(LookAhead, match="Canary: look-ahead at"):
        backtest(Canary, sample_candles(800))


def test_long_decisions_over_short_candles() -> None:
    data = sample_candles(1200, seed=3)
    short = backtest((RsiStrategy, {"period": 5}), data, interval="15", config=free())
    whole = data.resample("15min").agg({"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"})
    long = backtest((RsiStrategy, {"period": 5}), whole, interval="15m", config=free())
    # The same decisions; what happens in between is known better.
    assert [order.decided_ms for order in short.orders if not order.reduce_only]
    entries = [{o.decided_ms for o in each.orders if o.sent_ms and not o.reduce_only} for each in (short, long)]
    assert entries[0] & entries[1]
    assert len(short.equity) == 1200
    assert len(long.equity) == 80


GAP = candles([(100, 101, 99, 100)] * 5).drop(index=pd.Timestamp(at(2), unit="ms", tz="UTC"))
ODD = candles([(100, 101, 99, 100)] * 5)


def odd(column: str, value: float) -> pd.DataFrame:
    frame = ODD.copy()
    frame.loc[frame.index[-2], column] = value
    return frame


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (GAP, "BTCUSDT at 2024-01-01 00:27:00: 1 candles are missing"),
        (odd("close", np.nan), "BTCUSDT at 2024-01-01 00:28:00: this is not a candle: .*close nan"),
        (odd("high", 99.5), "BTCUSDT at 2024-01-01 00:28:00: this is not a candle"),
        (odd("low", 0.0), "this is not a candle"),
        (odd("high", np.inf), "this is not a candle"),
        (pd.concat([ODD, ODD.iloc[-1:]]), "2024-01-01 00:29:00: the candle is not later"),
        (
            CandleData(ODD, pd.DataFrame({"funding_rate": [np.nan]}, index=ODD.index[3:4])),
            "no funding is known from here until 2024-01-01 00:03:00",
        ),
    ],
)
def test_missing_data_stop_the_run_and_say_where(data: Any, says: str) -> None:
    with pytest.raises(MissingData, match=says):
        backtest(MovingAverageCrossoverStrategy, data)


def test_a_gap_between_fundings_stops_the_run() -> None:
    quiet = np.full(24 * 60, 100.0)
    times = pd.date_range("2024-01-01", periods=len(quiet), freq="min", tz="UTC")
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), quiet), index=times)
    paid = pd.DataFrame(
        {"funding_rate": [0.0001] * 2}, index=pd.to_datetime(["2024-01-01 08:00", "2024-01-01 20:00"], utc=True)
    )
    with pytest.raises(
        MissingData, match="at 2024-01-01 08:00:00: no funding is known from here until 2024-01-01 20:00"
    ):
        backtest(MovingAverageCrossoverStrategy, CandleData(frame, paid))
    assert (
        "no funding is paid for BTCUSDT: none was given" in backtest(MovingAverageCrossoverStrategy, frame).assumptions
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"latency": 0}, "latency must be more than 0"),
        ({"latency": "soon"}, "expected milliseconds, or text such as '250ms'"),
        ({"balance": -5}, "balance must be positive, not -5"),
        ({"balance": "NaN"}, "balance must be positive"),
        ({"interval": "7"}, "unknown interval"),
        ({"interval": "M"}, "'M' is not a multiple of the candles' 60 s"),
        ({"symbol": "NOSUCHUSDT"}, "NOSUCHUSDT is not in the catalogue"),
    ],
)
def test_arguments_that_cannot_be(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        backtest(MovingAverageCrossoverStrategy, sample_candles(100), **options)


@pytest.mark.parametrize(
    ("strategies", "says"),
    [
        ([], "strategies: none"),
        ([MovingAverageCrossoverStrategy(*["x"] * 2, None, None, free())] * 2, "two have the id 'x'"),  # type: ignore[list-item]
        (BookImbalanceStrategy, "decides on order books"),
        ([dict], "expected a strategy, its class"),
    ],
)
def test_strategies_that_cannot_be(strategies: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        backtest(strategies, sample_candles(100))


def test_data_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="data: empty"):
        backtest(MovingAverageCrossoverStrategy, {})
    with pytest.raises(ValueError, match="must be a frame with a DatetimeIndex"):
        backtest(MovingAverageCrossoverStrategy, sample_candles(100).reset_index())
    with pytest.raises(ValueError, match="has no column volume"):
        backtest(MovingAverageCrossoverStrategy, sample_candles(100).drop(columns="volume"))
    two = {"BTCUSDT": sample_candles(100), "ETHUSDT": sample_candles(101)}
    with pytest.raises(ValueError, match="the candles of ETHUSDT have other times than those of BTCUSDT"):
        backtest(MovingAverageCrossoverStrategy, two)
    for wrong, says in (({"spread": 0}, "spread"), ({"depth": D(0)}, "depth"), ({"path": "best"}, "path")):
        with pytest.raises(ValueError, match=says):
            FillRule(**wrong)


def test_durations() -> None:
    given_ = (250, "250ms", "0.25s", timedelta(milliseconds=250))
    assert {milliseconds_of(each) for each in given_} == {250}
    assert milliseconds_of("2m") == 120_000


def test_breakers_refuse_entries_and_let_exits_pass() -> None:
    rows = [(100.0, 100.0, 100.0, 100.0)] * 2 + [(100.0, 100.0, 80.0, 80.0), (80.0, 80.0, 80.0, 80.0)] * 2
    leaving = View("BTCUSDT", {"close": [1.0]}, position=D(10)).close()
    orders = {0: View.buy(D(10)), 2: View.buy(D(1)), 3: leaving}
    result = scene(orders, rows, config=free(risk={"max_daily_loss": 0.01}))
    assert [order.refused.split(":")[0] for order in result.orders] == ["", "daily_loss", ""]
    assert [fill.side for fill in result.fills] == ["Buy", "Sell"]
    stopped = scene(
        {0: View.buy(D(10)), 4: View.buy(D(1))},
        rows,
        config=free(
            risk={"max_daily_loss": 0.01, "on_breaker": "emergency_stop"}, engine={"flatten_on_emergency": True}
        ),
    )
    assert stopped.stopped == "2024-01-01 00:28:00"
    assert [(fill.side, fill.time_ms) for fill in stopped.fills][1:] == [("Sell", at(3, 0.25))]
    assert len(stopped.orders) == 2


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 60 * 30), st.integers(1, 200)), min_size=1, max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_breakers_over_many_observations_are_those_over_each(moves: list[tuple[int, int]], cuts: list[int]) -> None:
    limits = ConfigurationManager.from_dict({"risk": {"max_drawdown": 0.3, "max_daily_loss": 0.2}}).settings.risk
    times = np.cumsum([minutes for minutes, _ in moves]) * MINUTE
    equity = np.array([float(value) for _, value in moves])
    exposure = np.full(len(moves), 100.0)
    each, many = Memory(), Memory()
    for place in range(len(moves)):
        observe_many(each, times[place : place + 1], equity[place : place + 1], exposure[place : place + 1], limits)
    edges = sorted({0, len(moves), *(cut for cut in cuts if cut < len(moves))})
    for start, end in pairwise(edges):
        observe_many(many, times[start:end], equity[start:end], exposure[start:end], limits)
    assert many == each
    plain = Memory()
    for time_ms, value in zip(times.tolist(), equity.tolist(), strict=True):
        plain.observe(time_ms, value)
    assert (each.peak, each.max_drawdown, each.day, each.day_start) == (
        plain.peak,
        plain.max_drawdown,
        plain.day,
        plain.day_start,
    )


def test_days_end_at_midnight() -> None:
    times = pd.to_datetime(["2024-01-01 23:00", "2024-01-02 00:00", "2024-01-02 00:01", "2024-01-03 12:00"], utc=True)
    equity = pd.Series([1.0, 2.0, 3.0, 4.0], index=times.as_unit("ms"))
    assert daily(equity).tolist() == [2.0, 3.0, 4.0]


def test_a_bootstrap_holds_what_it_says() -> None:
    draw = np.random.default_rng(0)
    inside = 0
    for number in range(40):
        returns = draw.normal(0.001, 0.02, 200)
        found = bootstrap(returns, lambda sample: float(sample.mean()), seed=number, draws=200)
        assert found is not None
        inside += found[0] <= 0.001 <= found[1]
    assert 30 <= inside <= 40
    assert bootstrap(np.zeros(5), figures.volatility) is None


@pytest.mark.parametrize("skip", [True, False])
def test_candles_before_the_start_are_only_the_past(skip: bool) -> None:
    whole = backtest((Random, {"seed": 2, "often": 0.3}), market(2), config=free(), skip=skip, **OPTIONS)
    start = pd.Timestamp(START + 40 * MINUTE, unit="ms", tz="UTC")
    data = replace(market(2), start=start)
    late = backtest((Random, {"seed": 2, "often": 0.3}), data, config=free(), skip=skip, **OPTIONS)
    assert min(order.decided_ms for order in whole.orders) < START + 40 * MINUTE
    assert min(order.decided_ms for order in late.orders) >= START + 40 * MINUTE
    wanted = {order.execution_id for order in whole.orders if order.decided_ms >= START + 40 * MINUTE}
    assert {order.execution_id for order in late.orders if not order.reduce_only} <= wanted
    with pytest.raises(ValueError, match="time zone"):
        backtest((Random, {"seed": 2}), replace(data, start=start.tz_localize(None)), config=free(), **OPTIONS)


def test_warm_up_is_waited_for() -> None:
    class Eager(Told):
        warm_up = WARM + 3

    orders = {number: View.buy(D(1)) for number in range(5)}
    result = backtest((Eager, {"orders": orders}), candles([(100, 100, 100, 100)] * 6), config=free(), **OPTIONS)
    assert result.orders[0].decided_ms == START + (WARM + 3) * MINUTE
