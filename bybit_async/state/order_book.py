"""A local order book that knows when it is not to be trusted.

Bybit numbers the messages of a topic one by one (`u`). A book applies them in that order, and from the first doubt, a
hole in the numbers, a crossed touch, a lost connection, until the next snapshot it is `stale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bybit_async.enums import Category
from bybit_async.models.market.books import Level
from bybit_async.state.ladder import UNREADABLE, Ladder, Row
from bybit_async.wire import Number, plain

if TYPE_CHECKING:
    import pandas

Outcome = Literal["applied", "reset", "repeated", "gap", "crossed", "emptied", "unreadable", "ignored", "buffered"]
"""What happened to a message.

`applied`: the book moved on. `reset`: a snapshot replaced what was there. `repeated`: the last message again, nothing
to do. `gap`, `crossed`, `emptied`, `unreadable`: the book has just become stale. `ignored`: it is stale already, and
this was no snapshot. `buffered`: kept until a snapshot by REST has come (full books only).
"""

StaleReason = Literal["no snapshot", "gap", "crossed", "emptied", "unreadable", "dropped", "restarted"]
"""Why a book is not to be trusted.

`dropped` is set from outside, when the connection is lost; `restarted` is a full book whose numbering began again at 1.
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


class ReadableBook:
    """What a book can be asked; a `Decimal` is made only for what is read."""

    __slots__ = ("_ask", "_asks", "_bid", "_bids")

    def __init__(self, *, signed_prices: bool = False) -> None:
        self._bids = Ladder(best_is_highest=True, signed=signed_prices)
        self._asks = Ladder(best_is_highest=False, signed=signed_prices)
        # The best level of each side as it was last read, with the texts that it was read from.
        self._bid: tuple[str, str, Level] | None = None
        self._ask: tuple[str, str, Level] | None = None

    @property
    def best_bid(self) -> Level | None:
        """The highest bid, or None if the side is empty."""
        prices = self._bids.prices
        if not prices:
            return None
        price = prices[-1]
        size = self._bids.sizes[price]
        known = self._bid
        if known is None or known[1] is not size or known[0] is not price:
            known = self._bid = price, size, Level(price=Decimal(price), size=Decimal(size))
        return known[2]

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask, or None if the side is empty."""
        prices = self._asks.prices
        if not prices:
            return None
        price = prices[-1]
        size = self._asks.sizes[price]
        known = self._ask
        if known is None or known[1] is not size or known[0] is not price:
            known = self._ask = price, size, Level(price=Decimal(price), size=Decimal(size))
        return known[2]

    @property
    def mid(self) -> Decimal | None:
        """The middle between best bid and best ask; None while a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        return (bid.price + ask.price) / 2 if bid and ask else None

    @property
    def spread(self) -> Decimal | None:
        """Best ask minus best bid; None while a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        return ask.price - bid.price if bid and ask else None

    def bids(self, n: int | None = None) -> list[Level]:
        """Return the best `n` bids, highest first; all of them by default."""
        return as_levels(self._bids.top(n))

    def asks(self, n: int | None = None) -> list[Level]:
        """Return the best `n` asks, lowest first; all of them by default."""
        return as_levels(self._asks.top(n))

    def wire_rows(self) -> tuple[list[Row], list[Row]]:
        """Return all bids and all asks as price and size exactly as sent, best first."""
        return self._bids.top(None), self._asks.top(None)

    def depth_at(self, price: Number) -> Decimal:
        """Return the size resting at exactly this price, on either side; 0 if nothing rests there.

        Raises:
            InvalidParameter: the price is no finite number.
        """
        wanted = plain(price, "price")
        size = self._bids.size_at(wanted) or self._asks.size_at(wanted)
        return Decimal(size) if size else Decimal(0)

    def vwap(self, side: Literal["Buy", "Sell"], qty: Number) -> Decimal | None:
        """Return the average price at which `qty` could be bought or sold at once.

        A buyer takes asks, a seller hits bids. None when the known levels do not hold that much.

        Raises:
            InvalidParameter: `qty` is no finite number.
        """
        wanted = left = Decimal(plain(qty, "qty"))
        if wanted <= 0:
            return None
        paid = Decimal(0)
        for price, size in self._asks if side == "Buy" else self._bids:
            taken = min(left, Decimal(size))
            paid += taken * Decimal(price)
            left -= taken
            if not left:
                return paid / wanted
        return None

    def imbalance(self, n: int = 1) -> Decimal | None:
        """Return (bid size − ask size) / (bid size + ask size) over the best `n` levels: −1 all asks, 1 all bids.

        None while both sides are empty.
        """
        bids = sum((level.size for level in self.bids(n)), Decimal(0))
        asks = sum((level.size for level in self.asks(n)), Decimal(0))
        return (bids - asks) / (bids + asks) if bids + asks else None

    def to_frame(self, n: int | None = None) -> pandas.DataFrame:
        """Return `side` ("Buy" for bids), `price` and `size` (float64) as a frame, best level of each side first."""
        import pandas

        bids, asks = self._bids.top(n), self._asks.top(n)
        rows = bids + asks
        return pandas.DataFrame(
            {
                "side": ["Buy"] * len(bids) + ["Sell"] * len(asks),
                "price": [float(price) for price, _ in rows],
                "size": [float(size) for _, size in rows],
            }
        )


class OrderBook(ReadableBook):
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
        super().__init__(signed_prices=category == "spread")
        self.symbol: str = symbol
        self.category = category
        self.depth: Depth = depth
        self.stale_reason: StaleReason | None = "no snapshot"
        self.update_id: int | None = None
        self._next_id = 0
        self.seq: int | None = None
        self.ts: int | None = None
        self.cts: int | None = None
        self.updates: int = 0
        self.resets: int = 0
        self.repeats: int = 0
        self.gaps: int = 0
        self.crossings: int = 0
        self.ignored: int = 0

    def __repr__(self) -> str:
        state = f"stale: {self.stale_reason}" if self.stale else f"u={self.update_id}"
        return f"<{type(self).__name__} {self.category} {self.symbol} {self.depth} {state}>"

    def apply(self, message: BookMessage) -> Outcome:
        """Take the next message of the topic; never raises, whatever the message holds."""
        data: BookData = message.data
        bids, asks, two_sided = self._bids, self._asks, False
        try:
            if message.type == "snapshot":
                outcome = self._snapshot(data)
            elif self.stale_reason is None and data.update_id == self._next_id:
                two_sided = bool(bids.prices and asks.prices)
                bids.change(data.bids)
                asks.change(data.asks)
                self.update_id = update_id = data.update_id
                self._next_id = update_id + 1
                self.seq = data.seq
                self.updates += 1
                outcome = "applied"
            else:
                outcome = self._unexpected(data)
        except UNREADABLE:
            return self._doubt("unreadable")
        if outcome in _MOVED:
            self.ts, self.cts = message.ts, message.cts
            if bids.keys and asks.keys:
                if bids.decimal is not asks.decimal:
                    bids.use_decimals()
                    asks.use_decimals()
                # The keys of asks are negated.
                if bids.keys[-1] + asks.keys[-1] >= 0:
                    return self._doubt("crossed")
            elif two_sided:
                return self._doubt("emptied")
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


def as_levels(rows: list[Row]) -> list[Level]:
    """Read rows of a ladder."""
    return [Level(price=Decimal(price), size=Decimal(size)) for price, size in rows]


_MOVED = frozenset({"applied", "reset", "repeated"})

__all__ = ["BookData", "BookMessage", "Depth", "Level", "OrderBook", "Outcome", "StaleReason"]
