"""Exact columns: decimal numbers as 64-bit integers and a scale, so that rows need no Decimal objects.

A number is `value / 10**scale`. Eighteen digits fit; a column that needs more is rounded at its last place, still finer
than a float. That is also how the store keeps them, as Parquet decimals, so nothing is rounded on the way to disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Texts = NDArray[np.object_]

_DIGITS = 18
_EXACT = 1 << 53
POWERS = 10 ** np.arange(_DIGITS + 1, dtype=np.int64)


class Numbers(msgspec.Struct, frozen=True):
    """One column of decimals: `values` over ``10**scale``."""

    values: Integers
    scale: int

    def rescaled(self, scale: int) -> Integers:
        """Return the values at another scale; a smaller one rounds half to even."""
        if scale == self.scale:
            return self.values
        if scale > self.scale:
            raised: Integers = self.values * POWERS[scale - self.scale]
            return raised
        return np.rint(self.values / float(POWERS[self.scale - scale])).astype(np.int64)

    def floats(self) -> NDArray[np.float64]:
        """Return the float64 nearest to each number."""
        floats: NDArray[np.float64] = self.values / float(POWERS[self.scale])
        # The division of two exact floats rounds once; integers beyond 2**53 are not exact, Python's own division is.
        if len(self.values) and max(int(self.values.max()), -int(self.values.min())) >= _EXACT:
            for index in np.flatnonzero(np.abs(self.values) >= _EXACT):
                floats[index] = int(self.values[index]) / 10**self.scale
        return floats

    def decimals(self) -> list[Decimal]:
        """Return the numbers as `Decimal`, exactly."""
        return [Decimal(value).scaleb(-self.scale) for value in self.values.tolist()]


class Table(msgspec.Struct, frozen=True):
    """Rows by column: opening or event times in milliseconds, ascending, with numbers and texts beside them."""

    times: Integers
    numbers: Mapping[str, Numbers]
    texts: Mapping[str, Texts] = msgspec.field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)

    def cut(self, start: int, end: int) -> Table:
        """Return the rows from `start` up to and not including `end`."""
        low, high = np.searchsorted(self.times, [start, end])
        return self.take(slice(int(low), int(high)))

    def take(self, rows: slice | NDArray[Any]) -> Table:
        """Return some of the rows."""
        return Table(
            self.times[rows],
            {name: Numbers(column.values[rows], column.scale) for name, column in self.numbers.items()},
            {name: column[rows] for name, column in self.texts.items()},
        )

    def ordered(self, *, unique: bool) -> Table:
        """Return the rows by ascending time; with `unique`, of several with the same time only the last one given."""
        times = self.times
        if len(times) < 2:
            return self
        steps = np.diff(times)
        if steps.min() > (0 if unique else -1):
            return self
        order = np.argsort(times, kind="stable")
        if unique:
            arranged = times[order]
            order = order[np.append(arranged[1:] != arranged[:-1], True)]
        return self.take(order)


def empty(numbers: Sequence[str], texts: Sequence[str] = ()) -> Table:
    """Return a table with these columns and no row."""
    none = np.empty(0, dtype=np.int64)
    return Table(
        none, {name: Numbers(none, 0) for name in numbers}, {name: np.empty(0, dtype=object) for name in texts}
    )


def join(tables: Sequence[Table]) -> Table:
    """Return the rows of all tables, in the order given; each column at the widest scale that fits."""
    if len(tables) == 1:
        return tables[0]
    first = tables[0]
    return Table(
        np.concatenate([table.times for table in tables]),
        {name: _join_numbers([table.numbers[name] for table in tables if len(table)]) for name in first.numbers},
        {name: np.concatenate([table.texts[name] for table in tables]) for name in first.texts},
    )


def absorb(tables: list[Table]) -> Table:
    """Like `join`, but empties the list column by column: never more than one column of all is there twice."""
    full = [table for table in tables if len(table)] or tables[:1]
    tables.clear()
    if len(full) == 1:
        return full[0]
    parts = [(table.times, dict(table.numbers), dict(table.texts)) for table in full]
    full.clear()
    numbers, texts = list(parts[0][1]), list(parts[0][2])
    return Table(
        np.concatenate([times for times, _, _ in parts]),
        {name: _join_numbers([columns.pop(name) for _, columns, _ in parts]) for name in numbers},
        {name: np.concatenate([columns.pop(name) for _, _, columns in parts]) for name in texts},
    )


def _join_numbers(columns: Sequence[Numbers]) -> Numbers:
    if not columns:
        return Numbers(np.empty(0, dtype=np.int64), 0)
    scale = max(column.scale for column in columns)
    if all(column.scale == scale for column in columns):
        return Numbers(np.concatenate([column.values for column in columns]), scale)
    scale = min([scale, *(column.scale + room_of(column.values) for column in columns)])
    return Numbers(np.concatenate([column.rescaled(scale) for column in columns]), scale)


def room_of(values: Integers) -> int:
    """Return how many more digits the largest value leaves room for."""
    largest = int(np.abs(values).max()) if len(values) else 0
    return _DIGITS - len(str(largest))


def numbers_of(values: Iterable[Decimal]) -> Numbers:
    """Return decimals as a column; those without a value count as zero."""
    given = list(values)
    scale = max((max(-_exponent(value), 0) for value in given), default=0)
    widest = max((len(str(int(abs(value)))) for value in given), default=1)
    scale = max(min(scale, _DIGITS - widest), 0)
    whole = [int(value.scaleb(scale).to_integral_value()) for value in given]
    return Numbers(np.array(whole, dtype=np.int64), scale)


def align(values: Integers, decimals: Integers) -> Numbers:
    """Return integers that have a varying number of decimals as one column of the widest scale that fits."""
    scale = int(decimals.max()) if len(decimals) else 0
    low = int(decimals.min()) if len(decimals) else 0
    if low == scale:
        return Numbers(np.ascontiguousarray(values), scale)
    if max(int(values.max()), -int(values.min())) * 10 ** (scale - low) < 10**_DIGITS:
        return Numbers(values * POWERS.take(scale - decimals), scale)
    return numbers_of([Decimal(v).scaleb(-d) for v, d in zip(values.tolist(), decimals.tolist(), strict=True)])


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
