"""R2 of the fault table, with several sessions: a ban is the host's, and so is the budget."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import httpx
import pytest

from bybit_async.environments import Environment
from bybit_async.errors import HostBanned
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.transport import host_limit as hosts
from bybit_async.transport.hooks import Hooks, RetryEvent
from bybit_async.transport.limits import RateLimitSettings
from tests.faults.trading import LINEAR, RESTING, trading
from tests.transport.raw_server import OK, now


async def _provoke(bybit: AsyncBybit) -> int:
    outcomes = [(await asyncio.gather(bybit.market.get_server_time(), return_exceptions=True))[0] for _ in range(6)]
    banned = outcomes[-1]
    assert isinstance(banned, HostBanned)
    assert banned.until is not None
    return banned.until


@pytest.mark.parametrize("via", ["rest", "websocket"])
async def test_r02_a_ban_of_one_session_stops_the_others(via: Any) -> None:
    async with trading(exchange={"host_limit": 5}, attempts=1) as t:
        retries: list[RetryEvent] = []
        other = AsyncBybit(
            environment=t.exchange.environment, orders_via=via, rate_limits=False,
            hooks=Hooks(on_retry=retries.append), **t.exchange.new_account(),
        )  # fmt: skip
        async with other:
            until = await _provoke(t.bybit)
            served = t.exchange.requests
            for call in (other.trade.place_order(**RESTING), other.trade.get_open_orders(**LINEAR)):
                with pytest.raises(HostBanned) as caught:
                    await call
                assert caught.value.until == until
            assert t.exchange.requests == served
            assert not retries


async def test_r02_another_port_is_another_host() -> None:
    async with trading(exchange={"host_limit": 5}, attempts=1) as t, SimulatedExchange(seed=7) as elsewhere:
        async with AsyncBybit(environment=elsewhere.environment) as other:
            await _provoke(t.bybit)
            # Not stopped, and really asked there: the time it tells is that exchange's own.
            await elsewhere.advance("5m")
            assert await other.get_server_time() - now() == pytest.approx(300_000, abs=60_000)
            assert elsewhere.requests == 1
            with pytest.raises(HostBanned):
                await t.bybit.market.get_server_time()


async def test_r02_a_ban_outlives_the_session_that_met_it_and_is_forgotten_when_it_is_over() -> None:
    banned, asked = True, 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(403, text="access too frequent") if banned else httpx.Response(200, content=OK % now())

    def session() -> AsyncBybit:
        place = Environment(
            name="far", rest_url="https://far.test", public_url="wss://far.test/v5/public", private_url="wss://far.test"
        )
        return AsyncBybit(environment=place, transport=httpx.MockTransport(answer), attempts=1)

    async with session() as first:
        await _provoke(first)
    gc.collect()
    async with session() as second:
        with pytest.raises(HostBanned):
            await second.market.get_server_time()
        assert asked == 1
        banned, local = False, first.clock.monotonic
        first.clock.monotonic = lambda: local() + 601
        await second.market.get_server_time()
    del second
    gc.collect()
    async with session() as third:
        await third.market.get_server_time()
    assert "https://far.test:443" not in hosts._shut


async def test_r02_hosts_that_no_session_uses_are_forgotten() -> None:
    before = len(hosts._hosts)
    for port in range(1, 50):
        place = Environment(
            name="x", rest_url=f"http://127.0.0.1:{port}", public_url="ws://127.0.0.1:1", private_url="ws://127.0.0.1:1"
        )
        async with AsyncBybit(environment=place):
            pass
    gc.collect()
    assert len(hosts._hosts) <= before + 1


async def test_r02_sessions_of_one_process_share_the_hosts_budget() -> None:
    # Five at once, then 9.5 a second: sixteen take a second at least, eight each would take a third of one.
    budget = RateLimitSettings(host_requests=30, host_seconds=3)
    async with SimulatedExchange(seed=7) as exchange:
        sessions = [AsyncBybit(environment=exchange.environment, rate_limits=budget) for _ in range(2)]
        async with sessions[0], sessions[1]:
            started = time.monotonic()
            await asyncio.gather(*(bybit.market.get_server_time() for bybit in sessions for _ in range(8)))
            assert time.monotonic() - started > 0.9
