"""Candles of your own, or of another source: into the store under an identity of their own, and out of it again."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from bybit_async.data import intervals
from bybit_async.data.books import nothing
from bybit_async.data.columns import Integers, Numbers, Table, numbers_of
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.frames import Dtype, describe, frame_of
from bybit_async.data.intervals import interval_of
from bybit_async.data.requested import KLINES_OF, Price
from bybit_async.data.rows import column_of
from bybit_async.data.series import Series
from bybit_async.data.store import Store
from bybit_async.data.times import span_of
from bybit_async.enums import Category
from bybit_async.environments import is_reserved
from bybit_async.errors import InvalidParameter
from bybit_async.models.checks import known, one_of
from bybit_async.wire import Time

if TYPE_CHECKING:
    import pandas


def save(
    frame: pandas.DataFrame,
    symbol: str,
    interval: str | int,
    *,
    identity: str,
    category: Category = "linear",
    price: Price = "last",
    data_dir: str | os.PathLike[str] | None = None,
) -> Coverage:
    """Store candles of your own or of another source; return the ranges that they cover. Needs no session.

    They lie beside what was downloaded and are never served in place of it. Candles that were saved before give way to
    those of the same times. Floats keep 18 digits, counted from the largest number of a column; decimals are exact.

    Args:
        frame: a `DatetimeIndex` of opening times with a zone, and ``open``, ``high``, ``low``, ``close``, for traded
            prices also ``volume`` and ``turnover``, as `Data.fetch_klines` returns them.
        symbol: any name.
        interval: as ``"1m"``, ``"4h"``, ``"1d"``, or in Bybit's spelling.
        identity: where they come from, as ``"binance"`` or ``"my-model"``; not the name of an exchange that is
            downloaded from.
        category: which market.
        price: of trades (``"last"``), or the mark, index or premium index price.
        data_dir: the store; the user's own data folder without it.

    Raises:
        InvalidParameter: a column is missing, unknown or holds what is not a number; a time is not on the interval's
            grid, has no zone, or is there twice; a high is below a low; the identity is reserved.
        StoreError: the store cannot be written.
    """
    series = saved_series(symbol, interval, identity=identity, category=category, price=price)
    table, coverage = table_of_frame(frame, series)
    Store(data_dir).merge(series, table, coverage)
    return coverage


def load(
    symbol: str,
    interval: str | int,
    start: Time | None = None,
    end: Time | None = None,
    *,
    identity: str,
    category: Category = "linear",
    price: Price = "last",
    dtype: Dtype = "float",
    data_dir: str | os.PathLike[str] | None = None,
) -> pandas.DataFrame:
    """Return what is stored of candles, of any identity, as a frame; nothing is downloaded. Needs no session.

    Without `start` it begins with the first one stored, without `end` it ends with the last one. ``attrs`` says what
    is missing. Otherwise like `save`.
    """
    return load_frame(
        Store(data_dir), symbol, interval, start, end, identity=identity, category=category, price=price, dtype=dtype
    )


def load_frame(
    store: Store,
    symbol: str,
    interval: str | int,
    start: Time | None,
    end: Time | None,
    *,
    identity: str,
    category: Category,
    price: Price,
    dtype: Dtype,
) -> pandas.DataFrame:
    """Return what a store has of candles; see `load`."""
    one_of(dtype, ("float", "decimal"), "dtype")
    series = stored_series(symbol, interval, identity=identity, category=category, price=price)
    span = stored_span(store, series, start, end)
    table, coverage = store.load(series, *span)
    table = nothing(series) if table is None else table
    return describe(frame_of(table, dtype), series, span, coverage, table, "store")


def stored_series(symbol: str, interval: str | int, *, identity: str, category: str, price: Price) -> Series:
    """Return the series of candles of any identity.

    Raises:
        InvalidParameter: there is no such interval, category or price, or the symbol or the identity is empty.
    """
    for name, text in (("symbol", symbol), ("identity", identity)):
        if not isinstance(text, str) or not text.strip():
            raise InvalidParameter(name, f"expected a name, got {text!r}")
    kind = KLINES_OF[one_of(price, tuple(KLINES_OF), "price")]
    return Series(kind, known(category), symbol, interval_of(interval), identity)


def saved_series(symbol: str, interval: str | int, *, identity: str, category: str, price: Price) -> Series:
    """Return the series of candles of your own; raises `InvalidParameter` also for an identity that is reserved."""
    series = stored_series(symbol, interval, identity=identity, category=category, price=price)
    if is_reserved(identity):
        raise InvalidParameter(
            "identity", f"{identity!r} is an exchange that is downloaded from; choose a name of your own"
        )
    return series


def stored_span(store: Store, series: Series, start: Time | None, end: Time | None) -> Span:
    """Return a range as a user gives it, on the grid; what is left out is where the stored rows begin or end."""
    reach = store.reach(series) or (0, 0)
    low, high = span_of(reach[0] if start is None else start, end, 1 << 62)
    if end is None:
        high = max(low, reach[1])
    if series.interval == "all":
        return low, high
    first = intervals.ceiling(series.interval, low)
    return first, max(first, intervals.ceiling(series.interval, high))


def table_of_frame(frame: pandas.DataFrame, series: Series) -> tuple[Table, Coverage]:
    """Return the candles of a frame exactly, and the ranges that they cover; raises `InvalidParameter`."""
    times = _times(frame, series)
    wanted = series.about.numbers
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise InvalidParameter("frame", f"lacks {', '.join(missing)}; {series.kind} have {', '.join(wanted)}")
    unknown = [str(name) for name in frame.columns if name not in wanted]
    if unknown:
        raise InvalidParameter("frame", f"has columns that are not stored: {', '.join(unknown)}; drop them first")
    table = Table(times, {name: _numbers(frame, name) for name in wanted}).ordered(unique=True)
    _plausible(table)
    return table, _covered(table.times, series)


def _covered(times: Integers, series: Series) -> Coverage:
    grid = intervals.grid(series.interval, int(times[0]), int(times[-1]) + 1)
    places = np.searchsorted(grid, times)
    breaks = np.flatnonzero(np.diff(places) > 1)
    firsts = times[np.append(0, breaks + 1)].tolist()
    lasts = times[np.append(breaks, -1)].tolist()
    return Coverage((first, intervals.step(series.interval, last)) for first, last in zip(firsts, lasts, strict=True))


def _times(frame: pandas.DataFrame, series: Series) -> Integers:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame) or not isinstance(frame.index, pd.DatetimeIndex):
        raise InvalidParameter("frame", "expected a frame with a DatetimeIndex of opening times")
    if not len(frame):
        raise InvalidParameter("frame", "expected at least one candle")
    if frame.index.tz is None:
        raise InvalidParameter("frame", "its times name no zone; use frame.tz_localize('UTC')")
    if frame.index.hasnans or not frame.index.is_unique:
        raise InvalidParameter("frame", "a time is missing, or is there twice")
    nanoseconds: Any = frame.index.tz_convert("UTC").as_unit("ns").asi8
    times: Integers = nanoseconds // 1_000_000
    grid = intervals.grid(series.interval, int(times.min()), int(times.max()) + 1)
    off = np.flatnonzero(~np.isin(times, grid) | (nanoseconds % 1_000_000 != 0))
    if len(off):
        time = frame.index[off[0]]
        raise InvalidParameter("frame", f"no candle of {series.interval} opens at {time}; resample it first")
    return times


def _numbers(frame: pandas.DataFrame, name: str) -> Numbers:
    if frame[name].dtype == np.float64 and np.isfinite(frame[name]).all():
        return column_of([repr(cell) for cell in frame[name].tolist()])
    cells = frame[name].tolist()
    try:
        numbers = [cell if isinstance(cell, Decimal) else Decimal(repr(float(cell))) for cell in cells]
        bad = next((i for i, number in enumerate(numbers) if not number.is_finite()), None)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InvalidParameter("frame", f"column {name} holds what is not a number: {error}") from error
    if bad is not None:
        raise InvalidParameter("frame", f"column {name} holds {cells[bad]!r} at {frame.index[bad]}; drop such candles")
    found = numbers_of(numbers)
    if any(isinstance(cell, Decimal) for cell in cells) and found.decimals() != numbers:
        raise InvalidParameter("frame", f"column {name} needs more than 18 digits; round it first")
    return found


def _plausible(table: Table) -> None:
    columns = {name: column.floats() for name, column in table.numbers.items()}
    wrong = columns["high"] < np.maximum(np.maximum(columns["open"], columns["close"]), columns["low"])
    wrong |= columns["low"] > np.minimum(columns["open"], columns["close"])
    for name in ("volume", "turnover"):
        if name in columns:
            wrong |= columns[name] < 0
    if wrong.any():
        time = np.datetime64(int(table.times[np.flatnonzero(wrong)[0]]), "ms")
        raise InvalidParameter(
            "frame", f"the candle of {time}Z has a high or a low within its body, or a negative volume"
        )
