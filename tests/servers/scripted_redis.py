"""A Redis that answers what a test says, and pushes what it says; enough of RESP 3 for one connection at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hiredis import Reader

Command = list[bytes]


def bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)


def push(*parts: bytes) -> bytes:
    return b">%d\r\n" % len(parts) + b"".join(map(bulk, parts))


def usual(command: Command) -> bytes:
    """What Redis answers, somebody listening to everything."""
    match command[0].upper():
        case b"HELLO":
            return b"%0\r\n"
        case b"SUBSCRIBE" | b"UNSUBSCRIBE":
            name = command[0].lower()
            return b"".join(b">3\r\n" + bulk(name) + bulk(topic) + b":1\r\n" for topic in command[1:])
        case b"PUBLISH":
            return b":1\r\n"
        case _:
            return b"+OK\r\n"


class ScriptedRedis:
    """`commands` are those that came; `reply` answers each of them, with nothing at all where it returns b""."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.reply: Callable[[Command], bytes] = usual
        self.url = ""
        self._news = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._serving: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._serving.add(asyncio.current_task())
        parser = Reader()
        try:
            while data := await reader.read(65536):
                parser.feed(data)
                while (command := parser.gets()) is not False:
                    self.commands.append(command)
                    writer.write(self.reply(command))
                self._news.set()
        except ConnectionError:
            pass
        finally:
            writer.close()
            self._serving.discard(asyncio.current_task())
            self._news.set()

    def send(self, *pieces: bytes) -> None:
        """Send in one piece what nobody asked for."""
        assert self._writer is not None
        self._writer.write(b"".join(pieces))

    def drop(self) -> None:
        assert self._writer is not None
        self._writer.transport.abort()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def named(self, name: bytes) -> list[Command]:
        return [command for command in self.commands if command[0].upper() == name]


@asynccontextmanager
async def scripted_redis(*, path: str | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedRedis]:
    redis = ScriptedRedis()
    if path is None:
        server = await asyncio.start_server(redis.serve, "127.0.0.1", 0, ssl=tls)
        redis.url = f"{'rediss' if tls else 'redis'}://localhost:{server.sockets[0].getsockname()[1]}/0"
    else:
        server = await asyncio.start_unix_server(redis.serve, path)
        redis.url = f"unix://{path}?db=3"
    try:
        yield redis
    finally:
        server.close()
        await server.wait_closed()
        await redis.until(lambda: not redis._serving)
