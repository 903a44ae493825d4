"""Take profit, stop loss and trailing stop orders: made, kept in step with the position, and ended with it."""

from decimal import ROUND_DOWN, Decimal

from bybit_async.simulator.engine.accounts import Order, Position
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.listing import PriceKind
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.terms import ExitPlan

_CREATE_TYPES = {
    "TakeProfit": "CreateByTakeProfit",
    "StopLoss": "CreateByStopLoss",
    "PartialTakeProfit": "CreateByPartialTakeProfit",
    "PartialStopLoss": "CreateByPartialStopLoss",
    "TrailingStop": "CreateByTrailingStop",
}


class Exits:
    """Keeps exit orders."""

    def __init__(self, state: State, lifecycle: Lifecycle) -> None:
        self._state = state
        self._lifecycle = lifecycle

    def after_fill(self, order: Order) -> None:
        """Carry out the exit plan of an order that has traded."""
        plan = order.exit_plan
        if plan.empty or order.filled == order.covered:
            return
        if order.category == "spot":
            if not order.is_live:
                self._spot_exits(order)
            return
        fresh = order.filled - order.covered
        order.covered = order.filled
        position = self._lifecycle.position(order)
        if position.side != order.side:
            return
        if plan.mode == "Full":
            self.set_full(position, plan, order.link_id)
        else:
            self.add_partial(position, plan, min(fresh, position.size), order.link_id)

    def set_full(self, position: Position, plan: ExitPlan, parent: str = "") -> None:
        """Set (or replace) the take profit and stop loss of the whole position; None leaves one as it is."""
        if plan.take_profit is not None:
            self.clear(position.take_profit, "CancelByUser")
            position.take_profit = self._exit(
                position, "TakeProfit", plan.take_profit, plan.tp_by, position.size, parent=parent
            )
        if plan.stop_loss is not None:
            self.clear(position.stop_loss, "CancelByUser")
            position.stop_loss = self._exit(
                position, "StopLoss", plan.stop_loss, plan.sl_by, position.size, parent=parent
            )

    def add_partial(self, position: Position, plan: ExitPlan, size: Decimal, parent: str = "") -> None:
        """Add a take profit and stop loss for part of the position; one ends the other."""
        gain = loss = None
        if plan.take_profit is not None:
            gain = self._exit(position, "PartialTakeProfit", plan.take_profit, plan.tp_by, size, plan.tp_limit, parent)
        if plan.stop_loss is not None:
            loss = self._exit(position, "PartialStopLoss", plan.stop_loss, plan.sl_by, size, plan.sl_limit, parent)
        if gain is not None and loss is not None:
            gain.pair, loss.pair = loss, gain

    def set_trailing(self, position: Position, distance: Decimal, active: Decimal | None) -> None:
        """Set (or replace) the trailing stop; it follows the last price once `active` is reached."""
        self.clear(position.trailing_stop, "CancelByUser")
        listing = position.listing
        last = listing.last_price or listing.fair_price
        long = position.net > 0
        reached = active is None or (last >= active if long else last <= active)
        start = last - distance if long else last + distance
        order = self._exit(
            position, "TrailingStop", start if reached or active is None else active, "LastPrice", position.size
        )
        order.trail, order.active_price = distance, active
        order.trail_extreme = last if reached else None
        order.trigger_direction = 2 if long else 1
        position.trailing_stop = order

    def clear(self, order: Order | None, cancel_type: str) -> None:
        """Cancel an exit order that is still waiting."""
        if order is not None and order.is_waiting:
            self._lifecycle.cancel(order, cancel_type)

    def follow(self, position: Position) -> None:
        """Bring exit and reduce-only orders in step with the position after its size changed."""
        for order in list(position.exits.values()):
            room = position.reducible(order.side)
            if not room:
                self.clear(order, "CancelByTpSlTsClear")
            elif order.stop_order_type.startswith("Partial"):
                if order.qty > room:
                    order.qty = room
                    self._lifecycle.changed(order)
            elif order.qty != room:
                order.qty = room
                self._lifecycle.changed(order)
        for side in ("Buy", "Sell"):
            self._trim(position, side)

    def _trim(self, position: Position, side: Side) -> None:
        room = position.reducible(side)
        reducers = [order for order in position.reducers.values() if order.side == side]
        reducers.sort(key=lambda order: order.price, reverse=side == "Buy")
        for order in reducers:
            excess = order.leaves - room
            if excess <= 0:
                room -= order.leaves
                continue
            self._cut(order, room)
            room = ZERO

    def _cut(self, order: Order, leaves: Decimal) -> None:
        if not leaves or order.resting is None:
            self._lifecycle.cancel(order, "CancelByReduceOnly")
            return
        lots = int(leaves / order.listing.instrument.lot)
        order.book.shrink(order.resting, lots)
        order.qty = order.filled + leaves
        self._state.outbox.book(order.listing)
        self._lifecycle.changed(order)

    def _exit(
        self,
        position: Position,
        kind: str,
        trigger: Decimal,
        by: PriceKind,
        qty: Decimal,
        limit: Decimal | None = None,
        parent: str = "",
    ) -> Order:
        listing = position.listing
        now = self._state.clock.now_ms()
        gains = kind.endswith("TakeProfit")
        order = Order(
            account=position.account,
            listing=listing,
            order_id=self._state.ids.order(listing.instrument.category),
            link_id="",
            side="Sell" if position.net > 0 else "Buy",
            order_type="Market" if limit is None else "Limit",
            qty=qty,
            price=limit or ZERO,
            time_in_force="IOC" if limit is None else "GTC",
            created_ms=now,
            updated_ms=now,
            position_idx=position.idx,
            reduce_only=True,
            close_on_trigger=True,
            stop_order_type=kind,
            create_type=_CREATE_TYPES[kind],
            trigger_price=trigger,
            trigger_by=by,
            trigger_direction=1 if gains == (position.net > 0) else 2,
            last_on_created=listing.last_price,
            parent_link_id=parent,
            status="Untriggered",
        )
        self._state.waiting[listing, by][order.order_id] = order
        position.exits[order.order_id] = order
        self._lifecycle.register(order)
        # A price that is already beyond the trigger must not wait for the next move.
        self._state.moved[listing, by] = None
        return order

    def _spot_exits(self, parent: Order) -> None:
        plan = parent.exit_plan
        instrument = parent.listing.instrument
        parent.covered = parent.filled
        bought = parent.side == "Buy"
        qty = parent.filled - parent.fees.get(instrument.base, ZERO)
        qty = (qty / instrument.lot).to_integral_value(ROUND_DOWN) * instrument.lot
        qty = min(qty, parent.account.free(instrument.base)) if bought else qty
        if qty < instrument.min_qty:
            return
        made: list[Order] = []
        for price, limit, gains in (
            (plan.take_profit, plan.tp_limit, True),
            (plan.stop_loss, plan.sl_limit, False),
        ):
            if price is not None:
                made.append(self._spot_exit(parent, price, limit, qty, gains=gains))
        if len(made) == 2:
            made[0].pair, made[1].pair = made[1], made[0]
            for order in made:
                order.stop_order_type = "OcoOrder"

        # One of a pair holds the coins for both: only one of them can ever trade.
        self._lifecycle.hold(made[0])

    def _spot_exit(self, parent: Order, price: Decimal, limit: Decimal | None, qty: Decimal, *, gains: bool) -> Order:
        listing = parent.listing
        now = self._state.clock.now_ms()
        bought = parent.side == "Buy"
        order = Order(
            account=parent.account,
            listing=listing,
            order_id=self._state.ids.order("spot"),
            link_id="",
            side="Sell" if bought else "Buy",
            order_type="Market" if limit is None else "Limit",
            qty=qty,
            price=limit or ZERO,
            time_in_force="IOC" if limit is None else "GTC",
            created_ms=now,
            updated_ms=now,
            order_filter="tpslOrder",
            stop_order_type="tpslOrder",
            create_type="CreateByTakeProfit" if gains else "CreateByStopLoss",
            market_unit="baseCoin" if limit is None else "",
            trigger_price=price,
            trigger_by="LastPrice",
            trigger_direction=1 if gains == bought else 2,
            last_on_created=listing.last_price,
            parent_link_id=parent.link_id,
            status="Untriggered",
        )
        self._state.waiting[listing, "LastPrice"][order.order_id] = order
        self._lifecycle.register(order)
        self._state.moved[listing, "LastPrice"] = None
        return order
