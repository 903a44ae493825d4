"""Yield-bearing tokens such as BYUSDT."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer, none_or_seconds
from bybit_async.models import earn as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Rows, Time, plain

GET_TOKEN_PRODUCT = get("/v5/earn/token/product", "earn.get_token_product", m.TokenProduct)
PLACE_TOKEN_ORDER = post("/v5/earn/token/place-order", "earn.place_token_order", m.EarnOrderAck)
GET_TOKEN_ORDER_LIST = get("/v5/earn/token/order", "earn.get_token_order_list", Page[m.TokenOrder])
GET_TOKEN_POSITION = get("/v5/earn/token/position", "earn.get_token_position", m.TokenPosition)
GET_TOKEN_DAILY_YIELD = get("/v5/earn/token/yield", "earn.get_token_daily_yield", Page[m.TokenDailyYield])
GET_TOKEN_HOURLY_YIELD = get("/v5/earn/token/hourly-yield", "earn.get_token_hourly_yield", Page[m.TokenHourlyYield])
GET_TOKEN_HISTORICAL_APR = get(
    "/v5/earn/token/history-apr", "earn.get_token_historical_apr", Rows[m.TokenApr], signed=False
)


class TokenEarn(Resource):
    """The token part of `Earn`."""

    __slots__ = ()

    async def get_token_product(self, *, coin: str, timeout: float | None = None) -> m.TokenProduct:
        """The token's fees, quota and yield. `GET /v5/earn/token/product`."""
        return await self._call(GET_TOKEN_PRODUCT, timeout, coin=coin)

    async def place_token_order(
        self,
        *,
        coin: str,
        order_link_id: str,
        order_type: Literal["Mint", "Redeem"],
        amount: Number,
        account_type: Literal["FlexibleSaving", "UNIFIED"],
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Mint a token or redeem it.

        `account_type` is FlexibleSaving to mint and UNIFIED to redeem; `order_link_id` is an id of your own of at most
        36 characters. `POST /v5/earn/token/place-order`.
        """
        return await self._call(
            PLACE_TOKEN_ORDER, timeout, coin=coin, order_link_id=no_longer(order_link_id, 36, "order_link_id"),
            order_type=order_type, amount=plain(amount, "amount"), account_type=account_type,
        )  # fmt: skip

    def get_token_order_list(
        self,
        *,
        coin: str,
        order_link_id: str | None = None,
        order_id: str | None = None,
        order_type: Literal["Mint", "Redeem"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.TokenOrder], m.TokenOrder]:
        """Orders, newest first; `limit` is at most 100 (20 when left out).

        Bounds are sent as whole seconds. `GET /v5/earn/token/order`.
        """
        return self._pages(
            GET_TOKEN_ORDER_LIST, timeout, coin=coin, order_link_id=order_link_id, order_id=order_id,
            order_type=order_type, start_time=none_or_seconds(start, "start"), end_time=none_or_seconds(end, "end"),
            cursor=cursor, limit=limit,
        )  # fmt: skip

    async def get_token_position(self, *, coin: str, timeout: float | None = None) -> m.TokenPosition:
        """What is held and what it earned. `GET /v5/earn/token/position`."""
        return await self._call(GET_TOKEN_POSITION, timeout, coin=coin)

    def get_token_daily_yield(
        self,
        *,
        coin: str,
        start: Time | None = None,
        end: Time | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.TokenDailyYield], m.TokenDailyYield]:
        """Daily yields, newest first; `limit` is 5 when left out.

        Bounds are sent as whole seconds. `GET /v5/earn/token/yield`.
        """
        return self._pages(
            GET_TOKEN_DAILY_YIELD, timeout, coin=coin, start_time=none_or_seconds(start, "start"),
            end_time=none_or_seconds(end, "end"), cursor=cursor, limit=limit,
        )  # fmt: skip

    def get_token_hourly_yield(
        self,
        *,
        coin: str,
        start: Time | None = None,
        end: Time | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.TokenHourlyYield], m.TokenHourlyYield]:
        """Hourly yields, newest first; `limit` is 20 when left out.

        Bounds are sent as whole seconds. `GET /v5/earn/token/hourly-yield`.
        """
        return self._pages(
            GET_TOKEN_HOURLY_YIELD, timeout, coin=coin, start_time=none_or_seconds(start, "start"),
            end_time=none_or_seconds(end, "end"), cursor=cursor, limit=limit,
        )  # fmt: skip

    async def get_token_historical_apr(
        self, *, coin: str, range: int, timeout: float | None = None
    ) -> Rows[m.TokenApr]:
        """Yearly rates of the past; `range` is 1 for 7 days, 2 for 30, 3 for 180. `GET /v5/earn/token/history-apr`."""
        return await self._call(GET_TOKEN_HISTORICAL_APR, timeout, coin=coin, range=range)
