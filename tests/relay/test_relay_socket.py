"""A relay between a simulated exchange and a socket, over a Redis of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bybit_async.simulator import SimulatedExchange
from tests.relay.consumers import BOOK, Consumer
from tests.servers.redis_server import RedisServer, needs_redis, running_redis
from tests.servers.relaying import eventually, relaying

pytestmark = needs_redis


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


async def test_a_late_joiner_gets_a_snapshot_and_then_every_delta(redis: RedisServer) -> None:
    async with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange,
        relaying(exchange, redis.url, f"linear:{BOOK}"),
    ):
        early, late = Consumer(exchange), Consumer(exchange)
        await early.socket.open(redis.url)
        await early.ask("subscribe", BOOK)
        await early.until(lambda: len(early.of(BOOK)) > 5)
        await late.socket.open(redis.url)
        await late.ask("subscribe", BOOK)
        await late.until(lambda: len(late.of(BOOK)) > 5)
        for consumer in (early, late):
            assert consumer.frames[0] == {
                "success": True, "ret_msg": "", "op": "subscribe", "req_id": "1",
                "conn_id": consumer.frames[0]["conn_id"],
            }  # fmt: skip
            assert [frame["type"] for frame in consumer.of(BOOK)[:3]] == ["snapshot", "delta", "delta"]
            numbers = [frame["data"]["u"] for frame in consumer.of(BOOK)]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        both = {f["data"]["u"]: f for f in early.of(BOOK)}
        assert all(both.get(f["data"]["u"], f) == f for f in late.of(BOOK)[1:])
        await early.socket.close()
        await late.socket.close()
        await early.until(lambda: early.ended)
        await late.until(lambda: late.ended)


async def test_the_last_consumer_of_a_topic_ends_it(redis: RedisServer) -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange, relaying(exchange, redis.url) as relay:
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        await consumer.ask("subscribe", BOOK, "publicTrade.BTCUSDT")
        await consumer.until(lambda: consumer.of(BOOK))
        assert {topic.name for topic in relay.topics} == {BOOK, "publicTrade.BTCUSDT"}
        await consumer.ask("unsubscribe", BOOK)
        await consumer.until(lambda: [f for f in consumer.frames if f.get("op") == "unsubscribe"])
        await consumer.socket.close()
        await eventually(lambda: not relay.topics)


async def test_what_bybit_refuses_is_refused(redis: RedisServer) -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange, relaying(exchange, redis.url):
        consumer = Consumer(exchange)
        await consumer.socket.open(redis.url)
        await consumer.ask("subscribe", "orderbook.50.NOPE")
        await consumer.until(lambda: consumer.frames)
        assert consumer.frames[0]["success"] is False
        assert "orderbook.50.NOPE" in consumer.frames[0]["ret_msg"]
        await consumer.socket.close()
        await consumer.until(lambda: consumer.ended)
