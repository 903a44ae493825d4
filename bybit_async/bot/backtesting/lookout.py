"""In which candles something can happen."""

from __future__ import annotations

import numpy as np

from bybit_async.bot.backtesting.danger import first_in_danger
from bybit_async.bot.backtesting.history import CandleHistory, CandleSeries
from bybit_async.bot.backtesting.paths import Touches
from bybit_async.bot.backtesting.venue import Place, Venue

PIECE = 65_536
NOTHING = (float("inf"), float("-inf"))


class Lookout:
    """Knows what the venue waits for, as of the last `look`, and which candles meet it.

    Args:
        history: the candles.
        venue: where orders, stops and positions are.
    """

    def __init__(self, history: CandleHistory, venue: Venue) -> None:
        self._history, self._venue = history, venue
        self._touches = {symbol: _touches(series, venue.places[symbol]) for symbol, series in history.symbols.items()}
        self._bounds = dict.fromkeys(history.symbols, NOTHING)
        self._cash = 0.0
        self._held: list[tuple[str, float, float]] = []

    def look(self) -> None:
        """Take over what the venue waits for now."""
        self._bounds = {symbol: self._venue.watched(symbol).bounds for symbol in self._touches}
        self._cash, self._held = float(self._venue.cash), self._venue.exposed()

    def reaches(self, place: int) -> bool:
        """Whether something can happen in a candle."""
        if len(self._held) > 1:
            # What one position loses is what another one lacks: `first` has found that it may matter.
            return True
        return any(touches.reaches(place, *self._bounds[symbol]) for symbol, touches in self._touches.items())

    def first(self, here: int, end: int) -> int:
        """Return the first candle from `here` in which something can happen; `end` if nothing can before it."""
        for symbol, touches in self._touches.items():
            bounds = self._bounds[symbol]
            if bounds != NOTHING:
                end = touches.first(here, end, *bounds)
        if len(self._held) > 1:
            instruments = {symbol: self._venue.places[symbol].instrument for symbol, _, _ in self._held}
            end = first_in_danger(self._cash, self._held, self._history, instruments, here, end)
        return end


def _touches(series: CandleSeries, place: Place) -> Touches:
    # Half the memory, where the ticks fit: ten years of minutes are five million candles.
    kind = np.int32 if float(series.high.max()) / place.tick < 2**31 else np.int64
    found = []
    for side in (series.high, series.low):
        ticks = np.empty(len(side), dtype=kind)
        # In pieces: the quotients of all of them would be twice as large again.
        for start in range(0, len(side), PIECE):
            piece = slice(start, start + PIECE)
            # As `Place.on_tick` has it.
            ticks[piece] = np.maximum(np.rint(side[piece] / place.tick), 1)
        found.append(ticks)
    return Touches(*found)
