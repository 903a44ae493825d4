"""The same indicators one value at a time, for streams: `update` returns what the whole array would say at its end."""

from __future__ import annotations

import math
from collections import deque

from bybit_async.bot.indicators.whole import checked

NAN = math.nan


class _LastValues:
    """The last `period` values."""

    def __init__(self, period: int) -> None:
        self.period: int = checked(period)
        self._values: deque[float] = deque(maxlen=period)

    def _push(self, value: float) -> bool:
        self._values.append(float(value))
        return len(self._values) == self.period


class Sma(_LastValues):
    """Simple moving average; see `sma`."""

    def update(self, value: float) -> float:
        """Take the next value."""
        return _total(self._values) / self.period if self._push(value) else NAN


class StdDev(_LastValues):
    """Standard deviation of a window; see `stddev`."""

    def update(self, value: float) -> float:
        """Take the next value."""
        return self._moments()[1] if self._push(value) else NAN

    def _moments(self) -> tuple[float, float]:
        mean = _total(self._values) / self.period
        squares = 0.0
        for value in self._values:
            squares += (value - mean) * (value - mean)
        return mean, math.sqrt(squares / self.period)


class ZScore(StdDev):
    """Distance from the mean in standard deviations; see `zscore`."""

    def update(self, value: float) -> float:
        """Take the next value."""
        if not self._push(value):
            return NAN
        mean, deviation = self._moments()
        return (self._values[-1] - mean) / deviation if deviation else NAN


class _Smooth:
    """Exponential smoothing from the mean of the first values on."""

    def __init__(self, period: int, weight: float) -> None:
        self._first = Sma(period)
        self._weight = weight
        self._left = period
        self._value = NAN

    def update(self, value: float) -> float:
        """Take the next value."""
        if self._left:
            self._left -= 1
            self._value = self._first.update(value)
        else:
            self._value += self._weight * (float(value) - self._value)
        return self._value


class Ema(_Smooth):
    """Exponential moving average; see `ema`."""

    def __init__(self, period: int) -> None:
        super().__init__(period, 2.0 / (checked(period) + 1.0))


class Rsi:
    """Wilder's relative strength index; see `rsi`."""

    def __init__(self, period: int = 14) -> None:
        self._gains = _Smooth(period, 1.0 / checked(period))
        self._losses = _Smooth(period, 1.0 / period)
        self._before: float | None = None

    def update(self, value: float) -> float:
        """Take the next value."""
        before, self._before = self._before, float(value)
        if before is None:
            return NAN
        move = self._before - before
        gains, losses = self._gains.update(max(move, 0.0)), self._losses.update(max(-move, 0.0))
        total = gains + losses
        if math.isnan(total):
            return NAN
        return 100.0 * (gains / total) if total else 50.0


class Atr:
    """Average true range; see `atr`."""

    def __init__(self, period: int = 14) -> None:
        self._range = _Smooth(period, 1.0 / checked(period))
        self._before: float | None = None

    def update(self, high: float, low: float, close: float) -> float:
        """Take the next candle."""
        before, self._before = self._before, float(close)
        if before is None:
            return NAN
        return self._range.update(max(high - low, abs(high - before), abs(low - before)))


class Macd:
    """Moving average convergence divergence; see `macd`."""

    def __init__(self, fast: int = 12, slow: int = 26, signal: int = 9) -> None:
        self._fast, self._slow, self._signal = Ema(fast), Ema(slow), Ema(signal)

    def update(self, value: float) -> tuple[float, float, float]:
        """Take the next value; return line, signal and histogram."""
        line = self._fast.update(value) - self._slow.update(value)
        signal = NAN if math.isnan(line) else self._signal.update(line)
        return line, signal, line - signal


class Donchian:
    """Highest high and lowest low; see `donchian`."""

    def __init__(self, period: int = 20) -> None:
        self._highs: deque[float] = deque(maxlen=checked(period))
        self._lows: deque[float] = deque(maxlen=period)

    def update(self, high: float, low: float) -> tuple[float, float, float]:
        """Take the next candle; return lower, middle and upper."""
        self._highs.append(float(high))
        self._lows.append(float(low))
        if len(self._highs) < (self._highs.maxlen or 0):
            return NAN, NAN, NAN
        lower, upper = min(self._lows), max(self._highs)
        return lower, (lower + upper) / 2.0, upper


class Vwap:
    """Volume-weighted mean price of a window; see `vwap`."""

    def __init__(self, period: int = 20) -> None:
        self._values: deque[float] = deque(maxlen=checked(period))
        self._volumes: deque[float] = deque(maxlen=period)

    def update(self, high: float, low: float, close: float, volume: float) -> float:
        """Take the next candle."""
        self._values.append((high + low + close) / 3.0 * volume)
        self._volumes.append(float(volume))
        if len(self._volumes) < (self._volumes.maxlen or 0):
            return NAN
        weight = _total(self._volumes)
        return _total(self._values) / weight if weight else NAN


def _total(values: deque[float]) -> float:
    """Add from the oldest to the newest, in plain floats: `sum` compensates from Python 3.12 on."""
    total = 0.0
    for value in values:
        total += value
    return total
