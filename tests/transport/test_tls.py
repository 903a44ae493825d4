"""TLS of our own: a peer made of OpenSSL itself hears and says the same, however the bytes are cut."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bybit_async.errors import AnswerLost, NotSent
from bybit_async.transport.http1 import HttpPool, _HttpConnection
from bybit_async.transport.tls import TlsTransport, open_tls
from tests.certificates import contexts
from tests.transport.raw_server import OK, http, now

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"


@pytest.fixture(params=list(VERSIONS))
def trust(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server, client = contexts(tmp_path)
    client.minimum_version = client.maximum_version = VERSIONS[request.param]
    return server, client


class Peer(asyncio.Transport):
    """The socket and the server behind it: hears what is written at once, and keeps its own words until asked."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.heard = bytearray()
        self.shaken = self.told_the_end = self.alerted = self.closed = False
        self.read = True

    def write(self, data: Any) -> None:
        self.incoming.write(data)
        try:
            if not self.shaken:
                self.tls.do_handshake()
                self.shaken = True
            while part := self.tls.read(65536):
                self.heard += part
            self.told_the_end = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.told_the_end = True
        except ssl.SSLError:
            self.alerted = True

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.limits = high, low

    def pause_reading(self) -> None:
        self.read = False

    def resume_reading(self) -> None:
        self.read = True

    def is_reading(self) -> bool:
        return self.read

    def is_closing(self) -> bool:
        return self.closed

    def end(self) -> None:
        """Say the last word of TLS."""
        with suppress(ssl.SSLWantReadError):
            self.tls.unwrap()


class Listener(asyncio.Protocol):
    def __init__(self) -> None:
        self.events: list[str] = []
        self.heard = bytearray()
        self.error: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.events.append("made")

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def eof_received(self) -> None:
        self.events.append("eof")

    def connection_lost(self, exc: Exception | None) -> None:
        self.events.append("lost")
        self.error = exc


def between(trust: tuple[ssl.SSLContext, ssl.SSLContext], protocol: asyncio.Protocol) -> tuple[TlsTransport, Peer]:
    server, client = trust
    layer, peer = TlsTransport(protocol, client, "localhost"), Peer(server)
    layer.connection_made(peer)
    return layer, peer


def deliver(layer: TlsTransport, peer: Peer, size: int = 65536) -> None:
    """Let the peer's words arrive, so many bytes at a time."""
    while said := peer.outgoing.read():
        for at in range(0, len(said), size):
            if not peer.closed:
                layer.data_received(said[at : at + size])
    if peer.closed:
        layer.connection_lost(None)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1000, 65536])
async def test_the_same_is_heard_however_the_bytes_are_cut(trust: Any, size: int) -> None:
    listener = Listener()
    layer, peer = between(trust, listener)
    deliver(layer, peer, size)
    assert layer.ready.done()
    said = [b"x", b"", b"two", bytes(range(256)) * 300, b"last"]
    for part in said:
        peer.tls.write(part)
    deliver(layer, peer, size)
    assert listener.heard == b"".join(said)
    peer.end()
    deliver(layer, peer, size)
    assert listener.events == ["made", "eof", "lost"]
    assert listener.error is None
    assert peer.told_the_end


@pytest.mark.parametrize("sizes", [[0, 1, 2], [16384, 16385, 1], [1_000_000, 3, 70_000]])
async def test_everything_written_arrives_in_order(trust: Any, sizes: list[int]) -> None:
    layer, peer = between(trust, Listener())
    deliver(layer, peer)
    parts = [bytes([number + 65]) * size for number, size in enumerate(sizes)]
    for part in parts:
        layer.write(part)
    layer.writelines([b"and", b" more"])
    layer.close()
    assert peer.heard == b"".join(parts) + b"and more"
    assert peer.told_the_end
    layer.write(b"after the end")
    assert peer.heard.endswith(b"and more")
    assert not peer.closed
    peer.end()
    deliver(layer, peer)
    assert peer.closed


