"""The store: merged without doubles, whole after every failure, readable without this library."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bybit_async import AsyncBybit
from bybit_async.data.columns import Table, numbers_of
from bybit_async.data.coverage import Coverage
from bybit_async.data.errors import StoreDamaged, StoreError, StoreTooNew, StoreUnwritable
from bybit_async.data.files import LocalFiles
from bybit_async.data.intervals import grid
from bybit_async.data.records import Lifetime
from bybit_async.data.series import Series, series_of, unit_of_path
from bybit_async.data.store import Store
from bybit_async.data.upkeep import verify
from tests.data.writing import SERIES, hours, put

from .ledger import assert_equals_ledger, ms


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_a_month_is_a_file_in_a_hive_partition(store, tmp_path):
    put(store, "2024-01-30", "2024-02-02")
    files = sorted(p.relative_to(tmp_path / "store").as_posix() for p in tmp_path.rglob("*.parquet"))
    folder = "identity=mainnet/kind=premium_klines/category=linear/symbol=BTCUSDT/interval=60/year=2024"
    assert files == [f"{folder}/month=01/month.parquet", f"{folder}/month=02/month.parquet"]
    assert series_of(files[0]) == SERIES
    assert unit_of_path(SERIES, files[1]) == (ms("2024-02-01"), ms("2024-03-01"))


def test_rows_of_a_range_that_comes_again_replace_the_old_ones(store):
    put(store, "2024-01-30", "2024-02-03", price=1)
    put(store, "2024-02-01", "2024-02-02", price=2)
    table, coverage = store.load(SERIES, ms("2024-01-01"), ms("2024-03-01"))
    assert coverage == Coverage([(ms("2024-01-30"), ms("2024-02-03"))])
    assert np.array_equal(table.times, grid("60", ms("2024-01-30"), ms("2024-02-03")))
    replaced = (table.times >= ms("2024-02-01")) & (table.times < ms("2024-02-02"))
    assert np.array_equal(table.numbers["close"].floats(), np.where(replaced, 2.0, 1.0))


def test_trades_of_a_day_that_comes_again_are_not_there_twice(store):
    series = Series("trades", "linear", "BTCUSDT", "all", "mainnet")
    start, end = ms("2024-01-30"), ms("2024-01-31")
    # Two at the same millisecond are two trades, and no double.
    times = np.array([start, start, start + 5])
    column = numbers_of([Decimal(1)] * 3)
    ids = np.array(["a", "b", "c"], dtype=object)
    table = Table(times, {"price": column, "size": column}, {"side": np.array(["Buy"] * 3, dtype=object), "id": ids})
    for _ in range(2):
        store.merge(series, table, Coverage([(start, end)]))
    found, _ = store.load(series, start, end)
    assert found.texts["id"].tolist() == ["a", "b", "c"]


def test_ranges_with_a_hole_between_them_leave_the_hole_missing(store):
    put(store, "2024-01-02", "2024-01-03")
    put(store, "2024-01-05", "2024-01-06")
    missing = store.covered(SERIES, ms("2024-01-01"), ms("2024-01-07")).missing(ms("2024-01-01"), ms("2024-01-07"))
    assert missing == Coverage(
        [
            (ms("2024-01-01"), ms("2024-01-02")),
            (ms("2024-01-03"), ms("2024-01-05")),
            (ms("2024-01-06"), ms("2024-01-07")),
        ]
    )


def test_duckdb_reads_it_without_this_library(store, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    put(store, "2024-01-30", "2024-02-02", price="0.00012")
    query = (
        f"select symbol, month, count(*), sum(close) from '{tmp_path}/store/**/*.parquet' group by all order by month"
    )
    found = duckdb.sql(query).fetchall()
    assert [(row[0], int(row[1]), row[2], row[3]) for row in found] == [
        ("BTCUSDT", 1, 48, Decimal("0.00576")),
        ("BTCUSDT", 2, 24, Decimal("0.00288")),
    ]


def test_pandas_reads_it_as_a_partitioned_data_set(store, tmp_path):
    import pandas as pd

    put(store, "2024-01-30", "2024-02-02")
    frame = pd.read_parquet(tmp_path / "store" / "identity=mainnet" / "kind=premium_klines")
    assert len(frame) == 72
    assert set(frame["symbol"]) == {"BTCUSDT"}


def test_polars_reads_it_as_a_partitioned_data_set(store, tmp_path):
    polars = pytest.importorskip("polars")
    put(store, "2024-01-30", "2024-02-02", price="0.00012")
    folder = tmp_path / "store" / "identity=mainnet" / "kind=premium_klines"
    frame = polars.scan_parquet(folder, hive_partitioning=True).collect()
    assert frame.height == 72
    assert frame["close"].sum() == Decimal("0.00864")
    assert frame["time"].is_sorted()
    assert set(frame["month"].cast(int)) == {1, 2}


def test_what_cannot_be_read_is_neither_empty_nor_a_foreign_error(store, tmp_path):
    put(store, "2024-01-30", "2024-02-01")
    [file] = (tmp_path / "store").rglob("month.parquet")
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreError, match="cannot read"):
        store.load(SERIES, ms("2024-01-01"), ms("2024-02-01"))


SLASHED = Series("klines", "linear", "BTC/USDT", "1", "mainnet")


def test_a_lifetime_is_remembered(store):
    assert store.lifetime(SLASHED) is None
    store.keep_lifetime(SLASHED, Lifetime(5, None))
    assert Store(store.address).lifetime(SLASHED) == Lifetime(5, None)


async def test_a_damaged_file_is_named_and_repaired_and_the_rest_is_kept(bybit, exchange, tmp_path):
    start, end = "2024-01-20", "2024-03-10"
    await bybit.data.fetch_klines("BTCUSDT", "30m", start, end)
    january, february, march = sorted((tmp_path / "history").rglob("*.parquet"))
    content = february.read_bytes()
    february.write_bytes(content[: len(content) // 2])
    kept = {path: path.read_bytes() for path in (january, march)}

    [report] = await bybit.data.verify()
    assert not report.sound
    assert [name.split("/")[-2] for name in report.damaged] == ["month=02"]

    bybit.data.memory.clear()
    [after] = await bybit.data.repair()
    assert after.sound
    assert after.rows == 50 * 48
    assert {path: path.read_bytes() for path in kept} == kept, "a sound file was written again"
    sent = exchange.requests
    frame = await bybit.data.fetch_klines("BTCUSDT", "30m", start, end)
    assert exchange.requests == sent
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms(start), ms(end), interval=30)


async def test_a_damaged_file_is_fetched_anew_when_it_is_needed(bybit, exchange, tmp_path, caplog):
    await bybit.data.fetch_klines("BTCUSDT", "30m", "2024-01-20", "2024-01-30")
    [file] = (tmp_path / "history").rglob("*.parquet")
    file.write_bytes(b"PAR1 and then nothing PAR1")
    bybit.data.memory.clear()
    frame = await bybit.data.fetch_klines("BTCUSDT", "30m", "2024-01-21", "2024-01-22")
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2024-01-21"), ms("2024-01-22"), interval=30)
    assert "month.parquet" in caplog.text


async def test_gaps_and_doubles_are_found_and_repaired(bybit, exchange):
    start, end = "2024-01-20", "2024-01-30"
    await bybit.data.fetch_klines("BTCUSDT", "30m", start, end)
    store = bybit.data.store
    [series] = store.series()
    table, coverage = store.load(series, ms(start), ms(end))
    broken = np.concatenate([np.arange(0, 100), np.arange(99, 200), np.arange(230, len(table))])
    from bybit_async.data.parquet import write_parquet

    [(path, _)] = store.files(series)
    store._files.write(path, write_parquet(table.take(broken), coverage, series.identity))
    [report] = await verify(store)
    assert report.doubles == 1
    gap = (ms(start) + 200 * 1_800_000, ms(start) + 230 * 1_800_000)
    assert report.gaps == Coverage([gap])

    [after] = await bybit.data.repair()
    assert after.sound
    bybit.data.memory.clear()
    frame = await bybit.data.fetch_klines("BTCUSDT", "30m", start, end)
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms(start), ms(end), interval=30)


async def test_a_store_by_a_newer_version_is_refused_and_not_touched(exchange, tmp_path):
    put(Store(tmp_path), "2024-01-01", "2024-01-02")
    mark = tmp_path / "_store.json"
    mark.write_text(json.dumps({"version": 99}))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        with pytest.raises(StoreTooNew, match="newer version"):
            await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-02")
        with pytest.raises(StoreTooNew):
            await bybit.data.verify()
    assert exchange.requests == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_file_by_a_newer_version_is_refused(store, tmp_path, monkeypatch):
    from bybit_async.data import parquet

    monkeypatch.setattr(parquet, "VERSION", 99)
    content = parquet.write_parquet(hours("2024-01-01", "2024-01-02"), Coverage(), "mainnet")
    monkeypatch.undo()
    with pytest.raises(StoreTooNew):
        parquet.read_parquet("x", content)
    with pytest.raises(StoreDamaged, match="x: cannot be read"):
        parquet.read_parquet("x", b"")


async def test_a_place_that_cannot_be_written_is_said_before_anything_is_fetched(exchange, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    # /proc refuses new folders to everyone, the administrator included.
    for place in (blocked / "store", "/proc/history"):
        sent = exchange.requests
        async with AsyncBybit(environment=exchange.environment, data_dir=place) as bybit:
            with pytest.raises(StoreUnwritable, match="use_cache=False"):
                await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-02")
            assert exchange.requests == sent
            frame = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-02", use_cache=False)
            assert len(frame) == 24


FULL_DISK = """
import resource, sys
from bybit_async.data.store import Store
from bybit_async.data.errors import StoreUnwritable
from tests.data.writing import put
store = Store(sys.argv[1])
put(store, "2024-01-01", "2024-01-02")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    put(store, "2024-01-02", "2024-01-20")
except StoreUnwritable as error:
    print("said:", error)
