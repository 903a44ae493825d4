"""Orders: place, amend, cancel, and look them up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator.engine.accounts import Order
from bybit_async.simulator.engine.amounts import plain, rounded
from bybit_async.simulator.engine.wires import order_wire
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.demo import DAYS
from bybit_async.simulator.rest.lists import list_page

_PRODUCTS = ("OPTIONS", "DERIVATIVES", "SPOT")
_TOO_POOR = 110007


def place_order(call: RestCall) -> dict[str, Any]:
    """`POST /v5/order/create`."""
    call.params.category()
    return _acknowledge(call.venue.engine.place(call.account, call.params.values))


def amend_order(call: RestCall) -> dict[str, Any]:
    """`POST /v5/order/amend`."""
    call.params.category()
    return _acknowledge(call.venue.engine.amend(call.account, call.params.values))


def cancel_order(call: RestCall) -> dict[str, Any]:
    """`POST /v5/order/cancel`."""
    call.params.category()
    return _acknowledge(call.venue.engine.cancel(call.account, call.params.values))


def _acknowledge(order: Order) -> dict[str, Any]:
    return {"orderId": order.order_id, "orderLinkId": order.link_id}


def cancel_all_orders(call: RestCall) -> dict[str, Any]:
    """`POST /v5/order/cancel-all`."""
    call.params.category()
    orders = call.venue.engine.cancel_all(call.account, call.params.values)
    return {"list": [_acknowledge(order) for order in orders], "success": "1"}


def get_open_orders(call: RestCall) -> dict[str, Any]:
    """`GET /v5/order/realtime`."""
    category = call.params.category()
    orders = call.venue.engine.open_orders(call.account, call.params.values)
    return list_page(call, orders, order_wire, category=category)


def get_order_history(call: RestCall) -> dict[str, Any]:
    """`GET /v5/order/history`."""
    category = call.params.category()
    orders = call.venue.engine.order_history(call.account, call.windowed(7))
    if call.venue.demo:
        oldest = call.now - DAYS * 86_400_000
        orders = [order for order in orders if order.created_ms > oldest]
    return list_page(call, orders, order_wire, category=category)


def pre_check_order(call: RestCall) -> RestAnswer:
    """`POST /v5/order/pre-check`: margin rates before and after an order that is not placed.

    What the account cannot do is refused with the code that placing it would have; the ids go into `retExtInfo`.
    """
    call.params.category("linear", "inverse", "option")
    tried = call.venue.engine.rehearse(call.account, call.params.values)
    after = [_ten_thousandths(rate) for rate in tried.after]
    if tried.refusal is None:
        before = [_ten_thousandths(rate) for rate in tried.before]
        rates = dict(zip(("preImrE4", "preMmrE4", "postImrE4", "postMmrE4"), before + after, strict=True))
        return RestAnswer({"orderId": tried.order_id, "orderLinkId": tried.link_id, **rates})
    ids: dict[str, Any] = {"future_order_id": tried.order_id, "future_order_link_id": tried.link_id}
    if tried.refusal.code == _TOO_POOR:
        ids |= {"post_imr_e4": after[0], "post_mmr_e4": after[1]}
    return RestAnswer({}, ids, tried.refusal.message, tried.refusal.code)


def _ten_thousandths(rate: Decimal) -> int:
    return int(rate * 10_000)


def get_borrow_quota(call: RestCall) -> dict[str, Any]:
    """`GET /v5/order/spot-borrow-check`: what the account holds, and what it can borrow on top."""
    call.params.category("spot")
    listing, side = call.listing("spot"), call.params.choice("side", ("Buy", "Sell"))
    instrument = listing.instrument
    best = listing.best_ask() if side == "Buy" else listing.best_bid()
    price = best or listing.fair_price
    coin = instrument.quote if side == "Buy" else instrument.base
    free = max(call.account.free(coin), Decimal(0))
    with_loan = free + call.venue.engine.borrowing.most(call.account, coin)

    def most(have: Decimal) -> tuple[str, str]:
        qty, amount = (have / price // instrument.lot * instrument.lot, have) if side == "Buy" else (have, have * price)
        return plain(qty), rounded(amount)

    held, borrowing = most(free), most(with_loan)
    return {
        "symbol": instrument.symbol,
        "side": side,
        "borrowCoin": coin,
        "maxTradeQty": borrowing[0],
        "maxTradeAmount": borrowing[1],
        "spotMaxTradeQty": held[0],
        "spotMaxTradeAmount": held[1],
    }


def set_disconnection_window(call: RestCall) -> dict[str, Any]:
    """`POST /v5/order/disconnected-cancel-all`."""
    product = call.params.choice("product", _PRODUCTS, "OPTIONS")
    window = call.params.integer("timeWindow", low=3, high=300)
    call.venue.protection.configure(call.account, product, window)
    return {}


ROUTES = (
    Route("POST", "/v5/order/create", place_order, permission="Trade"),
    Route("POST", "/v5/order/amend", amend_order, permission="Trade"),
    Route("POST", "/v5/order/cancel", cancel_order, permission="Trade"),
    Route("POST", "/v5/order/cancel-all", cancel_all_orders, permission="Trade"),
    Route("GET", "/v5/order/realtime", get_open_orders, permission="Trade"),
    Route("GET", "/v5/order/history", get_order_history, permission="Trade"),
    Route("POST", "/v5/order/pre-check", pre_check_order, permission="Trade"),
    Route("GET", "/v5/order/spot-borrow-check", get_borrow_quota, permission="Trade"),
    Route("POST", "/v5/order/disconnected-cancel-all", set_disconnection_window, permission="Trade"),
)
