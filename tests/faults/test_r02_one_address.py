"""R2 of the fault table: what Bybit counts together is one budget and one breaker here, and nothing else is."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from bybit_async.blocking import Bybit
from bybit_async.environments import DEMO, MAINNET, REGIONS, TESTNET, Environment, choose, counted_as
from bybit_async.errors import HostBanned
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.budget import ConnectBudget, budget_for
from bybit_async.transport import host_limit as hosts
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import get
from bybit_async.transport.limits import RateLimits, RateLimitSettings
from bybit_async.wire import Limit
from tests.transport.raw_server import OK, now
from tests.virtual_time import run_virtual

ELSEWHERE = [TESTNET, DEMO, choose(testnet=True, region="jp")]
READ = get("/v5/order/realtime", "trade.get_open_orders", dict)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """The bans of this test end with it: the hosts are real ones, though nothing is sent to them."""
    yield
    hosts._shut.clear()
    gc.collect()


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_r02_mainnet_and_its_regions_are_one_host(region: str) -> None:
    assert hosts.host_at(REGIONS[region].rest_url) is hosts.host_at(MAINNET.rest_url)


@pytest.mark.parametrize("place", ELSEWHERE, ids=lambda place: place.name)
def test_r02_testnet_and_demo_count_by_themselves(place: Environment) -> None:
    assert hosts.host_at(place.rest_url) is not hosts.host_at(MAINNET.rest_url)
    assert counted_as(place.rest_url.removeprefix("https://")) == place.rest_url.removeprefix("https://")


def test_r02_a_port_or_a_scheme_of_its_own_is_another_host() -> None:
    main = hosts.host_at(MAINNET.rest_url)
    assert hosts.host_at("https://api.bybit.eu:443") is main
    assert hosts.host_at("https://api.bybit.eu:8443") is not main
    assert hosts.host_at("http://api.bybit.eu") is not main
    assert hosts.host_at("https://api.bybit.eu.evil.test") is not main


async def test_r02_a_ban_by_one_domain_stops_the_sessions_of_the_others(forgotten: None) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        banned = request.url.host == "api.bybit.com"
        return httpx.Response(403, text="access too frequent") if banned else httpx.Response(200, content=OK % now())

    def session(place: Environment) -> AsyncBybit:
        return AsyncBybit(environment=place, transport=httpx.MockTransport(answer), attempts=1)

    places = (MAINNET, REGIONS["bytick"], REGIONS["kz"], REGIONS["jp"], TESTNET, DEMO)
    for place in places:
        async with session(place) as bybit:
            if place in ELSEWHERE:
                assert await bybit.market.get_server_time()
            else:
                with pytest.raises(HostBanned):
                    await bybit.market.get_server_time()
    assert asked == ["api.bybit.com", "api-testnet.bybit.com", "api-demo.bybit.com"]


def test_r02_connections_to_the_stream_hosts_of_mainnet_count_together() -> None:
    main = budget_for("stream.bybit.com", 450, 300.0)
    assert all(budget_for(site.public_url.split("/")[2], 450, 300.0) is main for site in REGIONS.values())
    assert budget_for("stream-testnet.bybit.com", 450, 300.0) is not main
    assert budget_for("stream.bybit.eu:8443", 450, 300.0) is not main
    assert budget_for("127.0.0.1:8000", 450, 300.0) is not budget_for("127.0.0.1:8001", 450, 300.0)


def test_r02_threads_that_connect_at_once_never_pass_the_budget_together() -> None:
    budget, waits = ConnectBudget(400, 1000.0), list[float]()
    ready = threading.Barrier(8)

    def connect() -> None:
        ready.wait()
        for _ in range(100):
            waits.append(budget.take(50.0))

    threads = [threading.Thread(target=connect) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0.0] * 400 + [1000.0] * 400


def test_r02_sessions_on_threads_of_their_own_share_the_hosts_budget() -> None:
    # Five at once, then 9.5 a second: sixteen take a second at least, four each would take no time at all.
    budget = RateLimitSettings(host_requests=30, host_seconds=3)
    exchange = SimulatedExchange(seed=7)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(exchange.__aenter__(), loop).result(5)
        sessions = [Bybit(environment=exchange.environment, rate_limits=budget) for _ in range(4)]
        asking = [threading.Thread(target=_ask_four_times, args=(session,)) for session in sessions]
        started = time.monotonic()
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        assert time.monotonic() - started > 0.9
        assert exchange.requests == 16
        for session in sessions:
            session.close()
    finally:
        asyncio.run_coroutine_threadsafe(exchange.__aexit__(None, None, None), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _ask_four_times(session: Bybit) -> None:
    for _ in range(4):
        session.market.get_server_time()


class _World:
    """Limits of a session whose idea of the exchange's time can be set."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = Clock(self.loop.time, lambda: 1_700_000_000 + self.loop.time())
        self.limits = RateLimits(self.clock)

    async def waited(self) -> float:
        started = self.loop.time()
        await self.limits.slot(READ, {}, started + 300)
        return self.loop.time() - started


