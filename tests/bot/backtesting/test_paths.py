"""The way through a candle: which extreme first, what is reached, and where the next touch is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.bot.backtesting.danger import first_in_danger
from bybit_async.bot.backtesting.history import CandleHistory, CandleSeries
from bybit_async.bot.backtesting.paths import AwaitedTicks, Candle, Touches, high_comes_first, is_ambiguous
from bybit_async.bot.strategies import View
from tests.bot.backtesting.scenes import D, instrument, scene

WIDE = Candle(100.0, 110.0, 95.0, 105.0)


@pytest.mark.parametrize(
    ("path", "net", "entries", "worse", "high_first"),
    [
        ("high-first", 1, 0, True, True),
        ("low-first", -1, 0, True, False),
        ("nearest", 1, 0, True, False),  # five down, ten up
        ("both", 1, 0, True, False),  # a long position loses at the low
        ("both", 1, 0, False, True),
        ("both", -1, 0, True, True),
        ("both", -1, 0, False, False),
        ("both", 0, 2, True, True),  # what waits to buy is filled when its target is over
        ("both", 0, 2, False, False),
        ("both", 0, -2, True, False),
        ("both", 0, -2, False, True),
    ],
)
def test_which_extreme_comes_first(path, net, entries, worse, high_first) -> None:
    assert high_comes_first(WIDE, path, net, entries, worse=worse) is high_first


def test_legs() -> None:
    assert WIDE.legs(high_first=True) == (100, 110, 95, 105)
    assert WIDE.legs(high_first=False) == (100, 95, 110, 105)
    assert Candle(100, 104, 95, 100).nearest_is_high()
    assert not Candle(100, 105, 95, 100).nearest_is_high()


@pytest.mark.parametrize(
    ("rising", "falling", "matters"),
    [
        ([109.0], [96.0], True),
        ([110.0], [95.0], True),
        ([109.0], [94.0], False),
        ([111.0], [96.0], False),
        ([], [96.0, 97.0], False),
        # what is reached at the open itself has happened when the way begins
        ([100.0, 109.0], [101.0], False),
        ([96.0, 109.0], [], False),
        ([], [], False),
    ],
)
def test_when_the_order_matters(rising: list[float], falling: list[float], matters: bool) -> None:
    assert is_ambiguous(WIDE, AwaitedTicks(rising, falling)) is matters


def test_bounds() -> None:
    nowhere = float("inf")
    assert AwaitedTicks([7.0, 9.0], [1.0, 4.0]).bounds == (7.0, 4.0)
    # A stop of a long position may be above the price: the last trade was at the ask.
    assert AwaitedTicks([9.0], [4.0, 11.0]).bounds == (9.0, 11.0)
    assert AwaitedTicks([], []).bounds == (nowhere, -nowhere)
    assert AwaitedTicks([7.0], [1.0], always=True).bounds == (-nowhere, nowhere)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 9)), min_size=1, max_size=300), st.data())
def test_the_next_touch_is_the_first_one(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    low = np.array([row[0] for row in rows], dtype=np.int32)
    high = low + np.array([row[1] for row in rows], dtype=np.int32)
    above, below = data.draw(st.integers(20, 70)), data.draw(st.integers(-5, 20))
    start = data.draw(st.integers(0, len(rows)))
    end = data.draw(st.integers(start, len(rows)))
    touches = Touches(high, low)
    wanted = [place for place in range(start, end) if high[place] >= above or low[place] <= below]
    assert touches.first(start, end, above, below) == (wanted[0] if wanted else end)
    assert all(touches.reaches(place, above, below) for place in wanted)


def test_an_entry_and_its_target_in_one_candle() -> None:
    # Bought at 95 on the way down. The target at 108 is reached only if the high comes after it.
    rows = [(100.0, 100.0, 100.0, 100.0)] * 2 + [(100.0, 110.0, 90.0, 100.0), (100.0, 100.0, 100.0, 100.0)]
    result = scene({0: View.buy(D(10), price=95, stop_loss=50, take_profit=108)}, rows)
    assert result.ambiguous_fills == 1
    assert result.trades == []
    # Still held at 100 for a fee of 0.95, or sold at 108 for 1.08 more.
    assert result.profit == (pytest.approx(50 - 0.95), pytest.approx(130 - 0.95 - 1.08))


def test_danger_counts_the_close_from_which_another_symbol_has_not_moved_yet() -> None:
    flat = np.full(3, 100.0)
    up, down = np.array([100.0, 120.0, 120.0]), np.array([100.0, 80.0, 80.0])
    series = {name: CandleSeries(opens, opens, opens, opens, flat, None) for name, opens in (("A", down), ("B", up))}
    history = CandleHistory(np.arange(3, dtype=np.int64) * 60_000, 60_000, series)
    contracts = {"A": instrument(symbol="A"), "B": instrument(symbol="B")}
    held = [("A", 10.0, 1000.0), ("B", 10.0, 1000.0)]
    # A falls by 20, and until B has risen by 20 that leaves 0 of 200; together they have lost nothing.
    assert first_in_danger(200.0, held, history, contracts, 0, 3) == 1
    assert first_in_danger(200.0, held, history, contracts, 2, 3) == 3
    assert first_in_danger(300.0, held, history, contracts, 0, 3) == 3
