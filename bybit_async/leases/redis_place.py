"""Leases of many machines, kept in Redis: its clock decides when one ends, one script at a time changes it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

from bybit_async.errors import LeaseUnavailable, MissingExtra

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
except ImportError as _error:
    raise MissingExtra("redis", "leases in Redis") from _error

T = TypeVar("T")

# KEYS: the lease. Unless it is fleeting it has no expiry: a server that is short of memory may throw out what has one,
# before its time.
_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'token', 'until', 'holder')
local token, ends, holder = kept[1], tonumber(kept[2] or '0'), kept[3]
local function keep(token, ends, holder, fleeting)
    redis.call('HSET', KEYS[1], 'token', token, 'until', string.format('%.0f', ends), 'holder', holder)
    if fleeting then redis.call('PEXPIRE', KEYS[1], ends - now) end
end
"""
_TAKE = (
    _NOW
    + """
local life, fleeting = tonumber(ARGV[2]), ARGV[3] == '1'
if not token and fleeting then token = '0' end
if not token then
    -- Never used, or Redis lost its memory: a holder from before may still believe in its lease for one life.
    holder = 'a holder from before Redis was started'
    keep('0', now + life, holder)
    return holder
end
-- A clock that was set back must not keep a dead holder's lease for longer than a life.
if ends > now + life then keep(token, now + life, holder) end
if ends > now then return holder end
-- Tokens are never smaller than the time, so that they grow even when the last one was lost.
local larger = math.max(tonumber(token) + 1, now)
keep(string.format('%.0f', larger), now + life, ARGV[1], fleeting)
return larger
"""
)
_RENEW = (
    _NOW
    + """
if token ~= ARGV[1] or ends <= now then return 0 end
keep(token, now + tonumber(ARGV[2]), holder, ARGV[3] == '1')
return 1
"""
)
_GIVE_BACK = (
    _NOW
    + """
if token == ARGV[1] then redis.call('HDEL', KEYS[1], 'until') end
return 0
"""
)


class RedisPlace:
    """A Redis server, or what speaks its protocol.

    The first lease of a name that a server has ever seen, or of any name after it lost its memory, is given only after
    one life: a holder from before may still act.

    Args:
        url: ``redis://user:password@host:6379/0``, ``rediss://`` over TLS, ``unix:///path``.
        timeout: seconds that one question may take.
        fleeting: see `hold`.
    """

    endless = False

    def __init__(self, url: str, *, timeout: float = 1.0, fleeting: bool = False) -> None:
        self._fleeting = int(fleeting)
        # Its own repetitions would outlast the timeout; the lease asks again by itself.
        self._redis = Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
        )

    async def take(self, name: str, holder: str, life: float) -> int | str:
        """Take the lease unless someone has it."""
        answer = await _asked(self._redis.eval(_TAKE, 1, _key(name), holder, _millis(life), self._fleeting))
        if isinstance(answer, bytes):
            return answer.decode(errors="replace")
        return int(answer)

    async def renew(self, name: str, token: int, life: float) -> bool:
        """Extend the lease if the token is still the holder's."""
        return bool(await _asked(self._redis.eval(_RENEW, 1, _key(name), str(token), _millis(life), self._fleeting)))

    async def give_back(self, name: str, token: int) -> None:
        """Delete the lease if the token is still the holder's."""
        await _asked(self._redis.eval(_GIVE_BACK, 1, _key(name), str(token)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _key(name: str) -> str:
    return f"bybit_async:lease:{name}"


def _millis(life: float) -> str:
    return str(round(life * 1000))


async def _asked(question: Awaitable[T] | T) -> Any:
    try:
        return await cast(Awaitable[T], question)
    except (RedisError, OSError, TimeoutError) as error:
        # Its message may hold the address, and with it the password.
        raise LeaseUnavailable(f"Redis does not answer ({type(error).__name__})") from None
