"""The same store in an object store: a local S3 server, and fsspec's memory."""

from __future__ import annotations

import asyncio
import os

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from bybit_async import AsyncBybit, InvalidParameter
from bybit_async.data.coverage import Coverage
from bybit_async.data.errors import StoreError, StoreUnwritable
from bybit_async.data.store import Store

from .ledger import assert_equals_ledger, ms
from .month_writer import DAY, MARCH, SERIES, fill_month
from .processes import processes


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_store_in_s3_is_filled_once_and_read_by_everyone(exchange, s3):
    start, end = "2024-01-25", "2024-02-05"
    async with AsyncBybit(environment=exchange.environment, data_dir=s3) as bybit:
        frame = await bybit.data.fetch_klines("BTCUSDT", "5m", start, end)
        assert_equals_ledger(frame, exchange, "BTCUSDT", ms(start), ms(end), interval=5)
    sent = exchange.requests
    async with AsyncBybit(environment=exchange.environment, data_dir=s3) as elsewhere:
        again = await elsewhere.data.fetch_klines("BTCUSDT", "5m", start, end)
        assert again.equals(frame)
        assert exchange.requests == sent, "the second machine downloaded what the first had stored"
        [report] = await elsewhere.data.verify()
        assert report.sound
        assert report.rows == len(frame)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_four_processes_that_fill_one_month_in_s3_keep_all_31_days(s3):
    together = processes.Barrier(4)
    writers = [
        processes.Process(target=fill_month, args=(s3, os.environ["AWS_ENDPOINT_URL"], first, together))
        for first in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(50)
    assert [writer.exitcode for writer in writers] == [0] * 4
    table, coverage = Store(s3).load(SERIES, MARCH, MARCH + 31 * DAY)
    assert coverage == Coverage([(MARCH, MARCH + 31 * DAY)])
    assert len(table) == 31 * 24


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_bucket_that_does_not_exist_is_said_before_anything_is_fetched(exchange, s3):
    async with AsyncBybit(environment=exchange.environment, data_dir="s3://nowhere/bybit") as bybit:
        with pytest.raises(StoreUnwritable, match="s3://nowhere"):
            await bybit.data.fetch_klines("BTCUSDT", "5m", "2024-01-25", "2024-01-26")
    assert exchange.requests == 0


async def test_a_store_in_memory_works_like_every_other(exchange):
    place = f"memory://history-{os.getpid()}"
    async with AsyncBybit(environment=exchange.environment, data_dir=place) as bybit:
        await asyncio.gather(
            *(bybit.data.fetch_klines(symbol, "1h", "2024-01-01", "2024-03-01") for symbol in ("BTCUSDT", "ETHUSDT"))
        )
        sent = exchange.requests
        bybit.data.memory.clear()
        frame = await bybit.data.fetch_klines("ETHUSDT", "1h", "2024-01-01", "2024-03-01")
        assert exchange.requests == sent
        assert_equals_ledger(frame, exchange, "ETHUSDT", ms("2024-01-01"), ms("2024-03-01"), interval=60)
        assert [report.series.symbol for report in await bybit.data.verify() if report.sound] == ["BTCUSDT", "ETHUSDT"]


class Forbidden(MemoryFileSystem):
    """A place that refuses, as an object store does without the right credentials."""

    protocol = "forbidden"

    def cat_file(self, path, start=None, end=None, **_):
        raise PermissionError("AccessDenied")

    def find(self, path, **_):
        raise PermissionError("AccessDenied")


async def test_a_place_that_refuses_to_be_read_is_told_as_such(exchange):
    fsspec.register_implementation("forbidden", Forbidden, clobber=True)
    async with AsyncBybit(environment=exchange.environment, data_dir="forbidden://x") as bybit:
        with pytest.raises(StoreError, match="AccessDenied"):
            await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-02")
        with pytest.raises(StoreError, match="forbidden://x"):
            await bybit.data.verify()
    assert exchange.requests == 0


async def test_an_address_that_nobody_knows_is_refused_by_name(exchange):
    async with AsyncBybit(environment=exchange.environment, data_dir="nonsense://x") as bybit:
        with pytest.raises(InvalidParameter, match="data_dir"):
            await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-02")
