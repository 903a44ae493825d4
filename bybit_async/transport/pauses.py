"""Pauses that end when the session does."""

from __future__ import annotations

import asyncio

from bybit_async.errors import SessionClosed


class Pauses:
    """The pauses between attempts of one session.

    Attributes:
        closed: whether the session was closed.
    """

    def __init__(self) -> None:
        self._pausing: set[asyncio.Future[None]] = set()
        self.closed: bool = False

    async def sleep(self, seconds: float) -> None:
        """Wait so long.

        Raises:
            SessionClosed: `close` was called, before or meanwhile.
        """
        if self.closed:
            raise SessionClosed()
        loop = asyncio.get_running_loop()
        pause: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _end, pause)
        self._pausing.add(pause)
        try:
            await pause
        finally:
            timer.cancel()
            self._pausing.discard(pause)

    def close(self) -> None:
        """End every pause, and let no other begin."""
        self.closed = True
        for pause in self._pausing:
            if not pause.done():
                pause.set_exception(SessionClosed())


def _end(pause: asyncio.Future[None]) -> None:
    if not pause.done():
        pause.set_result(None)
