"""What pybit makes of deltas: whole books and tickers, here sorted, complete and never known to be wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec

from bybit_async.state.order_book import OrderBook
from bybit_async.state.rpi_order_book import RpiOrderBook

Raw = dict[str, Any]


class Shape(Protocol):
    """Makes what the callback is given out of what came."""

    @property
    def broken(self) -> bool:
        """Whether a fresh snapshot is needed."""
        ...

    def take(self, message: Raw) -> Raw | None:
        """Take a message; None when there is nothing to give."""
        ...

    def lost(self) -> None:
        """The connection was lost."""
        ...


class AsItCame:
    """Messages that need nothing."""

    broken = False

    def take(self, message: Raw) -> Raw | None:
        """Return the message itself."""
        return message

    def lost(self) -> None:
        """Nothing is kept."""


class WholeTicker:
    """Tickers with everything that earlier messages said; deltas before a snapshot are dropped."""

    broken = False

    def __init__(self) -> None:
        self._known: Raw | None = None

    def take(self, message: Raw) -> Raw | None:
        """Return the message with the whole ticker."""
        if message.get("type") != "delta":
            self._known = dict(message["data"])
        elif self._known is None:
            return None
        else:
            self._known = {**self._known, **message["data"]}
        # A dict of its own for every call: pybit hands out the one it goes on changing.
        return {**message, "type": "snapshot", "data": dict(self._known)}

    def lost(self) -> None:
        """The next message is a snapshot."""
        self._known = None


class _Levels(msgspec.Struct, frozen=True):
    bids: list[Any]
    asks: list[Any]
    update_id: int
    seq: int | None


class _Message(msgspec.Struct, frozen=True):
    type: str | None
    ts: int | None
    cts: int | None
    data: _Levels


class _PybitBook(OrderBook):
    __slots__ = ()

    def rows(self, side: Literal["b", "a"]) -> list[list[str]]:
        return [list(row) for row in (self._bids if side == "b" else self._asks).top()]


class _RpiBook(RpiOrderBook):
    __slots__ = ()

    def rows(self, side: Literal["b", "a"]) -> list[list[str]]:
        public, rpi = (self._bids, self._rpi_bids) if side == "b" else (self._asks, self._rpi_asks)
        sizes = {price: [price, size, "0"] for price, size in public.top()}
        for price, size in rpi.top():
            sizes.setdefault(price, [price, "0", "0"])[2] = size
        return sorted(sizes.values(), key=lambda row: Decimal(row[0]), reverse=side == "b")


class WholeBook:
    """Books: best levels first; nothing is given while messages are missing."""

    def __init__(self, topic: str, channel: str) -> None:
        _, depth, symbol = topic.split(".", 2)
        # The other categories differ in nothing that a book goes by; prices of spreads may be negative.
        category: Literal["linear", "spread"] = "spread" if channel == "spread" else "linear"
        self._book: _PybitBook | _RpiBook = (
            _RpiBook(symbol, category="linear")
            if depth == "rpi"
            else _PybitBook(symbol, category=category, depth=int(depth) if depth.isdigit() else 50)
        )
        self.broken: bool = False

    def take(self, message: Raw) -> Raw | None:
        """Return the message with the whole book."""
        data, book = message["data"], self._book
        levels = _Levels(data.get("b") or [], data.get("a") or [], int(data.get("u") or 0), data.get("seq"))
        was_stale = book.stale
        outcome = book.apply(_Message(message.get("type"), message.get("ts"), message.get("cts"), levels))
        # Until its first snapshot a book only waits; a snapshot that it cannot use needs another one.
        self.broken = book.stale and (self.broken or not was_stale or message.get("type") == "snapshot")
        if book.stale or outcome == "repeated":
            return None
        whole = {**data, "b": book.rows("b"), "a": book.rows("a")}
        return {**message, "type": "snapshot", "data": whole}

    def lost(self) -> None:
        """Nothing is given until the next snapshot."""
        self._book.mark_stale("dropped")


def shape_of(topic: str, channel: str) -> Shape:
    """Return what a topic's messages need."""
    if topic.startswith("orderbook.") and topic.count(".") >= 2:
        return WholeBook(topic, channel)
    return WholeTicker() if topic.startswith("tickers") else AsItCame()