def test_r02_what_is_learned_of_the_exchanges_time_does_not_end_a_ban() -> None:
    async def run() -> None:
        world = _World()
        world.limits.ban(HostBanned(403, "access too frequent", until=world.clock.now_ms() + 600_000))
        # An answer that was on its way: the clock here was a quarter of an hour slow.
        world.clock.learn(0.0, 0.1, 1_700_000_900_000)
        for seconds in (1, 598):
            await asyncio.sleep(seconds)
            with pytest.raises(HostBanned):
                await world.waited()
        await asyncio.sleep(2)
        assert await world.waited() == 0.0

    run_virtual(run())


def test_r02_of_two_bans_the_longer_one_counts() -> None:
    async def run() -> None:
        world = _World()
        now_ms = world.clock.now_ms()
        for seconds in (300, 600, 450):
            world.limits.ban(HostBanned(403, "access too frequent", until=now_ms + seconds * 1000))
        assert world.limits.banned_until == now_ms + 600_000
        await asyncio.sleep(599)
        with pytest.raises(HostBanned):
            await world.waited()
        await asyncio.sleep(2)
        assert world.limits.banned_until is None

    run_virtual(run())


@pytest.mark.parametrize("where", ["bucket", "host"])
def test_r02_what_waits_for_its_turn_when_the_ban_comes_is_not_sent(where: str) -> None:
    async def run() -> None:
        world = _World()
        endpoint = READ if where == "bucket" else get("/v5/not/documented", "x.y", dict)
        deadline = world.loop.time() + 60
        calls = [asyncio.create_task(world.limits.slot(endpoint, {}, deadline)) for _ in range(300)]
        await asyncio.sleep(0.1)
        waiting = [call for call in calls if not call.done()]
        assert len(waiting) > 100
        world.limits.ban(HostBanned(403, "access too frequent", until=world.clock.now_ms() + 600_000))
        assert {type(outcome) for outcome in await asyncio.gather(*waiting, return_exceptions=True)} == {HostBanned}
        world.limits.close()

    run_virtual(run())


@pytest.mark.parametrize(("ahead", "wait"), [(30_000, 30.0), (0, 1.0), (-5_000, 1.0), (90_000, 1.0), (10**12, 1.0)])
def test_r01_a_reset_that_cannot_be_true_costs_a_second(ahead: int, wait: float) -> None:
    async def run() -> None:
        world = _World()
        reset = world.clock.now_ms() + ahead
        assert world.limits.refused(READ, {}, reset) == pytest.approx(wait, abs=0.01)
        assert await world.waited() == pytest.approx(wait, abs=0.01)

    run_virtual(run())


@pytest.mark.parametrize(("ahead", "wait"), [(30_000, 30.0), (0, 0.0), (-5_000, 0.0), (90_000, 0.0), (10**12, 0.0)])
def test_r01_an_empty_window_with_a_reset_that_cannot_be_true_holds_nothing_up(ahead: int, wait: float) -> None:
    async def run() -> None:
        world = _World()
        world.limits.learn(READ, {}, Limit(total=50, remaining=0, reset=world.clock.now_ms() + ahead))
        assert await world.waited() == pytest.approx(wait, abs=0.01)

    run_virtual(run())
