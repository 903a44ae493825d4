"""Frames: pandas tables of what was fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from bybit_async.data import intervals
from bybit_async.data.columns import Table, Texts
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.series import Series
from bybit_async.wire import frame_of_rows

if TYPE_CHECKING:
    import pandas

Dtype = Literal["float", "decimal"]
_SIDES = ("Buy", "Sell")

to_frame = frame_of_rows
"""Makes a frame of the rows of any list answer; where the answer is a `Rows`, it is the same as its ``to_frame()``."""


def frame_of(table: Table, dtype: Dtype = "float") -> pandas.DataFrame:
    """Return a table as a frame: a UTC `DatetimeIndex` called ``time``, float64 or `Decimal` columns, texts beside."""
    import pandas as pd

    index = pd.DatetimeIndex(table.times.view("datetime64[ms]"), tz="UTC", name="time")
    if dtype == "float":
        # One block: columns of one array cost nothing to copy or to slice.
        block = np.empty((len(table.numbers), len(table)), dtype=np.float64)
        for place, column in zip(block, table.numbers.values(), strict=True):
            place[:] = column.floats()
        frame = pd.DataFrame(block.T, index=index, columns=list(table.numbers), copy=False)
    else:
        columns = {name: np.array(column.decimals(), dtype=object) for name, column in table.numbers.items()}
        frame = pd.DataFrame(columns, index=index, dtype=object)
    for name, texts in table.texts.items():
        # One type however many rows there are: frames of days with and without trades must fit together.
        frame[name] = pd.Categorical(texts, _sides(texts)) if name == "side" else pd.Series(texts, index, dtype="str")
    return frame


def _sides(texts: Texts) -> list[str]:
    return [*_SIDES, *sorted({*texts.tolist()} - {*_SIDES})]


def describe(
    frame: pandas.DataFrame, series: Series, span: Span, coverage: Coverage, table: Table, source: str
) -> pandas.DataFrame:
    """Say in a frame's `attrs` what it is, how far it reaches and what is missing."""
    frame.attrs |= {
        "identity": series.identity,
        "kind": series.kind,
        "category": series.category,
        "symbol": series.symbol,
        "interval": series.interval,
        "source": source,
        "start": _text(span[0]),
        "end": _text(span[1]),
        "coverage": [(_text(start), _text(end)) for start, end in coverage],
        "gaps": [(_text(start), _text(end)) for start, end in gaps_of(series, table, span, coverage)],
    }
    return frame


def gaps_of(series: Series, table: Table, span: Span, coverage: Coverage) -> Coverage:
    """Return where a range has no rows although it should: rows that never existed, ranges that were unavailable."""
    if not series.about.regular:
        return coverage.missing(*span)
    expected = intervals.grid(series.interval, *span)
    if len(expected) == len(table) and np.array_equal(expected, table.times):
        return Coverage()
    absent = np.flatnonzero(~np.isin(expected, table.times, assume_unique=True))
    if not len(absent):
        return Coverage()
    breaks = np.flatnonzero(np.diff(absent) > 1)
    firsts = expected[np.append(absent[0], absent[breaks + 1])].tolist()
    lasts = expected[np.append(absent[breaks], absent[-1])].tolist()
    ends = (intervals.step(series.interval, last) for last in lasts)
    return Coverage(zip(firsts, ends, strict=True))


def _text(time: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time / 1000, UTC).isoformat().replace("+00:00", "Z")
