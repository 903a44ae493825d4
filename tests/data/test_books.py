"""Recorded books, replayed: each row is the book of its moment, and a day fits in memory."""

from __future__ import annotations

import io
import json
import random
from decimal import Decimal

import pytest

from bybit_async import AnswerUnreadable
from bybit_async.data import books
from bybit_async.data.coverage import Coverage
from bybit_async.data.series import Series

from .ledger import ms

DAY = (ms("2024-02-01"), ms("2024-02-02"))


def recording(rng, count):
    """Messages of a day, a snapshot now and then, prices of one to three digits and sizes of any spelling."""
    lines = []
    for i in range(count):
        levels = {
            side: [[f"{rng.randint(*span)}", rng.choice(["0", "0.000", "1.5", "2", "0.00000001"])] for _ in range(4)]
            for side, span in (("b", (90, 110)), ("a", (111, 130)))
        }
        kind = "snapshot" if i % 50 == 0 else "delta"
        lines.append({"type": kind, "ts": DAY[0] + i * 60_000 + rng.randint(1, 50_000), "data": {**levels, "u": i}})
    return lines


def naive(lines, step, depth):
    """The same by the simplest means: the whole book again for every row."""
    rows = []
    for due in range(DAY[0], lines[-1]["ts"], step):
        sides = {"b": {}, "a": {}}
        for line in lines:
            if line["ts"] > due:
                break
            if line["type"] == "snapshot":
                sides = {"b": {}, "a": {}}
            for name, side in sides.items():
                for price, size in line["data"][name]:
                    side[Decimal(price)] = Decimal(size)
        best = {
            name: sorted(((p, s) for p, s in side.items() if s), reverse=name == "b")[:depth]
            for name, side in sides.items()
        }
        if best["b"] and best["a"]:
            pad = [(Decimal(0), Decimal(0))] * depth
            pairs = zip((best["b"] + pad)[:depth], (best["a"] + pad)[:depth], strict=True)
            rows.append((due, [x for bid, ask in pairs for x in (*bid, *ask)]))
    return rows


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_rows_are_those_of_a_book_built_anew_for_each(monkeypatch, chunk):
    monkeypatch.setattr(books, "_CHUNK", chunk)
    lines = recording(random.Random(5), 200)
    series = Series("orderbook_snapshots", "linear", "BTCUSDT", books.book_interval("5m", 5), "mainnet")
    table, _ = books.sample([json.dumps(line).encode() for line in lines], series, DAY)
    expected = naive(lines, 300_000, 5)
    assert len(expected) >= 30
    assert table.times.tolist() == [time for time, _ in expected]
    cells = list(zip(*(column.decimals() for column in table.numbers.values()), strict=True))
    assert cells == [tuple(row) for _, row in expected]


@pytest.mark.parametrize(
    "line", [b"nothing", b'{"type":"delta"}', b'{"type":"snapshot","ts":1,"data":{"b":[["x","1"]]}}']
)
def test_a_recording_that_is_none_is_unreadable(line):
    series = Series("orderbook_snapshots", "linear", "BTCUSDT", "60000ms-5", "mainnet")
    with pytest.raises(AnswerUnreadable):
        books.sample([line], series, DAY)


def test_a_recording_without_a_message_has_no_rows():
    series = Series("orderbook_snapshots", "linear", "BTCUSDT", "60000ms-1", "mainnet")
    table, coverage = books.sample([b"\n", b"\n"], series, DAY)
    assert (len(table), coverage) == (0, Coverage())
    assert list(table.numbers) == ["bid1_price", "bid1_size", "ask1_price", "ask1_size"]


def test_a_message_of_the_very_moment_counts_and_the_next_day_has_its_own_rows():
    def line(at, price, kind="delta"):
        levels = {"b": [[price, "1"]], "a": [["200", "1"]], "u": int(price)}
        return json.dumps({"type": kind, "ts": at, "data": levels}).encode()

    series = Series("orderbook_snapshots", "linear", "BTCUSDT", books.book_interval("12h", 1), "mainnet")
    noon = DAY[0] + 43_200_000
    messages = [line(DAY[0], "100", "snapshot"), line(noon, "101"), line(noon + 1, "102"), line(DAY[1] + 1, "103")]
    table, _ = books.sample(messages, series, DAY)
    assert table.times.tolist() == [DAY[0], noon]
    assert table.numbers["bid1_price"].floats().tolist() == [100, 101]


def told(at, u, kind="delta", price="100"):
    levels = {"b": [[price, "1"]], "a": [["200", "1"]], "u": u}
    return json.dumps({"type": kind, "ts": DAY[0] + at, "data": levels}).encode()


def sampled(messages, every="1s"):
    series = Series("orderbook_snapshots", "linear", "BTCUSDT", books.book_interval(every, 1), "mainnet")
    table, coverage = books.sample(messages, series, DAY)
    return [time - DAY[0] for time in table.times.tolist()], [(a - DAY[0], b - DAY[0]) for a, b in coverage]


def test_a_recording_of_five_seconds_covers_five_seconds():
    noon = 43_200_000
    messages = [told(noon + 100, 7, "snapshot"), *(told(noon + 100 + i * 1000, 7 + i) for i in range(1, 6))]
    rows, covered = sampled(messages)
    assert covered == [(noon + 100, noon + 5_100)]
    assert rows == [noon + i * 1000 for i in range(1, 6)]


def test_a_recording_whose_snapshot_comes_a_moment_after_midnight_lacks_that_moment_only():
    end = DAY[1] - DAY[0]
    messages = [told(300, 1, "snapshot"), told(end - 20_000, 2)]
    rows, covered = sampled(messages, "12h")
    assert covered == [(300, end)]
    assert rows == [end // 2], "at midnight the book was not known yet"


def test_a_jump_of_the_update_id_is_a_gap_until_the_next_snapshot():
    messages = [told(0, 1, "snapshot"), told(1500, 2), told(3500, 4), told(4500, 5), told(6500, 1, "snapshot")]
    rows, covered = sampled([*messages, told(9500, 2)])
    assert covered == [(0, 1500), (6500, 9500)]
    assert rows == [0, 1000, 7000, 8000, 9000]


def test_two_snapshots_in_one_file_and_messages_told_twice_are_no_gap():
    messages = [told(0, 5, "snapshot"), told(10, 5, "snapshot"), told(1500, 6), told(1500, 6), told(3000, 7)]
    rows, covered = sampled([*messages, told(3500, 9, "snapshot", "150"), told(4500, 10, price="150")])
    assert covered == [(0, 4500)]
    assert rows == [0, 1000, 2000, 3000, 4000]


def test_without_update_ids_a_silence_is_a_gap():
    def line(at, kind="delta"):
        return json.dumps({"type": kind, "ts": DAY[0] + at, "data": {"b": [["1", "1"]], "a": [["2", "1"]]}}).encode()

    _, covered = sampled([line(0, "snapshot"), line(60_000), line(120_001), line(180_000), line(200_000, "snapshot")])
    assert covered == [(0, 60_000)]


def test_a_line_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(books, "_LONGEST_LINE", 100)
    with pytest.raises(AnswerUnreadable, match="a line of 100 bytes"):
        list(books.lines_of(io.BufferedReader(io.BytesIO(b"x" * 200))))
