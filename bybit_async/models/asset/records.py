"""Coins, deliveries, settlements and funding account transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.enums import Side
from bybit_async.wire import Rows, Wire


class CoinChain(Wire):
    """A chain a coin moves on.

    Attributes:
        withdraw_fee: None when the coin cannot be withdrawn.
        chain_deposit: ``1`` open, ``0`` suspended.
        chain_withdraw: ``1`` open, ``0`` suspended.
        withdraw_max: -1 without a limit.
    """

    chain: str | None = None
    chain_type: str | None = None
    confirmation: int | None = None
    withdraw_fee: Decimal | None = None
    deposit_min: Decimal | None = None
    withdraw_min: Decimal | None = None
    min_accuracy: int | None = None
    chain_deposit: Literal["0", "1"] | None = None
    chain_withdraw: Literal["0", "1"] | None = None
    withdraw_percentage_fee: Decimal | None = None
    contract_address: str | None = None
    safe_confirm_number: int | None = None
    withdraw_max: Decimal | None = None


class CoinInfo(Wire):
    """A coin and the chains it moves on."""

    coin: str
    name: str | None = None
    chains: list[CoinChain] = msgspec.field(default_factory=list)
    remain_amount: Decimal | None = None


class CoinInfos(Rows[CoinInfo]):
    """Coins and their chains."""

    rows: list[CoinInfo] = msgspec.field(default_factory=list, name="rows")


class DeliveryRecord(Wire):
    """The delivery of one position."""

    symbol: str
    side: Side
    delivery_time: int | None = None
    position: Decimal | None = None
    entry_price: Decimal | None = None
    delivery_price: Decimal | None = None
    strike: Decimal | None = None
    fee: Decimal | None = None
    delivery_rpl: Decimal | None = None


class SettlementRecord(Wire):
    """The settlement of one position in one session."""

    symbol: str
    side: Side
    size: Decimal | None = None
    session_avg_price: Decimal | None = None
    mark_price: Decimal | None = None
    realised_pnl: Decimal | None = None
    created_time: int | None = None


class FundingTransaction(Wire):
    """A transaction of the funding account.

    Attributes:
        io_direction: ``I`` in, ``O`` out.
        create_time: seconds.
    """

    currency: str
    member_id: str | None = None
    io_direction: Literal["I", "O"] | None = None
    txn_amt: Decimal | None = None
    after_amt: Decimal | None = None
    create_time: int | None = None
    show_busi_type: str | None = None
    show_busi_type_en: str | None = None
    description: str | None = None
    description_en: str | None = None
