"""Backtests on the simulated exchange's own engine: the same strategies, risk manager and sizing as live."""

from bybit_async.bot.backtesting.backtest import backtest
from bybit_async.bot.backtesting.history import CandleData, MissingData
from bybit_async.bot.backtesting.ledger import BacktestTrade, Fill, OrderRecord
from bybit_async.bot.backtesting.result import BacktestResult, Interval
from bybit_async.bot.backtesting.rules import FillRule
from bybit_async.bot.backtesting.sweeps import Fold, SweepResult, SweepRow, sweep

__all__ = [
    "BacktestResult",
    "BacktestTrade",
    "CandleData",
    "Fill",
    "FillRule",
    "Interval",
    "MissingData",
    "OrderRecord",
    "Fold",
    "SweepResult",
    "SweepRow",
    "backtest",
    "sweep",
]
