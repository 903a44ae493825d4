"""What closed trades say about the next one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from bybit_async.bot.risk.figures import Floats

LEAST_TRADES = 30


class ClosedTrade(NamedTuple):
    """A trade that has ended: its profit after fees, in the settle coin."""

    symbol: str
    pnl: Decimal
    strategy_id: str = ""


class Edge(NamedTuple):
    """How often trades win, and how much a win is worth per unit of loss; `payoff` is None if none was lost."""

    probability: float
    payoff: float | None
    trades: int


class TrackRecord:
    """The newest closed trades, and what follows from them once there are enough.

    Args:
        keep: how many of a symbol, and of each strategy in it, are remembered.
    """

    def __init__(self, keep: int = 1000) -> None:
        self._keep = keep
        self._pnls: dict[tuple[str, str | None], deque[float]] = {}
        self._edges: dict[tuple[str, str | None], Edge | None] = {}

    def add(self, trades: Iterable[ClosedTrade]) -> None:
        """Take closed trades, oldest first."""
        for trade in trades:
            for key in ((trade.symbol, None), (trade.symbol, trade.strategy_id)):
                self._pnls.setdefault(key, deque(maxlen=self._keep)).append(float(trade.pnl))
                self._edges.pop(key, None)

    def edge(self, symbol: str, strategy_id: str | None = None) -> Edge | None:
        """Return what the trades of a symbol (of one strategy) say; None with fewer than `LEAST_TRADES`.

        ``probability = wins / trades``, ``payoff = mean win / mean loss``; a trade without profit is not a win.
        """
        key = symbol, strategy_id
        if key not in self._edges:
            self._edges[key] = _measured(np.array(self._pnls.get(key, ()), dtype=np.float64))
        return self._edges[key]


def _measured(pnls: Floats) -> Edge | None:
    if len(pnls) < LEAST_TRADES:
        return None
    wins, losses = pnls[pnls > 0], -pnls[pnls < 0]
    payoff = None
    if len(losses):
        payoff = float(wins.mean() / losses.mean()) if len(wins) else 0.0
    return Edge(len(wins) / len(pnls), payoff, len(pnls))
