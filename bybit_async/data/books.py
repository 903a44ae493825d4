"""Order book snapshots: a day's recorded messages, replayed and looked at in regular steps."""

from __future__ import annotations

import io
from itertools import zip_longest

import msgspec

from bybit_async.data import columns, intervals
from bybit_async.data.arguments import whole
from bybit_async.data.columns import Table
from bybit_async.data.coverage import Span
from bybit_async.data.rows import table_of
from bybit_async.data.series import Series
from bybit_async.errors import AnswerUnreadable, InvalidParameter

_LEVELS = 200
_CHUNK = 4096
_NOBODY = ("0", "0")


class _Data(msgspec.Struct):
    b: list[tuple[str, str]] = []
    a: list[tuple[str, str]] = []


class _Message(msgspec.Struct):
    type: str
    ts: int
    data: _Data


def book_interval(every: str | int, depth: int) -> str:
    """Return how snapshots are named in the store: step in milliseconds, and levels a side.

    Raises:
        InvalidParameter: the step is no interval that divides a day, or the depth is not 1 to 200.
    """
    text = str(every).strip()
    if text.endswith("ms") and text[:-2].isdigit():
        length = int(text[:-2])
    elif text.endswith("s") and text[:-1].isdigit():
        length = int(text[:-1]) * 1000
    else:
        length = _length_of(every)
    if not length or length > intervals.DAY or intervals.DAY % length:
        raise InvalidParameter("every", f"expected a step that divides a day, as 100ms, 1s or 1m, got {every!r}")
    whole(depth, 1, _LEVELS, "depth")
    return f"{length}ms-{depth}"


def _length_of(every: str | int) -> int:
    try:
        return intervals.length_of(intervals.interval_of(every)) or 0
    except InvalidParameter:
        return 0


def names(series: Series) -> list[str]:
    """Return the columns of snapshots: ``bid1_price``, ``bid1_size``, ``ask1_price`` …, best level first."""
    depth = int(series.interval.split("-")[1])
    sides = [(side, level) for level in range(1, depth + 1) for side in ("bid", "ask")]
    return [f"{side}{level}_{part}" for side, level in sides for part in ("price", "size")]


def nothing(series: Series) -> Table:
    """Return a table of the series without a row."""
    about = series.about
    return columns.empty(about.numbers or names(series), about.texts)


def step_of(series: Series) -> int:
    """Return the milliseconds between two snapshots."""
    return int(series.interval.split("ms-")[0])


def sample(content: bytes, series: Series, day: Span) -> Table:
    """Replay a day's messages; each row is the book as it stood at its time, none before the first snapshot.

    Raises:
        AnswerUnreadable: a line is no such message.
    """
    step, depth = step_of(series), int(series.interval.split("-")[1])
    book, rows = _Book(depth), _Rows(names(series))
    due = day[0]
    decoder = msgspec.json.Decoder(_Message)
    try:
        for line in io.BytesIO(content):
            if not line.strip():
                continue
            message = decoder.decode(line)
            while due < min(message.ts, day[1]):
                cells = book.cells()
                if cells:
                    rows.add(due, cells)
                due += step
            book.apply(message)
        return rows.table()
    except (msgspec.MsgspecError, ValueError, ArithmeticError) as error:
        raise AnswerUnreadable(f"an order book recording that cannot be read: {error}") from error


class _Book:
    """One order book, by the value of each price; the text beside it is exact."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._bids: dict[float, tuple[str, str]] = {}
        self._asks: dict[float, tuple[str, str]] = {}
        self._cells: list[str] | None = None

    def apply(self, message: _Message) -> None:
        if message.type == "snapshot":
            self._bids, self._asks = {}, {}
        _apply(self._bids, message.data.b)
        _apply(self._asks, message.data.a)
        self._cells = None

    def cells(self) -> list[str]:
        """Return prices and sizes, best first; nothing while a side is empty."""
        if self._cells is None:
            self._cells = self._read() if self._bids and self._asks else []
        return self._cells

    def _read(self) -> list[str]:
        bids = [self._bids[price] for price in sorted(self._bids, reverse=True)[: self._depth]]
        asks = [self._asks[price] for price in sorted(self._asks)[: self._depth]]
        # A book thinner than asked for: nothing rests there.
        levels = zip_longest(bids, asks, fillvalue=_NOBODY)
        cells = [text for pair in levels for level in pair for text in level]
        return cells + ["0"] * (4 * self._depth - len(cells))


class _Rows:
    """Rows of texts that become exact columns a few thousand at a time: as objects, a day would not fit in memory."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._times: list[int] = []
        self._texts: list[list[str]] = []
        self._tables: list[Table] = []

    def add(self, time: int, texts: list[str]) -> None:
        self._times.append(time)
        self._texts.append(texts)
        if len(self._times) >= _CHUNK:
            self._turn()

    def table(self) -> Table:
        if self._times:
            self._turn()
        return columns.join(self._tables) if self._tables else columns.empty(self._names)

    def _turn(self) -> None:
        self._tables.append(table_of(self._times, self._texts, self._names))
        self._times, self._texts = [], []


def _apply(side: dict[float, tuple[str, str]], levels: list[tuple[str, str]]) -> None:
    for price, size in levels:
        if float(size):
            side[float(price)] = (price, size)
        else:
            side.pop(float(price), None)
