"""Finding out what became of an order request whose answer was lost.

An order that cannot be found may still be on its way: Bybit takes a request until its recv window has passed, and its
queries lag behind. So absence proves nothing here. The question is asked, ever more slowly, until the request can no
longer become live; then the outcome stays unknown. Nothing is ever sent a second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import msgspec

from bybit_async import drift
from bybit_async.api.resource import Caller
from bybit_async.api.trade.batches import AMEND_BATCH_ORDER, CANCEL_BATCH_ORDER, PLACE_BATCH_ORDER
from bybit_async.api.trade.orders import AMEND_ORDER, CANCEL_ALL_ORDERS, CANCEL_ORDER, PLACE_ORDER
from bybit_async.api.trade.reads import GET_OPEN_ORDERS
from bybit_async.errors import BybitError, OrderNotFound, OutcomeUnknown
from bybit_async.live.evidence import Verdict, judge
from bybit_async.live.order_lookup import OrderLookup, Wanted
from bybit_async.models.trade import BatchAck, BatchAcks, CancelledOrders, Order, OrderAck, OrderPage
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.pages import Pager
from bybit_async.transport.pauses import Pauses
from bybit_async.wire import Response, Wire

log = logging.getLogger("bybit_async.outcomes")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_QUERY_TIMEOUT = 10.0
"""How long an answer to the last question is waited for: Bybit is slow to tell when markets are wild."""
_PAGE = 50

_GRACE = 2.0
"""Seconds past the recv window that a request taken at its very end may need to show up."""

_TOO_LATE = 110008

_SINGLE = {PLACE_ORDER.path: "create", AMEND_ORDER.path: "amend", CANCEL_ORDER.path: "cancel"}
_BATCH = {PLACE_BATCH_ORDER.path: "create", AMEND_BATCH_ORDER.path: "amend", CANCEL_BATCH_ORDER.path: "cancel"}

Request = Mapping[str, Any]
T = TypeVar("T")


class OutcomeResolver:
    """Turns a lost answer into the answer it was, where the exchange still knows it.

    Args:
        caller: asks the questions.
        clock: the exchange's clock.
        recv_window: how long Bybit takes a request after its timestamp, in milliseconds.
    """

    def __init__(self, caller: Caller, clock: Clock, *, recv_window: int) -> None:
        self._caller = caller
        self._clock = clock
        self._patience = recv_window / 1000 + _GRACE
        self._lookup = OrderLookup(caller)
        self._pauses = Pauses()

    async def __call__(
        self, endpoint: Endpoint, params: Request, error: OutcomeUnknown | OrderNotFound
    ) -> Response[Any]:
        """Return the answer that was lost.

        Raises:
            OrderNotFound: an amendment or cancellation came too late, the order is final.
            OutcomeUnknown: the exchange did not tell; for a batch, only when it told of none of its orders.
            SessionClosed: the session was closed meanwhile.
        """
        if isinstance(error, OrderNotFound):
            raise await self._explained(endpoint, params, error) from error
        category = str(params.get("category"))
        if endpoint.path in _SINGLE:
            order = await self._in_time(self._settle(_SINGLE[endpoint.path], category, params, error.sent_at))
            if order is None:
                raise error
            log.info("%s: found %s, it had happened", endpoint.name, order.order_id)
            return _answer(endpoint, OrderAck(order_id=order.order_id, order_link_id=order.order_link_id))
        if endpoint.path in _BATCH:
            return await self._batch(endpoint, category, params, error)
        if endpoint.path == CANCEL_ALL_ORDERS.path and await self._in_time(self._emptied(params)):
            return _answer(endpoint, CancelledOrders(success=True))
        raise error

    async def aclose(self) -> None:
        """End: whoever waits gets `SessionClosed`. Idempotent."""
        self._pauses.close()
        await self._lookup.aclose()

    async def _in_time(self, asking: Coroutine[Any, Any, T]) -> T | None:
        """Return what was found out; None when the time in which Bybit could tell is over."""
        try:
            async with asyncio.timeout(self._patience + _QUERY_TIMEOUT):
                return await asking
        except TimeoutError:
            log.info("Bybit did not tell in time what became of an order")
            return None

    async def _explained(
        self, endpoint: Endpoint, params: Request, refusal: OrderNotFound
    ) -> OrderNotFound | OutcomeUnknown:
        """Find out how the order ended that an amendment or cancellation did not find."""
        wanted = _wanted(str(params.get("category")), params)
        if endpoint.path not in (AMEND_ORDER.path, CANCEL_ORDER.path) or not wanted.key:
            return refusal
        order = await self._in_time(self._lookup.find(wanted))
        if order is None:
            return refusal
        if order.is_open:
            # Bybit contradicts itself, as when the order was still being placed: only time can tell.
            order = await self._in_time(self._ended(wanted))
        if order is None:
            return OutcomeUnknown(
                f"{endpoint.name}: refused ({refusal}), but the order is open",
                order_link_id=params.get("orderLinkId"),
                order_id=params.get("orderId"),
                reason=str(refusal.ret_code),
            )
        refusal.order_status = order.order_status
        return refusal

    async def _ended(self, wanted: Wanted) -> Order | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        pause = _FIRST_PAUSE
        while loop.time() < deadline:
            await self._pauses.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            order = await self._lookup.find(wanted)
            if order is not None and not order.is_open:
                return order
        return None

    async def _batch(
        self, endpoint: Endpoint, category: str, params: Request, unknown: OutcomeUnknown
    ) -> Response[Any]:
        kind = _BATCH[endpoint.path]
        items: list[Request] = list(params.get("request") or ())
        outcomes = await asyncio.gather(*(self._settle_item(kind, category, item, unknown.sent_at) for item in items))
        if not any(outcomes):
            raise unknown
        acks, codes = [], []
        for item, outcome in zip(items, outcomes, strict=True):
            order = outcome if isinstance(outcome, Order) else None
            ids = (order.order_id, order.order_link_id) if order else (item.get("orderId"), item.get("orderLinkId"))
            acks.append(BatchAck(category=category, symbol=item.get("symbol"), order_id=ids[0], order_link_id=ids[1]))
            # An item without a code is one whose outcome is unknown.
            codes.append(_refusal_code(outcome) if isinstance(outcome, OrderNotFound) else {"code": 0} if order else {})
        return _answer(endpoint, BatchAcks(rows=acks), {"list": codes})

    async def _settle_item(
        self, kind: str, category: str, item: Request, sent_at: int | None
    ) -> Order | OrderNotFound | None:
        try:
            return await self._in_time(self._settle(kind, category, item, sent_at))
        except OrderNotFound as error:
            return error

    async def _settle(self, kind: str, category: str, request: Request, sent_at: int | None) -> Order | None:
        """Ask until the order shows what became of the request, or the time for it has passed."""
        wanted = _wanted(category, request)
        if not wanted.key:
            return None
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        pause = _FIRST_PAUSE
        while True:
            last = loop.time() >= deadline
            order = await self._lookup.find(wanted, alone=last)
            if order is not None:
                verdict = judge(kind, order, request, sent_at)
                if verdict is Verdict.HAPPENED:
                    return order
                if verdict is Verdict.TOO_LATE:
                    raise _too_late(order)
            if last:
                return None
            await self._pauses.sleep(min(pause, max(deadline - loop.time(), 0.0)))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _emptied(self, params: Request) -> bool:
        """Say whether no order that a cancel-all covered is open any more, before the time for it has passed."""
        asked = {name: value for name, value in params.items() if name != "stopOrderType"} | {"limit": _PAGE}
        started = self._clock.monotonic()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        pause = _FIRST_PAUSE
        while True:
            last = loop.time() >= deadline
            try:
                pages: Pager[OrderPage, Order] = Pager(self._caller.call, GET_OPEN_ORDERS, asked, _QUERY_TIMEOUT)
                orders = [order async for order in pages]
                # Not before: only the answer tells whether our clock is right.
                sent_at = self._clock.latest_ms(started)
                if all((order.created_time or 0) > sent_at for order in orders):
                    return True
            except BybitError as error:
                log.info("open orders are not told: %s", error)
            if last:
                return False
            await self._pauses.sleep(min(pause, max(deadline - loop.time(), 0.0)))
            pause = min(pause * 2, _LONGEST_PAUSE)


def _answer(endpoint: Endpoint, result: Wire, info: dict[str, Any] | None = None) -> Response[Any]:
    """Return the answer with its result as the caller wants it: of the endpoint's type, or plain objects."""
    wanted = endpoint.result
    as_wanted = result if wanted is type(result) else drift.decode(msgspec.json.encode(result), wanted)
    return Response(ret_code=0, result=as_wanted, ret_ext_info=info)


def _wanted(category: str, request: Request) -> Wanted:
    return Wanted(category, request.get("symbol"), request.get("orderId"), request.get("orderLinkId"))


def _too_late(order: Order) -> OrderNotFound:
    words = f"too late, the order is {order.order_status}"
    error = OrderNotFound(_TOO_LATE, words, method="POST", path="/v5/order")
    error.order_status = order.order_status
    return error


def _refusal_code(error: OrderNotFound) -> dict[str, Any]:
    return {"code": error.ret_code, "msg": error.ret_msg}
