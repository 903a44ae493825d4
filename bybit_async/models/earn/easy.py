"""Products, orders, positions and yields of flexible savings and on-chain earn."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Page, Wire


class EarnBonus(Wire):
    """A reward on top of the yield."""

    apr: Decimal | None = None
    coin: str | None = None
    announcement: str | None = None


class EarnProduct(Wire):
    """A product.

    Attributes:
        estimate_apr: a percentage such as ``3%``.
        term: days, for fixed on-chain products.
    """

    coin: str
    product_id: str
    category: Literal["FlexibleSaving", "OnChain"] | None = None
    estimate_apr: str | None = None
    min_stake_amount: Decimal | None = None
    max_stake_amount: Decimal | None = None
    precision: int | None = None
    status: Literal["Available", "NotAvailable"] | None = None
    bonus_events: list[EarnBonus] = msgspec.field(default_factory=list)
    min_redeem_amount: Decimal | None = None
    max_redeem_amount: Decimal | None = None
    duration: str | None = None
    term: int | None = None
    swap_coin: str | None = None
    swap_coin_precision: int | None = None
    stake_exchange_rate: Decimal | None = None
    redeem_exchange_rate: Decimal | None = None
    reward_distribution_type: Literal["Simple", "Compound", "Other"] | None = None
    reward_interval_minute: int | None = None
    redeem_processing_minute: int | None = None
    stake_time: int | None = None
    interest_calculation_time: int | None = None


class EarnOrderAck(Wire):
    """The ids of an order."""

    order_id: str
    order_link_id: str | None = None


class InterestCard(Part):
    """A coupon that raises the yield."""

    award_id: int
    spec_code: str


class EarnOrder(Wire):
    """A stake or redemption."""

    coin: str
    order_id: str
    product_id: str
    order_value: Decimal | None = None
    order_type: Literal["Redeem", "Stake"] | None = None
    order_link_id: str | None = None
    status: Literal["Success", "Fail", "Pending"] | None = None
    created_at: int | None = None
    updated_at: int | None = None
    swap_order_value: Decimal | None = None
    estimate_redeem_time: int | None = None
    estimate_stake_time: int | None = None


class EarnFreeze(Wire):
    """A part that cannot be redeemed now."""

    amount: Decimal | None = None
    description: str | None = None


class EarnPosition(Wire):
    """What is staked in one product."""

    coin: str
    product_id: str
    id: str
    order_id: str
    amount: Decimal | None = None
    total_pnl: Decimal | None = None
    claimable_yield: Decimal | None = None
    status: Literal["Processing", "Active"] | None = None
    estimate_redeem_time: int | None = None
    estimate_stake_time: int | None = None
    estimate_interest_calculation_time: int | None = None
    settlement_time: int | None = None
    auto_reinvest: Literal["Enable", "Disable"] | None = None
    available_amount: Decimal | None = None
    freeze_details: list[EarnFreeze] = msgspec.field(default_factory=list)


class EarnYield(Wire):
    """A yield."""

    product_id: str | None = None
    coin: str | None = None
    id: str | None = None
    amount: Decimal | None = None
    yield_type: str | None = None
    distribution_mode: str | None = None
    effective_staking_amount: Decimal | None = None
    order_id: str | None = None
    status: str | None = None
    created_at: int | None = None


class EarnYieldPage(Page[EarnYield]):
    """A page of yields."""

    rows: list[EarnYield] = msgspec.field(default_factory=list, name="yield")


class EarnHourlyYield(Wire):
    """The yield of one hour."""

    product_id: str
    coin: str
    id: str | None = None
    amount: Decimal | None = None
    effective_staking_amount: Decimal | None = None
    status: Literal["Pending", "Success", "Fail"] | None = None
    hourly_date: int | None = None
    created_at: int | None = None


class EarnApr(Wire):
    """The rate of one day."""

    timestamp: int | None = None
    apr: str | None = None


class InterestCoupon(Wire):
    """A coupon that raises a yield. Its times are seconds; `duration` is days."""

    coin: str
    product_id: int
    award_id: int | None = None
    spec_code: str | None = None
    apy: Decimal | None = None
    duration: int | None = None
    claimed_at: int | None = None
    expire_at: int | None = None
    used_at: int | None = None
    status: Literal["InUse", "NotUse", "Expired", "AlreadyUsed"] | None = None
    current_pnl: Decimal | None = None
    limit_pnl: Decimal | None = None
    position_effective_amount: Decimal | None = None
    category: Literal["FlexibleSaving", "DualAssets"] | None = None


class AwardCoupon(Wire):
    """A coupon for dual assets. Its times are seconds.

    Attributes:
        direction: 1 buy low, 2 sell high.
    """

    award_id: int | None = None
    spec_code: str | None = None
    claimed_at: int | None = None
    used_at: int | None = None
    expire_at: int | None = None
    status: str | None = None
    amount: Decimal | None = None
    limit_pnl_percentage: Decimal | None = None
    base_coin: str | None = None
    quote_coin: str | None = None
    direction: int | None = None
    category: Literal["FlexibleSaving", "DualAssets"] | None = None


class EarnCoupons(Wire):
    """Coupons of the account."""

    interest_cards: list[InterestCoupon] = msgspec.field(default_factory=list)
    award_cards: list[AwardCoupon] = msgspec.field(default_factory=list)
