"""Indicators of whole arrays."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Bands(NamedTuple):
    """A middle line with one below and one above it."""

    lower: Floats
    middle: Floats
    upper: Floats


class MacdLines(NamedTuple):
    """The difference of two averages, its own average, and how far it is from that."""

    line: Floats
    signal: Floats
    histogram: Floats


def sma(values: ArrayLike, period: int) -> Floats:
    """Simple moving average: the mean of the last `period` values."""
    given = floats(values)
    return padded(_window_sum(given, checked(period)) / period, len(given))


def ema(values: ArrayLike, period: int) -> Floats:
    """Exponential moving average with weight ``2 / (period + 1)``, begun with the mean of the first `period` values."""
    return _smoothed(floats(values), period, 2.0 / (checked(period) + 1.0))


def stddev(values: ArrayLike, period: int) -> Floats:
    """Standard deviation of the last `period` values around their mean (divided by `period`, as in Bollinger bands)."""
    given = floats(values)
    return padded(_window_moments(given, checked(period))[1], len(given))


def zscore(values: ArrayLike, period: int) -> Floats:
    """How many standard deviations a value is from the mean of its window; NaN where the window is flat."""
    given = floats(values)
    mean, deviation = _window_moments(given, checked(period))
    flat = deviation == 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (given[period - 1 :] - mean) / deviation if len(mean) else mean
    score[flat] = np.nan
    return padded(score, len(given))


def bollinger(values: ArrayLike, period: int = 20, width: float = 2.0) -> Bands:
    """Bollinger bands: `sma` less and plus `width` times `stddev`."""
    given = floats(values)
    mean, deviation = _window_moments(given, checked(period))
    return Bands(*(padded(line, len(given)) for line in (mean - width * deviation, mean, mean + width * deviation)))


def rsi(values: ArrayLike, period: int = 14) -> Floats:
    """Wilder's relative strength index, 0 to 100; 50 where nothing moved."""
    given = floats(values)
    moves = np.diff(given)
    gains = _smoothed(np.where(moves > 0, moves, moves * 0.0), period, 1.0 / checked(period))
    losses = _smoothed(np.where(moves < 0, -moves, moves * 0.0), period, 1.0 / period)
    total = gains + losses
    with np.errstate(divide="ignore", invalid="ignore"):
        index = 100.0 * (gains / total)
    index[total == 0.0] = 50.0
    return padded(index, len(given))


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> Floats:
    """Average true range by Wilder's smoothing; the first true range needs a close before it."""
    tops, bottoms, closes = floats(high), floats(low), floats(close)
    before = closes[:-1]
    ranges = np.maximum(tops[1:] - bottoms[1:], np.maximum(np.abs(tops[1:] - before), np.abs(bottoms[1:] - before)))
    return padded(_smoothed(ranges, period, 1.0 / checked(period)), len(closes))


def macd(values: ArrayLike, fast: int = 12, slow: int = 26, signal: int = 9) -> MacdLines:
    """Moving average convergence divergence: ``ema(fast) - ema(slow)``, and its `ema` over `signal` values."""
    line = ema(values, fast) - ema(values, slow)
    known = max(fast, slow) - 1
    smooth = padded(ema(line[known:], signal), len(line))
    return MacdLines(line, smooth, line - smooth)


def donchian(high: ArrayLike, low: ArrayLike, period: int = 20) -> Bands:
    """Donchian channel: the lowest low and the highest high of the last `period` candles, and their middle."""
    tops, bottoms = floats(high), floats(low)
    upper = padded(_window_fold(tops, checked(period), np.maximum), len(tops))
    lower = padded(_window_fold(bottoms, period, np.minimum), len(bottoms))
    return Bands(lower, (lower + upper) / 2.0, upper)


def vwap(high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, period: int = 20) -> Floats:
    """Volume-weighted mean of ``(high + low + close) / 3`` over the last `period` candles; NaN where none traded."""
    traded = floats(volume)
    typical = (floats(high) + floats(low) + floats(close)) / 3.0
    weight = _window_sum(traded, checked(period))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = _window_sum(typical * traded, period) / weight
    mean[weight == 0.0] = np.nan
    return padded(mean, len(traded))


def checked(period: int) -> int:
    """Return a period that makes a window; raises `ValueError` otherwise."""
    if period < 1:
        raise ValueError(f"period must be 1 or more, not {period}")
    return period


def floats(values: ArrayLike) -> Floats:
    """Return values as a float64 array, without a copy where they are one."""
    return np.asarray(values, dtype=np.float64)


def padded(known: Floats, length: int) -> Floats:
    """Return an array of `length` that ends with `known` and begins with NaN."""
    if len(known) == length:
        return known
    whole = np.full(length, np.nan)
    if len(known):
        whole[length - len(known) :] = known
    return whole


def _window_fold(values: Floats, period: int, fold: Callable[[Floats, Floats], Floats]) -> Floats:
    """Fold each full window from its oldest value to its newest.

    A running sum would be faster, but what it says of a window depends on everything before the window, and on whether
    it is taken in one go: the same candles would give other bits live than in a backtest.
    """
    count = len(values) - period + 1
    if count < 1:
        return np.empty(0)
    folded = values[:count].copy()
    for offset in range(1, period):
        folded = fold(folded, values[offset : offset + count])
    return folded


def _window_sum(values: Floats, period: int) -> Floats:
    return _window_fold(values, period, np.add)


def _window_moments(values: Floats, period: int) -> tuple[Floats, Floats]:
    """Return the mean and the deviation of each full window."""
    mean = _window_sum(values, period) / period
    count = len(mean)
    squares = np.zeros(count)
    for offset in range(period):
        apart = values[offset : offset + count] - mean
        squares += apart * apart
    return mean, np.sqrt(squares / period)


def _smoothed(values: Floats, period: int, weight: float) -> Floats:
    """Smooth exponentially, from the mean of the first `period` values on."""
    if len(values) < period:
        return np.full(len(values), np.nan)
    first = float(_window_sum(values[:period], period)[0] / period)
    later = values[period:].tolist()
    line = accumulate(later, lambda before, value: before + weight * (value - before), initial=first)
    return padded(np.fromiter(line, np.float64, len(later) + 1), len(values))
