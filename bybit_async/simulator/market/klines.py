"""Candles of every interval, cut from the minutes of a tape."""

from __future__ import annotations

from collections.abc import Iterator

from bybit_async.simulator.market.candles import (
    INTERVAL_MINUTES,
    MINUTES_A_DAY,
    Row,
    interval_back,
    interval_floor,
    interval_next,
    merge,
)
from bybit_async.simulator.market.paths import MINUTE
from bybit_async.simulator.market.tape import Tape


def candle(tape: Tape, interval: str, minute: int) -> Row:
    """Return the candle of `interval` that holds `minute`, as far as it has been recorded."""
    start = interval_floor(interval, minute)
    return merge(tape.span(start, min(interval_next(interval, start), tape.minute + 1)))


def candles(
    tape: Tape, interval: str, *, start: int | None, end: int | None, limit: int, launch: int
) -> list[tuple[int, Row]]:
    """Return at most `limit` candles as (start in milliseconds, row), newest first.

    `start` and `end` bound the candles' start times, inclusive. With both bounds, or `end` alone, the newest ones
    are kept; with `start` alone, the oldest. Nothing is older than `launch` or newer than the present.
    """
    oldest, newest = bounds(tape, interval, start=start, end=end, limit=limit, launch=launch)
    if oldest > newest:
        return []
    found = _cut(tape, interval, oldest, newest)
    found.reverse()
    return found


def warm(tape: Tape, interval: str, oldest: int, newest: int) -> Iterator[None]:
    """Make what the candles from minute `oldest` to `newest` need of history, yielding after every few milliseconds.

    Candles read without this are the same; they only keep the caller waiting for all of it at once.
    """
    whole_days = interval == "M" or INTERVAL_MINUTES[interval] >= MINUTES_A_DAY
    return tape.warm(oldest, interval_next(interval, newest), whole_days=whole_days)


def bounds(
    tape: Tape, interval: str, *, start: int | None, end: int | None, limit: int, launch: int
) -> tuple[int, int]:
    """Return the first minutes of the oldest and the newest candle that `candles` gives; none if they are reversed."""
    newest = interval_floor(interval, tape.minute if end is None else min(end // MINUTE, tape.minute))
    oldest = interval_floor(interval, launch // MINUTE)
    if start is not None:
        first = interval_floor(interval, start // MINUTE)
        oldest = max(oldest, first if first * MINUTE >= start else interval_next(interval, first))
        if end is None:
            newest = min(newest, _forward(interval, oldest, limit - 1))
    return max(oldest, interval_back(interval, newest, limit - 1)), newest


def _forward(interval: str, start: int, count: int) -> int:
    if interval != "M":
        return start + count * INTERVAL_MINUTES[interval]
    for _ in range(count):
        start = interval_next("M", start)
    return start


def _cut(tape: Tape, interval: str, oldest: int, newest: int) -> list[tuple[int, Row]]:
    found: list[tuple[int, Row]] = []
    stop = tape.minute + 1
    if interval == "M" or INTERVAL_MINUTES[interval] >= MINUTES_A_DAY:
        start = oldest
        while start <= newest:
            following = interval_next(interval, start)
            found.append((start * MINUTE, merge(tape.span(start, min(following, stop)))))
            start = following
        return found
    size = INTERVAL_MINUTES[interval]
    rows = tape.minutes(oldest, min(newest + size, stop))
    if size == 1:
        return [((oldest + i) * MINUTE, (r[0], r[1], r[2], r[3], r[4], r[5])) for i, r in enumerate(rows.tolist())]
    return [((oldest + i) * MINUTE, merge(rows[i : i + size])) for i in range(0, len(rows), size)]
