"""The fast lane of simulated makers: plain orders without parsing, history or margin checks."""

from contextlib import AbstractContextManager
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.engine.placing import Placing
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.terms import TimeInForce


class House:
    """Trades for house accounts."""

    def __init__(
        self, state: State, lifecycle: Lifecycle, placing: Placing, operation: AbstractContextManager[None]
    ) -> None:
        self._state = state
        self._operation = operation
        self._lifecycle = lifecycle
        self._placing = placing

    def quote(
        self, account: Account, listing: Listing, side: Side, price: Decimal, qty: Decimal, *, rpi: bool = False
    ) -> Order | None:
        """Rest a limit order, or with `rpi` a retail price improvement one; None when nothing was left to rest."""
        with self._operation:
            order = self._order(account, listing, side, price, qty, "RPI" if rpi else "GTC")
            self._placing.accept(order)
        return order if order.resting is not None else None

    def withdraw(self, order: Order) -> bool:
        """Cancel a quote; False when it is gone already."""
        if order.resting is None:
            return False
        with self._operation:
            order.listing.seq += 1
            self._lifecycle.cancel(order, "CancelByUser")
        return True

    def shrink(self, order: Order, leaves: Decimal) -> None:
        """Leave less of a quote in the book; it keeps its place in the queue."""
        lots = order.listing.instrument.lots_of(leaves)
        if order.resting is None or not lots:
            raise ValueError(f"a quote cannot shrink to {leaves}")
        with self._operation:
            order.listing.seq += 1
            order.book.shrink(order.resting, lots)
            order.qty = order.filled + leaves
            self._lifecycle.hold(order)
            self._state.outbox.book(order.listing)

    def trade(
        self, account: Account, listing: Listing, side: Side, qty: Decimal, price: Decimal | None = None
    ) -> Decimal:
        """Take liquidity at once, no worse than `price`; returns the quantity traded."""
        with self._operation:
            order = self._order(account, listing, side, price, qty, "IOC")
            self._placing.accept(order)
        return order.filled

    def _order(
        self,
        account: Account,
        listing: Listing,
        side: Side,
        price: Decimal | None,
        qty: Decimal,
        time_in_force: TimeInForce,
    ) -> Order:
        if not account.house:
            raise ValueError("only house accounts have the fast lane")
        instrument = listing.instrument
        if instrument.lots_of(qty) is None or qty <= 0:
            raise ValueError(f"{qty} is off the lot {instrument.lot}")
        if price is not None and (instrument.ticks_of(price) is None or price <= 0):
            raise ValueError(f"{price} is off the tick {instrument.tick}")
        if listing.status != "Trading":
            raise ValueError(f"{instrument.symbol} does not trade now")
        now = self._state.clock.now_ms()
        return Order(
            account=account,
            listing=listing,
            order_id=self._state.ids.house(),
            link_id="",
            side=side,
            order_type="Market" if price is None else "Limit",
            qty=qty,
            price=ZERO if price is None else price,
            time_in_force=time_in_force,
            created_ms=now,
            updated_ms=now,
        )