async def test_what_tls_does_not_take_yet_is_sent_later_and_in_order(trust: Any) -> None:
    """As when the server renegotiates, to which Python's servers cannot be brought: OpenSSL has to read first then."""
    layer, peer = between(trust, Listener())
    deliver(layer, peer)
    inner: Any = layer
    encrypt = inner._encrypt

    def read_first(data: bytes) -> int:
        raise ssl.SSLWantReadError

    inner._encrypt = inner._tls.write = read_first
    layer.write(b"one, ")
    layer.write(b"two")
    assert layer.get_write_buffer_size() == len(b"one, two")
    inner._encrypt = inner._tls.write = encrypt
    peer.tls.write(b"go on")
    deliver(layer, peer)
    assert peer.heard == b"one, two"
    inner._encrypt = lambda data: encrypt(data[:2])
    layer.write(b", three")
    assert peer.heard == b"one, two, three"


async def test_closing_waits_for_the_last_word_of_the_peer_only_so_long(
    trust: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bybit_async.transport.tls._FAREWELL", 0.01)
    closed = asyncio.Event()
    heard = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())
        await closed.wait()
        writer.close()

    async with await asyncio.start_server(serve, "localhost", 0, ssl=trust[0]) as listening:
        port = listening.sockets[0].getsockname()[1]
        layer, listener = await open_tls(Listener, "localhost", port, context=trust[1])
        layer.write(b"bye")
        layer.close()
        assert layer.is_closing()
        await layer.gone
        assert await heard == b"bye"
        closed.set()
    assert listener.events == ["made", "lost"]
    assert listener.error is None


async def test_a_cut_is_told_from_an_end(trust: Any) -> None:
    # An answer without a length lasts until the end of the connection: whoever can cut the wire could shorten it.
    for ended in (True, False):
        connection = _HttpConnection(b"host", 1_000_000, lambda made: None, lambda lost: None)
        layer, peer = between(trust, connection)
        deliver(layer, peer)
        answer = connection.send("GET", b"/", [], b"")
        assert peer.heard == b"GET / HTTP/1.1\r\nHost: host\r\n\r\n"
        peer.tls.write(ANSWER)
        if ended:
            peer.end()
            deliver(layer, peer)
            assert (await answer).body == b"{}"
        else:
            deliver(layer, peer)
            assert not layer.eof_received()
            layer.connection_lost(None)
            with pytest.raises(AnswerLost, match="cut off"):
                await answer


@pytest.mark.parametrize("at", [0, 3, 6, -1])
async def test_a_changed_byte_reaches_nobody(trust: Any, at: int) -> None:
    listener = Listener()
    layer, peer = between(trust, listener)
    deliver(layer, peer)
    peer.tls.write(b"buy")
    record = bytearray(peer.outgoing.read())
    record[at] ^= 1
    layer.data_received(bytes(record))
    if not peer.closed:
        # A longer record was announced: what is missing of it comes from the next.
        peer.tls.write(b"sell" * 100)
        deliver(layer, peer)
    else:
        layer.connection_lost(None)
    assert not listener.heard
    assert peer.alerted
    assert isinstance(listener.error, ssl.SSLError)


async def test_nothing_is_read_past_the_moment_the_protocol_had_enough(trust: Any) -> None:
    class Enough(Listener):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            layer.abort()

    listener = Enough()
    layer, peer = between(trust, listener)
    deliver(layer, peer)
    peer.tls.write(b"one")
    peer.tls.write(b"two")
    layer.data_received(peer.outgoing.read())
    assert listener.heard == b"one"


