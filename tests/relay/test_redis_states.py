"""A relay over a Redis that refuses (a replica, without memory, without rights), and many who join at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from bybit_async import AsyncBybit, StreamSettings
from bybit_async.errors import ConnectionFailed
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.relayed import relay_socket
from bybit_async.stream.relayed.redis_link import open_link
from tests.relay.consumers import BOOK, Consumer, agrees, fresh
from tests.servers.redis_server import RedisServer, needs_redis, running_redis
from tests.servers.relaying import eventually, relaying

pytestmark = needs_redis
QUICK = StreamSettings(backoff=0.02, max_backoff=0.2, jitter=0.0, proxy=None, snapshot_timeout=20)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


def simulated(*symbols: str) -> SimulatedExchange:
    return SimulatedExchange(seed=7, symbols=list(symbols) or ["BTCUSDT"])


def consumer(exchange: SimulatedExchange, redis: RedisServer) -> AsyncBybit:
    return AsyncBybit(environment=exchange.environment, stream_source=redis.url, stream_settings=QUICK)


async def tell(redis: RedisServer, *command: str) -> None:
    link = await open_link(redis.url, lambda name, message: None, lambda reason: None)
    await link.ask(*command)
    link.close()


@pytest.mark.parametrize(
    ("refusing", "again"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    ],
    ids=["read-only replica", "no memory"],
)
async def test_a_redis_that_writes_nothing_makes_books_stale_until_it_does(
    redis: RedisServer, refusing: tuple[str, ...], again: tuple[str, ...]
) -> None:
    async with (
        simulated() as exchange,
        AsyncBybit(environment=exchange.environment) as near,
        relaying(exchange, redis.url) as relay,
        consumer(exchange, redis) as bybit,
        bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
        near.stream.order_book("BTCUSDT", category="linear", depth=50) as direct,
    ):
        await fresh(book)
        await tell(redis, *refusing)
        # Its lease cannot be renewed, and it must not publish without.
        await eventually(lambda: book.stale, 6)
        assert not relay.leads
        await tell(redis, *again)
        await fresh(book)
        await agrees(book, direct)


@pytest.mark.parametrize("denied", ["-publish", "-subscribe", "resetchannels", "-eval"])
async def test_a_user_who_may_not_is_told_and_nothing_hangs(
    redis: RedisServer, denied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_socket, "_FIRST_BEAT", 0.5)
    await tell(redis, "ACL", "SETUSER", "limited", "on", ">word", "~*", "&*", "+@all", denied)
    url = redis.url.replace("//", "//limited:word@")
    async with simulated() as exchange, relaying(exchange, url):
        reader = Consumer(exchange)
        with pytest.raises(ConnectionFailed, match=r"no relay of|NOPERM") as caught:
            await reader.socket.open(url)
        assert "word" not in str(caught.value)


async def test_fifty_consumers_that_join_at_once_all_get_the_book(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url) as relay:
        consumers = [Consumer(exchange) for _ in range(50)]
        await asyncio.gather(*(one.socket.open(redis.url) for one in consumers))
        await asyncio.gather(*(one.ask("subscribe", BOOK) for one in consumers))
        for one in consumers:
            await one.until(lambda one=one: len(one.of(BOOK)) > 2 or one.ended)
            assert not one.ended
            assert [frame["type"] for frame in one.of(BOOK)[:2]] == ["snapshot", "delta"]
            numbers = [frame["data"]["u"] for frame in one.of(BOOK)]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(relay.topics) == 1
        await asyncio.gather(*(one.socket.close() for one in consumers))
        await eventually(lambda: not relay.topics)


async def test_a_consumer_may_live_on_another_event_loop(redis: RedisServer) -> None:
    async def follow(environment: Any) -> int:
        async with AsyncBybit(environment=environment, stream_source=redis.url, stream_settings=QUICK) as bybit:
            async with bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book:
                for _ in range(3):
                    await book.updated()
                return len(book.bids())

    async with simulated() as exchange, relaying(exchange, redis.url):
        assert await asyncio.to_thread(asyncio.run, follow(exchange.environment)) > 0


@pytest.mark.parametrize("depth", [25, 100])
async def test_books_of_options_agree(redis: RedisServer, depth: Any) -> None:
    async with SimulatedExchange(seed=7) as exchange, AsyncBybit(environment=exchange.environment) as near:
        options = await near.market.get_instruments_info(category="option", base_coin="BTC")
        symbol = options.rows[0].symbol
        async with (
            relaying(exchange, redis.url),
            consumer(exchange, redis) as bybit,
            bybit.stream.order_book(symbol, category="option", depth=depth) as book,
            near.stream.order_book(symbol, category="option", depth=depth) as direct,
        ):
            await agrees(book, direct)


async def test_every_kind_of_public_topic_can_be_subscribed_to(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url) as relay, consumer(exchange, redis) as bybit:
        stream = bybit.stream
        async with (
            stream.klines("BTCUSDT", category="linear", interval="1") as klines,
            stream.tickers("BTCUSDT", category="linear") as tickers,
            stream.liquidations("BTCUSDT", category="linear"),
            stream.tickers("BTCUSDT", category="spot") as spot,
        ):
            async with asyncio.timeout(15):
                assert (await anext(aiter(klines))).symbol == "BTCUSDT"
                assert (await anext(aiter(tickers))).last_price
                assert (await anext(aiter(spot))).last_price
            await eventually(lambda: "allLiquidation.BTCUSDT" in {topic.name for topic in relay.topics})
