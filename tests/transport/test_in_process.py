"""Connections within the process: order, ends, room and threads are as over TCP."""

from __future__ import annotations

import asyncio

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async import in_process


class End(asyncio.Protocol):
    """Writes down what happens to it."""

    def __init__(self, *, stays=False):
        self.transport = None
        self.heard = bytearray()
        self.notes = []
        self.gone = asyncio.Event()
        self.stays = stays

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.heard += data

    def eof_received(self):
        self.notes.append("eof")
        return self.stays

    def pause_writing(self):
        self.notes.append("pause")

    def resume_writing(self):
        self.notes.append("resume")

    def connection_lost(self, exc):
        self.notes.append(type(exc))
        self.gone.set()


async def pair(**options):
    """Return both ends of a connection."""
    host, served = in_process.new_host(), []

    def make():
        served.append(End(**options))
        return served[0]

    in_process.listen(host, make)
    client = in_process.connect(host, End)
    in_process.unlisten(host)
    await turns()
    return client, served[0]


async def turns():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_bytes_arrive_in_order_and_then_the_end():
    client, server = await pair()
    for number in range(100):
        client.transport.write(b"%d," % number)
    client.transport.close()
    await asyncio.gather(client.gone.wait(), server.gone.wait())
    assert server.heard == b"".join(b"%d," % number for number in range(100))
    assert server.notes == ["eof", type(None)]
    assert client.notes == [type(None)]


async def test_half_of_a_connection_can_be_closed():
    client, server = await pair(stays=True)
    client.transport.write_eof()
    await turns()
    server.transport.write(b"still there")
    await turns()
    assert server.notes == ["eof"]
    assert client.heard == b"still there"
    server.transport.close()
    await asyncio.gather(client.gone.wait(), server.gone.wait())


async def test_an_abort_is_a_reset_for_the_other_end():
    client, server = await pair()
    client.transport.abort()
    assert client.transport.is_closing()
    await asyncio.gather(client.gone.wait(), server.gone.wait())
    assert server.notes == [ConnectionResetError]
    assert client.notes == [type(None)]
    server.transport.write(b"nobody there")


async def test_who_does_not_read_makes_the_other_end_pause():
    client, server = await pair()
    server.transport.pause_reading()
    client.transport.set_write_buffer_limits(high=10, low=4)
    client.transport.write(b"x" * 10)
    assert client.notes == []
    client.transport.write(b"x")
    await turns()
    assert client.notes == ["pause"]
    assert client.transport.get_write_buffer_size() == 11
    assert not server.heard
    server.transport.resume_reading()
    await turns()
    assert client.notes == ["pause", "resume"]
    assert len(server.heard) == 11


async def test_what_was_not_told_yet_is_news():
    client, server = await pair()
    assert not client.transport.has_news
    server.transport.write(b"x")
    assert client.transport.has_news
    await turns()
    assert not client.transport.has_news
    server.transport.close()
    assert client.transport.has_news


async def test_a_protocol_that_fails_loses_its_connection():
    client, server = await pair()
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    server.data_received = lambda data: 1 / 0
    client.transport.write(b"x")
    await asyncio.gather(client.gone.wait(), server.gone.wait())
    assert [type(error) for error in told] == [ZeroDivisionError]
    assert client.notes == [ConnectionResetError]


async def test_nobody_answers_a_name_that_is_not_served():
    with pytest.raises(ConnectionRefusedError, match="nothing of this process"):
        in_process.connect(in_process.new_host(), End)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=70_000), max_size=20))
def test_threads_lose_and_reorder_nothing(parts):
    host = in_process.new_host()

    async def send():
        client = in_process.connect(host, End)
        for part in parts:
            client.transport.write(part)
            await asyncio.sleep(0)
        client.transport.close()
        await client.gone.wait()

    async def listen():
        served = End()
        in_process.listen(host, lambda: served)
        return served

    with start_blocking_portal() as portal:
        served = portal.call(listen)
        asyncio.run(send())
        portal.call(served.gone.wait)
        portal.call(lambda: in_process.unlisten(host))
    assert served.heard == b"".join(parts)


def test_a_loop_that_ended_is_a_lost_connection():
    host = in_process.new_host()
    loop = asyncio.new_event_loop()

    async def listen():
        in_process.listen(host, End)

    async def lose():
        client = in_process.connect(host, End)
        loop.close()
        client.transport.write(b"x")
        await client.gone.wait()
        assert client.notes == [ConnectionResetError]
        with pytest.raises(ConnectionRefusedError):
            in_process.connect(host, End)

    loop.run_until_complete(listen())
    asyncio.run(lose())
    in_process.unlisten(host)
