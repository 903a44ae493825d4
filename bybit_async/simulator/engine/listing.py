"""The living side of one instrument: its book, its prices and whether it trades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.matching import MatchingBook

PriceKind = Literal["LastPrice", "MarkPrice", "IndexPrice"]
PRICE_KINDS: tuple[PriceKind, ...] = ("LastPrice", "MarkPrice", "IndexPrice")
ListingStatus = Literal["PreLaunch", "Trading", "Delivering", "Closed", "Halted"]


@dataclass(slots=True, eq=False)
class Listing:
    """One instrument as the exchange trades it now.

    Prices are None until someone sets them (`Engine.set_prices`) or, for `last_price`, until the first trade.
    `update_id` counts the level changes and trades published for it (the wire's `seq` grows with it).
    """

    instrument: Instrument
    status: ListingStatus = "Trading"
    reduce_only: bool = False
    halts: int = 0
    """How many scripted halts are in force."""
    last_price: Decimal | None = None
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    mark_iv: Decimal | None = None
    funding_rate: Decimal = Decimal("0.0001")
    next_funding_ms: int = 0
    delivery_ms: int = 0
    """When a contract is going to be delisted; 0 while that is not planned."""
    seq: int = 0
    open_interest: Decimal = Decimal(0)
    on_first_look: Callable[[], None] | None = None
    """Called once, before anyone reads the book: a simulated market fills it only then."""
    on_first_rpi_look: Callable[[], None] | None = None
    """Called once, before anyone reads the RPI orders."""
    _book: MatchingBook = field(default_factory=MatchingBook)
    _rpi_book: MatchingBook = field(default_factory=MatchingBook)

    @property
    def asleep(self) -> bool:
        """Whether no one has read the book yet that a simulated market would fill."""
        return self.on_first_look is not None

    def wake(self) -> None:
        """Have the book filled if no one has read it yet."""
        fill, self.on_first_look = self.on_first_look, None
        if fill is not None:
            fill()

    @property
    def rpi_book(self) -> MatchingBook:
        """The resting retail price improvement orders, which only some orders trade with."""
        fill, self.on_first_rpi_look = self.on_first_rpi_look, None
        if fill is not None:
            self.wake()
            fill()
        return self._rpi_book

    @property
    def resting_rpi(self) -> MatchingBook:
        """The RPI orders so far, without having the book filled."""
        return self._rpi_book

    @property
    def resting(self) -> MatchingBook:
        """The resting orders so far, without having the book filled."""
        return self._book

    @property
    def book(self) -> MatchingBook:
        """The resting orders."""
        if self.on_first_look is not None:
            self.wake()
        return self._book

    @property
    def fair_price(self) -> Decimal:
        """The mark price, or the nearest thing to it that is known."""
        for price in (self.mark_price, self.last_price, self.index_price):
            if price is not None:
                return price
        return self.instrument.reference_price

    def price(self, kind: PriceKind) -> Decimal | None:
        """Return the price that a trigger watches; None while it is unknown."""
        if kind == "LastPrice":
            return self.last_price
        return self.mark_price if kind == "MarkPrice" else self.index_price

    def best_bid(self) -> Decimal | None:
        """Return the highest resting buy price, or None."""
        ticks = self.book.best("Buy")
        return None if ticks is None else self.instrument.price_of(ticks)

    def best_ask(self) -> Decimal | None:
        """Return the lowest resting sell price, or None."""
        ticks = self.book.best("Sell")
        return None if ticks is None else self.instrument.price_of(ticks)

    def depth(self, count: int) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
        """Return up to `count` (price, quantity) levels of bids and of asks, best first."""
        tick, lot = self.instrument.tick, self.instrument.lot
        bids = [(tick * ticks, lot * lots) for ticks, lots in self.book.depth("Buy", count)]
        asks = [(tick * ticks, lot * lots) for ticks, lots in self.book.depth("Sell", count)]
        return bids, asks
