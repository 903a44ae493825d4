"""The life of an order outside the matching: what it holds, how it becomes live, how it ends."""

from collections import deque
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Order, Position
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.terms import OrderStatus

RECENT = 500


class Lifecycle:
    """Keeps live orders, holds and histories in step."""

    def __init__(self, state: State) -> None:
        self._state = state

    def register(self, order: Order) -> None:
        """Make an order known and live."""
        account = order.account
        account.orders[order.order_id] = order
        if order.link_id:
            account.link_ids["spot" if order.category == "spot" else "", order.link_id] = order
        self.changed(order)

    def changed(self, order: Order) -> None:
        """Note that the order is to be shown again."""
        if order.account.house:
            return
        order.updated_ms = self._state.clock.now_ms()
        self._state.outbox.order(order)
        if order.category != "spot":
            self._state.outbox.position(self.position(order))

    def position(self, order: Order) -> Position:
        """Return the position that a derivative order belongs to."""
        if order.position is None:
            order.position = order.account.position(order.listing, order.position_idx)
        return order.position

    def hold(self, order: Order) -> None:
        """Set aside what the order needs from now on: coins for spot, exposure for derivatives."""
        if order.category == "spot":
            self._hold_coins(order, self._spot_need(order))
        elif not order.closes_only:
            self._expose(order, order.leaves if order.resting is not None else ZERO)

    def release(self, order: Order) -> None:
        """Give back everything that the order holds."""
        if order.category == "spot":
            self._hold_coins(order, ZERO)
        else:
            self._expose(order, ZERO)

    def finish(
        self, order: Order, status: OrderStatus, *, cancel_type: str = "UNKNOWN", reason: str = "EC_NoError"
    ) -> None:
        """End an order: out of the book and the waiting lists, holds released, into the history."""
        if order.resting is not None:
            order.book.remove(order.resting)
            self._state.outbox.book(order.listing)
            order.resting = None
        if order.is_waiting and order.trigger_by is not None:
            self._state.waiting[order.listing, order.trigger_by].pop(order.order_id, None)
        order.status = status
        order.cancel_type = cancel_type
        order.reject_reason = reason
        self.release(order)
        account = order.account
        account.orders.pop(order.order_id, None)
        if order.category != "spot":
            self._leave_position(order)
        if account.house:
            return
        account.recent.setdefault(order.category, deque(maxlen=RECENT)).append(order)
        account.history.append(order)
        self.changed(order)

    def cancel(self, order: Order, cancel_type: str, reason: str = "EC_PerCancelRequest") -> None:
        """End a live order that is not filled, with the status that its category uses."""
        status: OrderStatus = "Cancelled"
        if order.category == "spot":
            if order.is_waiting:
                status = "Deactivated"
            elif order.filled:
                status = "PartiallyFilledCanceled"
        self.finish(order, status, cancel_type=cancel_type, reason=reason)

    def _leave_position(self, order: Order) -> None:
        position = self.position(order)
        position.reducers.pop(order.order_id, None)
        position.exits.pop(order.order_id, None)
        if position.take_profit is order:
            position.take_profit = None
        elif position.stop_loss is order:
            position.stop_loss = None
        elif position.trailing_stop is order:
            position.trailing_stop = None

    def _spot_need(self, order: Order) -> Decimal:
        if order.leverage or (order.is_waiting and order.order_filter == "StopOrder"):
            return ZERO
        if order.side == "Sell":
            return ZERO if order.by_value else order.leaves
        if order.by_value:
            return order.leaves
        if order.order_type == "Market":
            return ZERO if order.trigger_price is None or not order.is_waiting else order.leaves * order.trigger_price
        return order.leaves * order.price

    def _hold_coins(self, order: Order, need: Decimal) -> None:
        if need == order.locked:
            return
        instrument = order.listing.instrument
        coin = instrument.quote if order.side == "Buy" else instrument.base
        locked = order.account.locked
        locked[coin] = locked.get(coin, ZERO) + need - order.locked
        order.locked = need
        if not locked[coin]:
            del locked[coin]
        self._state.outbox.wallet(order.account, coin)

    def _expose(self, order: Order, qty: Decimal) -> None:
        if qty == order.exposed:
            return
        position = self.position(order)
        value = value_at(order.listing.instrument, order.price, qty) if qty else ZERO
        if order.side == "Buy":
            position.buy_qty += qty - order.exposed
            position.buy_value += value - order.locked
        else:
            position.sell_qty += qty - order.exposed
            position.sell_value += value - order.locked
        order.exposed, order.locked = qty, value
        mark_exposed(position)
        self._state.outbox.wallet(order.account, order.listing.instrument.settle)


def mark_exposed(position: Position) -> None:
    """Keep the account's list of positions that margin counts."""
    if position.net or position.buy_qty or position.sell_qty:
        position.account.exposed[position.key] = position
    else:
        position.account.exposed.pop(position.key, None)
