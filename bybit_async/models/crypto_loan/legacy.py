"""What the first generation of crypto loans answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Rows, Wire


class LegacyCollateralCoin(Wire):
    """A coin that serves as collateral."""

    collateral_accuracy: int | None = None
    initial_ltv: Decimal | None = None
    margin_call_ltv: Decimal | None = None
    liquidation_ltv: Decimal | None = None
    max_limit: Decimal | None = None
    currency: str | None = None


class LegacyVipCollateral(Rows[LegacyCollateralCoin]):
    """The coins of one VIP level."""

    vip_level: str | None = None


class LegacyCollateralCoins(Rows[LegacyVipCollateral]):
    """Coins that serve as collateral."""

    rows: list[LegacyVipCollateral] = msgspec.field(default_factory=list, name="vipCoinList")


class LegacyBorrowableCoin(Wire):
    """A coin that can be borrowed; rates are None where a term is not offered."""

    currency: str
    borrowing_accuracy: int | None = None
    flexible_hourly_interest_rate: Decimal | None = None
    hourly_interest_rate_7d: Decimal | None = msgspec.field(default=None, name="hourlyInterestRate7D")
    hourly_interest_rate_14d: Decimal | None = msgspec.field(default=None, name="hourlyInterestRate14D")
    hourly_interest_rate_30d: Decimal | None = msgspec.field(default=None, name="hourlyInterestRate30D")
    hourly_interest_rate_90d: Decimal | None = msgspec.field(default=None, name="hourlyInterestRate90D")
    hourly_interest_rate_180d: Decimal | None = msgspec.field(default=None, name="hourlyInterestRate180D")
    max_borrowing_amount: Decimal | None = None
    min_borrowing_amount: Decimal | None = None


class LegacyVipBorrowable(Rows[LegacyBorrowableCoin]):
    """The coins of one VIP level."""

    vip_level: str | None = None


class LegacyBorrowableCoins(Rows[LegacyVipBorrowable]):
    """Coins that can be borrowed."""

    rows: list[LegacyVipBorrowable] = msgspec.field(default_factory=list, name="vipCoinList")


class LegacyLoanLimits(Wire):
    """How much can be borrowed and pledged."""

    collateral_currency: str | None = None
    loan_currency: str | None = None
    max_collateral_amount: Decimal | None = None
    max_loan_amount: Decimal | None = None
    min_collateral_amount: Decimal | None = None
    min_loan_amount: Decimal | None = None


class LegacyLoan(Wire):
    """A loan that is not repaid.

    Attributes:
        loan_term: days; None for a flexible loan.
    """

    order_id: str
    collateral_amount: Decimal | None = None
    collateral_currency: str | None = None
    current_ltv: Decimal | None = None
    expiration_time: int | None = None
    hourly_interest_rate: Decimal | None = None
    loan_currency: str | None = None
    loan_term: int | None = None
    residual_interest: Decimal | None = None
    residual_penalty_interest: Decimal | None = None
    total_debt: Decimal | None = None


class LegacyRepayment(Wire):
    """A repayment.

    Attributes:
        repay_status: 1 done, 2 processing.
        repay_type: ``1`` by the user, ``2`` by liquidation.
    """

    order_id: str
    collateral_currency: str | None = None
    collateral_return: Decimal | None = None
    loan_currency: str | None = None
    loan_term: int | None = None
    repay_amount: Decimal | None = None
    repay_id: str | None = None
    repay_status: Literal[1, 2] | None = None
    repay_time: int | None = None
    repay_type: Literal["1", "2"] | None = None


class LegacyCompletedLoan(Wire):
    """A loan that is repaid.

    Attributes:
        status: 1 by the user, 2 by liquidation.
    """

    order_id: str
    borrow_time: int | None = None
    collateral_currency: str | None = None
    expiration_time: int | None = None
    hourly_interest_rate: Decimal | None = None
    initial_collateral_amount: Decimal | None = None
    initial_loan_amount: Decimal | None = None
    loan_currency: str | None = None
    loan_term: int | None = None
    repaid_interest: Decimal | None = None
    repaid_penalty_interest: Decimal | None = None
    status: Literal[1, 2] | None = None


class LegacyAdjustmentAck(Wire):
    """The id of an adjustment."""

    adjust_id: str | None = None


class LegacyAdjustment(Wire):
    """A change of the collateral.

    Attributes:
        direction: 0 added, 1 taken out.
    """

    order_id: str
    collateral_currency: str | None = None
    adjust_id: str | None = None
    adjust_time: int | None = None
    pre_ltv: Decimal | None = None
    after_ltv: Decimal | None = None
    direction: Literal[0, 1] | None = None
    amount: Decimal | None = None
