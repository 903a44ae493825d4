"""One order entry connection by itself, over a socket that does what the test says."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from bybit_async.errors import AnswerLost, ConnectionFailed, NotSent, SessionClosed
from bybit_async.stream.frames import OrderEntryAnswer
from bybit_async.stream.orders.connection import OrderConnection, PendingRequest
from tests.faults.trade_server import order_entry, place


class Socket:
    """Stands in for `Connection`."""

    def __init__(self) -> None:
        self.age = 0.0
        self.takes_messages = True
        self.end_reason = ""
        self.sent: list[bytes] = []
        self.ending = asyncio.Event()

    async def open(self) -> None:
        pass

    async def run(self) -> str:
        await self.ending.wait()
        return "over"

    async def send(self, frame: bytes) -> None:
        self.sent.append(frame)
        if self.end_reason:
            raise ConnectionFailed(self.end_reason)


def pending(req_id: str) -> PendingRequest:
    loop = asyncio.get_running_loop()
    return PendingRequest(req_id, "order.create", None, None, loop.time(), loop.create_future())


def answer(req_id: str) -> OrderEntryAnswer:
    return OrderEntryAnswer(req_id=req_id, op="order.create", ret_code=0, ret_msg="OK", data={}, header={})


def connection(socket: Socket, unclaimed: list[OrderEntryAnswer]) -> OrderConnection:
    return OrderConnection(lambda _: socket, unclaimed.append)  # type: ignore[arg-type, return-value]


async def test_one_that_was_never_opened_sends_nothing_and_can_be_closed() -> None:
    socket = Socket()
    unopened = connection(socket, [])
    with pytest.raises(NotSent):
        await unopened.request(pending("1"), b"frame", asyncio.get_running_loop().time() + 5)
    unopened.drain()
    await unopened.aclose()
    assert socket.sent == []
    assert unopened.reader is None


async def test_an_answer_that_comes_as_the_connection_ends_counts() -> None:
    socket, unclaimed = Socket(), list[OrderEntryAnswer]()
    opened = connection(socket, unclaimed)
    await opened.open()
    deadline = asyncio.get_running_loop().time() + 5
    answered, lost = (
        asyncio.create_task(opened.request(pending(name), b"frame", deadline)) for name in ("answered", "lost")
    )
    while opened.pending < 2:  # noqa: ASYNC110  two turns of the loop
        await asyncio.sleep(0)
    socket.ending.set()
    # Taken in the turn in which the reader ends.
    opened.on_frame(answer("answered"))
    assert (await answered).req_id == "answered"
    with pytest.raises(AnswerLost, match="connection lost"):
        await lost
    opened.on_frame(answer("lost"))
    assert [each.req_id for each in unclaimed] == ["lost"]


async def test_what_was_answered_while_it_was_still_being_sent_is_not_lost() -> None:
    socket = Socket()
    leaving = asyncio.Event()

    async def slowly(frame: bytes) -> None:
        if frame == b"long":
            await leaving.wait()
            raise ConnectionFailed("the peer takes no more data")

    socket.send = slowly  # type: ignore[method-assign]
    opened = connection(socket, [])
    await opened.open()
    deadline = asyncio.get_running_loop().time() + 5
    answered, lost = (
        asyncio.create_task(opened.request(pending(name), frame, deadline))
        for name, frame in (("answered", b"long"), ("lost", b"short"))
    )
    await asyncio.sleep(0)
    opened.on_frame(answer("answered"))
    socket.ending.set()
    with pytest.raises(AnswerLost):
        await lost
    leaving.set()
    assert (await answered).req_id == "answered"


async def test_a_socket_that_is_found_dead_while_sending_has_lost_the_answer() -> None:
    socket = Socket()
    opened = connection(socket, [])
    await opened.open()
    socket.end_reason = "broken pipe"
    with pytest.raises(AnswerLost, match="broken pipe"):
        await opened.request(pending("1"), b"frame", asyncio.get_running_loop().time() + 5)
    await opened.aclose()


async def test_each_answer_is_logged_with_its_trace_id(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "bybit_async.stream"):
        async with order_entry() as (server, _, trade):
            task = place(trade, "a")
            await (await server.take()).answer(header={"Traceid": "trace-1"})
            await task
    assert any("order.create: 0 in" in text and "trace-1" in text for text in caplog.messages)


async def test_a_closed_supervisor_gives_no_connection() -> None:
    async with order_entry() as (_, entry, _trade):
        await entry.aclose()
        with pytest.raises(SessionClosed):
            await entry.connect()
        await entry.aclose()


async def test_what_is_under_way_while_it_closes_is_unknown_or_not_sent() -> None:
    async with order_entry() as (server, entry, trade):
        tasks: list[asyncio.Task[Any]] = [place(trade, f"link-{number}") for number in range(3)]
        await server.take(3)
        await asyncio.gather(entry.aclose(), entry.aclose())
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(error, Exception) for error in ended)
        assert entry.pending == 0
