"""Whenever a download dies, and however many run at once: the store is whole, and the next run completes it."""

from __future__ import annotations

import asyncio
import random
import signal
import time

import msgspec
import numpy as np
import pytest

from bybit_async import AsyncBybit
from bybit_async.data.coverage import Coverage
from bybit_async.data.intervals import grid
from bybit_async.data.series import Series
from bybit_async.data.source import windows
from bybit_async.data.store import Store
from bybit_async.simulator import MarketSettings, SimulatedExchange

from . import downloader
from .ledger import assert_equals_ledger, ms
from .processes import processes

START, END = "2020-06-10", "2024-06-20"
SERIES = Series("klines", "linear", "BTCUSDT", "30", "mainnet")


@pytest.fixture
async def exchange():
    settings = MarketSettings(makers=None, step=60_000)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], market=settings, host_limit=None) as exchange:
        yield exchange


def start_download(exchange, place, begin, start=START, end=END):
    arguments = (exchange.environment.rest_url, SERIES.identity, str(place), "30m", start, end, begin)
    process = processes.Process(target=downloader.run, args=arguments, daemon=True)
    process.start()
    return process


def session(exchange, place):
    environment = msgspec.structs.replace(exchange.environment, identity=SERIES.identity)
    return AsyncBybit(environment=environment, data_dir=place)


async def finished(process):
    await asyncio.to_thread(process.join, 50)
    return process.exitcode


def kill_after(process, place, files, seconds):
    """Kill a download so long after it has finished so many more files, however slow the machine is."""
    wanted = count_files(place) + files
    while process.is_alive() and count_files(place) < wanted:
        time.sleep(0.0005)
    time.sleep(seconds)
    process.kill()


def count_files(place):
    return sum(1 for _ in place.rglob("month.parquet"))


@pytest.mark.timeout(120)
async def test_a_download_killed_at_twenty_random_moments_is_completed_by_the_next_run(exchange, tmp_path):
    rng = random.Random(20)
    store = Store(tmp_path)
    exits, growth = [], []
    for _ in range(20):
        begun = processes.Event()
        process = start_download(exchange, tmp_path, begun.set)
        await asyncio.to_thread(begun.wait, 50)
        await asyncio.to_thread(kill_after, process, tmp_path, rng.randint(0, 2), rng.uniform(0.0, 0.03))
        exits.append(await finished(process))
        growth.append(assert_whole(store))
    assert exits.count(-signal.SIGKILL) >= 15, "the download was over before it could be killed"
    assert len(set(growth) - {0, ms(END) - ms(START)}) >= 3, "hardly one was killed half-way: the moments prove nothing"
    assert growth == sorted(growth), "something complete was lost"

    async with session(exchange, tmp_path) as bybit:
        frame = await bybit.data.fetch_klines("BTCUSDT", "30m", START, END)
        assert_equals_ledger(frame, exchange, "BTCUSDT", ms(START), ms(END), interval=30)
        [report] = await bybit.data.verify()
        assert report.sound
    assert not list(tmp_path.rglob("*.tmp")), "a killed writer's file was never cleared"


def assert_whole(store):
    """The store holds every row of what it says is complete, and no other; return how much that is."""
    table, coverage = store.load(SERIES, ms(START), ms(END))
    expected = [time for span in coverage for time in grid("30", *span).tolist()]
    assert (table.times.tolist() if table is not None else []) == expected
    return coverage.total


async def test_two_processes_with_overlapping_ranges_end_with_one_correct_store(exchange, tmp_path):
    together = processes.Barrier(2)
    first = start_download(exchange, tmp_path, together.wait, "2023-01-01", "2024-03-15")
    second = start_download(exchange, tmp_path, together.wait, "2023-06-10", "2024-06-20")
    assert await finished(first) == 0
    assert await finished(second) == 0
    sent = exchange.requests
    alone = len(windows(SERIES, Coverage([(ms("2023-01-01"), ms("2024-06-20"))])))
    assert sent > 1.2 * alone, "one had finished before the other began: that proves nothing"
    async with session(exchange, tmp_path) as bybit:
        frame = await bybit.data.fetch_klines("BTCUSDT", "30m", "2023-01-01", "2024-06-20")
        assert exchange.requests == sent, "what one of the two had downloaded was lost"
        assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2023-01-01"), ms("2024-06-20"), interval=30)
        assert np.diff(frame.index.asi8).min() > 0
        assert all(report.sound for report in await bybit.data.verify())
