"""Several orders in one request: each item ends with its own code, and a full window lets only the first ones pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bybit_async.simulator.engine import Engine, refusals
from bybit_async.simulator.engine.accounts import Order
from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.limits import AccountLimiter, LimitVerdict
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route, TooManyVisits

_TOO_MANY = Refused(10006, "Too many visits. Exceeded the API Rate Limit.")
_LARGEST = {"spot": 10}
_LARGEST_ELSEWHERE = 20
_Outcome = Order | Refused


def place_batch(call: RestCall) -> RestAnswer:
    """`POST /v5/order/create-batch`."""
    return _carry_out(call, "/v5/order/create-batch", Engine.place_batch, placed=True)


def amend_batch(call: RestCall) -> RestAnswer:
    """`POST /v5/order/amend-batch`."""
    return _carry_out(call, "/v5/order/amend-batch", Engine.amend_batch, placed=False)


def cancel_batch(call: RestCall) -> RestAnswer:
    """`POST /v5/order/cancel-batch`."""
    return _carry_out(call, "/v5/order/cancel-batch", Engine.cancel_batch, placed=False)


def _carry_out(
    call: RestCall,
    path: str,
    operate: Callable[[Engine, Any, str, Sequence[Mapping[str, object]]], list[_Outcome]],
    *,
    placed: bool,
) -> RestAnswer:
    category = call.params.category()
    requests = call.params.values.get("request")
    if not isinstance(requests, list) or not requests or not all(isinstance(item, dict) for item in requests):
        raise refusals.parameter("request must be a list of orders")
    if len(requests) > _LARGEST.get(category, _LARGEST_ELSEWHERE):
        raise refusals.parameter("too many orders in one request")
    verdict = _spend(call.venue.account_limiter, call, path, category, len(requests))
    passed = len(requests) if verdict is None else verdict.passed
    if verdict is not None and category == "option":
        passed = len(requests) if verdict.passed else 0
    if verdict is not None and not passed:
        raise TooManyVisits(verdict)
    outcomes = operate(call.venue.engine, call.account, category, requests[:passed]) if passed else []
    outcomes = [*outcomes, *[_TOO_MANY] * (len(requests) - passed)]
    items = [
        _item(category, request, outcome, placed=placed) for request, outcome in zip(requests, outcomes, strict=True)
    ]
    return RestAnswer({"list": items}, {"list": [_code(outcome) for outcome in outcomes]}, verdict=verdict)


def _spend(limiter: AccountLimiter | None, call: RestCall, path: str, category: str, items: int) -> LimitVerdict | None:
    if limiter is None:
        return None
    return limiter.spend(call.account.uid, path, category, call.now, 1 if category == "option" else items)


def _item(category: str, request: Mapping[str, Any], outcome: _Outcome, *, placed: bool) -> dict[str, Any]:
    order = outcome if isinstance(outcome, Order) else None
    item = {
        "category": category,
        "symbol": str(request.get("symbol", "")),
        "orderId": order.order_id if order else "",
        "orderLinkId": order.link_id if order else str(request.get("orderLinkId", "")),
    }
    if placed:
        item["createAt"] = str(order.created_ms) if order else ""
    return item


def _code(outcome: _Outcome) -> dict[str, Any]:
    if isinstance(outcome, Refused):
        return {"code": outcome.code, "msg": outcome.message}
    return {"code": 0, "msg": "OK"}


ROUTES = (
    Route("POST", "/v5/order/create-batch", place_batch, permission="Trade"),
    Route("POST", "/v5/order/amend-batch", amend_batch, permission="Trade"),
    Route("POST", "/v5/order/cancel-batch", cancel_batch, permission="Trade"),
)
PATHS = frozenset(route.path for route in ROUTES)
