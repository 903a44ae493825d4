"""The full-depth book: its stream has deltas only, and the snapshot comes by REST.

Deltas are kept until a snapshot fits among them. `seq` says whether the snapshot is recent enough and `u` where it
belongs; only a snapshot that the kept deltas continue without a hole becomes the book.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

from bybit_async.enums import Category
from bybit_async.models.market.books import Level
from bybit_async.models.market.books import OrderBook as FullSnapshot
from bybit_async.state.ladder import UNREADABLE, Row
from bybit_async.state.order_book import BookData, BookMessage, OrderBook, Outcome, StaleReason

# Five messages a second: more than three minutes of waiting for a snapshot.
_KEPT = 1000

Loaded = Literal["applied", "older", "unreadable", "waiting"]
"""What happened to a snapshot.

`applied`; `older` than the kept deltas, or `unreadable`, because a number in it is invalid: fetch another; `waiting`
for the next delta.
"""


class FullOrderBook(OrderBook):
    """Every level of a symbol, from ``orderbook.full.{symbol}`` and a snapshot by REST.

    Feed it each message with `apply`; while `needs_snapshot`, fetch one and give it to `load`. The snapshot holds at
    most 10,000 levels a side: what lies beyond is known only once it changes.
    """

    __slots__ = ("_kept", "_waiting")

    # Inherited, and repeated because some type checkers infer them from the assignments below.
    stale_reason: StaleReason | None
    update_id: int | None
    ts: int | None
    cts: int | None
    seq: int | None
    resets: int
    updates: int
    repeats: int
    crossings: int
    gaps: int
    ignored: int

    def __init__(self, symbol: str, *, category: Category) -> None:
        super().__init__(symbol, category=category, depth="full")
        self._kept: deque[BookMessage] = deque(maxlen=_KEPT)
        self._waiting: FullSnapshot | None = None

    @property
    def needs_snapshot(self) -> bool:
        """Whether deltas are being kept that no snapshot has been found for."""
        return self.stale and bool(self._kept) and self._waiting is None

    def load(self, snapshot: FullSnapshot) -> Loaded:
        """Take a snapshot that was asked for after the first kept delta arrived."""
        if not self.stale or (self._kept and _seq(snapshot) < _seq(self._kept[0].data)):
            return "older"
        return self._fit(snapshot)

    def _fit(self, snapshot: FullSnapshot) -> Loaded:
        while self._kept and _seq(self._kept[0].data) < _seq(snapshot):
            self._kept.popleft()
        if not self._kept:
            self._waiting = snapshot
            return "waiting"
        first: BookData = self._kept[0].data
        # The delta with the snapshot's own seq must be the snapshot's own message; a later one must directly follow it.
        same = _seq(first) == _seq(snapshot)
        if first.update_id != snapshot.update_id + (not same):
            return "older"
        if same:
            self._kept.popleft()
        try:
            self._bids.replace(_rows(snapshot.bids))
            self._asks.replace(_rows(snapshot.asks))
        except UNREADABLE:
            return "unreadable"
        self._install(snapshot)
        return "applied"

    def mark_stale(self, reason: StaleReason = "dropped") -> None:
        """Distrust the book and forget the kept deltas: the connection they came over is gone."""
        super().mark_stale(reason)
        self._kept.clear()
        self._waiting = None

    def apply(self, message: BookMessage) -> Outcome:
        """Take the next message of the topic; never raises, whatever the message holds."""
        try:
            return self._take(message)
        except UNREADABLE:
            return self._doubt("unreadable")

    def _take(self, message: BookMessage) -> Outcome:
        data: BookData = message.data
        if data.update_id == 1 and (self.update_id, self.seq) != (1, data.seq):
            return self._restart(message)
        if self.stale:
            return self._keep(message)
        if self.update_id is not None and data.update_id <= self.update_id:
            self.repeats += 1
            return "repeated"
        outcome = super().apply(message)
        if outcome == "gap":
            self._keep(message)
        return outcome

    def _restart(self, message: BookMessage) -> Outcome:
        self._bids.replace([])
        self._asks.replace([])
        self._kept.clear()
        self._waiting = None
        self.update_id = None
        self.resets += 1
        self.stale_reason = "restarted"
        self._keep(message)
        return "reset"

    def _keep(self, message: BookMessage) -> Outcome:
        data: BookData = message.data
        if self._kept:
            last: BookData = self._kept[-1].data
            if _seq(data) < _seq(last):
                self.ignored += 1
                return "ignored"
            if data.update_id != last.update_id + 1:
                self.gaps += 1
                self._kept.clear()
        self._kept.append(message)
        if self._waiting is not None:
            snapshot, self._waiting = self._waiting, None
            self._fit(snapshot)
        return "buffered" if self.stale else "applied"

    def _install(self, snapshot: FullSnapshot) -> None:
        self._moved_to(snapshot)
        self.ts, self.cts = snapshot.ts, snapshot.cts
        self.stale_reason = None
        kept, self._kept = self._kept, deque(maxlen=_KEPT)
        for message in kept:
            self.apply(message)


def _rows(levels: list[Level]) -> list[Row]:
    return [(format(level.price, "f"), format(level.size, "f")) for level in levels]


def _seq(data: BookData | FullSnapshot) -> int:
    return data.seq or 0
