"""Handlers: called with every item as it comes, without a buffer between."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.errors import ConnectionFailed, StreamClosed, SubscriptionRefused
from bybit_async.models.market.klines import Kline
from bybit_async.stream.books.live_book import BookHandler, LiveOrderBook
from bybit_async.stream.events import StreamEvent
from tests.stream.server import StreamServer, acknowledgement, book, stream_server, streams_of, trade


def deltas(count: int) -> list[dict[str, Any]]:
    return [book(u=u, type="delta", bids=[["100", str(u)]]) for u in range(2, count + 2)]


def kline(start: int) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "close", "high", "low", "volume", "turnover"), "1")
    times = {"start": start, "end": start + 59_999, "timestamp": start, "interval": "1", "confirm": False}
    return {"topic": "kline.1.BTCUSDT", "type": "snapshot", "ts": start, "data": [times | prices]}


async def test_a_handler_gets_every_item_until_the_subscription_is_closed() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [trade(number) for number in range(500)]
        trades = streams.trades("BTCUSDT", category="linear")
        seen: list[str] = []

        def handler(item: Any) -> None:
            seen.append(item.exec_id)
            if len(seen) == 500:
                trades.close()

        async with asyncio.timeout(5):
            await trades.each(handler)
        assert seen == [str(number) for number in range(500)]
        assert trades.pending == trades.dropped == 0


async def test_what_waited_in_the_buffer_comes_first() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        server.on_subscribed = lambda peer, topic: [trade(number) for number in range(3)]
        trades = streams.trades("BTCUSDT", category="linear")
        assert (await anext(trades)).exec_id == "0"
        while trades.pending < 2:  # noqa: ASYNC110  what waits has no event of its own
            await asyncio.sleep(0)
        seen: list[str] = []
        reading = asyncio.ensure_future(trades.each(lambda item: seen.append(item.exec_id)))
        await (await server.peer()).send(trade(3))
        while len(seen) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0)
        trades.close()
        await reading
        assert seen == ["1", "2", "3"]


async def test_what_a_handler_raises_ends_its_subscription_and_no_other() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        bad, good = (streams.trades("BTCUSDT", category="linear") for _ in range(2))
        async with good:

            def handler(item: Any) -> None:
                raise KeyError(item.exec_id)

            reading = asyncio.ensure_future(bad.each(handler))
            await bad.ready()
            peer = await server.subscribed("publicTrade.BTCUSDT")
            await peer.send(trade(1), trade(2))
            with pytest.raises(KeyError):
                await reading
            assert [(await anext(good)).exec_id for _ in range(2)] == ["1", "2"]


async def books_of(server: StreamServer, count: int) -> None:
    server.on_subscribed = lambda peer, topic: [book(), *deltas(count)]


async def test_a_book_handler_sees_every_single_change() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        await books_of(server, 200)
        stream = streams.order_book("BTCUSDT", category="linear", depth=50)
        seen: list[tuple[int | None, str]] = []

        class Enough(Exception):
            pass

        def handler(live: LiveOrderBook) -> None:
            best = live.best_bid
            assert best is not None
            seen.append((live.update_id, str(best.size)))
            if live.update_id == 201:
                raise Enough

        with pytest.raises(Enough):
            await stream.each(handler)
        assert seen == [(1, "1"), *((u, str(u)) for u in range(2, 202))]
        await stream.aclose()


async def test_a_book_handler_ends_with_the_streams_and_leaves_the_books_other_users_alone() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        await books_of(server, 0)
        one = streams.order_book("BTCUSDT", category="linear", depth=50)
        other = streams.order_book("BTCUSDT", category="linear", depth=50)
        async with other as live:

            def handler(live: LiveOrderBook) -> None:
                raise ValueError("mine")

            with pytest.raises(ValueError, match="mine"):
                await one.each(handler)
            peer = await server.subscribed("orderbook.50.BTCUSDT")
            await peer.send(*deltas(1))
            while live.update_id != 2:
                await live.updated()
            calm = asyncio.ensure_future(one.each(lambda book: None))
            await asyncio.sleep(0)
            await streams.aclose()
            await calm


async def test_a_handler_of_a_book_that_was_refused_is_told_each_time() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        server.reply = lambda peer, request: [acknowledgement(peer, request) | {"success": False}]
        stream = streams.order_book("BTCUSDT", category="linear", depth=50)
        for _ in range(2):
            with pytest.raises(SubscriptionRefused):
                await stream.each(lambda book: None)
        await stream.aclose()


async def test_a_book_that_ends_as_its_handler_gives_up_ends_for_the_others() -> None:
    live = LiveOrderBook("BTCUSDT", category="linear")
    gone, stays = (asyncio.create_task(BookHandler(live, lambda book: None).run()) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    live._close(StreamClosed("over"))
    await stays
    await asyncio.wait({gone})
    assert gone.cancelled()


async def test_a_handler_that_raises_at_an_event_ends_its_subscription_and_nothing_else() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        bad = streams.subscribe("publicTrade.BTCUSDT", channel="linear", with_events=True)
        good = streams.trades("BTCUSDT", category="linear")
        async with good:

            def handler(item: Any) -> None:
                if isinstance(item, StreamEvent) and item.kind == "lost":
                    raise KeyError(item.kind)

            reading = asyncio.ensure_future(bad.each(handler))
            await bad.ready()
            (await server.subscribed("publicTrade.BTCUSDT")).abort()
            with pytest.raises(KeyError, match="lost"):
                await reading
            again = await server.peer(2)
            await server.until(lambda: again.asked("subscribe"))
            await again.send(trade(7))
            assert (await anext(good)).exec_id == "7"
            assert not good.stale


async def test_a_handler_that_raises_when_the_channel_is_given_up_does_not_hide_it_from_the_others() -> None:
    async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(5):
        bad = streams.subscribe("publicTrade.BTCUSDT", channel="linear", with_events=True)
        good = streams.tickers("BTCUSDT", category="linear")
        async with good:

            def handler(item: Any) -> None:
                if isinstance(item, StreamEvent) and item.kind == "failed":
                    raise KeyError(item.kind)

            reading = asyncio.ensure_future(bad.each(handler))
            await bad.ready()
            server.refuse = lambda count: 404
            (await server.subscribed("publicTrade.BTCUSDT")).abort()
            with pytest.raises(KeyError, match="failed"):
                await reading
            with pytest.raises(ConnectionFailed):
                await anext(good)


async def test_a_handler_that_raises_at_a_kline_that_was_fetched_ends_its_subscription() -> None:
    fetched = asyncio.Event()

    async def fetch(category: str, symbol: str, interval: str, first: int, last: int) -> list[Kline]:
        fetched.set()
        one = Decimal(1)
        return [Kline(start=first, open=one, high=one, low=one, close=one, volume=one, turnover=one)]

    async with stream_server() as server, streams_of(server, fetch_klines=fetch) as streams, asyncio.timeout(5):
        klines = streams.klines("BTCUSDT", category="linear", interval="1", closed=True)

        def handler(item: Any) -> None:
            raise KeyError(item.start)

        reading = asyncio.ensure_future(klines.each(handler))
        await klines.ready()
        peer = await server.subscribed("kline.1.BTCUSDT")
        await peer.send(kline(60_000), kline(240_000))
        await fetched.wait()
        with pytest.raises(KeyError):
            await reading
