"""What a host allows an address and each key, and whether it has shut us out: shared by the sessions of a process.

Bybit counts by address, over all hosts of mainnet and its regions: those are one host here. One leaky bucket paces all
event loops of the process; processes share one in a file, see `shared_budget`. Turns are reserved ahead, so that many
who wait do not race each other for the next drop.
"""

from __future__ import annotations

import asyncio
import ipaddress
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from bybit_async.environments import counted_as
from bybit_async.errors import HostBanned
from bybit_async.transport.turns import TurnQueue

MARGIN = 1.05
"""Requests do not arrive as evenly as they are sent; a window counts as this much longer than documented."""

_PORTS = {"http": 80, "https": 443}


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

        Several are given only if none of them has to wait.
        """
        level = max(0.0, level - max(0.0, elapsed) * self.rate)
        free = self.capacity - level
        count = max(1, min(most, int(free)))
        return level + count, Turns(count, max(0.0, (count - free) / self.rate))


def speed_of(requests: int, seconds: float) -> Speed:
    """Return the speed that never passes `requests` in any `seconds`: a sixth at once, five sixths over the window."""
    return Speed(requests / 6, requests * 5 / 6 / (seconds * MARGIN))


class Budget(Protocol):
    """What a host allows: of this process (`HostBudget`), or of several (`shared_budget.SharedBudget`)."""

    def draw(self, now: float) -> bool:
        """Take a turn that needs no wait, if there is one; `now` in seconds of the loop's clock."""
        ...

    async def reserve(self, most: int) -> Turns:
        """Reserve turns: several that need no wait, or the next one."""
        ...

    def ban(self, until: int, seconds: float) -> None:
        """Note that the host has shut us out: until when in exchange milliseconds, and for how many seconds."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class HostBudget:
    """The bucket of all sessions of a process, on whatever event loop each is."""

    def __init__(self, speed: Speed) -> None:
        self._speed = speed
        self._level = self._at = 0.0
        self._lock = threading.Lock()

    def draw(self, now: float) -> bool:
        """Take a turn that needs no wait, if there is one; `now` in seconds of the loop's clock."""
        capacity, rate = self._speed
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

    async def reserve(self, most: int) -> Turns:
        """Reserve turns: several that need no wait, or the next one."""
        now = asyncio.get_running_loop().time()
        with self._lock:
            self._level, turns = self._speed.reserve(self._level, now - self._at, most)
            self._at = max(self._at, now)
        return turns

    def ban(self, until: int, seconds: float) -> None:
        """The sessions of this process know of it by their `Host`."""

    def close(self) -> None:
        """It outlives its sessions: others may draw on it."""


class RollingWindow:
    """At most `size` units in any `period` seconds. Sessions on several threads may share it."""

    __slots__ = ("__weakref__", "_blocked_until", "_lock", "_sent", "_used", "period", "size")

    def __init__(self, size: int, period: float) -> None:
        self.size: int = size
        self.period: float = period * MARGIN
        self._sent: deque[tuple[float, int]] = deque()
        self._used = 0
        self._blocked_until = 0.0
        self._lock = threading.Lock()

    @property
    def blocked_until(self) -> float:
        """Before when nothing is let through, in seconds of the loop's clock."""
        return self._blocked_until

    def draw(self, units: int, now: float) -> float | None:
        """Take `units` and return None, or return the earliest moment at which they are free."""
        with self._lock:
            units = min(units, self.size)
            sent = self._sent
            while sent and sent[0][0] <= now - self.period:
                self._used -= sent.popleft()[1]
            if self._blocked_until <= now and self._used + units <= self.size:
                sent.append((now, units))
                self._used += units
                return None
            ready, surplus = self._blocked_until, self._used + units - self.size
            for at, spent in sent:
                if surplus <= 0:
                    break
                surplus -= spent
                ready = max(ready, at + self.period)
            return ready

    def resize(self, size: int) -> None:
        """Adopt the size that the exchange says it has."""
        if size > 0:
            self.size = size

    def block_until(self, when: float) -> None:
        """Let nothing through before `when` (seconds of the loop's clock)."""
        self._blocked_until = max(self._blocked_until, when)


class HostQueue:
    """Lets the requests of one session through as fast as a budget allows, cancels first."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.waiting: TurnQueue = TurnQueue("host's rate limit")
        self._serving: asyncio.Task[None] | None = None

    async def turn(self, *, urgent: bool, deadline: float) -> None:
        """Wait for a turn, at most until `deadline` (seconds of the loop's clock).

        Raises:
            DeadlineExceeded: it does not come in time.
            SessionClosed: the session was closed meanwhile.
        """
        place = self.waiting.join(1, urgent=urgent)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="bybit_async host limit")
        await self.waiting.served(place, deadline)

    def close(self) -> None:
        """Turn away everyone who waits."""
        self.waiting.close()
        if self._serving is not None:
            self._serving.cancel()
        self.budget.close()

    async def _serve(self) -> None:
        while self.waiting.first() is not None:
            turns = await self.budget.reserve(len(self.waiting))
            if turns.wait > 0:
                await asyncio.sleep(turns.wait)
            for _ in range(turns.number):
                # The first in turn now, not the first when the wait began.
                self.waiting.serve()


class Host:
    """One host, as long as a session uses it or it bans us.

    Attributes:
        name: scheme, host and port; empty for one that is not shared.
        shut: the refusal that shut us out, and what tells that it is over; may be outdated, see `ban`.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._budgets: dict[tuple[int, float], HostBudget] = {}
        self._windows: dict[tuple[str, ...], RollingWindow] = {}
        # One attribute, because a thread may set what the loop reads.
        self.shut: tuple[HostBanned, Callable[[], bool]] | None = None

    def budget(self, requests: int, seconds: float) -> HostBudget:
        """Return the budget of those who believe that the host allows so many requests in so many seconds."""
        return self._budgets.setdefault((requests, seconds), HostBudget(speed_of(requests, seconds)))

    def window(self, key: tuple[str, ...], size: int, period: float) -> RollingWindow:
        """Return the window of one account and endpoint, the same for every session that counts on it."""
        with _lock:
            return self._windows.setdefault(key, RollingWindow(size, period))

    @property
    def ban(self) -> HostBanned | None:
        """The refusal that shut us out, until it is over."""
        shut = self.shut
        if shut is None:
            return None
        error, over = shut
        if not over():
            return error
        if self.shut is shut:
            self.shut = None
        return None

    def close_until(self, error: HostBanned, over: Callable[[], bool]) -> None:
        """Note that the host has shut us out; `over` says when no more. Of two bans the longer one counts."""
        ban = self.ban
        if ban is not None and (ban.until or 0) >= (error.until or 0):
            return
        self.shut = error, over
        if self.name and not _is_loopback(self.name):
            with _lock:
                _shut[self.name] = self


_hosts: WeakValueDictionary[str, Host] = WeakValueDictionary()
_shut: dict[str, Host] = {}
"""Hosts whose ban must be remembered although no session may be left: a new one must not run into it."""
_lock = threading.Lock()


def host_at(url: str) -> Host:
    """Return the one host of an address."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    name = f"{parts.scheme}://{counted_as(parts.hostname or '') if port == 443 else parts.hostname}:{port}"
    with _lock:
        for over in [other for other, host in _shut.items() if host.ban is None]:
            del _shut[over]
        return _hosts.setdefault(name, Host(name))


def _is_loopback(name: str) -> bool:
    # What listens on a port of this computer is another exchange a moment later.
    hostname = urlsplit(name).hostname or ""
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return hostname == "localhost"
