"""A WebSocket server that is far faster than any client: ``python -m benchmarks.stream_server PORT [CERT KEY]``.

It answers subscriptions and, once the three topics of the made-up market are asked for, sends its loop of frames for
ever: all at once, or one frame per segment at 10,000 a second where the path holds ``paced``. One thread per
connection, blocking writes of frames encoded beforehand. Where the path holds ``blast`` nothing has to be asked for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from benchmarks.payloads import dumps, stream_messages, text_frame

PER_SECOND = 10_000
TOPICS = 3
_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FRAMES = [text_frame(message) for message in stream_messages()]
_LOOP = b"".join(_FRAMES)


def _exactly(peer: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        if not part:
            raise OSError("the client left")
        data += part
    return data


def _read_frame(peer: socket.socket) -> tuple[int, bytes]:
    first, second = _exactly(peer, 2)
    size = second & 127
    if size == 126:
        size = int.from_bytes(_exactly(peer, 2), "big")
    mask = _exactly(peer, 4)
    return first & 15, bytes(byte ^ mask[at % 4] for at, byte in enumerate(_exactly(peer, size)))


def _handshake(peer: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        part = peer.recv(4096)
        if not part:
            raise OSError("a probe")
        request += part
    lines = request.split(b"\r\n")
    key = next(line.split(b":", 1)[1].strip() for line in lines if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + _ACCEPT).digest())
    peer.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return lines[0].split(b" ")[1]


def _take_subscriptions(peer: socket.socket) -> None:
    asked = 0
    while asked < TOPICS:
        kind, payload = _read_frame(peer)
        request = json.loads(payload) if kind == 1 else {}
        if request.get("op") == "subscribe":
            asked += len(request["args"])
            answer = {"success": True, "ret_msg": "", "conn_id": "x", "req_id": request.get("req_id", ""),
                      "op": "subscribe"}  # fmt: skip
            peer.sendall(text_frame(dumps(answer)))
    time.sleep(0.3)


def _serve(peer: socket.socket, context: ssl.SSLContext | None) -> None:
    with peer, suppress(OSError):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            peer = context.wrap_socket(peer, server_side=True)
        path = _handshake(peer)
        if b"blast" not in path:
            _take_subscriptions(peer)
        if b"paced" in path:
            _paced(peer)
        while True:
            peer.sendall(_LOOP)


def _paced(peer: socket.socket) -> None:
    due = time.perf_counter()
    while True:
        for frame in _FRAMES:
            while time.perf_counter() < due:
                pass  # a sleep is not that exact
            due = max(due + 1 / PER_SECOND, time.perf_counter() - 0.01)
            peer.sendall(frame)


def listen(serve: Callable[[socket.socket, ssl.SSLContext | None], None], port: int, *files: str) -> None:
    """Serve each connection in a thread of its own, for ever; over TLS with the files of certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if files else None
    if context is not None:
        context.load_cert_chain(*files)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0], context), daemon=True).start()


if __name__ == "__main__":
    listen(_serve, int(sys.argv[1]), *sys.argv[2:])
