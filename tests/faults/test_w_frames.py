"""What comes in, and who reads it: rows W16 to W19 of the fault table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from bybit_async.errors import SubscriptionOverflow
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.item_transforms import Messages
from tests.stream.server import FAST, Peer, answer, book, compact, stream_server, streams_of, trade

TRADES = "publicTrade.BTCUSDT"


@pytest.mark.parametrize("channel", ["spot", "linear", "option", "private", "trade"])
async def test_w16_no_heartbeat_reaches_the_user(channel: Any) -> None:
    settings = msgspec.structs.replace(FAST, ping_interval=0.02)
    async with stream_server() as server, streams_of(server, settings) as streams:
        async with streams.subscribe("anything", channel=channel) as raw:
            peer = server.peers[0]
            await server.until(lambda: len(peer.asked("ping")) >= 3)
            await peer.send({"op": "ping", "req_id": "s1"})
            await server.until(lambda: any(request.get("op") == "pong" for request in peer.requests))
            assert next(request for request in peer.requests if request["op"] == "pong")["req_id"] == "s1"
            assert await asyncio.wait_for(await peer.socket.ping(), 5) is not None
            await peer.send({"topic": "anything", "ts": 1, "data": {"x": 1}})
            assert (await anext(raw)).data == {"x": 1}
            assert raw.pending == 0
            assert not peer.closed


async def test_w17_junk_is_counted_and_the_socket_survives() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            peer = server.peers[0]
            await peer.send(b"not json", b"{}", b"[]", b'{"op":"unheard of"}', b'{"topic":"unknown.X","data":{}}')
            await peer.socket.send(b"\x00\x01\xff binary")
            await peer.send(b'{"topic":"publicTrade.BTCUSDT","data":', trade(1))
            assert (await anext(trades)).exec_id == "1"
            assert server.handshakes == 1
            assert sum(streams.junk_frames.values()) == 5


@pytest.mark.parametrize("frame", [b"x" * 20_000_000, b"\xff\xfe\xfd"], ids=["20 MB", "invalid UTF-8"])
async def test_w17_a_frame_that_breaks_the_protocol_costs_the_connection_and_no_more(frame: bytes) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            # The client may hang up while it is still being sent.
            with suppress(ConnectionClosed):
                await server.peers[0].send(frame)
            if len(frame) > FAST.max_frame:
                await server.subscribed(TRADES, 2)
            await server.peers[-1].send(trade(2))
            assert (await anext(trades)).exec_id == "2"


async def flood(server: Any, count: int) -> None:
    peer = server.peers[0]
    for number in range(count):
        await peer.send(trade(number))


async def test_w18_a_slow_consumer_slows_nobody_and_loses_the_oldest_counted() -> None:
    settings = msgspec.structs.replace(FAST, ping_interval=0.02, pong_timeout=10)
    async with stream_server() as server, streams_of(server, settings) as streams:
        slow = streams.trades("BTCUSDT", category="linear", buffer=100)
        fast = streams.trades("BTCUSDT", category="linear")
        await asyncio.gather(slow.ready(), fast.ready())
        sending = asyncio.create_task(flood(server, 5_000))
        seen = [(await anext(fast)).exec_id for _ in range(5_000)]
        await sending
        assert seen == [str(number) for number in range(5_000)]
        assert slow.pending == 100
        assert slow.dropped == 4_900
        assert slow.lag > 0
        assert (await anext(slow)).exec_id == "4900"
        peer = server.peers[0]
        already = len(peer.asked("ping"))
        await server.until(lambda: len(peer.asked("ping")) > already + 1)
        assert server.handshakes == 1
        slow.close()
        fast.close()


async def test_w18_latest_keeps_the_newest_per_symbol() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        trades = streams.trades("BTCUSDT", "ETHUSDT", category="linear", policy="latest")
        every = streams.trades("BTCUSDT", "ETHUSDT", category="linear")
        await asyncio.gather(trades.ready(), every.ready())
        await server.peers[0].send(
            *(trade(number, symbol) for number in range(100) for symbol in ("BTCUSDT", "ETHUSDT"))
        )
        for _ in range(200):
            await anext(every)
        assert (trades.pending, trades.dropped) == (2, 198)
        newest = [await anext(trades), await anext(trades)]
        assert [(item.symbol, item.exec_id) for item in newest] == [("BTCUSDT", "99"), ("ETHUSDT", "99")]
        trades.close()
        every.close()


async def test_w18_raise_tells_after_what_still_fitted() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        trades = streams.trades("BTCUSDT", category="linear", policy="raise", buffer=3)
        await trades.ready()
        await server.peers[0].send(*(trade(number) for number in range(5)))
        await server.until(lambda: server.peers[0].asked("unsubscribe"))
        assert [(await anext(trades)).exec_id for _ in range(3)] == ["0", "1", "2"]
        with pytest.raises(SubscriptionOverflow):
            await anext(trades)


async def test_w18_block_drops_nothing_and_holds_up_only_its_own_connection() -> None:
    settings = msgspec.structs.replace(FAST, ping_interval=0.05, pong_timeout=0.25)
    async with stream_server() as server, streams_of(server, settings) as streams:
        blocking = streams.trades("BTCUSDT", category="linear", policy="block", buffer=10)
        shared = streams.trades("BTCUSDT", category="linear")
        await asyncio.gather(blocking.ready(), shared.ready())
        own = next(peer for peer in server.peers if len(server.peers) == 2)
        for peer in server.peers:
            await peer.send(*(trade(number) for number in range(50)))
        assert [(await anext(shared)).exec_id for _ in range(50)] == [str(number) for number in range(50)]
        # Longer than an unanswered ping may take: a connection that is held on purpose is not a dead one.
        await asyncio.sleep(1.0)
        assert blocking.pending == 10
        assert not own.closed
        assert [(await anext(blocking)).exec_id for _ in range(50)] == [str(number) for number in range(50)]
        assert blocking.dropped == 0
        assert server.handshakes == 2
        blocking.close()
        shared.close()


async def test_w19_a_consumer_that_raises_ends_only_itself() -> None:
    async def consume(trades: Any) -> None:
        async for _ in trades:
            raise ValueError("mine")

    async with stream_server() as server, streams_of(server) as streams:
        bad, good = streams.trades("BTCUSDT", category="linear"), streams.trades("BTCUSDT", category="linear")
        await asyncio.gather(bad.ready(), good.ready())
        task = asyncio.create_task(consume(bad))
        await server.peers[0].send(trade(1), trade(2))
        with pytest.raises(ValueError, match="mine"):
            await task
        assert [(await anext(good)).exec_id for _ in range(2)] == ["1", "2"]
        bad.close()
        good.close()


class Broken(Messages):
    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        raise ZeroDivisionError


async def test_w19_a_listener_that_raises_loses_its_topics_and_harms_nobody(caplog: Any) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        good = streams.trades("BTCUSDT", category="linear")
        bad = streams.subscribe("publicTrade.BTCUSDT", channel="linear")
        await asyncio.gather(bad.ready(), good.ready())
        bad._feed._transform = Broken()
        await server.peers[0].send(trade(1), trade(2))
        assert [(await anext(good)).exec_id for _ in range(2)] == ["1", "2"]
        with pytest.raises(ZeroDivisionError):
            await anext(bad)
        assert "a listener of linear failed" in caplog.text
        good.close()


async def test_w19_a_blocked_event_loop_is_noticed_and_not_taken_for_a_dead_peer() -> None:
    settings = msgspec.structs.replace(FAST, ping_interval=0.05, pong_timeout=0.2)
    async with stream_server() as server, streams_of(server, settings) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades, streams.events() as events:
            time.sleep(1.3)  # noqa: ASYNC251  the fault itself
            found = await asyncio.wait_for(anext(events), 2)
            assert found.kind == "loop_blocked"
            await server.peers[0].send(trade(1))
            assert (await anext(trades)).exec_id == "1"
            assert server.handshakes == 1


async def test_w19_a_pong_that_was_waiting_while_the_loop_stood_still_is_one() -> None:
    settings = msgspec.structs.replace(FAST, ping_interval=0.05, pong_timeout=0.2)
    async with stream_server() as server, streams_of(server, settings) as streams:
        blocked: list[Any] = []

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] == "ping" and len(blocked) < 3:
                # A little longer than a pong may take, which is not yet what counts as a blocked loop.
                time.sleep(0.21)
                blocked.append(request)
            return answer(peer, request)

        server.reply = reply
        async with streams.trades("BTCUSDT", category="linear"):
            await server.until(lambda: len(server.peers[0].asked("ping")) > 4)
            assert len(blocked) == 3
            assert server.handshakes == 1


async def test_a_late_raw_subscriber_gets_a_snapshot_of_its_own() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=len(peer.asked("subscribe")))]
        async with streams.subscribe("orderbook.50.BTCUSDT", channel="linear") as one:
            assert (await anext(one)).data.update_id == 1
            async with streams.subscribe("orderbook.50.BTCUSDT", channel="linear") as two:
                assert (await anext(two)).data.update_id == 2
                assert (await anext(one)).type == "snapshot"


async def test_events_keep_their_place_between_messages() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.subscribe(TRADES, channel="linear", with_events=True) as raw:
            assert (await anext(raw)).kind == "connected"
            await server.peers[0].send(trade(1))
            assert (await anext(raw)).topic == TRADES
            server.peers[0].abort()
            kinds = [(await anext(raw)).kind for _ in range(3)]
            await server.peers[1].send(trade(2))
            assert kinds == ["lost", "connected", "recovered"]
            assert (await anext(raw)).data[0].exec_id == "2"


@pytest.mark.parametrize("flood", [b"\x89\x00" * 50_000, b"\x00\x00" * 50_000], ids=["pings", "empty fragments"])
async def test_w22_a_flood_ends_the_connection_and_the_next_one_serves(flood: bytes) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        events = streams.events()
        async with streams.trades("BTCUSDT", category="linear") as trades:
            peer = server.peers[0]
            peer.socket.transport.pause_reading()
            peer.socket.transport.write((b"\x01\x01a" if flood.startswith(b"\x00") else b"") + flood)
            again = await server.subscribed(TRADES, 2)
            await again.send(trade(2))
            assert (await anext(trades)).exec_id == "2"
            lost = [event async for event in _until(events, "lost")][-1]
            assert "in a second" in lost.reason


async def _until(events: Any, kind: str) -> Any:
    async for event in events:
        yield event
        if event.kind == kind:
            return


async def test_w22_pings_of_the_application_are_answered_a_hundred_at_a_time() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            peer = server.peers[0]
            ping = compact({"op": "ping"})
            flood = (b"\x81" + bytes([len(ping)]) + ping) * 5_000
            peer.socket.transport.write(flood)
            await peer.send(trade(1))
            assert (await anext(trades)).exec_id == "1"
            async with streams.trades("ETHUSDT", category="linear"):
                pass
            pongs = sum(request.get("op") == "pong" for request in peer.requests)
            assert 1 <= pongs < 5_000
