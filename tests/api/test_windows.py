"""Windows cover their time exactly once."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bybit_async.transport.pages import windows
from bybit_async.transport.window_table import window_of, windowed_paths

PATHS = st.sampled_from(windowed_paths())


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
