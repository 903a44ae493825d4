"""Orders and contracts of fixed-rate loans."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Number, Wire


class LoanQuote(Wire):
    """What the market offers for one term.

    Attributes:
        term: days.
    """

    order_currency: str | None = None
    term: int | None = None
    annual_rate: Decimal | None = None
    qty: Decimal | None = None


class LoanOrderId(Wire):
    """The id of an order."""

    order_id: int | str | None = None


class CollateralAmount(Part):
    """A coin and the amount of it that is pledged."""

    currency: str | None = None
    amount: Number | None = None


class BorrowContract(Wire):
    """A loan.

    Attributes:
        status: 1 unrepaid, 2 repaid, 3 overdue.
        term: days.
    """

    loan_id: str
    order_id: str
    annual_rate: Decimal | None = None
    auto_repay: bool | None = None
    borrow_currency: str | None = None
    borrow_time: int | None = None
    interest_paid: Decimal | None = None
    repayment_time: int | None = None
    residual_penalty_interest: Decimal | None = None
    residual_principal: Decimal | None = None
    status: Literal[1, 2, 3] | None = None
    term: int | None = None
    repay_type: Literal["1", "2", "0"] | None = None


class SupplyContract(Wire):
    """A loan given.

    Attributes:
        status: 1 running, 2 redeemed.
        term: days.
    """

    order_id: str
    annual_rate: Decimal | None = None
    supply_currency: str | None = None
    supply_time: int | None = None
    supply_amount: Decimal | None = None
    interest_paid: Decimal | None = None
    supply_id: str | None = None
    redemption_time: int | None = None
    penalty_interest: Decimal | None = None
    actual_redemption_time: int | None = None
    status: Literal[1, 2] | None = None
    term: int | None = None
    interest: Decimal | None = None


class BorrowOrder(Wire):
    """An order for a loan.

    Attributes:
        state: 1 matching, 2 partly filled and cancelled, 3 filled, 4 cancelled, 5 failed.
        term: days.
    """

    order_id: int
    annual_rate: Decimal | None = None
    order_time: int | None = None
    filled_qty: Decimal | None = None
    order_qty: Decimal | None = None
    order_currency: str | None = None
    state: Literal[1, 2, 3, 4, 5] | None = None
    term: int | None = None
    repay_type: Literal["1", "2", "0"] | None = None


class SupplyOrder(Wire):
    """An order to lend.

    Attributes:
        state: 1 matching, 2 partly filled and cancelled, 3 filled, 4 cancelled, 5 failed.
        term: days.
    """

    order_id: int
    annual_rate: Decimal | None = None
    order_time: int | None = None
    filled_qty: Decimal | None = None
    order_qty: Decimal | None = None
    order_currency: str | None = None
    state: Literal[1, 2, 3, 4, 5] | None = None
    term: int | None = None


class LoanRenewal(Wire):
    """A renewal."""

    order_id: int
    loan_id: str
    borrow_currency: str | None = None
    amount: Decimal | None = None
    auto_repay: Literal[1, 2, 0] | None = None
    contract_no: str | None = None
    due_time: int | None = None
    renew_loan_no: str | None = None
    time: int | None = None


class LoanRepaymentId(Wire):
    """The id of a repayment."""

    repay_id: str | None = None


class RepaymentPart(Wire):
    """The part of a repayment that went to one loan."""

    loan_id: str
    loan_currency: str | None = None
    repay_amount: Decimal | None = None


class FixedRepayment(Wire):
    """A repayment.

    Attributes:
        repay_status: 1 done, 2 processing, 3 failed.
        repay_type: 1 by the user, 2 by liquidation, 3 automatic, 4 overdue, 5 by delisting, 6 by delayed
            liquidation, 7 by currency, 8 turned into a flexible loan.
    """

    details: list[RepaymentPart] = msgspec.field(default_factory=list)
    loan_currency: str | None = None
    repay_amount: Decimal | None = None
    repay_id: str | None = None
    repay_status: Literal[1, 2, 3] | None = None
    repay_time: int | None = None
    repay_type: Literal[1, 2, 3, 4, 5, 6, 7, 8] | None = None
