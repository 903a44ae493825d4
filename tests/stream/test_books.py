"""Live books beyond the first walk: full depth, retail sizes, sharing, ending."""

from __future__ import annotations

import asyncio
import gc
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bybit_async.errors import ConnectionFailed, InvalidParameter, NotSent, StreamClosed, SubscriptionRefused
from bybit_async.models.market.books import OrderBook as FullSnapshot
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream import topics
from bybit_async.stream.books.live_book import LiveOrderBook
from tests.stream.server import FAST, Peer, acknowledgement, answer, book, stream_server, streams_of


def snapshot(u: int, seq: int) -> FullSnapshot:
    body = {"s": "BTCUSDT", "b": [["100", "1"]], "a": [["101", "1"]], "u": u, "seq": seq, "ts": 1, "cts": 1}
    return msgspec.convert(body, FullSnapshot, strict=False)


def full_delta(u: int, **levels: Any) -> dict[str, Any]:
    return {**book(u=u, type="delta", **levels), "topic": "orderbook.full.BTCUSDT"}


async def test_a_full_book_is_buffered_until_a_snapshot_by_rest_fits() -> None:
    asked: list[tuple[str, str]] = []

    async def fetch(category: str, symbol: str) -> FullSnapshot:
        asked.append((category, symbol))
        if len(asked) == 1:
            raise NotSent("no network for a moment")
        # The first snapshot is older than what is buffered, the second belongs to update 6.
        return snapshot(3, 30) if len(asked) == 2 else snapshot(6, 60)

    async with stream_server() as server, streams_of(server, fetch_full_book=fetch) as streams:
        server.on_subscribed = lambda peer, topic: [
            full_delta(5, bids=[["99", "1"]]),
            full_delta(6, bids=[["98", "1"]]),
            full_delta(7, bids=[["97", "7"]]),
        ]
        async with streams.order_book("BTCUSDT", category="linear", depth="full") as live:
            assert asked == [("linear", "BTCUSDT")] * 3
            assert live.update_id == 7
            assert [(str(level.price), level.size) for level in live.bids()] == [("100", 1), ("97", 7)]
            await server.peers[0].send(full_delta(9))
            await live.updated(2)
            assert live.stale
            assert len(server.peers[0].asked("subscribe")) == 1


async def test_a_full_book_is_fetched_ever_less_often_while_that_fails() -> None:
    waits: list[float] = []
    asked = 0

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    async def fetch(category: str, symbol: str) -> FullSnapshot:
        nonlocal asked
        asked += 1
        if asked < 4:
            raise NotSent("no network for a moment")
        return snapshot(5, 50)

    async with stream_server() as server, streams_of(server, fetch_full_book=fetch, sleep=sleep) as streams:
        server.on_subscribed = lambda peer, topic: [full_delta(5)]
        async with streams.order_book("BTCUSDT", category="linear", depth="full") as live:
            assert live.update_id == 5
    assert waits == [0.01, 0.02, 0.04]


async def test_a_full_book_needs_someone_who_fetches_it() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        with pytest.raises(InvalidParameter, match="depth"):
            streams.order_book("BTCUSDT", category="linear", depth="full")


async def test_a_retail_book_shows_both_sizes() -> None:
    frame = {**book(u=1, bids=[["100", "1", "5"]], asks=[["101", "2", "0"]]), "topic": "orderbook.rpi.BTCUSDT"}
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [frame]
        async with streams.order_book("BTCUSDT", category="spot", depth="rpi") as live:
            assert live.best_bid is not None
            assert live.best_bid.size == Decimal(1)
            assert [level.size for level in live.rpi_bids()] == [Decimal(5)]  # type: ignore[attr-defined]


async def test_a_lost_connection_makes_every_book_stale_until_its_snapshot() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=10)] if peer is server.peers[0] else []
        async with streams.order_book("BTCUSDT", category="linear") as live, streams.events() as events:
            server.peers[0].abort()
            await live.updated(2)
            assert live.stale_reason == "dropped"
            await server.subscribed("orderbook.50.BTCUSDT", 2)
            await server.peers[1].send(book(u=11, type="delta"), book(u=40))
            while live.stale:
                await live.updated(2)
            assert live.update_id == 40
            kinds = [(await anext(events)).kind for _ in range(4)]
            assert (kinds[0], sorted(kinds[1:])) == ("lost", ["connected", "recovered", "resynced"])


async def test_a_refused_book_raises_on_entering_and_a_mute_one_in_time() -> None:
    impatient = msgspec.structs.replace(FAST, snapshot_timeout=0.3)
    async with (
        stream_server() as server,
        streams_of(server) as streams,
        streams_of(server, impatient) as others,
    ):

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] == "subscribe" and "orderbook.50.NOPE" in request["args"]:
                return [{**acknowledgement(peer, request), "success": False, "ret_msg": "handler not found"}]
            return answer(peer, request)

        server.reply = reply
        with pytest.raises(SubscriptionRefused, match="NOPE"):
            async with streams.order_book("NOPE", category="linear"):
                pass
        with pytest.raises(ConnectionFailed, match="no snapshot"):
            async with others.order_book("MUTE", category="linear"):
                pass


async def test_iterating_a_book_gives_it_after_every_change_and_skips_what_was_missed() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=1)]
        stream = streams.order_book("BTCUSDT", category="linear")
        seen = []
        async for live in stream:
            seen.append(live.update_id)
            if len(seen) == 1:
                await server.peers[0].send(*(book(u=number, type="delta") for number in range(2, 12)))
                while live.update_id != 11:
                    await live.updated(2)
            if live.update_id == 11:
                break
        assert seen[0] == 1
        await stream.aclose()
        await stream.aclose()
        with pytest.raises(StreamClosed):
            await live.updated()
        assert [item async for item in live] == []


