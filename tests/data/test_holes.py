"""Coverage is what the files hold: what was lost between them is listed, and fetched again."""

from __future__ import annotations

import gzip
import shutil

import msgspec
import pytest

from bybit_async import AsyncBybit
from bybit_async.data.coverage import Coverage

from .file_server import FileServer
from .ledger import assert_equals_ledger, ms

START, END = "2024-01-10", "2024-05-20"
MONTHS = [("2024-01-10", "2024-02-01"), ("2024-02-01", "2024-03-01"), ("2024-03-01", "2024-04-01"),
          ("2024-04-01", "2024-05-01"), ("2024-05-01", "2024-05-20")]  # fmt: skip


def span(month):
    return ms(MONTHS[month - 1][0]), ms(MONTHS[month - 1][1])


@pytest.mark.parametrize("lost", [(3,), (2, 3), (1,), (5,), (2, 4)], ids=str)
async def test_deleted_months_are_holes_wherever_they_lie_and_are_refilled(bybit, exchange, tmp_path, lost):
    await bybit.data.fetch_klines("BTCUSDT", "1h", START, END)
    for month in lost:
        [folder] = (tmp_path / "history").rglob(f"month={month:02}")
        shutil.rmtree(folder)
    bybit.data.memory.clear()
    [report] = await bybit.data.verify()
    assert report.holes == Coverage(span(month) for month in lost)
    assert not report.sound
    [after] = await bybit.data.repair()
    assert after.sound
    sent = exchange.requests
    frame = await bybit.data.fetch_klines("BTCUSDT", "1h", START, END)
    assert exchange.requests == sent
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms(START), ms(END), interval=60)


async def test_a_range_that_was_never_fetched_between_two_that_were_is_a_hole(bybit):
    await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-10", "2024-01-12")
    await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-15", "2024-01-16")
    [report] = await bybit.data.verify()
    assert report.holes == Coverage([(ms("2024-01-12"), ms("2024-01-15"))])
    assert (await bybit.data.repair())[0].sound


ROWS = b"timestamp,side,size,price,trdMatchID\n"


async def test_days_that_the_archive_does_not_have_are_no_holes(exchange, tmp_path):
    async with FileServer() as files:
        for day in ("01", "03"):
            files.files[f"/trading/BTCUSDT/BTCUSDT2024-02-{day}.csv.gz"] = gzip.compress(ROWS)
        environment = msgspec.structs.replace(exchange.environment, archive_url=files.url)
        async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
            trades = await bybit.data.fetch_trades("BTCUSDT", "2024-02-01", "2024-02-04")
            assert trades.attrs["gaps"] == [("2024-02-02T00:00:00Z", "2024-02-03T00:00:00Z")]
            [report] = await bybit.data.verify()
            assert report.absent == Coverage([(ms("2024-02-02"), ms("2024-02-03"))])
            assert report.sound
            next(tmp_path.rglob("03.parquet")).unlink()
            [report] = await bybit.data.verify()
            assert report.holes == Coverage([(ms("2024-02-03"), ms("2024-02-04"))]), "the last day ever stored"
