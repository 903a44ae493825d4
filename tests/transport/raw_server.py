"""A TCP server that answers each request with bytes of the test's choosing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httptools

from bybit_async.environments import Environment

OK = b'{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1","timeNano":"1"},"retExtInfo":{},"time":%d}'


class Request:
    def __init__(self) -> None:
        self.method = ""
        self.target = b""
        self.headers: dict[str, str] = {}
        self.body = b""
        self.done = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.done = True


Answerer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self.environment: Environment
        self.listening: asyncio.Server

    def close(self) -> None:
        """Take no more connections."""
        self.listening.close()

    def count(self, path: str) -> int:
        return sum(request.target.split(b"?")[0] == path.encode() for request in self.requests)


@asynccontextmanager
async def raw_server(answer: Answerer) -> AsyncIterator[RawServer]:
    state = RawServer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while True:
                request = Request()
                parser = httptools.HttpRequestParser(request)
                while not request.done:
                    data = await reader.read(65536)
                    if not data:
                        return
                    parser.feed_data(data)
                request.method = parser.get_method().decode()
                state.requests.append(request)
                await answer(request, writer)
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = state.listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    state.environment = Environment(
        name="raw",
        rest_url=f"http://127.0.0.1:{state.port}",
        public_url="ws://127.0.0.1:1/v5/public",
        private_url="ws://127.0.0.1:1/v5/private",
        trade_url="ws://127.0.0.1:1/v5/trade",
    )
    try:
        yield state
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def http(body: bytes, *, status: int = 200, headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), headers, body)


KEY, SECRET = "KEYKEYKEY", "SECRETSECRET"


def now() -> int:
    return int(time.time() * 1000)


def ok() -> bytes:
    return http(OK % now())


async def always_ok(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(ok())
