"""The pool as an httpx transport, and httpx transports under a session."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bybit_async.errors import AnswerLost, AnswerUnreadable, NotSent, TransportError
from bybit_async.transport.carrier import HttpxCarrier
from bybit_async.transport.http1 import HttpPool
from tests.transport.raw_server import Answerer, RawServer, Request, http, raw_server

BODY = b'{"result":"as it is"}' * 20


@asynccontextmanager
async def client(answer: Answerer) -> AsyncIterator[tuple[httpx.AsyncClient, RawServer]]:
    async with raw_server(answer) as server:
        base = server.environment.rest_url
        async with httpx.AsyncClient(transport=HttpPool(base), base_url=base) as made:
            yield made, server


async def packed(request: Request, writer: asyncio.StreamWriter) -> None:
    headers = b"Content-Encoding: gzip\r\nX-Kept: yes\r\nContent-Type: application/json\r\n"
    writer.write(http(gzip.compress(BODY), headers=headers))


async def test_headers_are_passed_on_but_for_what_was_undone_here() -> None:
    async with client(packed) as (ours, server):
        answer = await ours.post("/x", content=b"{}", headers={"X-Mine": "1"})
        assert (answer.status_code, answer.content) == (200, BODY)
        assert answer.headers["x-kept"] == "yes"
        assert answer.headers["content-type"] == "application/json"
        assert not {"content-encoding", "transfer-encoding"} & set(answer.headers)
        # httpx counts the body that it was given.
        assert answer.headers.get("content-length", str(len(BODY))) == str(len(BODY))
    [request] = server.requests
    assert (request.headers["x-mine"], request.body) == ("1", b"{}")
    # Framed once, by the pool.
    assert request.headers["content-length"] == "2"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(b"", httpx.ReadError), (b"SSH-2.0-no\r\n", httpx.RemoteProtocolError)],
)
async def test_failures_have_httpxs_names(sent: bytes, expected: type[httpx.HTTPError]) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        writer.close()

    async with client(answer) as (ours, server):
        with pytest.raises(expected):
            await ours.get("/x")
        server.close()
        with pytest.raises(httpx.ConnectError):
            await ours.get("/x")


async def test_httpxs_timeouts_bound_the_whole_request() -> None:
    async with client(lambda request, writer: asyncio.sleep(60)) as (ours, _):
        with pytest.raises(httpx.ReadError, match="before the deadline"):
            await ours.get("/x", timeout=0.02)


def _raising(error: Exception) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx.ConnectError("x"), NotSent),
        (httpx.ConnectTimeout("x"), NotSent),
        (httpx.PoolTimeout("x"), NotSent),
        (httpx.ProxyError("x"), NotSent),
        (httpx.UnsupportedProtocol("x"), NotSent),
        (httpx.DecodingError("x"), AnswerUnreadable),
        (httpx.ReadTimeout("x"), AnswerLost),
        (httpx.WriteError("x"), AnswerLost),
        (httpx.RemoteProtocolError("x"), AnswerLost),
    ],
)
async def test_only_what_certainly_was_not_sent_is_called_so(raised: Exception, expected: type[TransportError]) -> None:
    carrier = HttpxCarrier(_raising(raised), "http://127.0.0.1:1")
    deadline = asyncio.get_running_loop().time() + 5
    with pytest.raises(expected):
        await carrier.exchange("GET", b"/", list, b"", deadline=deadline)


async def test_an_answer_that_never_ends_or_is_too_large_is_given_up() -> None:
    async def endless(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    loop = asyncio.get_running_loop()
    slow = HttpxCarrier(httpx.MockTransport(endless), "http://127.0.0.1:1")
    with pytest.raises(AnswerLost, match="before the deadline"):
        await slow.exchange("GET", b"/", list, b"", deadline=loop.time() + 0.01)
    large = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 1001))
    for most, fits in ((1000, False), (1001, True)):
        carrier = HttpxCarrier(large, "http://127.0.0.1:1", max_body=most)
        call = carrier.exchange("GET", b"/", list, b"", deadline=loop.time() + 5)
        if fits:
            assert len((await call).body) == 1001
        else:
            with pytest.raises(AnswerUnreadable, match="larger than 1000"):
                await call
