"""Conditional orders: which of them a price sets off, and what they then do."""

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Order
from bybit_async.simulator.engine.admission import Admission
from bybit_async.simulator.engine.exits import Exits
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.listing import Listing, PriceKind
from bybit_async.simulator.engine.placing import Placing
from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.engine.state import State


class Triggers:
    """Watches prices for waiting orders."""

    def __init__(
        self, state: State, lifecycle: Lifecycle, placing: Placing, admission: Admission, exits: Exits
    ) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._placing = placing
        self._admission = admission
        self._exits = exits

    def price_moved(self, listing: Listing, kind: PriceKind) -> None:
        """Set off every waiting order that the price has reached, oldest first."""
        price = listing.price(kind)
        waiting = self._state.waiting[listing, kind]
        if price is None or not waiting or listing.status != "Trading":
            return
        due = [order for order in waiting.values() if _reached(order, price)]
        for order in due:
            if order.is_waiting:
                self.fire(order)

    def fire(self, order: Order) -> None:
        """Turn a waiting order into a live one."""
        if order.trigger_by is not None:
            self._state.waiting[order.listing, order.trigger_by].pop(order.order_id, None)
        pair = order.pair
        if pair is not None and pair.is_waiting:
            gained = order.trigger_direction == (1 if order.side == "Sell" else 2)
            order.oco_trigger_by = pair.oco_trigger_by = (
                ("OcoTriggerByTp" if gained else "OcoTriggerBySl") if order.category == "spot" else ""
            )
            self._lifecycle.cancel(
                pair, "CancelByOCOSlCanceledByTpTriggered" if gained else "CancelByOCOTpCanceledBySlTriggered"
            )
        order.status = "Triggered"
        order.updated_ms = self._state.clock.now_ms()
        self._state.outbox.moment(order)
        if order.closes_only:
            room = self._lifecycle.position(order).reducible(order.side)
            if not room:
                self._lifecycle.cancel(order, "CancelByReduceOnly")
                return
            order.qty = min(order.qty, room)
        try:
            self._admission.check_money(order)
        except Refused:
            self._lifecycle.cancel(order, "CancelByCannotAffordOrderCost")
            return
        self._lifecycle.hold(order)
        self._placing.run(order)


def _reached(order: Order, price: Decimal) -> bool:
    if order.trail is not None:
        return _trail(order, price, order.trail)
    if order.trigger_price is None:
        return False
    return price >= order.trigger_price if order.trigger_direction == 1 else price <= order.trigger_price


def _trail(order: Order, price: Decimal, distance: Decimal) -> bool:
    """Move a trailing stop with the price; True once the price has come back by the distance."""
    protects_long = order.side == "Sell"
    if order.trail_extreme is None:
        active = order.active_price
        if active is not None and (price < active if protects_long else price > active):
            return False
        order.trail_extreme = price
    if protects_long:
        order.trail_extreme = max(order.trail_extreme, price)
        order.trigger_price = order.trail_extreme - distance
        return price <= order.trigger_price
    order.trail_extreme = min(order.trail_extreme, price)
    order.trigger_price = order.trail_extreme + distance
    return price >= order.trigger_price
