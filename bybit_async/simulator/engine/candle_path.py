"""The way through a candle that is known by its four prices alone: replays and backtests take the same one. Pure."""

from decimal import Decimal
from typing import TypeVar

Price = TypeVar("Price", Decimal, float)


def high_is_nearer(opened: Price, high: Price, low: Price) -> bool:
    """Whether the high is nearer to the open, and so comes first; the low if both are as near."""
    return high - opened < opened - low


def moments(opened_ms: int, length_ms: int) -> tuple[int, int, int, int]:
    """Return when the open, the first extreme, the second one and the close are there.

    The close comes a millisecond before the candle's end, and the next open a millisecond after it: who decides at the
    end has seen the one and not yet the other.
    """
    return opened_ms + 1, opened_ms + length_ms // 3, opened_ms + 2 * length_ms // 3, opened_ms + length_ms - 1
