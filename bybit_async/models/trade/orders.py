"""Orders as Bybit reports them, and the acknowledgements of order requests."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.enums import (
    CancelType,
    CreateType,
    MarketUnit,
    OrderStatus,
    OrderType,
    RejectReason,
    Side,
    SmpType,
    StopOrderType,
    TimeInForce,
    TpslMode,
    TriggerBy,
)
from bybit_async.wire import Page, Rows, Wire

_OPEN = frozenset({"New", "PartiallyFilled", "Untriggered", "Triggered"})


class OrderAck(Wire):
    """Bybit accepted the request; whether it was carried out comes by the order stream or `find_order`."""

    order_id: str
    order_link_id: str | None = None


class CancelledOrders(Rows[OrderAck]):
    """The orders that were asked to be cancelled.

    Attributes:
        success: whether the cancellation was accepted; None where Bybit does not say.
        remaining: orders that stay open because there were more than Bybit cancels at once; None when Bybit did not
            tell which.
    """

    success: bool | None = None
    remaining: list[OrderAck] | None = msgspec.field(default_factory=list)


class Order(Wire):
    """An order of mine; times in milliseconds.

    Attributes:
        price: the limit price; 0 or None for market orders.
        qty: the whole quantity.
        leaves_qty: what is still to be executed; 0 once the order is final.
        cum_exec_qty: what was executed.
        cum_exec_value: what was executed, in the quote coin (inverse: in the base coin).
        cum_exec_fee: superseded by `cum_fee_detail` for linear and spot.
        cum_fee_detail: fees paid so far, per coin.
        avg_price: the average execution price; None or 0 while nothing was executed.
        trigger_price: for trailing stops the activation price.
        trigger_direction: 1 on a rise, 2 on a fall, 0 when the order is not conditional.
        parent_order_link_id: the order that an attached take profit or stop loss belongs to.
        last_price_on_created: the last price when the order was placed (contracts).
        base_price: the last price when the order was placed (spot).
        smp_order_id: the order that self match prevention met.
        rpi_matched_qty: what was executed against retail price improvement orders.
    """

    order_id: str
    symbol: str
    side: Side
    order_status: OrderStatus
    order_type: OrderType | Literal["Block trade Roll Back", "Block trade-Limit"]
    qty: Decimal
    price: Decimal | None = None
    category: str | None = None
    order_link_id: str | None = None
    parent_order_link_id: str | None = None
    block_trade_id: str | None = None
    is_leverage: bool | None = None
    position_idx: int | None = None
    create_type: CreateType | None = None
    cancel_type: CancelType | Literal["UNKNOWN"] | None = None
    reject_reason: RejectReason | None = None
    avg_price: Decimal | None = None
    leaves_qty: Decimal | None = None
    leaves_value: Decimal | None = None
    cum_exec_qty: Decimal | None = None
    cum_exec_value: Decimal | None = None
    cum_exec_fee: Decimal | None = None
    cum_fee_detail: dict[str, Decimal] | None = None
    extra_fees: str | None = None
    time_in_force: TimeInForce | None = None
    stop_order_type: StopOrderType | Literal["UNKNOWN"] | None = None
    order_iv: Decimal | None = None
    market_unit: MarketUnit | None = None
    slippage_tolerance_type: Literal["TickSize", "Percent", "UNKNOWN"] | None = None
    slippage_tolerance: Decimal | None = None
    trigger_price: Decimal | None = None
    trigger_direction: int | None = None
    trigger_by: TriggerBy | Literal["UNKNOWN"] | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tp_trigger_by: TriggerBy | Literal["UNKNOWN"] | None = None
    sl_trigger_by: TriggerBy | Literal["UNKNOWN"] | None = None
    tpsl_mode: TpslMode | Literal["UNKNOWN"] | None = None
    tp_limit_price: Decimal | None = None
    sl_limit_price: Decimal | None = None
    oco_trigger_by: Literal["OcoTriggerByUnknown", "OcoTriggerByTp", "OcoTriggerBySl", "OcoTriggerByBySl"] | None = None
    last_price_on_created: Decimal | None = None
    base_price: Decimal | None = None
    reduce_only: bool | None = None
    close_on_trigger: bool | None = None
    place_type: Literal["iv", "price"] | None = None
    smp_type: SmpType | Literal["None"] | None = None
    smp_group: int | None = None
    smp_order_id: str | None = None
    rpi_taker_access: bool | None = None
    rpi_matched_qty: Decimal | None = None
    created_time: int | None = None
    updated_time: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the order can still be executed."""
        return self.order_status in _OPEN


class OrderPage(Page[Order]):
    """One page of orders, newest first."""


class PreCheck(Wire):
    """What an order would do to the account's margin rates, in ten-thousandths (30 is 0.30 %)."""

    order_id: str | None = None
    order_link_id: str | None = None
    pre_imr_e4: int | None = None
    pre_mmr_e4: int | None = None
    post_imr_e4: int | None = None
    post_mmr_e4: int | None = None


class BorrowQuota(Wire):
    """How much of a spot pair can be traded, with and without borrowing.

    Attributes:
        max_trade_qty: base coin, borrowing included where the account allows it.
        max_trade_amount: quote coin, borrowing included.
        spot_max_trade_qty: base coin without borrowing.
        spot_max_trade_amount: quote coin without borrowing.
    """

    symbol: str
    side: Side | None = None
    max_trade_qty: Decimal | None = None
    max_trade_amount: Decimal | None = None
    spot_max_trade_qty: Decimal | None = None
    spot_max_trade_amount: Decimal | None = None
    borrow_coin: str | None = None
