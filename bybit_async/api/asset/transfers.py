"""Transfers between the account types of one user, and between users of one master account."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.models import asset as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Page, Rows, Time, none_or_milliseconds, plain

CREATE_INTERNAL_TRANSFER = post("/v5/asset/transfer/inter-transfer", "asset.create_internal_transfer", m.TransferAck)
GET_INTERNAL_TRANSFER_RECORDS = get(
    "/v5/asset/transfer/query-inter-transfer-list", "asset.get_internal_transfer_records", Page[m.InternalTransfer]
)
GET_SUB_UID = get("/v5/asset/transfer/query-sub-member-list", "asset.get_sub_uid", m.TransferSubMembers)
GET_TRANSFERABLE_COIN = get("/v5/asset/transfer/query-transfer-coin-list", "asset.get_transferable_coin", Rows[str])
ENABLE_UNIVERSAL_TRANSFER_FOR_SUB_UID = post(
    "/v5/asset/transfer/save-transfer-sub-member",
    "asset.enable_universal_transfer_for_sub_uid",
    Nothing,
    deprecated="Asset.create_universal_transfer, which needs no activation any more",
)
CREATE_UNIVERSAL_TRANSFER = post(
    "/v5/asset/transfer/universal-transfer", "asset.create_universal_transfer", m.TransferAck
)
GET_UNIVERSAL_TRANSFER_RECORDS = get(
    "/v5/asset/transfer/query-universal-transfer-list",
    "asset.get_universal_transfer_records",
    Page[m.UniversalTransfer],
)


class Transfers(Resource):
    """The transfers part of `Asset`."""

    __slots__ = ()

    async def create_internal_transfer(
        self,
        *,
        transfer_id: str,
        coin: str,
        amount: Number,
        from_account_type: str,
        to_account_type: str,
        timeout: float | None = None,
    ) -> m.TransferAck:
        """Move a coin between two account types of the same user.

        `transfer_id` is a UUID of your own; reuse it when repeating a lost call.
        `POST /v5/asset/transfer/inter-transfer`.
        """
        return await self._call(
            CREATE_INTERNAL_TRANSFER, timeout, transfer_id=transfer_id, coin=coin, amount=plain(amount, "amount"),
            from_account_type=from_account_type, to_account_type=to_account_type,
        )  # fmt: skip

    def get_internal_transfer_records(
        self,
        *,
        transfer_id: str | None = None,
        coin: str | None = None,
        status: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.InternalTransfer], m.InternalTransfer]:
        """Transfers between account types of the user, newest first.

        `limit` is 1 to 50 (20 when left out), a span at most 7 days.
        `GET /v5/asset/transfer/query-inter-transfer-list`.
        """
        return self._pages(
            GET_INTERNAL_TRANSFER_RECORDS, timeout, transfer_id=transfer_id, coin=coin, status=status,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    async def get_sub_uid(self, *, timeout: float | None = None) -> m.TransferSubMembers:
        """The ids of all sub accounts, and of those that may use universal transfers.

        `GET /v5/asset/transfer/query-sub-member-list`.
        """
        return await self._call(GET_SUB_UID, timeout)

    async def get_transferable_coin(
        self, *, from_account_type: str, to_account_type: str, timeout: float | None = None
    ) -> Rows[str]:
        """Coins that can be transferred between two account types.

        `GET /v5/asset/transfer/query-transfer-coin-list`.
        """
        return await self._call(
            GET_TRANSFERABLE_COIN, timeout, from_account_type=from_account_type, to_account_type=to_account_type,
        )  # fmt: skip

    @deprecated("Use Asset.create_universal_transfer, which needs no activation any more.")
    async def enable_universal_transfer_for_sub_uid(
        self, *, sub_member_ids: list[str], timeout: float | None = None
    ) -> Nothing:
        """Allow sub accounts to use universal transfers.

        The list has a single item with the ids comma-separated. `POST /v5/asset/transfer/save-transfer-sub-member`.
        """
        return await self._call(
            ENABLE_UNIVERSAL_TRANSFER_FOR_SUB_UID, timeout, sub_member_ids=sub_member_ids,
        )  # fmt: skip

    async def create_universal_transfer(
        self,
        *,
        transfer_id: str,
        coin: str,
        amount: Number,
        from_member_id: int,
        to_member_id: int,
        from_account_type: str,
        to_account_type: str,
        timeout: float | None = None,
    ) -> m.TransferAck:
        """Move a coin between two users of one master account.

        `transfer_id` is a UUID of your own; reuse it when repeating a lost call.
        `POST /v5/asset/transfer/universal-transfer`.
        """
        return await self._call(
            CREATE_UNIVERSAL_TRANSFER, timeout, transfer_id=transfer_id, coin=coin, amount=plain(amount, "amount"),
            from_member_id=from_member_id, to_member_id=to_member_id, from_account_type=from_account_type,
            to_account_type=to_account_type,
        )  # fmt: skip

    def get_universal_transfer_records(
        self,
        *,
        transfer_id: str | None = None,
        coin: str | None = None,
        status: Literal["SUCCESS", "FAILED", "PENDING"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.UniversalTransfer], m.UniversalTransfer]:
        """Transfers between users of the master account, newest first.

        `limit` is 1 to 50 (20 when left out), a span at most 7 days.
        `GET /v5/asset/transfer/query-universal-transfer-list`.
        """
        return self._pages(
            GET_UNIVERSAL_TRANSFER_RECORDS, timeout, transfer_id=transfer_id, coin=coin, status=status,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip
