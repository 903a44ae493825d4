"""Statistics of contracts: funding, open interest, risk tiers, delivery prices, insurance, fee groups."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.enums import Category
from bybit_async.errors import InvalidParameter
from bybit_async.models import market as m
from bybit_async.models.checks import both_or_neither
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager, windows
from bybit_async.transport.window_table import window_of
from bybit_async.wire import Time, none_or_milliseconds

StatisticsPeriod = Literal["5min", "15min", "30min", "1h", "4h", "1d"]

GET_FUNDING_RATE_HISTORY = get(
    "/v5/market/funding/history", "market.get_funding_rate_history", m.FundingRates, signed=False
)
GET_OPEN_INTEREST = get("/v5/market/open-interest", "market.get_open_interest", m.OpenInterestPage, signed=False)
GET_HISTORICAL_VOLATILITY = get(
    "/v5/market/historical-volatility", "market.get_historical_volatility", list[m.Volatility], signed=False
)
GET_INSURANCE = get("/v5/market/insurance", "market.get_insurance", m.InsurancePools, signed=False)
GET_RISK_LIMIT = get("/v5/market/risk-limit", "market.get_risk_limit", m.RiskLimitPage, signed=False)
GET_OPTION_DELIVERY_PRICE = get(
    "/v5/market/delivery-price", "market.get_option_delivery_price", m.DeliveryPricePage, signed=False
)
GET_NEW_DELIVERY_PRICE = get(
    "/v5/market/new-delivery-price", "market.get_new_delivery_price", m.NewDeliveryPrices, signed=False
)
GET_LONG_SHORT_RATIO = get("/v5/market/account-ratio", "market.get_long_short_ratio", m.AccountRatioPage, signed=False)
GET_PRICE_LIMIT = get("/v5/market/price-limit", "market.get_price_limit", m.PriceLimit, signed=False)
GET_INDEX_PRICE_COMPONENTS = get(
    "/v5/market/index-price-components", "market.get_index_price_components", m.IndexPriceComponents, signed=False
)
GET_ADL_ALERT = get("/v5/market/adlAlert", "market.get_adl_alert", m.AdlAlerts, signed=False)
GET_FEE_GROUP_INFO = get("/v5/market/fee-group-info", "market.get_fee_group_info", m.FeeGroups, signed=False)


class ContractQueries(Resource):
    """The statistics part of `Market`."""

    __slots__ = ()

    async def get_funding_rate_history(
        self,
        *,
        category: Literal["linear", "inverse"],
        symbol: str,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.FundingRates:
        """Settled fundings of a perpetual, newest first.

        `limit` is 1 to 200 (200 when left out); `start` needs `end`.
        `GET /v5/market/funding/history`.
        """
        if start is not None and end is None:
            raise InvalidParameter("end", "Bybit refuses start without end")
        return await self._call(
            GET_FUNDING_RATE_HISTORY, timeout, category=category, symbol=symbol, limit=limit,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    def get_open_interest(
        self,
        *,
        category: Literal["linear", "inverse"],
        symbol: str,
        interval_time: StatisticsPeriod,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.OpenInterestPage, m.OpenInterest]:
        """Open interest over time, newest first; `limit` is 1 to 200 (50 when left out).

        `GET /v5/market/open-interest`.
        """
        return self._pages(
            GET_OPEN_INTEREST, timeout, category=category, symbol=symbol, interval_time=interval_time,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_historical_volatility(
        self,
        *,
        category: Literal["option"] = "option",
        base_coin: str | None = None,
        quote_coin: Literal["USD", "USDT"] | None = None,
        period: int | None = None,
        start: Time | None = None,
        end: Time | None = None,
        timeout: float | None = None,
    ) -> list[m.Volatility]:
        """Hourly historical volatility of an option's base coin, newest first.

        `period` is days averaged over (7 when left out). Data reaches back two years; `start` and `end` belong
        together, and one call is sent for each 30 days between them. `GET /v5/market/historical-volatility`.
        """
        both_or_neither({"start": start, "end": end})
        params = self._spelled(GET_HISTORICAL_VOLATILITY, {
            "category": category, "base_coin": base_coin, "quote_coin": quote_coin, "period": period,
            "start_time": none_or_milliseconds(start, "start"), "end_time": none_or_milliseconds(end, "end"),
        })  # fmt: skip
        rows: list[m.Volatility] = []
        for part in reversed(windows(params, window_of(GET_HISTORICAL_VOLATILITY.path))):
            answer = await self._caller.call(GET_HISTORICAL_VOLATILITY, part, timeout=timeout)
            rows += answer.result
        return rows

    async def get_insurance(self, *, coin: str | None = None, timeout: float | None = None) -> m.InsurancePools:
        """Balances of the insurance pools of one coin, or of all. `GET /v5/market/insurance`."""
        return await self._call(GET_INSURANCE, timeout, coin=coin)

    def get_risk_limit(
        self,
        *,
        category: Literal["linear", "inverse"],
        symbol: str | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.RiskLimitPage, m.RiskLimit]:
        """Risk tiers: how much margin which position value needs. `GET /v5/market/risk-limit`."""
        return self._pages(GET_RISK_LIMIT, timeout, category=category, symbol=symbol, cursor=cursor)

    def get_option_delivery_price(
        self,
        *,
        category: Literal["linear", "inverse", "option"],
        symbol: str | None = None,
        base_coin: str | None = None,
        settle_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.DeliveryPricePage, m.DeliveryPrice]:
        """Delivery prices of expired futures and options, newest first.

        `limit` is 1 to 200 (50 when left out). `GET /v5/market/delivery-price`.
        """
        return self._pages(
            GET_OPTION_DELIVERY_PRICE, timeout, category=category, symbol=symbol, base_coin=base_coin,
            settle_coin=settle_coin, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_new_delivery_price(
        self,
        *,
        base_coin: str,
        category: Literal["option"] = "option",
        settle_coin: str | None = None,
        timeout: float | None = None,
    ) -> m.NewDeliveryPrices:
        """The latest fifty daily delivery prices of a base coin's options. `GET /v5/market/new-delivery-price`."""
        return await self._call(
            GET_NEW_DELIVERY_PRICE, timeout, category=category, base_coin=base_coin, settle_coin=settle_coin
        )

    def get_long_short_ratio(
        self,
        *,
        category: Literal["linear", "inverse"],
        symbol: str,
        period: StatisticsPeriod,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.AccountRatioPage, m.AccountRatio]:
        """How many accounts are long and short, newest first; `limit` is 1 to 500 (50 when left out).

        `GET /v5/market/account-ratio`.
        """
        return self._pages(
            GET_LONG_SHORT_RATIO, timeout, category=category, symbol=symbol, period=period,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_price_limit(
        self, *, symbol: str, category: Category | None = None, timeout: float | None = None
    ) -> m.PriceLimit:
        """The furthest prices at which orders are accepted now. `GET /v5/market/price-limit`."""
        return await self._call(GET_PRICE_LIMIT, timeout, category=category, symbol=symbol)

    async def get_index_price_components(
        self, *, index_name: str, timeout: float | None = None
    ) -> m.IndexPriceComponents:
        """Which exchanges make up an index price, and their weights. `GET /v5/market/index-price-components`."""
        return await self._call(GET_INDEX_PRICE_COMPONENTS, timeout, index_name=index_name)

    async def get_adl_alert(self, *, symbol: str | None = None, timeout: float | None = None) -> m.AdlAlerts:
        """How close contracts are to auto-deleveraging; Bybit refreshes it every minute. `GET /v5/market/adlAlert`."""
        return await self._call(GET_ADL_ALERT, timeout, symbol=symbol)

    async def get_fee_group_info(
        self,
        *,
        product_type: Literal["contract"] = "contract",
        group_id: str | None = None,
        timeout: float | None = None,
    ) -> m.FeeGroups:
        """Which contracts share fee rates, and the rates per level. `GET /v5/market/fee-group-info`."""
        return await self._call(GET_FEE_GROUP_INFO, timeout, product_type=product_type, group_id=group_id)
