"""Limits that several processes share through Redis: none is overrun, and losing Redis stops nobody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bybit_async import AsyncBybit, HostBanned, RateLimitSettings
from bybit_async.simulator import SimulatedExchange
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.host_limit import Host, speed_of
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.redis_budget import RedisLimits, SharedWindow
from bybit_async.wire import Limit
from tests.servers.redis_server import RedisServer, needs_redis, running_redis

pytestmark = needs_redis
CREATE = post("/v5/order/create", "trade.place_order", dict)
UNCOUNTED = get("/v5/not/documented", "x.y", dict)
LINEAR = {"category": "linear"}
FAR = 1e9


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@asynccontextmanager
async def processes(redis: RedisServer, name: str, count: int, **options: Any) -> AsyncIterator[list[RateLimits]]:
    """As many sets of limits as there would be processes: each with a host of its own, which nothing else shares."""
    settings = RateLimitSettings(shared=redis.url, **options)
    made = [RateLimits(Clock(), settings=settings, host=Host(name), account="key") for _ in range(count)]
    try:
        yield made
    finally:
        for limits in made:
            await limits.aclose()


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  what it waits for tells nobody
            await asyncio.sleep(0.005)


def most_within(moments: list[float], seconds: float) -> int:
    return max(sum(start <= at < start + seconds for at in moments) for start in moments)


async def test_four_processes_of_one_key_keep_to_its_limit_and_use_it(redis: RedisServer) -> None:
    loop = asyncio.get_running_loop()
    # The earliest and the latest moment that each answer can mean: it was on its way for a while.
    given: list[tuple[float, float]] = []

    async def ask(limits: RedisLimits, window: SharedWindow) -> None:
        for _ in range(10):
            before = loop.time()
            wait = await limits.reserve_units(window, 1)
            given.append((before + wait, loop.time() + wait))

    made = [RedisLimits(redis.url, Host("https://four"), speed_of(600, 5), "key") for _ in range(4)]
    await asyncio.gather(*(ask(limits, SharedWindow(10, 1.0, limits, ("POST", "/x"))) for limits in made))
    for limits in made:
        await limits.aclose()
    given.sort()
    for first, later in zip(given, given[10:], strict=False):
        assert later[1] - first[0] >= 1.0
    # Forty units, ten in each window of 1.05 s: the last ten leave in the fourth, and so nothing was wasted.
    assert given[-1][0] - given[0][1] < 4 * 1.05


async def test_the_budget_of_the_address_is_one(redis: RedisServer) -> None:
    loop = asyncio.get_running_loop()
    sent: list[float] = []

    async def fire(limits: RateLimits) -> None:
        await limits.slot(UNCOUNTED, {}, FAR)
        sent.append(loop.time())

    async with processes(redis, "https://address", 3, host_requests=60, host_seconds=0.5) as made:
        await asyncio.gather(*(fire(limits) for limits in made for _ in range(40)))
    # Late turns of a busy loop come closer together than they were given out.
    assert most_within(sent, 0.3) <= 60


async def test_a_ban_reaches_every_process_although_it_asks_for_nothing(redis: RedisServer) -> None:
    async with processes(redis, "https://banned", 2) as [first, second]:
        for limits in (first, second):
            await limits.slot(UNCOUNTED, {}, FAR)
        await eventually(lambda: second.banned_until is None)
        until = Clock().now_ms() + 30_000
        first.ban(HostBanned(403, "too frequent", until=until))
        await eventually(lambda: second.banned_until is not None)
        assert second.banned_until == until
        with pytest.raises(HostBanned):
            await second.slot(UNCOUNTED, {}, FAR)


async def test_what_one_learns_from_an_answer_holds_for_all(redis: RedisServer) -> None:
    loop = asyncio.get_running_loop()
    async with processes(redis, "https://learn", 2) as [first, second]:
        await first.slot(CREATE, LINEAR, FAR)
        first.learn(CREATE, LINEAR, Limit(total=3, remaining=2, reset=None))
        await asyncio.sleep(0.05)
        sent = []
        for _ in range(5):
            await second.slot(CREATE, LINEAR, FAR)
            sent.append(loop.time())
        assert most_within(sent, 0.7) <= 3


async def test_a_refusal_holds_everybody_up(redis: RedisServer) -> None:
    loop = asyncio.get_running_loop()
    async with processes(redis, "https://refused", 2) as [first, second]:
        await first.slot(CREATE, LINEAR, FAR)
        await second.slot(CREATE, LINEAR, FAR)
        first.refused(CREATE, LINEAR, Clock().now_ms() + 600)
        await asyncio.sleep(0.05)
        began = loop.time()
        await second.slot(CREATE, LINEAR, FAR)
        assert loop.time() - began > 0.4


async def test_without_redis_each_keeps_to_its_share_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    caplog.set_level(logging.INFO, "bybit_async.transport")
    with running_redis() as server:
        async with processes(server, "https://gone", 2, host_requests=60, host_seconds=0.5) as made:
            for _ in range(2):
                for limits in made:
                    await limits.slot(CREATE, LINEAR, FAR)
            server.kill()
            sent: list[float] = []

            async def fire(limits: RateLimits) -> None:
                await limits.slot(CREATE, LINEAR, FAR)
                sent.append(loop.time())

            await asyncio.gather(*(fire(limits) for limits in made for _ in range(8)))
            # Two processes, each with half of ten in a second.
            assert most_within(sent, 0.7) <= 10
            [warning, *_] = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
            assert "share of one in 2" in warning
            server.start()
            await eventually(lambda: not made[0].banned_until)
            deadline = loop.time() + 20
            while "can be used again" not in caplog.text:
                assert loop.time() < deadline
                await made[0].slot(UNCOUNTED, {}, FAR)
                await asyncio.sleep(0.05)


async def test_a_ban_that_redis_does_not_hear_of_stops_this_process(caplog: pytest.LogCaptureFixture) -> None:
    with running_redis() as server:
        async with processes(server, "https://unheard", 1) as [limits]:
            await limits.slot(UNCOUNTED, {}, FAR)
            server.kill()
            limits.ban(HostBanned(403, "too frequent", until=Clock().now_ms() + 30_000))
            with pytest.raises(HostBanned):
                await limits.slot(UNCOUNTED, {}, FAR)
        assert "the limits in Redis cannot be used" in caplog.text


async def test_limits_that_were_only_learned_can_be_closed(redis: RedisServer) -> None:
    async with processes(redis, "https://learned", 1) as [limits]:
        limits.learn(CREATE, LINEAR, Limit(total=3, remaining=2, reset=None))


async def test_sessions_trade_through_it_and_leave_nothing_behind(redis: RedisServer) -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        keys = exchange.new_account(usdt="100000")
        options: dict[str, Any] = {"rate_limits": RateLimitSettings(shared=redis.url), **keys}
        async with (
            AsyncBybit(environment=exchange.environment, **options) as one,
            AsyncBybit(environment=exchange.environment, **options) as two,
        ):
            order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Market", "qty": "0.001"}
            calls = [bybit.trade.place_order(**order) for bybit in (one, two) for _ in range(15)]
            acks = await asyncio.gather(*calls)
        assert len({ack.order_id for ack in acks}) == 30


async def test_a_process_that_comes_late_keeps_out_only_for_the_rest_of_a_ban(redis: RedisServer) -> None:
    async with processes(redis, "https://late", 2) as [first, second]:
        until = Clock().now_ms() + 1500
        first.ban(HostBanned(403, "too frequent", until=until))
        await asyncio.sleep(1.0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(HostBanned):
            await second.slot(UNCOUNTED, {}, FAR)
        await eventually(lambda: second.banned_until is None)
        assert asyncio.get_running_loop().time() - began < 1.2


async def test_what_strangers_publish_or_keep_there_stops_nobody(redis: RedisServer) -> None:
    async with processes(redis, "https://strangers", 2) as [first, second]:
        for limits in (first, second):
            await limits.slot(UNCOUNTED, {}, FAR)
        prefix = "bybit_async:limits:{https://strangers}:"
        kept = first._redis
        assert kept is not None
        await eventually(lambda: kept._listening is not None)
        while (await kept._redis.pubsub_numsub(f"{prefix}news"))[0][1] < 2:  # noqa: ASYNC110  Redis tells nobody
            await asyncio.sleep(0.01)
        for junk in (b"", b"{}", b"\xff", b'{"until":"x","seconds":1}'):
            await kept._redis.publish(f"{prefix}news", junk)
            await kept._redis.set(f"{prefix}ban", junk, px=50)
            async with asyncio.timeout(2):
                await second.slot(UNCOUNTED, {}, FAR)
        await asyncio.sleep(0.1)
        first.ban(HostBanned(403, "too frequent", until=Clock().now_ms() + 30_000))
        await eventually(lambda: second.banned_until is not None)


async def test_a_redis_that_lost_its_memory_gives_no_second_burst() -> None:
    with running_redis() as server:
        async with processes(server, "https://empty", 1, host_requests=60, host_seconds=5.0) as [limits]:
            kept = limits._redis
            assert kept is not None
            await kept.reserve(1)
            await kept._redis.flushall()
            turns = await kept.reserve(50)
            assert (turns.number, turns.wait > 0) == (1, True)


def test_more_processes_than_units_share_them_without_redis() -> None:
    limits = RedisLimits("redis://127.0.0.1:1", Host("https://many"), speed_of(600, 5), "key")
    windows = [SharedWindow(5, 1.0, limits, ("POST", "/x")) for _ in range(20)]
    sent = 0
    for step in range(800):
        sent += sum(window.draw_alone(1, step * 0.01, 20) is None for window in windows)
    # In eight seconds forty may leave, and the first of each at once.
    assert 20 < sent <= 8 * 5


async def test_a_redis_that_comes_back_empty_lets_no_window_be_overrun() -> None:
    loop = asyncio.get_running_loop()
    with running_redis() as server:
        limits = RedisLimits(server.url, Host("https://emptied"), speed_of(600, 5), "key")
        window = SharedWindow(5, 1.0, limits, ("POST", "/x"))
        # The first moment that Redis has ever seen may be one after a loss.
        assert 0.9 < await limits.reserve_units(window, 1) <= window.counted
        await asyncio.sleep(await limits.reserve_units(window, 5))
        sent = loop.time()
        await limits._redis.flushall()
        assert loop.time() + await limits.reserve_units(window, 1) >= sent + 1.0
        # Another endpoint, once the first moments are over, waits for nothing.
        await asyncio.sleep(1.1)
        assert await limits.reserve_units(SharedWindow(5, 1.0, limits, ("POST", "/y")), 1) == 0.0
        await limits.aclose()
