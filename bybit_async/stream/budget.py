"""How often a host may be connected to; every session of the process shares one budget per host.

Hosts that Bybit counts together are one here.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections import deque
from collections.abc import Awaitable, Callable

from bybit_async.environments import counted_as


class ConnectBudget:
    """At most `most` connections in any `window` seconds."""

    def __init__(self, most: int, window: float) -> None:
        self._most = most
        self._window = window
        self._taken: deque[float] = deque()
        # Sessions of several event loops, each on a thread of its own, may share it.
        self._lock = threading.Lock()

    async def turn(self, now: float, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Wait until a connection may be made; a task that is cancelled meanwhile leaves its turn to others."""
        at = self._reserve(now)
        try:
            if at > now:
                await sleep(at - now)
        except BaseException:
            with self._lock:
                self._taken.remove(at)
            raise

    def take(self, now: float) -> float:
        """Reserve a connection and return the seconds to wait before making it."""
        return self._reserve(now) - now

    def _reserve(self, now: float) -> float:
        with self._lock:
            return self._reserve_locked(now)

    def _reserve_locked(self, now: float) -> float:
        while self._taken and self._taken[0] <= now - self._window:
            self._taken.popleft()
        at = now
        if len(self._taken) >= self._most:
            # The slot opens when the connection that is `most` places back in the line leaves the window.
            at = max(now, self._taken[len(self._taken) - self._most] + self._window)
        insort(self._taken, at)
        return at


_budgets: dict[tuple[str, int, float], ConnectBudget] = {}


def budget_for(host: str, most: int, window: float) -> ConnectBudget:
    """Return the one budget of a host, given with its port where it has one of its own."""
    return _budgets.setdefault((counted_as(host), most, window), ConnectBudget(most, window))
