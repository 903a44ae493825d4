"""A connection is replaced before it is closed: no message is lost and none comes twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.overlap import Overlap
from tests.stream.server import FAST, Peer, StreamServer, book, stream_server, streams_of, trade

ROTATING = msgspec.structs.replace(FAST, rotate_after=0.15, rotation_overlap=0.05)


async def broadcast(server: StreamServer, stop: asyncio.Event) -> int:
    """Number trades and deltas, and send each to every connection that has asked, as an exchange does."""
    number = 0
    while not stop.is_set():
        number += 1
        for peer in [peer for peer in server.peers if not peer.closed]:
            with suppress(ConnectionClosed):
                if "publicTrade.BTCUSDT" in peer.topics:
                    await peer.send(trade(number))
                if "orderbook.50.BTCUSDT" in peer.topics:
                    await peer.send(book(u=number, type="delta", bids=[["100", str(number)]]))
        server.current = number  # type: ignore[attr-defined]
        await asyncio.sleep(0.002)
    return number


async def test_rotation_loses_and_doubles_nothing() -> None:
    async with stream_server() as server, streams_of(server, ROTATING) as streams:
        server.current = 0  # type: ignore[attr-defined]

        def subscribed(peer: Peer, topic: str) -> list[Any]:
            return [book(u=server.current)] if topic.startswith("orderbook") else []  # type: ignore[attr-defined]

        server.on_subscribed = subscribed
        events, stop = streams.events(), asyncio.Event()
        async with (
            streams.trades("BTCUSDT", category="linear") as trades,
            streams.order_book("BTCUSDT", category="linear") as live,
        ):
            sending = asyncio.create_task(broadcast(server, stop))
            await server.until(lambda: len(server.peers) >= 5, timeout=10)
            stop.set()
            last = await sending
            seen = []
            while not seen or seen[-1] != last:
                seen.append(int((await asyncio.wait_for(anext(trades), 2)).exec_id))
            assert seen == list(range(seen[0], last + 1))
            assert (live.stale, live.gaps, trades.dropped) == (False, 0, 0)
            assert live.update_id == last
        kinds = []
        await streams.aclose()
        async for event in events:
            kinds.append(event.kind)
        assert kinds.count("rotated") >= 3
        assert "lost" not in kinds
        assert "stale" not in kinds


async def test_a_rotation_that_can_not_connect_keeps_the_old_connection() -> None:
    async with stream_server() as server, streams_of(server, ROTATING) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            server.refuse = lambda count: 503
            await server.until(lambda: server.handshakes >= 3)
            await server.peers[0].send(trade(5))
            assert (await anext(trades)).exec_id == "5"
            assert len(server.peers) == 1


async def test_a_new_connection_that_dies_at_once_changes_nothing() -> None:
    async with stream_server() as server, streams_of(server, ROTATING) as streams, streams.events() as events:

        def dies(peer: Peer, topic: str) -> list[Any]:
            if peer is server.peers[1]:
                peer.abort()
            return []

        async with streams.trades("BTCUSDT", category="linear") as trades, asyncio.timeout(5):
            server.on_subscribed = dies
            peer = await server.peer(2)
            await server.until(lambda: peer.closed)
            await server.peers[0].send(trade(1))
            assert (await anext(trades)).exec_id == "1"
            # The next one takes over.
            await server.subscribed("publicTrade.BTCUSDT", 3)
            assert not server.peers[0].closed
            kinds = []
            while "rotated" not in kinds:
                kinds.append((await anext(events)).kind)
            assert kinds == ["connected", "rotated"]
            await server.peers[2].send(trade(2))
            assert (await anext(trades)).exec_id == "2"


async def test_an_old_connection_that_dies_during_rotation_is_a_loss() -> None:
    settings = msgspec.structs.replace(ROTATING, rotation_overlap=0.3)
    async with stream_server() as server, streams_of(server, settings) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades, streams.events() as events:
            await server.subscribed("publicTrade.BTCUSDT", 2)
            server.peers[0].abort()
            kinds = []
            async with asyncio.timeout(3):
                while "recovered" not in kinds:
                    kinds.append((await anext(events)).kind)
            assert kinds[:2] == ["lost", "recovered"]
            await server.peers[1].send(trade(9))
            assert (await anext(trades)).exec_id == "9"


def message(topic: str, data: Any, kind: str = "snapshot", ts: int = 1) -> StreamMessage[Any]:
    return StreamMessage(topic=topic, data=data, type=kind, ts=ts)


def test_overlap_lets_each_copy_through_once_in_either_order() -> None:
    overlap = Overlap()
    one, two = message("publicTrade.X", [1]), message("publicTrade.X", [2])
    assert overlap.admits(one, fresh=False)
    assert not overlap.admits(one, fresh=True)
    assert overlap.admits(two, fresh=True)
    assert not overlap.admits(two, fresh=False)


def test_overlap_keeps_real_repeats() -> None:
    overlap = Overlap()
    same = message("publicTrade.X", [1])
    assert [overlap.admits(same, fresh=False) for _ in range(2)] == [True, True]
    assert [overlap.admits(same, fresh=True) for _ in range(3)] == [False, False, True]


def test_overlap_forgets_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bybit_async.stream.overlap._MOST", 3)
    overlap = Overlap()
    for number in range(98):
        assert overlap.admits(message("publicTrade.X", [number]), fresh=False)
    assert len(overlap._copies) < 6
    assert not overlap.admits(message("publicTrade.X", [97]), fresh=True)


def test_overlap_changes_a_book_over_at_the_fresh_snapshot() -> None:
    overlap = Overlap()
    topic = "orderbook.50.X"
    assert overlap.admits(message(topic, {}, "delta"), fresh=False)
    assert not overlap.admits(message(topic, {}, "delta"), fresh=True)
    assert overlap.admits(message(topic, {}, "snapshot"), fresh=True)
    assert overlap.admits(message(topic, {}, "delta"), fresh=True)
    assert not overlap.admits(message(topic, {}, "delta"), fresh=False)


def test_overlap_ignores_the_ids_that_each_connection_gives_a_private_message() -> None:
    overlap = Overlap()
    one: StreamMessage[Any] = StreamMessage(topic="order", data=[1], id="a", creation_time=1)
    two: StreamMessage[Any] = StreamMessage(topic="order", data=[1], id="b", creation_time=2)
    assert overlap.admits(one, fresh=False)
    assert not overlap.admits(two, fresh=True)
