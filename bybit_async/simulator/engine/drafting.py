"""Makes an order out of a create request: everything that can be judged from the request and the instrument."""

import re
from dataclasses import dataclass
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.instruments import Category, Instrument, value_at
from bybit_async.simulator.engine.listing import PRICE_KINDS, Listing, PriceKind
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.engine.refusals import (
    Refused,
    bad_price,
    bad_quantity,
    market_makers_only,
    nothing_to_reduce,
    notional_too_small,
    parameter,
    position_idx_mismatch,
)
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.terms import ExitPlan, OrderType, TimeInForce

CATEGORIES: tuple[Category, ...] = ("linear", "inverse", "spot", "option")
LINK_ID = re.compile(r"[0-9A-Za-z_-]{1,36}")
SIDES: tuple[Side, ...] = ("Buy", "Sell")
ORDER_TYPES: tuple[OrderType, ...] = ("Limit", "Market")
TIMES_IN_FORCE: tuple[TimeInForce, ...] = ("GTC", "IOC", "FOK", "PostOnly")
ORDER_FILTERS = ("Order", "tpslOrder", "StopOrder")


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order in parsed values: a Market order without `price`, a conditional one with `trigger_price`.

    `qty` is in base coin (contracts of one US dollar for inverse, base coin for a spot Market order too). A conditional
    order waits for `trigger_by` to reach `trigger_price` from where it is now. `take_profit` and `stop_loss` end the
    whole position by Market orders.
    """

    listing: Listing
    side: Side
    qty: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce = "GTC"
    reduce_only: bool = False
    position_idx: int = 0
    link_id: str = ""
    trigger_price: Decimal | None = None
    trigger_by: PriceKind = "LastPrice"
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None


class Drafting:
    """Reads create requests."""

    def __init__(self, state: State) -> None:
        self._state = state

    def draft(self, account: Account, fields: Fields, categories: tuple[Category, ...] = CATEGORIES) -> Order:
        """Return an order that passes the instrument's filters; raises `Refused` otherwise."""
        category: Category = fields.choice("category", categories)
        listing = self._state.listing(category, fields.required("symbol"))
        instrument = listing.instrument
        side: Side = fields.choice("side", SIDES)
        order_type: OrderType = fields.choice("orderType", ORDER_TYPES)
        now = self._state.clock.now_ms()
        order = Order(
            account=account,
            listing=listing,
            order_id=self._state.ids.order(instrument.category),
            link_id=_link_id(fields, instrument),
            side=side,
            order_type=order_type,
            qty=Decimal(0),
            price=Decimal(0),
            time_in_force=_time_in_force(account, fields, order_type, instrument),
            created_ms=now,
            updated_ms=now,
            smp=fields.choice("smpType", ("None", "CancelMaker", "CancelTaker", "CancelBoth"), "None"),
            last_on_created=listing.last_price,
            order_iv=fields.text("orderIv"),
            rpi_access=fields.flag("rpiTakerAccess"),
        )
        if instrument.category == "spot":
            self._spot_flags(order, fields)
        else:
            self._contract_flags(order, fields)
        order.mmp = instrument.category == "option" and fields.flag("mmp")
        self._trigger(order, fields)
        order.price = self._price(order, fields)
        order.qty = self._quantity(order, fields)
        check_quantity(order, order.qty)
        order.exit_plan = self._exit_plan(order, fields)
        _slippage(order, fields)
        return order

    def draft_new(self, account: Account, new: NewOrder) -> Order:
        """Return an order out of parsed values, as `draft` does out of a request."""
        listing, instrument = new.listing, new.listing.instrument
        now = self._state.clock.now_ms()
        is_market = new.price is None
        order = Order(
            account=account,
            listing=listing,
            order_id=self._state.ids.order(instrument.category),
            link_id=new.link_id,
            side=new.side,
            order_type="Market" if is_market else "Limit",
            qty=new.qty,
            price=new.price or Decimal(0),
            time_in_force="IOC" if is_market else new.time_in_force,
            created_ms=now,
            updated_ms=now,
            position_idx=new.position_idx,
            reduce_only=new.reduce_only,
            last_on_created=listing.last_price,
        )
        if instrument.category == "spot":
            order.market_unit = "baseCoin" if is_market else ""
        else:
            _check_index(order)
        if new.trigger_price is not None:
            watched = listing.price(new.trigger_by) or listing.fair_price
            order.trigger_price, order.trigger_by = new.trigger_price, new.trigger_by
            order.trigger_direction = 1 if new.trigger_price > watched else 2
            order.stop_order_type = "Stop"
            check_tick(instrument, new.trigger_price)
        if new.price is not None:
            check_price(instrument, new.price)
        check_quantity(order, order.qty)
        plan = ExitPlan(take_profit=new.take_profit, stop_loss=new.stop_loss)
        if not plan.empty and not order.closes_only:
            check_exit_prices(instrument, plan, order.side, _reference(order))
            order.exit_plan = plan
        return order

    def _spot_flags(self, order: Order, fields: Fields) -> None:
        order.leverage = fields.flag("isLeverage")
        if order.leverage and order.account.spot_leverage is None:
            raise Refused(170036, "Spot margin trading is not enabled")
        order.order_filter = fields.choice("orderFilter", ORDER_FILTERS, "Order")
        if order.order_filter == "tpslOrder":
            order.stop_order_type = "tpslOrder"
        elif order.order_filter == "StopOrder":
            order.stop_order_type = "Stop"
        if order.order_type == "Market":
            default = "quoteCoin" if order.side == "Buy" else "baseCoin"
            order.market_unit = fields.choice("marketUnit", ("baseCoin", "quoteCoin"), default)
            order.by_value = order.market_unit == "quoteCoin"

    def _contract_flags(self, order: Order, fields: Fields) -> None:
        order.reduce_only = fields.flag("reduceOnly")
        order.close_on_trigger = fields.flag("closeOnTrigger")
        order.position_idx = fields.integer("positionIdx", 0)
        _check_index(order)

    def _trigger(self, order: Order, fields: Fields) -> None:
        order.trigger_price = fields.positive("triggerPrice")
        if order.trigger_price is None:
            if order.order_filter != "Order":
                raise Refused(170202, "Please enter the TP/SL price.")
            return
        instrument = order.listing.instrument
        if instrument.category == "option":
            raise parameter("triggerPrice is not supported for options")
        check_tick(instrument, order.trigger_price)
        watched: PriceKind = fields.choice("triggerBy", PRICE_KINDS, "LastPrice")
        order.trigger_by = watched
        if instrument.category == "spot":
            order.trigger_by = "LastPrice"
            if order.order_filter == "Order":
                order.order_filter, order.stop_order_type = "tpslOrder", "tpslOrder"
            last = order.listing.last_price or order.listing.fair_price
            order.trigger_direction = 1 if order.trigger_price > last else 2
            return
        order.stop_order_type = "Stop"
        order.trigger_direction = fields.integer("triggerDirection", 0)
        if order.trigger_direction not in (1, 2):
            raise parameter("triggerDirection invalid")

    def _price(self, order: Order, fields: Fields) -> Decimal:
        if order.order_type == "Market":
            return Decimal(0)
        price = fields.number("price")
        if order.category == "option" and fields.has("orderIv"):
            price = self._state.price_at_iv(order.listing, fields)
        if price is None and fields.has("bboSideType"):
            price = _bbo_price(order, fields)
        if price is None:
            raise parameter("price is required for a Limit order")
        check_price(order.listing.instrument, price)
        return price

    def _quantity(self, order: Order, fields: Fields) -> Decimal:
        qty = fields.number("qty")
        if qty is None:
            raise parameter("qty is required")
        if qty == 0 and order.reduce_only and order.close_on_trigger and order.category != "spot":
            return self._whole_position(order)
        return qty

    def _whole_position(self, order: Order) -> Decimal:
        size = order.account.position(order.listing, order.position_idx).reducible(order.side)
        if not size:
            raise nothing_to_reduce()
        return size

    def _exit_plan(self, order: Order, fields: Fields) -> ExitPlan:
        if not fields.has("takeProfit") and not fields.has("stopLoss"):
            return ExitPlan()
        plan = ExitPlan(
            mode=fields.choice("tpslMode", ("Full", "Partial"), order.account.exit_mode(order.listing)),
            take_profit=fields.positive("takeProfit"),
            stop_loss=fields.positive("stopLoss"),
            tp_by=fields.choice("tpTriggerBy", PRICE_KINDS, "LastPrice"),
            sl_by=fields.choice("slTriggerBy", PRICE_KINDS, "LastPrice"),
        )
        if plan.empty or order.closes_only:
            return ExitPlan()
        tp_type = fields.choice("tpOrderType", ORDER_TYPES, "Market")
        sl_type = fields.choice("slOrderType", ORDER_TYPES, "Market")
        if tp_type == "Limit" and plan.take_profit is not None:
            plan.tp_limit = _needed(fields, "tpLimitPrice")
        if sl_type == "Limit" and plan.stop_loss is not None:
            plan.sl_limit = _needed(fields, "slLimitPrice")
        limits = (plan.tp_limit, plan.sl_limit)
        if plan.mode == "Full" and order.category != "spot" and limits != (None, None):
            raise parameter("Full mode takes Market take profit and stop loss only")
        check_exit_prices(order.listing.instrument, plan, order.side, _reference(order))
        return plan