async def test_it_tells_what_a_transport_tells(trust: Any) -> None:
    listener = Listener()
    layer, peer = between(trust, listener)
    deliver(layer, peer)
    assert layer.get_extra_info("sslcontext") is trust[1]
    assert layer.get_extra_info("peercert")["subject"] == ((("commonName", "localhost"),),)
    assert layer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
    assert layer.get_extra_info("nothing of the kind", "default") == "default"
    assert not layer.can_write_eof()
    with pytest.raises(NotImplementedError, match="half-closed"):
        layer.write_eof()
    assert layer.get_protocol() is listener
    layer.pause_reading()
    assert not layer.is_reading()
    layer.resume_reading()
    assert layer.is_reading()
    layer.set_write_buffer_limits(high=1000)
    assert peer.limits == (1000, None)
    layer.close()
    peer.read = False
    layer.close()
    assert (layer.is_closing(), peer.closed, peer.read) == (True, False, False)
    layer.abort()
    layer.connection_lost(None)


async def test_another_protocol_takes_over(trust: Any) -> None:
    first, second = Listener(), Listener()
    layer, peer = between(trust, first)
    deliver(layer, peer)
    layer.set_protocol(second)
    peer.tls.write(b"yours")
    deliver(layer, peer)
    assert (first.heard, second.heard) == (b"", b"yours")


