"""Waits between attempts: they double, end at the longest, and start over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.backoff import Backoff


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next_wait() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert backoff.failures == 5
    backoff.reset()
    assert (backoff.failures, backoff.next_wait()) == (0, 0.5)


@pytest.mark.parametrize("count", [2_000])
def test_it_never_overflows(count: int) -> None:
    backoff = Backoff(0.1, 20.0)
    assert [backoff.next_wait() for _ in range(count)][-1] == 20.0


@given(jitter=st.floats(0, 1), count=st.integers(1, 12))
def test_jitter_only_shortens(jitter: float, count: int) -> None:
    plain, jittered = Backoff(0.1, 2.0), Backoff(0.1, 2.0, jitter=jitter)
    for _ in range(count):
        wait = plain.next_wait()
        assert wait * (1 - jitter) - 1e-9 <= jittered.next_wait() <= wait


def test_jitter_spreads_clients() -> None:
    waits = {Backoff(1.0, 2.0, jitter=1.0).next_wait() for _ in range(50)}
    assert len(waits) > 40
    assert min(waits) < 0.5 < max(waits)
