"""Whether the candles that a decision saw are those of the data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bybit_async.bot.backtesting.history import when
from bybit_async.bot.comparing.recorded import RecordedRun
from bybit_async.bot.engine.record import digest_of
from bybit_async.bot.strategies.base import CANDLE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

_SAME = 1e-9
"""Of candles that are put together from shorter ones the volume is a sum, and floats do not add up exactly."""


class SeenCandles:
    """Compares what a run was shown with what the data have.

    Args:
        run: as it was recorded.
        frames: the data's candles, of the interval that was decided on.
        length_ms: how long a candle is.
        exact: whether they are the data's own candles, so that digests can be compared.
    """

    def __init__(self, run: RecordedRun, frames: Mapping[str, pd.DataFrame], length_ms: int, *, exact: bool) -> None:
        self._run = run
        self._frames = frames
        self._length = length_ms
        self._exact = exact
        self._wrong: dict[str, list[tuple[int, str]]] = {}
        for symbol, closed in sorted(run.decisions, key=lambda key: key[1]):
            if (words := self._candle(symbol, closed)) is not None:
                self._wrong.setdefault(symbol, []).append((closed, words))

    def differ(self, symbol: str, closed_ms: int) -> str | None:
        """Return in words how the candles differ that a decision saw; None where they are the same."""
        row = self._run.decisions.get((symbol, closed_ms))
        if row is None:
            return None
        for closed, words in self._wrong.get(symbol, ()):
            if row["first_ms"] < closed <= closed_ms:
                return words
        return self._older(symbol, row, closed_ms) if self._exact else None

    @property
    def wrong(self) -> list[str]:
        """The candles of decisions that are not those of the data, in words, in order of time."""
        found = sorted(item for items in self._wrong.values() for item in items)
        return [words for _, words in found]

    def _older(self, symbol: str, row: Mapping[str, Any], closed_ms: int) -> str | None:
        frame = self._frames[symbol]
        times = frame.index.as_unit("ms").asi8  # type: ignore[attr-defined]
        start = int(np.searchsorted(times, row["first_ms"]))
        end = int(np.searchsorted(times, closed_ms))
        if start == len(times) or times[start] != row["first_ms"]:
            # The data begin later: nothing can be said of what they do not have.
            return None
        seen = frame.iloc[start:end]
        if len(seen) != row["candles"]:
            return f"the bot saw {row['candles']} candles of {symbol}, the data have {len(seen)}"
        if digest_of(seen) != row["digest"]:
            return f"a candle of {symbol} from before {when(self._run.first_ms)} is not the one that the bot saw"
        return None

    def _candle(self, symbol: str, closed_ms: int) -> str | None:
        opened = closed_ms - self._length
        frame = self._frames[symbol]
        place = int(np.searchsorted(frame.index.as_unit("ms").asi8, opened))  # type: ignore[attr-defined]
        where = f"the candle of {symbol} at {when(opened)}"
        if place == len(frame) or frame.index[place].value // 1_000_000 != opened:
            return f"{where} is not in the data"
        saw = json.loads(self._run.decisions[symbol, closed_ms]["candle"])
        for name, mine in zip(CANDLE_COLUMNS, saw, strict=True):
            have = float(frame[name].iloc[place])
            if abs(have - mine) > _SAME * max(abs(mine), 1.0):
                return f"{where}: the bot saw {name} {mine:g}, the data have {have:g}"
        return None
