"""Coins, collateral and positions of crypto loans."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Number, Wire


class BorrowableCoin(Wire):
    """A coin that can be borrowed.

    Attributes:
        annualized_interest_rate_7d: the lowest fixed rate on offer for 7 days; None without an offer.
    """

    currency: str
    fixed_borrowable: bool | None = None
    fixed_borrowing_accuracy: int | None = None
    flexible_borrowable: bool | None = None
    flexible_borrowing_accuracy: int | None = None
    max_borrowing_amount: Decimal | None = None
    min_fixed_borrowing_amount: Decimal | None = None
    min_flexible_borrowing_amount: Decimal | None = None
    vip_level: str | None = None
    flexible_annualized_interest_rate: Decimal | None = None
    annualized_interest_rate_7d: Decimal | None = msgspec.field(default=None, name="annualizedInterestRate7D")
    annualized_interest_rate_14d: Decimal | None = msgspec.field(default=None, name="annualizedInterestRate14D")
    annualized_interest_rate_30d: Decimal | None = msgspec.field(default=None, name="annualizedInterestRate30D")
    annualized_interest_rate_60d: Decimal | None = msgspec.field(default=None, name="annualizedInterestRate60D")
    annualized_interest_rate_90d: Decimal | None = msgspec.field(default=None, name="annualizedInterestRate90D")
    annualized_interest_rate_180d: Decimal | None = msgspec.field(default=None, name="annualizedInterestRate180D")


class LoanCollateralRatio(Wire):
    """The share of the value that counts, for one range of amounts."""

    collateral_ratio: Decimal | None = None
    max_value: Decimal | None = None
    min_value: Decimal | None = None


class CollateralRatioConfig(Wire):
    """The ratios of a group of coins.

    Attributes:
        currencies: comma-separated.
    """

    collateral_ratio_list: list[LoanCollateralRatio] = msgspec.field(default_factory=list)
    currencies: str | None = None


class LiquidationOrder(Wire):
    """When a coin is sold in a liquidation."""

    currency: str
    liquidation_order: int | None = None


class CollateralCoins(Wire):
    """Coins that serve as collateral."""

    collateral_ratio_config_list: list[CollateralRatioConfig] = msgspec.field(default_factory=list)
    currency_liquidation_list: list[LiquidationOrder] = msgspec.field(default_factory=list)


class MaxCollateralReduction(Wire):
    """How much collateral can be taken out."""

    max_collateral_amount: Decimal | None = None


class MaxLoan(Wire):
    """The most that can be borrowed."""

    currency: str
    max_loan: Decimal | None = None
    notional_usd: Decimal | None = None
    remaining_quota: Decimal | None = None


class MoreCollateral(Part):
    """Collateral from the funding account that would be added."""

    amount: Number
    ccy: str


class CollateralAdjustmentAck(Wire):
    """The id of an adjustment."""

    adjust_id: int | None = None


class CollateralAdjustment(Wire):
    """A change of the collateral.

    Attributes:
        direction: 0 added, 1 taken out.
        status: 1 done, 2 processing, 3 failed.
    """

    collateral_currency: str | None = None
    amount: Decimal | None = None
    adjust_id: int | None = None
    adjust_time: int | None = None
    pre_ltv: Decimal | None = None
    after_ltv: Decimal | None = None
    direction: Literal[0, 1] | None = None
    status: Literal[1, 2, 3] | None = None


class LoanDebt(Wire):
    """What is owed in one coin."""

    fixed_total_debt: Decimal | None = None
    fixed_total_debt_usd: Decimal | None = None
    flexible_hourly_interest_rate: Decimal | None = None
    flexible_total_debt: Decimal | None = None
    flexible_total_debt_usd: Decimal | None = None
    loan_currency: str | None = None


class LoanAsset(Wire):
    """An amount of one coin and its value in USD."""

    currency: str
    amount: Decimal | None = None
    amount_usd: Decimal | None = None


class LoanPosition(Wire):
    """All crypto loans of the account.

    Attributes:
        col_res: how near the platform is to its limit of this collateral; ``0`` far, ``1`` near, ``2``
            reached, ``-1`` unknown.
    """

    borrow_list: list[LoanDebt] = msgspec.field(default_factory=list)
    collateral_list: list[LoanAsset] = msgspec.field(default_factory=list)
    ltv: Decimal | None = None
    supply_list: list[LoanAsset] = msgspec.field(default_factory=list)
    total_collateral: Decimal | None = None
    total_debt: Decimal | None = None
    total_supply: Decimal | None = None
    col_res: Literal["-1", "0", "1", "2"] | None = None