"""


def test_a_write_that_the_disk_refuses_half_way_leaves_the_old_file(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True, text=True, check=True, timeout=50, cwd=Path(__file__).parent.parent.parent,
    )  # fmt: skip
    assert "said: cannot write to" in run.stdout
    store = Store(tmp_path)
    table, coverage = store.load(SERIES, ms("2024-01-01"), ms("2024-02-01"))
    assert len(table) == 24
    assert coverage == Coverage([(ms("2024-01-01"), ms("2024-01-02"))])
    assert not list(tmp_path.rglob("*.tmp")), "half a file was left"


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_the_write_is_over(tmp_path, monkeypatch):
    did = []
    fsync, replace = os.fsync, Path.replace

    def syncing(handle):
        did.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def replacing(self, target):
        did.append(f"{self.suffix} becomes {target.name}")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "replace", replacing)
    LocalFiles(tmp_path).write("a/b.parquet", b"rows")
    assert did == ["file", ".tmp becomes b.parquet", "folder"]
    assert (tmp_path / "a" / "b.parquet").read_bytes() == b"rows"


def test_what_a_killed_writer_left_is_cleared_by_the_next_one(store, tmp_path):
    put(store, "2024-01-01", "2024-01-02")
    [file] = tmp_path.rglob("*.parquet")
    left = file.with_name(f".{file.name}.0123.tmp")
    left.write_bytes(b"half")
    put(store, "2024-01-02", "2024-01-03")
    assert not left.exists()


def test_two_writers_of_a_series_take_turns(store, tmp_path):
    """Each reads what is there, adds its hour and writes: whoever did not wait would lose the other's."""
    other = Store(store.address)
    hour = 3_600_000
    start = ms("2024-01-01")

    def write(writer, first):
        for at in range(first, 24, 2):
            span = (start + at * hour, start + (at + 1) * hour)
            table = Table(
                np.array([span[0]]), dict.fromkeys(("open", "high", "low", "close"), numbers_of([Decimal(1)]))
            )
            writer.merge(SERIES, table, Coverage([span]))

    threads = [threading.Thread(target=write, args=pair) for pair in ((store, 0), (other, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    table, coverage = store.load(SERIES, start, start + 24 * hour)
    assert (len(table), coverage) == (24, Coverage([(start, start + 24 * hour)]))
