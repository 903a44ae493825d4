"""Frames in memory: bounded in bytes, safe from several threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from bybit_async import Bybit
from bybit_async.data.cache import FrameCache
from bybit_async.data.series import Series

from .ledger import assert_equals_ledger, ms

ONE, OTHER = (Series("klines", "linear", symbol, "1", "mainnet") for symbol in ("BTCUSDT", "ETHUSDT"))


def frame(rows=1000):
    return pd.DataFrame({"close": [1.0] * rows}, index=pd.RangeIndex(rows))


def test_the_least_recently_used_goes_first():
    size = int(frame().memory_usage(index=True, deep=True).sum())
    cache = FrameCache(3 * size)
    for number in range(3):
        cache.put((ONE, number), frame())
    assert cache.get((ONE, 0)) is not None
    cache.put((OTHER, 3), frame())
    assert [cache.get((ONE, n)) is not None for n in range(3)] == [True, False, True]
    assert cache.bytes <= 3 * size
    cache.forget(ONE)
    assert len(cache) == 1
    assert cache.bytes == size


def test_a_frame_larger_than_all_of_it_is_not_kept():
    cache = FrameCache(100)
    cache.put((ONE, 0), frame())
    assert (len(cache), cache.bytes) == (0, 0)


def test_a_frame_that_comes_again_counts_once():
    cache = FrameCache(1 << 20)
    for _ in range(5):
        cache.put((ONE, 0), frame())
    assert cache.bytes == int(frame().memory_usage(index=True, deep=True).sum())


def test_what_is_kept_does_not_change_with_what_was_given_or_taken():
    cache = FrameCache(1 << 20)
    given = frame()
    cache.put((ONE, 0), given)
    given.loc[0, "close"] = 5.0
    taken = cache.get((ONE, 0))
    taken.loc[1, "close"] = 7.0
    assert (cache.get((ONE, 0))["close"] == 1.0).all()


async def test_several_threads_share_the_blocking_twins_history(exchange, tmp_path):
    start, end = "2024-02-01", "2024-02-04"

    def fetch(bybit):
        return bybit.data.fetch_klines("BTCUSDT", "1m", start, end)

    def work():
        with Bybit(environment=exchange.environment, data_dir=tmp_path) as bybit, ThreadPoolExecutor(4) as threads:
            return list(threads.map(fetch, [bybit] * 8))

    frames = await asyncio.to_thread(work)
    for found in frames:
        assert_equals_ledger(found, exchange, "BTCUSDT", ms(start), ms(end))
    assert exchange.requests <= 8


@pytest.mark.parametrize("limit", [0, 1])
def test_no_memory_is_a_choice(limit):
    cache = FrameCache(limit)
    cache.put((ONE, 0), frame())
    assert cache.get((ONE, 0)) is None
