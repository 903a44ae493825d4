"""The way through a candle, and where on the way from here something is touched. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from bybit_async.bot.backtesting.rules import Path
from bybit_async.simulator.engine.candle_path import high_is_nearer

Ticks = NDArray[Any]


class Candle(NamedTuple):
    """Four prices."""

    open: float
    high: float
    low: float
    close: float

    def legs(self, *, high_first: bool) -> tuple[float, float, float, float]:
        """Return the prices in the order in which they come."""
        first, second = (self.high, self.low) if high_first else (self.low, self.high)
        return self.open, first, second, self.close

    def nearest_is_high(self) -> bool:
        """Whether the high is nearer to the open; the low if both are as near."""
        return high_is_nearer(self.open, self.high, self.low)


class AwaitedTicks(NamedTuple):
    """Prices in ticks at which something would happen.

    Attributes:
        rising: at one of these or above it.
        falling: at one of these or below it.
        always: at every price.
    """

    rising: list[float]
    falling: list[float]
    always: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest rising and the highest falling price, or an infinity; nothing happens between them.

        They may lie on any side of the present price.
        """
        if self.always:
            return float("-inf"), float("inf")
        return min(self.rising, default=float("inf")), max(self.falling, default=float("-inf"))


def is_ambiguous(candle: Candle, levels: AwaitedTicks) -> bool:
    """Whether something happens above and below the open: then the order of the extremes decides."""
    above = any(candle.open < price <= candle.high for price in levels.rising)
    return above and any(candle.low <= price < candle.open for price in levels.falling)


def high_comes_first(candle: Candle, path: Path, net: float, entries: float, *, worse: bool) -> bool:
    """Return which way an ambiguous candle goes.

    Args:
        candle: its prices.
        path: the rule.
        net: signed size of the position.
        entries: signed size of resting orders that would open one; where flat, it decides.
        worse: with the rule ``"both"``: the way that is worse for the account, or the better one.
    """
    if path == "high-first":
        return True
    if path == "low-first":
        return False
    if path == "nearest":
        return candle.nearest_is_high()
    if net:
        # A long position loses at the low, a short one at the high: worse is where it loses first.
        return (net < 0) == worse
    # An entry that waits below has its target above: worse is when the high is over before it is filled.
    return (entries > 0) == worse


class Touches:
    """Finds the next candle of one symbol that reaches a price.

    Args:
        high: of all candles.
        low: likewise.
    """

    __slots__ = ("_high", "_highs", "_low", "_lows")

    def __init__(self, high: Ticks, low: Ticks) -> None:
        self._high, self._low = high, low
        self._highs, self._lows = high.data, low.data

    def reaches(self, place: int, above: float, below: float) -> bool:
        """Whether one candle reaches a price above or one below."""
        return bool(self._highs[place] >= above or self._lows[place] <= below)

    def first(self, start: int, end: int, above: float, below: float) -> int:
        """Return the first candle from `start` that reaches `above` or `below`; `end` if none before it does."""
        size = 32
        while start < end:
            stop = min(start + size, end)
            found = (self._high[start:stop] >= above) | (self._low[start:stop] <= below)
            place = int(found.argmax())
            if found[place]:
                return start + place
            start, size = stop, min(size * 4, 65_536)
        return end
