"""Figures of risk: by hand, by a second implementation in exact fractions, and against other packages' values."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.bot.risk import figures as f

CLOSE = 1e-12

# Plain arithmetic, so that other packages can be given the very same numbers.
MARKET = [0.001 * (((7 * k) % 23) - 11) + 0.0002 for k in range(120)]
RETURNS = [0.6 * MARKET[k] + 0.0005 * (((11 * k) % 17) - 8) + 0.0001 for k in range(120)]


def test_values_of_other_packages() -> None:
    """quantstats 0.0.86 and empyrical-reloaded 0.5.9 (numpy 2.4.6, pandas 3.1.1), given RETURNS and MARKET.

    quantstats.stats.sharpe, .sortino, .volatility (periods=8760), .max_drawdown, .greeks()["beta"];
    empyrical.value_at_risk, .conditional_value_at_risk (cutoff 0.05); scipy.stats.pearsonr.
    """
    assert f.sharpe_ratio(RETURNS) == pytest.approx(2.828694902536485, rel=CLOSE)
    assert f.sortino_ratio(RETURNS) == pytest.approx(4.166476094433156, rel=CLOSE)
    assert f.volatility(RETURNS) == pytest.approx(0.4542023951921867, rel=CLOSE)
    assert f.max_drawdown(np.cumprod(1 + np.array([0.0, *RETURNS]))) == pytest.approx(0.01594911408056443, rel=CLOSE)
    assert f.beta(RETURNS, MARKET) == pytest.approx(0.623351888370235, rel=CLOSE)
    assert f.correlation(np.array(RETURNS), np.array(MARKET)) == pytest.approx(0.860582861798611, rel=CLOSE)
    assert f.value_at_risk(RETURNS) == pytest.approx(0.0074, rel=CLOSE)
    assert f.expected_shortfall(RETURNS) == pytest.approx(0.008796666666666666, rel=CLOSE)


def root(value: Fraction) -> Decimal:
    getcontext().prec = 50
    return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()


def decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


class Exact:
    """The same formulas, written down a second time without a float."""

    def __init__(self, values: list[float]) -> None:
        self.values = [Fraction(value) for value in values]
        self.n = len(values)
        self.mean = sum(self.values) / self.n

    def spread(self) -> Decimal:
        return root(sum((v - self.mean) ** 2 for v in self.values) / (self.n - 1))

    def sharpe(self) -> float:
        return float(decimal(self.mean) / self.spread() * Decimal(8760).sqrt())

    def sortino(self) -> float:
        downside = root(sum(v**2 for v in self.values if v < 0) / self.n)
        return float(decimal(self.mean) / downside * Decimal(8760).sqrt())

    def volatility(self) -> float:
        return float(self.spread() * Decimal(8760).sqrt())

    def value_at_risk(self) -> float:
        place = Fraction(self.n - 1, 20)
        low = int(place)
        ranked = sorted(self.values)
        found = ranked[low] + (ranked[min(low + 1, self.n - 1)] - ranked[low]) * (place - low)
        return max(0.0, -float(found))

    def shortfall(self) -> float:
        worst = sorted(self.values)[: (self.n - 1) // 20 + 1]
        return max(0.0, -float(sum(worst) / len(worst)))

    def beta(self, market: Exact) -> float:
        together = sum((a - self.mean) * (b - market.mean) for a, b in zip(self.values, market.values, strict=True))
        return float(together / sum((b - market.mean) ** 2 for b in market.values))


# Hundredths of a percent: no value cancels another to the last bit, so 1e-12 is a fair demand.
MOVES = st.lists(st.integers(-900, 900).map(lambda n: n / 10_000), min_size=40, max_size=120)


@settings(max_examples=40)
@given(MOVES)
def test_a_second_implementation_agrees(moves: list[float]) -> None:
    exact = Exact(moves)
    if len(set(moves)) > 1:
        assert f.sharpe_ratio(moves) == pytest.approx(exact.sharpe(), rel=CLOSE, abs=CLOSE)
        assert f.volatility(moves) == pytest.approx(exact.volatility(), rel=CLOSE)
        market = list(reversed(moves))
        assert f.beta(moves, market) == pytest.approx(exact.beta(Exact(market)), rel=CLOSE, abs=CLOSE)
    if min(moves) < 0:
        assert f.sortino_ratio(moves) == pytest.approx(exact.sortino(), rel=CLOSE, abs=CLOSE)
    assert f.value_at_risk(moves) == pytest.approx(exact.value_at_risk(), rel=CLOSE, abs=1e-15)
    assert f.expected_shortfall(moves) == pytest.approx(exact.shortfall(), rel=CLOSE, abs=1e-15)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=60))
def test_drawdown_by_looking_at_every_pair(equity: list[int]) -> None:
    deepest = max(Fraction(high - low, high) for i, high in enumerate(equity) for low in equity[i:])
    assert f.max_drawdown(equity) == pytest.approx(float(deepest), rel=CLOSE, abs=1e-15)


def test_by_hand() -> None:
    ten = [0.01, -0.01] * 10
    # mean 0, squares 20 * 0.0001 = 0.002, / 19; annualised with 4 periods: * 2
    assert f.volatility(ten, 4) == pytest.approx(2 * math.sqrt(0.002 / 19), rel=CLOSE)
    lifted = [0.02, 0.0] * 10
    # mean 0.01, the same spread, 4 periods
    assert f.sharpe_ratio(lifted, 4) == pytest.approx(0.01 / math.sqrt(0.002 / 19) * 2, rel=CLOSE)
    # mean 0.005; downside sqrt(10 * 0.01^2 / 20)
    assert f.sortino_ratio([0.02, -0.01] * 10, 1) == pytest.approx(0.005 / math.sqrt(0.001 / 20), rel=CLOSE)
    # 41 returns: rank 40 * 0.05 = 2, the third worst; the worst three for the shortfall
    falls = [-0.05, -0.04, -0.03] + [0.01] * 38
    assert f.value_at_risk(falls) == pytest.approx(0.03, rel=CLOSE)
    assert f.expected_shortfall(falls) == pytest.approx(0.04, rel=CLOSE)
    assert f.max_drawdown([100, 120, 90, 130, 117]) == pytest.approx(0.25, rel=CLOSE)
    assert f.drawdowns([100, 120, 90])[-1] == pytest.approx(0.25, rel=CLOSE)
    assert f.beta([0.02, -0.04] * 10, [0.01, -0.02] * 10) == pytest.approx(2.0, rel=CLOSE)
    # shares 3/4 and 1/4: 9/16 + 1/16
    assert f.concentration({"A": 30.0, "B": -10.0}) == pytest.approx(0.625, rel=CLOSE)
    # 2 of 8 within 1 % of 100; 3 are left over of 5
    assert f.unsellable(5.0, [(99.5, 2.0), (98.0, 6.0)], 100.0, 0.01) == pytest.approx(0.6, rel=CLOSE)
    # (30 * 0.5 + 10 * 0) / 40
    assert f.liquidity_risk({"A": 30.0, "B": -10.0}, {"A": 0.5, "B": 0.0}) == pytest.approx(0.375, rel=CLOSE)


def test_correlation_counts_direction() -> None:
    up = np.array([0.01, -0.02, 0.03, 0.0] * 5)
    returns = {"A": up, "B": 2 * up, "C": -up}
    assert f.correlation_risk({"A": 1.0, "B": 5.0}, returns) == pytest.approx(1.0, rel=CLOSE)
    assert f.correlation_risk({"A": 1.0, "B": -5.0}, returns) == pytest.approx(-1.0, rel=CLOSE)
    assert f.correlation_risk({"A": 1.0, "C": -5.0}, returns) == pytest.approx(1.0, rel=CLOSE)
    # pairs AB 2 * 1 (1), AC 2 * 1 (-1), BC 1 * 1 (-1): (2 - 2 - 1) / 5
    assert f.correlation_risk({"A": 2.0, "B": 1.0, "C": 1.0}, returns) == pytest.approx(-0.2, rel=CLOSE)


def test_what_today_would_have_made() -> None:
    returns = {"A": np.array([9.0, 0.1, -0.2]), "B": np.array([0.05, 0.0])}
    # 50 of 100 long A, 20 of 100 short B, over the two periods that both have
    found = f.portfolio_returns({"A": 50.0, "B": -20.0}, returns, 100.0)
    assert found is not None
    assert found.tolist() == pytest.approx([0.04, -0.1], rel=CLOSE)


def test_short_data_say_nothing() -> None:
    few = [0.01, -0.01] * 9
    assert [f.volatility(few), f.sharpe_ratio(few), f.sortino_ratio(few), f.beta(few, few)] == [None] * 4
    some = [0.01, -0.01] * 19
    assert [f.value_at_risk(some), f.expected_shortfall(some)] == [None] * 2
    assert f.max_drawdown([]) is None
    still = [0.001] * 50
    assert [f.sharpe_ratio(still), f.sortino_ratio(still), f.beta(RETURNS[:50], still)] == [None] * 3
    assert f.concentration({}) is None
    assert f.liquidity_risk({"A": 1.0}, {}) is None
    assert f.correlation_risk({"A": 1.0}, {"A": np.array(RETURNS)}) is None
    assert f.correlation_risk({"A": 1.0, "B": 1.0}, {"A": np.array(RETURNS)}) is None
    assert f.portfolio_returns({"A": 1.0}, {}, 10.0) is None
    assert f.portfolio_returns({"A": 1.0}, {"A": np.array(RETURNS)}, 0.0) is None
