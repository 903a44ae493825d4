"""One connection's life: how it ends, whatever the peer does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from bybit_async.errors import AuthenticationError, ConnectionFailed
from bybit_async.stream.connection import Connection
from bybit_async.stream.frames import Frame
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import HmacSigner
from tests.stream.server import FAST, Peer, answer, stream_server, streams_of, trade
from tests.stream.source import Source, connection_over

HASTY = msgspec.structs.replace(FAST, close_timeout=0.05, ping_interval=60.0)


class SilentPeer:
    """Shakes hands and never sends another byte."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = asyncio.Event()
        self.reads = True
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(
            line.split(b": ")[1] for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")  # fmt: skip
        try:
            while self.reads and (data := await reader.read(65536)):
                self.received += data
            if not self.reads:
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                await self.ended.wait()
        except ConnectionError:
            pass
        finally:
            self.ended.set()
            writer.close()


@asynccontextmanager
async def silent_peer() -> AsyncIterator[SilentPeer]:
    peer = SilentPeer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, limit=2**16)
    peer.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v5/public/linear"
    try:
        yield peer
    finally:
        peer.ended.set()
        server.close()
        await server.wait_closed()


def connection_to(peer: SilentPeer) -> Connection:
    return Connection(peer.url, "linear", 1, settings=HASTY, clock=Clock(), signer=None, on_frame=lambda *_: None)


async def test_a_peer_that_never_answers_a_close_is_dropped() -> None:
    async with silent_peer() as peer, asyncio.timeout(10):
        connection = connection_to(peer)
        await connection.open()
        reading = asyncio.create_task(connection.run())
        await asyncio.sleep(0)
        await connection.aclose("enough")
        await peer.ended.wait()
        assert await reading == "enough"
        assert peer.received[:1] == b"\x88"
        assert not connection.takes_messages
        with pytest.raises(ConnectionFailed, match="closed"):
            await connection.send(b"late")


async def test_a_peer_that_reads_nothing_is_dropped_although_the_close_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with silent_peer() as peer, asyncio.timeout(10):
        connection = connection_to(peer)
        await connection.open()
        socket = connection._socket
        assert socket is not None
        stuck = asyncio.Event()
        monkeypatch.setattr(socket, "close", stuck.wait)
        await connection.aclose()
        await peer.ended.wait()
        assert connection.end_reason == "closed here"


async def test_closing_what_was_never_open_is_nothing() -> None:
    async with silent_peer() as peer:
        connection = connection_to(peer)
        assert connection.age == 0
        await connection.aclose()
        connection.abort()
        assert connection.end_reason == "closed here"
        with pytest.raises(ConnectionFailed):
            await connection.send({})


async def test_a_server_that_does_not_shake_hands_is_given_up() -> None:
    left = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    settings = msgspec.structs.replace(HASTY, open_timeout=0.05)
    connection = Connection(url, "linear", 1, settings=settings, clock=Clock(), signer=None, on_frame=lambda *_: None)
    with pytest.raises(ConnectionFailed, match=r"did not answer within 0\.05 s"):
        await connection.open()
    await left.wait()
    server.close()
    await server.wait_closed()


async def test_what_a_closed_socket_does_not_take_says_how_it_was_closed() -> None:
    async with stream_server() as server, asyncio.timeout(5):
        url = server.environment.stream_url("linear")
        connection = Connection(url, "linear", 1, settings=HASTY, clock=Clock(), signer=None, on_frame=lambda *_: None)
        await connection.open()
        await (await server.peer()).socket.close(1012, "restart")
        with pytest.raises(ConnectionFailed, match="closed with 1012: restart"):
            await connection.send(b"{}")


async def test_a_private_connection_without_a_key_is_refused_here() -> None:
    async with stream_server() as server:
        url = server.environment.stream_url("private")
        connection = Connection(url, "private", 1, settings=HASTY, clock=Clock(), signer=None, on_frame=lambda *_: None)
        with pytest.raises(AuthenticationError, match="no key"):
            await connection.open()


async def test_a_proxy_that_cannot_be_used_is_named_without_its_password() -> None:
    settings = msgspec.structs.replace(HASTY, proxy="ftp://user:hidden@proxy")
    url = "ws://stream.example/v5/public/linear"
    connection = Connection(url, "linear", 1, settings=settings, clock=Clock(), signer=None, on_frame=lambda *_: None)
    with pytest.raises(ConnectionFailed, match="proxy cannot be used") as raised:
        await connection.open()
    assert "hidden" not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None


