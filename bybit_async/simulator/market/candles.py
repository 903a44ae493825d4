"""Candles as rows of whole numbers: open, high, low, close in ticks, volume in lots, turnover in turnover units."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np

from bybit_async.simulator.market.noise import Floats, Integers, as_times, make_key, uniform
from bybit_async.simulator.market.paths import MINUTE

Row: TypeAlias = tuple[int, int, int, int, int, int]
MINUTES_A_DAY = 1440
_CHUNK_DAYS = 4
_CHUNKS_KEPT = 150
_MONDAY = 4 * MINUTES_A_DAY
_MOST_DAYS = 100

INTERVAL_MINUTES = {
    "1": 1, "3": 3, "5": 5, "15": 15, "30": 30, "60": 60, "120": 120, "240": 240, "360": 360, "720": 720,
    "D": MINUTES_A_DAY, "W": 7 * MINUTES_A_DAY,
}  # fmt: skip
INTERVALS = (*INTERVAL_MINUTES, "M")


def interval_floor(interval: str, minute: int) -> int:
    """Return the first minute (since 1970) of the candle that holds `minute`."""
    if interval == "M":
        day = datetime.fromtimestamp(minute * 60, UTC)
        return int(day.replace(day=1, hour=0, minute=0).timestamp()) // 60
    size = INTERVAL_MINUTES[interval]
    offset = _MONDAY if interval == "W" else 0
    return (minute - offset) // size * size + offset


def interval_next(interval: str, start: int) -> int:
    """Return the first minute of the candle after the one that starts at minute `start`."""
    if interval == "M":
        return interval_floor("M", start + 32 * MINUTES_A_DAY)
    return start + INTERVAL_MINUTES[interval]


def interval_back(interval: str, start: int, count: int) -> int:
    """Return the first minute of the candle `count` candles before the one that starts at `start`."""
    if interval != "M":
        return start - count * INTERVAL_MINUTES[interval]
    for _ in range(count):
        start = interval_floor("M", start - 1)
    return start


def merge(rows: Integers) -> Row:
    """Return the one candle that the rows (consecutive, at least one) add up to."""
    volume, turnover = rows[:, 4], rows[:, 5]
    # The turnover of a day fits 64 bits; that of a month of days may not.
    small = len(rows) > _MOST_DAYS
    return (
        int(rows[0, 0]),
        int(rows[:, 1].max()),
        int(rows[:, 2].min()),
        int(rows[-1, 3]),
        int(volume.sum()) if small else sum(volume.tolist()),
        int(turnover.sum()) if small else sum(turnover.tolist()),
    )


class MinuteHistory:
    """The minutes before the exchange was started: a pure function of a name, made in chunks and kept while useful.

    `values` gives the price at a time, `unit` the size of a tick in that price; each minute closes where the next
    opens. `volume` is the typical lots a minute (0 for prices that no one trades), `inverse` makes the turnover
    volume over price, in units of 1e-8.
    """

    def __init__(
        self,
        seed: int,
        name: str,
        values: Callable[[Integers], Floats],
        unit: float,
        *,
        volume: int = 0,
        inverse: bool = False,
        wick: float = 0.0004,
    ) -> None:
        self._values = values
        self._unit = unit
        self._volume = volume
        self._inverse = inverse
        self._wick = wick
        self._keys = [make_key(seed, name, part) for part in ("high", "low", "volume", "burst")]
        self._chunks: OrderedDict[int, Integers] = OrderedDict()
        self._days: dict[int, Integers] = {}

    def minutes(self, first: int, last: int) -> Integers:
        """Return the rows of minutes `first` up to and not including `last`, one row a minute."""
        size = _CHUNK_DAYS * MINUTES_A_DAY
        parts = []
        for chunk in range(first // size, (last - 1) // size + 1):
            start = chunk * size
            parts.append(self._chunk(chunk)[max(first - start, 0) : last - start])
        return np.concatenate(parts) if parts else np.empty((0, 6), dtype=np.int64)

    def forget(self) -> None:
        """Make every minute again when it is asked for: the future has changed."""
        self._chunks.clear()
        self._days.clear()

    def price(self, time: int) -> int:
        """Return the price at one time, in ticks."""
        return math.floor(float(self._values(as_times(time))[0]) / self._unit + 0.5)

    def span(self, first: int, last: int) -> Integers:
        """Return rows that add up to minutes `first` to `last`: whole days as one row each."""
        head = min(-(-first // MINUTES_A_DAY) * MINUTES_A_DAY, last)
        tail = max(last // MINUTES_A_DAY * MINUTES_A_DAY, head)
        days = [self._day(day) for day in range(head // MINUTES_A_DAY, tail // MINUTES_A_DAY)] if tail > head else []
        parts = [self.minutes(first, head), *days, self.minutes(tail, last)]
        return np.concatenate([part for part in parts if len(part)])

    def warm(self, first: int, last: int, *, whole_days: bool) -> Iterator[None]:
        """Make what `minutes` (or with `whole_days` `span`) will read, one chunk at a time; yields after each."""
        size = _CHUNK_DAYS * MINUTES_A_DAY
        for chunk in range(first // size, (last - 1) // size + 1):
            if not whole_days:
                wanted = chunk not in self._chunks
                self._chunk(chunk)
            else:
                days = range(chunk * _CHUNK_DAYS, (chunk + 1) * _CHUNK_DAYS)
                inside = (day for day in days if first <= day * MINUTES_A_DAY and (day + 1) * MINUTES_A_DAY <= last)
                missing = [day for day in inside if day not in self._days]
                wanted = bool(missing)
                for day in missing:
                    self._day(day)
            if wanted:
                yield

    def _day(self, day: int) -> Integers:
        row = self._days.get(day)
        if row is None:
            rows = self.minutes(day * MINUTES_A_DAY, (day + 1) * MINUTES_A_DAY)
            row = self._days[day] = np.array([merge(rows)], dtype=np.int64)
        return row

    def _chunk(self, chunk: int) -> Integers:
        rows = self._chunks.get(chunk)
        if rows is None:
            size = _CHUNK_DAYS * MINUTES_A_DAY
            rows = self._chunks[chunk] = self._make(np.arange(chunk * size, (chunk + 1) * size + 1, dtype=np.int64))
            if len(self._chunks) > _CHUNKS_KEPT:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(chunk)
        return rows

    def _make(self, minutes: Integers) -> Integers:
        prices = self._values(minutes * MINUTE)
        ticks = np.floor(prices / self._unit + 0.5).astype(np.int64)
        opened, closed, minute = ticks[:-1], ticks[1:], minutes[:-1]
        high_key, low_key, volume_key, burst_key = self._keys
        reach = self._wick * np.abs(prices[:-1]) / self._unit
        above = np.floor(reach * uniform(high_key, minute) ** 2).astype(np.int64)
        below = np.floor(reach * uniform(low_key, minute) ** 2).astype(np.int64)
        high = np.maximum(opened, closed) + above
        low = np.minimum(opened, closed) - below
        if self._volume:
            busy = (uniform(volume_key, minute) + 1.02) * (1 + 4 * uniform(burst_key, minute) ** 8)
            volume = np.maximum(np.floor(self._volume * busy), 1).astype(np.int64)
        else:
            volume = np.zeros(len(minute), dtype=np.int64)
        total = opened + high + low + closed
        if self._inverse and self._volume:
            turnover = np.floor(volume * (4e8 / self._unit) / total).astype(np.int64)
        else:
            turnover = volume * total
        rows = np.empty((len(minute), 6), dtype=np.int64)
        for column, values in enumerate((opened, high, low, closed, volume, turnover)):
            rows[:, column] = values
        return rows