async def test_a_loop_over_a_book_that_was_left_gives_it_back_and_an_entered_one_stays() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=10)]
        async for _ in streams.order_book("BTCUSDT", category="linear"):
            break
        gc.collect()
        await server.until(lambda: len(server.peers[0].asked("unsubscribe")) == 1)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            async for _ in live:
                break
            gc.collect()
            await asyncio.sleep(0.05)
            assert not live.stale
            assert len(server.peers[0].asked("unsubscribe")) == 1


async def test_a_loop_over_a_book_goes_on_where_it_was() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        server.on_subscribed = lambda peer, topic: [book(u=1)]
        stream = streams.order_book("BTCUSDT", category="linear")
        assert repr(stream) == "<OrderBookStream linear orderbook.50.BTCUSDT>"
        live = await anext(stream)
        changes = aiter(live)
        assert aiter(changes) is changes
        assert (await anext(changes)).update_id == 1
        for number in (2, 3):
            await server.peers[0].send(book(u=number, type="delta"))
            assert (await anext(stream)).update_id == number
            assert (await anext(changes)).update_id == number
        await stream.aclose()


async def test_closing_the_streams_waits_for_books_that_are_being_given_back() -> None:
    fetching, may_end = asyncio.Event(), asyncio.Event()

    async def fetch(category: str, symbol: str) -> FullSnapshot:
        fetching.set()
        try:
            return await asyncio.Future()
        finally:
            await may_end.wait()

    async with stream_server() as server, streams_of(server, fetch_full_book=fetch) as streams, asyncio.timeout(5):
        server.on_subscribed = lambda peer, topic: [full_delta(5)]
        reading = asyncio.create_task(anext(streams.order_book("BTCUSDT", category="linear", depth="full")))
        await fetching.wait()
        reading.cancel()
        await asyncio.wait({reading})
        del reading
        gc.collect()
        closing = asyncio.create_task(streams.aclose())
        await asyncio.wait({closing}, timeout=0.1)
        assert not closing.done()
        may_end.set()
        await closing


async def test_one_who_gives_up_on_a_book_in_the_turn_of_a_change_holds_nobody_up() -> None:
    live = LiveOrderBook("BTCUSDT", category="linear")
    gone, stays = (asyncio.create_task(live.updated()) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    live._changed()
    assert await stays is live
    assert gone.cancelled()


async def test_waiting_for_a_book_has_a_deadline() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=1)]
        async with streams.order_book("BTCUSDT", category="linear") as live:
            with pytest.raises(TimeoutError):
                await live.updated(timeout=0.05)


async def test_closing_the_streams_wakes_whoever_waits_for_a_book() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=1)]
        async with streams.order_book("BTCUSDT", category="linear") as live:
            waiting = asyncio.ensure_future(live.updated())
            await asyncio.sleep(0)
            await streams.aclose()
            with pytest.raises(StreamClosed):
                await waiting
            assert live.stale
        with pytest.raises(StreamClosed):
            await anext(streams.trades("BTCUSDT", category="linear"))


async def test_a_new_book_of_a_topic_that_was_just_left_gets_its_own_snapshot() -> None:
    async with stream_server() as server, streams_of(server, msgspec.structs.replace(FAST, linger=60)) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=len(peer.asked("subscribe")))]
        for _ in range(3):
            async with streams.order_book("BTCUSDT", category="linear") as live:
                assert not live.stale
        assert server.handshakes == 1


@pytest.mark.parametrize("name", ["best_bid", "bids", "stale", "updated", "version", "received_ns"])
async def test_a_book_that_was_not_entered_says_how_it_is_used(name: str) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        book_stream: Any = streams.order_book("BTCUSDT", category="linear")
        with pytest.raises(AttributeError, match=rf"async with .*order_book.* as book: book\.{name}"):
            getattr(book_stream, name)
        with pytest.raises(AttributeError, match="has no attribute 'unheard_of'"):
            book_stream.unheard_of  # noqa: B018
        assert not hasattr(book_stream, "_private")


def test_an_impossible_depth_names_those_that_are_offered() -> None:
    with pytest.raises(InvalidParameter, match=r"expected one of 1, 50, 200, 1000, 'rpi', 'full'; got 7"):
        topics.order_book("BTCUSDT", category="linear", depth=7)
    with pytest.raises(InvalidParameter, match="expected one of 25, 100; got 500"):
        topics.order_book("BTC-1JAN30-1-C", category="option", depth=500)
    assert topics.order_book("BTCUSDT", category="linear", depth=500).name == "orderbook.500.BTCUSDT"


async def test_a_sessions_full_book_is_the_one_that_rest_tells() -> None:
    async with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"], manual=True) as exchange,
        AsyncBybit(environment=exchange.environment) as bybit,
    ):

        async def trade() -> None:
            # The snapshot is fetched when the first delta has come.
            while True:
                await exchange.advance("100ms")

        trading = asyncio.create_task(trade())
        async with bybit.stream.order_book("BTCUSDT", category="linear", depth="full") as live:
            trading.cancel()
            await asyncio.wait({trading})
            told = await bybit.market.get_full_orderbook(category="linear", symbol="BTCUSDT")
            while live.update_id < told.update_id:
                await live.updated(timeout=5)
            assert live.update_id == told.update_id
            assert live.bids() == told.bids
            assert live.asks() == told.asks
