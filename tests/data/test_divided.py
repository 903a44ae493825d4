"""One download divided among processes by leases: every month is fetched by one of them, and none is left out."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest

from bybit_async import AsyncBybit, InvalidParameter
from bybit_async.data import division
from bybit_async.data.coverage import Coverage
from bybit_async.data.division import Division
from bybit_async.data.series import Series
from bybit_async.errors import LeaseUnavailable
from bybit_async.leases import hold
from bybit_async.simulator import MarketSettings, SimulatedExchange
from tests.servers.redis_server import needs_redis, running_redis

from . import divided_downloader
from .ledger import assert_equals_ledger, ms
from .processes import processes

START, END = "2023-07-10", "2024-03-05"
MONTHS = 9
SERIES = Series("klines", "linear", "BTCUSDT", "5", "mainnet")


@pytest.fixture
async def exchange():
    settings = MarketSettings(makers=None, step=60_000)
    async with SimulatedExchange(
        seed=7, symbols=["BTCUSDT"], market=settings, host_limit=None, rate_limits=False
    ) as exchange:
        yield exchange


@pytest.fixture
def redis():
    with running_redis() as server:
        yield server


def start(exchange, store, leases, notes, together, span=(START, END), interval="1h"):
    places = (str(store), leases, str(notes))
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    environment = exchange.environment
    arguments = (environment.rest_url, environment.identity, places, span, interval, variables, together)
    running = [
        processes.Process(target=divided_downloader.run, args=arguments, daemon=True) for _ in range(together.parties)
    ]
    for process in running:
        process.start()
    return running


async def joined(*running):
    for process in running:
        await asyncio.to_thread(process.join, 50)
    return [process.exitcode for process in running]


def windows_in(notes):
    """How often each window of candles was asked for, and by how many processes."""
    asked, by = Counter(), set()
    for line in notes.read_text().splitlines():
        pid, _, address = line.partition(" ")
        if urlsplit(address).path == "/v5/market/kline":
            by.add(pid)
            asked[parse_qs(urlsplit(address).query)["start"][0]] += 1
    return asked, by


async def assert_complete(exchange, store, span=(START, END), interval="1h", minutes=60):
    async with AsyncBybit(environment=exchange.environment, data_dir=store) as bybit:
        frame = await bybit.data.fetch_klines("BTCUSDT", interval, *span)
        assert frame.attrs["source"] == "store"
        assert_equals_ledger(frame, exchange, "BTCUSDT", ms(span[0]), ms(span[1]), interval=minutes)
        assert all(report.sound for report in await bybit.data.verify())


@needs_redis
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("place", ["folder", "s3"])
async def test_four_processes_download_no_month_twice(exchange, redis, tmp_path, place, request):
    store, notes = (tmp_path / "store" if place == "folder" else request.getfixturevalue("s3")), tmp_path / "notes"
    together = processes.Barrier(4)
    assert await joined(*start(exchange, store, redis.url, notes, together)) == [0] * 4
    asked, by = windows_in(notes)
    assert set(asked.values()) == {1}
    assert len(by) > 1, "one of them did it all"
    await assert_complete(exchange, store)


@needs_redis
@pytest.mark.parametrize("where", ["redis", "folder"])
async def test_the_month_of_a_killed_process_is_fetched_by_another(exchange, redis, tmp_path, where):
    store, notes, span = tmp_path / "store", tmp_path / "notes", ("2024-01-20", "2024-03-05")
    leases = redis.url if where == "redis" else str(tmp_path / "leases")
    one, two = processes.Barrier(1), processes.Barrier(2)
    [first] = start(exchange, store, leases, notes, one, span, "1m")
    async with asyncio.timeout(50):
        while not notes.exists() or sum(windows_in(notes)[0].values()) < 3:  # noqa: ASYNC110  it is in a file
            await asyncio.sleep(0.005)
    first.kill()
    await joined(first)
    begun = set(windows_in(notes)[0])
    assert await joined(*start(exchange, store, leases, notes, two, span, "1m")) == [0, 0]
    asked, _ = windows_in(notes)
    assert max(asked.values()) <= 2
    assert {window for window, times in asked.items() if times > 1} <= begun
    await assert_complete(exchange, store, span, "1m", 1)


@needs_redis
async def test_what_another_holds_is_waited_for_and_not_fetched_again(exchange, redis, tmp_path, monkeypatch):
    monkeypatch.setattr(division, "_LIFE", 1.0)
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path, data_leases=redis.url) as bybit:
        span = ("2024-01-01", "2024-03-01")
        done = []
        await bybit.data.download("BTCUSDT", "5m", *span, progress=done.append)
        assert [step.done for step in done] == list(range(1, len(done) + 1))
        assert done[-1].done == done[-1].total == 18
        sent = exchange.requests
        await bybit.data.download("BTCUSDT", "5m", *span)
        assert exchange.requests == sent


@needs_redis
async def test_nothing_is_left_in_redis_afterwards(exchange, redis, tmp_path, monkeypatch):
    from redis.asyncio import Redis

    monkeypatch.setattr(division, "_LIFE", 1.0)
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path, data_leases=redis.url) as bybit:
        await bybit.data.download("BTCUSDT", "1h", "2023-01-01", "2024-01-01")
    async with Redis.from_url(redis.url) as client, asyncio.timeout(10):
        assert all([await client.pttl(key) > 0 for key in await client.keys("*")])
        while await client.keys("*"):  # noqa: ASYNC110  expiry tells nobody
            await asyncio.sleep(0.05)


@needs_redis
async def test_a_fleeting_lease_is_held_by_one_at_a_time(redis):
    from redis.asyncio import Redis

    async with hold(redis.url, "month", life=0.5, fleeting=True) as lease:
        await asyncio.sleep(1.2)
        assert lease.held
        async with Redis.from_url(redis.url) as client:
            assert await client.pttl("bybit_async:lease:month") > 0
            await client.flushall()
        await asyncio.wait_for(lease.lost(), 5)
    async with hold(redis.url, "month", life=0.5, fleeting=True) as other:
        assert other.token > lease.token


async def test_leases_that_cannot_be_had_are_said_and_what_is_stored_needs_none(exchange, tmp_path):
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as alone:
        await alone.data.download("BTCUSDT", "1h", "2024-01-01", "2024-01-10")
    nowhere = "redis://127.0.0.1:1"
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path, data_leases=nowhere) as bybit:
        assert len(await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-10")) == 9 * 24
        with pytest.raises(LeaseUnavailable):
            await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-11")


async def test_a_place_that_is_none_is_named(exchange, tmp_path):
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path, data_leases="http://h") as bybit:
        with pytest.raises(InvalidParameter, match="data_leases"):
            await bybit.data.download("BTCUSDT", "1h", "2024-01-01", "2024-01-02")


async def test_a_failed_month_is_given_back(tmp_path):
    missing, fetched = Coverage([(ms("2024-01-10"), ms("2024-03-10"))]), []

    async def failing(part):
        raise ZeroDivisionError

    async def fetch(part):
        fetched.append(part)

    with pytest.raises(ZeroDivisionError):
        await Division(tmp_path, "s3://x").each(SERIES, missing, failing)
    await Division(tmp_path, "s3://x").each(SERIES, missing, fetch)
    assert [next(iter(part))[0] for part in fetched] == [ms("2024-01-10"), ms("2024-02-01"), ms("2024-03-01")]
