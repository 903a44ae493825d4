"""Sessions whose public streams come from a relay: the same books and iterators, and the same promises.

Books are compared, level by level, with those of a session that is connected to the exchange itself.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from bybit_async import AsyncBybit, StreamSettings, SubscriptionRefused
from bybit_async.simulator import Rule, SimulatedExchange
from tests.relay.consumers import agrees, fresh
from tests.servers.redis_server import RedisServer, needs_redis, running_redis
from tests.servers.relaying import eventually, relaying

pytestmark = needs_redis
QUICK = StreamSettings(backoff=0.02, max_backoff=0.2, jitter=0.0, proxy=None, snapshot_timeout=20)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@asynccontextmanager
async def exchange_with(symbols: tuple[str, ...] = ("BTCUSDT",)) -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(seed=7, symbols=list(symbols)) as exchange:
        yield exchange


def consumer(exchange: SimulatedExchange, redis: RedisServer, **options: Any) -> AsyncBybit:
    return AsyncBybit(environment=exchange.environment, stream_source=redis.url, stream_settings=QUICK, **options)


async def test_a_book_through_a_relay_is_the_same_book(redis: RedisServer) -> None:
    async with exchange_with() as exchange, relaying(exchange, redis.url):
        async with consumer(exchange, redis) as far, AsyncBybit(environment=exchange.environment) as near:
            async with (
                far.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
                near.stream.order_book("BTCUSDT", category="linear", depth=50) as direct,
            ):
                for _ in range(5):
                    await book.updated()
                    await agrees(book, direct)


async def test_trades_tickers_and_klines_come_as_typed_as_ever(redis: RedisServer) -> None:
    async with exchange_with() as exchange, relaying(exchange, redis.url), consumer(exchange, redis) as bybit:
        async with bybit.stream.tickers("BTCUSDT", category="linear") as tickers:
            first = await anext(aiter(tickers))
            assert first.last_price is not None
        async with bybit.stream.trades("BTCUSDT", category="linear") as trades:
            trade = await anext(aiter(trades))
            assert trade.symbol == "BTCUSDT"
        async with bybit.stream.klines("BTCUSDT", category="linear", interval="1") as klines:
            assert (await anext(aiter(klines))).symbol == "BTCUSDT"


async def test_an_unknown_topic_is_refused_as_by_bybit(redis: RedisServer) -> None:
    async with exchange_with() as exchange, relaying(exchange, redis.url), consumer(exchange, redis) as bybit:
        with pytest.raises(SubscriptionRefused):
            async with bybit.stream.trades("NOPEUSDT", category="linear") as trades:
                await anext(aiter(trades))


@contextmanager
def relay_process(exchange: SimulatedExchange, redis: RedisServer) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bybit_async", "relay", "--redis", redis.url]
    command += ["--environment", exchange.environment.rest_url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


async def leading(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    while "leads, term" not in (line := await asyncio.to_thread(process.stderr.readline)):
        assert line, "the relay ended"


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_relay_that_dies_is_replaced_and_the_book_is_stale_in_between(
    redis: RedisServer, death: signal.Signals
) -> None:
    async with exchange_with() as exchange, AsyncBybit(environment=exchange.environment) as near:
        with relay_process(exchange, redis) as first, relay_process(exchange, redis) as second:
            both = {asyncio.create_task(leading(first)): first, asyncio.create_task(leading(second)): second}
            [won], [waits] = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            # The relays know the exchange by its address, the session by its environment: it is the same one.
            async with consumer(exchange, redis) as bybit:
                async with (
                    bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
                    near.stream.order_book("BTCUSDT", category="linear", depth=50) as direct,
                ):
                    await book.updated()
                    both[won].send_signal(death)
                    await eventually(lambda: book.stale, 5)
                    await asyncio.wait_for(waits, 10)
                    await fresh(book)
                    # A relay that only stood still publishes under a term that is over: nobody listens to it.
                    both[won].send_signal(signal.SIGCONT)
                    for _ in range(3):
                        await book.updated()
                        await agrees(book, direct)


async def test_redis_killed_and_started_empty(redis: RedisServer) -> None:
    async with (
        exchange_with() as exchange,
        AsyncBybit(environment=exchange.environment) as near,
        relaying(exchange, redis.url),
        consumer(exchange, redis) as bybit,
    ):
        async with (
            bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
            near.stream.order_book("BTCUSDT", category="linear", depth=50) as direct,
        ):
            await book.updated()
            redis.kill()
            await eventually(lambda: book.stale, 5)
            redis.start()
            await fresh(book)
            await agrees(book, direct)


async def test_redis_that_stands_still(redis: RedisServer) -> None:
    async with (
        exchange_with() as exchange,
        AsyncBybit(environment=exchange.environment) as near,
        relaying(exchange, redis.url),
        consumer(exchange, redis) as bybit,
    ):
        async with (
            bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
            near.stream.order_book("BTCUSDT", category="linear", depth=50) as direct,
        ):
            await book.updated()
            redis.pause()
            try:
                # Without a beat for a second the relay counts as lost.
                await eventually(lambda: book.stale, 6)
            finally:
                redis.resume()
            await fresh(book)
            await agrees(book, direct)


async def test_a_relay_that_loses_bybit_says_so(redis: RedisServer) -> None:
    async with (
        exchange_with() as exchange,
        relaying(exchange, redis.url),
        consumer(exchange, redis) as bybit,
        bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
    ):
        await book.updated()
        exchange.faults.add(Rule(channel="linear", action="refuse", times=2))
        exchange.drop_connections("linear")
        await eventually(lambda: book.stale, 5)
        await fresh(book)


async def test_a_missing_frame_makes_the_book_stale_until_a_snapshot(redis: RedisServer) -> None:
    async with (
        exchange_with() as exchange,
        AsyncBybit(environment=exchange.environment) as near,
        relaying(exchange, redis.url) as relay,
        consumer(exchange, redis) as bybit,
    ):
        async with (
            bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
            near.stream.order_book("BTCUSDT", category="linear", depth=50) as direct,
        ):
            await book.updated()
            resets = book.resets
            [feed] = relay._feeds.values()
            feed.number += 1
            await eventually(lambda: book.resets > resets, 10)
            await fresh(book)
            await agrees(book, direct)


async def test_a_session_that_is_closed_leaves_the_relay_nothing_to_do(redis: RedisServer) -> None:
    async with exchange_with() as exchange, relaying(exchange, redis.url) as relay:
        async with consumer(exchange, redis) as bybit:
            async with bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book:
                await book.updated()
                assert relay.topics
        await eventually(lambda: not relay.topics)
