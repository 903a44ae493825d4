"""Equity at each close, and the breakers that watch it."""

from __future__ import annotations

import msgspec
import numpy as np

from bybit_async.bot.backtesting.breakers import observe_many
from bybit_async.bot.backtesting.history import CandleHistory, Times
from bybit_async.bot.backtesting.venue import Venue
from bybit_async.bot.configuration.sections import RiskSettings
from bybit_async.bot.indicators import Floats
from bybit_async.bot.risk import Memory


class EquityCurve:
    """Writes down equity, and shows it to the breakers, over many candles at once in which the account is the same.

    Args:
        history: the candles.
        venue: where the account is.
        memory: of the risk manager's breakers.
        limits: at which they trip.
        balance: what the account starts with.

    Attributes:
        equity: at each close, with unrealised profit; written so far.
    """

    def __init__(
        self, history: CandleHistory, venue: Venue, memory: Memory, limits: RiskSettings, balance: float
    ) -> None:
        self.equity: Floats = np.full(len(history), balance)
        self._history, self._venue, self._memory, self._limits = history, venue, memory, limits
        self._done = 0
        self._cash = balance
        self._exposed: list[tuple[str, float, float]] = []

    def settle(self, done: int) -> None:
        """Take over the account as it is after candle `done - 1`."""
        self._cash, self._exposed = float(self._venue.cash), self._venue.exposed()
        self.fill(done)

    def fill(self, until: int) -> None:
        """Go on to candle `until`, without it."""
        if until <= self._done:
            return
        equity, exposure = self._values(self._done, until)
        self.equity[self._done : until] = equity
        observe_many(self._memory, self._closes(self._done, until), equity, exposure, self._limits)
        self._done = until

    def first_tripped(self, here: int, end: int) -> int:
        """Return the first candle from `here` at whose close a breaker trips; `end` if none does before it."""
        if not self._exposed or end <= here:
            return end
        trial = msgspec.structs.replace(self._memory, trips=dict(self._memory.trips))
        equity, exposure = self._values(self._done, end)
        tripped = observe_many(trial, self._closes(self._done, end), equity, exposure, self._limits)
        return end if tripped is None else max(here, self._done + tripped)

    def _values(self, start: int, end: int) -> tuple[Floats, Floats]:
        """Return equity and exposure at the closes of a span in which the account does not change."""
        equity, exposure = np.full(end - start, self._cash), np.zeros(end - start)
        for symbol, net, entry in self._exposed:
            worth = net * self._history.symbols[symbol].close[start:end]
            equity += worth - entry
            exposure += np.abs(worth)
        return equity, exposure

    def _closes(self, start: int, end: int) -> Times:
        return self._history.times[start:end] + self._history.step
