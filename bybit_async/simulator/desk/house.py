"""The fast lane of simulated makers: plain orders without parsing, history or margin checks."""

from decimal import Decimal

from bybit_async.simulator.accounts import Account
from bybit_async.simulator.amounts import ZERO
from bybit_async.simulator.desk.lifecycle import Lifecycle
from bybit_async.simulator.desk.placing import Placing
from bybit_async.simulator.desk.state import State
from bybit_async.simulator.listing import Listing
from bybit_async.simulator.matching import Side
from bybit_async.simulator.orders import Order, TimeInForce


class House:
    """Trades for house accounts."""

    def __init__(self, state: State, lifecycle: Lifecycle, placing: Placing) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._placing = placing

    def quote(self, account: Account, listing: Listing, side: Side, price: Decimal, qty: Decimal) -> Order | None:
        """Rest a limit order; None when nothing was left to rest."""
        order = self._order(account, listing, side, price, qty, "GTC")
        self._placing.accept(order)
        return order if order.resting is not None else None

    def withdraw_quote(self, order: Order) -> bool:
        """Cancel a quote; False when it is gone already."""
        if order.resting is None:
            return False
        order.listing.seq += 1
        self._lifecycle.cancel(order, "CancelByUser")
        return True

    def trade(self, account: Account, listing: Listing, side: Side, qty: Decimal, price: Decimal | None) -> Decimal:
        """Take liquidity; returns the quantity traded."""
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
