"""When an answer leaves, and with it what the request has set off."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Departure:
    """The moment at which an answer leaves; stream messages that the request set off wait for it."""

    __slots__ = ("_gone", "time")

    def __init__(self) -> None:
        self._gone = asyncio.Event()
        self.time: float | None = None

    def leave(self) -> None:
        """The answer leaves now, or never will; harmless when it has left."""
        if self.time is None:
            self.time = asyncio.get_running_loop().time()
            self._gone.set()

    async def wait(self) -> float:
        """Wait until the answer has left; return when that was, by the loop's clock."""
        await self._gone.wait()
        return self.time or 0.0


class Departures:
    """Which answer is being made at the moment, if any: making one is synchronous."""

    def __init__(self) -> None:
        self.current: Departure | None = None

    @contextmanager
    def answering(self, departure: Departure | None) -> Iterator[None]:
        """Have what is published meanwhile wait for an answer."""
        self.current = departure
        try:
            yield
        finally:
            self.current = None
