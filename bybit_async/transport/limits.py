"""Rate limits: a request waits here until Bybit's own count of it cannot be overrun.

Bybit counts requests per account and endpoint in a rolling second, so a bucket is a rolling window, not a leaky bucket:
a leaky bucket of capacity n that refills n a second lets 2 n through in its first second. The host's 600 requests in 5
seconds per address is the one limit where a leaky bucket is exact enough, aiolimiter's, see `meter`: it needs no memory
of every request, and so can be shared by sessions and processes.
"""

from __future__ import annotations

import asyncio
import heapq
import os
from collections import deque
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bybit_async.errors import DeadlineExceeded, HostBanned, InvalidParameter, SessionClosed
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.host_queue import HostQueue
from bybit_async.transport.hosts import Host
from bybit_async.transport.meter import Meter, speed_of
from bybit_async.wire import Limit

if TYPE_CHECKING:
    from bybit_async.transport.shared_meter import SharedMeter

_MARGIN = 1.05
"""Requests do not arrive as evenly as they are sent; a window counts as this much longer than documented."""

_LONGEST_BLOCK = 60.0
"""A reset further ahead than this many seconds is a garbled header."""

_URGENT, _NORMAL = 0, 1


class Bucket:
    """At most `size` units in any `period` seconds; waiting callers go in order, urgent ones first."""

    __slots__ = ("_blocked_until", "_order", "_sent", "_timer", "_used", "_waiting", "period", "size")

    def __init__(self, size: int, period: float) -> None:
        self.size = size
        self.period = period * _MARGIN
        self._sent: deque[tuple[float, int]] = deque()
        self._used = 0
        self._blocked_until = 0.0
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, units: int, *, urgent: bool, deadline: float) -> None:
        """Wait for `units`, at most until `deadline` (seconds of the loop's clock).

        Raises:
            DeadlineExceeded: they cannot be had in time.
            SessionClosed: the session was closed meanwhile.
        """
        loop = asyncio.get_running_loop()
        units = min(units, self.size)
        now = loop.time()
        if not self._waiting and self._ready_at(units, now) <= now:
            self._spend(units, now)
            return
        if max(self._blocked_until, now) > deadline:
            raise DeadlineExceeded("the rate limit leaves no time to send this before its deadline")
        place: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiting, (_URGENT if urgent else _NORMAL, next(self._order), units, place))
        self._serve()
        try:
            async with asyncio.timeout_at(deadline):
                await place
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed while waiting for the rate limit") from None

    def resize(self, size: int) -> None:
        """Adopt the size that the exchange says it has."""
        if size > 0:
            self.size = size

    def block_until(self, when: float) -> None:
        """Let nothing through before `when` (seconds of the loop's clock)."""
        self._blocked_until = max(self._blocked_until, when)

    def _ready_at(self, units: int, now: float) -> float:
        while self._sent and self._sent[0][0] <= now - self.period:
            self._used -= self._sent.popleft()[1]
        ready = now
        surplus = self._used + units - self.size
        if surplus > 0:
            for at, spent in self._sent:
                surplus -= spent
                if surplus <= 0:
                    ready = at + self.period
                    break
        return max(ready, self._blocked_until)

    def _spend(self, units: int, now: float) -> None:
        self._sent.append((now, units))
        self._used += units

    def _serve(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while self._waiting:
            _, _, units, place = self._waiting[0]
            if place.done():
                heapq.heappop(self._waiting)
                continue
            now = loop.time()
            ready = self._ready_at(units, now)
            if ready > now:
                self._timer = loop.call_at(ready, self._serve)
                return
            heapq.heappop(self._waiting)
            self._spend(units, now)
            place.set_result(None)

    def close(self) -> None:
        """Stop the timer and turn away whoever waits."""
        if self._timer is not None:
            self._timer.cancel()
        for *_, place in self._waiting:
            if not place.done():
                place.set_exception(SessionClosed("the session is closed"))
        self._waiting.clear()


class RateLimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an address may send to a host, over all endpoints; endpoint limits are learned from the answers.

    Attributes:
        host_requests: how many requests in any `host_seconds`. Bybit counts 600 in 5 seconds per address; raise it for
            a host that allows more, lower it where others share the address. The sessions of a process share it.
        host_seconds: the length of that window in seconds.
        shared: a file through which the processes of one machine share that budget, and the news of a ban; give all of
            them the same. It is made where there is none, and may be deleted while none of them runs. While it cannot
            be used, a warning says so and the process paces itself alone.
    """

    host_requests: int = 600
    host_seconds: float = 5.0
    shared: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.host_requests < 6:
            raise InvalidParameter("host_requests", f"expected at least 6, got {self.host_requests!r}")
        if not self.host_seconds > 0:
            raise InvalidParameter("host_seconds", f"expected a positive number of seconds, got {self.host_seconds!r}")
        if self.shared is not None and not Path(self.shared).parent.is_dir():
            raise InvalidParameter("shared", f"expected a file in a folder that exists, got {str(self.shared)!r}")


class RateLimits:
    """Every bucket of one session, and its part in the budget and the breaker of its host.

    Args:
        clock: tells exchange time, in which the headers speak.
        enabled: off leaves only the breaker; for a host that does not count.
        settings: the host's budget.
        host: what is shared with other sessions; by default nothing.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        enabled: bool = True,
        settings: RateLimitSettings | None = None,
        host: Host | None = None,
    ) -> None:
        settings = settings or RateLimitSettings()
        self._clock = clock
        self._enabled = enabled
        self._buckets: dict[tuple[str, str, str], Bucket | None] = {}
        self._host = host or Host()
        meter: Meter = self._host.meter(settings.host_requests, settings.host_seconds)
        self._shared = _shared_meter(settings, self._host, meter)
        self._queue = HostQueue(self._shared or meter)

    @property
    def banned_until(self) -> int | None:
        """When the host's ban ends, in exchange milliseconds; None without one."""
        ban = self._host.ban
        return ban.until if ban is not None else None

    async def slot(self, endpoint: Endpoint, params: Mapping[str, Any], deadline: float) -> None:
        """Wait until this request may be sent.

        Raises:
            HostBanned: the address is banned; nothing is sent.
            DeadlineExceeded: its turn would come too late; nothing is sent.
            SessionClosed: the session was closed meanwhile; nothing is sent.
        """
        self._check_ban()
        if not self._enabled:
            return
        # Cancels reduce risk, so they overtake everything else.
        urgent = "cancel" in endpoint.path
        bucket = self._bucket(endpoint, params)
        if bucket is not None:
            items = params.get(endpoint.cost) if endpoint.cost else None
            await bucket.take(len(items) if items else 1, urgent=urgent, deadline=deadline)
        await self._queue.turn(urgent=urgent, deadline=deadline)
        self._check_ban()

    def learn(self, endpoint: Endpoint, params: Mapping[str, Any], limit: Limit) -> None:
        """Correct a bucket by an answer's headers."""
        if not self._enabled:
            return
        bucket = self._bucket(endpoint, params)
        if bucket is None:
            if limit.total is None:
                return
            bucket = self._buckets[self._key(endpoint, params)] = Bucket(limit.total, 1.0)
        if limit.total is not None:
            bucket.resize(limit.total)
        if limit.remaining == 0 and limit.reset is not None:
            bucket.block_until(asyncio.get_running_loop().time() + self._ahead(limit.reset))

    def refused(self, endpoint: Endpoint, params: Mapping[str, Any], until: int | None) -> float:
        """Take in a 10006: block its bucket, and return how many seconds to wait before another try."""
        # A reset that lies in the past or the present tells nothing; a full window then surely passes.
        wait = (self._ahead(until) if until is not None else 0.0) or 1.0
        bucket = self._bucket(endpoint, params)
        if bucket is not None:
            bucket.block_until(asyncio.get_running_loop().time() + wait)
        return wait

    def ban(self, error: HostBanned) -> None:
        """Open the breaker until the ban ends, for every session of the host."""
        clock, until = self._clock, error.until or 0
        left = max(0.0, (until - clock.now_ms()) / 1000)
        # By the local clock: what is learned of the exchange's clock meanwhile must not end the ban early.
        ends = clock.monotonic() + left
        self._host.shut(error, lambda: clock.monotonic() >= ends)
        if self._shared is not None:
            self._shared.ban(until, left)

    def close(self) -> None:
        """Stop every timer and turn away whoever waits."""
        self._queue.close()
        if self._shared is not None:
            self._shared.close()
        for bucket in self._buckets.values():
            if bucket is not None:
                bucket.close()

    def _check_ban(self) -> None:
        ban = self._host.ban
        if ban is not None:
            raise HostBanned(
                ban.ret_code, ban.ret_msg, method=ban.method, path=ban.path, status=ban.status, until=ban.until
            )

    def _ahead(self, exchange_ms: int) -> float:
        """Return in how many seconds it is; 0 where it is over, or too far ahead to be true."""
        ahead = (exchange_ms - self._clock.now_ms()) / 1000
        return ahead if 0.0 < ahead <= _LONGEST_BLOCK else 0.0

    @staticmethod
    def _key(endpoint: Endpoint, params: Mapping[str, Any]) -> tuple[str, str, str]:
        return endpoint.method, endpoint.path, str(params.get("category", ""))

    def _bucket(self, endpoint: Endpoint, params: Mapping[str, Any]) -> Bucket | None:
        key = self._key(endpoint, params)
        if key not in self._buckets:
            limits = endpoint.limits
            figure = limits.get(key[2]) or limits.get("all")
            self._buckets[key] = Bucket(*figure) if figure else None
        return self._buckets[key]


def _shared_meter(settings: RateLimitSettings, host: Host, own: Meter) -> SharedMeter | None:
    if settings.shared is None:
        return None
    from bybit_async.transport.shared_meter import SharedMeter

    return SharedMeter(settings.shared, host, speed_of(settings.host_requests, settings.host_seconds), own)
