"""Connections that end, hang, refuse, or come back wrong: rows W1 to W9, W20 and W21 of the fault table."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest

from bybit_async.errors import AuthenticationError, ConnectionFailed
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.budget import ConnectBudget
from bybit_async.stream.frames import Acknowledgement
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock
from tests.steady import steady
from tests.stream.proxy import proxy_to
from tests.stream.server import FAST, Peer, answer, book, stream_server, streams_of, trade

TRADES = "publicTrade.BTCUSDT"


async def event(events: Any, kind: str) -> Any:
    async with asyncio.timeout(5):
        async for found in events:
            if found.kind == kind:
                return found
    raise AssertionError(f"no {kind}")


@pytest.mark.parametrize("code", [1000, 1001, 1012, 1006])
async def test_w01_a_closed_connection_is_made_anew_and_its_topics_with_it(code: int) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        events = streams.events()
        async with streams.trades("BTCUSDT", category="linear") as trades:
            first = server.peers[0]
            if code == 1006:
                first.abort()
            else:
                await first.socket.close(code)
            lost = await event(events, "lost")
            assert lost.topics == (TRADES,)
            recovered = await event(events, "recovered")
            assert recovered.topics == (TRADES,)
            assert recovered.connection > lost.connection
            second = await server.subscribed(TRADES, 2)
            await second.send(trade(7))
            assert (await anext(trades)).exec_id == "7"
            assert not trades.stale


async def test_w01_a_subscriber_is_stale_between_loss_and_recovery() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            stale = [trades.stale]
            server.reply = lambda peer, request: []
            server.peers[0].abort()
            await server.subscribed(TRADES, 2)
            stale.append(trades.stale)
            await server.peers[1].send(trade(1))
            await anext(trades)
            assert [*stale, trades.stale] == [False, True, False]


async def test_w02_a_silent_peer_is_found_out_by_its_missing_pong() -> None:
    async with stream_server() as server, proxy_to(server.environment) as proxy, steady() as clock:
        async with streams_of(server, environment=proxy.environment) as streams:
            events = streams.events()
            async with streams.trades("BTCUSDT", category="linear") as trades:
                started = clock()
                proxy.frozen = True
                lost = await event(events, "lost")
                assert "pong" in lost.reason
                assert clock() - started < FAST.ping_interval + FAST.pong_timeout + 0.5
                proxy.frozen = False
                peer = await server.subscribed(TRADES, 2)
                await peer.send(trade(3))
                assert (await anext(trades)).exec_id == "3"


async def test_w03_data_without_pongs_does_not_keep_a_socket() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.reply = lambda peer, request: [] if request["op"] == "ping" else answer(peer, request)
        events = streams.events()
        async with streams.trades("BTCUSDT", category="linear"):
            feeding = asyncio.create_task(_feed(server.peers[0]))
            assert "pong" in (await event(events, "lost")).reason
            feeding.cancel()
            await asyncio.wait({feeding})


async def _feed(peer: Peer) -> None:
    for number in range(10_000):
        await peer.send(trade(number))
        await asyncio.sleep(0.01)


async def test_w03_pongs_without_data_make_the_topic_stale_and_not_the_socket() -> None:
    settings = msgspec.structs.replace(FAST, stale_after=0.2)
    async with stream_server() as server, streams_of(server, settings) as streams:
        server.on_subscribed = lambda peer, topic: [book()] if len(peer.asked("subscribe")) == 1 else []
        events = streams.events()
        async with streams.subscribe("orderbook.50.BTCUSDT", channel="linear") as raw:
            await anext(raw)
            stale = await event(events, "stale")
            assert stale.topics == ("orderbook.50.BTCUSDT",)
            assert raw.stale
            await server.until(lambda: len(server.peers[0].asked("subscribe")) == 2)
            assert server.handshakes == 1
            await server.peers[0].send(book(u=9))
            await anext(raw)
            assert not raw.stale


async def test_w03_a_book_that_fell_silent_is_not_trusted_until_its_snapshot() -> None:
    settings = msgspec.structs.replace(FAST, stale_after=0.2)
    async with stream_server() as server, streams_of(server, settings) as streams:
        server.on_subscribed = lambda peer, topic: [book()] if len(peer.asked("subscribe")) == 1 else []
        async with streams.order_book("BTCUSDT", category="linear") as live:
            await live.updated(2)
            assert live.stale
            await server.until(lambda: len(server.peers[0].asked("subscribe")) == 2)
            await server.peers[0].send(book(u=9))
            await live.updated(2)
            assert not live.stale


async def test_w04_a_drop_while_authentication_is_pending_starts_over() -> None:
    async with stream_server() as server, streams_of(server) as streams:

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] == "auth" and peer is server.peers[0]:
                peer.abort()
                return []
            return answer(peer, request)

        server.reply = reply
        async with streams.orders():
            assert [request["op"] for request in server.peers[0].requests] == ["auth"]
            assert [request["op"] for request in server.peers[1].requests[:2]] == ["auth", "subscribe"]


@pytest.mark.parametrize("channel", ["private", "trade"])
async def test_w05_a_refused_authentication_at_reconnect_ends_it_and_does_not_loop(channel: Any) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        refused = {"private": {"success": False, "ret_msg": "expired", "op": "auth"},
                   "trade": {"retCode": 10004, "retMsg": "sign", "op": "auth"}}[channel]  # fmt: skip
        events = streams.events()
        async with streams.subscribe("order", channel=channel) as orders:
            server.reply = lambda peer, request: [refused] if request["op"] == "auth" else answer(peer, request)
            server.peers[0].abort()
            with pytest.raises(AuthenticationError) as caught:
                await anext(orders)
            assert caught.value.ret_code == 10004
            assert "secret" not in str(caught.value)
            assert (await event(events, "failed")).topics == ("order",)
            await asyncio.sleep(0.2)
            assert server.handshakes == 3


async def test_w05_too_many_sessions_is_waited_out() -> None:
    settings = msgspec.structs.replace(FAST, refused_backoff=0.05)
    async with stream_server() as server, streams_of(server, settings) as streams:
        busy = {"retCode": 10003, "retMsg": "too many sessions", "op": "auth"}
        server.reply = lambda peer, request: (
            [busy] if request["op"] == "auth" and len(server.peers) < 3 else answer(peer, request)
        )
        async with streams.subscribe("order", channel="trade"):
            assert server.handshakes == 3


async def test_w06_a_clock_that_is_behind_is_measured_anew_once() -> None:
    clock, hour = Clock(), 3_600_000
    now = clock.monotonic()
    clock.learn(now, now, time.time() * 1000 - hour)
    measured = []

    async def ensure_clock() -> None:
        if not clock.synced:
            measured.append(True)
            moment = clock.monotonic()
            clock.learn(moment, moment, time.time() * 1000)

    async with stream_server() as server, streams_of(server, clock=clock, ensure_clock=ensure_clock) as streams:

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] == "auth" and request["args"][1] <= time.time() * 1000:
                return [{"success": False, "ret_msg": "expires is in the past", "op": "auth"}]
            return answer(peer, request)

        server.reply = reply
        async with streams.orders():
            assert len(measured) == 1
            assert server.handshakes == 2


async def test_w07_a_storm_of_refusals_stays_within_the_budget() -> None:
    speed = 1_000.0
    clock = Clock(monotonic=lambda: time.monotonic() * speed)
    most, window = 27, 300.0
    settings = msgspec.structs.replace(
        FAST, connects=most, connects_window=window, first_connect=1e9, backoff=1.0, max_backoff=5.0
    )
    came: list[float] = []
    async with stream_server() as server:

        def refuse(count: int) -> int:
            came.append(clock.monotonic())
            return 503

        server.refuse = refuse
        async with streams_of(server, settings, clock=clock, sleep=lambda s: asyncio.sleep(s / speed)) as streams:
            readers = [
                asyncio.create_task(_read(streams, channel)) for channel in ("spot", "linear", "inverse", "option")
            ]
            await server.until(lambda: len(came) > 2 * most, timeout=30)
            await streams.aclose()
            await asyncio.wait(readers)
    worst = max(sum(1 for other in came if at <= other < at + window) for at in came)
    # A slot is counted when it is taken; each of the four sockets may have one handshake on its way.
    assert worst <= most + 4


async def _read(streams: Streams, channel: Any) -> None:
    async for _ in streams.trades("BTC", category=channel):
        raise AssertionError("nothing can come")


def test_w07_the_budget_hands_out_slots_in_order() -> None:
    budget = ConnectBudget(3, 10.0)
    assert [budget.take(0.0) for _ in range(7)] == [0, 0, 0, 10, 10, 10, 20]
    assert budget.take(25.0) == 0
    assert ConnectBudget(2, 10.0).take(5.0) == 0


async def test_w07_whoever_gives_up_waiting_leaves_its_slot_to_others() -> None:
    budget = ConnectBudget(2, 10.0)
    assert [budget.take(0.0) for _ in range(2)] == [0, 0]

    async def impatient(seconds: float) -> None:
        raise asyncio.CancelledError

    for _ in range(50):
        with pytest.raises(asyncio.CancelledError):
            await budget.turn(1.0, impatient)
    waits: list[float] = []

    async def patient(seconds: float) -> None:
        waits.append(seconds)

    for _ in range(3):
        await budget.turn(1.0, patient)
    assert waits == [9, 9, 19]


async def test_w08_drops_during_handshake_and_backoff_leave_one_reconnecting_task() -> None:
    async with stream_server() as server, proxy_to(server.environment) as proxy:
        async with streams_of(server, environment=proxy.environment) as streams:
            async with streams.trades("BTCUSDT", category="linear") as trades:
                proxy.cut_next = 4
                proxy.reset()
                proxy.reset()
                peer = await server.subscribed(TRADES, 2)
                supervisors = [
                    task for task in asyncio.all_tasks() if task.get_name().startswith("bybit_async supervisor")
                ]
                assert len(supervisors) == 1
                assert proxy.connections == 6
                await peer.send(trade(1))
                assert (await anext(trades)).exec_id == "1"
                assert len(server.peers) == 2


async def test_w09_an_old_connection_can_not_touch_the_new_one() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            supervisor = next(iter(streams._multiplexer._channels["linear"].supervisors.values()))
            assert supervisor._active is not None
            old = supervisor._active.connection
            server.reply = lambda peer, request: [] if request["op"] == "subscribe" else answer(peer, request)
            server.peers[0].abort()
            await server.subscribed(TRADES, 2)
            late: StreamMessage[Any] = StreamMessage(topic=TRADES, data=[])
            assert supervisor._on_frame(old, late, time.monotonic_ns()) is None
            supervisor._on_frame(old, Acknowledgement("subscribe", True), time.monotonic_ns())
            assert trades.stale
            assert supervisor._active is not None
            assert supervisor._active.connection is not old
            assert not supervisor._active.accepted
            assert not supervisor._active.answered


async def test_w20_a_cancelled_reader_takes_nothing_with_it() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            reading = asyncio.ensure_future(anext(trades))
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait({reading})
            await server.peers[0].send(trade(1))
            assert (await anext(trades)).exec_id == "1"


async def test_w20_closing_while_reconnecting_ends_at_once() -> None:
    settings = msgspec.structs.replace(FAST, backoff=30.0, max_backoff=30.0, first_connect=1e9)
    async with stream_server() as server, steady() as clock:
        server.refuse = lambda count: 503
        async with streams_of(server, settings) as streams:
            entering = asyncio.ensure_future(streams.trades("BTCUSDT", category="linear").__aenter__())
            await server.until(lambda: server.handshakes == 1)
            started = clock()
            await streams.aclose()
            await streams.aclose()
            assert clock() - started < 1
            with pytest.raises(Exception, match="closed"):
                await entering


async def test_w20_cancelling_the_entry_leaves_nothing_behind() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.reply = lambda peer, request: []
        entering = asyncio.ensure_future(streams.trades("BTCUSDT", category="linear").__aenter__())
        await server.subscribed(TRADES)
        entering.cancel()
        await asyncio.wait({entering})
        await server.until(lambda: server.peers[0].closed)


async def test_w20_a_peer_that_does_not_close_can_not_hold_up_the_end() -> None:
    async with stream_server() as server, proxy_to(server.environment) as proxy, steady() as clock:
        async with streams_of(server, environment=proxy.environment) as streams:
            async with streams.trades("BTCUSDT", category="linear"):
                proxy.frozen = True
                started = clock()
                await streams.aclose()
                assert clock() - started < FAST.close_timeout * 2 + 0.5


async def test_w21_a_private_connection_says_how_long_it_may_be_silent_and_pings_keep_it() -> None:
    settings = msgspec.structs.replace(FAST, max_active_time=30, ping_interval=0.02)
    async with stream_server() as server, streams_of(server, settings) as streams:
        async with streams.orders(), streams.trades("BTCUSDT", category="linear"):
            paths = {peer.channel: peer.path for peer in server.peers}
            assert paths["private"].endswith("?max_active_time=30s")
            assert "max_active_time" not in paths["linear"]
            private = next(peer for peer in server.peers if peer.channel == "private")
            await server.until(lambda: len(private.asked("ping")) >= 3)
            assert not private.closed


async def test_w21_a_cut_for_silence_is_a_loss_like_any_other() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.orders():
            await server.peers[0].socket.close(1000, "max active time")
            await server.subscribed("order", 2)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_handshake_that_is_refused_for_good_is_told(status: int) -> None:
    async with (
        stream_server() as server,
        streams_of(server, msgspec.structs.replace(FAST, refused_backoff=60)) as streams,
    ):
        server.refuse = lambda count: status
        with pytest.raises(ConnectionFailed, match=str(status)):
            async with streams.trades("BTCUSDT", category="linear"):
                pass
        assert server.handshakes == 1


class BrokenSigner:
    api_key = "key"

    def sign(self, payload: bytes) -> str:
        raise RuntimeError("the vault is sealed")


async def test_a_signer_that_fails_is_told_to_whoever_subscribes() -> None:
    async with stream_server() as server:
        streams = Streams(server.environment, Clock(), BrokenSigner(), FAST)
        with pytest.raises(RuntimeError, match="sealed"):
            async with streams.orders():
                pass
        await streams.aclose()


async def test_an_address_where_nobody_listens_is_told_after_a_while() -> None:
    async with stream_server() as server:
        environment = server.environment
    streams = Streams(environment, Clock(), None, msgspec.structs.replace(FAST, first_connect=0.2))
    try:
        with pytest.raises(ConnectionFailed):
            await anext(streams.trades("BTCUSDT", category="linear"))
    finally:
        await streams.aclose()
