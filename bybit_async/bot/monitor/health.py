"""When a bot is not healthy: one rule for the page, the terminal and `/healthz`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bybit_async.bot.monitor.panels import BreakersPanel, DataRow, Problem, StatePanel, TrustPanel
from bybit_async.bot.records import EngineState

MAX_ROUND_AGE = 3.0
"""Seconds without a round of the engine's supervision, which makes four a second, after which it counts as dead."""


def problems(
    state: StatePanel, trust: TrustPanel, breakers: BreakersPanel, *, max_journal_lag: float
) -> tuple[Problem, ...]:
    """Return every reason why the bot is not healthy.

    A bot that someone paused is healthy; one that is stopped, or holds an emergency stop, is not.
    """
    return tuple(_problems(state, trust, breakers, max_journal_lag))


def _problems(
    state: StatePanel, trust: TrustPanel, breakers: BreakersPanel, max_journal_lag: float
) -> Iterator[Problem]:
    if state.engine not in (EngineState.RUNNING.value, EngineState.PAUSED.value):
        yield Problem("state", f"the engine is {state.engine.replace('_', ' ')}")
    if state.started_ms is None:
        return
    if trust.round_age is not None and trust.round_age > MAX_ROUND_AGE:
        yield Problem("state", f"the engine has not looked at its account for {trust.round_age:.0f} s")
    if not trust.synced:
        yield Problem("trust", "the account is not synced")
    for row in trust.data:
        yield from _data_problems(row)
    if trust.unknown:
        symbols = ", ".join(sorted({order.symbol for order in trust.unknown}))
        yield Problem("trust", f"orders of unknown outcome: {len(trust.unknown)} ({symbols})")
    if not trust.journal_healthy:
        yield Problem("trust", "the journal does not take what is written")
    elif trust.journal_lag > max_journal_lag:
        yield Problem("trust", f"the journal lags by {trust.journal_lag:.1f} s (limit {max_journal_lag:g} s)")
    for breaker in breakers.rows:
        if breaker.tripped:
            yield Problem("breakers", f"breaker tripped: {breaker.name}")
    for strategy in breakers.strategies:
        if strategy.failure is not None:
            yield Problem("breakers", f"strategy {strategy.strategy_id} is stopped: it {strategy.failure}")


def _data_problems(row: DataRow) -> Iterator[Problem]:
    if row.too_old:
        yield Problem("trust", f"data of {row.symbol} are too old")
    if row.book_stale:
        yield Problem("trust", f"the book of {row.symbol} is stale")


def too_old(ages_ms: tuple[int | None, ...], max_age_ms: int) -> bool:
    """Return whether one of the ages is above the limit; None is an age that nothing is known of, or not followed."""
    return any(age is not None and age > max_age_ms for age in ages_ms)
