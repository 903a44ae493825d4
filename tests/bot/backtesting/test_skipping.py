"""Passing over candles changes nothing: the same trades, the same ledger, the same hash as candle by candle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from bybit_async.bot.backtesting import BacktestResult, FillRule, backtest
from bybit_async.bot.strategies import (
    GridStrategy,
    MeanReversionStrategy,
    MovingAverageCrossoverStrategy,
    View,
)
from bybit_async.simulator.engine import Instrument
from bybit_async.simulator.engine.catalogue import risk_tiers
from bybit_async.simulator.engine.instruments import RiskTier
from tests.bot.backtesting.markets import Random, market
from tests.bot.backtesting.scenes import D, Told, free, instrument

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing seed says what there is to say; looking for a smaller one takes minutes."""


def both(strategies: Any, data: Any, **options: Any) -> tuple[BacktestResult, BacktestResult]:
    options = {"config": free(), "instruments": {"BTCUSDT": instrument(), "ETHUSDT": ETH}, "interval": "1", **options}
    return tuple(backtest(strategies, data, skip=skip, **options) for skip in (True, False))  # type: ignore[return-value]


ETH = instrument(symbol="ETHUSDT", base="ETH")


def assert_same(fast: BacktestResult, slow: BacktestResult) -> None:
    assert fast.fills == slow.fills
    assert fast.orders == slow.orders
    assert fast.trades == slow.trades
    np.testing.assert_array_equal(fast.equity, slow.equity)
    assert fast.profit == slow.profit
    assert (fast.hash, fast.ambiguous_fills, fast.stopped) == (slow.hash, slow.ambiguous_fills, slow.stopped)


PATHS = ("both", "high-first", "low-first", "nearest")
# At, just before and just after the prices of a candle, and in the candles after it.
LATENCIES = (1, 250, 19_999, 20_000, 20_001, 40_000, 59_999, 60_000, 60_001, 61_000, 119_999, 180_000)
RULES = st.builds(
    FillRule,
    latency=st.sampled_from(LATENCIES),
    path=st.sampled_from(PATHS),
    spread=st.integers(1, 10),
    depth=st.sampled_from([None, D(1), D(3), D(50)]),
    touch=st.booleans(),
)
TICKS = st.sampled_from([D(1), D("0.05"), D("0.5"), D(2)])
CATALOGUE = risk_tiers(D(2000), D(100))
NO_DEDUCTIONS = tuple(
    RiskTier(number + 1, D(1500) * 2**number, rate, 2 * rate, D(50))
    for number, rate in enumerate((D("0.005"), D("0.02"), D("0.05"), D("0.1")))
)
TIERS = st.sampled_from([None, CATALOGUE, NO_DEDUCTIONS])


