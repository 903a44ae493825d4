"""Damage is seen, told and mended, and nothing but damage is."""

from __future__ import annotations

import json
import random
import shutil

import numpy as np
import pytest

from bybit_async import AsyncBybit, InvalidParameter
from bybit_async.data import parquet
from bybit_async.data.columns import Numbers, Table
from bybit_async.data.coverage import Coverage
from bybit_async.data.errors import StoreDamaged, StoreTooNew
from bybit_async.data.parquet import read_parquet, write_parquet
from bybit_async.data.series import KINDS
from bybit_async.data.store import Store

from .ledger import MINUTE, assert_equals_ledger, ms


def minutes(count, *, backwards=False):
    rng = np.random.default_rng(1)
    prices = 600_000 + np.cumsum(rng.integers(-5, 6, count))
    numbers = {name: Numbers((prices + i).astype(np.int64), 1) for i, name in enumerate(KINDS["klines"].numbers)}
    table = Table(np.arange(count, dtype=np.int64) * MINUTE, numbers)
    return table.take(slice(None, None, -1)) if backwards else table


def same(left, right):
    return np.array_equal(left.times, right.times) and {
        name: (column.scale, column.values.tolist()) for name, column in left.numbers.items()
    } == {name: (column.scale, column.values.tolist()) for name, column in right.numbers.items()}


@pytest.mark.parametrize(("rows", "flips", "sums"), [(24, 400, True), (20_000, 60, True), (20_000, 60, False)])
def test_a_single_wrong_bit_is_damage_and_never_another_price(rows, flips, sums, monkeypatch):
    if not sums:
        # Pages have check sums of their own: sums of columns do not see two errors that cancel out.
        monkeypatch.setattr(parquet, "_check_of", lambda table, coverage: None)
    table, coverage = minutes(rows), Coverage([(0, rows * MINUTE)])
    content = write_parquet(table, coverage, "mainnet")
    dice = random.Random(rows)
    seen = 0
    for _ in range(flips):
        spoiled = bytearray(content)
        spoiled[dice.randrange(len(spoiled))] ^= 1 << dice.randrange(8)
        try:
            found, covered = read_parquet("x", bytes(spoiled))
        except (StoreDamaged, StoreTooNew):
            seen += 1
        else:
            assert same(found, table)
            assert covered == coverage
    assert seen > flips / 2


def test_a_file_that_was_cut_anywhere_is_damage():
    content = write_parquet(minutes(24), Coverage([(0, 24 * MINUTE)]), "mainnet")
    for length in [*range(0, len(content), 97), len(content) - 1]:
        with pytest.raises(StoreDamaged):
            read_parquet("x", content[:length])


def test_files_of_before_there_were_check_sums_are_read(monkeypatch):
    monkeypatch.setattr(parquet, "_check_of", lambda table, coverage: None)
    content = write_parquet(minutes(24, backwards=True), Coverage([(0, MINUTE)]), "mainnet")
    monkeypatch.undo()
    assert read_parquet("x", content)[1] == Coverage([(0, MINUTE)])


async def filled(bybit, *symbols):
    for symbol in symbols:
        await bybit.data.fetch_klines(symbol, "1h", "2024-01-20", "2024-02-20")


async def test_a_damaged_mark_is_told_and_repaired(exchange, tmp_path):
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        await filled(bybit, "BTCUSDT")
    mark = tmp_path / "_store.json"
    whole = mark.read_bytes()
    for content in (b"", whole[:5]):
        mark.write_bytes(content)
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            with pytest.raises(StoreDamaged, match="repair"):
                await bybit.data.verify()
            sent = exchange.requests
            [report] = await bybit.data.repair()
            assert (report.sound, report.rows, exchange.requests) == (True, 31 * 24, sent)
        assert mark.read_bytes() == whole


async def test_a_mark_of_another_layout_is_not_taken_for_a_damaged_one(tmp_path, exchange):
    mark = tmp_path / "_store.json"
    mark.write_text(json.dumps({"version": "2.0", "features": ["x"]}))
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        with pytest.raises(StoreTooNew):
            await bybit.data.repair()
    assert json.loads(mark.read_text())["version"] == "2.0"


