"""The archive's tables: CSV of several generations, read a block at a time into exact columns."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import numpy as np

from bybit_async.data.columns import Numbers, Table, empty, join, numbers_of
from bybit_async.data.coverage import Span
from bybit_async.errors import AnswerUnreadable

# Most numbers have at most this many decimals; there are ticks of 1e-11, which take the longer way.
_USUAL_SCALE, _MOST_DECIMALS = 9, 18
_LATEST_SECOND = 1e11
_SIDES = {"b": "Buy", "s": "Sell"}
_BLOCK = 4 << 20
_HEADER = 1 << 12


class TableShape(msgspec.Struct, frozen=True):
    """How a kind of table spells its columns, over its generations.

    Attributes:
        time: names of the column of times, seconds or milliseconds.
        numbers: our names of the columns of numbers, with theirs.
        texts: our names of the columns of texts, with theirs.
        symbol: the name of the column that says which instrument a row is of, where a table holds several.
        unique: whether no two rows have the same time.
    """

    time: tuple[str, ...]
    numbers: dict[str, tuple[str, ...]]
    texts: dict[str, tuple[str, ...]] = {}
    symbol: tuple[str, ...] = ()
    unique: bool = False


TRADES = TableShape(
    ("timestamp",),
    {"price": ("price",), "size": ("size", "volume")},
    {"side": ("side",), "id": ("trdMatchID", "id")},
)
OPTION_TRADES = TableShape(
    ("timestamp",),
    {"price": ("price",), "size": ("amount", "size")},
    {"side": ("direction", "side"), "id": ("trade_id", "id")},
    symbol=("instrument_name", "symbol"),
)
INDEX_KLINES = TableShape(("start_at",), {name: (name,) for name in ("open", "high", "low", "close")}, unique=True)


def read_table(stream: io.BufferedReader[Any], shape: TableShape, day: Span, symbol: str = "") -> Table:
    """Read the rows of one day; memory does not grow with the rest of the table.

    A file without a byte in it, of which the archive has some, is a day without rows.

    Raises:
        AnswerUnreadable: it is not such a table.
    """
    import pyarrow as pa
    from pyarrow import csv

    none = empty(tuple(shape.numbers), tuple(shape.texts))
    head = stream.peek(_HEADER)
    if not head:
        return none
    header = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip().split(",")
    names = _Names(shape, header, several=bool(symbol))
    exact = pa.decimal128(38, _MOST_DECIMALS)
    types = {names.time: pa.float64(), **dict.fromkeys(names.numbers.values(), exact)}
    types |= dict.fromkeys([*names.texts.values(), *([names.symbol] if names.symbol else [])], pa.string())
    parts = []
    try:
        options = csv.ConvertOptions(column_types=types, include_columns=list(types))
        blocks = csv.open_csv(pa.PythonFile(stream), csv.ReadOptions(block_size=_BLOCK), convert_options=options)
        for block in blocks:
            part = _table_of(block, names, day, symbol)
            if len(part):
                parts.append(part)
    except pa.ArrowException as error:
        raise AnswerUnreadable(f"an archive file that is not such a table: {error}", body=head) from error
    found = join(parts) if parts else none
    # The oldest files run backwards; turned round first, trades of the same millisecond keep their order.
    if len(found) and found.times[0] > found.times[-1]:
        found = found.take(slice(None, None, -1))
    return found.ordered(unique=shape.unique)


class _Names:
    """Which columns of one file hold what."""

    def __init__(self, shape: TableShape, header: list[str], *, several: bool) -> None:
        self.time = _first(shape.time, header)
        self.numbers = {ours: _first(theirs, header) for ours, theirs in shape.numbers.items()}
        self.texts = {ours: _first(theirs, header) for ours, theirs in shape.texts.items()}
        self.symbol = _first(shape.symbol, header) if several else ""


def _first(names: tuple[str, ...], header: list[str]) -> str:
    for name in names:
        if name in header:
            return name
    raise AnswerUnreadable(f"an archive file without {' or '.join(names)}: {','.join(header)[:100]!r}")


def _table_of(block: Any, names: _Names, day: Span, symbol: str) -> Table:
    import pyarrow.compute as pc

    times = _times(block.column(names.time))
    rows = (times >= day[0]) & (times < day[1])
    if names.symbol:
        rows &= np.asarray(pc.equal(block.column(names.symbol), symbol), dtype=bool)
    if not rows.all():
        block, times = block.filter(rows), times[rows]
    texts = {ours: _texts(block.column(name), ours) for ours, name in names.texts.items()}
    return Table(times, {ours: _numbers(block.column(name)) for ours, name in names.numbers.items()}, texts)


def _texts(column: Any, name: str) -> Any:
    if name == "side":
        return np.array([_SIDES.get(text[:1].lower(), text) for text in column.to_pylist()], dtype=object)
    return np.array(column.to_pylist(), dtype=object)


def _numbers(column: Any) -> Numbers:
    """Return a column of decimals with the fewest places that hold them all."""
    import pyarrow as pa

    if column.null_count:
        raise AnswerUnreadable("an archive file with a number that is missing")
    for scale in range(_USUAL_SCALE, _MOST_DECIMALS + 1):
        try:
            return _fewest(column.cast(pa.decimal128(38, scale)), scale)
        except pa.ArrowInvalid:
            continue
    raise AnswerUnreadable("an archive file with numbers that cannot be read")


def _fewest(column: Any, scale: int) -> Numbers:
    words = np.frombuffer(column.buffers()[1], dtype=np.int64)
    low, high = (words[2 * column.offset + i : 2 * (column.offset + len(column)) : 2] for i in (0, 1))
    if not np.array_equal(high, low >> 63):
        return numbers_of(column.to_pylist())
    values = low
    while scale and not (values % 10).any():
        values, scale = values // 10, scale - 1
    return Numbers(np.ascontiguousarray(values), scale)


def _times(column: Any) -> Any:
    # Contracts have seconds with up to six decimals, spot and options whole milliseconds.
    if column.null_count:
        raise AnswerUnreadable("an archive file with a time that is missing")
    values = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    if len(values) and values[0] < _LATEST_SECOND:
        # A float of seconds is off by up to a quarter of a microsecond, which must not cost a whole millisecond.
        values = values * 1000 + 0.001
    return np.floor(values).astype(np.int64)
