"""The trades before the exchange was started: the minutes of history, cut into trades, the same on every reading."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bybit_async.simulator.engine.events import PublishedTrade
from bybit_async.simulator.market.candles import Row
from bybit_async.simulator.market.paths import MINUTE
from bybit_async.simulator.market.quotation import Quotation

A_MINUTE = 20
"""How many trades a minute is cut into, if it has so many lots."""


def first_sequence(now: int) -> int:
    """Return the sequence that a listing begins with, so that the trades before it have lower ones."""
    return (now // MINUTE + 1) * A_MINUTE


def past_trades(seed: int, quotation: Quotation, count: int) -> list[PublishedTrade]:
    """Return up to `count` trades of the minutes before the start, newest first; none for options."""
    if quotation.instrument.category == "option" or count <= 0:
        return []
    started = quotation.last.first_minute
    minutes = range(started - 1, started - 2 - count, -1)
    rows = quotation.last.minutes(minutes[-1], started)[::-1].tolist()
    found: list[PublishedTrade] = []
    for minute, row in zip(minutes, rows, strict=True):
        if len(found) >= count:
            break
        found += _trades(seed, quotation, minute, row)
    return found[:count]


def _trades(seed: int, quotation: Quotation, minute: int, row: Row) -> list[PublishedTrade]:
    """Cut one minute into trades, newest first."""
    instrument = quotation.instrument
    rng = random.Random(f"{seed}/{instrument.category}/{instrument.symbol}/{minute}")
    lots = row[4]
    number = min(A_MINUTE, lots)
    ticks = _ticks(rng, row, number)
    times = sorted(rng.randrange(MINUTE) for _ in range(number))
    trades = []
    for place, (size, price) in enumerate(zip(_cut(rng, lots, number), ticks, strict=True)):
        identity = f"{rng.getrandbits(128):032x}"
        identity = f"{identity[:8]}-{identity[8:12]}-{identity[12:16]}-{identity[16:20]}-{identity[20:]}"
        trades.append(
            PublishedTrade(
                identity,
                minute * MINUTE + times[place],
                "Buy" if rng.random() < 0.5 else "Sell",
                quotation.price(price),
                quotation.volume(size),
                minute * A_MINUTE + place,
            )
        )
    trades.reverse()
    return trades


def _ticks(rng: random.Random, row: Row, number: int) -> list[int]:
    opened, high, low, closed = row[:4]
    if number < 4:
        return [opened, high, low, closed][:number]
    inner = [high, low, *(rng.randint(low, high) for _ in range(number - 4))]
    rng.shuffle(inner)
    return [opened, *inner, closed]


def _cut(rng: random.Random, lots: int, number: int) -> Iterator[int]:
    """Yield `number` sizes of at least one lot that add up to `lots`."""
    cuts = sorted(rng.sample(range(1, lots), number - 1)) if number > 1 else []
    for start, end in zip([0, *cuts], [*cuts, lots], strict=True):
        yield end - start
