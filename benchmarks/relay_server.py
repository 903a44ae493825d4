"""200 order books at 10,000 messages a second: ``python -m benchmarks.relay_server PORT [CERT KEY]``.

Each connection gets the deltas of the topics it subscribed to, in turns, as many a second as its share of the symbols.
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import sys
import threading
import time
from contextlib import suppress

from benchmarks.payloads import dumps, text_frame
from benchmarks.stream_server import _handshake, _read_frame, listen

SYMBOLS = 200
PER_SECOND = 10_000
_LEVELS = 50
_TICK_SECONDS = 0.002
_PIECE = 20
"""Messages that leave together. They are as old as the first of them, so a late tick must not gather hundreds."""


class _Book:
    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.symbol = topic.rpartition(".")[2]
        self.number = 1
        self.chance = random.Random(topic)

    def snapshot(self) -> bytes:
        bids = [[f"{10_000 - n / 10:.1f}", "1.000"] for n in range(1, _LEVELS + 1)]
        asks = [[f"{10_000 + n / 10:.1f}", "1.000"] for n in range(1, _LEVELS + 1)]
        return self._frame("snapshot", bids, asks)

    def delta(self) -> bytes:
        self.number += 1
        rows = [[f"{10_000 - self.chance.randint(1, _LEVELS) / 10:.1f}", f"{self.chance.random() + 0.001:.3f}"]
                for _ in range(5)]  # fmt: skip
        return self._frame("delta", rows, [])

    def _frame(self, kind: str, bids: list[list[str]], asks: list[list[str]]) -> bytes:
        now = time.time_ns() // 1_000_000
        # The cross sequence is when it was made, on a clock that all processes of a machine share.
        data = {"s": self.symbol, "b": bids, "a": asks, "u": self.number, "seq": time.monotonic_ns()}
        return text_frame(dumps({"topic": self.topic, "type": kind, "ts": now, "data": data, "cts": now}))


def _serve(accepted: socket.socket, context: ssl.SSLContext | None) -> None:
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError), context.wrap_socket(accepted, server_side=True) if context else accepted as peer:
        _handshake(peer)
        books: dict[str, _Book] = {}
        lock = threading.Lock()
        threading.Thread(target=_push, args=(peer, books, lock), daemon=True).start()
        while True:
            kind, payload = _read_frame(peer)
            if kind == 8:
                return
            request = json.loads(payload) if kind == 1 else {}
            op = request.get("op")
            answer = {"success": True, "ret_msg": "", "conn_id": "x", "req_id": request.get("req_id", ""), "op": op}
            with lock:
                if op == "ping":
                    answer["ret_msg"] = "pong"
                for topic in request.get("args", ()):
                    if op == "subscribe":
                        books[topic] = _Book(topic)
                    else:
                        books.pop(topic, None)
                peer.sendall(text_frame(dumps(answer)))
                if op == "subscribe":
                    peer.sendall(b"".join(books[topic].snapshot() for topic in request["args"]))


def _push(peer: socket.socket, books: dict[str, _Book], lock: threading.Lock) -> None:
    owed, at, before = 0.0, 0, time.perf_counter()
    with suppress(OSError):
        while True:
            time.sleep(_TICK_SECONDS)
            now = time.perf_counter()
            with lock:
                owed = min(owed + (now - before) * PER_SECOND * len(books) / SYMBOLS, 200.0)
                before, names = now, list(books)
                frames = []
                while owed >= 1.0 and names:
                    frames.append(books[names[at % len(names)]].delta())
                    at += 1
                    owed -= 1.0
                    if len(frames) == _PIECE:
                        peer.sendall(b"".join(frames))
                        frames.clear()
                if frames:
                    peer.sendall(b"".join(frames))


if __name__ == "__main__":
    listen(_serve, int(sys.argv[1]), *sys.argv[2:])
