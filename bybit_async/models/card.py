"""Card transactions, points and items."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Rows, Wire


class CardTransaction(Wire):
    """A card transaction.

    Attributes:
        trade_status: ``0`` in progress, ``1`` completed, ``2`` declined, ``3`` reversed.
    """

    side: str
    order_no: str
    pan4: str | None = None
    pan6: str | None = None
    trade_status: Literal["0", "1", "2", "3"] | None = None
    basic_amount: Decimal | None = None
    basic_currency: str | None = None
    transaction_amount: Decimal | None = None
    transaction_currency: str | None = None
    txn_create: int | None = None
    merch_country: str | None = None
    merch_city: str | None = None
    merch_name: str | None = None
    txn_id: str | None = None
    declined_reason: str | None = None
    total_fees: Decimal | None = None
    uid: int | None = None
    transaction_currency_amount: Decimal | None = None
    fx_pad: str | None = None
    interchange_fee: Decimal | None = None
    bill_amount: Decimal | None = None
    paid_amount: Decimal | None = None
    paid_currency: str | None = None
    bonus_amount: Decimal | None = None
    foreign_transaction_fee: Decimal | None = None
    total_tax: Decimal | None = None
    paid_fiat: Decimal | None = None
    withdrawal_fee: Decimal | None = None
    status: Literal["-1", "0", "1", "2"] | None = None
    mcc_code: str | None = None
    merch_category_desc: str | None = None


class CardTransactions(Rows[CardTransaction]):
    """A numbered page of transactions."""

    rows: list[CardTransaction] = msgspec.field(default_factory=list, name="data")
    page_size: int | None = None
    page_no: int | None = None
    total_count: int | None = None


class PointBalance(Wire):
    """Points of the account."""

    account_id: str | None = None
    available_point: Decimal | None = None
    pending_point: Decimal | None = None
    status: str | None = None
    update_time: int | None = None
    settlement_period: int | None = None


class PointRecord(Wire):
    """Points earned or spent."""

    side: str
    out_order_id: str | None = None
    point: int | None = None
    type: str | None = None
    sub_type: str | None = None
    create_time: int | None = None
    update_time: int | None = None
    biz_id: str | None = None
    biz_txn_id: str | None = None
    transaction_date: str | None = None
    transaction_id: str | None = None
    transaction_amount: Decimal | None = None
    basic_currency: str | None = None
    merch_category_desc: str | None = None
    merch_name: str | None = None
    merch_country: str | None = None
    merch_city: str | None = None
    pan4: str | None = None
    pay_fiat_amount: Decimal | None = None
    transaction_currency_amount: Decimal | None = None


class PointRecords(Rows[PointRecord]):
    """A numbered page of point records."""

    rows: list[PointRecord] = msgspec.field(default_factory=list, name="data")
    page_size: int | None = None
    page_no: int | None = None
    total_count: int | None = None


class PointTier(Wire):
    """The reward tier."""

    used_limit: Decimal | None = None
    limit: Decimal | None = None
    unit: str | None = None
    tier: str | None = None
    auto_cashback: bool | None = None


class Cashback(Wire):
    """A cashback order."""

    points: Decimal | None = None
    amt: Decimal | None = None
    ccy: str | None = None
    ccy_type: Literal["FIAT", "CRYPTO"] | None = None
    create_time: str | None = None
    biz_txn_id: str | None = None
    source_id: int | None = None
    source_code: str | None = None
    order_status: int | None = None
    order_sub_status: int | None = None
    order_show_status: Literal["NO_PAY", "ORDER_PENDING_SHOW", "ORDER_SUCCESS", "ORDER_FAIL"] | None = None
    failed_biz_code: str | None = None


class MallItem(Wire):
    """An item that points can buy."""

    currency: str
    item_id: str | None = None
    item_name: str | None = None
    priority: int | None = None
    on_time: int | None = None
    off_time: int | None = None
    price: Decimal | None = None
    discount_price: Decimal | None = None
    total_num: int | None = None
    redeem_num: int | None = None
    pic_path: str | None = None
    currency_type: int | None = None
    item_type: int | None = None
    item_biz_type: int | None = None


class MallItems(Rows[MallItem]):
    """A numbered page of items."""

    rows: list[MallItem] = msgspec.field(default_factory=list, name="data")
    page_no: int | None = None
    page_size: int | None = None
    total_count: int | None = None
