"""Stored history as plain arrays, for walking over years of it: without a frame, a session or an event loop."""

from __future__ import annotations

import os

import msgspec
import numpy as np
from numpy.typing import NDArray

from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.errors import StoreIncomplete
from bybit_async.data.frames import gaps_of
from bybit_async.data.intervals import time_text
from bybit_async.data.requested import Contract, Price
from bybit_async.data.saved import stored_series, stored_span
from bybit_async.data.series import Series
from bybit_async.data.store import Store
from bybit_async.enums import Category
from bybit_async.wire import Time

Milliseconds = NDArray[np.int64]
Floats = NDArray[np.float64]


class CandleArrays(msgspec.Struct, frozen=True):
    """Candles as arrays of one length, ascending.

    Attributes:
        time: when each one opened, in milliseconds.
        open: the first price; ``high``, ``low`` and ``close`` likewise.
        volume: of traded prices; zeros for mark, index and premium prices, which have none.
        turnover: likewise.
        gaps: ranges that should have candles and have none.
    """

    time: Milliseconds
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    turnover: Floats
    gaps: Coverage

    def __len__(self) -> int:
        return len(self.time)


class FundingArrays(msgspec.Struct, frozen=True):
    """Settled fundings, ascending.

    Attributes:
        time: when each one was settled, in milliseconds, as it was recorded: intervals differ and change.
        rate: what longs paid, as a fraction of the position's value; negative if shorts paid.
        gaps: ranges of which nothing is known.
    """

    time: Milliseconds
    rate: Floats
    gaps: Coverage

    def __len__(self) -> int:
        return len(self.time)


def read_candles(
    symbol: str,
    interval: str | int,
    start: Time | None = None,
    end: Time | None = None,
    *,
    identity: str = "mainnet",
    category: Category = "linear",
    price: Price = "last",
    allow_gaps: bool = False,
    data_dir: str | os.PathLike[str] | None = None,
) -> CandleArrays:
    """Read stored candles as arrays; nothing is downloaded.

    Args:
        symbol: as it was stored.
        interval: as ``"1m"``, ``"4h"``, ``"1d"``, or in Bybit's spelling.
        start: inclusive; the first one stored, without it.
        end: exclusive; the last one stored, without it.
        identity: whose market: ``"mainnet"``, ``"testnet"``, or whatever they were saved under.
        category: which market.
        price: of trades, or the mark, index or premium index price.
        allow_gaps: return what there is even if candles are missing; ``gaps`` says which.
        data_dir: the store; the user's own data folder without it.

    Raises:
        InvalidParameter: an argument is invalid.
        StoreIncomplete: candles are missing, and gaps are not allowed.
        StoreError: the store cannot be read.
    """
    series = stored_series(symbol, interval, identity=identity, category=category, price=price)
    store = Store(data_dir)
    span = stored_span(store, series, start, end)
    time, columns, gaps = _read(store, series, span, allow_gaps=allow_gaps)
    zeros = np.zeros(len(time))
    return CandleArrays(time, **{name: columns.get(name, zeros) for name in _CANDLE}, gaps=gaps)


def read_funding_rates(
    symbol: str,
    start: Time | None = None,
    end: Time | None = None,
    *,
    identity: str = "mainnet",
    category: Contract = "linear",
    allow_gaps: bool = False,
    data_dir: str | os.PathLike[str] | None = None,
) -> FundingArrays:
    """Read stored fundings at the times they were settled; nothing is downloaded. Arguments as for `read_candles`."""
    checked = stored_series(symbol, "D", identity=identity, category=category, price="last")
    series = msgspec.structs.replace(checked, kind="funding_rates", interval="all")
    store = Store(data_dir)
    span = stored_span(store, series, start, end)
    time, columns, gaps = _read(store, series, span, allow_gaps=allow_gaps)
    return FundingArrays(time, columns["funding_rate"], gaps)


_CANDLE = ("open", "high", "low", "close", "volume", "turnover")


def _read(
    store: Store, series: Series, span: Span, *, allow_gaps: bool
) -> tuple[Milliseconds, dict[str, Floats], Coverage]:
    table, coverage = store.load(series, *span)
    if table is None:
        gaps, empty = Coverage([span]), np.empty(0)
        columns = dict.fromkeys(series.about.numbers, empty)
        times: Milliseconds = np.empty(0, dtype=np.int64)
    else:
        gaps, times = gaps_of(series, table, span, coverage), table.times
        columns = {name: column.floats() for name, column in table.numbers.items()}
    if not allow_gaps and (gaps or not len(times)):
        missing = ", ".join(f"{time_text(start)} to {time_text(end)}" for start, end in list(gaps)[:5])
        raise StoreIncomplete(
            f"{store.address} lacks {missing or 'every row'} of {series}: download it first (`bybit-async download`, "
            "`Data.download`), or pass allow_gaps=True"
        )
    return times, columns, gaps
