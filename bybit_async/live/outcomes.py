"""Finding out what became of an order request whose answer was lost.

An order that cannot be found may still be on its way: Bybit takes a request until its recv window has passed, and its
queries lag behind. So absence proves nothing here. The question is asked, ever more slowly, until the request can no
longer become live; then the outcome stays unknown. Nothing is ever sent a second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bybit_async.api.resource import Caller
from bybit_async.api.trade.batches import AMEND_BATCH_ORDER, CANCEL_BATCH_ORDER, PLACE_BATCH_ORDER
from bybit_async.api.trade.orders import AMEND_ORDER, CANCEL_ORDER, PLACE_ORDER
from bybit_async.api.trade.reads import GET_OPEN_ORDERS, GET_ORDER_HISTORY
from bybit_async.errors import OrderNotFound, OutcomeUnknown, RateLimited, TransportError
from bybit_async.models.trade import BatchAck, BatchAcks, Order, OrderAck
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response

log = logging.getLogger("bybit_async.outcomes")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_QUERY_TIMEOUT = 10.0
"""Bybit warns that order queries are slow when markets are wild: they get longer than an order call does."""

_GRACE = 2.0
"""Seconds past the recv window that a request taken at its very end may need to show up."""

_CANCELLED = frozenset({"Cancelled", "PartiallyFilledCanceled", "Deactivated"})
_TOO_LATE = 110008

_CREATES = (PLACE_ORDER.path, PLACE_BATCH_ORDER.path)
_AMENDS = (AMEND_ORDER.path, AMEND_BATCH_ORDER.path)
_CANCELS = (CANCEL_ORDER.path, CANCEL_BATCH_ORDER.path)

Request = Mapping[str, Any]


class OutcomeResolver:
    """Turns a lost answer into the answer it was, where the exchange still knows it.

    Args:
        caller: asks the questions.
        recv_window: how long Bybit takes a request after its timestamp, in milliseconds.
    """

    def __init__(self, caller: Caller, *, recv_window: int) -> None:
        self._caller = caller
        self._patience = recv_window / 1000 + _GRACE

    async def __call__(self, endpoint: Endpoint, params: Request, unknown: OutcomeUnknown) -> Response[Any]:
        """Return the answer that was lost.

        Raises:
            OrderNotFound: an amendment or cancellation came too late, the order is final.
            OutcomeUnknown: the exchange did not tell; for a batch, only when it told of none of its orders.
        """
        if endpoint.path in (PLACE_ORDER.path, AMEND_ORDER.path, CANCEL_ORDER.path):
            order = await self._settle(endpoint.path, str(params.get("category")), params)
            if order is None:
                raise unknown
            log.info("%s: found %s, it had happened", endpoint.name, order.order_id)
            return Response(ret_code=0, result=OrderAck(order_id=order.order_id, order_link_id=order.order_link_id))
        if endpoint.path in (PLACE_BATCH_ORDER.path, AMEND_BATCH_ORDER.path, CANCEL_BATCH_ORDER.path):
            return await self._batch(endpoint, params, unknown)
        raise unknown

    async def _batch(self, endpoint: Endpoint, params: Request, unknown: OutcomeUnknown) -> Response[Any]:
        category = str(params.get("category"))
        items: list[Request] = list(params.get("request") or ())
        orders = await asyncio.gather(*(self._settle_item(endpoint.path, category, item) for item in items))
        if not any(orders):
            raise unknown
        acks, codes = [], []
        for item, outcome in zip(items, orders, strict=True):
            order = outcome if isinstance(outcome, Order) else None
            ids = (order.order_id, order.order_link_id) if order else (item.get("orderId"), item.get("orderLinkId"))
            acks.append(BatchAck(category=category, symbol=item.get("symbol"), order_id=ids[0], order_link_id=ids[1]))
            # An item without a code is one whose outcome is unknown.
            codes.append({"code": 0} if order else {"code": _TOO_LATE} if outcome == _TOO_LATE else {})
        return Response(ret_code=0, result=BatchAcks(rows=acks), ret_ext_info={"list": codes})

    async def _settle_item(self, path: str, category: str, item: Request) -> Order | int | None:
        try:
            return await self._settle(path, category, item)
        except OrderNotFound as error:
            return error.ret_code

    async def _settle(self, path: str, category: str, request: Request) -> Order | None:
        """Ask until the order shows that the request was carried out, or the time for it has passed."""
        done = _created if path in _CREATES else _cancelled if path in _CANCELS else _amended
        deadline = asyncio.get_running_loop().time() + self._patience
        pause = _FIRST_PAUSE
        while True:
            order = await self._find(category, request)
            if order is not None and done(order, request):
                return order
            if asyncio.get_running_loop().time() + pause > deadline:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _find(self, category: str, request: Request) -> Order | None:
        """Look where open orders are, then where Bybit keeps the closed ones, which a restart of it moves there."""
        query = {
            "category": category,
            "symbol": request.get("symbol"),
            "orderId": request.get("orderId"),
            "orderLinkId": request.get("orderLinkId"),
        }
        params = {name: value for name, value in query.items() if value is not None}
        for endpoint in (GET_OPEN_ORDERS, GET_ORDER_HISTORY):
            try:
                answer = await self._caller.call(endpoint, params, timeout=_QUERY_TIMEOUT)
            except (TransportError, RateLimited) as error:
                log.info("%s did not answer (%s), asking again", endpoint.name, type(error).__name__)
                continue
            rows: list[Order] = answer.result.rows
            if rows:
                return rows[0]
        return None


def _created(order: Order, request: Request) -> bool:
    return True


def _cancelled(order: Order, request: Request) -> bool:
    if order.order_status in _CANCELLED:
        return True
    _refuse_final(order)
    return False


def _amended(order: Order, request: Request) -> bool:
    _refuse_final(order)
    wanted = {field: request[name] for name, field in _AMENDABLE.items() if request.get(name) is not None}
    return all(_same(getattr(order, field), value) for field, value in wanted.items())


def _refuse_final(order: Order) -> None:
    if not order.is_open:
        raise OrderNotFound(_TOO_LATE, f"too late, the order is {order.order_status}", method="POST", path="/v5/order")


_AMENDABLE = {
    "qty": "qty",
    "price": "price",
    "triggerPrice": "trigger_price",
    "orderIv": "order_iv",
    "takeProfit": "take_profit",
    "stopLoss": "stop_loss",
    "tpLimitPrice": "tp_limit_price",
    "slLimitPrice": "sl_limit_price",
}


def _same(held: Decimal | None, wanted: Any) -> bool:
    try:
        return (held or Decimal(0)) == Decimal(str(wanted))
    except InvalidOperation:
        return False
