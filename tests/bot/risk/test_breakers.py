"""Breakers: each trips, stays tripped where it should, and fails closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bybit_async.bot.risk import Trip
from bybit_async.bot.risk.record import ClosedTrade
from tests.bot.risk.accounts import HOUR, NOON, D, account, buying, long, manager

DAY = 24 * HOUR


def names(found: list[Any]) -> list[str]:
    return [breaker.name for breaker in found]


def test_nothing_is_wrong() -> None:
    assert manager().check(account()) == []


# Equity was 10,000 before; each case is the account afterwards and the breakers that it trips.
CASES = [
    (account("9700"), ["daily_loss"]),
    (account("9701"), []),
    (account("9000"), ["daily_loss", "drawdown"]),
    (account(positions=(long("301"),)), ["leverage", "exposure"]),
    (account(orders=(buying("101", unknown=True),)), ["exposure"]),
    (account(orders=(buying("100"),)), []),
    (account(data_age_ms=90_001), ["stale_data"]),
    (account(calls=10, errors=5), ["error_rate"]),
    (account(clock_error_ms=-1000.5), ["clock"]),
    (account("0"), ["daily_loss", "drawdown"]),
    (account("0", positions=(long("1"),)), ["daily_loss", "drawdown", "exposure", "leverage"]),
]


@pytest.mark.parametrize(("after", "tripped"), CASES)
def test_each_trips_at_its_limit(after: Any, tripped: list[str]) -> None:
    judge = manager(account())
    assert sorted(names(judge.check(after))) == sorted(tripped)


@pytest.mark.parametrize(
    ("unknown", "tripped"),
    [
        ({"equity": None}, {"daily_loss", "drawdown", "exposure", "leverage"}),
        ({"synced": False}, {"daily_loss", "drawdown", "exposure", "leverage"}),
        ({"data_age_ms": None}, {"stale_data"}),
        ({"clock_error_ms": None}, {"clock"}),
        ({"clock_error_ms": float("nan")}, {"clock"}),
        ({"calls": None}, {"error_rate"}),
        ({"errors": None}, {"error_rate"}),
        ({"positions": (long("1", symbol="DOGEUSDT"),)}, {"volatility"}),
    ],
)
def test_what_cannot_be_known_is_tripped_and_recovers(unknown: dict[str, Any], tripped: set[str]) -> None:
    judge = manager(account())
    equity = unknown.pop("equity", "10000")
    found = judge.check(account(equity, **unknown))
    assert set(names(found)) == tripped
    assert not judge.tripped
    assert judge.check(account()) == []


def test_losses_in_a_row() -> None:
    judge = manager(account())
    judge.record_trades([ClosedTrade("BTCUSDT", D(-1))] * 5 + [ClosedTrade("BTCUSDT", D(0))])
    assert judge.check() == []
    judge.record_trades([ClosedTrade("BTCUSDT", D(1)), *[ClosedTrade("BTCUSDT", D(-1))] * 6])
    assert names(judge.check()) == ["consecutive_losses"]
    judge.record_trades([ClosedTrade("BTCUSDT", D(1))])
    assert names(judge.check()) == ["consecutive_losses"]
    judge.reset("consecutive_losses")
    assert judge.check() == []


def test_volatility_of_what_is_held() -> None:
    judge = manager(account())
    judge.observe_closes("BTCUSDT", [100.0, 110.0] * 30)
    assert names(judge.check(account(positions=(long("1"),)))) == ["volatility"]
    assert judge.check(account()) == []


def test_latched_over_restarts_until_reset() -> None:
    judge = manager(account())
    kept: list[dict[str, Any]] = []
    judge.keep_in(kept.append)
    judge.check(account("8900"))
    assert judge.check(account("11000")) != []

    again = manager()
    again.restore(kept[-1])
    assert names(again.check(account("11000", time_ms=NOON + HOUR))) == ["daily_loss", "drawdown"]
    assert "tripped until it is reset" in str(again.tripped["drawdown"])
    assert not again.assess("BTCUSDT", "BUY", D("0.1"), D(100), D(99)).position_size_recommendation
    again.reset()
    assert again.check() == []
    # the drawdown is measured from where it was reset
    assert names(again.check(account("9950", time_ms=NOON + HOUR))) == ["daily_loss"]


def test_a_new_day_begins_anew_but_a_drawdown_stays() -> None:
    judge = manager(account())
    judge.check(account("8900"))
    found = judge.check(account("8900", time_ms=NOON + DAY // 2))
    assert names(found) == ["drawdown"]
    assert isinstance(found[0], Trip)
    assert found[0].value == pytest.approx(0.11)


def test_the_peak_of_the_journal_counts() -> None:
    judge = manager()
    judge.observe(account(peak_equity=D(12_000)))
    assert names(judge.check()) == ["drawdown"]


def test_a_state_that_is_none() -> None:
    with pytest.raises(ValueError, match="not a state of the risk manager"):
        manager().restore({"peak": "high"})
    with pytest.raises(ValueError, match="unknown breaker 'loss'; known: clock, consecutive_losses"):
        manager().reset("loss")


def test_limits_follow_the_configuration() -> None:
    judge = manager(account())
    assert names(judge.check(account("9800"))) == []
    judge._config.set("risk.max_daily_loss", 0.01)
    assert names(judge.check(account("9800"))) == ["daily_loss"]


def test_the_documented_call() -> None:
    judge = manager(account())
    found = asyncio.run(judge.check_circuit_breakers(D(8000)))
    assert found[0].startswith("daily_loss: 0.2 (limit 0.03)")
    assert found[1].startswith("drawdown: 0.2 (limit 0.1)")
    summary = judge.get_risk_summary()
    assert summary["risk_profile"]["max_portfolio_risk"] == 0.02
    assert summary["current_state"]["emergency_stop_active"] is False
    assert summary["current_state"]["current_drawdown"] == pytest.approx(0.2)
    assert set(summary["current_state"]["tripped"]) == {"daily_loss", "drawdown"}
