"""Order book snapshots: a day's recorded messages, replayed and looked at in regular steps."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import zip_longest

import msgspec

from bybit_async.data import columns, intervals
from bybit_async.data.arguments import whole
from bybit_async.data.columns import Table
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.rows import table_of
from bybit_async.data.series import Series
from bybit_async.errors import AnswerUnreadable, InvalidParameter

_LEVELS = 200
_CHUNK = 4096
_NO_LEVEL = ("0", "0")
_UNITS = {"ms": 1, "s": 1000, "m": intervals.MINUTE, "h": 60 * intervals.MINUTE, "d": intervals.DAY}
_LONGEST_LINE = 16 << 20
_QUIET = intervals.MINUTE
"""Milliseconds that a recording without update ids may be silent, and that may lack at the end of a day."""


class RecordedLevels(msgspec.Struct):
    """The levels of a recorded message, and its update id where there is one."""

    b: list[tuple[str, str]] = []
    a: list[tuple[str, str]] = []
    u: int | None = None


class RecordedMessage(msgspec.Struct):
    """One line of a recording."""

    type: str
    ts: int
    data: RecordedLevels


def book_interval(every: str | int, depth: int) -> str:
    """Return how snapshots are named in the store: step in milliseconds, and levels a side.

    Raises:
        InvalidParameter: the step is no interval that divides a day, or the depth is not 1 to 200.
    """
    length = _length_of(every)
    if not length or length > intervals.DAY or intervals.DAY % length:
        raise InvalidParameter("every", f"expected a step that divides a day, as 100ms, 1s, 10m or 1h, got {every!r}")
    whole(depth, 1, _LEVELS, "depth")
    return f"{length}ms-{depth}"


def _length_of(every: str | int) -> int:
    text = str(every).strip()
    digits = text.rstrip("dhms")
    unit = _UNITS.get(text[len(digits) :])
    if unit and digits.isascii() and digits.isdigit():
        return int(digits) * unit
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


def lines_of(stream: io.BufferedReader) -> Iterator[bytes]:
    """Iterate over the lines of a recording; raises `AnswerUnreadable` for one that is longer than any message."""
    while line := stream.readline(_LONGEST_LINE):
        if len(line) >= _LONGEST_LINE:
            raise AnswerUnreadable(f"an order book recording with a line of {_LONGEST_LINE:,} bytes or more")
        yield line


def sample(lines: Iterable[bytes], series: Series, day: Span) -> tuple[Table, Coverage]:
    """Replay a day's messages; each row is the book as it was at its time. Return also what of the day is known.

    That is from a snapshot on until a message is missing, or the recording ends. Between messages that follow each
    other the book is known however long it was quiet; before the first one and after the last one it is not, but for
    the last minute of a day.

    Raises:
        AnswerUnreadable: a line is not such a message.
    """
    replay = _Recording(series, day)
    decoder = msgspec.json.Decoder(RecordedMessage)
    try:
        for line in lines:
            if line.strip():
                replay.take(decoder.decode(line))
        return replay.ended()
    except (msgspec.MsgspecError, ValueError, ArithmeticError) as error:
        raise AnswerUnreadable(f"an order book recording that cannot be read: {error}") from error


class _Recording:
    """A day's messages in turn: the book, the rows so far, and since when the book has been known."""

    def __init__(self, series: Series, day: Span) -> None:
        depth = int(series.interval.split("-")[1])
        self._book, self._rows = _ReplayedBook(depth), _SnapshotRows(names(series))
        self._day, self._step, self._due = day, step_of(series), day[0]
        self._known_since: int | None = None
        self._update_id: int | None = None
        self._last = day[0]
        self._covered: list[Span] = []

    def take(self, message: RecordedMessage) -> None:
        update_id = message.data.u
        if message.type == "snapshot":
            self._look_until(message.ts)
            if self._known_since is None:
                self._known_since = max(message.ts, self._day[0])
        elif self._known_since is None or (update_id is not None and update_id == self._update_id):
            # Nothing to change, or sent twice.
            return
        elif not self._follows(message):
            self._lose(self._last)
            return
        else:
            self._look_until(message.ts)
        self._book.apply(message)
        self._update_id, self._last = update_id, max(self._last, message.ts)

    def ended(self) -> tuple[Table, Coverage]:
        """Return the rows, and the ranges in which they are all there are."""
        if self._known_since is not None:
            quiet = self._last + _QUIET >= self._day[1]
            end = self._day[1] if quiet else self._last
            self._look_until(end)
            self._lose(end)
        return self._rows.table(), Coverage(self._covered)

    def _follows(self, message: RecordedMessage) -> bool:
        if message.data.u is None or self._update_id is None:
            return message.ts <= self._last + _QUIET
        return message.data.u == self._update_id + 1

    def _lose(self, end: int) -> None:
        if self._known_since is not None:
            self._covered.append((self._known_since, min(end, self._day[1])))
        self._known_since = None

    def _look_until(self, end: int) -> None:
        while self._due < min(end, self._day[1]):
            cells = self._book.cells() if self._known_since is not None and self._due >= self._known_since else []
            if cells:
                self._rows.add(self._due, cells)
            self._due += self._step


class _ReplayedBook:
    """One order book, by the value of each price; the text beside it is exact."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._bids: dict[float, tuple[str, str]] = {}
        self._asks: dict[float, tuple[str, str]] = {}
        self._cells: list[str] | None = None

    def apply(self, message: RecordedMessage) -> None:
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
        levels = zip_longest(bids, asks, fillvalue=_NO_LEVEL)
        cells = [text for pair in levels for level in pair for text in level]
        return cells + ["0"] * (4 * self._depth - len(cells))


class _SnapshotRows:
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
