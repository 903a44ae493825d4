"""A TCP proxy that can stop forwarding without closing anything, refuse, and reset."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import msgspec

from bybit_async.environments import Environment


class Proxy:
    """Stands between a client and a server.

    Attributes:
        connections: how many clients have come.
        frozen: nothing is forwarded while set; both sides stay connected.
        cut_next: this many of the next clients are dropped as soon as they have said something.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.connections = 0
        self.frozen = False
        self.cut_next = 0
        self.environment: Environment
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        try:
            first = await reader.read(65536)
            if self.cut_next > 0:
                self.cut_next -= 1
                return
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(up_writer)
            up_writer.write(first)
            await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if not self.frozen:
                    writer.write(data)
        writer.transport.abort()

    def reset(self) -> None:
        """Drop every connection at once."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def close(self) -> None:
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def proxy_to(environment: Environment) -> AsyncIterator[Proxy]:
    target = urlsplit(environment.private_url).port
    assert target is not None
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy.environment = msgspec.structs.replace(
        environment,
        public_url=environment.public_url.replace(str(target), str(port)),
        private_url=environment.private_url.replace(str(target), str(port)),
        trade_url=(environment.trade_url or "").replace(str(target), str(port)),
    )
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()
