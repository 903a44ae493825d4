"""REST calls in bursts, while closing, and to servers that answer oddly."""

from __future__ import annotations

import asyncio
import time

import pytest

from bybit_async import decode_rest
from bybit_async.errors import (
    AnswerUnreadable,
    DeadlineExceeded,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    SessionClosed,
)
from bybit_async.session import AsyncBybit
from bybit_async.transport.hooks import Hooks, RetryEvent
from bybit_async.transport.http1 import HttpPool
from tests.transport.raw_server import OK, Request, http, raw_server
from tests.transport.wire import Wire

ORDER = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Market", "qty": 1}


def ok() -> bytes:
    return http(OK % int(time.time() * 1000))


async def test_a_burst_opens_no_more_connections_than_allowed() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        writer.write(ok())

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, rate_limits=False) as bybit:
            calls = (bybit.request("GET", "/v5/market/time", signed=False) for _ in range(300))
            await asyncio.gather(*calls)
        assert server.connections <= 100


async def test_connections_that_failed_or_were_given_up_leave_their_places() -> None:
    async with raw_server(lambda request, writer: asyncio.sleep(60)) as server:
        async with AsyncBybit(environment=server.environment, rate_limits=False, attempts=1) as bybit:
            for _ in range(3):
                calls = [bybit.request("GET", "/v5/market/time", signed=False, timeout=0.02) for _ in range(120)]
                await asyncio.gather(*calls, return_exceptions=True)
            pool = bybit._rest.context.carrier
        # Closing has waited for every connection; a place still taken now is lost.
        assert pool._count == 0  # type: ignore[attr-defined]


async def test_closing_while_the_clock_is_measured_is_no_cancellation_of_the_caller() -> None:
    asked = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(60)

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            placing = asyncio.create_task(bybit.trade.place_order(**ORDER))  # type: ignore[arg-type]
            await asked.wait()
        with pytest.raises(SessionClosed):
            await placing


async def test_a_deadline_that_passes_while_the_clock_is_measured_sends_nothing() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            with pytest.raises(DeadlineExceeded, match="measuring the exchange's time"):
                await bybit.trade.place_order(**ORDER, timeout=0.05)  # type: ignore[arg-type]
        assert [request.method for request in server.requests] == ["GET"]


@pytest.mark.parametrize("paced", [True, False])
async def test_too_many_visits_is_never_answered_by_another_visit_at_once(paced: bool) -> None:
    visits: list[float] = []

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        visits.append(time.monotonic())
        writer.write(http(b'{"retCode":10006,"retMsg":"Too many visits!","result":{}}'))

    async with raw_server(answer) as server:
        # An endpoint of which no limit is known: there is no bucket that could hold the next attempt up.
        async with AsyncBybit(environment=server.environment, attempts=2, rate_limits=paced) as bybit:
            with pytest.raises(RateLimited):
                await bybit.request("GET", "/v5/none/such", signed=False)
    assert len(visits) == 2
    assert visits[1] - visits[0] > 0.9


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (504, b'{"retCode":504,"retMsg":"gateway timeout"}'),
        (502, b'{"retCode":99999,"retMsg":"upstream"}'),
        (200, b'{"retCode":0,"retMsg":["x"],"result":{"orderId":"1'),
    ],
)
async def test_what_a_gateway_says_does_not_make_an_order_refused(status: int, body: bytes) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(ok() if request.method == "GET" else http(body, status=status))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S", on_unknown="raise") as bybit:
            with pytest.raises(OutcomeUnknown):
                await bybit.trade.place_order(**ORDER)  # type: ignore[arg-type]


async def test_a_known_code_counts_whatever_the_status() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(ok() if request.method == "GET" else http(b'{"retCode":10003,"retMsg":"key"}', status=500))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            with pytest.raises(RequestRejected) as caught:
                await bybit.trade.place_order(**ORDER)  # type: ignore[arg-type]
    assert caught.value.ret_code == 10003


async def test_an_upgrade_nobody_asked_for_is_no_answer() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")

    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, attempts=1) as bybit:
            with pytest.raises(AnswerUnreadable):
                await bybit.request("GET", "/v5/market/time", signed=False)
    assert problems == []


@pytest.mark.parametrize("time_of_answer", ['"NaN"', '"Infinity"', "[]", '"soon"'])
def test_a_time_that_is_none_is_left_out(time_of_answer: str) -> None:
    body = f'{{"retCode":0,"retMsg":"OK","result":{{"timeSecond":"1","timeNano":"1"}},"time":{time_of_answer}}}'
    assert decode_rest("GET", "/v5/market/time", body.encode()).time is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:8080", b"127.0.0.1:8080"),
        ("http://[::1]:8080", b"[::1]:8080"),
        ("https://api.bybit.com:443", b"api.bybit.com"),
        ("https://api.bybit.com", b"api.bybit.com"),
    ],
)
async def test_the_host_is_named_as_http_wants_it(url: str, host: bytes) -> None:
    made, wire = HttpPool(url)._make(), Wire()
    made.connection_made(wire)
    made.send("GET", b"/", [], b"")
    assert wire.written == b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"


async def test_what_the_loop_held_up_past_its_deadline_is_not_sent_any_more() -> None:
    async def cut(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.close()

    def hold_up(_: RetryEvent) -> None:
        time.sleep(1.05)

    async with raw_server(cut) as server:
        async with AsyncBybit(environment=server.environment, hooks=Hooks(on_retry=hold_up)) as bybit:
            with pytest.raises(DeadlineExceeded, match="before the request was sent"):
                await bybit.market.get_server_time(timeout=1.0)
        assert len(server.requests) == 1
