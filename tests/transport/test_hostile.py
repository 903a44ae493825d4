"""A server that means harm: nothing it sends costs more than its own call, and nothing of ours goes astray."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bybit_async.errors import AnswerUnreadable, InvalidParameter, NotSent, OutcomeUnknown, TransportError
from bybit_async.session import AsyncBybit
from bybit_async.transport.carrier import MAX_BODY
from bybit_async.transport.http1 import HttpPool
from bybit_async.transport.tls import default_context
from tests.certificates import certificate
from tests.transport.raw_server import KEY, OK, SECRET, Request, always_ok, http, now, raw_server

Write = Callable[[asyncio.StreamWriter], Awaitable[None]]
MEGABYTE = 1024 * 1024


async def _flood(writer: asyncio.StreamWriter, head: bytes, part: bytes) -> None:
    """Send for ever, until the other side has had enough."""
    writer.write(head)
    try:
        while not writer.is_closing():
            writer.write(part)
            await writer.drain()
    except ConnectionError:
        return


async def _endless_body(writer: asyncio.StreamWriter) -> None:
    await _flood(writer, b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536)


async def _endless_chunks(writer: asyncio.StreamWriter) -> None:
    part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    await _flood(writer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", part)


async def _endless_headers(writer: asyncio.StreamWriter) -> None:
    await _flood(writer, b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 65000 + b"\r\n")


async def _one_endless_header(writer: asyncio.StreamWriter) -> None:
    await _flood(writer, b"HTTP/1.1 200 OK\r\nX-Filler: ", b"x" * 65536)


async def _many_small_headers(writer: asyncio.StreamWriter) -> None:
    await _flood(writer, b"HTTP/1.1 200 OK\r\n", b"".join(b"A%d: b\r\n" % number for number in range(5000)))


async def _endless_interim_answers(writer: asyncio.StreamWriter) -> None:
    await _flood(writer, b"", b"HTTP/1.1 100 Continue\r\nX-Filler: y\r\n\r\n" * 500)


@pytest.mark.parametrize(
    "attack",
    [
        _endless_body, _endless_chunks, _endless_headers, _one_endless_header, _many_small_headers,
        _endless_interim_answers,
    ],
)  # fmt: skip
async def test_an_endless_answer_is_cut_off_in_bounded_memory(attack: Write) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await attack(writer)

    async with raw_server(answer) as server:
        transport = HttpPool(server.environment.rest_url, max_body=2 * MEGABYTE)
        deadline = asyncio.get_running_loop().time() + 10
        tracemalloc.start()
        try:
            with pytest.raises(AnswerUnreadable, match="larger"):
                await transport.exchange("GET", b"/", list, b"", deadline=deadline)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await transport.aclose()
    assert peak < 16 * MEGABYTE


def _deflated(size: int) -> bytes:
    return zlib.compress(b"0" * size, 9)


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        (b"gzip", gzip.compress(b"0" * 100 * MEGABYTE, 9)),
        (b"deflate", _deflated(100 * MEGABYTE)),
        (b"gzip", gzip.compress(gzip.compress(b"0" * 100 * MEGABYTE, 9), 9)),
    ],
)
async def test_a_compressed_bomb_takes_no_memory(encoding: bytes, bomb: bytes) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(bomb, headers=b"Content-Encoding: " + encoding + b"\r\n"))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, attempts=1) as bybit:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerUnreadable):
                await bybit.market.get_server_time()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2.5 * MAX_BODY


async def test_the_largest_answer_is_configurable() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b"x" * 2000))

    async with raw_server(answer) as server:
        for most, fits in ((1999, False), (2000, True)):
            transport = HttpPool(server.environment.rest_url, max_body=most)
            call = transport.exchange("GET", b"/", list, b"", deadline=asyncio.get_running_loop().time() + 3)
            if fits:
                assert len((await call).body) == 2000
            else:
                with pytest.raises(AnswerUnreadable, match="larger"):
                    await call
            await transport.aclose()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_credentials_never_follow_a_redirect(status: int) -> None:
    async with raw_server(always_ok) as elsewhere:

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.target.startswith(b"/v5/market/time"):
                writer.write(http(OK % now()))
                return
            writer.write(
                http(b"", status=status, headers=b"Location: %b/\r\n" % elsewhere.environment.rest_url.encode())
            )

        async with raw_server(answer) as server:
            options: dict[str, Any] = {"environment": server.environment, "api_key": KEY, "api_secret": SECRET}
            async with AsyncBybit(**options, on_unknown="raise", attempts=1) as bybit:
                with pytest.raises(AnswerUnreadable):
                    await bybit.request("GET", "/v5/account/info")
                with pytest.raises(OutcomeUnknown):
                    await bybit.request("POST", "/v5/order/create", {})
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "value",
    ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "a b", "a&symbol=ETHUSDT", "a#b", "a?b=c", "ü€😀", "%0d%0aX-Evil:1", "../.."],
)
async def test_parameters_cannot_leave_their_place(value: str) -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            for name in ("symbol", "cursor"):
                await bybit.request("GET", "/v5/order/history", {name: value, "category": "spot"})
            await bybit.request("POST", "/v5/order/cancel", {"symbol": value})
        reads = [request for request in server.requests if request.target.startswith(b"/v5/order/history")]
        assert len(reads) == 2
        for request in server.requests:
            assert "x-evil" not in request.headers
            assert request.target.isascii()
            assert not set(request.target) & set(b" \r\n\x00#")
            assert request.target.count(b"?") <= 1
        assert all(request.target.endswith(b"&category=spot") for request in reads)
        assert all(request.target.count(b"=") == 2 for request in reads)
        assert json.loads(server.requests[-1].body) == {"symbol": value}


@pytest.mark.parametrize(
    "path", ["/v5/x\r\nEvil: 1", "/v5/x y", "//evil.example/x", "http://evil.example/", "/v5/ü", "x"]
)
async def test_a_raw_path_cannot_lead_elsewhere(path: str) -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment) as bybit:
            if path.startswith("//"):
                # A path with two slashes stays a path: the host is the one that is connected to.
                await bybit.request("GET", path, signed=False)
                assert server.requests[0].headers["host"] == f"127.0.0.1:{server.port}"
                return
            with pytest.raises(InvalidParameter):
                await bybit.request("GET", path, signed=False)
        assert server.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\xfd",
        b'{"retCode":0,"retMsg":"\xff","result":{}}',
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"retCode":' + b"9" * 5000 + b"}",
        b'{"retCode":NaN}',
        b'{"retCode":true,"result":{}}',
        b'{"retCode":0.5,"result":{}}',
        b'{"retCode":[0],"result":{}}',
        b'{"retCode":1e400,"result":{}}',
        b'{"result":{}}',
        b'{"result":[]}',
        b'"text"',
        b"null",
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("status", [200, 502])
async def test_bodies_that_are_no_answers(body: bytes, status: int) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(body, status=status))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, attempts=1) as bybit:
        with pytest.raises(AnswerUnreadable) as caught:
            await bybit.market.get_server_time()
    assert len(caught.value.body) <= 512


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nxxxxxxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"HTTP/1.1 9999 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_an_error_of_that_call_only(reply: bytes) -> None:
    first = True

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal first
        writer.write(reply if first else http(OK % now()))
        first = False

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, attempts=1) as bybit:
        with pytest.raises(TransportError):
            await bybit.market.get_server_time(timeout=0.5)
        await bybit.market.get_server_time()


async def test_a_second_answer_to_one_request_meets_no_other_request() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        number = len(server.requests)
        writer.write(http(OK % number) + (http(OK % 666) if number == 1 else b""))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment) as bybit:
        times = []
        for _ in range(3):
            times.append((await bybit.request("GET", "/v5/market/time", signed=False)).time)
            await asyncio.sleep(0.02)
    assert times == [1, 2, 3]


# -- TLS


@pytest.mark.parametrize(
    ("name", "trusted", "accepted"),
    [("localhost", True, True), ("localhost", False, False), ("bybit.com", True, False)],
)
async def test_a_certificate_must_be_trusted_and_for_this_host(
    name: str, trusted: bool, accepted: bool, tmp_path: Path
) -> None:
    pem, secret = certificate(tmp_path, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    seen = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.read(65536))
        writer.write(http(OK % now()))
        writer.close()

    server = await asyncio.start_server(serve, "localhost", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        mine = ssl.create_default_context(cafile=str(pem)) if trusted else None
        transport = HttpPool(f"https://localhost:{port}", ssl_context=mine)
        call = transport.exchange(
            "POST", b"/", lambda: [(b"X-BAPI-SIGN", b"secret")], b"{}", deadline=asyncio.get_running_loop().time() + 5
        )
        if accepted:
            assert (await call).status == 200
        else:
            with pytest.raises(NotSent, match="certificate"):
                await call
            assert not seen
        await transport.aclose()


async def test_verification_is_on_by_default() -> None:
    context = default_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_plain_server_gets_nothing_that_was_meant_for_tls() -> None:
    async with raw_server(always_ok) as server:
        environment = msgspec.structs.replace(server.environment, rest_url=f"https://127.0.0.1:{server.port}")
        async with AsyncBybit(environment=environment, api_key=KEY, api_secret=SECRET, attempts=1) as bybit:
            with pytest.raises(NotSent):
                await bybit.request("POST", "/v5/order/create", {}, timeout=2)
        assert server.requests == []
