"""One budget for an address and for each key, over any number of machines, kept in Redis.

Redis counts in its own time and changes a count in one script, so that no clocks need to agree. What it hands out is a
moment: the caller waits until then. While Redis does not answer, each process keeps to its share of what is allowed:
the whole, divided by how many processes were seen last.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from collections.abc import Coroutine
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bybit_async.backoff import Backoff
from bybit_async.errors import HostBanned
from bybit_async.transport.bucket import Bucket
from bybit_async.transport.host_limit import Host, HostBudget, RollingWindow, Speed, Turns

log: logging.Logger = logging.getLogger("bybit_async.transport")

_TIMEOUT = 0.5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_MARGIN = 1.04
"""A window counts as this much longer than documented: requests arrive less evenly than they are sent."""

_UNSEEN_SHARE = 8
"""How many processes are assumed before Redis has said how many there are."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
"""

# KEYS: bucket, ban, processes. ARGV: capacity, rate, most, process, whether Redis did not answer last.
_DRAW = (
    _NOW
    + """
redis.call('ZADD', KEYS[3], now, ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 10)
redis.call('EXPIRE', KEYS[3], 60)
local processes = redis.call('ZCARD', KEYS[3])
local ban = redis.call('GET', KEYS[2])
if ban then return {0, ban, processes, redis.call('PTTL', KEYS[2])} end
local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
-- Where nothing is kept, or this process paced itself alone, what was sent recently is not known: no burst then.
local level = tonumber(redis.call('HGET', KEYS[1], 'level') or ARGV[1])
local at = tonumber(redis.call('HGET', KEYS[1], 'at') or now)
level = math.max(0, level - math.max(0, now - at) * rate)
if ARGV[5] == '1' then level = math.max(level, capacity) end
local free = capacity - level
local count = math.max(1, math.min(tonumber(ARGV[3]), math.floor(free)))
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level + count), 'at', string.format('%.6f', now))
return {count, string.format('%.6f', math.max(0, (count - free) / rate)), processes}
"""
)

# The moments of the latest units, newest first: a unit may go when the one `size` before it is `period` ago.
# KEYS: moments, block, size, since when Redis remembers. ARGV: units, size, period.
_RESERVE = (
    _NOW
    + """
local size, period = tonumber(redis.call('GET', KEYS[3]) or ARGV[2]), tonumber(ARGV[3])
local units = math.min(tonumber(ARGV[1]), size)
local moment = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0'))
local last = redis.call('LINDEX', KEYS[1], 0)
redis.call('SETNX', KEYS[4], string.format('%.6f', now))
-- What was sent before Redis lost its memory still counts at the exchange.
if not last then moment = math.max(moment, math.min(now, tonumber(redis.call('GET', KEYS[4]))) + period) end
if last then moment = math.max(moment, tonumber(last)) end
local bound = redis.call('LINDEX', KEYS[1], size - units)
if bound then moment = math.max(moment, tonumber(bound) + period) end
-- Those that wait leave evenly: one that is late on its way then shares its second with few others.
if last and moment > now then moment = math.max(moment, tonumber(last) + units * period / size) end
local text = string.format('%.6f', moment)
for _ = 1, units do redis.call('LPUSH', KEYS[1], text) end
redis.call('LTRIM', KEYS[1], 0, size - 1)
redis.call('EXPIRE', KEYS[1], math.ceil(period) + 60)
return string.format('%.6f', moment - now)
"""
)

_BLOCK = (
    _NOW
    + """
local until_ = now + tonumber(ARGV[1])
if until_ > tonumber(redis.call('GET', KEYS[1]) or '0') then
    redis.call('SET', KEYS[1], string.format('%.6f', until_), 'PX', math.ceil(tonumber(ARGV[1]) * 1000) + 1)
