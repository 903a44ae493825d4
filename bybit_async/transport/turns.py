"""Who waits for a turn: in order, urgent ones first."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

from bybit_async.errors import DeadlineExceeded, SessionClosed


class TurnQueue:
    """Those who wait for one limit.

    Args:
        of: what they wait for, as an error message names it.

    Attributes:
        places: a heap of those waiting, and some that have given up; empty if none wait.
    """

    __slots__ = ("_closed", "_of", "_order", "places")

    def __init__(self, of: str) -> None:
        self._of = of
        self.places: list[tuple[bool, int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._closed = False

    def first(self) -> int | None:
        """Return the units that the next in turn wants; None if none wait."""
        while self.places and self.places[0][3].done():
            heapq.heappop(self.places)
        return self.places[0][2] if self.places else None

    def join(self, units: int, *, urgent: bool) -> asyncio.Future[None]:
        """Begin to wait.

        Raises:
            SessionClosed: the session is closed.
        """
        if self._closed:
            raise SessionClosed()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self.places, (not urgent, next(self._order), units, place))
        return place

    async def served(self, place: asyncio.Future[None], deadline: float) -> None:
        """Wait until the turn has come, at most until `deadline` (seconds of the loop's clock).

        Raises:
            DeadlineExceeded: it has not come by then.
            SessionClosed: the session was closed meanwhile.
        """
        try:
            async with asyncio.timeout_at(deadline):
                await place
        except TimeoutError:
            raise DeadlineExceeded(f"the deadline passed while waiting for the {self._of}") from None

    def serve(self) -> None:
        """Let the next in turn go."""
        if self.first() is not None:
            heapq.heappop(self.places)[3].set_result(None)

    def __len__(self) -> int:
        return sum(not place.done() for *_, place in self.places)

    def close(self) -> None:
        """Turn away everyone, now and from now on."""
        self._closed = True
        for *_, place in self.places:
            if not place.done():
                place.set_exception(SessionClosed())
        self.places.clear()
