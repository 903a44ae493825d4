"""Pools, orders, positions and yields of liquidity mining."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Page, Rows, Wire


class CoinApy(Wire):
    """The yield in one coin."""

    coin: str | None = None
    apy: Decimal | None = None


class LiquidityProduct(Wire):
    """A liquidity pool.

    Attributes:
        apy_e8: the yearly yield times 10^8.
        apy_7d_e8: the same over seven days.
    """

    product_id: str
    base_coin: str | None = None
    quote_coin: str | None = None
    status: Literal["Available", "NotAvailable"] | None = None
    max_leverage: int | None = None
    min_investment_quote: Decimal | None = None
    min_investment_base: Decimal | None = None
    max_investment_quote: Decimal | None = None
    max_investment_base: Decimal | None = None
    min_withdrawal_amount: Decimal | None = None
    min_reinvest_amount: Decimal | None = None
    base_coin_precision: int | None = None
    quote_coin_precision: int | None = None
    yield_coins: list[str] = msgspec.field(default_factory=list)
    apy_e8: int | None = None
    apy_7d_e8: int | None = None
    pool_liquidity_value: Decimal | None = None
    daily_yield: Decimal | None = None
    slippage_rate_e8_list: list[int] = msgspec.field(default_factory=list)
    apy_breakdown: list[CoinApy] = msgspec.field(default_factory=list)
    apy_7d_breakdown: list[CoinApy] = msgspec.field(default_factory=list)
    slippage_levels: list[int] = msgspec.field(default_factory=list, name="slippage_levels")


class LiquidityProducts(Rows[LiquidityProduct]):
    """Liquidity pools."""

    rows: list[LiquidityProduct] = msgspec.field(default_factory=list, name="products")


class LiquidityOrder(Wire):
    """An order."""

    order_id: str
    product_id: str
    order_link_id: str | None = None
    order_type: Literal["AddLiquidity", "RemoveLiquidity", "Reinvest", "AddMargin"] | None = None
    base_coin: str | None = None
    quote_coin: str | None = None
    quote_amount: Decimal | None = None
    base_amount: Decimal | None = None
    status: Literal["Success", "Processing", "Fail"] | None = None
    remove_type: Literal["Normal", "SingleQuoteCoin", "SingleBaseCoin"] | None = None
    remove_rate: int | None = None
    leverage: Decimal | None = None
    slippage_value: Decimal | None = None
    created_time: int | None = None


class LiquidityOrderPage(Page[LiquidityOrder]):
    """A page of orders."""

    rows: list[LiquidityOrder] = msgspec.field(default_factory=list, name="orders")


class LiquidityPosition(Wire):
    """A position in a liquidity pool.

    Attributes:
        current_apr: the yearly yield times 10^8.
    """

    position_id: str
    product_id: str
    base_coin: str | None = None
    quote_coin: str | None = None
    quote_amount: Decimal | None = None
    base_amount: Decimal | None = None
    principal_quote_amount: Decimal | None = None
    principal_base_amount: Decimal | None = None
    principal_liquidity_value: Decimal | None = None
    leveraged_value: Decimal | None = None
    loan: Decimal | None = None
    claimable_yield: Decimal | None = None
    current_apr: Decimal | None = msgspec.field(default=None, name="currentApr")
    leverage: Decimal | None = None
    margin: Decimal | None = None
    liquidation_price: Decimal | None = None
    current_price_y: Decimal | None = None
    status: Literal["Active", "Liquidating"] | None = None
    created_time: int | None = None


class LiquidityPositions(Rows[LiquidityPosition]):
    """Positions in liquidity pools."""

    rows: list[LiquidityPosition] = msgspec.field(default_factory=list, name="positions")


class LiquidityYield(Wire):
    """A yield that was claimed."""

    coin: str
    amount: Decimal | None = None
    base_coin: str | None = None
    quote_coin: str | None = None
    type: Literal["Manual", "RemoveLiquidity"] | None = None
    status: Literal["Complete", "Processing"] | None = None
    created_time: int | None = None


class LiquidityYieldPage(Page[LiquidityYield]):
    """A page of yields."""

    rows: list[LiquidityYield] = msgspec.field(default_factory=list, name="records")


class LiquidityLiquidation(Wire):
    """A liquidation."""

    base_coin: str | None = None
    quote_coin: str | None = None
    base_amount: Decimal | None = None
    quote_amount: Decimal | None = None
    liquidation_price: Decimal | None = None
    liquidation_time: int | None = None


class LiquidationPage(Page[LiquidityLiquidation]):
    """A page of liquidations."""

    rows: list[LiquidityLiquidation] = msgspec.field(default_factory=list, name="records")
