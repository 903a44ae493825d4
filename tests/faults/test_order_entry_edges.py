"""Order entry over a socket at the edges: answers in the last moment, sockets half closed, callbacks that raise."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bybit_async.api.trade import Trade
from bybit_async.environments import Environment
from bybit_async.errors import DeadlineExceeded, InvalidParameter, NotSent, OutcomeUnknown, RateLimited, SessionClosed
from bybit_async.models.stream_public import SystemStatusData
from bybit_async.stream.maintenance import OngoingMaintenance
from bybit_async.stream.orders.entry import OrderEntry
from bybit_async.stream.orders.late_answers import LateAnswer
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import HmacSigner
from tests.faults.trade_server import ORDER, TradeServer, opened, order_entry, outcome, place
from tests.faults.trading import RESTING, trading
from tests.steady import steady


async def test_o07_a_callback_for_late_answers_that_raises_costs_no_other_order_its_answer() -> None:
    heard: list[str | None] = []

    def fail(answer: LateAnswer) -> None:
        heard.append(answer.order_link_id)
        raise RuntimeError("a bug of the user's")

    async with order_entry(on_late=fail) as (server, entry, trade):
        await entry.connect()
        late = place(trade, "late", timeout=0.5)
        first = await server.take()
        assert isinstance(await outcome(late), OutcomeUnknown)
        task = place(trade, "a")
        second = await server.take()
        await first.answer()
        await second.answer()
        assert (await task).order_id == "id-a"
        assert (heard, entry.connects) == (["late"], 1)


_SWITCHING = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %b\r\n\r\n"


class HalfClosing:
    """An order entry socket whose first connection is closed in words only: its TCP connection stays."""

    def __init__(self) -> None:
        self.ops: list[list[str]] = []
        self.closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        ops: list[str] = []
        self.ops.append(ops)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = (line.split(b": ", 1) for line in head.split(b"\r\n") if b": " in line)
        key = {name.lower(): value for name, value in lines}[b"sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(_SWITCHING % accept)
        try:
            while True:
                opcode, data = await _frame(reader)
                ops.append(json.loads(data)["op"] if opcode == 1 else "close")
                if ops[-1] == "auth":
                    writer.write(_text({"retCode": 0, "op": "auth", "retMsg": "", "connId": "c"}))
                    if len(self.ops) == 1:
                        writer.write(bytes([0x88, 2]) + (1001).to_bytes(2, "big"))
                elif opcode == 1:
                    request = json.loads(data)
                    ids = {"orderId": "1", "orderLinkId": request["args"][0]["orderLinkId"]}
                    writer.write(_text({"reqId": request["reqId"], "retCode": 0, "op": request["op"], "data": ids}))
                elif len(self.ops) == 1:
                    self.closing.set()
                else:
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, size = await reader.readexactly(2)
    size &= 127
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    mask = await reader.readexactly(4)
    data = await reader.readexactly(size)
    return first & 15, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


def _text(answer: dict[str, object]) -> bytes:
    body = json.dumps(answer).encode()
    head = bytes([0x81, len(body)]) if len(body) < 126 else b"\x81\x7e" + len(body).to_bytes(2, "big")
    return head + body


@asynccontextmanager
async def _half_closing() -> AsyncIterator[tuple[HalfClosing, OrderEntry]]:
    server = HalfClosing()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    place = Environment(name="raw", rest_url="http://127.0.0.1:1", public_url=url, private_url=url, trade_url=url)
    entry = OrderEntry(place, clock=Clock(), signer=HmacSigner("key", "secret"), timeout=5.0)
    try:
        yield server, entry
    finally:
        await entry.aclose()
        listening.close()
        await server.end()
        await listening.wait_closed()


async def test_o08_an_order_is_not_given_to_a_socket_that_is_being_closed() -> None:
    async with _half_closing() as (server, entry):
        await entry.connect()
        await server.closing.wait()
        ack = await Trade(entry).place_order(**ORDER, order_link_id="a")
        assert ack.order_link_id == "a"
        assert server.ops == [["auth", "close"], ["auth", "order.create"]]


async def test_r04_a_session_that_paces_itself_waits_between_the_attempts_of_one_order() -> None:
    async with trading(orders_via="websocket", rate_limits=False) as t:
        await t.bybit.order_entry.connect()
        t.fault(path="order.create", action="code", code=10006, times=1)
        started = time.monotonic()
        await t.trade.place_order(**RESTING)
        assert time.monotonic() - started > 0.9
        assert len(t.ledger()) == 1


async def test_r04_an_order_without_time_for_another_attempt_is_told_as_refused_at_once() -> None:
    async with trading(orders_via="websocket", rate_limits=False) as t:
        await t.bybit.order_entry.connect()
        t.fault(path="order.create", action="code", code=10006)
        async with steady() as clock:
            started = clock()
            with pytest.raises(RateLimited) as caught:
                await t.trade.place_order(**RESTING, timeout=0.9)
            assert clock() - started < 0.8
        assert isinstance(caught.value.__cause__, DeadlineExceeded)
        assert len(t.exchange.faults.fired) == 1


async def test_w20_closing_ends_the_wait_for_another_attempt() -> None:
    async with trading(orders_via="websocket", rate_limits=False) as t, steady() as clock:
        await t.bybit.order_entry.connect()
        t.fault(path="order.create", action="code", code=10006)
        task = asyncio.create_task(t.trade.place_order(**RESTING))
        async with asyncio.timeout(5):
            while not t.exchange.faults.fired:  # noqa: ASYNC110  the exchange tells nobody
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            started = clock()
            await t.bybit.aclose()
            with pytest.raises(SessionClosed):
                await task
        assert clock() - started < 0.7


@pytest.mark.parametrize("via", ["rest", "websocket"])
@pytest.mark.parametrize("timeout", [0, float("nan")])
async def test_an_order_without_any_time_is_refused_here(via: str, timeout: float) -> None:
    async with trading(orders_via=via) as t:
        for trade in (t.trade, t.bybit.order_entry):
            with pytest.raises(InvalidParameter, match="timeout"):
                await trade.place_order(**RESTING, timeout=timeout)
        assert t.ledger() == []


class _Broken:
    """A signer of the user's that fails, with a secret in its words."""

    api_key = "key"

    def sign(self, payload: bytes) -> str:
        raise RuntimeError("vault token hvs.CANARY expired")


