"""Order books as the stream shows them: a snapshot, then the changes, numbered without a gap."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

import orjson

from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.hub import SocketHub

_Levels = dict[int, tuple[int, ...]]
"""The lots at each price in ticks, a number for each column of sizes; none at all for a level that is gone."""


DEEPEST = 1_000
"""The depth of the feed whose update ids order books have that are read by REST."""


class ShownBook(NamedTuple):
    """A book that someone reads, under the update id of a feed."""

    bids: list[list[str]]
    asks: list[list[str]]
    update_id: int
    seq: int
    time: int


class BookFeed:
    """One depth of one book. The first level is always sent whole, deeper books as changes to the last message."""

    _reset_kind = "snapshot"
    _columns = 1

    def __init__(self, hub: SocketHub, channel: str, topic: str, listing: Listing, depth: int, period: int) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._listing = listing
        self._depth = depth
        hub.market.deepen(listing, depth)
        self._period = period
        # The time stands before the type for spot, for first levels, and where there is a third column.
        self._time_first = channel == "spot" or depth == 1
        self._version = -1
        self._bids: _Levels = {}
        self._asks: _Levels = {}
        self._update_id = hub.books.first_id(listing)
        self._seq = listing.seq
        self._epoch = hub.books.epoch(listing)
        self._time = 0
        self._sent = 0
        self.due: int = 0

    def greet(self, connection: SocketConnection) -> None:
        """Send the newcomer the whole book as the others know it, under the same update id."""
        now = self._hub.clock.now_ms()
        if self._hub.is_alone(connection, self._topic):
            # Nothing has been published since the last listener left.
            self._refresh(now)
            self._advance(now)
        elif self._is_reset():
            # The others must hear of it as well, and this tells them all.
            self.flush(now)
            return
        connection.deliver(
            self._topic, orjson.dumps(self._message("snapshot", self._spell(self._bids), self._spell(self._asks), now))
        )

    def flush(self, now: int) -> None:
        """Publish the changes since the last message."""
        self.due = now + self._period
        if self._is_reset():
            self._refresh(now)
            self._publish(self._reset_kind, self._spell(self._bids), self._spell(self._asks), now)
            return
        if self._hub.books.version(self._listing) == self._version:
            if self._depth == 1 and now - self._sent >= self._hub.cadences.repeat_touch:
                self._publish("snapshot", self._spell(self._bids), self._spell(self._asks), now)
            return
        changed_bids, changed_asks = self._advance(now)
        if not changed_bids and not changed_asks:
            return
        if self._depth == 1:
            self._publish("snapshot", self._spell(self._bids), self._spell(self._asks), now)
        else:
            self._publish("delta", self._spell(changed_bids), self._spell(changed_asks), now)

    def view(self, depth: int) -> ShownBook:
        """Return the book as of the last message; as it is now while no one listens."""
        now = self._hub.clock.now_ms()
        if not self._hub.has_listeners(self._channel, self._topic):
            self._refresh(now)
            self._advance(now)
        elif self._is_reset():
            self.flush(now)
        bids, asks = (self._spell(dict(islice(levels.items(), depth))) for levels in (self._bids, self._asks))
        return ShownBook(bids, asks, self._update_id, self._seq, self._time)

    def _is_reset(self) -> bool:
        return self._epoch != self._hub.books.epoch(self._listing)

    def _advance(self, now: int) -> tuple[_Levels, _Levels]:
        """Take the book as it is now for the one that is shown; return what differs."""
        version = self._hub.books.version(self._listing)
        if version == self._version:
            return {}, {}
        self._version, self._seq = version, self._listing.seq
        bids, asks = self._read()
        changed_bids = _changes(self._bids, bids, reverse=True)
        changed_asks = _changes(self._asks, asks, reverse=False)
        if changed_bids or changed_asks:
            self._bids, self._asks, self._time = bids, asks, now
            self._update_id += 1
        return changed_bids, changed_asks

    def _refresh(self, now: int) -> None:
        if self._version < 0 or self._is_reset():
            books = self._hub.books
            self._epoch = books.epoch(self._listing)
            self._update_id = (books.read_id if self._depth == DEEPEST else books.first_id)(self._listing)
            self._bids, self._asks = self._read()
            self._version, self._seq = self._hub.books.version(self._listing), self._listing.seq
            self._time = now

    def _read(self) -> tuple[_Levels, _Levels]:
        book = self._listing.book
        bids: _Levels = {ticks: (lots,) for ticks, lots in book.depth("Buy", self._depth)}
        return bids, {ticks: (lots,) for ticks, lots in book.depth("Sell", self._depth)}

    def _spell(self, levels: _Levels) -> list[list[str]]:
        tick, lot = self._listing.instrument.tick, self._listing.instrument.lot
        gone = (0,) * self._columns
        return [
            [format(tick * ticks, "f"), *(_quantity(lot, number) for number in lots or gone)]
            for ticks, lots in levels.items()
        ]

    def _publish(self, kind: str, bids: list[list[str]], asks: list[list[str]], now: int) -> None:
        self._sent = now
        self._hub.publish(self._channel, self._topic, self._message(kind, bids, asks, now))

    def _message(self, kind: str, bids: list[list[str]], asks: list[list[str]], now: int) -> dict[str, Any]:
        data = {
            "s": self._listing.instrument.symbol,
            "b": bids,
            "a": asks,
            "u": self._update_id,
            "seq": self._seq,
        }
        if self._time_first:
            return {"topic": self._topic, "ts": now, "type": kind, "data": data, "cts": self._time}
        return {"topic": self._topic, "type": kind, "ts": now, "data": data, "cts": self._time}


def _quantity(lot: Decimal, lots: int) -> str:
    return format(lot * lots, "f") if lots else "0"


def _changes(before: _Levels, after: _Levels, *, reverse: bool) -> _Levels:
    changed = {ticks: lots for ticks, lots in after.items() if before.get(ticks) != lots}
    changed.update((ticks, ()) for ticks in before if ticks not in after)
    return dict(sorted(changed.items(), reverse=reverse)) if changed else changed


class FullBookFeed(BookFeed):
    """The `orderbook.full` topic: changes only; the book itself is read by REST, under the same update ids."""

    # The topic knows no snapshots: update id 1 says that the book must be read again.
    _reset_kind = "delta"

    def greet(self, connection: SocketConnection) -> None:
        """Changes begin with the next one."""
        if self._hub.is_alone(connection, self._topic):
            self._refresh(self._hub.clock.now_ms())


class RpiBookFeed(BookFeed):
    """The `orderbook.rpi` topic: every level has a third column for retail price improvement (RPI) orders.

    Those that reach the best price of the other side are not shown.
    """

    _columns = 2

    def __init__(self, hub: SocketHub, channel: str, topic: str, listing: Listing, depth: int, period: int) -> None:
        super().__init__(hub, channel, topic, listing, depth, period)
        self._time_first = True

    def _read(self) -> tuple[_Levels, _Levels]:
        return self._side("Buy"), self._side("Sell")

    def _side(self, side: Side) -> _Levels:
        listing, depth = self._listing, self._depth
        shown = dict(listing.book.depth(side, depth))
        other = listing.book.best("Sell" if side == "Buy" else "Buy")
        hidden = {
            ticks: lots
            for ticks, lots in listing.rpi_book.depth(side, depth)
            if other is None or (ticks < other if side == "Buy" else ticks > other)
        }
        prices = sorted({*shown, *hidden}, reverse=side == "Buy")[:depth]
        return {ticks: (shown.get(ticks, 0), hidden.get(ticks, 0)) for ticks in prices}


def view_book(hub: SocketHub, listing: Listing, depth: int) -> ShownBook:
    """Return a book under the update id of its deepest feed: of its last message, while someone listens to it."""
    category, symbol = listing.instrument.key
    feed = hub.feed(category, f"orderbook.{DEEPEST}.{symbol}")
    if isinstance(feed, BookFeed):
        return feed.view(depth)
    bids, asks = ([[format(number, "f") for number in level] for level in side] for side in listing.depth(depth))
    return ShownBook(bids, asks, hub.books.read_id(listing), listing.seq, hub.clock.now_ms())


def view_topic(hub: SocketHub, listing: Listing, kind: str, depth: int) -> ShownBook:
    """Return the book of the topic `orderbook.full` or `orderbook.rpi`, under the topic's update id."""
    category, symbol = listing.instrument.key
    topic = f"orderbook.{kind}.{symbol}"
    hub.knows(category, topic)
    feed = hub.feed(category, topic)
    if not isinstance(feed, BookFeed):
        raise TypeError(f"{topic} is not a simulated book")
    return feed.view(depth)
