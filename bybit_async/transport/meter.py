"""How fast a host may be asked: one leaky bucket, drawn on by everybody who asks it.

Where sessions share an event loop the bucket is aiolimiter's; the loops of a process, each on a thread of its own, have
one more in common. Processes share one in a file, see `shared_meter`. In these two turns are reserved ahead, so that
many who wait do not race each other for the next drop.
"""

from __future__ import annotations

import asyncio
import threading
from typing import NamedTuple, Protocol
from weakref import WeakKeyDictionary

from aiolimiter import AsyncLimiter

_MARGIN = 1.05
"""Requests do not arrive as evenly as they are sent; a window counts as this much longer than documented."""


class Turns(NamedTuple):
    """So many turns, after a wait of so many seconds."""

    number: int
    wait: float


class Speed(NamedTuple):
    """How full a bucket may get, and how many requests a second leak out of it."""

    capacity: float
    rate: float

    def reserve(self, level: float, elapsed: float, most: int) -> tuple[float, Turns]:
        """Return the level after `elapsed` seconds and a reservation of up to `most` turns, at least one, and those.

        Several are had only where none of them has to wait.
        """
        level = max(0.0, level - max(0.0, elapsed) * self.rate)
        free = self.capacity - level
        count = max(1, min(most, int(free)))
        return level + count, Turns(count, max(0.0, (count - free) / self.rate))


def speed_of(requests: int, seconds: float) -> Speed:
    """Return the speed that never passes `requests` in any `seconds`: a sixth at once, five sixths over the window."""
    return Speed(requests / 6, requests * 5 / 6 / (seconds * _MARGIN))


class Meter(Protocol):
    """Gives turns."""

    async def at_once(self) -> bool:
        """Take a turn that can be had without waiting, if there is one; never waits."""
        ...

    async def reserve(self, most: int) -> Turns:
        """Reserve turns: several that need no wait, or the next one."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class _Common:
    """The bucket of all event loops of a process: where there is one loop only, it is never the fuller one."""

    def __init__(self, speed: Speed) -> None:
        self._speed = speed
        self._level = self._at = 0.0
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Reserve a turn; return how many seconds to wait for it."""
        now = asyncio.get_running_loop().time()
        with self._lock:
            self._level, turns = self._speed.reserve(self._level, now - self._at, 1)
            self._at = max(self._at, now)
        return turns.wait

    def at_once(self) -> bool:
        """Take a turn that can be had without waiting, if there is one."""
        capacity, rate = self._speed
        now = asyncio.get_running_loop().time()
        # As `Speed.reserve` has it, spelled out: every request comes by here.
        with self._lock:
            elapsed = now - self._at
            level = self._level
            if elapsed > 0.0:
                level -= elapsed * rate
                if level < 0.0:
                    level = 0.0
            if level > capacity - 1:
                return False
            self._level = level + 1
            if elapsed > 0.0:
                self._at = now
            return True


class LoopMeter:
    """A meter for every session of a process: one bucket for each event loop, and one for all of them."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._common = _Common(speed_of(requests, seconds))
        # A sixth at once, then five sixths over the window: together never more than allowed in any window.
        self._size = requests / 6, seconds * _MARGIN / 5
        self._limiters: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncLimiter] = WeakKeyDictionary()
        self._last: tuple[asyncio.AbstractEventLoop, AsyncLimiter] | None = None
        self._lock = threading.Lock()

    def _limiter(self) -> AsyncLimiter:
        loop, last = asyncio.get_running_loop(), self._last
        if last is not None and last[0] is loop:
            return last[1]
        with self._lock:
            limiter = self._limiters.get(loop)
            if limiter is None:
                limiter = self._limiters[loop] = AsyncLimiter(*self._size)
            self._last = loop, limiter
        return limiter

    async def at_once(self) -> bool:
        """Take a turn that can be had without waiting, if there is one; never waits."""
        limiter = self._limiter()
        if not limiter.has_capacity() or not self._common.at_once():
            return False
        await limiter.acquire()
        return True

    async def reserve(self, most: int) -> Turns:
        """Wait for the next turn of the loop, and reserve one among all loops."""
        await self._limiter().acquire()
        return Turns(1, self._common.reserve())

    def close(self) -> None:
        """It outlives its sessions: others may draw on it."""
