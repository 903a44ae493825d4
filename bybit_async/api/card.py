"""The Bybit card: transactions, points and rewards."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.models import card as m
from bybit_async.transport.endpoint import post
from bybit_async.wire import Time, none_or_milliseconds

GET_ASSET_RECORDS = post(
    "/v5/card/transaction/query-asset-records", "card.get_asset_records", m.CardTransactions, write=False
)
GET_POINT_BALANCE = post("/v5/card/reward/points/balance", "card.get_point_balance", m.PointBalance, write=False)
GET_POINT_RECORDS = post("/v5/card/reward/points/records", "card.get_point_records", m.PointRecords, write=False)
GET_TIER_INFO = post("/v5/card/reward/points/tier", "card.get_tier_info", m.PointTier, write=False)
GET_CASHBACK_DETAIL = post("/v5/card/reward/point/cashback/detail", "card.get_cashback_detail", m.Cashback, write=False)
GET_MALL_ITEM_LIST = post("/v5/card/reward/mall/item/list", "card.get_mall_item_list", m.MallItems, write=False)


class Card(Resource):
    """Transactions, points and rewards of the Bybit card."""

    __slots__ = ()

    async def get_asset_records(
        self,
        *,
        status_code: Literal["0", "1", "2"] | None = None,
        limit: int | None = None,
        page: int | None = None,
        pan4: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        merch_name: str | None = None,
        type: Literal["SIDE_QUERY_AUTH", "SIDE_QUERY_FINANCIAL", "SIDE_QUERY_REFUND"] | None = None,
        txn_id: str | None = None,
        card_token: str | None = None,
        order_no: str | None = None,
        timeout: float | None = None,
    ) -> m.CardTransactions:
        """Card transactions by page number; `limit` is 1 to 500 (100 when left out).

        `POST /v5/card/transaction/query-asset-records`.
        """
        return await self._call(
            GET_ASSET_RECORDS, timeout, status_code=status_code, limit=limit, page=page, pan4=pan4,
            create_begin_time=none_or_milliseconds(start, "start"),
            create_end_time=none_or_milliseconds(end, "end"), merch_name=merch_name, type=type, txn_id=txn_id,
            card_token=card_token, order_no=order_no,
        )  # fmt: skip

    async def get_point_balance(self, *, timeout: float | None = None) -> m.PointBalance:
        """Points available and pending. `POST /v5/card/reward/points/balance`."""
        return await self._call(GET_POINT_BALANCE, timeout)

    async def get_point_records(
        self,
        *,
        type: str | None = None,
        page_size: int | None = None,
        page_no: int | None = None,
        start: Time | None = None,
        end: Time | None = None,
        out_order_id: str | None = None,
        biz_id: str | None = None,
        biz_txn_id: str | None = None,
        side: Literal["1", "2"] | None = None,
        timeout: float | None = None,
    ) -> m.PointRecords:
        """Points earned and spent, by page number; `side` is ``1`` earned, ``2`` spent.

        `POST /v5/card/reward/points/records`.
        """
        return await self._call(
            GET_POINT_RECORDS, timeout, type=type, page_size=page_size, page_no=page_no,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            out_order_id=out_order_id, biz_id=biz_id, biz_txn_id=biz_txn_id, side=side,
        )  # fmt: skip

    async def get_tier_info(self, *, timeout: float | None = None) -> m.PointTier:
        """The reward tier and how much of its limit is used. `POST /v5/card/reward/points/tier`."""
        return await self._call(GET_TIER_INFO, timeout)

    async def get_cashback_detail(self, *, biz_txn_id: str, timeout: float | None = None) -> m.Cashback:
        """One cashback order. `POST /v5/card/reward/point/cashback/detail`."""
        return await self._call(GET_CASHBACK_DETAIL, timeout, biz_txn_id=biz_txn_id)

    async def get_mall_item_list(
        self,
        *,
        page_no: int | None = None,
        page_size: int | None = None,
        item_type: Literal[1, 2] | None = None,
        item_biz_type: Literal[1, 2] | None = None,
        order_by: Literal[1, 2, 3] | None = None,
        asc: bool | None = None,
        source: Literal[0, 1] | None = None,
        timeout: float | None = None,
    ) -> m.MallItems:
        """What points can buy, by page number. `POST /v5/card/reward/mall/item/list`."""
        return await self._call(
            GET_MALL_ITEM_LIST, timeout, page_no=page_no, page_size=page_size, item_type=item_type,
            item_biz_type=item_biz_type, order_by=order_by, asc=asc, source=source,
        )  # fmt: skip
