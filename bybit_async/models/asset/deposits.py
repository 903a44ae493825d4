"""Deposit addresses and deposits."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Page, Rows, Wire


class DepositAccountStatus(Wire):
    """Whether the setting was accepted.

    Attributes:
        status: 1 accepted, 0 refused.
    """

    status: Literal[1, 0] | None = None


class DepositAddress(Wire):
    """A deposit address on one chain.

    Attributes:
        batch_release_limit: -1 without a limit.
    """

    chain_type: str | None = None
    address_deposit: str | None = None
    tag_deposit: str | None = None
    chain: str | None = None
    batch_release_limit: Decimal | None = None
    contract_address: str | None = None


class DepositAddresses(Rows[DepositAddress]):
    """The deposit addresses of one coin."""

    coin: str
    rows: list[DepositAddress] = msgspec.field(default_factory=list, name="chains")


class InternalDeposit(Wire):
    """A deposit from another Bybit user.

    Attributes:
        status: 1 processing, 2 done, 3 failed.
        address: e-mail address or phone number of the sender.
    """

    id: str | None = None
    type: int | None = None
    coin: str | None = None
    amount: Decimal | None = None
    status: int | None = None
    address: str | None = None
    created_time: int | None = None
    from_member_id: str | None = None
    tx_id: str | None = None
    compliance_status: int | None = None
    tax_deposit_records_id: str | None = None
    tax_status: int | None = None


class InternalDepositPage(Page[InternalDeposit]):
    """A page of internal deposits."""

    rows: list[InternalDeposit] = msgspec.field(default_factory=list, name="rows")


class Deposit(Wire):
    """An on-chain deposit.

    Attributes:
        status: 1 to be confirmed, 2 processing, 3 done, 4 failed, 7 rolling back, 70011 to 70013 rolled back
            or under review, 10011 and 10012 on the way into the funding pool.
        deposit_type: ``0`` normal, ``10`` daily limit reached, ``20`` documents are asked for, ``50``
            blocked.
        batch_release_limit: -1 without a limit.
    """

    coin: str | None = None
    chain: str | None = None
    amount: Decimal | None = None
    tx_id: str | None = None
    status: int | None = None
    to_address: str | None = None
    tag: str | None = None
    deposit_fee: Decimal | None = None
    success_at: int | None = None
    confirmations: int | None = None
    tx_index: int | None = None
    block_hash: str | None = None
    batch_release_limit: Decimal | None = None
    deposit_type: str | None = None
    from_address: str | None = None
    tax_deposit_records_id: str | None = None
    tax_status: int | None = None
    id: str | None = None


class DepositPage(Page[Deposit]):
    """A page of on-chain deposits."""

    rows: list[Deposit] = msgspec.field(default_factory=list, name="rows")


class SubDepositAddress(Wire):
    """The deposit address of a sub account."""

    coin: str
    chains: DepositAddress | None = None


class TravelRuleStatus(Wire):
    """Where the review of a deposit stands.

    Attributes:
        travel_rule_status: 0 approved, 1 more information is needed, 2 under review, 3 refused.
    """

    travel_rule_status: int | None = msgspec.field(default=None, name="travel_rule_status")
