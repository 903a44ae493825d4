"""Orders by the shorter way: over the order entry socket, and by REST what certainly was not sent there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from bybit_async.api.resource import Caller
from bybit_async.api.trade.batches import Batches
from bybit_async.api.trade.orders import Orders
from bybit_async.errors import DeadlineExceeded, InvalidParameter, NotSent
from bybit_async.stream.orders.entry import OrderEntry
from bybit_async.stream.orders.frames import OPERATIONS
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.multipart import Files
from bybit_async.transport.resolution import OnUnknown
from bybit_async.wire import Response

log: logging.Logger = logging.getLogger("bybit_async.live")


class SocketOrders(Orders, Batches):
    """`bybit.order_entry`: the order methods of `bybit.trade`, over the order entry socket.

    Placing, amending and cancelling, one by one and in batches. What the socket does not offer (`cancel_all_orders`,
    `pre_check_order`, `set_dcp`) raises `InvalidParameter`.

    Attributes:
        entry: the socket, with its counters.
    """

    __slots__ = ("entry",)

    def __init__(self, entry: OrderEntry) -> None:
        super().__init__(entry)
        self.entry: OrderEntry = entry

    async def connect(self, timeout: float | None = None) -> None:
        """Connect now, so that the first order does not wait for it; see `OrderEntry.connect`."""
        await self.entry.connect(timeout)


class OrderRouter:
    """A caller that sends order requests over the socket, and everything else by REST.

    Args:
        rest: the REST transport.
        order_entry: the socket.
        timeout: seconds one call may take altogether, unless it says otherwise.

    Attributes:
        fallbacks: order requests that went by REST because they could not be sent over the socket.
    """

    def __init__(self, rest: Caller, order_entry: OrderEntry, *, timeout: float) -> None:
        self._rest = rest
        self._order_entry = order_entry
        self._timeout = timeout
        self.fallbacks: int = 0

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        files: Files | None = None,
        on_unknown: OnUnknown | None = None,
    ) -> Response[Any]:
        """Send one request and return its whole answer; raises what the way it took raises."""
        if endpoint.path not in OPERATIONS:
            return await self._rest.call(endpoint, params, timeout=timeout, files=files, on_unknown=on_unknown)
        if timeout is not None and not timeout > 0:
            raise InvalidParameter("timeout", f"expected a positive number of seconds, got {timeout}")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (timeout or self._timeout)
        try:
            return await self._order_entry.call(
                endpoint, params, timeout=timeout or self._timeout, on_unknown=on_unknown
            )
        except DeadlineExceeded:
            raise
        except NotSent as error:
            left = deadline - loop.time()
            if left <= 0:
                raise
            log.info("%s goes by REST: %s", endpoint.name, error)
            self.fallbacks += 1
            return await self._rest.call(endpoint, params, timeout=left, on_unknown=on_unknown)
