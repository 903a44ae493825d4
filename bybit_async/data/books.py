"""Order book snapshots: a day's recorded messages, replayed and looked at in regular steps."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import numpy as np

from bybit_async.data import columns, intervals
from bybit_async.data.columns import Numbers, Table, numbers_of
from bybit_async.data.coverage import Span
from bybit_async.data.series import Series
from bybit_async.errors import InvalidParameter

_LEVELS = 200


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
        length = intervals.length_of(intervals.interval_of(every)) or 0
    if not length or length > intervals.DAY or intervals.DAY % length:
        raise InvalidParameter("every", f"expected a step that divides a day, as 100ms, 1s or 1m, got {every!r}")
    if not 1 <= depth <= _LEVELS:
        raise InvalidParameter("depth", f"expected 1 to {_LEVELS}, got {depth!r}")
    return f"{length}ms-{depth}"


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
    """Replay a day's messages; each row is the book as it stood at its time, none before the first snapshot."""
    step, depth = step_of(series), int(series.interval.split("-")[1])
    bids: dict[str, str] = {}
    asks: dict[str, str] = {}
    times: list[int] = []
    cells: list[list[Decimal]] = []
    due = day[0]
    decoder = msgspec.json.Decoder(_Message)
    for line in content.splitlines():
        if not line.strip():
            continue
        message = decoder.decode(line)
        while due < min(message.ts, day[1]):
            if bids and asks:
                times.append(due)
                cells.append(_row(bids, asks, depth))
            due += step
        if message.type == "snapshot":
            bids, asks = {}, {}
        _apply(bids, message.data.b)
        _apply(asks, message.data.a)
    turned: list[Numbers] = [numbers_of(column) for column in zip(*cells, strict=True)]
    if not turned:
        return nothing(series)
    return Table(np.array(times, dtype=np.int64), dict(zip(names(series), turned, strict=True)))


def _apply(side: dict[str, str], levels: list[tuple[str, str]]) -> None:
    for price, size in levels:
        if float(size):
            side[price] = size
        else:
            side.pop(price, None)


def _row(bids: dict[str, str], asks: dict[str, str], depth: int) -> list[Decimal]:
    best = [sorted(bids, key=float, reverse=True)[:depth], sorted(asks, key=float)[:depth]]
    row: list[Decimal] = []
    for level in range(depth):
        for side, prices in ((bids, best[0]), (asks, best[1])):
            price = prices[level] if level < len(prices) else None
            # A book thinner than asked for: nothing rests there.
            row += [Decimal(price), Decimal(side[price])] if price is not None else [Decimal(0), Decimal(0)]
    return row
