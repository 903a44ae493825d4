"""Strategies and the orders they place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

from bybit_async.enums import Side
from bybit_async.models.part import Part
from bybit_async.wire import Number, Page, Wire


class StrategyAck(Wire):
    """A strategy that was started.

    Attributes:
        result: None when it was accepted.
    """

    strategy_id: str
    result: str | None = None


class PovParams(Part):
    """How a participation of volume strategy trades.

    Attributes:
        participation_rate: per cent of the volume, 1 to 100, with one decimal.
    """

    mode: str
    participation_rate: Number
    reference_window: str | None = None
    depth_reference: int | None = None


class StrategyInfo(Wire):
    """A strategy and how far it came.

    Attributes:
        status: 2 running, 3 terminated, 4 terminated with orders unfilled, 5 paused, 6 not triggered yet.
        duration: seconds.
        interval: seconds.
        terminate_type: why it ended; 1 by the user, 2 completed.
    """

    strategy_id: str
    symbol: str
    side: Side
    category: str | None = None
    size: Decimal | None = None
    strategy_type: Literal["twap", "chaseOrder", "iceberg", "pov"] | None = None
    status: Literal[2, 3, 4, 5, 6] | None = None
    executed_size: Decimal | None = None
    executed_avg_price: Decimal | None = None
    executed_start_time_e3: int | None = None
    executed_end_time_e3: int | None = None
    created_time_e3: int | None = None
    updated_time_e3: int | None = None
    reduce_only: bool | None = None
    trigger_price: Decimal | None = None
    is_triggered: bool | None = None
    leverage_type: Literal[0, 1] | None = None
    terminate_type: int | None = None
    terminate_remark: str | None = None
    trigger_count: int | None = None
    trading_count: int | None = None
    realized_pnl: Decimal | None = None
    strategy_name: str | None = None
    strategy_prefer: Literal["limit", "priceSpeedBalance", "fastestExecution", "quickExecution"] | None = None
    duration: int | None = None
    executed_duration: int | None = None
    is_random: bool | None = None
    interval: int | None = None
    limit_price: Decimal | None = None
    chase_percent_e4: int | None = None
    chase_distance: Decimal | None = None
    max_chase_price: Decimal | None = None
    chase_order_price: Decimal | None = None
    chase_price: str | None = None
    post_only: Literal[0, 1] | None = None
    is_rebalance: bool | None = None
    order_type: str | None = None
    order_price_offset: Decimal | None = None
    strategy_sl: Decimal | None = None
    strategy_tp: Decimal | None = None
    arbitrage_orders: list[Any] = msgspec.field(default_factory=list)
    position_value: Decimal | None = None
    filled_position_value: Decimal | None = None
    mode: Literal["TradeVolume", "OppositeSideLiquidity", "SameSideLiquidity"] | None = None
    participation_rate: Decimal | None = None
    reference_window: str | None = None
    depth_reference: str | None = None


class StrategyPage(Page[StrategyInfo]):
    """A page of strategies."""

    next_page_cursor: str | None = msgspec.field(default=None, name="nextCursor")
    prev_cursor: str | None = None


class StrategyOrder(Wire):
    """An order placed by a strategy.

    Attributes:
        status: ``2`` created, ``3`` refused, ``4`` partly filled, ``5`` filled, ``6`` rejected, ``7``
            cancelled.
        code: 0 when it was accepted.
    """

    strategy_id: str
    order_id: str
    symbol: str
    side: Side
    size: Decimal | None = None
    price: Decimal | None = None
    status: Literal["2", "3", "4", "5", "6", "7"] | None = None
    executed_size: Decimal | None = None
    deal_time_e3: int | None = None
    parent_order_id: str | None = None
    created_time_e3: int | None = None
    updated_time_e3: int | None = None
    code: int | None = None
    msg: str | None = None
    category: str | None = None
    position_idx: Literal[0, 1, 2] | None = None
    order_type: str | None = None
    leverage_type: Literal[0, 1] | None = None
    tp_price: Decimal | None = None
    sl_price: Decimal | None = None
    order_price_offset: Decimal | None = None
    position_value: Decimal | None = None
    filled_position_value: Decimal | None = None


class StrategyOrderPage(Page[StrategyOrder]):
    """A page of orders."""

    next_page_cursor: str | None = msgspec.field(default=None, name="nextCursor")
    prev_cursor: str | None = None


class StrategyStop(Wire):
    """A strategy that was stopped."""

    strategy_id: str
