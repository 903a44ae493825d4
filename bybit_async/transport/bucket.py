"""The queue of one session before the limit of one endpoint."""

from __future__ import annotations

import asyncio

from bybit_async.errors import DeadlineExceeded
from bybit_async.transport.host_limit import RollingWindow
from bybit_async.transport.turns import TurnQueue


class Bucket:
    """The queue of one session before a window: callers go in order, urgent ones first.

    Attributes:
        window: what limits them, and perhaps other sessions.
        waiting: those who wait.
    """

    __slots__ = ("_timer", "waiting", "window")

    def __init__(self, window: RollingWindow) -> None:
        self.window: RollingWindow = window
        self.waiting: TurnQueue = TurnQueue("rate limit")
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, units: int, *, urgent: bool, deadline: float) -> None:
        """Wait for `units`, at most until `deadline` (seconds of the loop's clock).

        Raises:
            DeadlineExceeded: they are not free in time.
            SessionClosed: the session was closed meanwhile.
        """
        if max(self.window.blocked_until, asyncio.get_running_loop().time()) > deadline:
            raise DeadlineExceeded("the rate limit leaves no time to send this before its deadline")
        place = self.waiting.join(units, urgent=urgent)
        self._serve()
        await self.waiting.served(place, deadline)

    def close(self) -> None:
        """Stop the timer and turn away everyone who waits."""
        if self._timer is not None:
            self._timer.cancel()
        self.waiting.close()

    def _serve(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while (units := self.waiting.first()) is not None:
            ready = self.window.draw(units, loop.time())
            if ready is not None:
                self._timer = loop.call_at(ready, self._serve)
                return
            self.waiting.serve()
