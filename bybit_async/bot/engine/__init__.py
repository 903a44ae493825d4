"""The engine: from a signal to an order, its executions and what they earned."""

from bybit_async.bot.engine.engine import TradingEngine

__all__ = ["TradingEngine"]
