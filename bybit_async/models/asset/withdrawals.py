"""Withdrawals, their receivers and the address book."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Page, Rows, Wire


class WithdrawalCancellation(Wire):
    """Whether a withdrawal was cancelled.

    Attributes:
        status: 1 cancelled, 0 not.
    """

    status: Literal[0, 1] | None = None


class WithdrawalAck(Wire):
    """A withdrawal that was accepted."""

    id: str


class Beneficiary(Part):
    """Who receives a withdrawal, as the travel rule of some countries asks for."""

    beneficiary_transaction_purpose: str | None = None
    beneficiary_representative_first_name: str | None = None
    beneficiary_representative_last_name: str | None = None
    vasp_entity_id: str | None = None
    beneficiary_name: str | None = None
    beneficiary_legal_type: str | None = None
    beneficiary_wallet_type: str | None = None
    beneficiary_unhosted_wallet_type: str | None = None
    beneficiary_poi_number: str | None = None
    beneficiary_poi_type: str | None = None
    beneficiary_poi_issuing_country: str | None = None
    beneficiary_poi_expired_date: str | None = None
    beneficiary_address_country: str | None = None
    beneficiary_address_state: str | None = None
    beneficiary_address_city: str | None = None
    beneficiary_address_building: str | None = None
    beneficiary_address_street: str | None = None
    beneficiary_address_postal_code: str | None = None
    beneficiary_date_of_birth: str | None = None
    beneficiary_place_of_birth: str | None = None


class WithdrawalAddress(Wire):
    """An entry of the address book.

    Attributes:
        status: 0 normal, 1 still locked for 24 hours.
        created_at: seconds.
    """

    coin: str
    chain: str | None = None
    address: str | None = None
    tag: str | None = None
    remark: str | None = None
    status: Literal[0, 1] | None = None
    address_type: Literal[0, 1, 2] | None = None
    verified: Literal[0, 1] | None = None
    create_at: int | None = None
    created_at: int | None = None


class WithdrawalAddressPage(Page[WithdrawalAddress]):
    """A page of the address book."""

    rows: list[WithdrawalAddress] = msgspec.field(default_factory=list, name="rows")


class Withdrawal(Wire):
    """A withdrawal.

    Attributes:
        withdraw_type: 0 on-chain, 1 internal.
    """

    coin: str
    tx_id: str | None = None
    chain: str | None = None
    amount: Decimal | None = None
    withdraw_fee: Decimal | None = None
    status: str | None = None
    to_address: str | None = None
    tag: str | None = None
    create_time: int | None = None
    update_time: int | None = None
    withdraw_id: str | None = msgspec.field(default=None, name="withdrawId")
    withdraw_type: Literal[0, 1] | None = None
    tax: Decimal | None = None
    tax_rate: Decimal | None = None
    tax_type: str | None = None
    fee: Decimal | None = None


class WithdrawalPage(Page[Withdrawal]):
    """A page of withdrawals."""

    rows: list[Withdrawal] = msgspec.field(default_factory=list, name="rows")


class ExchangeEntity(Wire):
    """An exchange that receives withdrawals."""

    vasp_entity_id: str | None = None
    vasp_name: str | None = None


class ExchangeEntities(Rows[ExchangeEntity]):
    """Exchanges known to Bybit."""

    rows: list[ExchangeEntity] = msgspec.field(default_factory=list, name="vasp")
