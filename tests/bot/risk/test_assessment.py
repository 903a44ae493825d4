"""The judgement of one trade."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bybit_async.bot.records import OrderSide, RiskAction, RiskLevel
from bybit_async.bot.risk import ClosedTrade
from tests.bot.risk.accounts import D, account, buying, long, manager


def test_figures_by_hand() -> None:
    judge = manager(account(), trading={"max_position_size": 1.0})
    found = judge.assess("BTCUSDT", "BUY", D(50), D(100), D(98), D(105))
    assert found.risk_amount == 100
    assert found.risk_percentage == pytest.approx(1.0)
    assert found.risk_reward_ratio == 2.5
    assert found.risk_level is RiskLevel.LOW
    assert found.recommended_action is RiskAction.APPROVE
    assert found.position_size_recommendation == 50
    assert (found.probability_of_success, found.expected_value) == (None, None)
    assert found.risk_factors == []


def test_chances_come_from_closed_trades() -> None:
    judge = manager(account(), trading={"max_position_size": 1.0})
    judge.record_trades([ClosedTrade("BTCUSDT", D(30) if n % 3 else D(-20)) for n in range(29)])
    assert judge.assess("BTCUSDT", "BUY", D(10), D(100), D(98), D(105)).probability_of_success is None
    judge.record_trades([ClosedTrade("BTCUSDT", D(30)), ClosedTrade("ETHUSDT", D(-20))])
    found = judge.assess("BTCUSDT", "BUY", D(10), D(100), D(98), D(105))
    # 20 of 30 won; 10 sold 5 higher is 50, 2 lower is 20
    assert found.probability_of_success == pytest.approx(2 / 3)
    assert found.expected_value == pytest.approx(2 / 3 * 50 - 1 / 3 * 20)


@pytest.mark.parametrize(
    ("size", "entry", "stop", "target", "names"),
    [
        ("NaN", "100", "98", None, "size"),
        ("-1", "100", "98", None, "size"),
        ("1e20", "100", "98", None, "size"),
        ("1", "0", None, None, "entry price"),
        ("1", "100", "101", None, "wrong side"),
        ("1", "100", "100", None, "wrong side"),
        ("1", "100", "98", "99", "wrong side"),
        ("1", "100", "Infinity", None, "stop"),
    ],
)
def test_wrong_numbers_are_refused(size: str, entry: str, stop: str | None, target: str | None, names: str) -> None:
    found = manager(account()).assess("BTCUSDT", "BUY", D(size), D(entry), stop and D(stop), target and D(target))
    assert found.recommended_action is RiskAction.REJECT
    assert names in found.risk_factors[0]
    assert found.position_size_recommendation == 0
    assert (found.risk_amount, found.risk_percentage, found.expected_value) == (None, None, None)


def test_a_short_needs_its_exits_on_the_other_side() -> None:
    for stop, target in (("100", None), ("99", None), ("102", "100"), ("102", "101")):
        found = manager(account()).assess("BTCUSDT", "SELL", D(1), D(100), D(stop), target and D(target))
        assert "wrong side" in found.risk_factors[0]


def test_a_side_that_is_none() -> None:
    with pytest.raises(ValueError, match="expected BUY or SELL, got 'HOLD'"):
        manager(account()).assess("BTCUSDT", "HOLD", D(1), D(100))


@pytest.mark.parametrize(
    ("held", "orders", "others", "size", "cut"),
    [
        ((), (), (), "10", "position"),  # a tenth of 10,000 at 100
        ((long("4"),), (), (), "6", "position"),
        ((), (buying("4", unknown=True),), (), "6", "position"),  # nobody knows: it counts whole
        ((long("4", side=OrderSide.SELL),), (), (), "14", "position"),  # 4 of it closes
        ((), (), (long("97", symbol="ETHUSDT"),), "3", "exposure"),
        ((long("10"),), (), (), "0", "position"),
    ],
)
def test_limits_cut(held: tuple, orders: tuple, others: tuple, size: str, cut: str) -> None:
    judge = manager()
    judge.observe_closes("ETHUSDT", [100.0, 100.1] * 30)
    judge.observe(account(positions=held + others, orders=orders))
    found = judge.assess("BTCUSDT", "BUY", D(50), D(100), D("99.9"))
    assert found.position_size_recommendation == D(size)
    assert f"cut by the limit of {cut}" in found.risk_factors
    assert found.recommended_action is (RiskAction.REDUCE if D(size) else RiskAction.REJECT)


def test_risk_at_the_stop_cuts() -> None:
    judge = manager(account(), trading={"max_position_size": 1.0})
    found = judge.assess("BTCUSDT", "BUY", D(100), D(100), D(90))
    # 2 % of 10,000 with 10 to lose on each
    assert found.position_size_recommendation == 20
    assert found.risk_level is RiskLevel.EXTREME
    assert found.risk_percentage == pytest.approx(10.0)


def test_without_a_stop() -> None:
    given = manager(account(), trading={"max_position_size": 1.0, "stop_loss_distance": 0.04})
    assert given.assess("BTCUSDT", "BUY", D(10), D(100)).risk_amount == 40
    bare = manager(account(), trading={"max_position_size": 1.0, "enable_stop_loss": False})
    assert bare.assess("BTCUSDT", "BUY", D(10), D(100)).risk_amount == 1000


@pytest.mark.parametrize(
    ("method", "size"),
    [("fixed_fraction", "40"), ("kelly", "20"), ("signal", "25")],
)
def test_methods(method: str, size: str) -> None:
    judge = manager(
        account(),
        risk={"sizing": method, "kelly_cap": 0.01, "max_portfolio_risk": 0.02},
        trading={"max_position_size": 1.0},
    )
    judge.record_trades([ClosedTrade("BTCUSDT", D(30) if n % 3 else D(-20)) for n in range(30)])
    assert judge.assess("BTCUSDT", "BUY", D(25), D(100), D(95)).position_size_recommendation == D(size)


def test_sized_by_volatility() -> None:
    judge = manager(
        account(), risk={"sizing": "volatility", "max_portfolio_risk": 0.001}, trading={"max_position_size": 1.0}
    )
    found = judge.assess("BTCUSDT", "BUY", D(1), D(100), D("99.9")).position_size_recommendation
    # the deviation of 59 returns of +-0.001 or so, times sqrt(24)
    daily = 0.001 * (59 / 58) ** 0.5 * 24**0.5
    assert float(found) == pytest.approx(10_000 * 0.001 / (100 * daily), rel=2e-3)


def test_methods_without_data_take_the_signals_size() -> None:
    judge = manager(account(), risk={"sizing": "kelly"}, trading={"max_position_size": 1.0})
    found = judge.assess("BTCUSDT", "BUY", D(7), D(100), D(99))
    assert found.position_size_recommendation == 7
    assert "too few trades" in found.risk_factors[0]


def test_what_reduces_is_approved_whatever_is_wrong() -> None:
    judge = manager(account("100", positions=(long("4"),), data_age_ms=None, errors=None))
    found = judge.assess("BTCUSDT", "SELL", D(4), D(100))
    assert (found.recommended_action, found.risk_amount, found.risk_level) == (RiskAction.APPROVE, 0, RiskLevel.LOW)
    too_much = judge.assess("BTCUSDT", "SELL", D(5), D(100), reduce_only=True)
    assert (too_much.recommended_action, too_much.position_size_recommendation) == (RiskAction.REDUCE, 4)
    nothing = judge.assess("BTCUSDT", "BUY", D(5), D(100), reduce_only=True)
    assert nothing.recommended_action is RiskAction.REJECT


def test_what_is_not_known_refuses() -> None:
    for wrong in (
        account(None),
        account(synced=False),
        account(data_age_ms=None),
        account(clock_error_ms=None),
        account(calls=None),
        account("-5"),
    ):
        found = manager(wrong).assess("BTCUSDT", "BUY", D("0.1"), D(100), D(99))
        assert found.recommended_action is RiskAction.REJECT, wrong
    fresh = manager(account())
    assert fresh.assess("DOGEUSDT", "BUY", D("0.1"), D(100), D(99)).risk_factors == ["volatility: not known (limit 3)"]


def test_only_so_many_positions() -> None:
    judge = manager(trading={"max_open_positions": 2})
    judge.observe_closes("ETHUSDT", [100.0, 100.1] * 30)
    judge.observe(account(positions=(long("1", symbol="ETHUSDT"),), orders=(buying("1", symbol="SOLUSDT"),)))
    assert "2 positions" not in str(judge.assess("ETHUSDT", "BUY", D(1), D(100)).risk_factors)
    assert judge.assess("BTCUSDT", "BUY", D(1), D(100)).recommended_action is RiskAction.REJECT


def test_size_is_recommended() -> None:
    judge = manager(account())
    assert judge.recommend_size("BTCUSDT", "BUY", D("33.3"), D(33)) == D("30.030")
    assert judge.recommend_size("BTCUSDT", "SELL", D("33.3"), Decimal(34)) == D("30.030")
