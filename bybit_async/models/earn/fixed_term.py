"""Products, orders and positions with a fixed term."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Wire


class FixedTermTier(Wire):
    """The yield of one range of amounts.

    Attributes:
        max: -1 for the last tier.
    """

    min: Decimal | None = None
    max: Decimal | None = None
    apy: Decimal | None = None


class FixedTermReward(Wire):
    """The yield paid in one coin."""

    coin: str
    apy: str | None = None
    expect_unit_earning: Decimal | None = None
    current_price: Decimal | None = None


class FixedTermProduct(Wire):
    """A fixed-term product; `duration` is a word such as ``30d``."""

    product_id: str
    coin: str
    category: Literal["FixedTermSaving", "FundPool", "FundPoolPremium"] | None = None
    duration: str | None = None
    status: Literal["Available", "SoldOut", "NotStarted"] | None = None
    tiered_apy_list: list[FixedTermTier] = msgspec.field(default_factory=list)
    min_stake_amount: Decimal | None = None
    max_stake_amount: Decimal | None = None
    precision: int | None = None
    subscribe_start_at: int | None = None
    subscribe_end_at: int | None = None
    allow_early_redemption: bool | None = None
    early_redemption_apy: str | None = None
    redemption_limit_duration: str | None = None
    allow_auto_reinvest: bool | None = None
    interest_coin_apy_list: list[FixedTermReward] = msgspec.field(default_factory=list)
    is_vip: bool | None = None
    credit_time: int | None = None
    special_user_group_required: bool | None = None
    special_user_group_info: str | None = None


class FixedTermRedemption(Wire):
    """What an early redemption pays."""

    redeem_amount: Decimal | None = None
    est_earnings: Decimal | None = None


class FixedTermYield(Wire):
    """A yield that was paid."""

    coin: str
    amount: Decimal | None = None
    status: Literal["Pending", "Distributed", "Fail", "ReinvestSuccess"] | None = None
    created_at: int | None = None
    apy: str | None = None


class FixedTermOrder(Wire):
    """A subscription or redemption."""

    order_id: str
    product_id: str
    coin: str
    order_link_id: str | None = None
    order_type: Literal["Stake", "Redeem", "Reinvest"] | None = None
    status: Literal["Processing", "Active", "Complete", "Failed"] | None = None
    category: Literal["FixedTermSaving", "FundPool", "FundPoolPremium"] | None = None
    amount: Decimal | None = None
    duration: str | None = None
    account_type: Literal["FUND", "UNIFIED"] | None = None
    settlement_time: int | None = None
    created_at: int | None = None
    yield_info_list: list[FixedTermYield] = msgspec.field(default_factory=list)


class EarlyRedemption(Wire):
    """Whether and how a position can be redeemed early."""

    allow_early_redeem: bool | None = None
    early_redeem_earning: Decimal | None = None
    return_coin: str | None = None
    redemption_limit_duration: str | None = None


class FixedTermPositionReward(Wire):
    """The yield paid in one coin."""

    coin: str
    apy: str | None = None
    expect_return_earning: Decimal | None = None
    price: Decimal | None = None


class FixedTermPosition(Wire):
    """A fixed-term position."""

    position_id: str
    product_id: str
    coin: str
    order_id: str
    category: Literal["FixedTermSaving", "FundPool", "FundPoolPremium"] | None = None
    amount: Decimal | None = None
    effective_amount: Decimal | None = None
    duration: str | None = None
    status: Literal["Active", "EarlyRedemptionProcessing"] | None = None
    settlement_time: int | None = None
    created_at: int | None = None
    early_redeem_info: EarlyRedemption | None = None
    allow_auto_reinvest: bool | None = None
    auto_reinvest: Literal["Enable", "Disable"] | None = None
    interest_coin_apy_list: list[FixedTermPositionReward] = msgspec.field(default_factory=list)
