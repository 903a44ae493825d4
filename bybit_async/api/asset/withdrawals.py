"""Withdrawals and the address book."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_wire
from bybit_async.models import asset as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Time, milliseconds, none_or_milliseconds, plain

CANCEL_WITHDRAWAL = post("/v5/asset/withdraw/cancel", "asset.cancel_withdrawal", m.WithdrawalCancellation)
WITHDRAW = post("/v5/asset/withdraw/create", "asset.withdraw", m.WithdrawalAck)
GET_WITHDRAWAL_ADDRESS_LIST = get(
    "/v5/asset/withdraw/query-address", "asset.get_withdrawal_address_list", m.WithdrawalAddressPage
)
GET_WITHDRAWAL_RECORDS = get("/v5/asset/withdraw/query-record", "asset.get_withdrawal_records", m.WithdrawalPage)
GET_EXCHANGE_ENTITY_LIST = get("/v5/asset/withdraw/vasp/list", "asset.get_exchange_entity_list", m.ExchangeEntities)


class Withdrawals(Resource):
    """The withdrawals part of `Asset`."""

    __slots__ = ()

    async def cancel_withdrawal(self, *, id: str, timeout: float | None = None) -> m.WithdrawalCancellation:
        """Cancel a withdrawal that has not been sent yet. `POST /v5/asset/withdraw/cancel`."""
        return await self._call(CANCEL_WITHDRAWAL, timeout, id=id)

    async def withdraw(
        self,
        *,
        coin: str,
        address: str,
        amount: Number,
        timestamp: Time,
        account_type: str,
        chain: str | None = None,
        tag: str | None = None,
        force_chain: Literal[0, 1, 2] | None = None,
        fee_type: Literal[0, 1] | None = None,
        request_id: str | None = None,
        transaction_purpose: str | None = None,
        questionnaire: str | None = None,
        beneficiary: m.Beneficiary | Fields | None = None,
        timeout: float | None = None,
    ) -> m.WithdrawalAck:
        """Withdraw a coin to a chain address or to another Bybit user.

        The address must be in the address book unless `force_chain` is 2 (a Bybit user id). `timestamp` is the current
        time in milliseconds and guards against replay; `request_id` makes a repetition safe. Only one withdrawal per
        chain and coin is accepted in ten seconds. `POST /v5/asset/withdraw/create`.
        """
        return await self._call(
            WITHDRAW, timeout, coin=coin, address=address, amount=plain(amount, "amount"),
            timestamp=milliseconds(timestamp, "timestamp"), account_type=account_type, chain=chain, tag=tag,
            force_chain=force_chain, fee_type=fee_type, request_id=request_id,
            transaction_purpose=transaction_purpose, questionnaire=questionnaire,
            beneficiary=none_or_wire(m.Beneficiary, beneficiary, "beneficiary"),
        )  # fmt: skip

    def get_withdrawal_address_list(
        self,
        *,
        coin: str | None = None,
        chain: str | None = None,
        address_type: Literal[0, 1, 2] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.WithdrawalAddressPage, m.WithdrawalAddress]:
        """The address book; `limit` is 1 to 50. `GET /v5/asset/withdraw/query-address`."""
        return self._pages(
            GET_WITHDRAWAL_ADDRESS_LIST, timeout, coin=coin, chain=chain, address_type=address_type, limit=limit,
            cursor=cursor,
        )  # fmt: skip

    def get_withdrawal_records(
        self,
        *,
        withdraw_id: str | None = None,
        tx_id: str | None = None,
        coin: str | None = None,
        withdraw_type: Literal[0, 1, 2] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.WithdrawalPage, m.Withdrawal]:
        """Withdrawals, newest first; `limit` is 1 to 50, a span at most 30 days.

        `withdraw_type` is 0 on-chain (when left out), 1 internal, 2 both. `GET /v5/asset/withdraw/query-record`.
        """
        return self._pages(
            GET_WITHDRAWAL_RECORDS, timeout, withdraw_id=withdraw_id, tx_id=tx_id, coin=coin,
            withdraw_type=withdraw_type, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_exchange_entity_list(self, *, timeout: float | None = None) -> m.ExchangeEntities:
        """Exchanges that a withdrawal may name as its receiver. `GET /v5/asset/withdraw/vasp/list`."""
        return await self._call(GET_EXCHANGE_ENTITY_LIST, timeout)