def check_tick(instrument: Instrument, price: Decimal) -> None:
    """Refuse a price that lies between two ticks."""
    if instrument.ticks_of(price) is None:
        raise bad_price(instrument, reason="tick")


def check_price(instrument: Instrument, price: Decimal) -> None:
    """Refuse a limit price outside the instrument's bounds or off its tick."""
    if price > instrument.max_price:
        raise bad_price(instrument, reason="high")
    if price < instrument.min_price:
        raise bad_price(instrument, reason="low")
    check_tick(instrument, price)


def check_quantity(order: Order, qty: Decimal) -> None:
    """Refuse a quantity outside the instrument's bounds, off its step or worth too little."""
    instrument = order.listing.instrument
    price = order.price or order.listing.fair_price
    if order.by_value:
        if qty < instrument.min_notional:
            raise notional_too_small(instrument.category)
        if qty > instrument.max_market_qty * price:
            raise bad_quantity(instrument, reason="high")
        return
    if qty < instrument.min_qty:
        raise bad_quantity(instrument, reason="low")
    if instrument.lots_of(qty) is None:
        raise bad_quantity(instrument, reason="step")
    largest = instrument.max_market_qty if order.order_type == "Market" else instrument.max_limit_qty
    if qty > largest and not order.closes_only:
        raise bad_quantity(instrument, reason="high")
    if not order.closes_only and value_at(instrument, price, qty) < instrument.min_notional:
        raise notional_too_small(instrument.category)


