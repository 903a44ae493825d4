"""Windows cover their time exactly once."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bybit_async.transport.pages import windows
from bybit_async.transport.window_table import window_of, windowed_paths

DAYS = "/v5/affiliate/affiliate-sub-list"
PATHS = st.sampled_from([path for path in windowed_paths() if path != DAYS])


@given(PATHS, st.integers(0, 2_000_000_000_000), st.integers(0, 40))
def test_windows_touch_and_never_overlap_or_exceed_the_span(path: str, start: int, spans: int) -> None:
    window = window_of(path)
    assert window is not None
    end = start + window.span * spans + spans
    parts = windows({window.start: start, window.end: end, "x": 1}, window)
    bounds = [(part[window.start], part[window.end]) for part in parts]
    assert bounds[0][0] <= start
    assert start - bounds[0][0] < window.grain
    assert bounds[-1][1] == end
    assert all(low <= high and high - low <= window.span for low, high in bounds)
    assert all(after[0] - before[1] == window.unit for before, after in itertools.pairwise(bounds))
    assert all(part["x"] == 1 for part in parts)


@given(st.integers(0, 2_000_000_000_000))
def test_bounds_that_bybit_cuts_to_seconds_share_no_second(start: int) -> None:
    window = window_of("/v5/asset/transfer/query-inter-transfer-list")
    assert window is not None
    parts = windows({"startTime": start, "endTime": start + 3 * window.span}, window)
    seconds = [(part["startTime"] // 1000, part["endTime"] // 1000) for part in parts]
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(seconds))


def test_one_bound_alone_is_left_to_bybit() -> None:
    window = window_of("/v5/order/history")
    assert windows({"startTime": 5}, window) == [{"startTime": 5}]
    assert windows({}, window) == [{}]


@given(st.dates(date(2020, 1, 1), date(2027, 12, 31)), st.integers(0, 1500))
@example(date(2024, 1, 31), 400)
@example(date(2023, 11, 30), 91)
def test_windows_of_days_touch_and_are_no_longer_than_three_months(start: date, days: int) -> None:
    window = window_of(DAYS)
    assert window is not None
    end = start + timedelta(days)
    parts = windows({"startDate": start.isoformat(), "endDate": end.isoformat(), "size": 100}, window)
    bounds = [(date.fromisoformat(part["startDate"]), date.fromisoformat(part["endDate"])) for part in parts]
    assert (bounds[0][0], bounds[-1][1]) == (start, end)
    assert all(after[0] - before[1] == timedelta(1) for before, after in itertools.pairwise(bounds))
    for low, high in bounds:
        months = high.year * 12 + high.month - low.year * 12 - low.month
        assert low <= high
        assert months < 3 or (months == 3 and high.day <= low.day)
    assert all(part["size"] == 100 for part in parts)


@pytest.mark.parametrize("end", ["2024-07-01", "2024-09-30", "2024-10-01"])
def test_what_bybit_answers_at_once_is_not_split(end: str) -> None:
    params = {"startDate": "2024-07-01", "endDate": end}
    assert windows(params, window_of(DAYS)) == [params]
    assert len(windows({**params, "endDate": "2024-10-02"}, window_of(DAYS))) == 2


def test_days_without_bounds_or_behind_a_cursor_are_left_to_bybit() -> None:
    window = window_of(DAYS)
    params = {"startDate": "2024-01-01", "endDate": "2025-01-01", "cursor": "x"}
    assert windows({"size": 5}, window) == [{"size": 5}]
    assert windows(params, window) == [params]