async def test_o01_a_signer_that_raises_does_not_make_every_order_connect_anew() -> None:
    async with TradeServer() as server:
        settings = StreamSettings(backoff=60.0, max_backoff=60.0)
        entry = OrderEntry(server.environment, clock=Clock(), signer=_Broken(), settings=settings)
        with pytest.raises(RuntimeError, match="vault"):
            await Trade(entry).place_order(**ORDER)
        for _ in range(5):
            with pytest.raises(NotSent) as caught:
                await Trade(entry).place_order(**ORDER)
            assert "CANARY" not in str(caught.value)
        await entry.aclose()
        assert len(server.sockets) == 1


async def test_every_caller_of_a_refused_key_has_an_error_of_its_own() -> None:
    async with TradeServer(auth_code=10004) as server, opened(server) as (_, trade):
        errors = await asyncio.gather(*(trade.place_order(**ORDER) for _ in range(3)), return_exceptions=True)
        errors.append(await outcome(place(trade, "later")))
        assert len({id(error) for error in errors}) == 4
        assert len({str(error) for error in errors}) == 1


@pytest.mark.parametrize(("state", "again"), [("ongoing", "a moment ago"), ("completed", "connection: ")])
async def test_r13_order_entry_is_connected_less_often_under_maintenance(state: str, again: str) -> None:
    async with TradeServer() as server:
        pass
    known = OngoingMaintenance()
    known.take([SystemStatusData(id="1", state=state)])
    settings = StreamSettings(backoff=0.01, maintenance_backoff=60.0)
    async with opened(server, maintenance=known, settings=settings) as (_, trade):
        with pytest.raises(NotSent, match="connection: "):
            await trade.place_order(**ORDER)
        await asyncio.sleep(0.1)
        with pytest.raises(NotSent, match=again):
            await trade.place_order(**ORDER)
