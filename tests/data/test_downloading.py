"""Batches: kept in the order of time, one at a time, while the next pages are fetched."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import numpy as np
import pytest

from bybit_async.data import download as downloading
from bybit_async.data.columns import Table, numbers_of
from bybit_async.data.coverage import Coverage
from bybit_async.data.series import Series

from .ledger import ms

SERIES = Series("funding_rates", "linear", "BTCUSDT", "all", "mainnet")
START = ms("2024-01-01")
WINDOWS = [(START + i, START + i + 1) for i in range(300)]


async def page(window):
    await asyncio.sleep(0)
    return Table(np.array([window[0]]), {"funding_rate": numbers_of([Decimal(1)])}), Coverage([window])


async def standstill(seen):
    """Return when it goes no further by itself."""
    count = -1
    while count != len(seen):
        count = len(seen)
        for _ in range(50):
            await asyncio.sleep(0)


class Kept:
    """Keeps what it is given; `pause` holds it up until it is set."""

    def __init__(self):
        self.times = []
        self.batches = 0
        self.busy = False
        self.begun = asyncio.Event()
        self.pause = asyncio.Event()
        self.pause.set()

    async def __call__(self, table, coverage):
        assert not self.busy, "two batches at once"
        self.busy = True
        self.begun.set()
        await self.pause.wait()
        self.times += table.times.tolist()
        self.batches += 1
        self.busy = False


async def test_every_window_is_kept_once_and_in_order():
    kept = Kept()
    await downloading.download(SERIES, WINDOWS, page, kept)
    assert kept.times == [start for start, _ in WINDOWS]
    assert kept.batches == -(-len(WINDOWS) // downloading.BATCH)


async def test_pages_are_fetched_while_a_batch_is_kept_and_no_more_than_fit():
    kept, asked = Kept(), []
    kept.pause.clear()

    async def counted(window):
        asked.append(window)
        return await page(window)

    task = asyncio.create_task(downloading.download(SERIES, WINDOWS, counted, kept))
    await kept.begun.wait()
    at_first = len(asked)
    most = 2 * downloading.BATCH + downloading.AT_ONCE + 1
    await standstill(asked)
    assert at_first < len(asked) <= most
    kept.pause.set()
    await task
    assert len(asked) == len(WINDOWS)


async def test_what_came_before_an_error_is_kept():
    kept = Kept()

    async def failing(window):
        if window == WINDOWS[100]:
            raise ZeroDivisionError
        return await page(window)

    with pytest.raises(ZeroDivisionError):
        await downloading.download(SERIES, WINDOWS, failing, kept)
    assert kept.times == [start for start, _ in WINDOWS[:100]]


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_cancelled_download_ends_when_its_batch_is_kept_and_loses_nothing(waiting):
    kept, done = Kept(), []
    kept.pause.clear()
    task = asyncio.create_task(
        downloading.download(SERIES, WINDOWS, page, kept, lambda progress: done.append(progress.done))
    )
    await kept.begun.wait()
    if waiting:  # with a second batch that is complete, and the first one still under way
        await standstill(done)
    task.cancel()
    await asyncio.sleep(0)
    kept.pause.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept.times == [start for start, _ in WINDOWS[: done[-1]]]
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("bybit_async")]


async def test_a_batch_that_cannot_be_kept_ends_the_download():
    asked = []

    async def counted(window):
        asked.append(window)
        return await page(window)

    async def full(table, coverage):
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        await downloading.download(SERIES, WINDOWS, counted, full)
    assert len(asked) < len(WINDOWS)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("bybit_async")]
