"""The connection pool's bookkeeping: places, waiting requests, and its end."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.errors import AnswerUnreadable, InvalidParameter, NotSent, SessionClosed, TransportError
from bybit_async.transport.carrier import Headers
from bybit_async.transport.client import RestSettings
from bybit_async.transport.encoding import json_body, query_string
from bybit_async.transport.http1 import HttpPool, _HttpConnection, _watch
from bybit_async.transport.pauses import Pauses
from bybit_async.transport.turns import TurnQueue
from tests.transport.raw_server import OK, Request, always_ok, http, raw_server
from tests.transport.wire import Wire
from tests.virtual_time import run_virtual


async def ask(pool: HttpPool, seconds: float = 5.0) -> int:
    return (await pool.exchange("GET", b"/", list, b"", deadline=asyncio.get_running_loop().time() + seconds)).status


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_never_more_connections_than_places_and_all_of_them_used() -> None:
    gates = asyncio.Semaphore(0)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await gates.acquire()
        writer.write(http(OK % 1))

    async with raw_server(answer) as server:
        pool = HttpPool(server.environment.rest_url, max_connections=3)
        calls = [asyncio.create_task(ask(pool)) for _ in range(8)]
        await until(lambda: len(server.requests) == 3)
        assert (server.connections, pool._count, len(pool._waiting)) == (3, 3, 5)
        for _ in calls:
            gates.release()
        assert await asyncio.gather(*calls) == [200] * 8
        assert (server.connections, pool._count, len(pool._idle), len(pool._waiting)) == (3, 3, 3, 0)
        await pool.aclose()
    assert (pool._count, pool._open, pool._idle) == (0, set(), [])


async def test_a_place_whose_connection_dies_goes_to_the_next_in_line() -> None:
    served = 0

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        if served % 2:
            writer.close()
        else:
            writer.write(http(OK % 1))

    async with raw_server(answer) as server:
        pool = HttpPool(server.environment.rest_url, max_connections=1)
        ended = await asyncio.gather(*(ask(pool) for _ in range(6)), return_exceptions=True)
        assert [each if isinstance(each, int) else "lost" for each in ended] == ["lost", 200] * 3
        await pool.aclose()
    assert pool._count == 0


async def test_closing_turns_away_those_who_wait_and_those_who_come() -> None:
    async with raw_server(lambda request, writer: asyncio.sleep(60)) as server:
        pool = HttpPool(server.environment.rest_url, max_connections=1)
        calls = [asyncio.create_task(ask(pool)) for _ in range(3)]
        await until(lambda: len(server.requests) == 1)
        calls[1].cancel()
        await pool.aclose()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in ended[1:]] == [asyncio.CancelledError, NotSent]
        assert isinstance(ended[0], TransportError)
        with pytest.raises(NotSent, match="closed"):
            await ask(pool)
        await pool.aclose()
    assert pool._count == 0


async def test_closing_twice_at_once_waits_for_the_same_end() -> None:
    async with raw_server(lambda request, writer: asyncio.sleep(60)) as server:
        pool = HttpPool(server.environment.rest_url)
        call = asyncio.create_task(ask(pool))
        await until(lambda: len(server.requests) == 1)
        async with asyncio.timeout(5):
            await asyncio.gather(pool.aclose(), pool.aclose())
        assert pool._open == set()
        with pytest.raises(TransportError):
            await call


async def test_a_request_that_cannot_be_signed_leaves_no_connection_behind() -> None:
    def unsigned() -> Headers:
        raise ValueError("no signature")

    async with raw_server(always_ok) as server:
        pool = HttpPool(server.environment.rest_url, max_connections=1)
        deadline = asyncio.get_running_loop().time() + 5
        with pytest.raises(ValueError, match="no signature"):
            await pool.exchange("GET", b"/", unsigned, b"", deadline=deadline)
        assert await ask(pool) == 200
        await pool.aclose()
    assert (len(server.requests), server.connections) == (1, 2)


async def test_a_place_that_comes_as_its_owner_gives_up_is_passed_on() -> None:
    pool = HttpPool("http://127.0.0.1:1", max_connections=1)
    pool._count = 1
    waiting = [asyncio.create_task(pool._place(asyncio.get_running_loop().time() + 5)) for _ in range(2)]
    await until(lambda: len(pool._waiting) == 2)
    pool._pass_on(None)
    waiting[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    assert await waiting[1] is None
    assert (pool._count, len(pool._waiting)) == (1, 0)


async def test_a_connection_that_is_closing_takes_no_request() -> None:
    lost: list[_HttpConnection] = []
    wire = Wire()
    connection = _HttpConnection(b"host", 1000, lambda _: None, lost.append)
    connection.connection_made(wire)
    wire.aborted = True
    with pytest.raises(NotSent):
        await connection.send("GET", b"/", [], b"")
    assert wire.written == b""
    connection.connection_lost(None)
    assert lost == [connection]


@pytest.mark.parametrize("poll", [True, False])
def test_what_can_be_read_is_seen_without_reading_it(poll: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not poll:
        monkeypatch.delattr(select, "poll")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        readable = _watch(ours)
        assert not readable(0)
        theirs.send(b"x")
        assert readable(0)
        ours.recv(1)
        assert not readable(0)
        theirs.close()
        assert readable(0)
    assert not _watch(None)(0)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, b""),
        ({"a": True, "b": False}, b"a=true&b=false"),
        ({"a": 1e-05, "b": 0.5}, b"a=0.00001&b=0.5"),
        ({"a": ["x", 1, True]}, b"a=x%2C1%2Ctrue"),
        ({"a b": "c&d=e/ü"}, b"a%20b=c%26d%3De%2F%C3%BC"),
        ({"cursor": "p%3A1"}, b"cursor=p%3A1"),
        ({"a": "p%3A1"}, b"a=p%253A1"),
    ],
)
def test_a_query_is_spelled_as_it_is_signed(params: dict[str, Any], expected: bytes) -> None:
    assert query_string(params) == expected


def test_a_body_has_plain_decimals() -> None:
    assert json_body({"qty": Decimal("0.10")}) == b'{"qty":"0.10"}'


async def test_pauses_end_with_the_session() -> None:
    pauses = Pauses()
    waiting = asyncio.create_task(pauses.sleep(60))
    await pauses.sleep(0.001)
    pauses.close()
    ended = await asyncio.gather(waiting, pauses.sleep(0), return_exceptions=True)
    assert [type(each).__name__ for each in ended] == ["SessionClosed", "SessionClosed"]


@pytest.mark.parametrize("closed_first", [True, False])
def test_a_pause_that_ends_as_the_session_does_ends_once(closed_first: bool) -> None:
    async def run() -> str:
        loop, pauses = asyncio.get_running_loop(), Pauses()
        # Both are due in one turn of the loop.
        loop.call_at(10.0 if closed_first else 10.0 + 1e-10, pauses.close)
        loop.set_exception_handler(lambda _, context: failures.append(context))
        try:
            await pauses.sleep(10.0 + 1e-10 - loop.time() if closed_first else 10.0 - loop.time())
        except SessionClosed:
            return "closed"
        return "over"

    failures: list[Any] = []
    assert run_virtual(run()) == ("closed" if closed_first else "over")
    assert failures == []


async def test_a_queue_that_is_closed_takes_nobody() -> None:
    queue = TurnQueue("limit")
    waiting = [queue.join(1, urgent=False), queue.join(2, urgent=True)]
    assert (queue.first(), len(queue)) == (2, 2)
    waiting[1].cancel()
    assert (queue.first(), len(queue)) == (1, 1)
    queue.close()
    assert type(waiting[0].exception()).__name__ == "SessionClosed"
    with pytest.raises(Exception, match="closed"):
        queue.join(1, urgent=False)
    queue.serve()
    assert queue.first() is None


async def test_bytes_that_nobody_asked_for_end_a_connection() -> None:
    wire = Wire()
    connection = _HttpConnection(b"host", 1000, lambda _: None, lambda _: None)
    connection.connection_made(wire)
    connection.data_received(b"HTTP/1.1 200 OK\r\n")
    assert wire.aborted
    assert not connection.usable


async def test_a_second_answer_spoils_neither_the_first_nor_the_next() -> None:
    wire = Wire()
    connection = _HttpConnection(b"host", 1000, lambda _: None, lambda _: None)
    connection.connection_made(wire)
    answer = connection.send("GET", b"/", [], b"")
    connection.data_received(http(b"mine", headers=b"Traceid: 1\r\n") + http(b"another's", headers=b"Traceid: 2\r\n"))
    first = await answer
    assert (first.body, first.headers[b"traceid"]) == (b"mine", b"1")
    assert wire.aborted
    assert not connection.usable


async def test_a_body_that_does_not_decompress_is_unreadable() -> None:
    wire = Wire()
    connection = _HttpConnection(b"host", 1000, lambda _: None, lambda _: None)
    connection.connection_made(wire)
    answer = connection.send("GET", b"/", [], b"")
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
    with pytest.raises(AnswerUnreadable, match="does not decompress"):
        await answer
    assert wire.aborted


@pytest.mark.parametrize("option", [{"referer": "a\nb"}, {"attempts": 0}, {"recv_window": 60_001}, {"timeout": 0.0}])
def test_a_setting_that_cannot_be_is_named(option: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as caught:
        RestSettings(**option)
    assert caught.value.parameter in option
