"""The minutes since the exchange was started: candles made of what really happened."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from bybit_async.simulator.market.candles import MinuteHistory, Row
from bybit_async.simulator.market.noise import Integers
from bybit_async.simulator.market.paths import MINUTE


class Tape:
    """Candles of one price: history before the start, recorded ticks from the start on, joined without a gap."""

    def __init__(self, history: MinuteHistory, now: int) -> None:
        self._history = history
        self._first = now // MINUTE
        opened, present = history.price(self._first * MINUTE), history.price(now)
        self._rows: list[list[int]] = [[opened, max(opened, present), min(opened, present), present, 0, 0]]

    def forget(self) -> None:
        """Have history made again: the future has changed."""
        self._history.forget()

    def regrid(self, history: MinuteHistory, ratio: Fraction, turnover: Fraction) -> None:
        """Go on with a tick `ratio` times the old one, and turnover units `turnover` times the old ones.

        Recorded prices move to the nearest new tick.
        """
        self._history = history
        for row in self._rows:
            row[:4] = (max(_nearest(ticks / ratio), 1) for ticks in row[:4])
            row[5] = _nearest(row[5] / turnover)

    @property
    def first_minute(self) -> int:
        """The minute (since 1970) in which the exchange was started."""
        return self._first

    @property
    def last(self) -> int:
        """The latest price, in ticks."""
        return self._rows[-1][3]

    @property
    def current(self) -> Row:
        """The candle of the minute that is being recorded."""
        o, h, low, c, v, t = self._rows[-1]
        return o, h, low, c, v, t

    @property
    def minute(self) -> int:
        """The minute (since 1970) that is being recorded."""
        return self._first + len(self._rows) - 1

    def record(self, now: int, ticks: int, lots: int = 0, turnover: int = 0) -> None:
        """Add one price at time `now` (milliseconds), with what was traded at it."""
        self.roll(now)
        row = self._rows[-1]
        row[1] = max(row[1], ticks)
        row[2] = min(row[2], ticks)
        row[3] = ticks
        row[4] += lots
        row[5] += turnover

    def roll(self, now: int) -> None:
        """Close the minutes that ended before `now`; those that were leapt over happen as history would have them."""
        missing = now // MINUTE - self.minute
        if missing > 1:
            self._rows.extend(self._history.minutes(self.minute + 1, self.minute + missing).tolist())
            row = self._rows[1 - missing]
            row[0] = self._rows[-missing][3]
            row[1], row[2] = max(row[0], row[1]), min(row[0], row[2])
        if missing > 0:
            last = self.last
            self._rows.append([last, last, last, last, 0, 0])

    def typical(self, now: int) -> Row:
        """Return the candle that history would have for the minute of `now`."""
        o, h, low, c, v, t = self._history.minutes(now // MINUTE, now // MINUTE + 1)[0].tolist()
        return o, h, low, c, v, t

    def minutes(self, first: int, last: int) -> Integers:
        """Return the rows of minutes `first` up to and not including `last` (none after the present one)."""
        return self._joined(first, last, whole_days=False)

    def warm(self, first: int, last: int, *, whole_days: bool) -> Iterator[None]:
        """Have history make what `minutes` (or with `whole_days` `span`) will read, a little at a time."""
        if first < self._first:
            yield from self._history.warm(first, min(last, self._first), whole_days=whole_days)

    def span(self, first: int, last: int) -> Integers:
        """Return rows that add up to minutes `first` to `last`, whole days of history as one row each."""
        return self._joined(first, last, whole_days=True)

    def _joined(self, first: int, last: int, *, whole_days: bool) -> Integers:
        parts = []
        if first < self._first:
            read = self._history.span if whole_days else self._history.minutes
            parts.append(read(first, min(last, self._first)))
        begin = max(first - self._first, 0)
        rows = self._rows[begin : max(last - self._first, 0)]
        if rows:
            parts.append(np.array(rows, dtype=np.int64))
        return np.concatenate(parts) if parts else np.empty((0, 6), dtype=np.int64)


def _nearest(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
