"""Market data that is out of step: rows B1 to B9 of the fault table, as a user of the streams meets them."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bybit_async.errors import NotSent
from bybit_async.models.market.klines import Kline
from bybit_async.transport.clock import Clock
from tests.steady import steady
from tests.stream.server import Peer, StreamServer, book, stream_server, streams_of, trade

TOPIC = "orderbook.50.BTCUSDT"
REPLAY = Path(__file__).parents[3] / "shared" / "replay" / "orderbook-500-XRPUSDT-2024-12-01.ndjson"


def delta(u: int, **levels: Any) -> dict[str, Any]:
    return book(u=u, type="delta", **levels)


def snapshots(server: StreamServer) -> None:
    """Each time the topic is asked for, a snapshot comes: u=10 first, then 110, 210…"""
    server.on_subscribed = lambda peer, topic: [
        book(topic.rpartition(".")[2], u=100 * len(peer.asked("subscribe")) - 90)
    ]


async def changed(live: Any, condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await live.updated()


async def test_b1_a_delta_before_the_snapshot_is_no_book() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [delta(9, bids=[["50", "1"]]), book(u=10)]
        async with streams.order_book("BTCUSDT", category="linear") as live:
            assert live.ignored == 1
            assert [str(level.price) for level in live.bids()] == ["100", "99"]
            assert len(server.peers[0].asked("subscribe")) == 1


@pytest.mark.parametrize("u", [12, 9, 5], ids=["jump", "back by one", "back"])
async def test_b2_a_hole_in_the_numbers_makes_the_book_stale_and_asks_for_that_topic_only(u: int) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        events = streams.events()
        async with (
            streams.order_book("BTCUSDT", category="linear") as live,
            streams.order_book("ETHUSDT", category="linear") as other,
        ):
            server.on_subscribed = lambda peer, topic: []
            peer = server.peers[0]
            await peer.send(delta(u, bids=[["100.5", "1"]]))
            await changed(live, lambda: live.stale)
            assert (live.stale_reason, live.gaps) == ("gap", 1)
            assert not other.stale
            await server.until(lambda: peer.asked("subscribe").count([TOPIC]) == 2)
            assert peer.asked("subscribe")[-1] == [TOPIC]
            assert peer.asked("unsubscribe") == [[TOPIC]]
            await peer.send(delta(u + 1))
            await peer.send(book(u=500))
            await changed(live, lambda: not live.stale)
            assert live.update_id == 500
            assert server.handshakes == 1
            kinds = [(await anext(events)).kind for _ in range(3)]
            assert kinds == ["connected", "stale", "resynced"]


async def test_b2_a_repeat_is_ignored() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            peer = server.peers[0]
            await peer.send(delta(11, bids=[["100.5", "1"]]), delta(11, bids=[["100.5", "1"]]), delta(12))
            await changed(live, lambda: live.update_id == 12)
            assert (live.repeats, live.gaps, live.stale) == (1, 0, False)


async def test_b2_gaps_that_go_on_do_not_become_a_storm_of_requests() -> None:
    async with stream_server() as server, steady() as clock, streams_of(server, clock=Clock(clock)) as streams:

        def broken(peer: Peer, topic: str) -> list[Any]:
            return [book(u=10), delta(12)]

        server.on_subscribed = broken
        stream = streams.order_book("BTCUSDT", category="linear")
        live = await stream.__aenter__()
        until = clock() + 0.5
        while clock() < until:  # noqa: ASYNC110 - the clock has no timers of its own
            await asyncio.sleep(0.01)
        # The pause doubles, beginning with 20 ms, and is looked at every 20 ms.
        assert 2 <= len(server.peers[0].asked("subscribe")) <= 7
        assert live.stale
        await stream.aclose()


async def test_b2_a_snapshot_that_did_not_come_is_asked_for_again() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            peer = server.peers[0]
            server.on_subscribed = lambda _, topic: []
            await peer.send(delta(12))
            await changed(live, lambda: live.stale)
            await server.until(lambda: len(peer.asked("subscribe")) == 2)
            snapshots(server)
            # Nothing else comes meanwhile: the market may stand still.
            await changed(live, lambda: not live.stale)
            asked = len(peer.asked("subscribe"))
            await asyncio.sleep(0.3)
            assert len(peer.asked("subscribe")) == asked


async def test_b1_a_first_snapshot_that_did_not_come_is_asked_for_again() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        # Deltas alone are no book, however many there are.
        server.on_subscribed = lambda peer, topic: (
            [delta(9)] if len(peer.asked("subscribe")) < 3 else [book(u=len(peer.asked("subscribe")))]
        )
        async with streams.order_book("BTCUSDT", category="linear") as live:
            assert live.update_id == 3
            assert server.peers[0].asked("subscribe") == [[TOPIC]] * 3


async def test_b2_a_snapshot_that_is_lost_after_a_reconnect_is_asked_for_again() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            server.on_subscribed = lambda peer, topic: []
            server.peers[0].abort()
            await server.until(lambda: len(server.peers) == 2 and len(server.peers[1].asked("subscribe")) == 2)
            snapshots(server)
            await changed(live, lambda: not live.stale)
            asked = len(server.peers[1].asked("subscribe"))
            await asyncio.sleep(0.3)
            assert len(server.peers[1].asked("subscribe")) == asked


async def test_b4_a_ticker_whose_snapshot_did_not_come_is_asked_for_again() -> None:
    async with stream_server() as server, streams_of(server) as streams:

        def answers(peer: Peer, topic: str) -> list[Any]:
            kind = "delta" if len(peer.asked("subscribe")) < 3 else "snapshot"
            return [{"topic": topic, "type": kind, "ts": 1, "cs": 1, "data": {"symbol": "BTCUSDT", "lastPrice": "7"}}]

        server.on_subscribed = answers
        tickers = streams.tickers("BTCUSDT", category="linear")
        async with asyncio.timeout(5):
            ticker = await anext(tickers)
        assert ticker.last_price == 7
        assert len(server.peers[0].asked("subscribe")) == 3
        tickers.close()


async def test_b5_a_snapshot_that_is_crossed_itself_is_asked_for_again() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            crossed = book(u=40, bids=[["101", "1"]], asks=[["100", "1"]])
            server.on_subscribed = lambda peer, topic: [crossed] if len(peer.asked("subscribe")) == 2 else [book(u=50)]
            await server.peers[0].send(delta(12))
            await changed(live, lambda: live.update_id == 50)
            assert (live.stale, live.crossings) == (False, 1)


@pytest.mark.skipif(not REPLAY.exists(), reason="the capture is not here")
@pytest.mark.parametrize("line", [1, 7, 25, 48])
async def test_b2_a_capture_with_a_line_removed_is_stale_and_never_wrong(line: int) -> None:
    frames = REPLAY.read_bytes().splitlines()
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: (
            frames[:line] + frames[line + 1 :] if len(peer.asked("subscribe")) == 1 else []
        )
        raw = streams.subscribe("orderbook.500.XRPUSDT", channel="linear", policy="drop_oldest")
        stream = streams.order_book("XRPUSDT", category="linear", depth=500)
        keeper = stream._take()
        async with raw:
            for _ in range(len(frames) - 1):
                await anext(raw)
            assert keeper.book.stale_reason == "gap"
            await server.until(lambda: len(server.peers[0].asked("subscribe")) >= 2)
        await stream.aclose()


async def test_b3_a_restart_in_mid_stream_resets_the_book() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            await server.peers[0].send(book(u=1, bids=[["7", "1"]], asks=[["8", "1"]]), delta(2, bids=[["7.5", "2"]]))
            await changed(live, lambda: live.update_id == 2)
            assert [str(level.price) for level in live.bids()] == ["7.5", "7"]
            assert (live.resets, live.gaps, live.stale) == (1, 0, False)
            assert len(server.peers[0].asked("subscribe")) == 1


async def test_b4_deleting_a_level_that_is_not_there_is_counted_and_harmless() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            await server.peers[0].send(delta(11, bids=[["55", "0"]], asks=[["155", "0.000"]]))
            await changed(live, lambda: live.update_id == 11)
            assert (live.unknown_deletes, live.stale) == (2, False)


@pytest.mark.parametrize(
    "levels",
    [{"bids": [["103", "1"]]}, {"asks": [["100", "1"]]}, {"asks": [["101", "0"], ["102", "0"]]}],
    ids=["bid above", "ask locked", "a side gone"],
)
async def test_b5_a_crossed_or_emptied_book_is_stale_until_a_snapshot(levels: dict[str, Any]) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            await server.peers[0].send(delta(11, **levels))
            await changed(live, lambda: live.crossings == 1)
            await changed(live, lambda: not live.stale)
            assert live.update_id == 110
            assert live.best_bid is not None
            assert live.best_ask is not None
            assert live.best_bid.price < live.best_ask.price


async def test_b6_a_quiet_top_of_book_is_repeated_and_stays_fresh() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=10, depth=1, bids=[["100", "1"]], asks=[["101", "1"]])]
        async with streams.order_book("BTCUSDT", category="linear", depth=1) as live:
            before = live.received_ns
            await server.peers[0].send(book(u=10, depth=1, bids=[["100", "1"]], asks=[["101", "1"]]))
            await changed(live, lambda: live.received_ns > before)
            assert (live.repeats, live.gaps, live.stale) == (1, 0, False)


async def test_b7_a_ticker_delta_before_the_snapshot_is_no_ticker_and_empty_means_none() -> None:
    def ticker(kind: str, **fields: str) -> dict[str, Any]:
        return {"topic": "tickers.BTCUSDT", "type": kind, "ts": 1, "data": {"symbol": "BTCUSDT", **fields}}

    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [
            ticker("delta", lastPrice="1"),
            ticker("snapshot", lastPrice="100", bid1Price="99", preOpenPrice="5"),
            ticker("delta", preOpenPrice=""),
            ticker("delta", bid1Price="0"),
        ]
        async with streams.tickers("BTCUSDT", category="linear") as tickers:
            first, second, third = [await anext(tickers) for _ in range(3)]
        assert (first.last_price, first.pre_open_price) == (Decimal(100), Decimal(5))
        assert (second.last_price, second.pre_open_price, second.bid1_price) == (Decimal(100), None, Decimal(99))
        assert third.bid1_price == Decimal(0)


async def test_b7_after_a_loss_a_ticker_waits_for_its_snapshot() -> None:
    def ticker(kind: str, price: str) -> dict[str, Any]:
        return {"topic": "tickers.BTCUSDT", "type": kind, "ts": 1, "data": {"symbol": "BTCUSDT", "lastPrice": price}}

    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: (
            [ticker("snapshot", "1")] if peer is server.peers[0] else [ticker("delta", "2"), ticker("snapshot", "3")]
        )
        async with streams.tickers("BTCUSDT", category="linear") as tickers:
            assert (await anext(tickers)).last_price == 1
            server.peers[0].abort()
            assert (await anext(tickers)).last_price == 3


async def test_b8_a_kline_that_is_closed_twice_closes_once() -> None:
    def kline(start: int, confirm: bool) -> dict[str, Any]:
        item: dict[str, Any] = dict.fromkeys(("interval", "open", "close", "high", "low", "volume", "turnover"), "1")
        item |= {"start": start, "end": start + 59_999, "confirm": confirm, "timestamp": start}
        return {"topic": "kline.1.BTCUSDT", "type": "snapshot", "ts": start, "data": [item]}

    frames = [kline(0, False), kline(0, True), kline(0, True), kline(60_000, False), kline(60_000, True)]
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [*frames]
        async with streams.klines("BTCUSDT", category="linear", interval="1", closed=True) as klines:
            assert [(await anext(klines)).start for _ in range(2)] == [0, 60_000]
            assert klines.pending == 0


async def test_b8_klines_that_closed_while_the_connection_was_lost_are_fetched() -> None:
    def kline(start: int, confirm: bool) -> dict[str, Any]:
        item: dict[str, Any] = dict.fromkeys(("open", "close", "high", "low", "volume", "turnover"), "1")
        item |= {"start": start, "end": start + 59_999, "interval": "1", "confirm": confirm, "timestamp": start}
        return {"topic": "kline.1.BTCUSDT", "type": "snapshot", "ts": start, "data": [item]}

    asked: list[tuple[Any, ...]] = []

    async def fetch(*wanted: Any) -> list[Kline]:
        asked.append(wanted)
        if len(asked) == 1:
            raise NotSent("no network for a moment")
        rows = [[str(start), "5", "6", "4", "5", "9", "45"] for start in (180_000, 120_000, 60_000)]
        return msgspec.convert(rows, list[Kline], strict=False)

    async with stream_server() as server, streams_of(server, fetch_klines=fetch) as streams:
        server.on_subscribed = lambda peer, topic: (
            [kline(0, True), kline(60_000, False)] if peer is server.peers[0] else [kline(180_000, False)]
        )
        async with streams.klines("BTCUSDT", category="linear", interval="1", closed=True) as klines:
            assert (await anext(klines)).start == 0
            server.peers[0].abort()
            missed = [await anext(klines) for _ in range(2)]
            assert [item.start for item in missed] == [60_000, 120_000]
            assert all(item.symbol == "BTCUSDT" and item.confirm and item.volume == 9 for item in missed)
            assert asked == [("linear", "BTCUSDT", "1", 60_000, 120_000)] * 2
            await server.peers[1].send(kline(180_000, True))
            assert (await anext(klines)).start == 180_000


async def test_b9_trades_are_told_apart_by_their_id_and_not_by_seq() -> None:
    burst = trade(0)
    one = burst["data"][0]
    burst["data"] = [{**one, "i": f"a{number}", "seq": 7} for number in range(1_024)]
    rest = trade(1)
    rest["data"] = [{**one, "i": f"b{number}", "seq": 7} for number in range(3)]
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [burst, rest]
        async with streams.trades("BTCUSDT", category="linear") as trades:
            seen = [(await anext(trades)).exec_id for _ in range(1_027)]
    assert len(set(seen)) == 1_027
    assert trades.dropped == 0
    assert json.dumps(seen[-3:]) == '["b0", "b1", "b2"]'


@pytest.mark.parametrize("row", [["100", ""], ["100", "x"], ["98", "NaN"], ["98", "-1"], ["NaN", "1"], ["-5", "1"],
                                 ["0", "1"]], ids=repr)  # fmt: skip
async def test_b10_an_invalid_number_makes_the_book_stale_until_a_snapshot(row: list[str]) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            peer = server.peers[0]
            server.on_subscribed = lambda _, topic: []
            await peer.send(delta(11, bids=[row]))
            await changed(live, lambda: live.stale)
            assert live.stale_reason == "unreadable"
            assert [str(level.price) for level in live.bids()] == ["100", "99"]
            await server.until(lambda: peer.asked("subscribe").count([TOPIC]) == 2)
            await peer.send(book(u=500))
            await changed(live, lambda: not live.stale)


async def test_b10_zero_deletes_in_any_spelling() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        snapshots(server)
        async with streams.order_book("BTCUSDT", category="linear") as live:
            rows = [["98", "1"], ["97", "1"], ["98", "0E-8"], ["97.0", "0e0"], ["99", "00"]]
            await server.peers[0].send(delta(11, bids=rows))
            await changed(live, lambda: live.update_id == 11)
            assert [str(level.price) for level in live.bids()] == ["100"]
            assert not live.stale
