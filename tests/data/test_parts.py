"""Writers without a common lock: however their reads and writes interleave, no row and no coverage is lost."""

from __future__ import annotations

import threading
import uuid
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.data import parts as parts_module
from bybit_async.data.columns import Table, numbers_of
from bybit_async.data.coverage import Coverage
from bybit_async.data.files import RemoteFiles
from bybit_async.data.intervals import grid
from bybit_async.data.series import Series
from bybit_async.data.store import Store
from bybit_async.data.upkeep import verify

from .ledger import ms

SERIES = Series("premium_klines", "linear", "BTCUSDT", "60", "mainnet")
DAY = 86_400_000
START, END = ms("2024-03-01"), ms("2024-04-01")


def hours(start, end, price=1):
    times = grid("60", start, end)
    return Table(times, dict.fromkeys(("open", "high", "low", "close"), numbers_of([Decimal(price)] * len(times))))


def put(store, start, end, price=1):
    store.merge(SERIES, hours(start, end, price), Coverage([(start, end)]))


def assert_whole(place, start=START, end=END):
    table, coverage = Store(place).load(SERIES, start, end)
    assert coverage == Coverage([(start, end)])
    assert np.array_equal(table.times, grid("60", start, end))


@pytest.fixture
def place():
    return f"memory://parts-{uuid.uuid4().hex}"


def rows_of(place):
    """What a reader that knows nothing of parts finds."""
    [(path, _)] = Store(place).files(SERIES)
    return len(parts_module.read_parquet(path, Store(place)._files.read(path))[0])


def test_four_writers_of_one_month_keep_all_31_days(place):
    together = threading.Barrier(4)

    def write(first):
        store = Store(place)
        for day in range(first, 31, 4):
            together.wait(10) if day < 28 else None
            put(store, START + day * DAY, START + (day + 1) * DAY)

    threads = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert_whole(place)


class Held(RemoteFiles):
    """Files whose next write of the month waits until the test lets it."""

    def __init__(self, address):
        super().__init__(address)
        self.reached, self.go = threading.Event(), threading.Event()

    def write(self, path, content, **options):
        if path.endswith("/month.parquet"):
            self.reached.set()
            assert self.go.wait(10)
        super().write(path, content, **options)


def test_a_writer_that_puts_its_file_over_anothers_loses_nothing(place):
    slow, fast = Store(place), Store(place)
    slow._files = files = Held(place)
    thread = threading.Thread(target=put, args=(slow, START, START + DAY))
    thread.start()
    assert files.reached.wait(10)
    put(fast, START + DAY, START + 2 * DAY)
    files.go.set()
    thread.join(10)
    assert rows_of(place) == 24, "the slow one has put its file over the other's"
    assert_whole(place, START, START + 2 * DAY)
    put(fast, START + 2 * DAY, START + 3 * DAY)
    assert rows_of(place) == 72, "the next writer puts it right for those who know nothing of parts"


def test_parts_are_removed_once_no_writer_can_be_at_work_with_them(place, monkeypatch):
    store = Store(place)
    put(store, START, START + DAY)
    put(store, START + DAY, START + 2 * DAY)
    assert len(store._parts.of(SERIES)) == 2
    monkeypatch.setattr(parts_module, "LINGER", -1.0)
    put(store, START + 2 * DAY, START + 3 * DAY)
    assert store._parts.of(SERIES) == []
    assert_whole(place, START, START + 3 * DAY)


def test_a_part_that_another_writer_removes_meanwhile_is_found_in_the_file(place, monkeypatch):
    store, other = Store(place), Store(place)
    put(store, START, START + DAY)
    path = SERIES.path_of((START, END))
    before = store._files.read(path)
    put(store, START + DAY, START + 2 * DAY)
    after = store._files.read(path)
    store._files.write(path, before)
    listed = other._parts.of(SERIES)
    read = RemoteFiles.read

    def meanwhile(self, path_):
        if path_.startswith("_parts/"):
            # It is removed between being listed and being read, and the file has its rows by then.
            monkeypatch.setattr(RemoteFiles, "read", read)
            self.write(path, after)
            for part in listed:
                self.remove(part.path)
        return read(self, path_)

    monkeypatch.setattr(RemoteFiles, "read", meanwhile)
    table, coverage = other.load(SERIES, START, END)
    assert (len(table), coverage.total) == (48, 2 * DAY)


def test_a_month_of_which_only_parts_exist_is_read_and_verified(place):
    store = Store(place)
    put(store, START, START + DAY)
    store._files.remove(SERIES.path_of((START, END)))
    assert_whole(place, START, START + DAY)
    put(store, START + DAY, START + 2 * DAY)
    store._files.remove(SERIES.path_of((START, END)))
    assert [unit for _, unit in store.files(SERIES)] == [(START, END)]
    table, coverage, _ = store.read(SERIES.path_of((START, END)))
    assert (len(table), coverage.total) == (48, 2 * DAY)


def test_what_is_declared_incomplete_does_not_come_back_from_a_part(place):
    store = Store(place)
    put(store, START, START + 3 * DAY)
    store.forget(SERIES, Coverage([(START, START + DAY)]))
    assert store.covered(SERIES, START, END) == Coverage([(START + DAY, START + 3 * DAY)])
    assert store._parts.of(SERIES) == []


async def test_what_lies_among_the_parts_and_is_none_is_left_alone(place):
    store = Store(place)
    put(store, START, START + DAY)
    store._files.write(f"_parts/{SERIES.folder}/1-2/notes.txt", b"mine")
    assert_whole(place, START, START + DAY)
    assert [report.sound for report in await verify(store)] == [True]
    assert store._files.read(f"_parts/{SERIES.folder}/1-2/notes.txt") == b"mine"


def test_a_folder_that_can_be_locked_has_no_parts(tmp_path):
    put(Store(tmp_path), START, START + DAY)
    assert not list(tmp_path.rglob("_parts"))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5), st.booleans()), min_size=1, max_size=8))
def test_any_sequence_of_merges_and_lost_files_keeps_the_union(merges):
    place = f"memory://parts-{uuid.uuid4().hex}"
    store, wanted = Store(place), Coverage()
    path = SERIES.path_of((START, END))
    for first, days, overwritten in merges:
        span = (START + first * DAY, min(START + (first + days) * DAY, END))
        before = store._files.read(path)
        put(store, *span)
        if overwritten and before is not None:
            store._files.write(path, before)
        wanted |= Coverage([span])
    table, coverage = Store(place).load(SERIES, START, END)
    assert coverage == wanted
    assert table.times.tolist() == [time for span in wanted for time in grid("60", *span).tolist()]
