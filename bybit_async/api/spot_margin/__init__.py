"""Margin trading on spot."""

from __future__ import annotations

from bybit_async.api.spot_margin.fixed_rate import FixedRate
from bybit_async.api.spot_margin.trading import Trading

__all__ = ["SpotMargin"]


class SpotMargin(Trading, FixedRate):
    """Margin trading on spot."""

    __slots__ = ()
