"""Orders, executions and transactions from before the upgrade."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.enums import Side
from bybit_async.wire import Wire


class PreUpgradeOrder(Wire):
    """An order from before the upgrade."""

    order_id: str
    symbol: str
    side: Side
    order_link_id: str | None = None
    block_trade_id: str | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    is_leverage: str | None = None
    position_idx: int | None = None
    order_status: str | None = None
    cancel_type: str | None = None
    reject_reason: str | None = None
    avg_price: Decimal | None = None
    leaves_qty: Decimal | None = None
    leaves_value: Decimal | None = None
    cum_exec_qty: Decimal | None = None
    cum_exec_value: Decimal | None = None
    cum_exec_fee: Decimal | None = None
    time_in_force: str | None = None
    order_type: Literal["Market", "Limit"] | None = None
    stop_order_type: str | None = None
    order_iv: Decimal | None = None
    trigger_price: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tp_trigger_by: str | None = None
    sl_trigger_by: str | None = None
    trigger_direction: int | None = None
    trigger_by: str | None = None
    last_price_on_created: Decimal | None = None
    reduce_only: bool | None = None
    close_on_trigger: bool | None = None
    place_type: str | None = None
    smp_type: str | None = None
    smp_group: int | None = None
    smp_order_id: str | None = None
    created_time: int | None = None
    updated_time: int | None = None


class PreUpgradeExecution(Wire):
    """An execution from before the upgrade."""

    symbol: str
    order_id: str
    side: Side
    exec_id: str
    exec_price: Decimal
    exec_qty: Decimal
    exec_time: int
    order_link_id: str | None = None
    order_price: Decimal | None = None
    order_qty: Decimal | None = None
    leaves_qty: Decimal | None = None
    order_type: str | None = None
    stop_order_type: str | None = None
    exec_fee: Decimal | None = None
    exec_type: str | None = None
    exec_value: Decimal | None = None
    is_maker: bool | None = None
    fee_rate: Decimal | None = None
    trade_iv: Decimal | None = None
    mark_iv: Decimal | None = None
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    underlying_price: Decimal | None = None
    block_trade_id: str | None = None
    closed_size: Decimal | None = None


class PreUpgradeClosedPnl(Wire):
    """A closed position from before the upgrade."""

    symbol: str
    order_id: str
    side: Side
    qty: Decimal | None = None
    order_price: Decimal | None = None
    order_type: Literal["Market", "Limit"] | None = None
    exec_type: Literal["Trade", "BustTrade", "SessionSettlePnL", "Settle"] | None = None
    closed_size: Decimal | None = None
    cum_entry_value: Decimal | None = None
    avg_entry_price: Decimal | None = None
    cum_exit_value: Decimal | None = None
    avg_exit_price: Decimal | None = None
    closed_pnl: Decimal | None = None
    fill_count: int | None = None
    leverage: Decimal | None = None
    created_time: int | None = None
    updated_time: int | None = None


class PreUpgradeTransaction(Wire):
    """A transaction from before the upgrade."""

    currency: str
    symbol: str | None = None
    category: str | None = None
    side: Literal["Buy", "Sell", "None"] | None = None
    transaction_time: int | None = None
    type: str | None = None
    qty: Decimal | None = None
    size: Decimal | None = None
    trade_price: Decimal | None = None
    funding: Decimal | None = None
    fee: Decimal | None = None
    cash_flow: Decimal | None = None
    change: Decimal | None = None
    cash_balance: Decimal | None = None
    fee_rate: Decimal | None = None
    bonus_change: Decimal | None = None
    trade_id: str | None = None
    order_id: str | None = None
    order_link_id: str | None = None


class PreUpgradeDelivery(Wire):
    """A delivery from before the upgrade."""

    symbol: str
    side: Side
    delivery_time: int | None = None
    position: Decimal | None = None
    delivery_price: Decimal | None = None
    strike: Decimal | None = None
    fee: Decimal | None = None
    delivery_rpl: Decimal | None = None


class PreUpgradeSettlement(Wire):
    """A settlement from before the upgrade."""

    symbol: str
    side: Side
    size: Decimal | None = None
    session_avg_price: Decimal | None = None
    mark_price: Decimal | None = None
    realised_pnl: Decimal | None = None
    created_time: int | None = None
