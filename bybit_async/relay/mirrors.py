"""What a late joiner of a topic needs first: the state that all frames so far amount to, as one snapshot frame."""

from __future__ import annotations

import re
from typing import Any, Protocol

import msgspec

from bybit_async.state.order_book import OrderBook
from bybit_async.stream.router import UNREADABLE, decoder_of
from bybit_async.stream.topic_types import family

_BOOK = re.compile(r"orderbook\.\d{1,4}\..+")


class Mirror(Protocol):
    """Follows one topic."""

    @property
    def right(self) -> bool:
        """Whether every frame since the last snapshot was followed."""

    def apply(self, frame: bytes) -> None:
        """Take the next frame."""

    def forget(self) -> None:
        """Frames may have been missed: only a snapshot helps."""

    def snapshot(self) -> bytes | None:
        """Return the state as a frame of Bybit's; None for topics that have none."""


def mirror_of(channel: str, topic: str) -> Mirror:
    """Return what follows a topic."""
    kind = family(topic)
    if kind == "tickers":
        return TickerMirror(topic)
    if kind == "orderbook" and _BOOK.fullmatch(topic):
        return BookMirror(channel, topic)
    return NoMirror()


class NoMirror:
    """For topics whose frames are complete in themselves: trades, klines, liquidations."""

    right = True

    def apply(self, frame: bytes) -> None:
        """There is nothing to follow."""

    def forget(self) -> None:
        """There is nothing to forget."""

    def snapshot(self) -> None:
        """Return None: the next frame is enough."""


class BookMirror:
    """An order book."""

    def __init__(self, channel: str, topic: str) -> None:
        _, depth, symbol = topic.split(".", 2)
        self._topic = topic
        self._decode = decoder_of(channel, topic)
        self._book = OrderBook(symbol, category=channel, depth=int(depth))  # type: ignore[arg-type]

    @property
    def right(self) -> bool:
        """Whether every frame since the last snapshot was followed."""
        return not self._book.stale

    def apply(self, frame: bytes) -> None:
        """Take the next frame."""
        try:
            self._book.apply(self._decode(frame))
        except UNREADABLE:
            self._book.mark_stale("unreadable")

    def forget(self) -> None:
        """Frames may have been missed."""
        self._book.mark_stale("dropped")

    def snapshot(self) -> bytes:
        """Return the book, each number as Bybit sent it."""
        book = self._book
        bids, asks = book.wire_rows()
        data = {"s": book.symbol, "b": bids, "a": asks, "u": book.update_id, "seq": book.seq}
        frame = {"topic": self._topic, "type": "snapshot", "ts": book.ts, "data": data, "cts": book.cts}
        return msgspec.json.encode(frame)


class TickerMirror:
    """A ticker, whose deltas hold what has changed."""

    right: bool = False

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._frame: dict[str, Any] = {}

    def apply(self, frame: bytes) -> None:
        """Take the next frame."""
        try:
            message = _ticker(frame)
        except UNREADABLE:
            self.right = False
            return
        changed: dict[str, Any] = message["data"]
        if message.get("type") != "delta":
            self._frame, self.right = message, True
        elif self.right:
            self._frame = {**message, "type": "snapshot", "data": {**self._frame["data"], **changed}}

    def forget(self) -> None:
        """Frames may have been missed."""
        self.right = False

    def snapshot(self) -> bytes:
        """Return every field as it is now."""
        return msgspec.json.encode(self._frame)


def _ticker(frame: bytes) -> dict[str, Any]:
    message: dict[str, Any] = msgspec.json.decode(frame, type=dict[str, Any])
    if not isinstance(message.get("data"), dict):
        raise msgspec.ValidationError("a ticker without fields")
    return message
