"""Earnings, vouchers, limits and deposits of a broker and its clients."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.asset import Deposit
from bybit_async.models.part import Part
from bybit_async.wire import Page, Rows, Wire


class BaseFeeRebate(Wire):
    """Rebates of the base fee, as percentages such as ``10.0%``."""

    spot: str | None = None
    derivatives: str | None = None


class MarkupFeeRebate(Wire):
    """Rebates of the mark-up fee, as percentages such as ``10.0%``."""

    spot: str | None = None
    derivatives: str | None = None
    convert: str | None = None


class BrokerAccount(Wire):
    """The broker's quota and rebate rates."""

    sub_acct_qty: int | None = None
    max_sub_acct_qty: int | None = None
    base_fee_rebate_rate: BaseFeeRebate | None = None
    markup_fee_rebate_rate: MarkupFeeRebate | None = None
    ts: int | None = None


class BrokerEarning(Wire):
    """The earning from one execution."""

    symbol: str
    coin: str
    order_id: str
    exec_id: str
    exec_time: int
    user_id: str | None = None
    biz_type: Literal["SPOT", "DERIVATIVES", "OPTIONS", "CONVERT"] | None = None
    earning: Decimal | None = None
    markup_earning: Decimal | None = None
    base_fee_earning: Decimal | None = None


class CoinEarning(Wire):
    """Earnings in one coin."""

    coin: str | None = None
    earning: Decimal | None = None


class BrokerEarningTotals(Wire):
    """Total earnings per kind of product."""

    spot: list[CoinEarning] = msgspec.field(default_factory=list)
    derivatives: list[CoinEarning] = msgspec.field(default_factory=list)
    options: list[CoinEarning] = msgspec.field(default_factory=list)
    convert: list[CoinEarning] = msgspec.field(default_factory=list)
    total: list[CoinEarning] = msgspec.field(default_factory=list)


class BrokerEarningsPage(Page[BrokerEarning]):
    """A page of earnings and their totals."""

    rows: list[BrokerEarning] = msgspec.field(default_factory=list, name="details")
    total_earning_cat: BrokerEarningTotals | None = None


class ClassicBrokerEarning(Wire):
    """The earning from one execution."""

    symbol: str
    coin: str
    order_id: str
    exec_time: int
    user_id: str | None = None
    biz_type: str | None = None
    earning: Decimal | None = None


class SubDeposit(Deposit):
    """An on-chain deposit of a sub account."""

    sub_member_id: str | None = None


class SubDepositPage(Page[SubDeposit]):
    """A page of deposits."""

    rows: list[SubDeposit] = msgspec.field(default_factory=list, name="rows")


class Voucher(Wire):
    """A voucher."""

    id: str
    coin: str
    amount_unit: str | None = None
    product_line: str | None = None
    sub_product_line: str | None = None
    total_amount: Decimal | None = None
    used_amount: Decimal | None = None


class IssuedVoucher(Wire):
    """A voucher given to a client. Its times are seconds."""

    account_id: str | None = None
    award_id: str | None = None
    spec_code: str | None = None
    amount: Decimal | None = None
    is_claimed: bool | None = None
    start_at: int | None = None
    end_at: int | None = None
    effective_at: int | None = None
    ineffective_at: int | None = None
    used_amount: Decimal | None = None


class BrokerRateCap(Wire):
    """The rate limit of one kind of product, in requests per second."""

    biz_type: str | None = None
    total_rate: int | None = None
    eb_cap: int | None = None
    uid_cap: int | None = None


class BrokerRate(Wire):
    """The rate limit of a set of users.

    Attributes:
        uids: comma-separated.
    """

    uids: str | None = None
    biz_type: str | None = None
    rate: int | None = None


class BrokerRateResult(Wire):
    """What happened to one setting."""

    uids: str | None = None
    biz_type: str | None = None
    rate: int | None = None
    success: bool | None = None
    msg: str | None = None


class BrokerRateResults(Rows[BrokerRateResult]):
    """What happened to each setting."""

    rows: list[BrokerRateResult] = msgspec.field(default_factory=list, name="result")


class BrokerRateSetting(Part):
    """A rate limit for a set of users."""

    uids: str
    biz_type: str
    rate: int


class BrokerIpChange(Wire):
    """One change of the whitelist.

    Attributes:
        created_at: ISO 8601.
    """

    operation_type: Literal["ADD", "REMOVE", "ENABLE", "DISABLE"] | None = None
    ip_address: str | None = None
    domain_type: Literal["GW", "WS"] | None = None
    change_reason: str | None = None
    created_at: str | None = None


class BrokerIpWhitelist(Wire):
    """The addresses allowed on one host name."""

    name: str | None = None
    endpoint_domain: str | None = None
    ip_list: list[str] = msgspec.field(default_factory=list)
