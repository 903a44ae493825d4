"""The order book with retail price improvement: quotes that only retail orders may take, beside the public ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from bybit_async.enums import Category
from bybit_async.models.market.books import Level
from bybit_async.state.ladder import UNREADABLE, Ladder
from bybit_async.state.order_book import BookMessage, OrderBook, Outcome, as_levels


class RpiData(Protocol):
    """Levels as (price, public size, RPI size)."""

    @property
    def bids(self) -> Sequence[tuple[str, str, str]]:
        """Bid levels."""
        ...

    @property
    def asks(self) -> Sequence[tuple[str, str, str]]:
        """Ask levels."""
        ...

    @property
    def update_id(self) -> int:
        """The message's number, `u`."""
        ...

    @property
    def seq(self) -> int | None:
        """The cross sequence."""
        ...


class _PublicLevels(msgspec.Struct, frozen=True):
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    update_id: int
    seq: int | None


class _PublicMessage(msgspec.Struct, frozen=True):
    type: str | None
    ts: int | None
    cts: int | None
    data: _PublicLevels


class RpiOrderBook(OrderBook):
    """The book of ``orderbook.rpi.{symbol}``: public sizes as usual, RPI sizes by `rpi_bids` and `rpi_asks`."""

    __slots__ = ("_rpi_asks", "_rpi_bids")

    def __init__(self, symbol: str, *, category: Category) -> None:
        super().__init__(symbol, category=category, depth="rpi")
        self._rpi_bids = Ladder(best_is_highest=True)
        self._rpi_asks = Ladder(best_is_highest=False)

    def apply(self, message: BookMessage) -> Outcome:
        """Take the next message of the topic; never raises, whatever the message holds."""
        data: RpiData = message.data
        try:
            public = _PublicLevels(
                [row[:2] for row in data.bids], [row[:2] for row in data.asks], data.update_id, data.seq
            )
            bids, asks = ([(row[0], row[2]) for row in side] for side in (data.bids, data.asks))
        except (TypeError, IndexError):
            return self._doubt("unreadable")
        outcome = super().apply(_PublicMessage(message.type, message.ts, message.cts, public))
        if outcome not in ("applied", "reset"):
            return outcome
        try:
            if message.type == "snapshot":
                self._rpi_bids.replace(bids)
                self._rpi_asks.replace(asks)
            else:
                self._rpi_bids.change(bids)
                self._rpi_asks.change(asks)
        except UNREADABLE:
            return self._doubt("unreadable")
        return outcome

    def rpi_bids(self, n: int | None = None) -> list[Level]:
        """Return the best `n` RPI bids, highest first; those at or above the best public ask are hidden."""
        ask = self.best_ask
        shown = as_levels(self._rpi_bids.top())
        return [level for level in shown if ask is None or level.price < ask.price][:n]

    def rpi_asks(self, n: int | None = None) -> list[Level]:
        """Return the best `n` RPI asks, lowest first; those at or below the best public bid are hidden."""
        bid = self.best_bid
        shown = as_levels(self._rpi_asks.top())
        return [level for level in shown if bid is None or level.price > bid.price][:n]