def check_exit_prices(instrument: Instrument, plan: ExitPlan, side: Side, reference: Decimal) -> None:
    """Refuse take profit and stop loss prices on the wrong side of `reference`, or off the tick."""
    for price in (plan.take_profit, plan.stop_loss, plan.tp_limit, plan.sl_limit):
        if price is not None:
            check_tick(instrument, price)
    rising = side == "Buy"
    if plan.take_profit is not None and (plan.take_profit <= reference) == rising:
        raise parameter(f"TakeProfit must be {'above' if rising else 'below'} the base price {plain(reference)}")
    if plan.stop_loss is not None and (plan.stop_loss >= reference) == rising:
        raise parameter(f"StopLoss must be {'below' if rising else 'above'} the base price {plain(reference)}")


def _check_index(order: Order) -> None:
    hedged = order.account.is_hedged(order.listing)
    if order.position_idx not in ((1, 2) if hedged else (0,)):
        raise position_idx_mismatch()


def _reference(order: Order) -> Decimal:
    """Return the price that exits must lie on the right side of."""
    return order.price or order.trigger_price or order.listing.last_price or order.listing.fair_price


def _link_id(fields: Fields, instrument: Instrument) -> str:
    link_id = fields.text("orderLinkId")
    if link_id and not LINK_ID.fullmatch(link_id):
        raise parameter("orderLinkId must be at most 36 letters, digits, - and _")
    if not link_id and instrument.category == "option":
        raise parameter("orderLinkId is required for options")
    return link_id


def _time_in_force(account: Account, fields: Fields, order_type: OrderType, instrument: Instrument) -> TimeInForce:
    if fields.text("timeInForce") == "RPI":
        if not account.rpi_maker or instrument.category == "option":
            raise market_makers_only(instrument.category)
        if order_type == "Market":
            raise parameter("a Market order cannot be RPI")
        return "RPI"
    chosen: TimeInForce = fields.choice("timeInForce", TIMES_IN_FORCE, "GTC")
    if order_type == "Limit":
        return chosen
    if chosen == "PostOnly":
        raise parameter("a Market order cannot be PostOnly")
    return "FOK" if chosen == "FOK" else "IOC"


def _needed(fields: Fields, name: str) -> Decimal:
    price = fields.positive(name)
    if price is None:
        raise parameter(f"{name} is required")
    return price


def _bbo_price(order: Order, fields: Fields) -> Decimal:
    queue = fields.choice("bboSideType", ("Queue", "Counterparty")) == "Queue"
    level = fields.integer("bboLevel", 1)
    if not 1 <= level <= 5:
        raise parameter("bboLevel invalid")
    bids, asks = order.listing.depth(level)
    side = bids if (order.side == "Buy") == queue else asks
    if len(side) < level:
        raise parameter("the order book has no such level")
    order.create_type = "CreateByBboOrder"
    return side[level - 1][0]


def _slippage(order: Order, fields: Fields) -> None:
    if not fields.has("slippageToleranceType") or order.order_type != "Market":
        return
    kind = fields.choice("slippageToleranceType", ("TickSize", "Percent"))
    amount = fields.number("slippageTolerance")
    if amount is None or order.trigger_price is not None:
        raise parameter("slippageTolerance invalid")
    if kind == "TickSize" and not (1 <= amount <= 10_000 and amount == int(amount)):
        raise Refused(110108, "Allowable range: 1 to 10000 tick size")
    if kind == "Percent" and not Decimal("0.01") <= amount <= 10:
        raise Refused(110109, "Allowable range: 0.01% to 10%")
    order.slippage_type, order.slippage = kind, fields.text("slippageTolerance")
