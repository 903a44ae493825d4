"""The newest candles of a live stream, as a frame that moves with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bybit_async.data import intervals
from bybit_async.data.columns import Table, numbers_of
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.series import Series
from bybit_async.models.stream_public import KlineData

if TYPE_CHECKING:
    import pandas


class CandleWindow:
    """At most so many candles, the newest one still growing.

    Args:
        series: whose candles.
        frame: what history has of them.
        size: how many are kept.
    """

    def __init__(self, series: Series, frame: pandas.DataFrame, size: int) -> None:
        self._series = series
        self._size = size
        self._columns = list(series.about.numbers)
        times = frame.index.as_unit("ms").asi8.tolist()  # type: ignore[attr-defined]
        self._rows: dict[int, tuple[float, ...]] = dict(zip(times, map(tuple, frame.to_numpy().tolist()), strict=True))
        self._kept_until: int | None = None

    def take(self, kline: KlineData) -> None:
        """Add a candle, or renew it."""
        self._rows[kline.start] = tuple(float(getattr(kline, name)) for name in self._columns)
        while len(self._rows) > self._size:
            del self._rows[min(self._rows)]

    def frame(self) -> pandas.DataFrame:
        """Return the candles as a new frame, ascending."""
        import pandas as pd

        times = sorted(self._rows)
        index: Any = np.array(times, dtype="datetime64[ms]")
        frame = pd.DataFrame(
            [self._rows[time] for time in times],
            index=pd.DatetimeIndex(index, tz="UTC", name="time"),
            columns=self._columns,
        )
        frame.attrs |= {"symbol": self._series.symbol, "interval": self._series.interval, "source": "stream"}
        return frame

    def missed_before(self, kline: KlineData) -> Span | None:
        """Return the closed candles since the last one that was kept, as a range, or None."""
        if self._kept_until is None or self._kept_until >= kline.start:
            return None
        return self._kept_until, kline.start

    def closed(self, kline: KlineData) -> tuple[Table, Coverage]:
        """Return a closed candle as the store wants it."""
        end = intervals.step(self._series.interval, kline.start)
        self._kept_until = end
        numbers = {name: numbers_of([getattr(kline, name)]) for name in self._columns}
        return Table(np.array([kline.start], dtype=np.int64), numbers), Coverage([(kline.start, end)])
