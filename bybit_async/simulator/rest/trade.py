"""Orders: place, amend, cancel, and look them up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator import refusals
from bybit_async.simulator.orders import Order
from bybit_async.simulator.rest.call import Call, Route
from bybit_async.simulator.rest.demo import DAYS
from bybit_async.simulator.rest.lists import list_page

_PRODUCTS = ("OPTIONS", "DERIVATIVES", "SPOT")


def place_order(call: Call) -> dict[str, Any]:
    """`POST /v5/order/create`."""
    call.params.category()
    return _acknowledge(call.exchange.engine.place(call.account, call.params.values))


def amend_order(call: Call) -> dict[str, Any]:
    """`POST /v5/order/amend`."""
    call.params.category()
    return _acknowledge(call.exchange.engine.amend(call.account, call.params.values))


def cancel_order(call: Call) -> dict[str, Any]:
    """`POST /v5/order/cancel`."""
    call.params.category()
    return _acknowledge(call.exchange.engine.cancel(call.account, call.params.values))


def _acknowledge(order: Order) -> dict[str, Any]:
    return {"orderId": order.order_id, "orderLinkId": order.link_id}


def cancel_all_orders(call: Call) -> dict[str, Any]:
    """`POST /v5/order/cancel-all`."""
    call.params.category()
    orders = call.exchange.engine.cancel_all(call.account, call.params.values)
    return {"list": [_acknowledge(order) for order in orders], "success": "1"}


def get_open_orders(call: Call) -> dict[str, Any]:
    """`GET /v5/order/realtime`."""
    category = call.params.category()
    orders = call.exchange.engine.open_orders(call.account, call.params.values)
    return list_page(call, orders, Order.to_wire, category=category)


def get_order_history(call: Call) -> dict[str, Any]:
    """`GET /v5/order/history`."""
    category = call.params.category()
    orders = call.exchange.engine.order_history(call.account, call.windowed(7))
    if call.exchange.demo:
        oldest = call.now - DAYS * 86_400_000
        orders = [order for order in orders if order.created_ms > oldest]
    return list_page(call, orders, Order.to_wire, category=category)


def pre_check_order(call: Call) -> dict[str, Any]:
    """`POST /v5/order/pre-check`: margin rates before and after an order that is not placed."""
    category = call.params.category("linear", "inverse", "option")
    listing = call.listing(category)
    qty, price = call.params.decimal("qty"), call.params.decimal("price") or listing.fair_price
    if qty is None or price is None:
        raise refusals.parameter("qty is required")
    instrument = listing.instrument
    value = qty / price if category == "inverse" else qty * price
    worth = value * call.exchange.engine.coin_price(instrument.settle)
    wallet = call.exchange.engine.wallet(call.account)
    balance = Decimal(str(wallet["totalMarginBalance"]))
    initial, maintenance = Decimal(str(wallet["totalInitialMargin"])), Decimal(str(wallet["totalMaintenanceMargin"]))
    leverage = call.account.leverage_for(listing, call.params.integer("positionIdx", 0))
    rate = instrument.tier_for(value).maintenance_rate if instrument.risk_tiers else Decimal(0)
    return {
        "orderId": "",
        "orderLinkId": call.params.text("orderLinkId"),
        "preImrE4": _ten_thousandths(initial, balance),
        "preMmrE4": _ten_thousandths(maintenance, balance),
        "postImrE4": _ten_thousandths(initial + worth / leverage, balance),
        "postMmrE4": _ten_thousandths(maintenance + worth * rate, balance),
    }


def _ten_thousandths(part: Decimal, whole: Decimal) -> int:
    return int(part / whole * 10_000) if whole > 0 else 0


def set_disconnection_window(call: Call) -> dict[str, Any]:
    """`POST /v5/order/disconnected-cancel-all`."""
    product = call.params.choice("product", _PRODUCTS, "OPTIONS")
    window = call.params.integer("timeWindow", low=3, high=300)
    call.exchange.protection.configure(call.account, product, window)
    return {}


ROUTES = (
    Route("POST", "/v5/order/create", place_order, permission="Trade"),
    Route("POST", "/v5/order/amend", amend_order, permission="Trade"),
    Route("POST", "/v5/order/cancel", cancel_order, permission="Trade"),
    Route("POST", "/v5/order/cancel-all", cancel_all_orders, permission="Trade"),
    Route("GET", "/v5/order/realtime", get_open_orders, permission="Trade"),
    Route("GET", "/v5/order/history", get_order_history, permission="Trade"),
    Route("POST", "/v5/order/pre-check", pre_check_order, permission="Trade"),
    Route("POST", "/v5/order/disconnected-cancel-all", set_disconnection_window, permission="Trade"),
)
