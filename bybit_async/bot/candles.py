"""The closed candles of one symbol: an array that grows, and the frame that every strategy of the symbol shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bybit_async.data import intervals

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("open", "high", "low", "close", "volume", "turnover")


class Candles:
    """Closed candles, oldest first, without holes.

    One that does not follow the last is held back until the gap is filled, and everything until `begin`: what a stream
    brings before history is there must not become the first candle.

    Args:
        interval: in Bybit's spelling.
        keep: how many are kept.
    """

    def __init__(self, interval: str, keep: int) -> None:
        self.interval = interval
        self.keep = keep
        self._times = np.empty(2 * keep, dtype=np.int64)
        self._rows = np.empty((len(COLUMNS), 2 * keep), dtype=np.float64)
        self._start = self._end = 0
        self._ahead: dict[int, Sequence[float]] = {}
        self._begun = False
        self._frame: pd.DataFrame | None = None

    def __len__(self) -> int:
        return self._end - self._start

    @property
    def next_opening(self) -> int | None:
        """When the candle after the last one opens, and so the last one closed, in milliseconds; None when empty."""
        if not len(self):
            return None
        return intervals.step(self.interval, int(self._times[self._end - 1]))

    @property
    def missing(self) -> tuple[int, int] | None:
        """The range of opening times between the last candle and the first one that is held back; None without one."""
        following = self.next_opening
        if not self._ahead or following is None:
            return None
        return following, min(self._ahead)

    def put(self, opened: int, row: Sequence[float]) -> bool:
        """Take a closed candle; True if the candles grew by it. Older ones change nothing."""
        following = self.next_opening
        if following is not None and opened < following:
            return False
        self._ahead[opened] = row
        return self._begun and self._move_up()

    def begin(self) -> None:
        """Start with the oldest candle that was put so far."""
        self._begun = True
        self._move_up()

    def _move_up(self) -> bool:
        moved = False
        while self._ahead:
            first = min(self._ahead)
            if first != (self.next_opening or first):
                break
            self._append(first, self._ahead.pop(first))
            moved = True
        return moved

    def _append(self, opened: int, row: Sequence[float]) -> None:
        if self._end == len(self._times):
            # Frames that were handed out keep the old arrays.
            self._times, self._rows = self._moved(self._times), self._moved(self._rows)
            self._end, self._start = self._end - self._start, 0
        self._times[self._end] = opened
        self._rows[:, self._end] = row
        self._end += 1
        self._start = max(self._start, self._end - self.keep)
        self._frame = None

    def _moved(self, array: NDArray[Any]) -> NDArray[Any]:
        fresh = np.empty_like(array)
        fresh[..., : self._end - self._start] = array[..., self._start : self._end]
        return fresh

    @property
    def closes(self) -> NDArray[np.float64]:
        """Closing prices; do not change them."""
        return self._rows[COLUMNS.index("close"), self._start : self._end]

    def frame(self) -> pd.DataFrame:
        """Return them as a frame with a UTC index of opening times; the same one until the next candle closes."""
        import pandas as pd

        if self._frame is None:
            index = pd.DatetimeIndex(
                self._times[self._start : self._end].copy().view("datetime64[ms]"), tz="UTC", name="time"
            )
            rows = self._rows[:, self._start : self._end]
            frame = pd.DataFrame(rows.T, index=index, columns=list(COLUMNS), copy=False)
            frame.attrs["interval"] = self.interval
            self._frame = frame
        return self._frame
