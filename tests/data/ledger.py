"""The exchange's own record of candles, to compare with what was downloaded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bybit_async.simulator import SimulatedExchange
from bybit_async.simulator.market.quotation import Quotation

MINUTE = 60_000


def ms(text: str) -> int:
    return int(pd.Timestamp(text, tz="UTC").timestamp() * 1000)


def quotation_of(exchange: SimulatedExchange, symbol: str, category: str = "linear") -> Quotation:
    return exchange.market.quotations[category, symbol]


def minutes(
    exchange: SimulatedExchange, symbol: str, start: int, end: int, category: str = "linear"
) -> np.ndarray[Any, Any]:
    """Return the candles of one minute as the exchange keeps them: whole ticks, lots and turnover units."""
    return quotation_of(exchange, symbol, category).last.minutes(start // MINUTE, end // MINUTE)


def assert_equals_ledger(
    frame: pd.DataFrame,
    exchange: SimulatedExchange,
    symbol: str,
    start: int,
    end: int,
    *,
    category: str = "linear",
    interval: int = 1,
) -> None:
    """Every row of the frame is the exchange's own, and every row of the exchange is in the frame."""
    quotation = quotation_of(exchange, symbol, category)
    rows = minutes(exchange, symbol, start, end, category)
    groups = rows.reshape(-1, interval, 6)
    expected = {
        "open": (groups[:, 0, 0], quotation.instrument.tick),
        "high": (groups[:, :, 1].max(axis=1), quotation.instrument.tick),
        "low": (groups[:, :, 2].min(axis=1), quotation.instrument.tick),
        "close": (groups[:, -1, 3], quotation.instrument.tick),
        "volume": (groups[:, :, 4].sum(axis=1), quotation.instrument.lot),
        "turnover": (groups[:, :, 5].sum(axis=1), quotation.turnover(1)),
    }
    step = interval * MINUTE
    assert frame.index.equals(pd.DatetimeIndex(np.arange(start, end, step).view("datetime64[ms]"), tz="UTC"))
    for name, (counts, unit) in expected.items():
        numerator, denominator = unit.as_integer_ratio()
        # Both are exact in float64, so their quotient is the float nearest to the decimal: equality, not closeness.
        assert np.array_equal(frame[name].to_numpy(), counts * float(numerator) / float(denominator)), name
