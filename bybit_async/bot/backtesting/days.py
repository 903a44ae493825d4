"""Equity by days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def daily(equity: pd.Series[float]) -> pd.Series[float]:
    """Return equity at the last close of each day, UTC; a close at midnight belongs to the day that ends then."""
    closes, length = equity.index.asi8, 86_400_000 * _per_ms(equity)  # type: ignore[attr-defined]
    if not len(closes):
        return equity
    midnights = np.arange(-(-closes[0] // length), -(-closes[-1] // length) + 1) * length
    last = np.searchsorted(closes, midnights, side="right") - 1
    # A day without a close has none.
    return equity.iloc[np.unique(last)]


def _per_ms(equity: pd.Series[float]) -> int:
    return {"s": 0, "ms": 1, "us": 1000, "ns": 1_000_000}[equity.index.unit]  # type: ignore[attr-defined]
