"""Rate limits: a request waits here until Bybit's own count of it cannot be overrun.

Bybit counts requests per account and endpoint in a rolling second, so a bucket is a rolling window, not a leaky bucket:
a leaky bucket of capacity n that refills n a second lets 2 n through in its first second. The host's 600 requests in 5
seconds per address is the one limit where a leaky bucket is exact enough, see `host_limit`: it needs no memory of every
request, and so can be shared by sessions and processes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bybit_async.errors import HostBanned, InvalidParameter
from bybit_async.extras import require
from bybit_async.redis_address import EXPECTED, is_redis, redis_address
from bybit_async.secret import hidden
from bybit_async.transport.bucket import Bucket
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.host_limit import Budget, Host, HostQueue, host_at, speed_of
from bybit_async.transport.signing import Signer
from bybit_async.wire import Limit

if TYPE_CHECKING:
    from bybit_async.transport.redis_budget import RedisLimits

_LONGEST_BLOCK = 60.0
"""A reset further ahead than this many seconds is a garbled header."""


class RateLimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an address may send to a host, over all endpoints; endpoint limits are learned from the answers.

    Attributes:
        host_requests: how many requests in any `host_seconds`. Bybit counts 600 in 5 seconds per address; raise it for
            a host that allows more, lower it where others share the address. The sessions of a process share it.
        host_seconds: the length of that window in seconds.
        shared: a file through which the processes of one machine share that budget, and the news of a ban; give all of
            them the same. It is made if it does not exist, and may be deleted while no process uses it. While it cannot
            be used, a warning says so and the process paces itself alone. Or ``redis://…``, through which the processes
            of many machines share it, and each key's endpoint limits as well; while Redis does not answer, a warning
            says so and each process keeps to its share. It needs the ``redis`` extra.
    """

    host_requests: int = 600
    host_seconds: float = 5.0
    shared: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.host_requests < 6:
            raise InvalidParameter("host_requests", f"expected at least 6, got {self.host_requests!r}")
        if not self.host_seconds > 0:
            raise InvalidParameter("host_seconds", f"expected a positive number of seconds, got {self.host_seconds!r}")
        if self.shared is None:
            return
        if "://" in os.fspath(self.shared):
            msgspec.structs.force_setattr(self, "shared", hidden(os.fspath(self.shared)))
        if is_redis(self.shared):
            redis_address(os.fspath(self.shared), "shared")
            require("redis", "limits shared through Redis")
            return
        if "://" in os.fspath(self.shared):
            raise InvalidParameter("shared", f"expected a file or {EXPECTED}")
        if not Path(self.shared).parent.is_dir():
            raise InvalidParameter("shared", f"expected a file in a folder that exists, got {str(self.shared)!r}")


