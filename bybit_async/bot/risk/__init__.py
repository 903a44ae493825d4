"""Risk: figures with their formulas, sizes, the judgement of one trade, and breakers that stay tripped."""

from bybit_async.bot.risk.assessment import TradeRiskAssessment
from bybit_async.bot.risk.breakers import Reading
from bybit_async.bot.risk.manager import UnifiedRiskManager
from bybit_async.bot.risk.memory import Memory, Trip
from bybit_async.bot.risk.metrics import RiskMetrics
from bybit_async.bot.risk.record import ClosedTrade
from bybit_async.bot.risk.sizing import OrderRules

__all__ = [
    "ClosedTrade",
    "Memory",
    "OrderRules",
    "Reading",
    "RiskMetrics",
    "TradeRiskAssessment",
    "Trip",
    "UnifiedRiskManager",
]
