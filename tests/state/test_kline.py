from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.models.market.klines import Kline
from bybit_async.models.stream_public import KlineData
from bybit_async.state.kline import KlineState, following

MINUTE = 60_000


def kline(number, *, confirm=True, close="1"):
    start = number * MINUTE
    one = Decimal(1)
    return KlineData(
        start=start, end=start + MINUTE - 1, interval="1", open=one, high=one, low=one, close=Decimal(close),
        volume=one, turnover=one, confirm=confirm,
    )  # fmt: skip


def row(number):
    one = Decimal(1)
    return Kline(start=number * MINUTE, open=one, high=one, low=one, close=one, volume=one, turnover=one)


def starts(klines):
    return [item.start // MINUTE for item in klines]


def test_an_open_kline_is_current_and_not_reported():
    state = KlineState("1")
    assert state.apply([kline(5, confirm=False)]) == []
    assert state.current.start == 5 * MINUTE
    assert state.missing is None


def test_b8_a_closed_kline_that_comes_again_is_reported_once():
    state = KlineState("1")
    assert starts(state.apply([kline(5)])) == [5]
    assert state.apply([kline(5)]) == []
    assert state.repeats == 1


def test_b8_klines_missed_over_a_reconnect_are_named_and_filled_once():
    state = KlineState("1")
    state.apply([kline(5), kline(6, confirm=False)])
    assert starts(state.apply([kline(9)])) == [9]
    assert state.missing == (6 * MINUTE, 8 * MINUTE)
    filled = state.fill([row(8), row(6), row(9), row(5)])
    assert starts(filled) == [6, 8]
    assert all(item.confirm for item in filled)
    assert filled[0].end == 7 * MINUTE - 1
    assert state.missing == (7 * MINUTE, 7 * MINUTE)
    assert state.fill([row(8), row(6)]) == []
    assert starts(state.apply([kline(7)])) == [7]
    assert state.missing is None
    assert starts(state.apply([kline(10)])) == [10]


def test_an_open_kline_shows_that_the_end_of_the_one_before_was_missed():
    state = KlineState("1")
    state.apply([kline(5, confirm=False)])
    state.apply([kline(6, confirm=False)])
    assert state.missing == (5 * MINUTE, 5 * MINUTE)


def test_a_time_that_is_none_is_not_counted_up_to_and_spoils_nothing():
    state = KlineState("1")
    assert starts(state.apply([kline(1)])) == [1]
    state.apply([kline(10**12, confirm=False)])
    assert state.missing is None
    assert starts(state.apply([kline(2)])) == [2]
    assert starts(state.apply([kline(4)])) == [4]
    assert state.missing == (3 * MINUTE, 3 * MINUTE)


def test_counting_begins_again_after_a_time_that_lies_years_off():
    far = 10**6
    state = KlineState("1")
    assert starts(state.apply([kline(1)])) == [1]
    assert starts(state.apply([kline(far)])) == [far]
    assert state.missing is None
    assert starts(state.apply([kline(2, confirm=False), kline(3)])) == [3]
    assert state.missing == (2 * MINUTE, 2 * MINUTE)
    assert state.current.start == 3 * MINUTE


def test_the_current_kline_is_the_latest_report_of_it():
    state = KlineState("1")
    state.apply([kline(6, confirm=False, close="7")])
    state.apply([kline(6, confirm=False, close="8")])
    assert state.current.close == 8


def test_a_late_message_does_not_become_the_current_kline():
    state = KlineState("1")
    state.apply([kline(6, confirm=False, close="7")])
    state.apply([kline(5)])
    assert state.current.close == 7


@pytest.mark.parametrize(
    ("start", "interval", "expected"),
    [
        (0, "1", 60_000),
        (0, "720", 43_200_000),
        (0, "D", 86_400_000),
        (0, "W", 604_800_000),
        (1_704_067_200_000, "M", 1_706_745_600_000),
        (1_706_745_600_000, "M", 1_709_251_200_000),
        (1_701_388_800_000, "M", 1_704_067_200_000),
    ],
)
def test_when_the_next_kline_opens(start, interval, expected):
    assert following(start, interval) == expected


@given(order=st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=40))
def test_every_kline_closes_at_most_once_and_none_is_lost(order):
    state, closed = KlineState("1"), []
    for number, confirm in order:
        closed += starts(state.apply([kline(number, confirm=confirm)]))
    assert len(closed) == len(set(closed))
    if not order:
        return
    missing = set() if state.missing is None else set(starts(state.fill([row(number) for number in range(13)])))
    first, last = order[0][0], max(number for number, _ in order)
    assert set(closed) | missing | {last} >= set(range(first, last + 1))
    assert not set(closed) & missing


@pytest.mark.parametrize("start", ["x", None, -1, 10**18, 1.5, True + 0.5], ids=repr)
@pytest.mark.parametrize("interval", ["1", "M"])
def test_a_kline_without_a_time_is_counted_and_harms_nobody(start, interval):
    state = KlineState(interval)
    odd = msgspec.structs.replace(kline(1), start=start)
    assert starts(state.apply([odd, kline(1)])) == [1]
    assert state.unreadable == 1
    assert state.missing is None
