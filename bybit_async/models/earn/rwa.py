"""Tokenised funds: orders, holdings and net asset values."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.wire import Page, Wire


class RwaProduct(Wire):
    """A fund.

    Attributes:
        duration: days, 0 when flexible.
    """

    product_id: int
    coin: str
    asset_symbol: str | None = None
    manager: str | None = None
    base_apr: Decimal | None = None
    bonus_apr: Decimal | None = None
    saving_type: Literal["Flexible", "Fixed"] | None = None
    duration: int | None = None
    nav: Decimal | None = None
    min_stake_amount: Decimal | None = None
    max_stake_amount: Decimal | None = None
    user_max_amount: Decimal | None = None
    user_quota: Decimal | None = None
    min_redeem_share: Decimal | None = None
    redeem_fee_rate: Decimal | None = None
    subscription_fee: Decimal | None = None
    ext_link: str | None = None
    amount_precision: int | None = None
    share_precision: int | None = None


class RwaNav(Wire):
    """The net asset value of one day."""

    date: str | None = None
    nav: Decimal | None = None


class RwaNavChart(Page[RwaNav]):
    """The net asset values of a fund."""

    product_id: int


class RwaOrder(Wire):
    """An order.

    Attributes:
        created_time: seconds.
        updated_time: seconds.
    """

    order_id: str
    product_id: int
    coin: str
    order_link_id: str | None = None
    order_type: Literal["Stake", "Redeem"] | None = None
    stake_amount: Decimal | None = None
    redeem_shares: Decimal | None = None
    status: Literal["Processing", "Success", "Failed"] | None = None
    account_type: Literal["FUND", "UNIFIED"] | None = None
    created_time: int | None = None
    updated_time: int | None = None
    settled_shares: Decimal | None = None
    settled_amount: Decimal | None = None


class RwaPosition(Wire):
    """What is held of a fund."""

    product_id: int
    coin: str
    asset_symbol: str | None = None
    effective_share: Decimal | None = None
    processing_stake_amount: Decimal | None = None
    processing_redeem_share: Decimal | None = None
    bonus_earned: Decimal | None = None
    nav: Decimal | None = None
    hold_amount: Decimal | None = None
    duration: int | None = None
