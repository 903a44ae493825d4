"""Deposit addresses and what was deposited."""

from __future__ import annotations

from typing import Any

from bybit_async.api.resource import Resource
from bybit_async.models import asset as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Time, none_or_milliseconds

SET_DEPOSIT_ACCOUNT = post("/v5/asset/deposit/deposit-to-account", "asset.set_deposit_account", m.DepositAccountStatus)
GET_MASTER_DEPOSIT_ADDRESS = get(
    "/v5/asset/deposit/query-address", "asset.get_master_deposit_address", m.DepositAddresses
)
GET_INTERNAL_DEPOSIT_RECORDS = get(
    "/v5/asset/deposit/query-internal-record", "asset.get_internal_deposit_records", m.InternalDepositPage
)
GET_DEPOSIT_RECORDS = get("/v5/asset/deposit/query-record", "asset.get_deposit_records", m.DepositPage)
GET_SUB_DEPOSIT_ADDRESS = get(
    "/v5/asset/deposit/query-sub-member-address", "asset.get_sub_deposit_address", m.SubDepositAddress
)
GET_SUB_DEPOSIT_RECORDS = get(
    "/v5/asset/deposit/query-sub-member-record", "asset.get_sub_deposit_records", m.DepositPage
)
SUBMIT_DEPOSIT_ORIGINATOR_INFO = post(
    "/v5/asset/travel-rule/deposit/submit", "asset.submit_deposit_originator_info", m.TravelRuleStatus
)


class Deposits(Resource):
    """The deposits part of `Asset`."""

    __slots__ = ()

    async def set_deposit_account(self, *, account_type: str, timeout: float | None = None) -> m.DepositAccountStatus:
        """Choose the account type that new deposits are credited to. `POST /v5/asset/deposit/deposit-to-account`."""
        return await self._call(SET_DEPOSIT_ACCOUNT, timeout, account_type=account_type)

    async def get_master_deposit_address(
        self, *, coin: str, chain_type: str | None = None, timeout: float | None = None
    ) -> m.DepositAddresses:
        """The master account's deposit addresses of a coin; `chain_type` takes the `chain` of `get_coin_info`.

        `GET /v5/asset/deposit/query-address`.
        """
        return await self._call(
            GET_MASTER_DEPOSIT_ADDRESS, timeout, coin=coin, chain_type=chain_type,
        )  # fmt: skip

    def get_internal_deposit_records(
        self,
        *,
        tx_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        coin: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pager[m.InternalDepositPage, m.InternalDeposit]:
        """Deposits that came from other Bybit users, newest first; `limit` is 1 to 50, a span at most 30 days.

        `GET /v5/asset/deposit/query-internal-record`.
        """
        return self._pages(
            GET_INTERNAL_DEPOSIT_RECORDS, timeout, tx_id=tx_id, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), coin=coin, cursor=cursor, limit=limit,
        )  # fmt: skip

    def get_deposit_records(
        self,
        *,
        id: str | None = None,
        tx_id: str | None = None,
        coin: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.DepositPage, m.Deposit]:
        """On-chain deposits, newest first; `limit` is 1 to 50, a span at most 30 days.

        `GET /v5/asset/deposit/query-record`.
        """
        return self._pages(
            GET_DEPOSIT_RECORDS, timeout, id=id, tx_id=tx_id, coin=coin,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    async def get_sub_deposit_address(
        self, *, coin: str, chain_type: str, sub_member_id: str, timeout: float | None = None
    ) -> m.SubDepositAddress:
        """A sub account's deposit address of a coin on one chain, asked for with the master key.

        `GET /v5/asset/deposit/query-sub-member-address`.
        """
        return await self._call(
            GET_SUB_DEPOSIT_ADDRESS, timeout, coin=coin, chain_type=chain_type, sub_member_id=sub_member_id,
        )  # fmt: skip

    def get_sub_deposit_records(
        self,
        *,
        sub_member_id: str,
        id: str | None = None,
        tx_id: str | None = None,
        coin: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.DepositPage, m.Deposit]:
        """On-chain deposits of a sub account, newest first; `limit` is 1 to 50, a span at most 30 days.

        `GET /v5/asset/deposit/query-sub-member-record`.
        """
        return self._pages(
            GET_SUB_DEPOSIT_RECORDS, timeout, sub_member_id=sub_member_id, id=id, tx_id=tx_id, coin=coin,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    async def submit_deposit_originator_info(
        self,
        *,
        deposit_id: int,
        questionnaire: str,
        sub_account_id: int | None = None,
        timeout: float | None = None,
    ) -> m.TravelRuleStatus:
        """Tell Bybit who sent a deposit that waits for travel-rule information.

        `questionnaire` is a JSON text of at most 16384 bytes whose fields depend on the country; `sub_account_id` is
        for brokers. `POST /v5/asset/travel-rule/deposit/submit`.
        """
        # The only endpoint of this domain whose names are snake_case on the wire, so they pass as they are.
        body: dict[str, Any] = {"deposit_id": deposit_id, "questionnaire": questionnaire}
        if sub_account_id is not None:
            body["sub_account_id"] = sub_account_id
        response = await self._caller.call(SUBMIT_DEPOSIT_ORIGINATOR_INFO, body, timeout=timeout)
        return response.result
