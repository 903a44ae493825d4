"""Transfers between account types and users."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Wire


class TransferAck(Wire):
    """A transfer that was accepted."""

    transfer_id: str
    status: Literal["STATUS_UNKNOWN", "SUCCESS", "PENDING", "FAILED"] | None = None


class InternalTransfer(Wire):
    """A transfer between two account types."""

    transfer_id: str
    coin: str
    amount: Decimal | None = None
    from_account_type: str | None = None
    to_account_type: str | None = None
    timestamp: int | None = None
    status: str | None = None


class TransferSubMembers(Wire):
    """The sub accounts of a master account."""

    sub_member_ids: list[str] = msgspec.field(default_factory=list)
    transferable_sub_member_ids: list[str] = msgspec.field(default_factory=list)


class UniversalTransfer(Wire):
    """A transfer between two users of one master account."""

    transfer_id: str
    coin: str
    amount: Decimal | None = None
    from_member_id: str | None = None
    to_member_id: str | None = None
    from_account_type: str | None = None
    to_account_type: str | None = None
    timestamp: int | None = None
    status: str | None = None
