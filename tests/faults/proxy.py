"""A TCP proxy for HTTP that spoils what the server answers: slowly, in slices, cut short, reset, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import msgspec

from bybit_async.environments import Environment


class Toxics:
    """What the proxy does to the bytes of the server.

    Attributes:
        latency: seconds before the first byte of each piece.
        slice: pass on so many bytes at a time, 0 for all there are.
        pause: seconds after each slice.
        limit: end one connection after so many bytes.
        reset: end it with a reset instead of a close.
        silent: pass nothing on.
    """

    def __init__(self) -> None:
        self.environment: Environment
        self.latency = 0.0
        self.slice = 0
        self.pause = 0.0
        self.limit: int | None = None
        self.reset = False
        self.silent = False
        self.connections = 0
        self._target = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def spent(self) -> bool:
        """Whether no limit waits for a connection any more."""
        return self.limit is None

    def drop(self) -> None:
        """End every connection, as a load balancer does with idle ones."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        self.connections += 1
        upstream: asyncio.StreamWriter | None = None
        try:
            up, upstream = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(self._forward(reader, upstream), self._spoil(up, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            for end in (writer, upstream):
                if end is not None:
                    end.transport.abort() if self.reset else end.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def _spoil(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await asyncio.sleep(self.latency)
            step = self.slice or len(data)
            for start in range(0, len(data), step):
                piece = data[start : start + step]
                if self.limit is not None:
                    piece = piece[: self.limit]
                    self.limit -= len(piece)
                if not self.silent:
                    writer.write(piece)
                if self.limit == 0:
                    self.limit = None
                    raise ConnectionResetError
                await asyncio.sleep(self.pause if self.slice else 0)
        writer.close()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def proxy_to(environment: Environment) -> AsyncIterator[Toxics]:
    """Stand in front of an exchange's REST side; the sockets stay where they are."""
    toxics = Toxics()
    toxics._target = urlsplit(environment.rest_url).port or 0
    server = await asyncio.start_server(toxics.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    toxics.environment = msgspec.structs.replace(environment, rest_url=f"http://127.0.0.1:{port}")
    try:
        yield toxics
    finally:
        server.close()
        await toxics.close()
        await server.wait_closed()
