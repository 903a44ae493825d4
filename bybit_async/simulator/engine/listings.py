"""Listings come, change and go; prices reach them; timers fund them and let options expire."""

from contextlib import AbstractContextManager
from decimal import Decimal

from bybit_async.simulator.engine.amounts import GRAIN
from bybit_async.simulator.engine.closing import ListingClosing
from bybit_async.simulator.engine.funding import Funding
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.listing import PRICE_KINDS, Listing, ListingStatus, PriceKind
from bybit_async.simulator.engine.state import State


class Listings:
    """Keeps listings; `operation` frames what timers start."""

    def __init__(
        self, state: State, funding: Funding, closing: ListingClosing, operation: AbstractContextManager[None]
    ) -> None:
        self._state = state
        self._funding = funding
        self._closing = closing
        self._operation = operation

    def add(self, instrument: Instrument) -> Listing:
        """Start trading an instrument; raises `ValueError` for a filter whose values would not stay exact."""
        if instrument.key in self._state.listings:
            raise ValueError(f"{instrument.category} {instrument.symbol} is listed already")
        _check(instrument)
        listing = Listing(instrument)
        self._state.add_listing(listing)
        if instrument.funding_interval_min:
            self._schedule_funding(listing)
        if instrument.option is not None:
            self._state.clock.call_at(instrument.option.expiry_ms, lambda: self._expire(listing))
        return listing

    def replace(self, instrument: Instrument) -> Listing:
        """Exchange the filters of a listing; a new grid ends all its orders."""
        _check(instrument)
        listing = self._state.listing(instrument.category, instrument.symbol)
        old = listing.instrument
        if (old.tick, old.lot) != (instrument.tick, instrument.lot):
            self._closing.cancel_orders(listing, "CancelByAdmin")
            # Changes noted on the old grid cannot be spelled on the new one.
            self._state.outbox.flush()
        listing.instrument = instrument
        self._state.outbox.prices(listing)
        return listing

    def set_status(self, listing: Listing, status: ListingStatus) -> None:
        """Change whether a listing trades."""
        if status == "Closed":
            self._closing.close(listing)
            return
        listing.status = status
        self._state.outbox.prices(listing)
        if status == "Trading":
            for kind in PRICE_KINDS:
                self._state.moved[listing, kind] = None

    def set_prices(self, listing: Listing, mark: Decimal | None, index: Decimal | None, last: Decimal | None) -> None:
        """Set reference prices and note what depends on them."""
        if mark is not None and mark != listing.mark_price:
            listing.mark_price = mark
            self._moved(listing, "MarkPrice")
        if index is not None and index != listing.index_price:
            listing.index_price = index
            self._moved(listing, "IndexPrice")
        if last is not None and last != listing.last_price:
            listing.last_price = last
            self._moved(listing, "LastPrice")

    def _moved(self, listing: Listing, kind: PriceKind) -> None:
        self._state.moved[listing, kind] = None
        for account in self._state.accounts.values():
            # A cross account stands with all its coins and positions, so any price may matter to it.
            if (account.exposed or account.spot_leverage is not None) and not account.house:
                self._state.touch(account)

    def _schedule_funding(self, listing: Listing) -> None:
        self._funding.schedule(listing)
        self._state.clock.call_at(listing.next_funding_ms, lambda: self._fund(listing))

    def settle_funding(self, listing: Listing, rate: Decimal) -> None:
        """Settle a funding now, at this rate."""
        with self._operation:
            listing.funding_rate = rate
            self._funding.settle(listing)
            self._state.outbox.prices(listing)

    def _fund(self, listing: Listing) -> None:
        if listing.status == "Closed":
            return
        self.settle_funding(listing, listing.funding_rate)
        self._schedule_funding(listing)

    def _expire(self, listing: Listing) -> None:
        with self._operation:
            self._closing.close(listing)


def _check(instrument: Instrument) -> None:
    smallest = instrument.tick * instrument.lot
    if instrument.linear_price and smallest.quantize(GRAIN) != smallest:
        raise ValueError(f"tick x lot of {instrument.symbol} is finer than money can be counted")
