"""Every file of a series has the same column types, so that other readers neither round nor refuse any of them."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars
import pyarrow.parquet as pq
import pytest

from bybit_async.data import scales
from bybit_async.data.columns import Numbers, Table
from bybit_async.data.errors import StoreDamaged, StoreUnwritable
from bybit_async.data.files import LocalFiles
from bybit_async.data.parquet import read_parquet, scales_in
from bybit_async.data.records import record_path
from bybit_async.data.store import Store
from tests.data.writing import SERIES, put

from .ledger import ms

JANUARY, FEBRUARY, MARCH = (("2024-01-30", "2024-01-31"), ("2024-02-01", "2024-02-02"), ("2024-03-01", "2024-03-02"))


def types(folder):
    """The scale of one column in each file, in the order of time."""
    return [pq.read_schema(file).field("close").type.scale for file in sorted(folder.rglob("*.parquet"))]


def closes(folder):
    return {Decimal(text) for text in read_by_all(folder)}


def read_by_all(folder):
    """What each of the other readers finds, as plain text; they must agree."""
    place = folder / "identity=mainnet" / "kind=premium_klines"
    by_duckdb = duckdb.sql(f"select distinct close from read_parquet('{place}/**/*.parquet')").fetchall()
    by_polars = polars.scan_parquet(place, hive_partitioning=True).select("close").unique().collect()["close"].to_list()
    by_pandas = pd.read_parquet(place)["close"].unique()
    found = [{f"{value.normalize():f}" for value in values} for values in
             ([row[0] for row in by_duckdb], by_polars, by_pandas)]  # fmt: skip
    assert found[0] == found[1] == found[2]
    return found[0]


@pytest.mark.parametrize("prices", [("1.5", "1.23456", "2"), ("1.23456", "1.5", "2"), ("2", "1.5", "1.23456")])
def test_other_readers_find_every_digit_whichever_month_has_most(tmp_path, prices):
    store = Store(tmp_path)
    for days, price in zip((JANUARY, FEBRUARY, MARCH), prices, strict=True):
        put(store, *days, price)
        assert len(set(types(tmp_path))) == 1
    assert closes(tmp_path) == {Decimal(price) for price in prices}
    table, coverage = store.load(SERIES, ms("2024-01-01"), ms("2024-04-01"))
    assert sorted(set(table.numbers["close"].decimals())) == sorted(Decimal(price) for price in prices)
    assert coverage.total == 3 * 86_400_000


def test_files_that_fit_already_are_left_alone(tmp_path):
    store = Store(tmp_path)
    put(store, *JANUARY, "1.25")
    [january] = tmp_path.rglob("*.parquet")
    before = january.stat().st_mtime_ns, january.stat().st_ino
    put(store, *FEBRUARY, "1.5")
    put(Store(tmp_path), *MARCH, "3")
    assert (january.stat().st_mtime_ns, january.stat().st_ino) == before


@pytest.mark.parametrize("writes", range(5))
def test_whoever_is_killed_while_files_are_brought_in_line_leaves_it_to_the_next(tmp_path, monkeypatch, writes):
    store = Store(tmp_path)
    put(store, *JANUARY, "1.5")
    put(store, *FEBRUARY, "2.5")
    left = [writes]
    write = LocalFiles.write

    def failing(self, path, content, **options):
        if not left[0]:
            raise StoreUnwritable("killed here")
        left[0] -= 1
        write(self, path, content, **options)

    monkeypatch.setattr(LocalFiles, "write", failing)
    # Word, January, February, March itself, and the word that it is done.
    with pytest.raises(StoreUnwritable):
        put(store, *MARCH, "1.23456")
    monkeypatch.undo()
    put(Store(tmp_path), "2024-04-01", "2024-04-02", "4")
    assert len(set(types(tmp_path))) == 1
    table, _ = store.load(SERIES, ms("2024-01-01"), ms("2024-03-01"))
    assert set(table.numbers["close"].decimals()) == {Decimal("1.5"), Decimal("2.5")}
    put(store, *MARCH, "1.23456")
    assert closes(tmp_path) == {Decimal("1.5"), Decimal("2.5"), Decimal("1.23456"), Decimal(4)}


def test_a_store_from_before_there_were_scales_comes_into_line_with_its_next_write(tmp_path, monkeypatch):
    store = Store(tmp_path)
    monkeypatch.setattr(scales, "raised", lambda table, wanted: table)
    for days, price in ((JANUARY, "1.23456"), (FEBRUARY, "1.5")):
        put(store, *days, price)
        (tmp_path / record_path(SERIES)).unlink()
    monkeypatch.undo()
    assert types(tmp_path) == [5, 1]
    put(Store(tmp_path), *MARCH, "2")
    assert types(tmp_path) == [5, 5, 5]
    assert closes(tmp_path) == {Decimal("1.23456"), Decimal("1.5"), Decimal(2)}


@pytest.mark.parametrize("content", [b"", b"{", b'{"columns": 5}'])
def test_a_damaged_note_of_the_scales_is_made_again(tmp_path, content):
    store = Store(tmp_path)
    put(store, *JANUARY, "1.23456")
    (tmp_path / record_path(SERIES)).write_bytes(content)
    put(store, *FEBRUARY, "1.5")
    assert types(tmp_path) == [5, 5]


def damaged_in_its_rows(content):
    """The file with one wrong bit that only who reads the rows can see."""
    for place in range(4, len(content)):
        spoiled = bytearray(content)
        spoiled[place] ^= 1
        with contextlib.suppress(StoreDamaged):
            scales_in("x", bytes(spoiled))
            try:
                read_parquet("x", bytes(spoiled))
            except StoreDamaged:
                return bytes(spoiled)
    raise AssertionError("no bit is of any consequence")


def test_a_damaged_neighbour_stops_nothing_and_is_touched_by_nobody(tmp_path):
    store = Store(tmp_path)
    put(store, *JANUARY, "1.5")
    [january] = tmp_path.rglob("*.parquet")
    for content in (b"PAR1", damaged_in_its_rows(january.read_bytes())):
        january.write_bytes(content)
        put(store, *FEBRUARY, "1.234" if content == b"PAR1" else "1.2345")
        assert january.read_bytes() == content


def test_numbers_without_room_for_more_decimals_keep_every_digit():
    long = Numbers(np.array([123_456_789_012_345_678, 1], dtype=np.int64), 2)
    short = Numbers(np.array([-15, 0], dtype=np.int64), 1)
    table = scales.raised(
        Table(np.array([1, 2]), {"long": long, "short": short, "other": short}), {"long": 5, "short": 4}
    )
    assert table.numbers["long"] is long
    assert (table.numbers["short"].scale, table.numbers["short"].values.tolist()) == (4, [-15_000, 0])
    assert table.numbers["other"] is short
