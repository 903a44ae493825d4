"""Gateways that send a POST twice: the first copy is carried out, its answer lost, and the second one's passed on.

As nginx does with ``proxy_next_upstream non_idempotent``, or Envoy with retries on a reset.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bybit_async.environments import Environment


class RepeatingGateway:
    """Stands in front of the REST side of an exchange.

    Attributes:
        environment: where clients find it.
        repeats: the paths whose POSTs it sends twice; every POST when empty.
        active: False passes everything on once.
        repeated: how often it did so, by path.
    """

    def __init__(self, target: Environment, repeats: tuple[str, ...] = ()) -> None:
        self.environment = target
        self.repeats = repeats
        self.active = True
        self.repeated: Counter[str] = Counter()
        self._port = urlsplit(target.rest_url).port or 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                request = await _message(reader)
                method, path = request.split(b" ", 2)[:2]
                if self._spoils(method, path.decode()):
                    await self._send(request)
                writer.write(await self._send(request))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    def _spoils(self, method: bytes, path: str) -> bool:
        if not self.active or method != b"POST" or (self.repeats and path not in self.repeats):
            return False
        self.repeated[path] += 1
        return True

    async def _send(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            return await _message(reader)
        finally:
            writer.close()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    return head + await reader.readexactly(length)


@asynccontextmanager
async def repeating_gateway(target: Environment, *repeats: str) -> AsyncIterator[RepeatingGateway]:
    """Stand in front of an exchange's REST side; the sockets stay where they are."""
    gateway = RepeatingGateway(target, repeats)
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    gateway.environment = msgspec.structs.replace(target, rest_url=f"http://127.0.0.1:{port}")
    try:
        yield gateway
    finally:
        server.close()
        await gateway.close()
        await server.wait_closed()


class RepeatingRelay:
    """Stands in front of the order entry socket: each order frame is sent twice, the first answer to it lost.

    `rename` gives the second copy a request id of its own upstream, as a broker that multiplexes would.
    """

    def __init__(self, target: str, *, rename: bool) -> None:
        self.active = True
        self.repeated = 0
        self._target = target
        self._rename = rename
        self._swallow = ""

    async def serve(self, client: ServerConnection) -> None:
        async with connect(self._target) as upstream:
            back = asyncio.create_task(self._back(upstream, client))
            try:
                async for text in client:
                    await self._forward(str(text), upstream)
            except ConnectionClosed:
                pass
            finally:
                back.cancel()
                await asyncio.wait({back})

    async def _forward(self, text: str, upstream: ClientConnection) -> None:
        frame = msgspec.json.decode(text)
        if self.active and str(frame["op"]).startswith("order."):
            self.repeated += 1
            lost = {**frame, "reqId": f"lost-{self.repeated}"} if self._rename else frame
            self._swallow = lost["reqId"]
            await upstream.send(msgspec.json.encode(lost).decode())
        await upstream.send(text)

    async def _back(self, upstream: ClientConnection, client: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in upstream:
                if msgspec.json.decode(text).get("reqId") == self._swallow:
                    self._swallow = ""
                    continue
                await client.send(text)


@asynccontextmanager
async def repeating_relay(target: Environment, *, rename: bool) -> AsyncIterator[tuple[RepeatingRelay, Environment]]:
    """Stand in front of an exchange's order entry socket."""
    assert target.trade_url is not None
    relay = RepeatingRelay(target.trade_url, rename=rename)
    async with serve(relay.serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield relay, msgspec.structs.replace(target, trade_url=f"ws://127.0.0.1:{port}")
