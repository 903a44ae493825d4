"""A relay over Redis servers that ask for a password, drop who is slow, or kill connections; every kind of topic."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bybit_async import AsyncBybit, StreamSettings
from bybit_async.errors import ConnectionFailed
from bybit_async.leases import hold
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.relayed.redis_link import open_link
from tests.certificates import certificate
from tests.relay.consumers import BOOK, Consumer, agrees, fresh
from tests.secret_locals import CANARY, locals_of
from tests.servers.redis_server import RedisServer, needs_redis, running_redis
from tests.servers.relaying import eventually, relaying

pytestmark = needs_redis
QUICK = StreamSettings(backoff=0.02, max_backoff=0.2, jitter=0.0, proxy=None, snapshot_timeout=20)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


async def link_to(url: str) -> Any:
    return await open_link(url, lambda name, message: None, lambda reason: None)


async def test_a_password_is_used_and_a_wrong_one_is_not_shown(redis: RedisServer) -> None:
    link = await link_to(redis.url)
    await link.ask("CONFIG", "SET", "requirepass", CANARY)
    link.close()
    link = await link_to(redis.url.replace("//", f"//:{CANARY}@"))
    assert await link.ask("PING") == b"PONG"
    link.close()
    for url in (redis.url.replace("//", f"//:{CANARY}x@"), redis.url):
        with pytest.raises(ConnectionFailed, match=r"WRONGPASS|NOAUTH") as caught:
            await link_to(url)
        assert CANARY not in locals_of(caught.value)


async def test_a_consumer_that_reads_nothing_costs_redis_little_and_learns_of_it(redis: RedisServer) -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange, relaying(exchange, redis.url):
        link = await link_to(redis.url)
        await link.ask("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 1")
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        await consumer.ask("subscribe", BOOK)
        await consumer.until(lambda: consumer.of(BOOK))
        consumer.socket.pause()
        answers = consumer.socket._keys.answers(consumer.socket._consumer)
        for _ in range(40):
            if not await link.ask("PUBLISH", answers, b"Z" * 1_000_000):
                break
        else:
            pytest.fail("Redis keeps everything for a consumer that reads nothing")
        consumer.socket.resume()
        await consumer.until(lambda: consumer.ended)
        link.close()


async def test_killed_connections_come_back(redis: RedisServer) -> None:
    async with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange,
        AsyncBybit(environment=exchange.environment) as near,
        relaying(exchange, redis.url),
        AsyncBybit(environment=exchange.environment, stream_source=redis.url, stream_settings=QUICK) as bybit,
        bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book,
        near.stream.order_book("BTCUSDT", category="linear", depth=50) as direct,
    ):
        await book.updated()
        link = await link_to(redis.url)
        for _ in range(2):
            resets = book.resets
            for kind in ("normal", "pubsub"):
                await link.ask("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            await eventually(lambda before=resets: book.resets > before)
            await fresh(book)
            await agrees(book, direct)
        link.close()


@pytest.mark.parametrize(("category", "depth"), [("linear", 1), ("linear", 200), ("linear", 1000), ("spot", 50)])
async def test_books_of_every_depth_agree(redis: RedisServer, category: Any, depth: Any) -> None:
    async with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange,
        AsyncBybit(environment=exchange.environment) as near,
        relaying(exchange, redis.url),
        AsyncBybit(environment=exchange.environment, stream_source=redis.url, stream_settings=QUICK) as bybit,
        bybit.stream.order_book("BTCUSDT", category=category, depth=depth) as early,
        near.stream.order_book("BTCUSDT", category=category, depth=depth) as direct,
    ):
        await early.updated()
        async with AsyncBybit(environment=exchange.environment, stream_source=redis.url) as other:
            async with (
                other.stream.order_book("BTCUSDT", category=category, depth=depth) as late,
                other.stream.tickers("BTCUSDT", category=category) as tickers,
            ):
                await fresh(late)
                await agrees(late, direct)
                assert (await anext(aiter(tickers))).last_price
        await agrees(early, direct)


async def test_private_topics_come_from_bybit_itself() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        keys = exchange.new_account(usdt="100000")
        nowhere = "redis://127.0.0.1:1"
        async with AsyncBybit(environment=exchange.environment, stream_source=nowhere, **keys) as bybit:
            async with bybit.stream.orders() as orders:
                await bybit.trade.place_order(
                    category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.001"
                )
                async with asyncio.timeout(10):
                    assert (await anext(aiter(orders))).symbol == "BTCUSDT"


async def test_tls_with_a_certificate_named_in_the_address(tmp_path: Path) -> None:
    trusted, key = certificate(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tls = ("--tls-port", str(port), "--tls-cert-file", str(trusted), "--tls-key-file", str(key))
    with running_redis(*tls, "--tls-ca-cert-file", str(trusted), "--tls-auth-clients", "no"):
        url = f"rediss://localhost:{port}/0?ssl_ca_certs={trusted}"
        link = await link_to(url)
        assert await link.ask("PING") == b"PONG"
        link.close()
        async with hold(url, "over TLS", life=0.3, wait=5) as lease:
            assert lease.held
        with pytest.raises(ConnectionFailed, match="SSL"):
            await link_to(f"rediss://localhost:{port}/0")
