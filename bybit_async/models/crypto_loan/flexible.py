"""Debts and repayments of flexible loans."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.wire import Wire


class FlexibleDebt(Wire):
    """What is owed in one coin."""

    hourly_interest_rate: Decimal | None = None
    loan_currency: str | None = None
    total_debt: Decimal | None = None
    unpaid_amount: Decimal | None = None
    unpaid_interest: Decimal | None = None


class FlexibleBorrow(Wire):
    """A loan.

    Attributes:
        status: 1 done, 2 processing, 3 failed.
    """

    order_id: str
    borrow_time: int | None = None
    initial_loan_amount: Decimal | None = None
    loan_currency: str | None = None
    status: Literal[1, 2, 3] | None = None


class FlexibleRepayment(Wire):
    """A repayment.

    Attributes:
        repay_status: 1 done, 2 processing, 3 failed.
        repay_type: 1 by the user, 2 by liquidation, 5 by delisting, 6 by delayed liquidation, 7 by currency.
    """

    loan_currency: str | None = None
    repay_amount: Decimal | None = None
    repay_id: str | None = None
    repay_status: Literal[1, 2, 3] | None = None
    repay_time: int | None = None
    repay_type: Literal[1, 2, 5, 6, 7] | None = None
