"""How fast a host may be asked: one leaky bucket, drawn on by everybody who asks it.

Turns are reserved ahead: whoever finds the bucket full is told how long to wait for the turn that is its own from then
on, so that many who wait do not race each other for the next drop.
"""

from __future__ import annotations

import asyncio
import threading
from typing import NamedTuple, Protocol

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

    def at_once(self) -> bool:
        """Take a turn that can be had without waiting, if there is one."""
        ...

    async def reserve(self, most: int) -> Turns:
        """Reserve turns: several that need no wait, or the next one."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class ProcessMeter:
    """A meter for every session of this process, whatever loops and threads they live in."""

    def __init__(self, speed: Speed) -> None:
        self._speed = speed
        self._level = 0.0
        self._at = 0.0
        self._lock = threading.Lock()

    def at_once(self) -> bool:
        """Take a turn that can be had without waiting, if there is one."""
        now = asyncio.get_running_loop().time()
        with self._lock:
            level, turns = self._speed.reserve(self._level, now - self._at, 1)
            if turns.wait > 0:
                return False
            self._level, self._at = level, now
            return True

    async def reserve(self, most: int) -> Turns:
        """Reserve turns: several that need no wait, or the next one."""
        now = asyncio.get_running_loop().time()
        with self._lock:
            self._level, turns = self._speed.reserve(self._level, now - self._at, most)
            self._at = now
        return turns

    def close(self) -> None:
        """It outlives its sessions: others may draw on it."""
