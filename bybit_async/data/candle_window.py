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
        self._rows: dict[int, tuple[float, ...]] = {}
        self._asked_at: int | None = None
        self.put(frame)
        # The last row still grows; all before it are final.
        self._final_until: int | None = max(self._rows, default=None)

    def take(self, kline: KlineData) -> None:
        """Add a candle, or renew it."""
        self._rows[kline.start] = tuple(float(getattr(kline, name)) for name in self._columns)
        self._shorten()
        if kline.confirm and self._final_until in (None, kline.start):
            self._final_until = intervals.step(self._series.interval, kline.start)

    def put(self, frame: pandas.DataFrame) -> None:
        """Add or renew candles that history has."""
        times = frame.index.as_unit("ms").asi8.tolist()  # type: ignore[attr-defined]
        self._rows |= dict(zip(times, map(tuple, frame.to_numpy().tolist()), strict=True))
        self._shorten()

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
        """Return the candles before this one that did not come to their end here, as a range; once for each candle."""
        if self._final_until is None or self._final_until >= kline.start or self._asked_at == kline.start:
            return None
        self._asked_at = kline.start
        return self._final_until, kline.start

    def fill(self, frame: pandas.DataFrame, missed: Span) -> None:
        """Add final candles of a range that was missed; when some are not there yet it counts as missed still."""
        self.put(frame)
        if len(frame) == len(intervals.grid(self._series.interval, *missed)):
            self._final_until = missed[1]

    def closed(self, kline: KlineData) -> tuple[Table, Coverage]:
        """Return a closed candle as the store wants it."""
        end = intervals.step(self._series.interval, kline.start)
        numbers = {name: numbers_of([getattr(kline, name)]) for name in self._columns}
        return Table(np.array([kline.start], dtype=np.int64), numbers), Coverage([(kline.start, end)])

    def _shorten(self) -> None:
        while len(self._rows) > self._size:
            del self._rows[min(self._rows)]