async def test_a_copy_beside_a_file_is_told_and_what_is_no_rows_is_left_alone(bybit, tmp_path):
    await filled(bybit, "BTCUSDT")
    file = next((tmp_path / "history").rglob("month=01/month.parquet"))
    copy, note = file.with_name("month (copy).parquet"), file.with_name("README.txt")
    shutil.copy(file, copy)
    note.write_text("mine")
    [report] = await bybit.data.verify()
    assert [path.rsplit("/", 1)[-1] for path in report.damaged] == [copy.name], "every other reader sees rows twice"
    assert report.rows == 31 * 24
    [after] = await bybit.data.repair()
    assert after.sound
    assert (copy.exists(), file.exists(), note.read_text()) == (False, True, "mine")


async def rewritten(bybit, change):
    """Fill a store, change its one file, and return what `verify` says of it."""
    await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-20", "2024-01-30")
    store = bybit.data.store
    [series] = store.series()
    [(path, _)] = store.files(series)
    table, coverage, _ = store.read(path)
    store._files.write(path, write_parquet(*change(table, coverage), series.identity))
    bybit.data.memory.clear()
    [report] = await bybit.data.verify()
    return report


async def restored(bybit, exchange):
    [after] = await bybit.data.repair()
    frame = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-20", "2024-01-30")
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2024-01-20"), ms("2024-01-30"), interval=60)
    return after.sound


async def test_rows_out_of_order_are_told_and_repaired(bybit, exchange):
    order = np.arange(240)
    order[[5, 9, 100, 101]] = order[[9, 5, 101, 100]]
    report = await rewritten(bybit, lambda table, coverage: (table.take(order), coverage))
    assert (report.unordered, report.doubles, report.gaps, report.sound) == (3, 0, Coverage(), False)
    assert await restored(bybit, exchange)


@pytest.mark.parametrize("what", ["rows", "coverage"])
async def test_a_file_that_speaks_of_another_month_is_told_and_repaired(bybit, exchange, what):
    late = ms("2024-02-01")

    def change(table, coverage):
        if what == "coverage":
            return table, coverage | Coverage([(late, late + 3_600_000)])
        return Table(np.append(table.times[:-1], late), table.numbers), coverage

    report = await rewritten(bybit, change)
    assert list(report.damaged.values()) == ["holds rows of another time"]
    assert await restored(bybit, exchange)


async def test_a_symbol_that_is_gone_does_not_keep_others_from_being_repaired(exchange, tmp_path, caplog):
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        await filled(bybit, "BTCUSDT", "ETHUSDT")
    for file in tmp_path.rglob("month=01/month.parquet"):
        file.write_bytes(b"x")
    next(tmp_path.glob("_listings/*/linear/BTCUSDT.json")).unlink()
    nothing = {"category": "linear", "list": [], "nextPageCursor": ""}
    exchange.respond("/v5/market/instruments-info", nothing)
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        with pytest.raises(InvalidParameter, match="BTCUSDT"):
            await bybit.data.repair()
        reports = {report.series.symbol: report for report in await bybit.data.verify()}
        assert [reports[name].rows for name in ("BTCUSDT", "ETHUSDT")] == [19 * 24, 50 * 24]
        assert " klines linear BTCUSDT 60 could not be repaired" in caplog.text
        frame = await bybit.data.fetch_klines("ETHUSDT", "1h", "2024-01-20", "2024-02-20")
        assert_equals_ledger(frame, exchange, "ETHUSDT", ms("2024-01-20"), ms("2024-02-20"), interval=60)


def test_a_store_lies_where_a_link_leads(tmp_path):
    from tests.data.writing import put

    (tmp_path / "real näme").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real näme")
    put(Store(tmp_path / "link"), "2024-01-01", "2024-01-02")
    assert [str(series) for series in Store(tmp_path / "real näme").series()] != []
    assert len(list((tmp_path / "real näme").rglob("*.parquet"))) == 1
