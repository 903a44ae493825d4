"""Executions: the fills of my orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.enums import CreateType, ExecType, OrderType, Side, StopOrderType
from bybit_async.wire import Page, Wire


class Execution(Wire):
    """One fill of one of my orders; the time is in milliseconds.

    Attributes:
        exec_fee: what was paid (negative: received), in `fee_currency` or the settle coin.
        exec_fee_v2: the fee of a spread's spot leg.
        exec_value: executed value in the quote coin (inverse: in the base coin).
        leaves_qty: what the order had left afterwards.
        closed_size: how much of a position it closed.
        fee_rate: as a fraction.
        seq: cross sequence; executions of one match share it.
    """

    exec_id: str
    order_id: str
    symbol: str
    side: Side
    exec_price: Decimal
    exec_qty: Decimal
    exec_time: int
    category: str | None = None
    order_link_id: str | None = None
    order_price: Decimal | None = None
    order_qty: Decimal | None = None
    leaves_qty: Decimal | None = None
    create_type: CreateType | None = None
    order_type: OrderType | None = None
    stop_order_type: StopOrderType | Literal["UNKNOWN"] | None = None
    exec_fee: Decimal | None = None
    exec_fee_v2: Decimal | None = None
    exec_type: ExecType | None = None
    exec_value: Decimal | None = None
    fee_currency: str | None = None
    is_maker: bool | None = None
    fee_rate: Decimal | None = None
    trade_iv: Decimal | None = None
    mark_iv: Decimal | None = None
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    underlying_price: Decimal | None = None
    block_trade_id: str | None = None
    closed_size: Decimal | None = None
    seq: int | None = None
    extra_fees: str | None = None


class ExecutionPage(Page[Execution]):
    """One page of executions, newest first."""
