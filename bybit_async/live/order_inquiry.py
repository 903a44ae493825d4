"""Finding out what happened to an order request whose answer was lost.

An order that cannot be found may still be on its way: Bybit takes a request until its recv window has passed, and its
queries lag behind. So absence proves nothing here. The question is asked, ever more slowly, until the request can no
longer become live; then the outcome stays unknown. Nothing is ever sent a second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from bybit_async.api.resource import Caller
from bybit_async.api.trade.reads import GET_OPEN_ORDERS
from bybit_async.backoff import Backoff
from bybit_async.errors import BybitError, DuplicateOrderLinkId, OrderNotFound, OutcomeUnknown, RequestRejected
from bybit_async.live.evidence import Finding, done_since, is_creation, judge
from bybit_async.live.order_lookup import OrderLookup, Wanted
from bybit_async.models.trade import BatchAck, BatchAcks, CancelledOrders, Order, OrderAck, OrderPage
from bybit_async.models.trade.requests import is_generated, order_kind
from bybit_async.transport.clock import Clock
from bybit_async.transport.copies import Acknowledged
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.pages import Pager
from bybit_async.transport.pauses import Pauses
from bybit_async.transport.resolution import FirstSending, accepted, unknown_outcome
from bybit_async.wire import Response

log: logging.Logger = logging.getLogger("bybit_async.orders")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_QUERY_TIMEOUT = 10.0
"""How long the last question may take: Bybit's order queries are slow in volatile markets."""
_PAGE = 50

_GRACE = 2.0
"""Seconds past the recv window that a request taken at its very end may need to show up."""

_TOO_LATE = 110008

Request = Mapping[str, Any]
T = TypeVar("T")


