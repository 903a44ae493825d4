"""What a backtest runs on: candles without a gap, and the fundings that happened meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bybit_async import BybitError
from bybit_async.bot.indicators import Floats
from bybit_async.bot.strategies.base import CANDLE_COLUMNS
from bybit_async.data import intervals

if TYPE_CHECKING:
    import pandas as pd

Times = NDArray[np.int64]
LONGEST_FUNDING_MS = 8 * 3_600_000
"""Bybit funds every eight hours or more often; a longer pause is a gap."""


class MissingData(BybitError, ValueError):
    """Data that a backtest needs are not there, or are no candles; nothing was run.

    Attributes:
        symbol: of the data.
        time: the first place, as a date and time in UTC.
    """

    def __init__(self, symbol: str, time: str, what: str) -> None:
        super().__init__(f"{symbol} at {time}: {what}")
        self.symbol = symbol
        self.time = time


@dataclass(frozen=True)
class CandleData:
    """The history of one symbol.

    Attributes:
        candles: a frame with a UTC index of opening times and ``open``, ``high``, ``low``, ``close``, ``volume``, as
            `bybit.data.fetch_klines` returns it: ascending, regular, without gaps.
        funding: ``funding_rate`` at the times it was settled, as `bybit.data.fetch_funding_rates` returns it. Left out,
            nothing is paid, and the result says so.
        start: strategies are asked at closes from this time on; the candles before are only their past. The latest
            start counts for all symbols.
    """

    candles: pd.DataFrame
    funding: pd.DataFrame | None = None
    start: datetime | None = None


class CandleSeries(NamedTuple):
    """The candles of one symbol as arrays, and its fundings as (milliseconds, rate)."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    funding: list[tuple[int, float]] | None


class CandleHistory(NamedTuple):
    """Candles of all symbols on one grid of opening times, `step` ms apart; decisions are made from `start_ms` on."""

    times: Times
    step: int
    symbols: dict[str, CandleSeries]
    start_ms: int = 0

    def __len__(self) -> int:
        return len(self.times)


def load(data: Mapping[str, CandleData | pd.DataFrame]) -> CandleHistory:
    """Return data as arrays.

    Raises:
        MissingData: a candle or a funding is missing or invalid; the first one is named.
        ValueError: symbols have different times.
    """
    if not data:
        raise ValueError("data: empty; expected a frame of candles, or one for each symbol")
    times: Times | None = None
    step, start_ms, found = 0, 0, {}
    for symbol, given in data.items():
        held = given if isinstance(given, CandleData) else CandleData(given)
        own, own_step = _times(symbol, held.candles)
        if times is not None and not np.array_equal(own, times):
            raise ValueError(f"data: the candles of {symbol} have other times than those of {next(iter(data))}")
        times, step = own, own_step
        found[symbol] = _series(symbol, held, own, own_step)
        start_ms = max(start_ms, _started(symbol, held.start))
    assert times is not None
    return CandleHistory(times, step, found, start_ms)


def _started(symbol: str, start: datetime | None) -> int:
    if start is None:
        return 0
    if start.tzinfo is None:
        raise ValueError(f"start: that of {symbol}, {start}, has no time zone; say datetime(…, tzinfo=UTC)")
    return round(start.timestamp() * 1000)


