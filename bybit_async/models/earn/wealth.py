"""Investment plans as their owner sees them."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Number, Page, Rows, Wire


class PlanHolding(Wire):
    """What a plan holds of one product."""

    coin: str
    product_id: str
    category: str | None = None
    current_amount: Decimal | None = None


class PlanSummary(Wire):
    """What an investment plan is worth and made of."""

    plan_id: str
    plan_name: str | None = None
    plan_type: Literal["stable", "advanced"] | None = None
    source: Literal["consultant", "direct", "institution"] | None = None
    current_asset_usd: Decimal | None = None
    accumulate_yield_usd: Decimal | None = None
    investment_distribution: list[PlanHolding] = msgspec.field(default_factory=list)
    created_time: int | None = None


class InvestmentPlan(PlanSummary):
    """An investment plan."""

    status: Literal["PendingSubscription", "Active", "Closed"] | None = None


class CoinAmount(Wire):
    """An amount of one coin."""

    coin: str
    amount: Decimal | None = None


class PlanPositionGroup(Wire):
    """What the positions of one kind add up to."""

    total_investment_usd: Decimal | None = None
    accumulate_yield_usd: Decimal | None = None


class PlanPosition(Wire):
    """What positions of a plan have, whatever their kind.

    Attributes:
        status: ``0`` processing, ``1`` active, ``2`` redeeming, ``3`` waiting for subscription, ``4`` closed.
    """

    product_id: str
    coin: str
    category: str | None = None
    position_id: str | None = None
    status: str | None = None


class FlexiblePosition(PlanPosition):
    """A flexible position."""

    current_amount: Decimal | None = None
    accumulate_yield: Decimal | None = None
    apr: Decimal | None = None


class FlexiblePositions(PlanPositionGroup):
    """Flexible positions of a plan."""

    weighted_avg_apr: Decimal | None = None
    items: list[FlexiblePosition] = msgspec.field(default_factory=list)


class FixedPosition(PlanPosition):
    """A fixed-yield position.

    Attributes:
        duration: days.
    """

    current_amount: Decimal | None = None
    accumulate_yield: Decimal | None = None
    apr: Decimal | None = None
    duration: int | None = None
    maturity_time: int | None = None
    auto_reinvest: bool | None = None


class FixedPositions(PlanPositionGroup):
    """Fixed-yield positions of a plan."""

    weighted_avg_apr: Decimal | None = None
    items: list[FixedPosition] = msgspec.field(default_factory=list)


class FundPosition(PlanPosition):
    """A fund position."""

    fund_name: str | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    nav: Decimal | None = None
    user_shares: Decimal | None = None
    share_value: Decimal | None = None
    holding_value: Decimal | None = None
    accumulate_yield: Decimal | None = None
    apr_30d: Decimal | None = None
    apr_total: Decimal | None = None
    sharp_ratio: Decimal | None = None
    max_drawdown: Decimal | None = None
    created_time: int | None = None
    running_days: int | None = None


class FundPositions(PlanPositionGroup):
    """Fund positions of a plan."""

    weighted_avg_apr: Decimal | None = None
    items: list[FundPosition] = msgspec.field(default_factory=list)


class OnChainPosition(PlanPosition):
    """An on-chain position."""

    stake_amount: Decimal | None = None
    apr: Decimal | None = None


class OnChainPositions(PlanPositionGroup):
    """On-chain positions of a plan."""

    items: list[OnChainPosition] = msgspec.field(default_factory=list)


class PlanPositions(Wire):
    """The positions of a plan by kind of product."""

    multi_coins_earning: FlexiblePositions | None = None
    fixed_yield: FixedPositions | None = None
    equity_funds: FundPositions | None = None
    onchain_earn: OnChainPositions | None = None
    funding_account: list[CoinAmount] = msgspec.field(default_factory=list)


class InvestmentPlanDetail(Wire):
    """An investment plan in detail."""

    plan_id: str
    plan_name: str | None = None
    plan_type: str | None = None
    status: Literal["Active", "Closed"] | None = None
    current_asset_usd: Decimal | None = None
    accumulate_yield_usd: Decimal | None = None
    weighted_avg_apr: Decimal | None = None
    current_assets: list[CoinAmount] = msgspec.field(default_factory=list)
    positions: PlanPositions | None = None
    created_time: int | None = None


class FundIntroduction(Wire):
    """What a fund says of itself."""

    description: str | None = None
    historical_yield_rate_max: Decimal | None = None
    historical_yield_rate_min: Decimal | None = None
    sharp_ratio: Decimal | None = None
    max_drawback: Decimal | None = None
    lockup_period: str | None = None


class PendingProduct(Wire):
    """A product of a pending plan.

    Attributes:
        duration: days, for fixed yields.
    """

    product_id: str
    coin: str
    category: str | None = None
    configured_amount: Decimal | None = None
    apr: Decimal | None = None
    duration: int | None = None
    fund_name: str | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    introduction: FundIntroduction | None = None


class PendingProductGroup(Wire):
    """The products of one kind."""

    configured_amount_usd: Decimal | None = None
    items: list[PendingProduct] = msgspec.field(default_factory=list)


class PendingProducts(Wire):
    """The products of a pending plan by kind."""

    multi_coins_earning: PendingProductGroup | None = None
    fixed_yield: PendingProductGroup | None = None
    equity_funds: PendingProductGroup | None = None
    onchain_earn: PendingProductGroup | None = None


class PendingPlan(Wire):
    """An investment plan that waits for subscription."""

    plan_id: str
    plan_name: str | None = None
    plan_type: Literal["stable", "advanced"] | None = None
    status: str | None = None
    source: Literal["consultant", "direct", "institution"] | None = None
    total_configured_amount_usd: Decimal | None = None
    products: PendingProducts | None = None
    created_time: int | None = None


class PlanAck(Wire):
    """A plan that was subscribed to."""

    plan_id: str
    status: str | None = None
    order_link_id: str | None = None


class PlanInvestment(Wire):
    """An investment that was accepted."""

    plan_id: str
    product_id: str
    coin: str
    order_id: str
    category: str | None = None
    amount: Decimal | None = None
    status: Literal["Success", "Pending", "failed"] | None = None
    order_link_id: str | None = None


class PlanRedemption(Wire):
    """A redemption that was accepted."""

    order_id: str
    plan_id: str
    product_id: str
    coin: str
    category: str | None = None
    shares: Decimal | None = None
    amount: Decimal | None = None
    estimated_amount: Decimal | None = None
    status: Literal["Success", "Pending"] | None = None
    order_link_id: str | None = None


class PlanClaim(Wire):
    """A claim that was accepted."""

    plan_id: str
    to_account_type: int | None = None
    status: Literal["Success", "processing"] | None = None
    created_time: int | None = None


class PlanOrder(Wire):
    """An order of a plan."""

    order_id: str
    plan_id: str
    coin: str
    product_id: str
    type: Literal["Subscribe", "Redeem", "AutoReinvest"] | None = None
    account_type: Literal["Funding", "Unified"] | None = None
    amount: Decimal | None = None
    category: Literal["flexibleSavings", "fundPool", "fundPoolPremium", "equityFund", "onchainEarn"] | None = None
    status: Literal["Completed", "Pending", "Failed"] | None = None
    order_time: int | None = None


class PlanValue(Wire):
    """The value of a plan on one day."""

    date: str | None = None
    asset_value_usd: Decimal | None = None


class PlanTrend(Rows[PlanValue]):
    """The value of a plan over time."""

    plan_id: str
    rows: list[PlanValue] = msgspec.field(default_factory=list, name="dataPoints")


class FundNav(Wire):
    """The net asset value of one day."""

    date: str | None = None
    nav: Decimal | None = None


class FundNavs(Page[FundNav]):
    """The net asset values of a fund."""

    fund_id: str
    coin: str
    rows: list[FundNav] = msgspec.field(default_factory=list, name="dataPoints")
    fund_name: str | None = None
    current_nav: Decimal | None = None


class CustomPlanAck(Wire):
    """A plan that was created."""

    plan_id: str
    plan_name: str | None = None
    status: str | None = None
    order_link_id: str | None = None


class PlanProduct(Part):
    """A product of a plan of your own, as `pwm_list_product_cards` names it."""

    category: Literal["multiCoinEarning", "fixedYield", "equityFund", "onchainEarn"]
    product_id: str
    fund_name: str
    amount: Number


class PlanProductCard(Wire):
    """A product that can be subscribed to.

    Attributes:
        duration: days, 0 when flexible.
    """

    coin: str
    category: str | None = None
    product_id: str | None = None
    fund_name: str | None = None
    apr: Decimal | None = None
    apr_range_low: Decimal | None = None
    apr_range_high: Decimal | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    introduction: str | None = None
    aum: Decimal | None = None
    min_investment_amount: Decimal | None = None
    max_investment_amount: Decimal | None = None
    duration: int | None = None
    max_drawdown: Decimal | None = None
    sharp_ratio: Decimal | None = None
    est_apr: Decimal | None = None


class PlanProductGroup(Wire):
    """The products of one kind."""

    type: Literal["equityFund", "multiCoinEarning", "onchainEarn", "fixedYield"] | None = None
    cards: list[PlanProductCard] = msgspec.field(default_factory=list)


class PlanProductCards(Rows[PlanProductGroup]):
    """Products by kind."""

    rows: list[PlanProductGroup] = msgspec.field(default_factory=list, name="products")
