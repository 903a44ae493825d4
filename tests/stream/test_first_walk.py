"""The topics a first program uses, over real sockets."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from pathlib import Path

import pytest

from bybit_async.errors import MissingCredentials
from tests.stream.server import FAST, book, stream_server, streams_of, trade

REPLAY = Path(__file__).parents[3] / "shared" / "replay" / "orderbook-500-XRPUSDT-2024-12-01.ndjson"


async def test_trades_are_iterated_one_by_one() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [trade(1), trade(2, price="0.10")]
        seen = []
        async with streams.trades("BTCUSDT", category="linear") as trades:
            async for item in trades:
                seen.append(item)
                if len(seen) == 2:
                    break
        assert [item.exec_id for item in seen] == ["1", "2"]
        assert seen[1].price == Decimal("0.10")
        assert str(seen[1].price) == "0.10"
        assert seen[0].pushed_at == 1700000000001
        assert 0 < seen[0].received_ns <= seen[1].received_ns
        assert server.peers[0].channel == "linear"


async def test_order_book_waits_for_its_snapshot_and_follows_deltas() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=5)]
        async with streams.order_book("BTCUSDT", category="linear", depth=50) as live:
            assert not live.stale
            assert live.best_bid is not None
            assert (live.best_bid.price, live.best_bid.size) == (Decimal(100), Decimal(1))
            await server.peers[0].send(book(u=6, type="delta", bids=[["100.5", "7"]]))
            await live.updated(timeout=2)
            assert live.best_bid.price == Decimal("100.5")
            assert live.received_ns > 0


async def test_two_users_share_a_book_and_the_last_one_ends_it() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=5)]
        async with streams.order_book("BTCUSDT", category="linear") as first:
            async with streams.order_book("BTCUSDT", category="linear") as second:
                assert first is second
            assert not first.stale
        assert first.stale
        await server.until(lambda: server.peers[0].asked("unsubscribe") == [["orderbook.50.BTCUSDT"]])


async def test_ticker_deltas_come_out_whole() -> None:
    first = {"topic": "tickers.BTCUSDT", "type": "snapshot", "ts": 1, "cs": 1,
             "data": {"symbol": "BTCUSDT", "lastPrice": "100", "fundingRate": "0.0001", "markPrice": "99"}}  # fmt: skip
    then = {"topic": "tickers.BTCUSDT", "type": "delta", "ts": 2, "cs": 2,
            "data": {"symbol": "BTCUSDT", "lastPrice": "101", "fundingRate": ""}}  # fmt: skip
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [first, then]
        async with streams.tickers("BTCUSDT", category="linear") as tickers:
            one = await anext(tickers)
            two = await anext(tickers)
        assert (one.last_price, one.funding_rate) == (Decimal(100), Decimal("0.0001"))
        assert (two.last_price, two.mark_price, two.funding_rate) == (Decimal(101), Decimal(99), None)


async def test_klines_know_their_symbol() -> None:
    kline = {"start": 0, "end": 59999, "interval": "1", "open": "1", "close": "2", "high": "3", "low": "0.5",
             "volume": "10", "turnover": "20", "confirm": False, "timestamp": 5}  # fmt: skip
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [
            {"topic": topic, "data": [kline], "ts": 6, "type": "snapshot"},
            {"topic": topic, "data": [{**kline, "confirm": True}], "ts": 7, "type": "snapshot"},
        ]
        async with streams.klines("BTCUSDT", "ETHUSDT", category="spot", interval="1") as klines:
            seen = [await anext(klines) for _ in range(4)]
        assert [item.symbol for item in seen] == ["BTCUSDT", "BTCUSDT", "ETHUSDT", "ETHUSDT"]
        async with streams.klines("BTCUSDT", category="spot", interval="1", closed=True) as klines:
            assert (await anext(klines)).confirm is True


async def test_private_topics_authenticate_first() -> None:
    order = {"category": "linear", "symbol": "BTCUSDT", "orderId": "o1", "orderLinkId": "", "side": "Buy",
             "orderStatus": "New", "qty": "0.001", "price": "30000.0"}  # fmt: skip
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [{"id": "1", "topic": topic, "creationTime": 5, "data": [order]}]
        async with streams.orders() as orders:
            item = await anext(orders)
        assert (item.order_id, item.order_link_id, item.order_status) == ("o1", None, "New")
        assert item.pushed_at == 5
        assert [request["op"] for request in server.peers[0].requests[:2]] == ["auth", "subscribe"]
        key, _, signature = server.peers[0].requests[0]["args"]
        assert key == "key"
        assert len(signature) == 64


async def test_no_key_and_no_signature_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.orders():
            _, _, signature = server.peers[0].requests[0]["args"]
    assert caplog.records
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets.server")]
    assert not [line for line in ours if signature in line or '"auth"' in line]


async def test_private_topics_without_a_key_are_refused_here() -> None:
    async with stream_server() as server, streams_of(server, key=False) as streams:
        with pytest.raises(MissingCredentials):
            streams.orders()
        assert server.handshakes == 0


async def test_one_socket_serves_every_subscriber_of_a_channel() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with (
            streams.trades("BTCUSDT", category="linear") as one,
            streams.trades("BTCUSDT", "ETHUSDT", category="linear") as two,
            streams.tickers("BTCUSDT", category="linear"),
        ):
            await server.peers[0].send(trade(1))
            assert (await anext(one)).exec_id == (await anext(two)).exec_id == "1"
        assert server.handshakes == 1


async def test_an_unused_socket_is_closed_after_a_while() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear"):
            pass
        await server.until(lambda: server.peers[0].closed)
        async with streams.trades("BTCUSDT", category="linear"):
            assert len(server.peers) == 2


async def test_leaving_a_loop_without_closing_releases_the_topic() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [trade(1)]
        async for _ in streams.trades("BTCUSDT", category="linear"):
            break
        await server.until(lambda: server.peers[0].asked("unsubscribe") == [["publicTrade.BTCUSDT"]])


async def test_closing_the_streams_ends_every_iteration() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        subscription = streams.trades("BTCUSDT", category="linear")
        reading = asyncio.create_task(_all(subscription))
        await server.subscribed("publicTrade.BTCUSDT")
        await streams.aclose()
        await streams.aclose()
        assert await asyncio.wait_for(reading, 1) == []


async def _all(items: object) -> list[object]:
    return [item async for item in items]  # type: ignore[attr-defined]


@pytest.mark.skipif(not REPLAY.exists(), reason="the capture is not here")
async def test_a_real_capture_ends_at_the_known_book() -> None:
    frames = REPLAY.read_bytes().splitlines()
    async with stream_server() as server, streams_of(server, FAST) as streams:
        server.on_subscribed = lambda peer, topic: [*frames]
        async with streams.order_book("XRPUSDT", category="linear", depth=500) as live:
            while live.updates < len(frames):
                await live.updated(timeout=5)
            assert live.best_bid is not None
            assert live.best_ask is not None
            assert (live.best_bid.price, live.best_bid.size) == (Decimal("1.9537"), Decimal(10605))
            assert (live.best_ask.price, live.best_ask.size) == (Decimal("1.9538"), Decimal(6702))
            assert (len(live.bids()), len(live.asks()), live.stale) == (500, 500, False)