def _times(symbol: str, frame: pd.DataFrame) -> tuple[Times, int]:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame) or not isinstance(frame.index, pd.DatetimeIndex):
        raise ValueError(f"data: {symbol} must be a frame with a DatetimeIndex, not {type(frame).__name__}")
    if len(frame) < 2:
        raise ValueError(f"data: {symbol} has {len(frame)} candles; expected 2 or more")
    times = frame.index.as_unit("ms").asi8
    apart = np.diff(times)
    step = int(apart.min())
    if step <= 0:
        place = int(np.flatnonzero(apart <= 0)[0])
        raise MissingData(symbol, when(times[place + 1]), "the candle is not later than the one before it")
    wrong = np.flatnonzero(apart != step)
    if len(wrong):
        place = int(wrong[0])
        missing = int(apart[place] // step) - 1
        raise MissingData(symbol, when(times[place] + step), f"{missing} candles are missing")
    return times, step


def _series(symbol: str, held: CandleData, times: Times, step: int) -> CandleSeries:
    absent = [name for name in CANDLE_COLUMNS if name not in held.candles]
    if absent:
        raise ValueError(f"data: {symbol} has no column {', '.join(absent)}")
    opened, high, low, close, volume = (
        np.ascontiguousarray(held.candles[name].to_numpy(dtype=np.float64)) for name in CANDLE_COLUMNS
    )
    # NaN makes each comparison false, so it is found as well.
    sound = (low > 0) & (low <= opened) & (low <= close) & (high >= opened) & (high >= close) & (high < np.inf)
    if not sound.all():
        place = int(np.flatnonzero(~sound)[0])
        row = f"open {opened[place]:g}, high {high[place]:g}, low {low[place]:g}, close {close[place]:g}"
        raise MissingData(symbol, when(times[place]), f"this is not a candle: {row}")
    return CandleSeries(opened, high, low, close, volume, _funding(symbol, held.funding, times, step))


def _funding(symbol: str, frame: pd.DataFrame | None, times: Times, step: int) -> list[tuple[int, float]] | None:
    if frame is None:
        return None
    start, end = int(times[0]), int(times[-1]) + step
    moments: Any = frame.index.as_unit("ms").asi8  # type: ignore[attr-defined]
    rates = frame["funding_rate"].to_numpy(dtype=np.float64)
    repeated = np.flatnonzero(np.diff(moments) <= 0)
    if len(repeated):
        raise MissingData(symbol, when(moments[repeated[0] + 1]), "the funding is not later than the one before it")
    unsound = np.flatnonzero(np.isinf(rates))
    if len(unsound):
        raise MissingData(symbol, when(moments[unsound[0]]), f"this is not a funding rate: {rates[unsound[0]]}")
    inside = (moments >= start) & (moments < end)
    settled = list(zip(moments[inside].tolist(), rates[inside].tolist(), strict=True))
    before = start
    for moment, rate in [*settled, (end, 0.0)]:
        if moment - before > LONGEST_FUNDING_MS or rate != rate:
            raise MissingData(symbol, when(before), f"no funding is known from here until {when(moment)}")
        before = moment
    return settled


def when(time_ms: int | np.int64) -> str:
    """Return a time in milliseconds as text, in UTC."""
    return str(np.datetime64(int(time_ms), "ms")).replace("T", " ").removesuffix(".000")


def grouped(history: CandleHistory, interval: str) -> tuple[Times, NDArray[np.int64]]:
    """Return the opening times of whole candles of an interval, and the index of the last small candle of each.

    Raises:
        ValueError: the interval is not a multiple of the candles'.
    """
    length = intervals.length_of(interval)
    if length is None or length % history.step:
        raise ValueError(f"interval: {interval!r} is not a multiple of the candles' {history.step // 1000} s")
    first = intervals.ceiling(interval, int(history.times[0]))
    last = int(history.times[-1]) + history.step
    opened = np.arange(first, last - length + 1, length, dtype=np.int64)
    start = (first - int(history.times[0])) // history.step
    per = length // history.step
    return opened, start + np.arange(1, len(opened) + 1, dtype=np.int64) * per - 1


def resampled(series: CandleSeries, last: NDArray[np.int64], per: int) -> dict[str, Floats]:
    """Return candles made of `per` small ones each; `last` are the indices of the last of them."""
    if per == 1:
        columns = (series.open, series.high, series.low, series.close, series.volume)
        whole = slice(int(last[0]), int(last[-1]) + 1) if len(last) else slice(0)
        return {name: column[whole] for name, column in zip(CANDLE_COLUMNS, columns, strict=True)}
    starts = last - per + 1
    end = int(last[-1]) + 1 if len(last) else 0

    def fold(values: Floats, how: np.ufunc) -> Floats:
        return np.asarray(how.reduceat(values[:end], starts), dtype=np.float64) if len(starts) else np.empty(0)

    return {
        "open": series.open[starts],
        "high": fold(series.high, np.maximum),
        "low": fold(series.low, np.minimum),
        "close": series.close[last],
        "volume": fold(series.volume, np.add),
    }
