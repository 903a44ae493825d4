"""A trading bot on the connector: engine, risk, strategies, configuration and journal.

It uses only what any program may use of the library; `pip install 'bybit_async[bot]'` brings what it needs on top.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bybit_async.bot.errors import (
    BybitAPIError,
    ConfigurationInvalid,
    InsufficientBalanceError,
    NothingToCompare,
    OrderNotFoundError,
    RateLimitError,
)
from bybit_async.bot.records import (
    EngineState,
    ExecutionStatus,
    OrderSide,
    OrderType,
    PortfolioSnapshot,
    RiskAction,
    RiskLevel,
    SignalStrength,
    TimeInForce,
    TradeExecution,
    TradeSignal,
    TradingSignal,
)

if TYPE_CHECKING:
    from bybit_async.bot.backtesting import BacktestResult as BacktestResult
    from bybit_async.bot.backtesting import CandleData as CandleData
    from bybit_async.bot.backtesting import FillRule as FillRule
    from bybit_async.bot.backtesting import MissingData as MissingData
    from bybit_async.bot.backtesting import SweepResult as SweepResult
    from bybit_async.bot.backtesting import backtest as backtest
    from bybit_async.bot.backtesting import sweep as sweep
    from bybit_async.bot.check import LookAhead as LookAhead
    from bybit_async.bot.client import BybitClient as BybitClient
    from bybit_async.bot.comparing import Comparison as Comparison
    from bybit_async.bot.comparing import Difference as Difference
    from bybit_async.bot.comparing import FilledOrder as FilledOrder
    from bybit_async.bot.comparing import SlippageSummary as SlippageSummary
    from bybit_async.bot.comparing import compare as compare
    from bybit_async.bot.configuration import ConfigurationManager as ConfigurationManager
    from bybit_async.bot.connector import BybitV5Connector as BybitV5Connector
    from bybit_async.bot.connector import ExchangePriority as ExchangePriority
    from bybit_async.bot.connector import get_exchange_connector as get_exchange_connector
    from bybit_async.bot.data_manager import DataManager as DataManager
    from bybit_async.bot.engine import TradingEngine as TradingEngine
    from bybit_async.bot.risk import RiskMetrics as RiskMetrics
    from bybit_async.bot.risk import TradeRiskAssessment as TradeRiskAssessment
    from bybit_async.bot.risk import UnifiedRiskManager as UnifiedRiskManager
    from bybit_async.bot.runner import Bot as Bot
    from bybit_async.bot.strategies import BaseStrategy as BaseStrategy
    from bybit_async.bot.strategies import CandleStrategy as CandleStrategy
    from bybit_async.bot.strategies import Decision as Decision
    from bybit_async.bot.strategies import MovingAverageCrossoverStrategy as MovingAverageCrossoverStrategy
    from bybit_async.bot.strategies import StrategyManager as StrategyManager
    from bybit_async.bot.strategies import View as View

# Loaded on first use: a program that only reads a configuration needs neither pandas nor a connection.
_LATER = {
    "BacktestResult": "bybit_async.bot.backtesting",
    "BaseStrategy": "bybit_async.bot.strategies",
    "Bot": "bybit_async.bot.runner",
    "BybitClient": "bybit_async.bot.client",
    "BybitV5Connector": "bybit_async.bot.connector",
    "CandleData": "bybit_async.bot.backtesting",
    "CandleStrategy": "bybit_async.bot.strategies",
    "Comparison": "bybit_async.bot.comparing",
    "ConfigurationManager": "bybit_async.bot.configuration",
    "DataManager": "bybit_async.bot.data_manager",
    "Decision": "bybit_async.bot.strategies",
    "Difference": "bybit_async.bot.comparing",
    "ExchangePriority": "bybit_async.bot.connector",
    "FilledOrder": "bybit_async.bot.comparing",
    "FillRule": "bybit_async.bot.backtesting",
    "LookAhead": "bybit_async.bot.check",
    "MissingData": "bybit_async.bot.backtesting",
    "MovingAverageCrossoverStrategy": "bybit_async.bot.strategies",
    "RiskMetrics": "bybit_async.bot.risk",
    "SlippageSummary": "bybit_async.bot.comparing",
    "StrategyManager": "bybit_async.bot.strategies",
    "SweepResult": "bybit_async.bot.backtesting",
    "TradeRiskAssessment": "bybit_async.bot.risk",
    "TradingEngine": "bybit_async.bot.engine",
    "UnifiedRiskManager": "bybit_async.bot.risk",
    "View": "bybit_async.bot.strategies",
    "backtest": "bybit_async.bot.backtesting",
    "compare": "bybit_async.bot.comparing",
    "get_exchange_connector": "bybit_async.bot.connector",
    "sweep": "bybit_async.bot.backtesting",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


__all__ = [
    "BacktestResult",
    "BaseStrategy",
    "Bot",
    "BybitAPIError",
    "BybitClient",
    "BybitV5Connector",
    "CandleData",
    "CandleStrategy",
    "Comparison",
    "ConfigurationInvalid",
    "ConfigurationManager",
    "DataManager",
    "Decision",
    "Difference",
    "EngineState",
    "ExchangePriority",
    "ExecutionStatus",
    "FillRule",
    "FilledOrder",
    "InsufficientBalanceError",
    "LookAhead",
    "MissingData",
    "MovingAverageCrossoverStrategy",
    "NothingToCompare",
    "OrderNotFoundError",
    "OrderSide",
    "OrderType",
    "PortfolioSnapshot",
    "RateLimitError",
    "RiskAction",
    "RiskLevel",
    "RiskMetrics",
    "SignalStrength",
    "SlippageSummary",
    "StrategyManager",
    "SweepResult",
    "TimeInForce",
    "TradeExecution",
    "TradeRiskAssessment",
    "TradeSignal",
    "TradingEngine",
    "TradingSignal",
    "UnifiedRiskManager",
    "View",
    "backtest",
    "compare",
    "get_exchange_connector",
    "sweep",
]
