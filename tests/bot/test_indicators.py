"""Indicators: by hand, against TA-Lib, whole arrays against single steps, and blind to the future."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.bot import indicators as i

N = math.nan

Columns = dict[str, i.Floats]
Whole = Callable[[Columns], i.Floats]


def assert_same(left: object, right: object) -> None:
    np.testing.assert_array_equal(np.asarray(left), np.asarray(right))


CLOSES = [10.0, 11.0, 13.0, 12.0, 14.0, 13.0]


def test_by_hand() -> None:
    assert_same(i.sma([1, 2, 3, 4], 2), [N, 1.5, 2.5, 3.5])
    # seed (1 + 2 + 3) / 3 = 2, weight 2 / 4: 2 + (6 - 2) / 2 = 4, 4 + (8 - 4) / 2 = 6
    assert_same(i.ema([1, 2, 3, 6, 8], 3), [N, N, 2.0, 4.0, 6.0])
    # 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, / 8 = 4
    assert i.stddev([2, 4, 4, 4, 5, 5, 7, 9], 8)[-1] == 2.0
    assert i.zscore([2, 4, 4, 4, 5, 5, 7, 9], 8)[-1] == 2.0
    lower, middle, upper = i.bollinger([2, 4, 4, 4, 5, 5, 7, 9], 8, 1.5)
    assert (lower[-1], middle[-1], upper[-1]) == (2.0, 5.0, 8.0)
    # gains 1 2 0 2, losses 0 0 1 0: over 2: gains 1.5, losses 0 -> 100; then 0.75 and 0.5 -> 60;
    # then 1.375 and 0.25 -> 100 * 1.375 / 1.625
    assert_same(i.rsi(CLOSES[:5], 2)[:4], [N, N, 100.0, 60.0])
    assert i.rsi(CLOSES[:5], 2)[4] == pytest.approx(100 * 1.375 / 1.625, abs=1e-12)
    # true ranges from the second candle on: max(13 - 10, 13 - 10, 10 - 10) = 3, max(2, 16 - 12, 14 - 12) = 4;
    # then 3.5 + (1 - 3.5) / 2
    assert_same(i.atr([11, 13, 16, 15], [9, 10, 14, 14], [10, 12, 15, 14.5], 2), [N, N, 3.5, 2.25])
    lower, middle, upper = i.donchian([5, 7, 6], [1, 3, 2], 2)
    assert_same((lower, middle, upper), ([N, 1, 2], [N, 4, 4.5], [N, 7, 7]))
    # typical prices 2 and 5, volumes 1 and 3: (2 + 15) / 4
    assert i.vwap([3, 6], [1, 4], [2, 5], [1, 3], 2)[1] == 4.25


def test_what_has_no_value() -> None:
    assert np.isnan(i.zscore([3, 3, 3], 3)[-1])
    assert np.isnan(i.vwap([3, 6], [1, 4], [2, 5], [0, 0], 2)[1])
    assert i.rsi([3, 3, 3, 3], 2)[-1] == 50.0
    assert np.isnan(i.sma([1.0, 2.0], 3)).all()
    assert len(i.ema([], 3)) == 0
    with pytest.raises(ValueError, match="period must be 1 or more, not 0"):
        i.sma([1.0], 0)


def walk(count: int, seed: int) -> Columns:
    draw = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(draw.normal(0, 0.01, count)))
    return {
        "close": close,
        "high": close * (1 + draw.uniform(0, 0.01, count)),
        "low": close * (1 - draw.uniform(0, 0.01, count)),
        "volume": np.floor(draw.exponential(3.0, count)),
    }


WHOLE: dict[str, Whole] = {
    "sma": lambda c: i.sma(c["close"], 7),
    "ema": lambda c: i.ema(c["close"], 7),
    "stddev": lambda c: i.stddev(c["close"], 7),
    "zscore": lambda c: i.zscore(c["close"], 7),
    "rsi": lambda c: i.rsi(c["close"], 7),
    "atr": lambda c: i.atr(c["high"], c["low"], c["close"], 7),
    "macd": lambda c: np.stack(i.macd(c["close"], 3, 7, 4), axis=1),
    "donchian": lambda c: np.stack(i.donchian(c["high"], c["low"], 7), axis=1),
    "bollinger": lambda c: np.stack(i.bollinger(c["close"], 7), axis=1),
    "vwap": lambda c: i.vwap(c["high"], c["low"], c["close"], c["volume"], 7),
}
STEPWISE: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "sma": (lambda: i.Sma(7), ("close",)),
    "ema": (lambda: i.Ema(7), ("close",)),
    "stddev": (lambda: i.StdDev(7), ("close",)),
    "zscore": (lambda: i.ZScore(7), ("close",)),
    "rsi": (lambda: i.Rsi(7), ("close",)),
    "atr": (lambda: i.Atr(7), ("high", "low", "close")),
    "macd": (lambda: i.Macd(3, 7, 4), ("close",)),
    "donchian": (lambda: i.Donchian(7), ("high", "low")),
    "vwap": (lambda: i.Vwap(7), ("high", "low", "close", "volume")),
}


@settings(max_examples=15)
@given(st.integers(0, 60), st.integers(0, 10_000))
@pytest.mark.parametrize("name", STEPWISE)
def test_one_by_one_gives_the_same_bits(name: str, count: int, seed: int) -> None:
    columns = walk(count, seed)
    make, wanted = STEPWISE[name]
    steps = make()
    rows = zip(*(columns[key].tolist() for key in wanted), strict=True)
    found = [steps.update(*row) for row in rows]  # type: ignore[attr-defined]
    whole = WHOLE[name](columns)
    assert len(found) == len(whole)
    if count:
        assert_same(found, whole)


@settings(max_examples=15)
@given(st.data())
@pytest.mark.parametrize("name", WHOLE)
def test_the_future_changes_nothing(name: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 80))
    cut = data.draw(st.integers(0, count))
    known, other = walk(count, 1), walk(count, data.draw(st.integers(2, 10_000)))
    mixed = {key: np.concatenate([known[key][:cut], other[key][cut:] * 3.0]) for key in known}
    before, after = WHOLE[name](known), WHOLE[name](mixed)
    assert_same(before[:cut], after[:cut])
    assert_same(before[:cut], WHOLE[name]({key: column[:cut] for key, column in known.items()}))


def test_windows_do_not_remember() -> None:
    columns = walk(400, 3)
    late = {key: column[300:] for key, column in columns.items()}
    for name in ("sma", "stddev", "zscore", "bollinger", "donchian", "vwap"):
        assert_same(WHOLE[name](columns)[306:], WHOLE[name](late)[6:])


def test_against_talib() -> None:
    talib = pytest.importorskip("talib")
    c = walk(300, 11)
    close, high, low = c["close"], c["high"], c["low"]
    bands = i.bollinger(close, 20, 2.0)
    for ours, theirs in (
        (i.sma(close, 20), talib.SMA(close, 20)),
        (i.ema(close, 20), talib.EMA(close, 20)),
        (i.stddev(close, 20), talib.STDDEV(close, 20)),
        (bands.upper, talib.BBANDS(close, 20, 2.0, 2.0)[0]),
        (bands.lower, talib.BBANDS(close, 20, 2.0, 2.0)[2]),
        (i.rsi(close, 14), talib.RSI(close, 14)),
        (i.atr(high, low, close, 14), talib.ATR(high, low, close, 14)),
        (i.donchian(high, low, 20).upper, talib.MAX(high, 20)),
        (i.donchian(high, low, 20).lower, talib.MIN(low, 20)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    # TA-Lib begins the fast average of a MACD later than it could; after 250 values no trace of that is left.
    np.testing.assert_allclose(i.macd(close)[0][250:], talib.MACD(close)[0][250:], rtol=1e-6, atol=1e-9)
