"""Strategies: what they are, five that come along, and the manager that runs them."""

from bybit_async.bot.strategies.base import BaseStrategy, CandleStrategy, Performance, columns_of
from bybit_async.bot.strategies.crossover import MovingAverageCrossoverStrategy
from bybit_async.bot.strategies.grid import GridStrategy
from bybit_async.bot.strategies.imbalance import BookImbalanceStrategy, BookStrategy
from bybit_async.bot.strategies.manager import StrategyManager
from bybit_async.bot.strategies.oscillators import MeanReversionStrategy, RsiStrategy
from bybit_async.bot.strategies.view import Decision, View

BUILT_IN: dict[str, type[BaseStrategy]] = {
    "crossover": MovingAverageCrossoverStrategy,
    "rsi": RsiStrategy,
    "reversion": MeanReversionStrategy,
    "imbalance": BookImbalanceStrategy,
    "grid": GridStrategy,
}
"""Strategies by the name that the configuration calls them."""

__all__ = [
    "BUILT_IN",
    "BaseStrategy",
    "BookImbalanceStrategy",
    "BookStrategy",
    "CandleStrategy",
    "Decision",
    "GridStrategy",
    "MeanReversionStrategy",
    "MovingAverageCrossoverStrategy",
    "Performance",
    "RsiStrategy",
    "StrategyManager",
    "View",
    "columns_of",
]
