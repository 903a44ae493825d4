"""Sets of spans behave like the sets of milliseconds that they stand for."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bybit_async.data.coverage import Coverage

spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


def members(coverage):
    return {t for start, end in coverage for t in range(start, end)}


def as_set(pairs):
    return {t for start, end in pairs for t in range(start, end)}


@given(spans, spans)
def test_the_arithmetic_is_that_of_sets(a, b):
    one, other = Coverage(a), Coverage(b)
    assert members(one) == as_set(a)
    assert members(one | other) == as_set(a) | as_set(b)
    assert members(one & other) == as_set(a) & as_set(b)
    assert members(one - other) == as_set(a) - as_set(b)
    assert one.total == len(as_set(a))


@given(spans)
def test_spans_are_ascending_and_never_touch(a):
    joined = list(Coverage(a))
    assert all(left[1] < right[0] for left, right in pairwise(joined))


@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_missing_is_what_a_range_lacks(a, low, high):
    assert members(Coverage(a).missing(low, high)) == set(range(low, high)) - as_set(a)
    assert members(Coverage(a).within(low, high)) == set(range(low, high)) & as_set(a)
