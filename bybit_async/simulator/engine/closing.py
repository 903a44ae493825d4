"""The end of a contract: option expiry and delisting, settled in cash."""

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Position
from bybit_async.simulator.engine.amounts import ZERO, grain
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.journal import Delivery
from bybit_async.simulator.engine.ledger import CLEARING, FEES
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.listing import PRICE_KINDS, Listing
from bybit_async.simulator.engine.settling import OPTION_FEE_CAP
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.takeover import Takeover


class ListingClosing:
    """Closes listings."""

    def __init__(self, state: State, lifecycle: Lifecycle, takeover: Takeover) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._takeover = takeover

    def cancel_orders(self, listing: Listing, cancel_type: str) -> None:
        """Cancel every order of a listing, simulated makers' included."""
        for side in ("Buy", "Sell"):
            for resting in [*listing.book.orders(side), *listing.resting_rpi.orders(side)]:
                self._lifecycle.cancel(resting.order, cancel_type)  # type: ignore[arg-type]
        for kind in PRICE_KINDS:
            for order in list(self._state.waiting[listing, kind].values()):
                if order.is_waiting:
                    self._lifecycle.cancel(order, cancel_type)

    def close(self, listing: Listing) -> None:
        """Cancel all orders, settle all positions and close the listing."""
        if listing.status == "Closed":
            return
        # A book that no one has looked at has no prices to deliver at yet.
        listing.wake()
        instrument = listing.instrument
        listing.status = "Delivering"
        listing.seq += 1
        self.cancel_orders(listing, "CancelByDelivery" if instrument.option else "CancelBySettle")
        price = self._price(listing)
        paid = ZERO
        for account in self._state.accounts.values():
            for position in list(account.exposed.values()):
                if position.listing is listing and position.net:
                    paid += self._deliver(position, price)
        # Inverse values round to the grain; what does not cancel out stays with the exchange.
        self._state.ledger.move(instrument.settle, -paid, CLEARING, FEES)
        listing.status = "Closed"
        self._state.outbox.prices(listing)

    def _price(self, listing: Listing) -> Decimal:
        terms = listing.instrument.option
        if terms is None:
            return listing.fair_price
        return listing.index_price if listing.index_price is not None else terms.strike

    def _deliver(self, position: Position, price: Decimal) -> Decimal:
        """Settle one position; returns what clearing paid out beyond the position's claim."""
        listing, account = position.listing, position.account
        instrument, terms = listing.instrument, listing.instrument.option
        side, size, entry = position.side, position.size, position.avg_price
        claim = ZERO if terms else position.claim()
        each = price if terms is None else terms.intrinsic(price)
        value = value_at(instrument, each, size)
        fee = grain(min(instrument.delivery_fee * price * size, value * OPTION_FEE_CAP)) if terms else ZERO
        change = self._takeover.close(position, each, value, fee, kind="Delivery", create_type="CreateBySettle")
        paid = change.pnl
        if terms is not None:
            paid = value if side == "Buy" else -value
        if not account.house:
            account.deliveries.append(
                Delivery(
                    category=instrument.category,
                    symbol=instrument.symbol,
                    side=side,
                    size=size,
                    entry_price=entry,
                    price=price,
                    strike=terms.strike if terms else None,
                    fee=fee,
                    pnl=change.pnl - fee,
                    time_ms=self._state.clock.now_ms(),
                )
            )
        return paid - claim