class RateLimits:
    """Every bucket of one session, and its part in the budget and the breaker of its host.

    Args:
        clock: tells exchange time, in which the headers speak.
        enabled: off leaves only the breaker; for a host that does not count.
        settings: the host's budget.
        host: what is shared with other sessions; by default nothing.
        account: whose limits they are; sessions of one account and host share them.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        enabled: bool = True,
        settings: RateLimitSettings | None = None,
        host: Host | None = None,
        account: str = "",
    ) -> None:
        settings = settings or RateLimitSettings()
        self._clock = clock
        self._enabled = enabled
        self._buckets: dict[tuple[str, str, str], Bucket | None] = {}
        self._host = host or Host()
        self._account = account
        self._redis = _redis(settings, self._host, account)
        self._budget = self._redis or _budget(settings, self._host)
        self._queue = HostQueue(self._budget)

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
        if self._host.shut is not None:
            self._check_ban()
        if not self._enabled:
            return
        # Cancels reduce risk, so they overtake everything else.
        urgent = "cancel" in endpoint.path
        loop = asyncio.get_running_loop()
        key = endpoint.method, endpoint.path, str(params.get("category", ""))
        bucket = self._buckets[key] if key in self._buckets else self._bucket(endpoint, params)
        if bucket is not None:
            units = len(params.get(endpoint.batch) or (None,)) if endpoint.batch else 1
            if bucket.waiting.places or bucket.window.draw(units, loop.time()) is not None:
                await bucket.turn(units, urgent=urgent, deadline=deadline)
        if self._queue.waiting.places or not self._budget.draw(loop.time()):
            await self._queue.turn(urgent=urgent, deadline=deadline)
        if self._host.shut is not None:
            self._check_ban()

    def learn(self, endpoint: Endpoint, params: Mapping[str, Any], limit: Limit) -> None:
        """Correct a bucket by an answer's headers."""
        if not self._enabled:
            return
        bucket = self._bucket(endpoint, params)
        if bucket is None:
            if limit.total is None:
                return
            bucket = self._made(self._key(endpoint, params), limit.total, 1.0)
        if limit.total is not None:
            bucket.window.resize(limit.total)
        if limit.remaining == 0 and limit.reset is not None:
            bucket.window.block_until(asyncio.get_running_loop().time() + self._ahead(limit.reset))

    def refused(self, endpoint: Endpoint, params: Mapping[str, Any], until: int | None) -> float:
        """Take in a 10006: block its bucket, and return how many seconds to wait before another try."""
        # A reset in the past or the present says nothing; a full window is then surely enough.
        wait = (self._ahead(until) if until is not None else 0.0) or 1.0
        bucket = self._bucket(endpoint, params)
        if bucket is not None:
            bucket.window.block_until(asyncio.get_running_loop().time() + wait)
        return wait

    def ban(self, error: HostBanned) -> None:
        """Open the breaker until the ban ends, for every session of the host."""
        clock, until = self._clock, error.until or 0
        left = max(0.0, (until - clock.now_ms()) / 1000)
        # By the local clock: what is learned of the exchange's clock meanwhile must not end the ban early.
        ends = clock.monotonic() + left
        self._host.close_until(error, lambda: clock.monotonic() >= ends)
        self._budget.ban(until, left)

    async def aclose(self) -> None:
        """Turn away everyone who waits, and release what is shared. Idempotent."""
        self.close()
        if self._redis is not None:
            await self._redis.aclose()

    def close(self) -> None:
        """Stop every timer and turn away everyone who waits."""
        self._queue.close()
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
            if figure is None:
                self._buckets[key] = None
                return None
            return self._made(key, *figure)
        return self._buckets[key]

    def _made(self, key: tuple[str, str, str], size: int, period: float) -> Bucket:
        if self._redis is not None:
            bucket = self._redis.bucket(key, size, period)
        else:
            bucket = Bucket(self._host.window((self._account, *key), size, period))
        self._buckets[key] = bucket
        return bucket


def _budget(settings: RateLimitSettings, host: Host) -> Budget:
    own = host.budget(settings.host_requests, settings.host_seconds)
    if settings.shared is None:
        return own
    from bybit_async.transport.shared_budget import SharedBudget

    return SharedBudget(settings.shared, host, speed_of(settings.host_requests, settings.host_seconds), own)


def _redis(settings: RateLimitSettings, host: Host, account: str) -> RedisLimits | None:
    if settings.shared is None or not is_redis(settings.shared):
        return None
    from bybit_async.transport.redis_budget import RedisLimits

    speed = speed_of(settings.host_requests, settings.host_seconds)
    return RedisLimits(os.fspath(settings.shared), host, speed, account)


def limits_of(clock: Clock, signer: Signer | None, given: bool | RateLimitSettings, base_url: str) -> RateLimits:
    """Return the limits of a session: shared with every other one of its host, and of its key."""
    if not isinstance(given, bool | RateLimitSettings):
        raise InvalidParameter("rate_limits", f"expected True, False or RateLimitSettings(...), got {given!r}")
    return RateLimits(
        clock,
        enabled=given is not False,
        settings=given if isinstance(given, RateLimitSettings) else None,
        host=host_at(base_url),
        account="" if signer is None else signer.api_key,
    )
