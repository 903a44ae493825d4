"""Klines as they close: each one once, and which ones never came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from bybit_async.models.market.klines import Kline
from bybit_async.models.stream_public import KlineData

_MINUTE = 60_000
_DAY = 1440 * _MINUTE
_LONGEST_GAP = 90 * _DAY
_NO_TIME = 200_000_000_000_000
"""From here on it is the year 8307, and months can soon no longer be counted."""


def following(start: int, interval: str) -> int:
    """Return when the kline after the one that opened at `start` opens, in milliseconds.

    Args:
        start: in milliseconds.
        interval: minutes as digits, ``"D"``, ``"W"`` or ``"M"``.
    """
    if interval == "M":
        opened = datetime.fromtimestamp(start / 1000, UTC)
        year, month = opened.year + opened.month // 12, opened.month % 12 + 1
        return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000
    return start + (_DAY if interval == "D" else 7 * _DAY if interval == "W" else int(interval) * _MINUTE)


class KlineState:
    """The klines of one symbol and interval, fed by `apply` from the stream and by `fill` from REST.

    Attributes:
        current: the newest kline, closed or not.
        repeats: closed klines that came again.
        unreadable: klines whose opening time is not a time.
    """

    __slots__ = ("_expected", "_interval", "_missing", "current", "repeats", "unreadable")

    def __init__(self, interval: str) -> None:
        self._interval = interval
        self._expected: int | None = None
        self._missing: dict[int, None] = {}
        self.current: KlineData | None = None
        self.repeats: int = 0
        self.unreadable: int = 0

    def apply(self, klines: Iterable[KlineData]) -> list[KlineData]:
        """Take the klines of a message and return those that closed with it, each one once."""
        readable = []
        for kline in klines:
            if isinstance(kline.start, int) and 0 <= kline.start < _NO_TIME:
                readable.append(kline)
            else:
                self.unreadable += 1
        return [kline for kline in sorted(readable, key=lambda kline: kline.start) if self._take(kline)]

    @property
    def missing(self) -> tuple[int, int] | None:
        """The opening times of the first and the last kline whose end was never reported, in milliseconds, or None."""
        return (min(self._missing), max(self._missing)) if self._missing else None

    def fill(self, klines: Iterable[Kline]) -> list[KlineData]:
        """Take klines by REST, in any order, and return the missing ones among them as closed, oldest first."""
        filled = []
        for kline in sorted(klines, key=lambda kline: kline.start):
            if kline.start in self._missing:
                del self._missing[kline.start]
                filled.append(self._closed(kline))
        return filled

    def _take(self, kline: KlineData) -> bool:
        start = kline.start
        if self._expected is None:
            self._expected = start
        if abs(start - self._expected) > _LONGEST_GAP:
            # No connection is lost for so long: one of the two is no time, and must not be counted up to.
            self._expected, self.current = start, None
        while self._expected < start:
            self._missing[self._expected] = None
            self._expected = following(self._expected, self._interval)
        if self.current is None or start >= self.current.start:
            self.current = kline
        if not kline.confirm:
            return False
        if start == self._expected:
            self._expected = following(start, self._interval)
            return True
        if start in self._missing:
            del self._missing[start]
            return True
        self.repeats += 1
        return False

    def _closed(self, kline: Kline) -> KlineData:
        return KlineData(
            start=kline.start,
            end=following(kline.start, self._interval) - 1,
            interval=self._interval,
            open=kline.open,
            high=kline.high,
            low=kline.low,
            close=kline.close,
            volume=kline.volume,
            turnover=kline.turnover,
            confirm=True,
        )
