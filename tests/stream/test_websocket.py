"""The fast path for frames says exactly what `websockets` says, wherever the bytes are cut."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.uri import parse_uri
from websockets.utils import accept_key

from bybit_async.stream.websocket import FrameSocket
from tests.stream.server import book, compact, trade

KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
LONGEST = 100_000
GREETING = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Accept: {accept_key(KEY)}\r\n\r\n"
).encode()
Story = tuple[list[bytes], list[bytes], Any]


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.unsent = 0
        self.aborted = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def write_eof(self) -> None:
        self.written.append(b"EOF")

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        self.written.append(b"CLOSED")

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


class Reference(ClientConnection):
    """The library's own parser; messages are put together from its frames."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.messages: list[bytes] = []
        self.parts: list[bytes] = []

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame) and event.opcode in (0, 1, 2):
            self.parts.append(bytes(event.data))
            if event.fin:
                self.messages.append(b"".join(self.parts))
                self.parts = []
        else:
            super().process_event(event)


def start(kind: type[Any]) -> tuple[Any, Wire]:
    protocol = ClientProtocol(parse_uri("ws://localhost/"), max_size=LONGEST)
    protocol.key = KEY
    socket = kind(protocol, ping_interval=None, close_timeout=None)
    wire = Wire()
    socket.connection_made(wire)
    protocol.send_request(protocol.connect())
    protocol.data_to_send()
    return socket, wire


def told(kind: type[Any], pieces: list[bytes], *, eof: bool = False) -> Story:
    """What a connection makes of bytes in these pieces: messages, bytes sent back, how it stands."""
    socket, wire = start(kind)
    messages: list[bytes] = socket.messages if kind is Reference else []
    if kind is FrameSocket:
        socket.on_text, socket.on_lost, socket.max_frame = (
            (lambda data, at: messages.append(data)),
            lambda: None,
            LONGEST,
        )
    for piece in pieces:
        socket.data_received(piece)
    if eof:
        socket.eof_received()
    protocol = socket.protocol
    error = protocol.handshake_exc or protocol.parser_exc
    # Pongs carry a random mask: only their number and size can be compared.
    sent = [bytes([data[0], len(data) % 256]) for data in wire.written if data]
    return messages, sent, (protocol.state, protocol.close_code, str(error) if error else None)


def frame(payload: bytes, first: int = 0x81) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([first, size]) + payload
    if size < 65536:
        return bytes([first, 126]) + size.to_bytes(2, "big") + payload
    return bytes([first, 127]) + size.to_bytes(8, "big") + payload


def conversation() -> bytes:
    """Everything a healthy server may send, in about a kilobyte."""
    return GREETING + b"".join([
        frame(compact({"success": True, "ret_msg": "", "conn_id": "c", "req_id": "1", "op": "subscribe"})),
        frame(compact(book())), frame(b"ping", 0x89), frame(compact(trade(1))), frame(b"", 0x81),
        frame(b'{"topic":"pub', 0x01), frame(b"late", 0x89), frame(b"", 0x00), frame(b'licTrade.X"}', 0x80),
        frame(b"\x00\xff", 0x82), frame(b"", 0x8A), frame("ü€".encode()), frame(b"x" * 125), frame(b"y" * 126),
        frame(compact(book(u=2, type="delta"))), frame((1000).to_bytes(2, "big") + b"bye", 0x88), frame(b"too late"),
    ])  # fmt: skip


GOOD = compact(trade(7))
BROKEN = {
    "masked": frame(GOOD) + b"\x81\x84abcdwxyz" + frame(GOOD),
    "long and masked": frame(GOOD) + b"\x81\xfe\x01\x00abcd" + b"w" * 256 + frame(GOOD),
    "reserved bit": frame(GOOD) + frame(GOOD, 0xC1) + frame(GOOD),
    "unknown opcode": frame(GOOD) + frame(b"", 0x83) + frame(GOOD),
    "text inside a fragmented message": frame(b"a", 0x01) + frame(GOOD) + frame(b"b", 0x80),
    "continuation of nothing": frame(GOOD) + frame(b"b", 0x80) + frame(GOOD),
    "fragmented ping": frame(GOOD) + frame(b"b", 0x09) + frame(GOOD),
    "long ping": frame(GOOD) + frame(b"p" * 126, 0x89) + frame(GOOD),
    "odd close": frame(GOOD) + frame(b"\x03", 0x88) + frame(GOOD),
}


def cuts(data: bytes) -> Iterator[list[bytes]]:
    for at in range(len(data) + 1):
        yield [data[:at], data[at:]] if 0 < at < len(data) else [data]
    yield [data[at : at + 1] for at in range(len(data))]


def pieces_of(data: bytes, chance: random.Random, mean: float) -> list[bytes]:
    pieces, at = [], 0
    while at < len(data):
        step = 1 + int(chance.expovariate(1 / mean))
        pieces.append(data[at : at + step])
        at += step
    return pieces


async def test_every_split_of_a_conversation_gives_the_same_messages() -> None:
    data = conversation()
    expected = told(Reference, [data])
    assert len(expected[0]) == 10
    assert json.loads(expected[0][1])["topic"] == "orderbook.50.BTCUSDT"
    for pieces in cuts(data):
        assert told(FrameSocket, pieces) == expected, [len(piece) for piece in pieces][:2]


