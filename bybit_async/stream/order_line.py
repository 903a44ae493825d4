"""The connections of order entry, each with the requests that wait for its answers."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Protocol

import msgspec

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
from bybit_async.stream.frames import Frame, OrderEntryAnswer
from bybit_async.stream.settings import StreamSettings


class LineLost(ConnectionFailed):
    """The connection ended while a request on it was waiting for its answer."""


class Waiting(msgspec.Struct, frozen=True):
    """A request that was sent.

    Attributes:
        op: ``"order.create"`` and so on.
        order_link_id: the order link id it named; `order_id` the order id.
        sent_at: when, in seconds of the loop's clock.
        answer: takes the answer.
    """

    req_id: str
    op: str
    order_link_id: str | None
    order_id: str | None
    sent_at: float
    answer: asyncio.Future[OrderEntryAnswer]


class Unclaimed(Protocol):
    """Takes answers that no request waits for any more."""

    def __call__(self, answer: OrderEntryAnswer) -> None:
        """Take one."""
        ...


class OrderLine:
    """A connection from its opening to its end; every request on it is answered, lost, or given up by its caller.

    Attributes:
        draining: it takes no new requests and ends with the answer to the last one.
    """

    def __init__(self, connect: Callable[[OrderLine], Connection], unclaimed: Unclaimed) -> None:
        self._connection = connect(self)
        self._unclaimed = unclaimed
        self._waiting: dict[str, Waiting] = {}
        self._reader: asyncio.Task[str] | None = None
        self.draining = False

    @property
    def usable(self) -> bool:
        """Whether it takes requests."""
        return self._reader is not None and not self.draining and self._connection.takes_messages

    @property
    def age(self) -> float:
        """Seconds since it was opened."""
        return self._connection.age

    @property
    def pending(self) -> int:
        """Requests that wait for an answer."""
        return len(self._waiting)

    async def open(self) -> None:
        """Connect and authenticate; raises what `Connection.open` raises."""
        await self._connection.open()
        self._reader = asyncio.create_task(self._connection.run(), name=f"bybit_async {self._connection!r}")
        self._reader.add_done_callback(self._ended)

    async def request(self, waiting: Waiting, frame: bytes, deadline: float) -> OrderEntryAnswer:
        """Send a request and wait for its answer.

        Raises:
            NotSent: it was certainly not sent.
            LineLost: the connection ended first.
            TimeoutError: the answer did not come before `deadline` (seconds of the loop's clock).
        """
        if not self.usable:
            raise NotSent("the order entry connection is closed")
        self._waiting[waiting.req_id] = waiting
        try:
            async with asyncio.timeout_at(deadline):
                try:
                    await self._connection.send(frame)
                except ConnectionFailed as error:
                    # It may have left before the connection was found to be dead.
                    raise LineLost(str(error)) from error
                return await waiting.answer
        except TimeoutError:
            # Both may fall into one turn of a loop that was held up: what was answered is not unknown.
            if waiting.answer.done() and not waiting.answer.cancelled() and waiting.answer.exception() is None:
                return waiting.answer.result()
            raise
        finally:
            self._waiting.pop(waiting.req_id, None)
            _settle(waiting.answer)
            self._end_if_drained()

    def on_frame(self, frame: Frame) -> None:
        """Take a frame: hand an answer to the request that waits for it."""
        if not isinstance(frame, OrderEntryAnswer):
            return
        waiting = self._waiting.get(frame.req_id or "")
        if waiting is None or waiting.answer.done():
            self._unclaimed(frame)
        else:
            waiting.answer.set_result(frame)

    def drain(self) -> None:
        """Take no new requests, and end when nothing is waiting any more."""
        self.draining = True
        self._end_if_drained()

    async def end(self) -> None:
        """End now; what waits is lost."""
        self.draining = True
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})

    @property
    def reader(self) -> asyncio.Task[str] | None:
        """The task that reads; done when the connection has ended."""
        return self._reader

    def _end_if_drained(self) -> None:
        if self.draining and not self._waiting and self._reader is not None:
            self._reader.cancel()

    def _ended(self, reader: asyncio.Task[str]) -> None:
        reason = self._connection.end_reason or "connection lost"
        if not reader.cancelled():
            # Fetched, so that it is not reported as never looked at; it says no more than the reason does.
            reader.exception()
        for waiting in self._waiting.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(LineLost(reason))


def _settle(answer: asyncio.Future[OrderEntryAnswer]) -> None:
    # Whoever waited has an outcome already; an exception nobody fetches would be reported as forgotten.
    if not answer.cancel() and not answer.cancelled():
        answer.exception()


class OrderLines:
    """The connection that new requests use, and the older ones that still wait for answers.

    Args:
        connect: makes the connection of a line.
        unclaimed: takes answers that no request waits for.
        settings: times of the socket.
        host: what the connect budget is counted by.
        under_maintenance: whether Bybit says that it is being maintained.

    Attributes:
        connects: connections that were opened.
    """

    def __init__(
        self,
        connect: Callable[[OrderLine], Connection],
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
        self._line: OrderLine | None = None
        self._lines: set[OrderLine] = set()
        self._opening: asyncio.Task[OrderLine] | None = None
        self._failures = 0
        self._failure: Exception | None = None
        self._not_before = 0.0
        self._closed = False
        self.connects = 0

    @property
    def pending(self) -> int:
        """Requests that wait for an answer."""
        return sum(line.pending for line in self._lines)

    async def ready(self, deadline: float) -> OrderLine:
        """Return a line that takes requests, connecting one where there is none.

        Raises:
            NotSent: there is none to be had before `deadline` (seconds of the loop's clock).
            RequestRejected: the authentication was refused.
        """
        if self._closed:
            raise SessionClosed("order entry is closed")
        line = self._line if self._line is not None and self._line.usable else None
        if line is None:
            return await self._another(deadline)
        if self._grown_old(line) and asyncio.get_running_loop().time() >= self._not_before:
            # No order waits for that: the old line serves until the new one is there.
            self._begin()
        return line

    def drain(self, line: OrderLine) -> None:
        """Give a line no new requests; it ends with its last answer."""
        if self._line is line:
            self._line = None
        line.drain()

    async def aclose(self) -> None:
        """End every connection; what waits is lost."""
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening})
        for line in list(self._lines):
            await line.end()
        self._lines.clear()
        self._line = None

    async def _another(self, deadline: float) -> OrderLine:
        if self._opening is None or self._opening.done():
            self._wait_after_failure()
        return await self._opened(self._begin(), deadline)

    def _begin(self) -> asyncio.Task[OrderLine]:
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open(), name="bybit_async order entry")
            # Its failure reaches whoever waits; with every waiter gone it must not be reported as forgotten.
            self._opening.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._opening

    async def _opened(self, opening: asyncio.Task[OrderLine], deadline: float) -> OrderLine:
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

    def _grown_old(self, line: OrderLine) -> bool:
        limit = self._settings.rotate_after
        return limit is not None and line.age > limit

    async def _open(self) -> OrderLine:
        loop = asyncio.get_running_loop()
        await self._budget.turn(loop.time(), asyncio.sleep)
        line = OrderLine(self._connect, self._unclaimed)
        try:
            await line.open()
        except Exception as error:
            # Whatever it was, a signer of the user's included: the next order must not run into it at once.
            self._not_before = loop.time() + self._pause()
            self._failures = min(self._failures + 1, 10)
            self._failure = error
            raise
        self._failures = 0
        self._failure = None
        self.connects += 1
        self._adopt(line)
        return line

    def _pause(self) -> float:
        settings = self._settings
        usual = min(settings.max_backoff, settings.backoff * 2.0**self._failures)
        return max(usual, settings.maintenance_backoff) if self._under_maintenance() else usual

    def _adopt(self, line: OrderLine) -> None:
        self._lines.add(line)
        assert line.reader is not None
        line.reader.add_done_callback(lambda _: self._lines.discard(line))
        old, self._line = self._line, line
        if old is not None:
            old.drain()
