"""A WebSocket server of the tests: it speaks Bybit's shapes by default, and anything a test wants instead."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bybit_async.environments import Environment
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import HmacSigner

# What takes seconds in life and happens in the tests, in milliseconds; what bounds it is as generous as in life.
FAST = StreamSettings(
    ping_interval=0.1,
    pong_timeout=0.3,
    open_timeout=5.0,
    close_timeout=0.2,
    ack_timeout=5.0,
    snapshot_timeout=2.0,
    first_connect=1.0,
    backoff=0.01,
    max_backoff=0.05,
    refused_backoff=0.2,
    stable_after=0.1,
    linger=0.05,
    rotation_overlap=0.1,
    resync_wait=0.02,
    watch_interval=0.02,
    proxy=None,
)


def compact(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()


class Peer:
    """One client, as the server sees it."""

    def __init__(self, server: StreamServer, socket: ServerConnection) -> None:
        self.server = server
        self.socket = socket
        self.path = socket.request.path if socket.request else ""
        self.channel = {"fp": "earn"}.get(
            self.path.partition("?")[0].rpartition("/")[2], self.path.partition("?")[0].rpartition("/")[2]
        )
        self.requests: list[dict[str, Any]] = []
        self.topics: list[str] = []
        self.closed = False

    async def send(self, *payloads: Any) -> None:
        for payload in payloads:
            await self.socket.send(compact(payload), text=True)

    def asked(self, op: str) -> list[list[str]]:
        """The args of every request with this op."""
        return [request.get("args", []) for request in self.requests if request.get("op") == op]

    def abort(self) -> None:
        self.socket.transport.abort()


Reply = Callable[[Peer, dict[str, Any]], list[Any]]


class StreamServer:
    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.reply: Reply = answer
        self.on_subscribed: Callable[[Peer, str], list[Any]] = lambda peer, topic: []
        self.handshakes = 0
        self.refuse: Callable[[int], int | None] = lambda count: None
        self._changed = asyncio.Event()
        self.environment: Environment

    def notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def until(self, condition: Callable[[], Any], timeout: float = 5.0) -> Any:
        """Wait until a condition about the peers holds."""
        async with asyncio.timeout(timeout):
            while not (value := condition()):
                await self._changed.wait()
            return value

    async def peer(self, count: int = 1) -> Peer:
        """Wait for the n-th connection."""
        await self.until(lambda: len(self.peers) >= count)
        return self.peers[count - 1]

    async def subscribed(self, topic: str, count: int = 1) -> Peer:
        """Wait until the n-th connection has asked for a topic."""
        peer = await self.peer(count)
        await self.until(lambda: topic in peer.topics)
        return peer

    async def serve(self, socket: ServerConnection) -> None:
        peer = Peer(self, socket)
        self.peers.append(peer)
        self.notify()
        try:
            while True:
                await self.take(peer, json.loads(await socket.recv()))
        except ConnectionClosed:
            peer.closed = True
            self.notify()

    async def take(self, peer: Peer, request: dict[str, Any]) -> None:
        peer.requests.append(request)
        replies = self.reply(peer, request)
        if request.get("op") == "subscribe":
            peer.topics += request["args"]
        elif request.get("op") == "unsubscribe":
            peer.topics = [topic for topic in peer.topics if topic not in request["args"]]
        self.notify()
        await peer.send(*replies)
        if request.get("op") == "subscribe":
            for topic in request["args"]:
                await peer.send(*self.on_subscribed(peer, topic))


def pong(peer: Peer, request: dict[str, Any]) -> dict[str, Any]:
    """The five shapes of a pong."""
    now = str(int(time.time() * 1000))
    if peer.channel == "spot":
        return {"success": True, "ret_msg": "pong", "conn_id": "c", "op": "ping"}
    if peer.channel in ("option", "spread"):
        return {"args": [now], "op": "pong"}
    if peer.channel == "private":
        return {"req_id": request.get("req_id", ""), "op": "pong", "args": [now], "conn_id": "c"}
    if peer.channel == "trade":
        return {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [now], "connId": "c"}
    return {"success": True, "ret_msg": "pong", "conn_id": "c", "req_id": "", "op": "ping"}


def acknowledgement(peer: Peer, request: dict[str, Any]) -> dict[str, Any]:
    """The four shapes of an acknowledgement."""
    op = request["op"]
    if peer.channel in ("option", "spread"):
        return {"success": True, "conn_id": "c", "data": {"failTopics": [], "successTopics": request["args"]},
                "type": "COMMAND_RESP"}  # fmt: skip
    if peer.channel == "private":
        return {"success": True, "ret_msg": "", "op": op, "conn_id": "c"}
    return {"success": True, "ret_msg": op if peer.channel == "spot" else "", "conn_id": "c",
            "req_id": request["req_id"], "op": op}  # fmt: skip


def answer(peer: Peer, request: dict[str, Any]) -> list[Any]:
    op = request.get("op")
    if op == "ping":
        return [pong(peer, request)]
    if op == "auth":
        if peer.channel == "trade":
            return [{"retCode": 0, "retMsg": "OK", "op": "auth", "connId": "c"}]
        return [{"success": True, "ret_msg": "", "op": "auth", "conn_id": "c"}]
    if op in ("subscribe", "unsubscribe"):
        return [acknowledgement(peer, request)]
    return []


@asynccontextmanager
async def stream_server() -> AsyncIterator[StreamServer]:
    state = StreamServer()

    async def check(connection: ServerConnection, request: Any) -> Any:
        state.handshakes += 1
        state.notify()
        status = state.refuse(state.handshakes)
        return None if status is None else connection.respond(status, "no\n")

    server: Server = await serve(
        state.serve, "127.0.0.1", 0, ping_interval=None, compression=None, close_timeout=0.2, process_request=check,
        max_size=None,
    )  # fmt: skip
    port = next(iter(server.sockets)).getsockname()[1]
    base = f"ws://127.0.0.1:{port}/v5"
    state.environment = Environment(
        name="test",
        rest_url=f"http://127.0.0.1:{port}",
        public_url=f"{base}/public",
        private_url=f"{base}/private",
        trade_url=f"{base}/trade",
    )
    try:
        yield state
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def streams_of(
    server: StreamServer, settings: StreamSettings = FAST, *, key: bool = True, **options: Any
) -> AsyncIterator[Streams]:
    signer = HmacSigner("key", "secret") if key else None
    environment = options.pop("environment", server.environment)
    streams = Streams(environment, options.pop("clock", None) or Clock(), signer, settings, **options)
    try:
        yield streams
    finally:
        async with asyncio.timeout(5):
            await streams.aclose()


def book(symbol: str = "BTCUSDT", u: int = 1, *, type: str = "snapshot", depth: int = 50, bids: Any = None,
         asks: Any = None) -> dict[str, Any]:  # fmt: skip
    snapshot = type == "snapshot"
    return {
        "topic": f"orderbook.{depth}.{symbol}",
        "type": type,
        "ts": 1700000000000 + u,
        "data": {
            "s": symbol,
            "b": bids if bids is not None else [["100", "1"], ["99", "2"]] if snapshot else [],
            "a": asks if asks is not None else [["101", "3"], ["102", "4"]] if snapshot else [],
            "u": u,
            "seq": u * 10,
        },
        "cts": 1700000000000 + u,
    }


def trade(number: int, symbol: str = "BTCUSDT", price: str = "100.5") -> dict[str, Any]:
    return {
        "topic": f"publicTrade.{symbol}",
        "type": "snapshot",
        "ts": 1700000000000 + number,
        "data": [{"T": 1700000000000 + number, "s": symbol, "S": "Buy", "v": "0.1", "p": price, "L": "PlusTick",
                  "i": str(number), "BT": False, "seq": number}],
    }  # fmt: skip
