"""From an address to an open socket: redirects, proxies, and servers that are something else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import serve

from bybit_async.errors import StreamError
from bybit_async.stream.settings import StreamSettings
from tests.certificates import contexts
from tests.stream.server import FAST, compact, stream_server, streams_of


@asynccontextmanager
async def redirector(target: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that sends everybody elsewhere; yields its address and what it was asked."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 307 X\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % target.encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@asynccontextmanager
async def http_proxy(target: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A proxy for whom every host is `target`; yields its address and whom it was asked for."""
    asked: list[bytes] = []
    host, _, port = target.partition(":")
    tasks: set[asyncio.Task[Any]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        tasks.add(asyncio.create_task(pump(far_reader, writer)))
        await pump(reader, far_writer)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
        server.close()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("proxied", [False, True])
async def test_a_redirect_is_not_followed(proxied: bool) -> None:
    async with stream_server() as server, redirector(server.environment.private_url) as (place, asked):
        settings, name = FAST, place
        async with http_proxy(place) as (proxy, _):
            if proxied:
                settings, name = msgspec.structs.replace(FAST, proxy=proxy), "exchange.test"
            environment = msgspec.structs.replace(server.environment, private_url=f"ws://{name}/v5/private")
            async with streams_of(server, settings, environment=environment) as streams:
                with pytest.raises(StreamError, match="307"):
                    async with streams.orders() as orders:
                        await orders.ready()
    assert asked
    assert server.peers == []


@pytest.mark.parametrize("secure", [False, True])
async def test_streams_go_through_a_proxy(secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, trusted = contexts(tmp_path, "exchange.test")
    heard = asyncio.Event()

    async def trades(socket: Any) -> None:
        async for _ in socket:
            heard.set()
            await socket.send(
                compact({"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 1, "data": []}), text=True
            )

    async with serve(trades, "127.0.0.1", 0, ssl=mine if secure else None, compression=None) as far:
        port = next(iter(far.sockets)).getsockname()[1]
        async with http_proxy(f"127.0.0.1:{port}") as (proxy, asked):
            # As it comes from the environment, where most users set it.
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            monkeypatch.setenv("HTTP_PROXY", proxy)
            settings = msgspec.structs.replace(FAST, proxy=True, ssl_context=trusted if secure else None)
            async with stream_server() as near:
                scheme = "wss" if secure else "ws"
                environment = msgspec.structs.replace(
                    near.environment, public_url=f"{scheme}://exchange.test:{port}/v5/public"
                )
                async with streams_of(near, settings, environment=environment) as streams:
                    async with streams.trades("BTCUSDT", category="linear"):
                        await asyncio.wait_for(heard.wait(), 5)
            assert asked == [f"CONNECT exchange.test:{port} HTTP/1.1".encode()]


def test_without_a_proxy_of_the_environment_none_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from bybit_async.stream.handshake import _proxied

    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert StreamSettings().proxy is True
    assert not _proxied("stream.bybit.com", True)
    assert _proxied("stream.bybit.com", "http://proxy.test")
    assert not _proxied("127.0.0.1", "http://proxy.test")