async def test_what_comes_before_the_answer_to_the_authentication_is_passed_over() -> None:
    async with stream_server() as server:

        def chatty(peer: Peer, request: dict[str, Any]) -> list[Any]:
            return [{"op": "ping"}, trade(1), *answer(peer, request)]

        server.reply = chatty
        connection = Connection(
            server.environment.stream_url("private"), "private", 1, settings=HASTY, clock=Clock(),
            signer=HmacSigner("key", "secret"), on_frame=lambda *_: None,
        )  # fmt: skip
        await connection.open()
        assert connection.opened_at is not None
        await connection.aclose()


async def test_what_had_come_before_the_loss_is_still_handed_out_one_by_one() -> None:
    source, seen, rooms = Source(), list[str](), list[asyncio.Future[None]]()

    def on_frame(_: Connection, frame: Frame, received: int) -> asyncio.Future[None]:
        seen.append(frame.data[0].exec_id)  # type: ignore[union-attr]
        rooms.append(asyncio.get_running_loop().create_future())
        return rooms[-1]

    connection = connection_over(source, HASTY, on_frame=on_frame)
    await connection.open()
    reading = asyncio.create_task(connection.run())
    await asyncio.sleep(0)
    source.bring(trade(1), trade(2))
    assert (seen, source.paused) == (["1"], True)
    source.abort()
    for number in (1, 2):
        rooms[-1].set_result(None)
        await asyncio.wait({reading}, timeout=0.01)
        assert reading.done() is (number == 2)
    assert seen == ["1", "2"]
    assert await reading == "over"


async def test_a_peer_that_takes_no_more_data_is_dropped() -> None:
    source = Source()
    connection = connection_over(source, msgspec.structs.replace(HASTY, ack_timeout=0.02))
    await connection.open()
    source.takes_more.clear()
    connection.post({"op": "subscribe"})
    assert await connection.run() == "the peer takes no more data"
    assert not source.is_open


async def test_sending_to_a_peer_that_takes_no_more_data_fails() -> None:
    source = Source()
    connection = connection_over(source, msgspec.structs.replace(HASTY, ack_timeout=0.02))
    await connection.open()
    source.takes_more.clear()
    with pytest.raises(ConnectionFailed, match="takes no more data"):
        await connection.send(b"{}")
    assert not source.is_open


async def test_a_reader_that_somebody_cancels_is_replaced() -> None:
    async with stream_server() as server, streams_of(server) as streams, streams.events() as events:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            [reader] = [task for task in asyncio.all_tasks() if task.get_name().startswith("bybit_async reader")]
            reader.cancel()
            await (await server.subscribed("publicTrade.BTCUSDT", 2)).send(trade(1))
            assert (await anext(trades)).exec_id == "1"
            assert [(event.kind, event.reason) async for event in _first(events, 2)][1] == ("lost", "cancelled")


async def test_what_breaks_the_reading_costs_the_connection_and_names_itself() -> None:
    async with stream_server() as server, streams_of(server) as streams, streams.events() as events:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            context = streams._multiplexer.context
            read_frame, broken = context.read_frame, server.peers[0]

            def fail(channel: str, frame: bytes) -> Any:
                raise ZeroDivisionError("mine")

            supervisor = next(iter(streams._multiplexer._channels["linear"].supervisors.values()))
            assert supervisor._active is not None
            supervisor._active.connection._read_frame = fail
            await broken.send(trade(1))
            again = await server.subscribed("publicTrade.BTCUSDT", 2)
            assert context.read_frame is read_frame
            await again.send(trade(2))
            assert (await anext(trades)).exec_id == "2"
            reasons = [(event.kind, event.reason) async for event in _first(events, 3)]
            assert [kind for kind, _ in reasons] == ["connected", "lost", "connected"]
            assert reasons[1][1] == "ZeroDivisionError: mine"


async def _first(events: Any, count: int) -> AsyncIterator[Any]:
    for _ in range(count):
        yield await anext(events)


async def test_junk_on_a_live_topic_is_counted_and_the_topic_goes_on() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        async with streams.trades("BTCUSDT", category="linear") as trades:
            peer = server.peers[0]
            await peer.send(trade(1), b'{"topic":"publicTrade.BTCUSDT","data":', trade(2))
            assert [(await anext(trades)).exec_id for _ in range(2)] == ["1", "2"]
            assert streams.junk_frames.total() == 1
            assert streams._multiplexer.connected
            assert server.handshakes == 1
