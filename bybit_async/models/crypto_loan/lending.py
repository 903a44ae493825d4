"""What C2C lending answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.wire import Wire


class LendingCoin(Wire):
    """A coin that could be lent."""

    coin: str
    max_redeem_qty: Decimal | None = None
    min_purchase_qty: Decimal | None = None
    precision: int | None = None
    rate: Decimal | None = None
    loan_to_pool_ratio: Decimal | None = None
    actual_apy: Decimal | None = None


class LendingAccount(Wire):
    """What is lent of a coin."""

    coin: str
    principal_interest: Decimal | None = None
    principal_qty: Decimal | None = None
    principal_total: Decimal | None = None
    quantity: Decimal | None = None


class LendingOrder(Wire):
    """A deposit or redemption.

    Attributes:
        status: ``0`` initial, ``1`` processing, ``2`` done, ``10`` failed, ``11`` cancelled.
    """

    coin: str
    order_id: str
    created_time: int | None = None
    quantity: Decimal | None = None
    serial_no: str | None = None
    status: Literal["0", "1", "2", "10", "11"] | None = None
    updated_time: int | None = None
    principal_qty: Decimal | None = None
    order_type: str | None = None


class LendingCancellation(Wire):
    """A redemption that was cancelled."""

    order_id: str
    serial_no: str | None = None
    updated_time: int | None = None
