"""Many orders in one request."""

from __future__ import annotations

from collections.abc import Sequence

from bybit_async.api.resource import Resource
from bybit_async.api.trade.orders import handled
from bybit_async.enums import Category
from bybit_async.models import trade as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import Endpoint, post
from bybit_async.transport.resolution import OnUnknown

PLACE_BATCH_ORDER = post("/v5/order/create-batch", "trade.place_batch_order", m.BatchAcks, batch="request")
AMEND_BATCH_ORDER = post("/v5/order/amend-batch", "trade.amend_batch_order", m.BatchAcks, batch="request")
CANCEL_BATCH_ORDER = post("/v5/order/cancel-batch", "trade.cancel_batch_order", m.BatchAcks, batch="request")


class Batches(Resource):
    """The part of `Trade` that sends batches.

    A batch holds up to 20 orders of one category (spot: 10): `PlaceOrder`, `AmendOrder` or `CancelOrder`, or dicts of
    their fields, spelled as here (``order_type``) or as on the wire (``orderType``).

    Each item of the result says what happened to one order: accepted (`ok`), refused (`code` and `message`), or
    `unknown`. Bybit is asked about unknown ones, unless ``on_unknown="raise"`` is given. It may take the first items
    and refuse the rest: send only those again.
    """

    __slots__ = ()

    async def place_batch_order(
        self,
        *,
        category: Category,
        request: Sequence[m.PlaceOrder | Fields],
        on_unknown: OnUnknown | None = None,
        timeout: float | None = None,
    ) -> m.BatchResult:
        """Place up to 20 orders (spot: 10). `POST /v5/order/create-batch`."""
        orders = m.orders_of(m.PlaceOrder, category, request)
        return await self._batch(PLACE_BATCH_ORDER, category, orders, on_unknown, timeout)

    async def amend_batch_order(
        self,
        *,
        category: Category,
        request: Sequence[m.AmendOrder | Fields],
        on_unknown: OnUnknown | None = None,
        timeout: float | None = None,
    ) -> m.BatchResult:
        """Amend up to 20 orders (spot: 10). `POST /v5/order/amend-batch`."""
        orders = m.orders_of(m.AmendOrder, category, request)
        return await self._batch(AMEND_BATCH_ORDER, category, orders, on_unknown, timeout)

    async def cancel_batch_order(
        self,
        *,
        category: Category,
        request: Sequence[m.CancelOrder | Fields],
        on_unknown: OnUnknown | None = None,
        timeout: float | None = None,
    ) -> m.BatchResult:
        """Cancel up to 20 orders (spot: 10). `POST /v5/order/cancel-batch`."""
        orders = m.orders_of(m.CancelOrder, category, request)
        return await self._batch(CANCEL_BATCH_ORDER, category, orders, on_unknown, timeout)

    async def _batch(
        self,
        endpoint: Endpoint,
        category: Category,
        request: Sequence[m.AnyOrderRequest],
        on_unknown: OnUnknown | None,
        timeout: float | None,
    ) -> m.BatchResult:
        body = {"category": category, "request": [order.batch_item() for order in request]}
        answer = await self._caller.call(endpoint, body, timeout=timeout, on_unknown=handled(on_unknown))
        return m.batch_result(request, answer.result.rows, answer.ret_ext_info)
