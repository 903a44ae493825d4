"""One scale for each column of a series, whatever each of its files would need.

DuckDB takes a column's type from the first file that it opens and rounds the others to it; Polars and pandas refuse
them. So the files of a series agree: a file that needs fewer decimals than another has zeros there, and when one comes
that needs more, the others are rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bybit_async.data.columns import Numbers, Table, room_of


def scales_of(table: Table) -> dict[str, int]:
    """Return the scale of each column of numbers."""
    return {name: column.scale for name, column in table.numbers.items()}


def widest(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Return the scales that hold both."""
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in sorted({*first, *second})}


def raised(table: Table, scales: Mapping[str, int]) -> Table:
    """Return the rows at these scales; a column whose numbers have no room for it keeps its own, and every digit."""
    return msgspec.structs.replace(
        table, numbers={name: _raised(column, scales.get(name, 0)) for name, column in table.numbers.items()}
    )


def _raised(column: Numbers, scale: int) -> Numbers:
    if scale <= column.scale or scale - column.scale > room_of(column.values):
        return column
    return Numbers(column.rescaled(scale), scale)
