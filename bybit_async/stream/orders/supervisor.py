"""Which connection an order goes over: the current one, and the older ones that still wait for answers."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable

from bybit_async.backoff import Backoff
from bybit_async.errors import (
    BybitError,
    ConnectionFailed,
    DeadlineExceeded,
    NotSent,
    RequestRejected,
    SessionClosed,
    TransportError,
)
from bybit_async.stream.budget import budget_for
from bybit_async.stream.connection import Connection
from bybit_async.stream.orders.connection import OrderConnection, Unclaimed
from bybit_async.stream.settings import StreamSettings


class OrderSupervisor:
    """The connection that new requests use, and the older ones that still wait for answers.

    Args:
        connect: makes the socket of a connection.
        unclaimed: takes answers that no request waits for.
        settings: times of the socket.
        host: what the connect budget is counted by.
        under_maintenance: whether Bybit says that it is being maintained.

    Attributes:
        connects: connections that were opened.
    """

    def __init__(
        self,
        connect: Callable[[OrderConnection], Connection],
        unclaimed: Unclaimed,
        settings: StreamSettings,
        host: str,
        *,
        under_maintenance: Callable[[], bool],
    ) -> None:
        self._connect = connect
        self._unclaimed = unclaimed
        self._settings = settings
        self._under_maintenance = under_maintenance
        self._budget = budget_for(host, settings.connects, settings.connects_window)
        self._current: OrderConnection | None = None
        self._all: set[OrderConnection] = set()
        self._opening: asyncio.Task[OrderConnection] | None = None
        self._backoff = Backoff(settings.backoff, settings.max_backoff)
        self._failure: Exception | None = None
        self._not_before = 0.0
        self._closed = False
        self.connects: int = 0

    @property
    def pending(self) -> int:
        """Requests that wait for an answer."""
        return sum(connection.pending for connection in self._all)

    async def ready(self, deadline: float) -> OrderConnection:
        """Return a connection that takes requests, opening one if necessary.

        Raises:
            NotSent: none could be opened before `deadline` (seconds of the loop's clock).
            RequestRejected: the authentication was refused.
        """
        if self._closed:
            raise SessionClosed("order entry is closed")
        connection = self._current if self._current is not None and self._current.usable else None
        if connection is None:
            return await self._another(deadline)
        if self._grown_old(connection) and asyncio.get_running_loop().time() >= self._not_before:
            # No order waits for that: the old one serves until the new one is there.
            self._begin()
        return connection

    def drain(self, connection: OrderConnection) -> None:
        """Give a connection no new requests; it ends with its last answer."""
        if self._current is connection:
            self._current = None
        connection.drain()

    async def aclose(self) -> None:
        """End every connection; what waits is lost."""
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening})
        for connection in list(self._all):
            await connection.aclose()
        self._all.clear()
        self._current = None

    async def _another(self, deadline: float) -> OrderConnection:
        if self._opening is None or self._opening.done():
            self._wait_after_failure()
        return await self._opened(self._begin(), deadline)

    def _begin(self) -> asyncio.Task[OrderConnection]:
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open(), name="bybit_async order entry")
            # Its failure reaches those who wait; asyncio would report one that no waiter is left to retrieve.
            self._opening.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._opening

    async def _opened(self, opening: asyncio.Task[OrderConnection], deadline: float) -> OrderConnection:
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.wait({opening})
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed while connecting the order entry socket") from None
        if opening.cancelled():
            raise SessionClosed("order entry is closed")
        try:
            return opening.result()
        except (ConnectionFailed, TransportError) as error:
            raise NotSent(f"no order entry connection: {error}") from error
        except RequestRejected as error:
            raise copy.copy(error) from error

    def _wait_after_failure(self) -> None:
        # A caller is not made to wait: what is not sent at once can go another way.
        if asyncio.get_running_loop().time() < self._not_before and self._failure is not None:
            if isinstance(self._failure, RequestRejected):
                # Each gets an exception of its own: a traceback belongs to one task.
                raise copy.copy(self._failure)
            ours = isinstance(self._failure, BybitError)
            raise NotSent(
                f"no order entry connection a moment ago: {self._failure if ours else type(self._failure).__name__}"
            )

    def _grown_old(self, connection: OrderConnection) -> bool:
        limit = self._settings.rotate_after
        return limit is not None and connection.age > limit

    async def _open(self) -> OrderConnection:
        loop = asyncio.get_running_loop()
        await self._budget.turn(loop.time(), asyncio.sleep)
        connection = OrderConnection(self._connect, self._unclaimed)
        try:
            await connection.open()
        except Exception as error:
            # Any failure, one of the user's own signer included: the next order must not repeat it at once.
            self._not_before = loop.time() + self._pause()
            self._failure = error
            raise
        self._backoff.reset()
        self._failure = None
        self.connects += 1
        self._adopt(connection)
        return connection

    def _pause(self) -> float:
        usual = self._backoff.next_wait()
        return max(usual, self._settings.maintenance_backoff) if self._under_maintenance() else usual

    def _adopt(self, connection: OrderConnection) -> None:
        self._all.add(connection)
        assert connection.reader is not None
        connection.reader.add_done_callback(lambda _: self._all.discard(connection))
        old, self._current = self._current, connection
        if old is not None:
            old.drain()
