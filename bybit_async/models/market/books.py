"""Order books as REST answers them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.wire import Wire


class Level(Wire, array_like=True):
    """One price of an order book and the size that rests there."""

    price: Decimal
    size: Decimal


class RpiLevel(Wire, array_like=True):
    """One price of an order book, with retail price improvement orders counted apart.

    Attributes:
        size: what everyone can trade with.
        rpi_size: what only retail orders can trade with.
    """

    price: Decimal
    size: Decimal
    rpi_size: Decimal


class _Book(Wire):
    symbol: str = msgspec.field(name="s")
    update_id: int = msgspec.field(name="u")
    ts: int
    seq: int | None = None
    cts: int | None = None


class OrderBook(_Book):
    """A snapshot of an order book.

    Attributes:
        bids: best (highest) price first.
        asks: best (lowest) price first.
        update_id: comparable with the stream's update id of the deepest book.
        ts: when Bybit made the snapshot, in milliseconds.
        seq: cross sequence, comparable between depths: the smaller one is older.
        cts: when the matching engine produced it, in milliseconds.
    """

    bids: list[Level] = msgspec.field(default_factory=list, name="b")
    asks: list[Level] = msgspec.field(default_factory=list, name="a")


class RpiOrderBook(_Book):
    """A snapshot of an order book that shows retail price improvement sizes; see `OrderBook`."""

    bids: list[RpiLevel] = msgspec.field(default_factory=list, name="b")
    asks: list[RpiLevel] = msgspec.field(default_factory=list, name="a")
