"""Take profit, stop loss and trailing stop of a position, set by request."""

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.drafting import check_exit_prices
from bybit_async.simulator.engine.exits import Exits
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.listing import PRICE_KINDS, PriceKind
from bybit_async.simulator.engine.refusals import (
    Refused,
    bad_price,
    bad_quantity,
    no_position,
    parameter,
    position_idx_mismatch,
    stop_not_modified,
)
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.terms import ExitPlan

MAX_PARTIAL = 20


class TradingStop:
    """Carries out `/v5/position/trading-stop`."""

    def __init__(self, state: State, exits: Exits) -> None:
        self._state = state
        self._exits = exits

    def set(self, account: Account, fields: Fields) -> None:
        """Set, change or (with "0") remove exit orders of an open position."""
        category = fields.choice("category", ("linear", "inverse", "option"))
        listing = self._state.listing(category, fields.required("symbol"))
        idx = fields.integer("positionIdx", 0)
        if idx not in ((1, 2) if account.is_hedged(listing) else (0,)):
            raise position_idx_mismatch()
        position = account.position(listing, idx)
        if not position.net:
            raise no_position()
        mode = fields.choice("tpslMode", ("Full", "Partial"), account.exit_mode(listing))
        plan = self._plan(position, fields, partial=mode == "Partial")
        act = self._partial if mode == "Partial" else self._full
        changed = act(position, fields, plan)
        changed = self._trailing(position, fields) or changed
        if not changed:
            raise stop_not_modified()
        self._state.outbox.position(position)

    def _plan(self, position: Position, fields: Fields, *, partial: bool) -> ExitPlan:
        listing = position.listing
        plan = ExitPlan(
            mode="Partial" if partial else "Full",
            take_profit=fields.positive("takeProfit"),
            stop_loss=fields.positive("stopLoss"),
            tp_by=fields.choice("tpTriggerBy", PRICE_KINDS, "LastPrice"),
            sl_by=fields.choice("slTriggerBy", PRICE_KINDS, "LastPrice"),
        )
        for name in ("tp", "sl"):
            if fields.choice(f"{name}OrderType", ("Market", "Limit"), "Market") == "Limit":
                if not partial:
                    raise parameter(f"{name}OrderType must be Market in Full mode")
                limit = fields.positive(f"{name}LimitPrice")
                if limit is None:
                    raise parameter(f"{name}LimitPrice is required")
                if name == "tp":
                    plan.tp_limit = limit
                else:
                    plan.sl_limit = limit
        reference = listing.last_price or listing.fair_price
        check_exit_prices(listing.instrument, plan, "Buy" if position.net > 0 else "Sell", reference)
        return plan

    def _full(self, position: Position, fields: Fields, plan: ExitPlan) -> bool:
        changed = False
        for name, current in (("takeProfit", position.take_profit), ("stopLoss", position.stop_loss)):
            if fields.has(name) and fields.positive(name) is None and current is not None:
                self._exits.clear(current, "CancelByUser")
                changed = True
        fresh = ExitPlan(
            take_profit=_unless_same(plan.take_profit, plan.tp_by, position.take_profit),
            stop_loss=_unless_same(plan.stop_loss, plan.sl_by, position.stop_loss),
            tp_by=plan.tp_by,
            sl_by=plan.sl_by,
        )
        self._exits.set_full(position, fresh)
        return changed or not fresh.empty

    def _partial(self, position: Position, fields: Fields, plan: ExitPlan) -> bool:
        if plan.empty:
            return False
        gain, loss = fields.positive("tpSize"), fields.positive("slSize")
        if plan.take_profit is not None and plan.stop_loss is not None and gain != loss:
            raise parameter("tpSize and slSize must be equal")
        size = gain or loss
        if size is None:
            raise parameter("tpSize or slSize is required in Partial mode")
        if position.listing.instrument.lots_of(size) is None:
            raise bad_quantity(position.listing.instrument, reason="step")
        if size > position.size:
            raise Refused(110058, "The position is smaller than the take profit and stop loss size")
        live = sum(order.stop_order_type.startswith("Partial") for order in position.exits.values())
        if live >= MAX_PARTIAL:
            raise Refused(110061, "Not allowed to have more than 20 TP/SLs under Partial tpSlMode")
        self._exits.add_partial(position, plan, size)
        return True

    def _trailing(self, position: Position, fields: Fields) -> bool:
        if not fields.has("trailingStop"):
            return False
        distance = fields.positive("trailingStop")
        current = position.trailing_stop
        if distance is None:
            self._exits.clear(current, "CancelByUser")
            return current is not None
        active = fields.positive("activePrice")
        instrument = position.listing.instrument
        if instrument.ticks_of(distance) is None or (active and instrument.ticks_of(active) is None):
            raise bad_price(instrument, reason="tick")
        if current is not None and (current.trail, current.active_price) == (distance, active):
            return False
        self._exits.set_trailing(position, distance, active)
        return True


def _unless_same(price: Decimal | None, by: PriceKind, current: Order | None) -> Decimal | None:
    if price is not None and current is not None and (current.trigger_price, current.trigger_by) == (price, by):
        return None
    return price
