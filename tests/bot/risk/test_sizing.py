"""Sizes: by hand, on the lot, never above a limit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.bot.risk import sizing
from bybit_async.bot.risk.sizing import OrderRules

D = Decimal


def test_by_hand() -> None:
    assert sizing.fixed_fraction(D(10_000), D("0.01"), D(50)) == 2
    assert sizing.volatility_size(D(10_000), D("0.01"), D(50), D("0.04")) == 50
    assert sizing.kelly_fraction(0.6, 2.0, 1.0) == pytest.approx(0.4)
    assert sizing.kelly_fraction(0.6, 2.0, 0.25) == 0.25
    assert sizing.kelly_fraction(0.3, 1.0, 1.0) == 0.0
    assert sizing.kelly_fraction(0.9, 0.0, 1.0) == 0.0
    assert sizing.fixed_fraction(D(10_000), D("0.01"), D(0)) == 0


@pytest.mark.parametrize(
    ("wanted", "price", "size"),
    [
        ("0.0019", "10000", "0.001"),
        ("0.0009", "10000", "0"),  # below the smallest size
        ("0.002", "2000", "0"),  # worth 4, less than the smallest value
        ("250", "10000", "100"),
        ("-1", "10000", "0"),
    ],
)
def test_rules_of_an_instrument(wanted: str, price: str, size: str) -> None:
    rules = OrderRules(D("0.1"), D("0.001"), D("0.001"), D(100), D(5))
    assert rules.size(D(wanted), D(price)) == D(size)
    assert rules.price(D("99.96")) == D(100)
    assert rules.price(D("0.01")) == D("0.1")


amounts = st.decimals("0.01", "100000", places=2)


@settings(max_examples=60)
@given(amounts, amounts, amounts, st.decimals(0, 50_000, places=2), st.decimals(0, 50_000, places=2))
def test_no_size_passes_a_limit(equity: D, price: D, distance: D, held: D, others: D) -> None:
    bounds = sizing.caps(
        equity=equity,
        price=price,
        distance=distance,
        held=held,
        exposure=held + others,
        risk_limit=D("0.02"),
        position_limit=D("0.1"),
        exposure_limit=D(1),
    )
    size, cut = bounds.least(D(10) ** 9)
    size = OrderRules(D("0.01"), D("0.001"), D("0.001")).size(size, price)
    assert size * distance <= equity * D("0.02")
    assert not size or held + size * price <= equity * D("0.1")
    assert not size or held + others + size * price <= equity
    assert cut
