"""Rates, tiers and limits of spot margin trading."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Rows, Wire


class SpotMarginCoin(Wire):
    """The spot leverage of one coin."""

    currency: str
    spot_leverage: Decimal | None = None


class CollateralTier(Wire):
    """One collateral tier.

    Attributes:
        max_qty: None for the last tier.
    """

    max_qty: Decimal | None = None
    min_qty: Decimal | None = None
    collateral_ratio: Decimal | None = None


class CollateralRatios(Wire):
    """The collateral tiers of one coin."""

    currency: str
    collateral_ratio_list: list[CollateralTier] = msgspec.field(default_factory=list)


class BorrowableCurrency(Wire):
    """The borrowing limits of one coin."""

    currency: str
    flexible_manual_borrowable: bool | None = None
    min_flexible_manual_borrow_qty: Decimal | None = None
    flexible_manual_borrow_accuracy: int | None = None
    fixed_manual_borrowable: bool | None = None
    min_fixed_manual_borrow_qty: Decimal | None = None
    fixed_manual_borrow_accuracy: int | None = None
    fixed_interest_rate_accuracy: int | None = None
    min_fixed_interest_rate: Decimal | None = None
    max_fixed_interest_rate: Decimal | None = None


class VipMarginCoin(Wire):
    """The rate and limit of one coin."""

    currency: str
    borrowable: bool | None = None
    collateral_ratio: Decimal | None = None
    hourly_borrow_rate: Decimal | None = None
    liquidation_order: int | None = None
    margin_collateral: bool | None = None
    max_borrowing_amount: Decimal | None = None


class VipMarginCoins(Rows[VipMarginCoin]):
    """The coins of one VIP level."""

    vip_level: str | None = None


class VipMarginData(Rows[VipMarginCoins]):
    """Borrow rates and limits."""

    rows: list[VipMarginCoins] = msgspec.field(default_factory=list, name="vipCoinList")


class FlexibleInventory(Wire):
    """What is left to borrow of a coin."""

    currency: str
    available_inventory: Decimal | None = None
    update_time: int | None = None


class AutoRepayMode(Wire):
    """The repay mode of one coin.

    Attributes:
        auto_repay_mode: ``1`` on, ``0`` off.
    """

    currency: str
    auto_repay_mode: Literal["1", "0"] | None = None


class AutoRepayModes(Rows[AutoRepayMode]):
    """The repay mode of each coin."""

    rows: list[AutoRepayMode] = msgspec.field(default_factory=list, name="data")


class HourlyBorrowRate(Wire):
    """The borrow rate of one hour."""

    currency: str
    timestamp: int | None = None
    hourly_borrow_rate: Decimal | None = None
    vip_level: str | None = None


class Liability(Wire):
    """What the account owes in one coin."""

    currency: str
    total_borrow_amount: Decimal | None = None
    fixed_borrow_amount: Decimal | None = None
    flexible_borrow_amount: Decimal | None = None
    spot_total_borrow: Decimal | None = None
    derivatives_borrow: Decimal | None = None


class MaxBorrowable(Wire):
    """The most that can be borrowed of a coin."""

    currency: str
    max_loan: Decimal | None = None


class PositionTier(Wire):
    """One loan tier."""

    tier: int | None = None
    borrow_limit: Decimal | None = None
    position_mmr: Decimal | None = None
    position_imr: Decimal | None = None
    max_leverage: Decimal | None = None


class PositionTiers(Wire):
    """The loan tiers of one coin."""

    currency: str
    position_tiers_ratio_list: list[PositionTier] = msgspec.field(default_factory=list)


class RepayableAmount(Wire):
    """What can be repaid without selling anything."""

    currency: str
    loss_less_repayment_amount: Decimal | None = None


class SpotMarginState(Wire):
    """The account's margin trading.

    Attributes:
        spot_margin_mode: ``1`` on, ``0`` off.
        spot_leverage: None when off.
    """

    spot_leverage: Decimal | None = None
    spot_margin_mode: Literal["1", "0"] | None = None
    effective_leverage: Decimal | None = None


class SpotMarginMode(Wire):
    """The margin trading switch.

    Attributes:
        spot_margin_mode: ``1`` on, ``0`` off.
    """

    spot_margin_mode: Literal["1", "0"] | None = None
