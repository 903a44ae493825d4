"""Fixed-rate loans for spot margin trading."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.wire import Wire


class FixedInventory(Wire):
    """What can be borrowed at a fixed rate.

    Attributes:
        update_time: seconds.
    """

    currency: str
    term: int | None = None
    annual_rate: Decimal | None = None
    available_inventory: Decimal | None = None
    update_time: int | None = None


class FixedBorrowAck(Wire):
    """A borrow order that was accepted."""

    order_id: str


class FixedBorrowContract(Wire):
    """A fixed-rate loan.

    Attributes:
        status: 1 unrepaid, 2 repaid, 3 overdue.
        term: days.
    """

    loan_id: str
    order_id: str
    annual_rate: Decimal | None = None
    borrow_currency: str | None = None
    borrow_time: int | None = None
    interest_paid: Decimal | None = None
    repayment_time: int | None = None
    residual_penalty_interest: Decimal | None = None
    residual_principal: Decimal | None = None
    status: Literal[1, 2, 3] | None = None
    term: int | None = None
    repay_type: Literal["1", "2", "0"] | None = None
    strategy_type: Literal["PARTIAL", "FULL"] | None = None


class FixedBorrowOrder(Wire):
    """An order for a fixed-rate loan.

    Attributes:
        state: 1 matching, 2 partly filled and cancelled, 3 filled, 4 cancelled, 5 failed.
        term: days.
    """

    order_id: str
    annual_rate: Decimal | None = None
    order_time: int | None = None
    filled_qty: Decimal | None = None
    order_qty: Decimal | None = None
    order_currency: str | None = None
    state: Literal[1, 2, 3, 4, 5] | None = None
    term: int | None = None
    repay_type: Literal["1", "2"] | None = None
    strategy_type: Literal["PARTIAL", "FULL"] | None = None


class FixedBorrowQuote(Wire):
    """What the market offers for one term.

    Attributes:
        term: days.
    """

    order_currency: str | None = None
    term: int | None = None
    annual_rate: Decimal | None = None
    qty: Decimal | None = None