async def test_any_chunking_of_a_conversation_gives_the_same_messages() -> None:
    chance = random.Random(5)
    data = conversation()
    expected = told(Reference, [data])
    for _ in range(400):
        pieces = pieces_of(data, chance, chance.choice([1.0, 5.0, 60.0, 400.0]))
        assert told(FrameSocket, pieces) == expected, [len(piece) for piece in pieces]


@pytest.mark.parametrize("name", sorted(BROKEN))
async def test_what_is_wrong_is_judged_by_the_library_wherever_it_is_cut(name: str) -> None:
    data = GREETING + BROKEN[name]
    expected = told(Reference, [data])
    assert expected[2][2] is not None
    for pieces in cuts(data):
        assert told(FrameSocket, pieces) == expected


@pytest.mark.parametrize("size", [LONGEST, LONGEST + 1])
async def test_a_frame_may_be_as_long_as_allowed_and_no_longer(size: int) -> None:
    data = GREETING + frame(GOOD) + frame(b"z" * size) + frame(GOOD)
    expected = told(Reference, [data])
    assert len(expected[0]) == (3 if size == LONGEST else 1)
    start_of_frame = len(GREETING) + len(frame(GOOD))
    for at in [*range(start_of_frame - 2, start_of_frame + 13), len(data) - 1, start_of_frame + 65_536]:
        assert told(FrameSocket, [data[:at], data[at:]]) == expected
    assert told(FrameSocket, pieces_of(data, random.Random(1), 1400.0)) == expected


async def test_a_connection_that_ends_within_a_frame_is_an_abnormal_end() -> None:
    data = GREETING + frame(GOOD)
    for at in range(1, len(data)):
        assert told(FrameSocket, [data[:at]], eof=True) == told(Reference, [data[:at]], eof=True), at


async def test_a_refused_handshake_is_read_by_the_library() -> None:
    data = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"
    expected = told(Reference, [data])
    for pieces in cuts(data):
        assert told(FrameSocket, pieces) == expected


async def test_a_wrong_accept_key_fails_the_handshake() -> None:
    data = GREETING.replace(accept_key(KEY).encode(), b"x" * 28) + frame(GOOD)
    expected = told(Reference, [data])
    assert expected[0] == []
    for pieces in cuts(data):
        assert told(FrameSocket, pieces) == expected


def flooded(*pieces: bytes) -> tuple[FrameSocket, Wire, list[bytes]]:
    socket, wire = start(FrameSocket)
    messages: list[bytes] = []
    socket.on_text, socket.on_lost, socket.max_frame = lambda data, at: messages.append(data), lambda: None, LONGEST
    for piece in (GREETING, *pieces):
        socket.data_received(piece)
    return socket, wire, messages


@pytest.mark.parametrize("opcode", [0x89, 0x8A, 0x00, 0x82], ids=["pings", "pongs", "empty fragments", "binary"])
async def test_a_flood_of_small_frames_drops_the_connection(opcode: int) -> None:
    beginning = frame(b"a", 0x01) if opcode == 0x00 else b""
    socket, wire, messages = flooded(frame(GOOD), beginning, frame(b"", opcode) * 100_000, frame(GOOD))
    assert wire.aborted
    assert "in a second" in socket.complaint
    assert len(wire.written) <= 1_001
    assert messages[0] == GOOD
    assert len(messages) <= (1_001 if opcode == 0x82 else 1)
    assert len(socket._fragments) <= 1_001


async def test_small_frames_that_are_spread_over_time_are_no_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0
    monkeypatch.setattr("bybit_async.stream.websocket.time.monotonic_ns", lambda: now)
    socket, wire, _ = flooded()
    for second in range(5):
        now = second * 1_100_000_000
        socket.data_received(frame(b"", 0x89) * 900)
    assert not wire.aborted
    assert len(wire.written) == 5 * 900


async def test_fragments_of_a_kilobyte_are_bounded_by_the_longest_message_alone() -> None:
    parts = frame(b"a" * 1024, 0x01) + frame(b"a" * 1024, 0x00) * 90 + frame(b"", 0x80)
    socket, wire, messages = flooded(*[parts] * 30)
    assert not wire.aborted
    assert [len(message) for message in messages] == [91 * 1024] * 30
    assert socket.complaint == ""


async def test_pongs_that_nobody_reads_end_the_connection() -> None:
    socket, wire, _ = flooded(frame(b"", 0x89))
    wire.unsent = 2 * 1024 * 1024
    socket.data_received(frame(b"", 0x8A))
    assert not wire.aborted
    socket.data_received(frame(b"", 0x89))
    assert wire.aborted
    assert "pongs" in socket.complaint
    socket.data_received(frame(b"", 0x89))
    assert len(wire.written) == 1


async def test_a_flood_while_a_close_is_unanswered_never_reaches_the_library() -> None:
    socket, wire, _ = flooded()
    socket.protocol.send_close()
    socket.data_received(frame(b"", 0x89))
    assert not wire.aborted
    socket.data_received(frame(b"", 0x89) * 2_000)
    assert wire.aborted


async def test_a_close_that_is_answered_after_other_frames_is_seen() -> None:
    socket, _, messages = flooded()
    socket.protocol.send_close()
    socket.data_received(frame(b"ping", 0x89) + frame(GOOD) + frame((1000).to_bytes(2, "big"), 0x88) + frame(GOOD))
    assert socket.protocol.close_rcvd is not None
    assert messages == [GOOD]
