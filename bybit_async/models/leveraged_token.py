"""Leveraged tokens, their values and orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.wire import Wire


class LeveragedTokenInfo(Wire):
    """A leveraged token."""

    lt_coin: str | None = None
    lt_name: str | None = None
    max_purchase: Decimal | None = None
    min_purchase: Decimal | None = None
    max_purchase_daily: Decimal | None = None
    max_redeem: Decimal | None = None
    min_redeem: Decimal | None = None
    max_redeem_daily: Decimal | None = None
    purchase_fee_rate: Decimal | None = None
    redeem_fee_rate: Decimal | None = None
    lt_status: str | None = None
    fund_fee: Decimal | None = None
    fund_fee_time: int | None = None
    manage_fee_rate: Decimal | None = None
    manage_fee_time: int | None = None
    value: Decimal | None = None
    net_value: Decimal | None = None
    total: Decimal | None = None


class LeveragedTokenMarket(Wire):
    """The value of a leveraged token."""

    lt_coin: str | None = None
    nav: Decimal | None = None
    nav_time: int | None = None
    circulation: Decimal | None = None
    basket: Decimal | None = None
    leverage: Decimal | None = None


class LeveragedTokenPurchase(Wire):
    """A purchase.

    Attributes:
        lt_order_status: ``1`` completed, ``2`` in progress, ``3`` failed.
    """

    lt_coin: str | None = None
    lt_order_status: Literal["1", "2", "3"] | None = None
    exec_qty: Decimal | None = None
    exec_amt: Decimal | None = None
    amount: Decimal | None = None
    purchase_id: str | None = None
    serial_no: str | None = None
    value_coin: str | None = None


class LeveragedTokenRedemption(Wire):
    """A redemption.

    Attributes:
        lt_order_status: ``1`` completed, ``2`` in progress, ``3`` failed.
    """

    lt_coin: str | None = None
    lt_order_status: Literal["1", "2", "3"] | None = None
    quantity: Decimal | None = None
    exec_qty: Decimal | None = None
    exec_amt: Decimal | None = None
    redeem_id: str | None = None
    serial_no: str | None = None
    value_coin: str | None = None


class LeveragedTokenOrder(Wire):
    """A purchase or redemption.

    Attributes:
        lt_order_type: 1 purchase, 2 redemption.
        lt_order_status: ``1`` completed, ``2`` in progress, ``3`` failed.
    """

    order_id: str
    lt_coin: str | None = None
    lt_order_type: int | None = None
    order_time: int | None = None
    update_time: int | None = None
    lt_order_status: Literal["1", "2", "3"] | None = None
    fee: Decimal | None = None
    amount: Decimal | None = None
    value: Decimal | None = None
    value_coin: str | None = None
    serial_no: str | None = None