async def test_what_the_peer_asks_for_between_two_messages_is_answered_at_once(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    server.minimum_version = client.minimum_version = ssl.TLSVersion.TLSv1_3
    server.verify_mode, client.post_handshake_auth = ssl.CERT_OPTIONAL, True
    layer, peer = between((server, client), Listener())
    deliver(layer, peer)
    peer.tls.verify_client_post_handshake()
    peer.tls.do_handshake()
    sent: list[Any] = []
    write = peer.write
    peer.write = lambda data: (sent.append(data), write(data))[1]  # type: ignore[method-assign]
    deliver(layer, peer)
    assert len(sent) == 1
    assert not peer.alerted


@pytest.mark.parametrize("late", [False, True], ids=["at once", "what was not taken yet"])
async def test_encryption_that_fails_ends_the_connection_with_its_error(trust: Any, late: bool) -> None:
    listener = Listener()
    layer, peer = between(trust, listener)
    deliver(layer, peer)
    inner: Any = layer

    def fail(data: bytes) -> int:
        raise ssl.SSLError("broken")

    def read_first(data: bytes) -> int:
        raise ssl.SSLWantReadError

    inner._encrypt, inner._tls.write = read_first if late else fail, fail
    layer.write(b"one")
    assert peer.closed
    layer.connection_lost(None)
    assert isinstance(listener.error, ssl.SSLError)


async def test_closing_before_the_handshake_is_over_closes_the_socket(trust: Any) -> None:
    listener = Listener()
    layer, peer = between(trust, listener)
    layer.close()
    assert peer.closed
    layer.connection_lost(None)
    with pytest.raises(ConnectionResetError):
        await layer.ready
    assert listener.events == []


async def test_who_gave_up_waiting_is_told_nothing(trust: Any) -> None:
    listener = Listener()
    layer, peer = between(trust, listener)
    layer.ready.cancel()
    layer.gone.cancel()
    deliver(layer, peer)
    layer.connection_lost(None)
    assert listener.events == ["made", "lost"]


async def test_what_is_broken_after_the_farewell_is_no_error(trust: Any) -> None:
    listener = Listener()
    layer, peer = between(trust, listener)
    deliver(layer, peer)
    layer.close()
    peer.tls.write(b"late")
    record = bytearray(peer.outgoing.read())
    record[-1] ^= 1
    layer.data_received(bytes(record))
    assert peer.closed
    layer.connection_lost(None)
    assert (listener.events, listener.error) == (["made", "lost"], None)


# -- with sockets


class Server:
    """Answers each request and, if told so, closes; remembers which connections were resumed."""

    def __init__(self, *, keep: bool = False) -> None:
        self.keep = keep
        self.resumed: list[bool] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.resumed.append(writer.get_extra_info("ssl_object").session_reused)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                # Without keeping, the next request needs a connection of its own.
                writer.write(http(OK % now(), headers=b"" if self.keep else b"Connection: close\r\n"))
                await writer.drain()
                if not self.keep:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


async def _ask(transport: HttpPool) -> int:
    deadline = asyncio.get_running_loop().time() + 10
    return (await transport.exchange("GET", b"/", list, b"", deadline=deadline)).status


async def test_a_session_is_resumed_by_the_next_connection(trust: Any) -> None:
    server = Server()
    async with await asyncio.start_server(server.serve, "localhost", 0, ssl=trust[0]) as listening:
        port = listening.sockets[0].getsockname()[1]
        transport = HttpPool(f"https://localhost:{port}", ssl_context=trust[1])
        for _ in range(4):
            assert await _ask(transport) == 200
        await transport.aclose()
    assert server.resumed == [False, True, True, True]


async def test_a_server_that_forgot_the_session_is_greeted_anew(trust: Any, tmp_path: Path) -> None:
    first, second = Server(), Server()
    async with await asyncio.start_server(first.serve, "localhost", 0, ssl=trust[0]) as listening:
        port = listening.sockets[0].getsockname()[1]
        transport = HttpPool(f"https://localhost:{port}", ssl_context=trust[1])
        assert await _ask(transport) == 200
    forgetful = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    forgetful.load_cert_chain(tmp_path / "localhost.pem", tmp_path / "localhost.key")
    async with await asyncio.start_server(second.serve, "localhost", port, ssl=forgetful):
        assert await _ask(transport) == 200
        await transport.aclose()
    assert second.resumed == [False]


async def test_many_calls_at_once(trust: Any) -> None:
    server = Server(keep=True)
    async with await asyncio.start_server(server.serve, "localhost", 0, ssl=trust[0], backlog=100) as listening:
        port = listening.sockets[0].getsockname()[1]
        transport = HttpPool(f"https://localhost:{port}", ssl_context=trust[1], max_connections=5)
        assert await asyncio.gather(*(_ask(transport) for _ in range(40))) == [200] * 40
        await transport.aclose()
    assert len(server.resumed) == 5


@pytest.mark.parametrize("how", ["silence", "garbage", "end"])
async def test_a_handshake_that_fails_sends_nothing_and_leaves_nothing(how: str) -> None:
    greeted = asyncio.Event()
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        greeted.set()
        if how == "garbage":
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        if how != "end":
            try:
                while await reader.read(65536):
                    pass
            except ConnectionError:
                pass
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        transport = HttpPool(f"https://127.0.0.1:{port}", connect_timeout=0.5 if how == "silence" else 10)
        with pytest.raises(NotSent):
            await _ask(transport)
        await asyncio.wait_for(ended.wait(), 10)
        assert transport._count == 0
        await transport.aclose()


async def test_closing_ends_a_handshake_that_hangs() -> None:
    greeted = asyncio.Event()
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65536):
                greeted.set()
        except ConnectionError:
            pass
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        transport = HttpPool(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        asking = asyncio.create_task(_ask(transport))
        await asyncio.wait_for(greeted.wait(), 10)
        await transport.aclose()
        with pytest.raises(NotSent):
            await asking
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_slow_reader_slows_the_writer(trust: Any) -> None:
    """What is written faster than it is read is reported upwards, and nothing of it is lost."""
    received = asyncio.get_running_loop().create_future()
    go = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        received.set_result(await reader.read(-1))
        writer.close()

    class Writer(Listener):
        def pause_writing(self) -> None:
            self.events.append("pause")

        def resume_writing(self) -> None:
            self.events.append("resume")

    async with await asyncio.start_server(serve, "localhost", 0, ssl=trust[0]) as listening:
        port = listening.sockets[0].getsockname()[1]
        layer, writer = await open_tls(Writer, "localhost", port, context=trust[1])
        sent = bytes(range(256)) * 65536
        layer.write(sent)
        assert writer.events == ["made", "pause"]
        assert layer.get_write_buffer_size() > 0
        go.set()
        layer.close()
        assert await received == sent
        await layer.gone
