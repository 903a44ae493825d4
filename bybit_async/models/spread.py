"""Spread instruments, tickers, orders and executions."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.enums import Side
from bybit_async.wire import Rows, Wire


class SpreadLeg(Wire):
    """One leg of a spread."""

    symbol: str
    contract_type: Literal["LinearPerpetual", "LinearFutures", "Spot"] | None = None


class SpreadInstrument(Wire):
    """A spread of two legs."""

    symbol: str
    contract_type: Literal["FundingRateArb", "CarryTrade", "FutureSpread", "PerpBasis"] | None = None
    status: Literal["Trading", "Settling"] | None = None
    base_coin: str | None = None
    quote_coin: str | None = None
    settle_coin: str | None = None
    tick_size: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    lot_size: Decimal | None = None
    min_size: Decimal | None = None
    max_size: Decimal | None = None
    launch_time: int | None = None
    delivery_time: int | None = None
    legs: list[SpreadLeg] = msgspec.field(default_factory=list)


class SpreadTrade(Wire):
    """A public trade of a spread."""

    exec_id: str
    symbol: str
    price: Decimal
    size: Decimal
    side: Side
    time: int
    seq: int | None = None


class SpreadTicker(Wire):
    """The last price and best quotes of a spread."""

    symbol: str
    bid_price: Decimal | None = None
    bid_size: Decimal | None = None
    ask_price: Decimal | None = None
    ask_size: Decimal | None = None
    last_price: Decimal | None = None
    high_price_24h: Decimal | None = None
    low_price_24h: Decimal | None = None
    prev_price_24h: Decimal | None = None
    volume_24h: Decimal | None = None


class MaxQty(Wire):
    """The largest order.

    Attributes:
        ab: the quantity.
    """

    ab: Decimal | None = None


class SpreadOrderAck(Wire):
    """The ids of an order."""

    order_id: str
    order_link_id: str | None = None


class SpreadCancellations(Rows[SpreadOrderAck]):
    """The orders that were cancelled."""

    success: str | None = None


class AnySpreadOrder(Wire):
    """What open and closed orders have."""

    symbol: str
    side: Side
    order_id: str
    base_coin: str | None = None
    order_type: Literal["Market", "Limit"] | None = None
    order_link_id: str | None = None
    time_in_force: Literal["GTC", "FOK", "IOC", "PostOnly"] | None = None
    leaves_qty: Decimal | None = None
    cum_exec_qty: Decimal | None = None
    price: Decimal | None = None
    qty: Decimal | None = None


class SpreadOpenOrder(AnySpreadOrder):
    """An open order."""

    order_status: Literal["New", "PartiallyFilled"] | None = None
    created_time: int | None = None
    updated_time: int | None = None


class SpreadOrder(AnySpreadOrder):
    """A closed order and the orders of its legs."""

    contract_type: Literal["FundingRateArb", "CarryTrade", "FutureSpread", "PerpBasis"] | None = None
    cxl_rej_reason: str | None = None
    order_status: Literal["Rejected", "Cancelled", "Filled"] | None = None
    order_qty: Decimal | None = None
    created_at: int | None = None
    updated_at: int | None = None
    settle_coin: str | None = None
    leg1_symbol: str | None = None
    leg1_prod_type: Literal["Futures", "Spot"] | None = None
    leg1_order_id: str | None = None
    leg1_side: Side | None = None
    leg2_prod_type: Literal["Futures", "Spot"] | None = None
    leg2_order_id: str | None = None
    leg2_symbol: str | None = None
    leg2_side: Side | None = None


class SpreadLegExecution(Wire):
    """The execution of one leg."""

    symbol: str
    side: Side
    exec_price: Decimal
    exec_time: int
    exec_qty: Decimal
    exec_id: str
    exec_value: Decimal | None = None
    exec_type: str | None = None
    category: Literal["linear", "spot"] | None = None
    exec_fee: Decimal | None = None
    exec_fee_v2: Decimal | None = None
    fee_currency: str | None = None


class SpreadExecution(Wire):
    """An execution of a spread order."""

    symbol: str
    side: Side
    order_id: str
    exec_price: Decimal
    exec_time: int
    exec_qty: Decimal
    exec_id: str
    order_link_id: str | None = None
    exec_type: str | None = None
    legs: list[SpreadLegExecution] = msgspec.field(default_factory=list)
