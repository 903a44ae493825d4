"""One connection after another: how long is waited between them, and what a late or odd answer means."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from bybit_async.errors import SubscriptionRefused
from tests.stream.server import FAST, Peer, acknowledgement, answer, book, stream_server, streams_of, trade


class Waits:
    """Keeps how long is waited, and waits for nothing."""

    def __init__(self) -> None:
        self.of: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.of.append(seconds)
        await asyncio.sleep(0)


async def test_w01_connections_that_do_not_last_are_made_ever_less_often() -> None:
    waits = Waits()
    settings = replace(FAST, backoff=1.0, max_backoff=1000.0, jitter=0.0, stable_after=60.0)
    async with stream_server() as server, streams_of(server, settings, sleep=waits) as streams:
        async with streams.trades("BTCUSDT", category="linear"):
            for number in range(1, 6):
                (await server.subscribed("publicTrade.BTCUSDT", number)).abort()
            await server.subscribed("publicTrade.BTCUSDT", 6)
    assert waits.of == sorted(waits.of)
    assert waits.of[-1] >= 8.0


async def test_w01_a_connection_that_lasted_is_replaced_promptly() -> None:
    waits = Waits()
    settings = replace(FAST, backoff=1.0, max_backoff=1000.0, jitter=0.0, stable_after=0.0)
    async with stream_server() as server, streams_of(server, settings, sleep=waits) as streams:
        async with streams.trades("BTCUSDT", category="linear"):
            for number in range(1, 6):
                (await server.subscribed("publicTrade.BTCUSDT", number)).abort()
            await server.subscribed("publicTrade.BTCUSDT", 6)
    assert waits.of == []


async def test_w07_having_been_sent_away_once_does_not_slow_later_reconnects() -> None:
    waits = Waits()
    settings = replace(FAST, refused_backoff=600.0, stable_after=0.0)
    async with stream_server() as server, streams_of(server, settings, sleep=waits) as streams:
        server.refuse = lambda count: 403 if count == 2 else None
        async with streams.trades("BTCUSDT", category="linear"):
            for number in range(1, 4):
                (await server.subscribed("publicTrade.BTCUSDT", number)).abort()
            await server.subscribed("publicTrade.BTCUSDT", 4)
    assert [wait >= 600.0 for wait in waits.of].count(True) == 1


async def test_w07_a_channel_that_was_up_before_is_waited_for_as_long_as_it_takes() -> None:
    settings = replace(FAST, first_connect=0.02)
    async with stream_server() as server, streams_of(server, settings) as streams, asyncio.timeout(10):
        async with streams.trades("BTCUSDT", category="linear") as trades:
            server.refuse = lambda count: 503 if count < 8 else None
            (await server.subscribed("publicTrade.BTCUSDT")).abort()
            await (await server.subscribed("publicTrade.BTCUSDT", 2)).send(trade(1))
            assert (await anext(trades)).exec_id == "1"
            assert server.handshakes >= 8


async def test_w02_one_pong_does_not_stand_for_all_later_ones() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(10):

        def once(peer: Peer, request: dict[str, Any]) -> list[Any]:
            first = len(peer.asked("ping")) <= 1 or peer is not server.peers[0]
            return answer(peer, request) if request["op"] != "ping" or first else []

        server.reply = once
        async with streams.trades("BTCUSDT", category="linear"):
            await server.subscribed("publicTrade.BTCUSDT", 2)
            assert len(server.peers[0].asked("ping")) >= 2


async def test_w12_a_refusal_of_a_topic_whose_data_comes_ends_nothing() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(10):

        def twice(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] != "subscribe":
                return answer(peer, request)
            refusal = acknowledgement(peer, request) | {"success": False, "ret_msg": "already subscribed"}
            return [trade(1), refusal, trade(2)]

        server.reply = twice
        async with streams.trades("BTCUSDT", category="linear") as trades:
            assert [(await anext(trades)).exec_id for _ in range(2)] == ["1", "2"]


async def test_w10_each_subscriber_of_a_refused_topic_has_an_error_of_its_own() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(10):
        server.reply = lambda peer, request: [acknowledgement(peer, request) | {"success": False}]
        # With events, so that they do not share one listener.
        subscriptions = [streams.subscribe("tickers.X", channel="linear", with_events=True) for _ in range(2)]
        errors = await asyncio.gather(*(each.ready() for each in subscriptions), return_exceptions=True)
        assert all(isinstance(error, SubscriptionRefused) for error in errors)
        assert errors[0] is not errors[1]


async def test_w10_a_book_that_was_refused_can_be_asked_for_again() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(10):
        server.reply = lambda peer, request: [acknowledgement(peer, request) | {"success": False}]
        first = streams.order_book("BTCUSDT", category="linear", depth=50)
        with pytest.raises(SubscriptionRefused):
            await anext(aiter(first))
        server.reply = answer
        server.on_subscribed = lambda peer, topic: [book()]
        # The first user has not given its book back yet.
        async with streams.order_book("BTCUSDT", category="linear", depth=50) as live:
            assert not live.stale
        await first.aclose()


async def test_w12_a_refusal_that_comes_when_nobody_wants_the_topic_any_more_ends_nothing() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(10):
        left, stays = (streams.trades(symbol, category="linear") for symbol in ("LEFT", "STAYS"))
        refusals: list[Any] = []

        def slowly(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] == "subscribe" and "publicTrade.LEFT" in request["args"]:
                refusals.append(acknowledgement(peer, request) | {"success": False})
                return []
            return answer(peer, request)

        server.reply = slowly
        async with stays:
            leaving = asyncio.create_task(anext(left))
            peer = await server.subscribed("publicTrade.LEFT")
            left.close()
            await asyncio.wait({leaving})
            await server.until(lambda: peer.asked("unsubscribe"))
            await peer.send(*refusals, trade(1, "STAYS"))
            assert (await anext(stays)).exec_id == "1"
            assert server.handshakes == 1


async def test_events_that_are_not_taken_in_time_are_counted() -> None:
    async with stream_server() as server, streams_of(server) as streams, streams.events(buffer=1) as events:
        async with streams.trades("BTCUSDT", category="linear"):
            (await server.subscribed("publicTrade.BTCUSDT")).abort()
            await server.subscribed("publicTrade.BTCUSDT", 2)
        kept = await anext(events)
        assert events.dropped >= 2
        assert kept.kind in ("connected", "recovered")
