"""Amending and cancelling live orders."""

import copy
from decimal import Decimal
from typing import NamedTuple

from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.admission import Admission
from bybit_async.simulator.engine.drafting import check_exit_prices, check_price, check_quantity
from bybit_async.simulator.engine.exits import Exits
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.listing import PRICE_KINDS, PriceKind
from bybit_async.simulator.engine.placing import Placing
from bybit_async.simulator.engine.refusals import (
    Refused,
    bad_price,
    not_modified,
    not_trading,
    order_closed,
    parameter,
    quantity_below_filled,
    unknown_order,
)
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.terms import ExitPlan

MOST_AT_ONCE = 500
EXIT_FIELDS = ("takeProfit", "stopLoss", "tpTriggerBy", "slTriggerBy", "tpLimitPrice", "slLimitPrice")


class Amendment(NamedTuple):
    """What an amendment asks for, with what it leaves out filled in."""

    qty: Decimal
    price: Decimal
    trigger: Decimal | None
    trigger_by: PriceKind | None
    order_iv: str


class Changing:
    """Amends and cancels."""

    def __init__(
        self, state: State, lifecycle: Lifecycle, placing: Placing, admission: Admission, exits: Exits
    ) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._placing = placing
        self._admission = admission
        self._exits = exits

    def find(self, account: Account, fields: Fields) -> Order:
        """Return the live order that a request names; `orderId` wins over `orderLinkId`."""
        category, symbol = fields.required("category"), fields.required("symbol")
        self._state.listing(category, symbol)
        order_id, link_id = fields.text("orderId"), fields.text("orderLinkId")
        if not order_id and not link_id:
            raise parameter("orderId or orderLinkId is required")
        order = account.orders.get(order_id)
        if not order_id:
            order = account.link_ids.get(("spot" if category == "spot" else "", link_id))
        if order is None or order.symbol != symbol or order.category != category:
            raise unknown_order(category)
        self.require_live(order)
        return order

    def amend(self, order: Order, fields: Fields) -> None:
        """Change price, quantity, trigger or exit prices of a live order."""
        if order.listing.status != "Trading":
            raise not_trading(order.category)
        wanted = self._wanted(order, fields)
        plan = self._wanted_plan(order, fields)
        same = wanted == _present(order)
        if same and plan is None:
            raise not_modified(order.category)
        self._check(order, wanted)
        if plan is not None:
            order.exit_plan = plan
            self._lifecycle.changed(order)
        if not same:
            self._apply(order, wanted)

    def change(self, order: Order, qty: Decimal | None, price: Decimal | None, trigger: Decimal | None) -> None:
        """Change a live order to these values, as `amend` does by request; None leaves one as it is."""
        self.require_live(order)
        if order.listing.status != "Trading":
            raise not_trading(order.category)
        now = _present(order)
        wanted = now._replace(
            qty=now.qty if qty is None else qty,
            price=now.price if price is None or order.order_type == "Market" else price,
            trigger=now.trigger if trigger is None else trigger,
        )
        if wanted == now:
            raise not_modified(order.category)
        self._check(order, wanted)
        self._apply(order, wanted)

    def require_live(self, order: Order) -> None:
        """Refuse an order that has ended."""
        if not order.is_live:
            raise unknown_order(order.category)

    def _apply(self, order: Order, wanted: Amendment) -> None:
        order.order_iv = wanted.order_iv
        if order.is_waiting:
            self._amend_waiting(order, wanted)
        else:
            self._amend_resting(order, wanted)

    def cancel(self, order: Order, cancel_type: str = "CancelByUser") -> None:
        """Cancel a live order."""
        order.listing.seq += 1
        self._lifecycle.cancel(order, cancel_type)
        if order.filled:
            self._exits.after_fill(order)
        if order.pair is not None and order.pair.is_waiting:
            self._lifecycle.cancel(order.pair, cancel_type)

    def too_late(self, account: Account, fields: Fields) -> Order:
        """Show a filled order a second time, the way a cancel that lost the race against the fill does."""
        order_id = fields.required("orderId")
        recent = account.recent.get(fields.required("category"), ())
        order = next((item for item in recent if item.order_id == order_id), None)
        if order is None or order.status != "Filled":
            raise unknown_order(fields.required("category"))
        late = copy.copy(order)
        late.cancel_type, late.reject_reason = "CancelByUser", "EC_OrigClOrdIDDoesNotExist"
        self._state.outbox.moment(late)
        return order

    def cancel_all(self, account: Account, fields: Fields, cancel_type: str) -> list[Order]:
        """Cancel the live orders that a cancel-all request covers."""
        category = fields.choice("category", ("linear", "inverse", "spot", "option"))
        symbol, base, settle = fields.text("symbol"), fields.text("baseCoin"), fields.text("settleCoin")
        if category in ("linear", "inverse") and not (symbol or base or settle):
            raise parameter("symbol, baseCoin or settleCoin is required")
        if symbol:
            self._state.listing(category, symbol)
        order_filter = fields.text("orderFilter", "Order" if category == "spot" else "")
        stops_only = order_filter == "StopOrder" and fields.text("stopOrderType") == "Stop"
        chosen = [
            order
            for order in account.orders.values()
            if order.category == category and _covers(order, symbol, base, settle, order_filter, stops_only=stops_only)
        ]
        if category in ("linear", "inverse"):
            chosen = chosen[:MOST_AT_ONCE]
        for order in chosen:
            if order.is_live:
                self.cancel(order, cancel_type)
        return chosen

    def _wanted(self, order: Order, fields: Fields) -> Amendment:
        qty, price = fields.positive("qty"), fields.positive("price")
        trigger = fields.positive("triggerPrice")
        if trigger is not None and not order.is_waiting:
            raise parameter("triggerPrice cannot change on an active order")
        watched = order.trigger_by
        if order.is_waiting and order.category != "spot" and order.trail is None and watched is not None:
            chosen: PriceKind = fields.choice("triggerBy", PRICE_KINDS, watched)
            watched = chosen
        if order.category == "option" and fields.has("orderIv"):
            price = self._state.price_at_iv(order.listing, fields)
        return Amendment(
            order.qty if qty is None else qty,
            order.price if price is None or order.order_type == "Market" else price,
            order.trigger_price if trigger is None else trigger,
            watched,
            fields.text("orderIv", order.order_iv) if order.category == "option" else order.order_iv,
        )

    def _wanted_plan(self, order: Order, fields: Fields) -> ExitPlan | None:
        if not any(fields.has(name) for name in EXIT_FIELDS):
            return None
        if order.filled:
            raise Refused(110059, "Not allowed to modify the TP/SL of a partially filled open order")
        old = order.exit_plan
        plan = ExitPlan(
            mode=fields.choice("tpslMode", ("Full", "Partial"), old.mode),
            take_profit=fields.positive("takeProfit") if fields.has("takeProfit") else old.take_profit,
            stop_loss=fields.positive("stopLoss") if fields.has("stopLoss") else old.stop_loss,
            tp_by=fields.choice("tpTriggerBy", PRICE_KINDS, old.tp_by),
            sl_by=fields.choice("slTriggerBy", PRICE_KINDS, old.sl_by),
            tp_limit=fields.positive("tpLimitPrice") if fields.has("tpLimitPrice") else old.tp_limit,
            sl_limit=fields.positive("slLimitPrice") if fields.has("slLimitPrice") else old.sl_limit,
        )
        if plan == old:
            return None
        price = fields.positive("price") or order.price or order.listing.fair_price
        check_exit_prices(order.listing.instrument, plan, order.side, price)
        return plan

    def _check(self, order: Order, wanted: Amendment) -> None:
        instrument = order.listing.instrument
        if wanted.price != order.price:
            check_price(instrument, wanted.price)
        if wanted.qty != order.qty:
            if wanted.qty <= order.filled:
                raise quantity_below_filled(order.category)
            check_quantity(order, wanted.qty)
        if wanted.trigger is not None and instrument.ticks_of(wanted.trigger) is None:
            raise bad_price(instrument, reason="tick")
        if order.closes_only and not order.is_waiting:
            room = self._lifecycle.position(order).reducible(order.side)
            if wanted.qty - order.filled > room:
                raise Refused(110017, "orderQty exceeds the position that a reduce-only order can close")

    def _amend_waiting(self, order: Order, wanted: Amendment) -> None:
        current = order.listing.price(wanted.trigger_by) if wanted.trigger_by else None
        moved = (wanted.trigger, wanted.trigger_by) != (order.trigger_price, order.trigger_by)
        if wanted.trigger is not None and moved and current is not None:
            if order.category == "spot":
                order.trigger_direction = 1 if wanted.trigger > current else 2
            elif order.trail is None and (wanted.trigger <= current) == (order.trigger_direction == 1):
                raise Refused(
                    110092 if order.trigger_direction == 1 else 110093, "the trigger price is already reached"
                )
        before = (order.qty, order.price, order.trigger_price)
        held = order.locked
        order.qty, order.price, order.trigger_price = wanted[:3]
        if order.category == "spot" and held:
            try:
                self._admission.check_money(order)
            except Refused:
                order.qty, order.price, order.trigger_price = before
                raise
            self._lifecycle.hold(order)
        if order.trigger_by is not None and wanted.trigger_by is not None:
            waiting, listing = self._state.waiting, order.listing
            waiting[listing, wanted.trigger_by][order.order_id] = waiting[listing, order.trigger_by].pop(order.order_id)
            order.trigger_by = wanted.trigger_by
        self._lifecycle.changed(order)

    def _amend_resting(self, order: Order, wanted: Amendment) -> None:
        if order.resting is None:
            raise order_closed(filled=False)
        before = (order.qty, order.price)
        self._lifecycle.release(order)
        order.qty, order.price = wanted.qty, wanted.price
        try:
            self._admission.check_price_range(order)
            self._admission.check_money(order)
        except Refused:
            order.qty, order.price = before
            self._lifecycle.hold(order)
            raise
        if order.price == before[1] and order.qty < before[0]:
            order.listing.seq += 1
            lots = order.listing.instrument.lots_of(order.leaves)
            order.book.shrink(order.resting, lots or 0)
            self._state.outbox.book(order.listing)
            self._lifecycle.hold(order)
            self._lifecycle.changed(order)
            return
        self._requeue(order)

    def _requeue(self, order: Order) -> None:
        if order.resting is not None:
            order.book.remove(order.resting)
            self._state.outbox.book(order.listing)
            order.resting = None
        if order.category != "spot":
            position = self._lifecycle.position(order)
            position.reducers.pop(order.order_id, None)
            self._state.dirty[position] = None
        self._placing.run(order)


def _present(order: Order) -> Amendment:
    return Amendment(order.qty, order.price, order.trigger_price, order.trigger_by, order.order_iv)


def _covers(order: Order, symbol: str, base: str, settle: str, order_filter: str, *, stops_only: bool) -> bool:
    instrument = order.listing.instrument
    if symbol:
        if instrument.symbol != symbol:
            return False
    elif base:
        if instrument.base != base:
            return False
    elif settle and instrument.settle != settle:
        return False
    if stops_only and order.is_waiting and order.stop_order_type != "Stop":
        return False
    return not order_filter or order_filter in _filters_of(order)


def _filters_of(order: Order) -> tuple[str, ...]:
    """Return the order filters of a cancel-all request that an order falls under."""
    if not order.is_waiting:
        return ("Order", "OpenOrder")
    if order.category == "spot":
        return ("OcoOrder" if order.stop_order_type == "OcoOrder" else order.order_filter,)
    # Exit orders of a position are stop orders, too; a request can leave them out by `stopOrderType`.
    return ("StopOrder", "OpenOrder") if order.stop_order_type == "Stop" else ("StopOrder", "tpslOrder")
