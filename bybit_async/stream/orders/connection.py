"""One order entry connection, and the requests that wait for an answer on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from bybit_async.errors import AnswerLost, ConnectionFailed, NotSent
from bybit_async.stream.connection import Connection
from bybit_async.stream.frames import Frame, OrderEntryAnswer

Unclaimed = Callable[[OrderEntryAnswer], None]
"""Takes answers that no request waits for any more."""


class PendingRequest(msgspec.Struct, frozen=True):
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


class OrderConnection:
    """A connection from its opening to its end; every request on it is answered, lost, or given up by its caller.

    Args:
        connect: makes the connection, whose frames come to `on_frame`.
        unclaimed: takes answers that no request waits for.

    Attributes:
        draining: it takes no new requests and ends with the answer to the last one.
    """

    def __init__(self, connect: Callable[[OrderConnection], Connection], unclaimed: Unclaimed) -> None:
        self._connection = connect(self)
        self._unclaimed = unclaimed
        self._pending: dict[str, PendingRequest] = {}
        self._reader: asyncio.Task[str] | None = None
        self.draining: bool = False

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
        return len(self._pending)

    @property
    def reader(self) -> asyncio.Task[str] | None:
        """The task that reads; done when the connection has ended."""
        return self._reader

    async def open(self) -> None:
        """Connect and authenticate; raises what `Connection.open` raises."""
        await self._connection.open()
        self._reader = asyncio.create_task(self._connection.run(), name=f"bybit_async {self._connection!r}")
        self._reader.add_done_callback(self._ended)

    async def request(self, pending: PendingRequest, frame: bytes, deadline: float) -> OrderEntryAnswer:
        """Send a request and wait for its answer.

        Raises:
            NotSent: it was certainly not sent.
            AnswerLost: the connection ended first.
            TimeoutError: the answer did not come before `deadline` (seconds of the loop's clock).
        """
        if not self.usable:
            raise NotSent("the order entry connection is closed")
        self._pending[pending.req_id] = pending
        try:
            async with asyncio.timeout_at(deadline):
                try:
                    await self._connection.send(frame)
                except ConnectionFailed as error:
                    # It may have left before the connection was found to be dead, and even been answered.
                    if not pending.answer.done():
                        raise AnswerLost(str(error)) from error
                return await pending.answer
        except TimeoutError:
            # Both may fall into one turn of a loop that was held up: what was answered is not unknown.
            if pending.answer.done() and not pending.answer.cancelled() and pending.answer.exception() is None:
                return pending.answer.result()
            raise
        finally:
            self._pending.pop(pending.req_id, None)
            _retrieve(pending.answer)
            self._end_if_drained()

    def on_frame(self, frame: Frame) -> None:
        """Take a frame: hand an answer to the request that waits for it."""
        if not isinstance(frame, OrderEntryAnswer):
            return
        pending = self._pending.get(frame.req_id or "")
        if pending is None or pending.answer.done():
            self._unclaimed(frame)
        else:
            pending.answer.set_result(frame)

    def drain(self) -> None:
        """Take no new requests, and end when nothing is waiting any more."""
        self.draining = True
        self._end_if_drained()

    async def aclose(self) -> None:
        """End now; what waits is lost."""
        self.draining = True
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})

    def _end_if_drained(self) -> None:
        if self.draining and not self._pending and self._reader is not None:
            self._reader.cancel()

    def _ended(self, reader: asyncio.Task[str]) -> None:
        reason = self._connection.end_reason or "connection lost"
        if not reader.cancelled():
            # Fetched, so that it is not reported as never looked at; it says no more than the reason does.
            reader.exception()
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(AnswerLost(reason))


def _retrieve(answer: asyncio.Future[OrderEntryAnswer]) -> None:
    # The caller has an outcome already; asyncio reports exceptions that are never retrieved.
    if not answer.cancel() and not answer.cancelled():
        answer.exception()
