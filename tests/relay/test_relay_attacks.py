"""A relay and its consumers under attack: strangers on the same Redis, requests that cross, what stood still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
import pytest

from bybit_async import AsyncBybit, StreamSettings
from bybit_async.environments import TESTNET
from bybit_async.errors import ConnectionFailed
from bybit_async.relay import relay as relay_module
from bybit_async.relay.mirrors import mirror_of
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.stream.relayed import relay_socket
from bybit_async.stream.relayed.messages import HEAD_SIZE, Ask, Keys
from bybit_async.stream.relayed.redis_link import RedisLink, open_link
from bybit_async.stream.relayed.relay_socket import RelaySocket
from tests.relay.consumers import BOOK, Consumer
from tests.servers.redis_server import RedisServer, needs_redis, running_redis
from tests.servers.relaying import eventually, relaying

pytestmark = needs_redis
QUICK = StreamSettings(backoff=0.02, max_backoff=0.2, jitter=0.0, proxy=None, snapshot_timeout=20)
OTHER = "publicTrade.BTCUSDT"


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


async def stranger(redis: RedisServer) -> RedisLink:
    return await open_link(redis.url, lambda name, message: None, lambda reason: None)


def simulated() -> SimulatedExchange:
    return SimulatedExchange(seed=7, symbols=["BTCUSDT"])


async def test_what_strangers_publish_breaks_neither_relay_nor_consumer(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url) as relay:
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        await consumer.ask("subscribe", BOOK)
        await consumer.until(lambda: len(consumer.of(BOOK)) > 2)
        keys, link = Keys(exchange.environment), await stranger(redis)
        junk = (b"", b"x", b"\xff\xfe", b"9" * 30, b"A{}", b"A\xff", b"Z", b"[]", b"{" * 2000, b'{"consumer":"\xff"}')
        for message in junk:
            for name in (keys.beat, keys.asks, keys.answers(consumer.socket._consumer), keys.frames("linear", BOOK)):
                # With a number in front it could be a relay's: only an account's messages are sealed.
                if name not in (keys.frames("linear", BOOK), keys.beat) or len(message) < HEAD_SIZE:
                    await link.ask("PUBLISH", name, message)
        topics = ("orderbook.x.BTCUSDT", "orderbook.50", "tickers.", "", "orderbook.7.BTCUSDT", "\u00e9")
        for request, topic in enumerate(topics, 1):
            ask = Ask("stranger", "subscribe", request, "linear", [topic])
            await link.ask("PUBLISH", keys.asks, msgspec.json.encode(ask))
        seen = len(consumer.of(BOOK))
        await consumer.until(lambda: len(consumer.of(BOOK)) > seen + 3 or consumer.ended)
        assert not consumer.ended
        assert relay.leads
        link.close()
        await consumer.socket.close()


async def test_a_subscription_and_what_ends_it_may_come_together(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url) as relay:
        await eventually(lambda: relay.leads)
        keys, link = Keys(exchange.environment), await stranger(redis)

        numbers = count(1)

        def post(consumer: str, op: Any, *topics: str) -> None:
            ask = Ask(consumer, op, next(numbers), "linear", list(topics))
            link.post("PUBLISH", keys.asks, msgspec.json.encode(ask))

        post("stays", "subscribe", OTHER)
        post("one", "subscribe", BOOK)
        post("one", "leave")
        post("two", "subscribe", BOOK)
        post("two", "unsubscribe", BOOK)
        await link.ask("PING")
        await eventually(lambda: [topic.name for topic in relay.topics] == [OTHER])
        link.close()


async def test_subscribed_left_and_subscribed_again_it_goes_on(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "_ANSWER_WITHIN", 0.3)
    async with simulated() as exchange, relaying(exchange, redis.url) as relay:
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        for _ in range(3):
            await consumer.ask("subscribe", BOOK)
            await consumer.ask("unsubscribe", BOOK)
        await consumer.ask("subscribe", BOOK)
        await consumer.until(lambda: len(consumer.of(BOOK)) > 2)
        # Longer than the relay waits for what was left: the end of that wait must not end what was asked for later.
        await asyncio.sleep(0.6)
        seen = len(consumer.of(BOOK))
        await consumer.until(lambda: len(consumer.of(BOOK)) > seen + 3 or consumer.ended)
        assert not consumer.ended
        assert relay.topics
        assert not [frame for frame in consumer.frames if frame.get("success") is False]
        await consumer.socket.close()


async def test_a_consumer_that_was_forgotten_learns_of_it(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "FORGET_SECONDS", -1.0)
    async with simulated() as exchange, relaying(exchange, redis.url):
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        await consumer.ask("subscribe", BOOK)
        await consumer.until(lambda: consumer.ended)
        assert "forgot" in consumer.ended


async def test_frames_of_a_topic_begun_again_are_never_taken_for_the_next(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url) as relay:
        consumer, other = Consumer(exchange), Consumer(exchange)
        await consumer.socket.open(redis.url)
        await other.socket.open(redis.url)
        await consumer.ask("subscribe", BOOK)
        await consumer.until(lambda: len(consumer.of(BOOK)) > 2)
        relay._forget(consumer.socket._consumer)
        await other.ask("subscribe", BOOK)
        await consumer.until(lambda: consumer.ended)
        numbers = [frame["data"]["u"] for frame in consumer.of(BOOK)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        await other.socket.close()


@pytest.mark.parametrize("kind", ["order_book", "trades"])
async def test_bybit_away_for_longer_than_a_relay_waits_ends_nothing(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(relay_module, "_ANSWER_WITHIN", 0.2)
    async with (
        simulated() as exchange,
        relaying(exchange, redis.url) as relay,
        AsyncBybit(environment=exchange.environment, stream_source=redis.url, stream_settings=QUICK) as bybit,
    ):
        stream = bybit.stream
        depth: dict[str, Any] = {"depth": 50} if kind == "order_book" else {}
        async with getattr(stream, kind)("BTCUSDT", category="linear", **depth) as taken:
            next_one = taken.updated if kind == "order_book" else aiter(taken).__anext__
            await next_one()
            [feed] = relay._feeds.values()
            exchange.faults.add(Rule(channel="linear", action="refuse", times=3))
            exchange.drop_connections("linear")
            await eventually(lambda: not feed.ready, 5)
            # Trades need no snapshot, and yet a relay without a connection has none to give.
            await asyncio.wait_for(next_one(), 20)


async def test_a_pinned_topic_stays_pinned_after_a_refusal(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url, f"linear:{BOOK}") as relay:
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        [feed] = relay._feeds.values()
        relay._upstream.detach(feed)
        feed.closed(ConnectionFailed("given up"))
        await consumer.ask("subscribe", BOOK)
        await consumer.until(lambda: consumer.of(BOOK))
        await consumer.socket.close()
        await consumer.until(lambda: consumer.ended)
        await asyncio.sleep(0.1)
        assert [topic.name for topic in relay.topics] == [BOOK]


async def test_a_redis_that_takes_nothing_ends_no_topic(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "_MOST_UNSENT", 0)
    async with simulated() as exchange, relaying(exchange, redis.url, f"linear:{BOOK}") as relay:
        await eventually(lambda: relay.leads)
        [feed] = relay._feeds.values()
        link = relay._link
        assert link is not None
        redis.pause()
        try:
            link.transport.write(b"\r\n" * 10_000_000)
            assert link.unsent
            for _ in range(3):
                relay._pass_on(feed, b"{}")
            assert not link.is_open
        finally:
            redis.resume()
        await eventually(lambda: relay.leads)
        assert feed.refusal is None
        assert relay._feeds == {feed.topic: feed}


async def test_an_opening_that_is_cancelled_leaves_no_connection(redis: RedisServer) -> None:
    gone = asyncio.Event()
    socket = RelaySocket(Keys(TESTNET), "linear")
    socket.on_text, socket.on_lost = lambda data, received: None, gone.set
    opening = asyncio.create_task(socket.open(redis.url))
    await eventually(lambda: socket._link is not None)
    opening.cancel()
    await asyncio.wait({opening})
    await asyncio.wait_for(gone.wait(), 5)
    assert not socket.is_open


async def test_closing_does_not_wait_for_a_redis_that_stands_still(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url):
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        link = consumer.socket._link
        assert link is not None
        redis.pause()
        try:
            link.transport.write(b"\r\n" * 10_000_000)
            await consumer.socket.close()
            await consumer.until(lambda: consumer.ended)
        finally:
            redis.resume()


async def test_a_redis_that_accepts_and_says_nothing_is_given_up(redis: RedisServer) -> None:
    redis.pause()
    try:
        with pytest.raises(ConnectionFailed, match="does not answer"):
            await open_link(redis.url, lambda name, message: None, lambda reason: None)
    finally:
        redis.resume()


async def test_a_relay_notices_a_connection_that_is_dead(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "_REDIS_WITHIN", 0.3)
    async with simulated() as exchange, relaying(exchange, redis.url) as relay:
        await eventually(lambda: relay.leads)
        dead = relay._link
        assert dead is not None
        # As behind a router that forgot it: nothing comes any more, and nobody says so. The lease has its own.
        dead.transport.pause_reading()
        await eventually(lambda: relay._link not in (None, dead))
        await eventually(lambda: relay.leads)


async def test_a_loop_that_stood_still_is_no_loss(redis: RedisServer) -> None:
    async with simulated() as exchange, relaying(exchange, redis.url):
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        await consumer.ask("subscribe", BOOK)
        await consumer.until(lambda: len(consumer.of(BOOK)) > 2)
        handle = consumer.socket._watch
        assert handle is not None
        time.sleep(relay_socket.SILENCE_SECONDS * 1.3)  # noqa: ASYNC251  the loop is to stand still
        seen = len(consumer.of(BOOK))
        await consumer.until(lambda: len(consumer.of(BOOK)) > seen + 3 or consumer.ended)
        # The relay shares the loop here: its own lease is over, and only another term may end the connection.
        assert "silent" not in consumer.ended
        await consumer.socket.close()


@pytest.mark.parametrize(
    "frame", [b"{", b'{"topic":"t"}', b'{"data":5}', b'{"data":[],"type":"delta"}', b"\xff", b"[]"]
)
def test_a_ticker_that_cannot_be_read_waits_for_a_snapshot(frame: bytes) -> None:
    mirror = mirror_of("linear", "tickers.BTCUSDT")
    mirror.apply(b'{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","lastPrice":"1"}}')
    assert mirror.right
    mirror.apply(frame)
    assert not mirror.right


async def test_where_no_relay_of_an_exchange_publishes_it_is_named(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_socket, "_FIRST_BEAT", 0.1)
    socket = RelaySocket(Keys(TESTNET), "linear")
    socket.on_text, socket.on_lost = lambda data, received: None, lambda: None
    with pytest.raises(ConnectionFailed, match="no relay of stream-testnet"):
        await socket.open(redis.url)
