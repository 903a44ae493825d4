"""Intervals in both spellings, and the grid of opening times each one makes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from bybit_async.enums import Interval
from bybit_async.errors import InvalidParameter

MINUTE = 60_000
DAY = 1440 * MINUTE
_WEEK = 7 * DAY
_FIRST_MONDAY = 4 * DAY
KNOWN: tuple[str, ...] = get_args(Interval)
_UNITS = {"m": 1, "min": 1, "h": 60, "d": 1440, "w": 10_080}
_LONG = {1440: "D", 10_080: "W"}


def interval_of(text: str | int) -> Interval:
    """Return Bybit's spelling of an interval: ``"1m"`` → ``"1"``, ``"4h"`` → ``"240"``, ``"1d"`` → ``"D"``.

    ``"M"`` and ``"1M"`` are the month; ``"1m"`` is the minute.

    Raises:
        InvalidParameter: Bybit has no such interval; the known ones are named.
    """
    given = str(text).strip()
    if given in KNOWN:
        return cast(Interval, given)
    if given in ("1M", "1mo", "1month"):
        return "M"
    digits = given.rstrip("abcdefghijklmnopqrstuvwxyzDWHM")
    unit = given[len(digits) :].lower()
    if digits.isascii() and digits.isdigit() and (unit in _UNITS or not unit):
        minutes = int(digits) * _UNITS.get(unit, 1)
        found = _LONG.get(minutes, str(minutes))
        if found in KNOWN:
            return cast(Interval, found)
    raise InvalidParameter("interval", f"unknown interval {text!r}; known: {', '.join(KNOWN)}, or as 1m, 4h, 1d, 1w")


def length_of(interval: str) -> int | None:
    """Return how long an interval is, in milliseconds; None for the month."""
    if interval == "M":
        return None
    return {"D": DAY, "W": _WEEK}.get(interval) or int(interval) * MINUTE


def floor(interval: str, time: int) -> int:
    """Return when the candle that holds `time` opened, in milliseconds."""
    length = length_of(interval)
    if length is None:
        moment = datetime.fromtimestamp(time / 1000, UTC)
        return _first_of(moment.year, moment.month)
    offset = _FIRST_MONDAY if interval == "W" else 0
    return (time - offset) // length * length + offset


def step(interval: str, opened: int, count: int = 1) -> int:
    """Return when the candle `count` after the one that opened at `opened` opens, in milliseconds."""
    length = length_of(interval)
    if length is not None:
        return opened + count * length
    moment = datetime.fromtimestamp(opened / 1000, UTC)
    months = moment.year * 12 + moment.month - 1 + count
    return _first_of(months // 12, months % 12 + 1)


def ceiling(interval: str, time: int) -> int:
    """Return when the first candle that opens at or after `time` opens, in milliseconds."""
    opened = floor(interval, time)
    return opened if opened == time else step(interval, opened)


def grid(interval: str, start: int, end: int) -> NDArray[np.int64]:
    """Return every opening time from `start` up to and not including `end`, in milliseconds."""
    first = ceiling(interval, start)
    length = length_of(interval)
    if length is not None:
        return np.arange(first, max(end, first), length, dtype=np.int64)
    times = []
    while first < end:
        times.append(first)
        first = step(interval, first)
    return np.array(times, dtype=np.int64)


def month_of(time: int) -> tuple[int, int]:
    """Return the (start, end) of the UTC month that holds `time`, in milliseconds."""
    opened = floor("M", time)
    return opened, step("M", opened)


def year_of(time: int) -> tuple[int, int]:
    """Return the (start, end) of the UTC year that holds `time`, in milliseconds."""
    year = datetime.fromtimestamp(time / 1000, UTC).year
    return _first_of(year, 1), _first_of(year + 1, 1)


def day_of(time: int) -> tuple[int, int]:
    """Return the (start, end) of the UTC day that holds `time`, in milliseconds."""
    opened = time // DAY * DAY
    return opened, opened + DAY


def _first_of(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000


def date_text(time: int) -> str:
    """Return the UTC date of a time, as ``2024-01-31``."""
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d}"


def time_text(time: int) -> str:
    """Return the UTC date of a time, with hour and minute where it is not midnight."""
    return date_text(time) if time % DAY == 0 else f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%dT%H:%M}"
