"""Candles: a frame or rows of them, walked through in four prices each, in order of time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from bybit_async.simulator.engine.candle_path import high_is_nearer, moments
from bybit_async.simulator.replay.recording import RecordingError

Row = Sequence[Any]
"""Start (milliseconds since 1970, or a `datetime`), open, high, low, close, volume in base coin."""
_PRICES = ("open", "high", "low", "close")
_NAME = "candles"


class CandlePrice(NamedTuple):
    """One price on a candle's way, with its share of the candle's volume; the first one of a candle may be a gap."""

    time: int
    symbol: str
    price: Decimal
    qty: Decimal
    jumps: bool


class CandleFills(NamedTuple):
    """How orders trade with candles; see `MarketFeed`."""

    spread: int
    depth: Decimal | None
    touch: bool


def is_candles(source: object) -> bool:
    """Return whether a source is a frame of candles or rows of them, and not the name of a file."""
    return hasattr(source, "itertuples") or (isinstance(source, Iterable) and not isinstance(source, str | bytes))


def read_candles(source: Any, symbol: str | None, tick: Decimal, lot: Decimal) -> Iterator[CandlePrice]:
    """Yield the prices of candles, rounded to the tick: open, the extremes (the nearer to the open first), close.

    A frame needs the columns open, high, low, close and volume and a time index, as `data` makes it.

    Raises:
        RecordingError: a candle is not one, or they are out of order.
    """
    rows = list(_rows(source))
    if not rows:
        raise RecordingError(_NAME, 0, "there is no candle in it")
    times = [_milliseconds(row[0]) for row in rows]
    for number, (before, after) in enumerate(itertools.pairwise(times), 2):
        if after <= before:
            raise RecordingError(_NAME, number, "the candle does not start after the one before it")
    span = min((after - before for before, after in itertools.pairwise(times)), default=60_000)
    for number, (start, row) in enumerate(zip(times, rows, strict=True), 1):
        try:
            opened, high, low, closed, volume = (Decimal(str(value)) for value in row[1:6])
        except (InvalidOperation, ValueError) as error:
            raise RecordingError(_NAME, number, f"not understood ({error})") from error
        if not (0 < low <= min(opened, closed) and max(opened, closed) <= high and volume >= 0):
            raise RecordingError(_NAME, number, "low, open, close and high do not fit each other")
        opened, high, low, closed = (
            tick * max(1, int((price / tick).to_integral_value())) for price in (opened, high, low, closed)
        )
        extremes = (high, low) if high_is_nearer(opened, high, low) else (low, high)
        share = lot * int(volume / 4 / lot)
        for place, (price, time) in enumerate(zip((opened, *extremes, closed), moments(start, span), strict=True)):
            qty = lot * int(volume / lot) - 3 * share if place == 3 else share
            # Nothing can be seen before the first price.
            time = start if number == 1 and place == 0 else time
            yield CandlePrice(time, symbol or "", price, qty, jumps=place == 0)


def _rows(source: Any) -> Iterator[Row]:
    if not hasattr(source, "itertuples"):
        for number, row in enumerate(source, 1):
            if isinstance(row, str) or not isinstance(row, Sequence) or len(row) < 6:
                raise RecordingError(_NAME, number, "a row is start, open, high, low, close, volume")
            yield row
        return
    missing = [name for name in (*_PRICES, "volume") if name not in source.columns]
    if missing:
        raise RecordingError(_NAME, 0, f"the frame has no column {', '.join(missing)}")
    if not hasattr(source.index, "asi8"):
        raise RecordingError(_NAME, 0, "the frame's index must be times")
    yield from source[[*_PRICES, "volume"]].itertuples(index=True, name=None)


def _milliseconds(time: Any) -> int:
    stamp = getattr(time, "timestamp", None)
    return int(time) if stamp is None else round(stamp() * 1000)
