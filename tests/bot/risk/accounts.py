"""Accounts for the tests of risk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.records import HeldPosition, OrderSide, PortfolioSnapshot, WorkingOrder
from bybit_async.bot.risk import OrderRules, UnifiedRiskManager

D = Decimal
NOON = 1_700_049_600_000
"""Noon of a day, UTC, in milliseconds."""

HOUR = 3_600_000
BTC_RULES = OrderRules(tick=D("0.1"), step=D("0.001"), least=D("0.001"), most=D(100), least_value=D(5))
# Up and down by a thousandth each hour: a volatility of about 9 % a year.
QUIET = [100.0 * (1.001 if n % 2 else 1.0) for n in range(60)]


def account(equity: str | None = "10000", **changes: Any) -> PortfolioSnapshot:
    """Return an account of which everything is known and nothing is wrong."""
    known: dict[str, Any] = {
        "time_ms": NOON,
        "equity": None if equity is None else D(equity),
        "data_age_ms": 0,
        "clock_error_ms": 0.0,
        "calls": 0,
        "errors": 0,
    }
    return PortfolioSnapshot(**{**known, **changes})


def long(size: str, price: str = "100", symbol: str = "BTCUSDT", side: OrderSide = OrderSide.BUY) -> HeldPosition:
    return HeldPosition(symbol=symbol, side=side, size=D(size), entry_price=D(price), mark_price=D(price))


def buying(size: str, price: str = "100", symbol: str = "BTCUSDT", *, unknown: bool = False) -> WorkingOrder:
    return WorkingOrder(
        order_link_id="x", symbol=symbol, side=OrderSide.BUY, remaining=D(size), price=D(price), unknown=unknown
    )


def manager(portfolio: PortfolioSnapshot | None = None, **settings: dict[str, Any]) -> UnifiedRiskManager:
    made = UnifiedRiskManager(ConfigurationManager.from_dict(settings))
    made.set_rules("BTCUSDT", BTC_RULES)
    made.observe_closes("BTCUSDT", QUIET)
    if portfolio is not None:
        made.observe(portfolio)
    return made
