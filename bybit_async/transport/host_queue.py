"""The queue in front of the host's own limit, in which cancels go first."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

from bybit_async.errors import DeadlineExceeded, SessionClosed
from bybit_async.transport.meter import Meter


class HostQueue:
    """Lets the requests of one session through as fast as the meter allows.

    Args:
        meter: how fast that is.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._order = count()
        self._serving: asyncio.Task[None] | None = None
        self._closed = False

    async def turn(self, *, urgent: bool, deadline: float) -> None:
        """Wait for one's turn, at most until `deadline` (seconds of the loop's clock); urgent ones are served first.

        Raises:
            DeadlineExceeded: it does not come in time.
            SessionClosed: the session was closed meanwhile.
        """
        if self._closed:
            raise SessionClosed("the session is closed")
        if not self._waiting and await self._meter.at_once():
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._order), place))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="bybit_async host limit")
        try:
            async with asyncio.timeout_at(deadline):
                await place
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed while waiting for the host's rate limit") from None

    def close(self) -> None:
        """Turn away whoever waits."""
        self._closed = True
        if self._serving is not None:
            self._serving.cancel()
        for *_, place in self._waiting:
            if not place.done():
                place.set_exception(SessionClosed("the session is closed"))
        self._waiting.clear()

    async def _serve(self) -> None:
        while self._waiting:
            if self._waiting[0][2].done():
                heapq.heappop(self._waiting)
                continue
            turns = await self._meter.reserve(sum(not place.done() for *_, place in self._waiting))
            if turns.wait > 0:
                await asyncio.sleep(turns.wait)
            for _ in range(turns.number):
                self._next()

    def _next(self) -> None:
        # Whoever is first now, not who was first when the wait began.
        while self._waiting:
            place = heapq.heappop(self._waiting)[2]
            if not place.done():
                place.set_result(None)
                return
