"""What a run is made from, and what may be due in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from bybit_async.bot.backtesting.history import CandleHistory
from bybit_async.bot.backtesting.minds import Wanted
from bybit_async.bot.backtesting.rules import FillRule
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.engine.decisions import OrderPlan, execution_id_of
from bybit_async.bot.records import HeldPosition, OrderType, SignalStrength, TradeSignal
from bybit_async.simulator.engine import Instrument

if TYPE_CHECKING:
    import pandas as pd


class Plan(NamedTuple):
    """What a run is made from."""

    strategies: Sequence[Wanted]
    history: CandleHistory
    frames: Mapping[str, pd.DataFrame]
    instruments: Mapping[str, Instrument]
    config: ConfigurationManager
    interval: str
    length_ms: int
    rule: FillRule
    balance: Decimal
    leverage: float | None
    seed: int


class Work(NamedTuple):
    """Something due at a moment: a funding, an order that arrives, or signals that are decided on one by one."""

    time_ms: int
    number: int
    funding: tuple[str, float] | None = None
    order: tuple[OrderPlan, TradeSignal, int] | None = None
    signals: tuple[TradeSignal, ...] = ()


def closing(held: HeldPosition, now_ms: int) -> tuple[OrderPlan, TradeSignal]:
    """Return the market order that closes a position, and a signal to write down with it."""
    side = held.side.opposite
    signal = TradeSignal(
        strategy_id="",
        symbol=held.symbol,
        action=side.name,
        quantity=held.size,
        price=held.mark_price,
        confidence=1.0,
        strength=SignalStrength.VERY_STRONG,
        timestamp=datetime.fromtimestamp(now_ms / 1000, UTC),
        metadata={"reduce_only": True, "order_type": "market"},
    )
    plan = OrderPlan(
        execution_id=execution_id_of(signal),
        symbol=held.symbol,
        side=side,
        order_type=OrderType.MARKET,
        qty=held.size,
        price=None,
        decided_price=held.mark_price,
        reduce_only=True,
    )
    return plan, signal
