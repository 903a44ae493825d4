"""Recorded books, replayed: each row is the book of its moment, and a day fits in memory."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import pytest

from bybit_async import AnswerUnreadable
from bybit_async.data import books
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
        lines.append({"type": kind, "ts": DAY[0] + i * 60_000 + rng.randint(1, 50_000), "data": levels})
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
    series = Series("orderbook_snapshots", "linear", "BTCUSDT", books.book_interval("5m", 5))
    table = books.sample(b"\n".join(json.dumps(line).encode() for line in lines), series, DAY)
    expected = naive(lines, 300_000, 5)
    assert len(expected) >= 30
    assert table.times.tolist() == [time for time, _ in expected]
    cells = list(zip(*(column.decimals() for column in table.numbers.values()), strict=True))
    assert cells == [tuple(row) for _, row in expected]


@pytest.mark.parametrize("line", [b"nothing", b'{"type":"delta"}', b'{"type":"delta","ts":1,"data":{"b":[["x","1"]]}}'])
def test_a_recording_that_is_none_is_unreadable(line):
    series = Series("orderbook_snapshots", "linear", "BTCUSDT", "60000ms-5")
    with pytest.raises(AnswerUnreadable):
        books.sample(line, series, DAY)


def test_a_recording_without_a_message_has_no_rows():
    series = Series("orderbook_snapshots", "linear", "BTCUSDT", "60000ms-1")
    table = books.sample(b"\n\n", series, DAY)
    assert len(table) == 0
    assert list(table.numbers) == ["bid1_price", "bid1_size", "ask1_price", "ask1_size"]


def test_a_message_of_the_very_moment_counts_and_the_next_day_has_its_own_rows():
    def line(at, price, kind="delta"):
        levels = {"b": [[price, "1"]], "a": [["200", "1"]]}
        return json.dumps({"type": kind, "ts": at, "data": levels}).encode()

    series = Series("orderbook_snapshots", "linear", "BTCUSDT", books.book_interval("12h", 1))
    noon = DAY[0] + 43_200_000
    messages = [line(DAY[0], "100", "snapshot"), line(noon, "101"), line(noon + 1, "102"), line(DAY[1] + 1, "103")]
    table = books.sample(b"\n".join(messages), series, DAY)
    assert table.times.tolist() == [DAY[0], noon]
    assert table.numbers["bid1_price"].floats().tolist() == [100, 101]
