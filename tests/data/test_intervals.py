"""Both spellings of an interval, and where its candles open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.data import intervals
from bybit_async.errors import InvalidParameter

from .ledger import ms

ALL = ["1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M"]
times = st.integers(ms("2018-01-01"), ms("2035-01-01"))


@pytest.mark.parametrize(
    ("given_text", "spelled"),
    [
        ("1m", "1"), ("1", "1"), (1, "1"), ("60", "60"), ("1h", "60"), ("60m", "60"), ("4h", "240"), ("240", "240"),
        ("1d", "D"), ("D", "D"), ("1D", "D"), ("24h", "D"), ("1440", "D"), ("1w", "W"), ("7d", "W"), ("1M", "M"),
        ("M", "M"), ("1mo", "M"), ("15min", "15"), ("12H", "720"),
    ],
)  # fmt: skip
def test_both_spellings_mean_the_same(given_text, spelled):
    assert intervals.interval_of(given_text) == spelled


@pytest.mark.parametrize("text", ["", "7m", "m", "2M", "0", "-1", "1y", "1.5h", "h1", "²h", None])
def test_other_intervals_are_refused_by_name(text):
    with pytest.raises(InvalidParameter) as refusal:
        intervals.interval_of(text)
    assert refusal.value.parameter == "interval"


@given(st.sampled_from(ALL), times)
def test_every_moment_lies_in_exactly_one_candle(interval, time):
    opened = intervals.floor(interval, time)
    assert opened <= time < intervals.step(interval, opened)
    assert intervals.floor(interval, opened) == opened
    assert intervals.ceiling(interval, time) in (opened, intervals.step(interval, opened))


@given(st.sampled_from(ALL), times, st.integers(0, 60))
def test_the_grid_counts_the_steps(interval, time, count):
    start = intervals.ceiling(interval, time)
    grid = intervals.grid(interval, time, intervals.step(interval, start, count))
    assert len(grid) == count
    assert grid.tolist() == [intervals.step(interval, start, i) for i in range(count)]


def test_weeks_open_on_monday_and_months_on_the_first():
    assert intervals.floor("W", ms("2024-01-07T23:59")) == ms("2024-01-01")
    assert intervals.step("M", ms("2023-12-01")) == ms("2024-01-01")
    assert intervals.step("M", ms("2024-03-01"), -4) == ms("2023-11-01")