end
return 0
"""
)


_RESIZE = "redis.call('SET', KEYS[1], ARGV[1], 'EX', 3600) return 0"


class _Ban(msgspec.Struct):
    until: int
    seconds: float


_ban = msgspec.json.Decoder(_Ban)


class RedisLimits:
    """The connection of one session to the limits in Redis.

    Args:
        url: the server.
        host: whose budget it is; it learns of bans that other processes met.
        speed: how fast the host may be asked by all of them.
        account: the key whose limits are shared; only a digest of it is sent.
    """

    def __init__(self, url: str, host: Host, speed: Speed, account: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        self._host = host
        self._speed = speed
        self._prefix = f"bybit_async:limits:{{{host.name}}}:"
        self._account = hashlib.blake2b(account.encode(), digest_size=8).hexdigest()
        self._process = uuid.uuid4().hex
        self._processes = _UNSEEN_SHARE
        self._pauses = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        self._not_before = 0.0
        self._alone = False
        self._own = HostBudget(self._share())
        self._listening: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    def _share(self) -> Speed:
        return Speed(max(1.0, self._speed.capacity / self._processes), self._speed.rate / self._processes)

    # The host's budget; see `host_limit.Budget`.

    def draw(self, now: float) -> bool:
        """Return False: Redis must be asked."""
        return False

    async def reserve(self, most: int) -> Turns:
        """Reserve turns; while the host has shut out any of the processes, all who ask get through to learn of it."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen(), name="bybit_async shared limits")
        keys = (f"{self._prefix}host", f"{self._prefix}ban", f"{self._prefix}processes")
        answer = await self._ask(
            _DRAW, keys, self._speed.capacity, self._speed.rate, most, self._process, int(self._alone)
        )
        if answer is None:
            self._alone = True
            return await self._own.reserve(most)
        self._alone = False
        count, wait, self._processes = int(answer[0]), answer[1], max(1, int(answer[2]))
        if count == 0:
            # Of a ban that was reported a while ago, only the rest is left.
            self._note_ban(wait, max(0, int(answer[3])) / 1000)
            return Turns(most, 0.0)
        return Turns(count, float(wait))

    def ban(self, until: int, seconds: float) -> None:
        """Tell every process of a ban: when it ends in exchange milliseconds, and in how many seconds."""
        self._tell(self._tell_ban(until, seconds))

    def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()

    async def aclose(self) -> None:
        """Release the connection, after sending what is still waiting. Idempotent."""
        self.close()
        left = {*self._telling, self._listening} - {None}
        if left:
            await asyncio.wait(left)  # type: ignore[type-var]
        await self._redis.aclose()

    async def _tell_ban(self, until: int, seconds: float) -> None:
        news = msgspec.json.encode(_Ban(until, seconds))
        try:
            await self._redis.set(f"{self._prefix}ban", news, px=max(1, round(seconds * 1000)))
            await self._redis.publish(f"{self._prefix}news", news)
        except (RedisError, OSError) as error:
            self._complain(error)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as news:
                    await news.subscribe(f"{self._prefix}news")
                    while True:
                        message = await news.get_message(ignore_subscribe_messages=True, timeout=None)
                        if message is not None:
                            self._note_ban(message["data"])
            except (RedisError, OSError) as error:
                log.debug("news of bans are not heard: %s", type(error).__name__)
                await asyncio.sleep(_FIRST_PAUSE)

    def _note_ban(self, message: bytes, left: float | None = None) -> None:
        try:
            news = _ban.decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Whatever else uses the same Redis can publish there.
            log.warning("news of a ban that no session published: ignored")
            return
        loop = asyncio.get_running_loop()
        ends = loop.time() + (news.seconds if left is None else left)
        error = HostBanned(403, "access too frequent, as another process learned", until=news.until)
        self._host.close_until(error, lambda: loop.time() >= ends)

    # An endpoint's limit.

    def bucket(self, key: tuple[str, ...], size: int, period: float) -> Bucket:
        """Return the queue before an endpoint's limit."""
        return RedisBucket(SharedWindow(size, period, self, key), self)

    async def reserve_units(self, window: SharedWindow, units: int) -> float:
        """Reserve `units` of an endpoint's limit and return in how many seconds they may be sent."""
        answer = await self._ask(_RESERVE, self._keys_of(window), units, window.size, window.counted)
        if answer is not None:
            return float(answer)
        loop = asyncio.get_running_loop()
        ready = window.draw_alone(units, loop.time(), self._processes)
        if ready is None:
            return 0.0
        await asyncio.sleep(ready - loop.time())
        return await self.reserve_units(window, units)

    def block(self, window: SharedWindow, seconds: float) -> None:
        """Let no process send to an endpoint for so long."""
        self._tell(self._ask(_BLOCK, self._keys_of(window)[1:2], seconds))

    def resize(self, window: SharedWindow) -> None:
        """Tell every process of the size that the exchange says a window has."""
        self._tell(self._ask(_RESIZE, self._keys_of(window)[2:3], window.size))

    def _keys_of(self, window: SharedWindow) -> tuple[str, str, str, str]:
        name = f"{self._prefix}{self._account}:{':'.join(window.key)}"
        return name, f"{name}:block", f"{name}:size", f"{self._prefix}since"

    def _tell(self, telling: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(telling, name="bybit_async tells shared limits")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _ask(self, script: str, keys: tuple[str, ...], *arguments: float | str) -> Any:
        """Run a script; None while Redis does not answer."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            return None
        try:
            answer = await self._redis.eval(script, len(keys), *keys, *arguments)
        except (RedisError, OSError, TimeoutError) as error:
            self._complain(error)
            return None
        if self._pauses.failures:
            self._pauses.reset()
            log.info("the limits in Redis can be used again")
        return answer

    def _complain(self, error: Exception) -> None:
        if not self._pauses.failures:
            self._own = HostBudget(self._share())
            log.warning(
                "the limits in Redis cannot be used (%s): this process keeps to a share of one in %d",
                type(error).__name__,
                self._processes,
            )
        self._not_before = asyncio.get_running_loop().time() + self._pauses.next_wait()


class SharedWindow(RollingWindow):
    """The window of an endpoint as one process knows it; the moments are kept in Redis.

    Attributes:
        key: method, path and category.
        counted: its length in seconds as Redis counts it.
    """

    __slots__ = ("_limits", "_one_period", "counted", "key")

    def __init__(self, size: int, period: float, limits: RedisLimits, key: tuple[str, ...]) -> None:
        super().__init__(size, period)
        self._limits = limits
        self._one_period = self.period
        self.key: tuple[str, ...] = key
        self.counted: float = period * _MARGIN

    def draw(self, units: int, now: float) -> float:
        """Return `now` and take nothing: Redis must be asked."""
        return now

    def draw_alone(self, units: int, now: float, processes: int) -> float | None:
        """Take `units` of what one of so many processes may send without Redis; see `RollingWindow.draw`."""
        weight = min(units, self.size) * processes
        # More processes than units in a window: each then sends once in several windows.
        self.period: float = self._one_period * max(1.0, weight / self.size)
        return super().draw(weight, now)

    def resize(self, size: int) -> None:
        """Adopt the size that the exchange says it has, for every process."""
        if size > 0 and size != self.size:
            super().resize(size)
            self._limits.resize(self)

    def block_until(self, when: float) -> None:
        """Let nothing through before `when` (seconds of the loop's clock), from any process."""
        super().block_until(when)
        self._limits.block(self, when - asyncio.get_running_loop().time())


class RedisBucket(Bucket):
    """The queue of one session before an endpoint's limit in Redis."""

    __slots__ = ("_limits", "_serving", "_shared")

    def __init__(self, window: SharedWindow, limits: RedisLimits) -> None:
        super().__init__(window)
        self._shared = window
        self._limits = limits
        self._serving: asyncio.Task[None] | None = None

    async def turn(self, units: int, *, urgent: bool, deadline: float) -> None:
        """Wait for `units`, at most until `deadline`; see `Bucket.turn`."""
        place = self.waiting.join(units, urgent=urgent)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve_all(), name="bybit_async shared limit")
        await self.waiting.served(place, deadline)

    def close(self) -> None:
        """Turn away everyone who waits."""
        super().close()
        if self._serving is not None:
            self._serving.cancel()

    async def _serve_all(self) -> None:
        while (units := self.waiting.first()) is not None:
            wait = await self._limits.reserve_units(self._shared, units)
            if wait > 0:
                await asyncio.sleep(wait)
            self.waiting.serve()