class OrderInquiry:
    """Turns a lost answer into the answer it was, where the exchange still knows it.

    Args:
        caller: asks the questions.
        clock: the exchange's clock.
        acknowledged: the orders whose requests were acknowledged to the session before.
        recv_window: how long Bybit takes a request after its timestamp, in milliseconds.
    """

    def __init__(
        self, caller: Caller, clock: Clock, acknowledged: Acknowledged | None = None, *, recv_window: int
    ) -> None:
        self._caller = caller
        self._clock = clock
        self._acknowledged = acknowledged or Acknowledged()
        self._patience = recv_window / 1000 + _GRACE
        self._lookup = OrderLookup(caller)
        self._pauses = Pauses()

    async def __call__(
        self,
        endpoint: Endpoint,
        params: Request,
        error: OutcomeUnknown | RequestRejected,
        first: FirstSending | None = None,
    ) -> Response[Any]:
        """Return the answer that was lost; `first` says when the request left.

        Raises:
            RequestRejected: the refusal `error` holds; `OrderNotFound` says how the order ended.
            OutcomeUnknown: Bybit did not say; for a batch, only if it said nothing of any of its orders.
            SessionClosed: the session was closed meanwhile.
        """
        kind, first = order_kind(endpoint.path), first or FirstSending()
        if kind == "cancel all" and isinstance(error, OutcomeUnknown):
            if await self._in_time(self._emptied(params)):
                return accepted(endpoint, params, CancelledOrders(success=True))
        elif kind is not None and not endpoint.path.endswith("-batch"):
            order = await self._single(endpoint, kind, params, error, first)
            log.info("%s: found %s, it had happened", endpoint.name, order.order_id)
            return accepted(endpoint, params, OrderAck(order_id=order.order_id, order_link_id=order.order_link_id))
        elif kind is not None and isinstance(error, OutcomeUnknown):
            return await self._batch(endpoint, kind, params, error, first)
        raise error

    async def aclose(self) -> None:
        """Close: pending questions raise `SessionClosed`. Idempotent."""
        self._pauses.close()
        await self._lookup.aclose()

    async def _in_time(self, asking: Coroutine[Any, Any, T]) -> T | None:
        """Return what was found out; None when the time in which Bybit could tell is over."""
        try:
            async with asyncio.timeout(self._patience + _QUERY_TIMEOUT):
                return await asking
        except TimeoutError:
            log.info("what happened to an order could not be found out in time")
            return None

    async def _single(
        self,
        endpoint: Endpoint,
        kind: str,
        params: Request,
        error: OutcomeUnknown | RequestRejected,
        first: FirstSending,
    ) -> Order:
        """Return the order that shows that a request was carried out; raises what is known instead."""
        category = str(params.get("category"))
        if isinstance(error, OutcomeUnknown):
            order = await self._in_time(self._until_shown(kind, category, params, first))
        elif isinstance(error, DuplicateOrderLinkId):
            order = await self._in_time(self._existing(category, params, error, first))
        elif isinstance(error, OrderNotFound):
            return await self._gone(endpoint, kind, params, error, first)
        else:
            order = await self._in_time(self._lookup.find(_wanted(category, params)))
            if order is None or not self._done_by_copy(kind, order, params, first):
                raise error
        if order is None:
            raise (
                error
                if isinstance(error, OutcomeUnknown)
                else unknown_outcome(endpoint.name, params, str(error.ret_code), str(error))
            ) from error
        return order

    async def _existing(
        self, category: str, params: Request, refusal: DuplicateOrderLinkId, first: FirstSending
    ) -> Order | None:
        """Find the order that has the order link id of a create; raises `refusal` if it is another one."""
        wanted = _wanted(category, params)
        asked_elsewhere = is_generated(wanted.order_link_id)
        looks = self._looks()
        while await looks.again():
            order = await self._lookup.find(wanted, alone=looks.last)
            if order is not None:
                if is_creation(order, params, first.after(self._clock)):
                    return order
                raise refusal
            if not asked_elsewhere:
                asked_elsewhere = True
                if await self._lookup.exists_elsewhere(wanted):
                    raise refusal
        return None

    async def _gone(
        self, endpoint: Endpoint, kind: str, params: Request, refusal: OrderNotFound, first: FirstSending
    ) -> Order:
        """Find out how the order ended that an amendment or cancellation did not find; raises what is known."""
        wanted = _wanted(str(params.get("category")), params)
        if kind == "create" or not wanted.key:
            raise refusal
        order = await self._in_time(self._lookup.find(wanted))
        if order is not None and order.is_open:
            # Bybit contradicts itself, as when the order was still being placed: only time can tell.
            order = await self._in_time(self._ended(wanted))
            if order is None:
                raise unknown_outcome(
                    endpoint.name, params, str(refusal.ret_code), f"refused ({refusal}), but the order is open"
                ) from refusal
        if order is None:
            raise refusal
        if self._done_by_copy(kind, order, params, first):
            return order
        refusal.order_status = order.order_status
        raise refusal

    def _done_by_copy(self, kind: str, order: Order, params: Request, first: FirstSending) -> bool:
        before = (
            self._acknowledged.cancelled(order.order_id)
            if kind == "cancel"
            else self._acknowledged.already(order.order_id, params)
        )
        return not before and done_since(kind, order, params, first.after(self._clock))

    async def _ended(self, wanted: Wanted) -> Order | None:
        looks = self._looks()
        while await looks.again():
            order = await self._lookup.find(wanted)
            if order is not None and not order.is_open:
                return order
        return None

    async def _batch(
        self, endpoint: Endpoint, kind: str, params: Request, unknown: OutcomeUnknown, first: FirstSending
    ) -> Response[Any]:
        category = str(params.get("category"))
        items: list[Request] = list(params.get("request") or ())
        found = await asyncio.gather(*(self._item(kind, category, item, first) for item in items))
        if not any(found):
            raise unknown
        rows, codes = [], []
        for item, order in zip(items, found, strict=True):
            named = (item.get("orderId"), item.get("orderLinkId"))
            # An item without a code is one whose outcome is unknown.
            code: dict[str, Any] = {}
            if isinstance(order, Order):
                named, code = (order.order_id, order.order_link_id), {"code": 0}
            elif order is not None:
                code = {"code": order.ret_code, "msg": order.ret_msg}
            rows.append(
                BatchAck(category=category, symbol=item.get("symbol"), order_id=named[0], order_link_id=named[1])
            )
            codes.append(code)
        return accepted(endpoint, params, BatchAcks(rows=rows), {"list": codes})

    async def _item(self, kind: str, category: str, item: Request, first: FirstSending) -> Order | OrderNotFound | None:
        try:
            return await self._in_time(self._until_shown(kind, category, item, first))
        except OrderNotFound as error:
            return error

    async def _until_shown(self, kind: str, category: str, request: Request, first: FirstSending) -> Order | None:
        """Ask until the order shows what happened to the request, or the time for it has passed."""
        wanted = _wanted(category, request)
        if not wanted.key:
            return None
        looks = self._looks()
        while await looks.again():
            order = await self._lookup.find(wanted, alone=looks.last)
            if order is None:
                continue
            finding = judge(kind, order, request, first.allowed_from())
            if finding is Finding.HAPPENED:
                return order
            if finding is Finding.TOO_LATE:
                raise _too_late(order)
        return None

    async def _emptied(self, params: Request) -> bool:
        """Say whether no order that a cancel-all covered is open any more, before the time for it has passed."""
        asked = {name: value for name, value in params.items() if name != "stopOrderType"} | {"limit": _PAGE}
        started = self._clock.monotonic()
        looks = self._looks()
        while await looks.again():
            try:
                if not await self._any_older(asked, started):
                    return True
            except BybitError as error:
                log.info("open orders could not be listed: %s", error)
        return False

    async def _any_older(self, asked: dict[str, Any], started: float) -> bool:
        """Say whether an order is open that was there at `started`, in seconds of the clock's `monotonic`."""
        pages: Pager[OrderPage, Order] = Pager(self._caller.call, GET_OPEN_ORDERS, asked, _QUERY_TIMEOUT)
        async for order in pages:
            # Not before: only an answer tells whether our clock is right.
            if (order.created_time or 0) <= self._clock.latest_ms(started):
                return True
        return False

    def _looks(self) -> _Looks:
        return _Looks(self._pauses, self._patience)


class _Looks:
    """Looks at ever longer intervals, for `patience` seconds.

    Attributes:
        last: whether there is no look after this one.
    """

    def __init__(self, pauses: Pauses, patience: float) -> None:
        self.last = False
        self._pauses = pauses
        self._deadline = asyncio.get_running_loop().time() + patience
        self._backoff: Backoff | None = None

    async def again(self) -> bool:
        """Wait for the time of the next look; False after the last."""
        loop = asyncio.get_running_loop()
        if self.last:
            return False
        if self._backoff is None:
            self._backoff = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        else:
            await self._pauses.sleep(min(self._backoff.next_wait(), max(self._deadline - loop.time(), 0.0)))
        self.last = loop.time() >= self._deadline
        return True


def _wanted(category: str, request: Request) -> Wanted:
    return Wanted(category, request.get("symbol"), request.get("orderId"), request.get("orderLinkId"))


def _too_late(order: Order) -> OrderNotFound:
    words = f"too late, the order is {order.order_status}"
    error = OrderNotFound(_TOO_LATE, words, method="POST", path="/v5/order")
    error.order_status = order.order_status
    return error
