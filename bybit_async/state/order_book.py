"""A local order book that knows when it is not to be trusted.

Bybit numbers the messages of a topic one by one (`u`). A book applies them in that order, and from the first doubt, a
hole in the numbers, a crossed touch, a lost connection, until the next snapshot it is `stale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from bybit_async.enums import Category
from bybit_async.models.market.books import Level
from bybit_async.state.book_view import BookView

Outcome = Literal["applied", "reset", "repeated", "gap", "crossed", "emptied", "unreadable", "ignored", "buffered"]
"""What became of a message.

`applied`: the book moved on. `reset`: a snapshot replaced what was there. `repeated`: the last message again, nothing
to do. `gap`, `crossed`, `emptied`, `unreadable`: the book has just become stale. `ignored`: it is stale already, and
this was no snapshot. `buffered`: kept until a snapshot by REST has come (full books only).
"""

StaleReason = Literal["no snapshot", "gap", "crossed", "emptied", "unreadable", "dropped", "restarted"]
"""Why a book is not to be trusted.

`dropped` is set from outside, when the connection is lost; `restarted` is a full book whose numbering began anew.
"""

Depth = int | Literal["rpi", "full"]


class _Numbered(Protocol):
    @property
    def update_id(self) -> int:
        """The message's number, `u`."""
        ...

    @property
    def seq(self) -> int | None:
        """The cross sequence."""
        ...


class BookData(_Numbered, Protocol):
    """The part of a message that carries levels."""

    @property
    def bids(self) -> Sequence[tuple[str, str]]:
        """Bid levels as (price, size)."""
        ...

    @property
    def asks(self) -> Sequence[tuple[str, str]]:
        """Ask levels as (price, size)."""
        ...


class BookMessage(Protocol):
    """An order book message, as the router hands it on."""

    @property
    def type(self) -> str | None:
        """``"snapshot"`` or ``"delta"``."""
        ...

    @property
    def ts(self) -> int | None:
        """When Bybit sent it, in milliseconds."""
        ...

    @property
    def cts(self) -> int | None:
        """When the matching engine made it, in milliseconds."""
        ...

    @property
    def data(self) -> Any:
        """The levels, as `BookData`."""
        ...


class OrderBook(BookView):
    """The order book of one (category, symbol, depth), fed by `apply`.

    Attributes:
        stale: True while the content is not known to be right; it is kept as it last was.
        stale_reason: why, or None.
        update_id: `u` of the last message applied; `seq` its cross sequence.
        ts: when Bybit sent the last message; `cts` when its matching engine made it (milliseconds).
        updates: messages applied. `resets`: snapshots that replaced a book. `repeats`: messages that came again.
        gaps: holes in the numbering. `crossings`: times the book crossed, or lost a whole side, after a delta.
        ignored: deltas that came while the book waited for a snapshot.
    """

    __slots__ = (
        "_next_id", "category", "crossings", "cts", "depth", "gaps", "ignored", "repeats", "resets", "seq",
        "stale_reason", "symbol", "ts", "update_id", "updates",
    )  # fmt: skip

    def __init__(self, symbol: str, *, category: Category | Literal["spread"], depth: Depth = 50) -> None:
        super().__init__()
        self.symbol = symbol
        self.category = category
        self.depth: Depth = depth
        self.stale_reason: StaleReason | None = "no snapshot"
        self.update_id: int | None = None
        self._next_id = 0
        self.seq: int | None = None
        self.ts: int | None = None
        self.cts: int | None = None
        self.updates = self.resets = self.repeats = self.gaps = self.crossings = self.ignored = 0

    def __repr__(self) -> str:
        state = f"stale: {self.stale_reason}" if self.stale else f"u={self.update_id}"
        return f"<{type(self).__name__} {self.category} {self.symbol} {self.depth} {state}>"

    def apply(self, message: BookMessage) -> Outcome:
        """Take the next message of the topic; never raises, whatever the message holds."""
        data: BookData = message.data
        try:
            if message.type == "snapshot":
                outcome = self._snapshot(data)
            elif self.stale_reason is None and data.update_id == self._next_id:
                outcome = self._change(data)
            else:
                outcome = self._unexpected(data)
        except (ValueError, ArithmeticError, TypeError):
            return self._doubt("unreadable")
        if outcome in _MOVED:
            self.ts = message.ts
            self.cts = message.cts
        return outcome

    def mark_stale(self, reason: StaleReason = "dropped") -> None:
        """Distrust the book from now until the next snapshot; the first reason is kept."""
        if self.stale_reason is None:
            self.stale_reason = reason

    def _snapshot(self, data: BookData) -> Outcome:
        fresh = not self.updates
        # Depth 1 knows no deltas: each message is a snapshot, sent again unchanged after three quiet seconds.
        touch_only = self.depth == 1
        if touch_only and self.stale_reason is None and data.update_id == self.update_id and data.seq == self.seq:
            self.repeats += 1
            return "repeated"
        self._bids.replace(data.bids)
        self._asks.replace(data.asks)
        restarted = data.update_id == 1
        self._moved_to(data)
        self.stale_reason = None
        if self._bids.meets(self._asks):
            return self._doubt("crossed")
        if fresh or (touch_only and not restarted):
            return "applied"
        self.resets += 1
        return "reset"

    def _unexpected(self, data: BookData) -> Outcome:
        if self.stale_reason is not None or self.update_id is None:
            self.ignored += 1
            return "ignored"
        if data.update_id == self.update_id and data.seq == self.seq:
            self.repeats += 1
            return "repeated"
        return self._doubt("gap")

    def _change(self, data: BookData) -> Outcome:
        bids, asks = self._bids, self._asks
        two_sided = bool(bids.prices and asks.prices)
        bids.change(data.bids)
        asks.change(data.asks)
        self._moved_to(data)
        if two_sided and not (bids.prices and asks.prices):
            return self._doubt("emptied")
        return self._doubt("crossed") if bids.meets(asks) else "applied"

    def _moved_to(self, data: _Numbered) -> None:
        self.update_id = update_id = data.update_id
        self._next_id = update_id + 1
        self.seq = data.seq
        self.updates += 1

    def _doubt(self, reason: Literal["gap", "crossed", "emptied", "unreadable"]) -> Outcome:
        if reason == "gap":
            self.gaps += 1
        elif reason != "unreadable":
            self.crossings += 1
        self.stale_reason = reason
        return reason

    @property
    def stale(self) -> bool:
        """Whether the content is not known to be right; see `stale_reason`."""
        return self.stale_reason is not None

    @property
    def unknown_deletes(self) -> int:
        """How often a level was deleted that was not there; harmless, and counted."""
        return self._bids.unknown_deletes + self._asks.unknown_deletes


_MOVED = frozenset({"applied", "reset", "repeated", "crossed", "emptied"})

__all__ = ["BookData", "BookMessage", "Depth", "Level", "OrderBook", "Outcome", "StaleReason"]
