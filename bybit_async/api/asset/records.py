"""Coins, and the records of delivery, settlement and the funding account."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_seconds
from bybit_async.models import asset as m
from bybit_async.models.checks import both_or_neither
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager
from bybit_async.wire import Page, Time, none_or_milliseconds

GET_COIN_INFO = get("/v5/asset/coin/query-info", "asset.get_coin_info", m.CoinInfos)
GET_OPTION_DELIVERY_RECORD = get(
    "/v5/asset/delivery-record", "asset.get_option_delivery_record", Page[m.DeliveryRecord]
)
GET_USDC_CONTRACT_SETTLEMENT = get(
    "/v5/asset/settlement-record", "asset.get_usdc_contract_settlement", Page[m.SettlementRecord]
)
GET_FUNDING_ACC_HISTORY = get("/v5/asset/fundinghistory", "asset.get_funding_acc_history", Page[m.FundingTransaction])


class Records(Resource):
    """The records part of `Asset`."""

    __slots__ = ()

    async def get_coin_info(self, *, coin: str | None = None, timeout: float | None = None) -> m.CoinInfos:
        """Coins with their chains, fees and limits; all coins when `coin` is left out.

        `GET /v5/asset/coin/query-info`.
        """
        return await self._call(GET_COIN_INFO, timeout, coin=coin)

    def get_option_delivery_record(
        self,
        *,
        category: Literal["inverse", "linear", "option"],
        symbol: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        exp_date: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.DeliveryRecord], m.DeliveryRecord]:
        """Deliveries of futures and options, newest first.

        `limit` is 1 to 50 (20 when left out), a span at most 30 days. `GET /v5/asset/delivery-record`.
        """
        return self._pages(
            GET_OPTION_DELIVERY_RECORD, timeout, category=category, symbol=symbol,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            exp_date=exp_date, limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_usdc_contract_settlement(
        self,
        *,
        category: Literal["linear"],
        symbol: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SettlementRecord], m.SettlementRecord]:
        """Session settlements of USDC contracts, newest first.

        `limit` is 1 to 50 (20 when left out), a span at most 30 days. `GET /v5/asset/settlement-record`.
        """
        return self._pages(
            GET_USDC_CONTRACT_SETTLEMENT, timeout, category=category, symbol=symbol,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    def get_funding_acc_history(
        self,
        *,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FundingTransaction], m.FundingTransaction]:
        """Transactions of the funding account, newest first.

        `limit` is 1 to 100 (10 when left out), a span at most 7 days. Both bounds go together and are sent as whole
        seconds. `GET /v5/asset/fundinghistory`.
        """
        both_or_neither({"start": start, "end": end})
        return self._pages(
            GET_FUNDING_ACC_HISTORY, timeout, create_time_from=none_or_seconds(start, "start"),
            create_time_to=none_or_seconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip
