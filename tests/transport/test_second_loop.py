"""A session in another event loop than before says so at once, and what to do instead."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from bybit_async.errors import WrongEventLoop
from bybit_async.session import AsyncBybit
from bybit_async.transport.http1 import HttpPool
from tests.faults.trading import RESTING
from tests.transport.raw_server import always_ok, raw_server

ROOT = Path(__file__).parents[2]
USES: dict[str, Callable[[AsyncBybit], Coroutine[Any, Any, Any]]] = {
    "a read": lambda bybit: bybit.market.get_server_time(),
    "an order": lambda bybit: bybit.trade.place_order(**RESTING),
    "a raw request": lambda bybit: bybit.request("GET", "/v5/market/time", signed=False),
    "the clock": lambda bybit: bybit._rest.ensure_clock(),
    "entering": lambda bybit: bybit.__aenter__(),
    "closing": lambda bybit: bybit.aclose(),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("carrier", ["own", "httpx"])
async def test_another_threads_loop_is_refused_before_anything_is_sent(use: str, carrier: str) -> None:
    transport = httpx.AsyncHTTPTransport() if carrier == "httpx" else None
    async with raw_server(always_ok) as server:
        key = {"api_key": "K", "api_secret": "S"}
        async with AsyncBybit(environment=server.environment, transport=transport, **key) as bybit:
            await bybit.market.get_server_time()
            with pytest.raises(WrongEventLoop, match=r"make a new session inside each asyncio\.run") as caught:
                await asyncio.to_thread(lambda: asyncio.run(USES[use](bybit)))
            assert not caught.value.over
            assert len(server.requests) == 1
            # It goes on where it belongs.
            await bybit.market.get_server_time()


def test_a_second_run_is_refused_at_once() -> None:
    bybit = AsyncBybit()
    asyncio.run(bybit.__aenter__())
    for use in USES.values():
        with pytest.raises(WrongEventLoop, match="closed by now") as caught:
            asyncio.run(use(bybit))
        assert caught.value.over


def test_closing_again_elsewhere_is_harmless() -> None:
    bybit = AsyncBybit()
    asyncio.run(bybit.aclose())
    asyncio.run(bybit.aclose())


async def test_the_pool_under_an_httpx_client_says_so_too() -> None:
    async with raw_server(always_ok) as server:
        pool = HttpPool(server.environment.rest_url)
        async with httpx.AsyncClient(transport=pool, base_url=server.environment.rest_url) as client:
            await client.get("/v5/market/time")
            with pytest.raises(WrongEventLoop, match="this HTTP connection pool belongs"):
                await asyncio.to_thread(lambda: asyncio.run(client.get("/v5/market/time")))


_TWICE = """
import asyncio, threading
from bybit_async import AsyncBybit, WrongEventLoop
from tests.transport.raw_server import raw_server
from tests.transport.raw_server import always_ok

serving, over = threading.Event(), None

async def serve():
    global place, over, there
    over, there = asyncio.Event(), asyncio.get_running_loop()
    async with raw_server(always_ok) as server:
        place = server.environment
        serving.set()
        await over.wait()

thread = threading.Thread(target=lambda: asyncio.run(serve()))
thread.start()
serving.wait()
bybit = AsyncBybit(environment=place)
asyncio.run(bybit.market.get_server_time())
try:
    asyncio.run(bybit.market.get_server_time())
except WrongEventLoop as error:
    print("refused:", error.over)
there.call_soon_threadsafe(over.set)
thread.join()
"""


def test_debug_mode_does_not_make_it_hang() -> None:
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", _TWICE]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout == "refused: True\n", ran.stderr
