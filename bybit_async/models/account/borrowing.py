"""Borrowing, repaying, and what secures it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Page, Rows, Wire

OnOff = Literal["ON", "OFF"]


class BorrowRecord(Wire):
    """One hour's interest on a borrowed currency; the time is in milliseconds.

    Attributes:
        borrow_cost: the interest.
        interest_bearing_borrow_size: the part of the loan that bears interest.
        free_borrowed_amount: the part that does not.
    """

    currency: str
    created_time: int | None = None
    borrow_cost: Decimal | None = None
    hourly_borrow_rate: Decimal | None = None
    interest_bearing_borrow_size: Decimal | None = msgspec.field(default=None, name="InterestBearingBorrowSize")
    cost_exemption: Decimal | None = None
    borrow_amount: Decimal | None = None
    unrealised_loss: Decimal | None = None
    free_borrowed_amount: Decimal | None = None


class BorrowRecordPage(Page[BorrowRecord]):
    """One page of interest records, newest first."""


class Borrowed(Wire):
    """What was borrowed."""

    coin: str
    amount: Decimal | None = None


class RepaymentStatus(Wire):
    """How a repayment goes: ``P`` in progress, ``SU`` done, ``FA`` failed."""

    result_status: Literal["P", "SU", "FA"] | None = None


class Repayment(Wire):
    """A coin that was used to repay."""

    coin: str
    repayment_qty: Decimal | None = None


class Repayments(Rows[Repayment]):
    """The coins that were used to repay."""


class Collateral(Wire):
    """A currency as collateral and as something to borrow.

    Attributes:
        hourly_borrow_rate: as a fraction.
        max_borrowing_amount: shared by the master account and its subaccounts.
        free_borrowing_limit: how much may be borrowed without interest.
        free_borrow_amount: how much of the loan bears no interest.
        other_borrow_amount: owed by the other accounts of the same master.
        available_to_borrow: shared by the master account and its subaccounts.
        borrow_usage_rate: borrowed over the maximum, as a fraction.
        margin_collateral: whether Bybit takes the currency as collateral.
        collateral_switch: whether the user lends it as collateral.
        collateral_ratio: superseded by tiered ratios.
        free_borrowing_amount: superseded by `free_borrowing_limit`.
    """

    currency: str
    hourly_borrow_rate: Decimal | None = None
    max_borrowing_amount: Decimal | None = None
    free_borrowing_limit: Decimal | None = None
    free_borrow_amount: Decimal | None = None
    borrow_amount: Decimal | None = None
    other_borrow_amount: Decimal | None = None
    available_to_borrow: Decimal | None = None
    borrowable: bool | None = None
    borrow_usage_rate: Decimal | None = None
    margin_collateral: bool | None = None
    collateral_switch: bool | None = None
    collateral_ratio: Decimal | None = None
    free_borrowing_amount: Decimal | None = None


class Collaterals(Rows[Collateral]):
    """Currencies as collateral."""


class CollateralSwitch(Wire):
    """A coin and whether it is lent as collateral; sent and answered."""

    coin: str
    collateral_switch: OnOff


class CollateralSwitches(Rows[CollateralSwitch]):
    """Coins and whether they are lent as collateral."""


class PayCollateral(Wire):
    """A coin that can be used to repay.

    Attributes:
        available_value: in USD.
        coin_scale: digits after the point.
    """

    coin: str
    available_size: Decimal | None = None
    available_value: Decimal | None = None
    coin_scale: int | None = None
    borrow_size: Decimal | None = None
    spot_hedge_amount: Decimal | None = None
    asset_frozen: Decimal | None = None


class PayCollaterals(Wire):
    """The coins that can be used to repay."""

    collateral_list: list[PayCollateral] = msgspec.field(default_factory=list)


class PayBorrow(Wire):
    """What is owed of a coin; `borrow_value` is in USD."""

    coin: str | None = None
    borrow_size: Decimal | None = None
    borrow_value: Decimal | None = None
    asset_frozen: Decimal | None = None
    available_balance: Decimal | None = None


class PayInfo(Wire):
    """What is owed, and what it can be repaid with."""

    collateral_info: PayCollaterals | None = None
    borrow_info: PayBorrow | None = None