def share(part: int) -> settings:
    """Return settings with a part of the profile's examples: ``--hypothesis-profile=long`` looks longer."""
    return settings(max_examples=settings.default.max_examples // part, phases=QUICK)


def contracts(tick: Decimal, tiers: tuple[RiskTier, ...] | None) -> dict[str, Instrument]:
    changes: dict[str, Any] = {"tick": tick} if tiers is None else {"tick": tick, "risk_tiers": tiers}
    return {
        "BTCUSDT": instrument(**changes),
        "ETHUSDT": instrument(symbol="ETHUSDT", base="ETH", **changes),
    }


@share(5)
@example(rule=FillRule(latency=61_000, spread=3, depth=D(3)), seed=166, often=0.3, funded=True, tick=D(1))
@given(rule=RULES, seed=st.integers(0, 10_000), often=st.sampled_from([0.04, 0.3]), funded=st.booleans(), tick=TICKS)
def test_random_strategies(rule: FillRule, seed: int, often: float, funded: bool, tick: Decimal) -> None:
    data = market(seed, funded=funded)
    options = {"rule": rule, "latency": rule.latency, "instruments": contracts(tick, None)}
    assert_same(*both((Random, {"seed": seed, "often": often}), data, **options))


@share(10)
@given(rule=RULES, seed=st.integers(0, 10_000), tick=TICKS, tiers=TIERS, leverage=st.sampled_from([None, 5.0, 10.0]))
def test_two_symbols_and_two_strategies_at_the_edge_of_their_margin(
    rule: FillRule, seed: int, tick: Decimal, tiers: tuple[RiskTier, ...] | None, leverage: float | None
) -> None:
    data = {"BTCUSDT": market(seed, wild=0.03), "ETHUSDT": market(seed + 1, wild=0.03)}
    wanted = [(Random, {"seed": seed}), (Random, {"seed": seed + 1, "often": 0.2})]
    options = {"rule": rule, "latency": rule.latency, "instruments": contracts(tick, tiers), "leverage": leverage}
    assert_same(*both(wanted, data, balance=1500, config=free(trading={"enable_stop_loss": False}), **options))


@share(10)
@given(
    rule=RULES,
    seed=st.integers(0, 10_000),
    qty=st.integers(-40, 40).filter(bool),
    balance=st.integers(500, 5000),
    symbols=st.sampled_from([("BTCUSDT",), ("BTCUSDT", "ETHUSDT")]),
    tiers=TIERS,
)
def test_accounts_that_are_liquidated(
    rule: FillRule,
    seed: int,
    qty: int,
    balance: int,
    symbols: tuple[str, ...],
    tiers: tuple[RiskTier, ...] | None,
) -> None:
    config = free(trading={"enable_stop_loss": False, "max_position_size": 1.0})
    data = {symbol: market(seed + number, wild=0.02) for number, symbol in enumerate(symbols)}
    # The account is bled by fundings and by turning positions over, in a book that is thin.
    sides = [View.buy(D(abs(qty))), View.sell(D(abs(qty)))]
    orders = {place - 25: sides[(place // 3 + (qty < 0)) % 2] for place in range(20, 90, 3)}
    options = {"rule": rule, "latency": rule.latency, "instruments": contracts(D(1), tiers), "balance": balance}
    assert_same(*both((Told, {"orders": orders}), data, config=config, **options))


def test_liquidations_are_among_them() -> None:
    config = free(trading={"enable_stop_loss": False})
    data = {symbol: market(number, wild=0.03, drift=0.02) for number, symbol in enumerate(("BTCUSDT", "ETHUSDT"))}
    orders = {0: View.sell(D(9)), 7: View.sell(D(3)), 20: View.buy(D(1))}
    fast, slow = both((Told, {"orders": orders}), data, balance=10_000, config=config)
    assert_same(fast, slow)
    assert {fill.symbol for fill in fast.fills if fill.reason == "liquidation"} == set(data)


@share(30)
@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize(
    ("kind", "parameters", "interval"),
    [
        (MovingAverageCrossoverStrategy, {"fast_period": 2, "slow_period": 4}, "5"),
        (MeanReversionStrategy, {"period": 10, "entry_score": 1.5, "stop_loss": 0.02}, "3"),
        (GridStrategy, {"quantity": "1", "spacing": 0.01, "period": 10}, "1"),
    ],
)
def test_strategies_that_come_along(kind: Any, parameters: Any, interval: str, seed: int) -> None:
    fast, slow = both((kind, parameters), market(seed, count=120), interval=interval)
    assert_same(fast, slow)


@share(10)
@given(rule=RULES, seed=st.integers(0, 10_000), stops=st.booleans())
def test_breakers_trip_at_the_same_candle(rule: FillRule, seed: int, stops: bool) -> None:
    action = "emergency_stop" if stops else "pause"
    limits = {"max_drawdown": 0.01, "max_daily_loss": 0.02, "max_consecutive_losses": 4, "on_breaker": action}
    config = free(risk=limits, engine={"flatten_on_emergency": True})
    options = {"rule": rule, "latency": rule.latency, "config": config}
    fast, slow = both((Random, {"seed": seed, "often": 0.3}), market(seed), **options)
    assert_same(fast, slow)
    if stops and fast.stopped:
        assert all(order.sent_ms is None or order.decided_ms <= fast.orders[-1].decided_ms for order in fast.orders)


def test_they_trade_at_all() -> None:
    fast, _ = both((Random, {"seed": 3, "often": 0.3}), market(3))
    assert len(fast.fills) > 12
    assert {"stop", "target", "order"} <= {fill.reason for fill in fast.fills}
    assert fast.ambiguous_fills > 0
    assert any(fill.is_maker for fill in fast.fills)
