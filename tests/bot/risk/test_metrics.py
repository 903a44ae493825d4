"""Portfolio metrics: where each figure comes from, and None where it cannot."""

from __future__ import annotations

import asyncio
import dataclasses

import numpy as np
import pytest

from bybit_async.bot.records import RiskLevel
from bybit_async.bot.risk import figures
from tests.bot.risk.accounts import HOUR, NOON, D, account, manager

MIDNIGHT = NOON - 12 * HOUR
POSITIONS = {"BTCUSDT": {"value": 5000, "unrealized_pnl": 100}, "ETHUSDT": {"value": 3000, "unrealized_pnl": -50}}


def test_the_documented_call_with_nothing_known() -> None:
    judge = manager()
    judge.observe_closes("BTCUSDT", [100.0])
    found = asyncio.run(judge.calculate_portfolio_metrics(POSITIONS, D(10_000)))
    assert (found.portfolio_value, found.total_exposure, found.leverage) == (10_000, 8000, 0.8)
    assert found.concentration_risk == pytest.approx((25 + 9) / 64)
    unknown = {name for name, value in dataclasses.asdict(found).items() if value is None}
    assert unknown == {
        "var_95", "expected_shortfall", "max_drawdown", "current_drawdown", "sharpe_ratio", "sortino_ratio",
        "volatility", "beta", "correlation_risk", "liquidity_risk",
    }  # fmt: skip
    # exposure of 0.8 where 1 is allowed
    assert found.risk_score == pytest.approx(80.0)
    assert found.risk_level is RiskLevel.HIGH


def test_all_that_data_carry() -> None:
    draw = np.random.default_rng(4)
    btc = 100 * np.exp(np.cumsum(draw.normal(0, 0.01, 200)))
    eth = 50 * np.exp(np.cumsum(draw.normal(0, 0.02, 200)))
    equity = 10_000 + np.cumsum(draw.normal(0, 20, 100))
    judge = manager()
    judge.observe_closes("BTCUSDT", btc)
    judge.observe_closes("ETHUSDT", eth)
    for hour, value in enumerate(equity):
        judge.observe(account(str(value), time_ms=MIDNIGHT + hour * HOUR))
    judge.observe_book("BTCUSDT", [(99.9, 100.0)], [(100.1, 100.0)])
    judge.observe_book("ETHUSDT", [(49.9, 15.0)], [(50.1, 1.0)])
    found = judge.metrics({"BTCUSDT": D(5000), "ETHUSDT": D(-3000)}, D(10_000))

    ours = 0.5 * figures.returns_of(btc) - 0.3 * figures.returns_of(eth)
    assert found.var_95 == pytest.approx(-np.quantile(ours, 0.05), rel=1e-12)
    assert found.expected_shortfall == pytest.approx(-np.sort(ours)[:10].mean(), rel=1e-12)
    assert found.beta == pytest.approx(
        np.cov(ours, figures.returns_of(btc))[0, 1] / figures.returns_of(btc).var(ddof=1)
    )
    assert found.sharpe_ratio == pytest.approx(figures.sharpe_ratio(figures.returns_of(equity)), rel=1e-9)
    assert found.volatility == pytest.approx(figures.volatility(figures.returns_of(equity)), rel=1e-9)
    assert found.max_drawdown == pytest.approx(max(figures.max_drawdown(equity), found.current_drawdown))
    assert found.current_drawdown == pytest.approx(max(0.0, 1 - 10_000 / equity.max()))
    # 60 short at 50: one is offered; 50 long at 100: all of it is asked for
    assert found.liquidity_risk == pytest.approx(3000 / 8000 * 59 / 60)
    rho = np.corrcoef(figures.returns_of(btc), figures.returns_of(eth))[0, 1]
    assert found.correlation_risk == pytest.approx(-rho, rel=1e-9)


def test_flat() -> None:
    found = manager(account()).metrics({}, D(10_000))
    assert (found.var_95, found.expected_shortfall, found.beta, found.leverage, found.risk_score) == (0, 0, 0, 0, 0)
    assert found.risk_level is RiskLevel.LOW


def test_hours_without_observation_break_the_chain() -> None:
    judge = manager()
    for hour, value in ((0, 100), (1, 110), (5, 55), (6, 66)):
        judge.observe(account(str(value), time_ms=MIDNIGHT + hour * HOUR))
    assert judge.memory.hourly_returns().tolist() == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize("positions", [{"BTCUSDT": 5000}, {"BTCUSDT": {"value": "much"}}, {"BTCUSDT": {"size": 1}}])
def test_positions_that_are_none(positions: dict) -> None:
    with pytest.raises(ValueError, match="BTCUSDT"):
        asyncio.run(manager().calculate_portfolio_metrics(positions, D(10_000)))
