"""A request is signed when it has a connection to leave by, however long it waited for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bybit_async.errors import DeadlineExceeded
from bybit_async.session import AsyncBybit
from bybit_async.transport.carrier import HttpxCarrier
from bybit_async.transport.client import RestClient, RestSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.http1 import HttpPool
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.signing import HmacSigner
from tests.transport.raw_server import RawServer, Request, always_ok, http, raw_server

READ, WRITE = get("/v5/account/info", "x.read", dict), post("/v5/x", "x.write", dict)
STEP = 40.0
"""Seconds by which time goes on while a request waits: far beyond its recv window."""


class Held:
    """Answers wait until they are let go; keeps how old each signature was when it arrived."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ages: list[int] = []
        self.arrived = asyncio.Semaphore(0)
        self.answers = asyncio.Semaphore(0)

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if "x-bapi-timestamp" in request.headers:
            self.ages.append(self.clock.now_ms() - int(request.headers["x-bapi-timestamp"]))
            self.arrived.release()
            await self.answers.acquire()
        writer.write(http(b'{"retCode":0,"result":{}}'))


class Steps:
    """Local time that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def client(server: RawServer, clock: Clock, carrier: str, connections: int) -> AsyncIterator[RestClient]:
    url = server.environment.rest_url
    made: Any = HttpPool(url, max_connections=connections)
    if carrier == "httpx":
        limits = httpx.Limits(max_connections=connections)
        made = HttpxCarrier(httpx.AsyncHTTPTransport(limits=limits), url, recv_window=100)
    clock.learn(0, 0, 1_700_000_000_000)
    rest = RestClient(
        made, clock=clock, limits=RateLimits(clock, enabled=False), signer=HmacSigner("K", "S"),
        settings=RestSettings(attempts=1000),
    )  # fmt: skip
    try:
        yield rest
    finally:
        await rest.aclose()


@pytest.mark.parametrize("carrier", ["own", "httpx"])
@pytest.mark.parametrize("endpoint", [READ, WRITE], ids=["GET", "POST"])
async def test_a_request_that_waited_for_a_connection_arrives_fresh(endpoint: Any, carrier: str) -> None:
    time = Steps()
    clock = Clock(time, time)
    held = Held(clock)
    async with raw_server(held) as server, client(server, clock, carrier, 1) as rest:
        first = asyncio.create_task(rest.call(endpoint, {}))
        await held.arrived.acquire()
        second = asyncio.create_task(rest.call(endpoint, {}))
        await asyncio.sleep(0)
        time.seconds += STEP
        if carrier == "httpx":
            # httpx takes its headers before it looks for a connection: what waited long is not sent but signed again.
            await asyncio.sleep(0.1)
        held.answers.release()
        await held.arrived.acquire()
        held.answers.release()
        await asyncio.gather(first, second)
    assert held.ages == [0, 0]


async def test_a_request_that_waited_for_the_connect_arrives_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Steps()
    clock = Clock(time, time)
    held = Held(clock)
    held.answers.release()
    loop = asyncio.get_running_loop()
    connect = loop.create_connection

    async def slow(*args: Any, **options: Any) -> Any:
        time.seconds += STEP
        return await connect(*args, **options)

    monkeypatch.setattr(loop, "create_connection", slow)
    async with raw_server(held) as server, client(server, clock, "own", 1) as rest:
        await rest.call(READ, {})
    assert held.ages == [0]


async def test_what_finds_no_free_connection_in_time_was_not_sent() -> None:
    time = Steps()
    clock = Clock(time, time)
    held = Held(clock)
    async with raw_server(held) as server, client(server, clock, "own", 1) as rest:
        first = asyncio.create_task(rest.call(WRITE, {}))
        await held.arrived.acquire()
        with pytest.raises(DeadlineExceeded, match="every connection was busy"):
            await rest.call(WRITE, {}, timeout=0.05)
        # Nor is its place in the queue: the connection serves the next one.
        held.answers.release()
        await first
        held.answers.release()
        await rest.call(WRITE, {})
        assert server.connections == 1
    assert server.count("/v5/x") == 2


async def test_those_who_wait_for_a_connection_are_served_in_order() -> None:
    time = Steps()
    clock = Clock(time, time)
    held = Held(clock)
    async with raw_server(held) as server, client(server, clock, "own", 2) as rest:
        calls = [asyncio.create_task(rest.call(post(f"/v5/{n}", "x.x", dict), {})) for n in range(12)]
        gone = asyncio.create_task(rest.call(WRITE, {}))
        await asyncio.sleep(0)
        gone.cancel()
        for _ in calls:
            await held.arrived.acquire()
            held.answers.release()
        await asyncio.gather(*calls)
        assert [request.target for request in server.requests] == [b"/v5/%d" % n for n in range(12)]
        assert server.connections == 2


async def test_a_query_is_not_sent_as_a_body_too() -> None:
    async with raw_server(always_ok) as server, AsyncBybit(environment=server.environment) as bybit:
        await bybit.market.get_tickers(category="linear", symbol="BTCUSDT")
    [request] = server.requests
    assert request.target == b"/v5/market/tickers?category=linear&symbol=BTCUSDT"
    assert request.body == b""
    # Gateways refuse a GET with a body.
    assert "content-length" not in request.headers
