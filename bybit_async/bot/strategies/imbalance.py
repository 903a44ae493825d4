"""Where the book leans: trade with the heavier side of a live order book."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from bybit_async.bot.records import TradingSignal
from bybit_async.bot.strategies.base import BaseStrategy, Decisions
from bybit_async.bot.strategies.crossover import may_short
from bybit_async.bot.strategies.view import ZERO, Decision

if TYPE_CHECKING:
    import pandas as pd

    from bybit_async.bot.configuration import ConfigurationManager
    from bybit_async.bot.data_manager import DataManager
    from bybit_async.bot.risk import UnifiedRiskManager

Levels = Sequence[tuple[float, float]]


class BookStrategy(BaseStrategy):
    """A strategy that decides on a live order book instead of candles; `generate_signals` reads the present book."""

    @abstractmethod
    def decide_on_book(self, symbol: str, bids: Levels, asks: Levels, position: Decimal) -> Decisions:
        """Return what to trade on this book, or None; levels are (price, size), best first."""

    def signals_from_book(self, symbol: str, bids: Levels, asks: Levels, time_ms: int) -> list[TradingSignal]:
        """Decide on a book of this moment, in milliseconds of the exchange's clock."""
        if not bids or not asks:
            return []
        portfolio = self.risk_manager.portfolio
        position = ZERO if portfolio is None else portfolio.size_of(symbol)
        middle = (bids[0][0] + asks[0][0]) / 2.0
        return self.signals_of(self.decide_on_book(symbol, bids, asks, position), symbol, middle, time_ms, position)

    async def generate_signals(self, symbol: str, data: pd.DataFrame) -> list[TradingSignal]:
        """Decide on the present book of the data manager; nothing while it is not known to be right."""
        book = self.data_manager.book(symbol)
        return [] if book is None else self.signals_from_book(symbol, book.bids, book.asks, book.time_ms)


class BookImbalanceStrategy(BookStrategy):
    """Buys when bids outweigh asks, sells when asks outweigh bids, and leaves when the book is even again.

    The imbalance is ``(b - a) / (b + a)``, b and a being the sizes of the best `depth` levels of either side.

    Args:
        strategy_id: see `BaseStrategy`, as are the next four.
        name: for people.
        data_manager: where books come from.
        risk_manager: says how much to trade.
        config_manager: the configuration.
        depth: levels of a side that count.
        threshold: the imbalance that is traded; 0 to 1.
        stop_loss: distance of the stop as a fraction of the price; None leaves it to the configuration.
        allow_short: whether to sell short; by default in derivatives only.

    Raises:
        ValueError: the threshold is out of its range.
    """

    def __init__(
        self,
        strategy_id: str,
        name: str,
        data_manager: DataManager,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
        depth: int = 5,
        threshold: float = 0.6,
        *,
        stop_loss: float | None = None,
        allow_short: bool | None = None,
    ) -> None:
        super().__init__(strategy_id, name, data_manager, risk_manager, config_manager)
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must be between 0 and 1, not {threshold}")
        self.depth: int = depth
        self.threshold: float = threshold
        self.stop_loss: float | None = stop_loss
        self.allow_short: bool = may_short(config_manager) if allow_short is None else allow_short

    def decide_on_book(self, symbol: str, bids: Levels, asks: Levels, position: Decimal) -> Decisions:
        """Trade with the heavier side."""
        lean = imbalance(bids, asks, self.depth)
        if lean is None:
            return None
        direction = 1 if lean >= self.threshold else -1 if lean <= -self.threshold else 0
        held = 1 if position > 0 else -1 if position < 0 else 0
        wanted = []
        if held and (held == -direction or (not direction and lean * held <= 0)):
            wanted.append(Decision("SELL" if held > 0 else "BUY", reduce_only=True))
        if direction and held != direction and (direction > 0 or self.allow_short):
            middle = (bids[0][0] + asks[0][0]) / 2.0
            stop = None if self.stop_loss is None else middle * (1 - direction * self.stop_loss)
            wanted.append(Decision("BUY" if direction > 0 else "SELL", stop_loss=stop, confidence=abs(lean)))
        return wanted


def imbalance(bids: Levels, asks: Levels, depth: int) -> float | None:
    """Return ``(b - a) / (b + a)`` of the best `depth` levels; None for an empty book."""
    bid, ask = (math.fsum(size for _, size in side[:depth]) for side in (bids, asks))
    return (bid - ask) / (bid + ask) if bid + ask > 0 else None
