"""Tokenised funds of real-world assets."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer, none_or_seconds
from bybit_async.models import earn as m
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Rows, Time, none_or_plain

GET_RWA_PRODUCT_LIST = get("/v5/earn/rwa/product", "earn.get_rwa_product_list", Rows[m.RwaProduct], signed=False)
GET_RWA_NAV_CHART = get("/v5/earn/rwa/nav-chart", "earn.get_rwa_nav_chart", m.RwaNavChart, signed=False)
PLACE_RWA_ORDER = post("/v5/earn/rwa/place-order", "earn.place_rwa_order", m.EarnOrderAck)
GET_RWA_ORDER_LIST = get("/v5/earn/rwa/order", "earn.get_rwa_order_list", Page[m.RwaOrder])
GET_RWA_POSITION_LIST = get("/v5/earn/rwa/position", "earn.get_rwa_position_list", Rows[m.RwaPosition])


class RwaEarn(Resource):
    """The rwa part of `Earn`."""

    __slots__ = ()

    async def get_rwa_product_list(
        self, *, coin: str | None = None, timeout: float | None = None
    ) -> Rows[m.RwaProduct]:
        """Funds; all of them when `coin` is left out. `GET /v5/earn/rwa/product`."""
        return await self._call(GET_RWA_PRODUCT_LIST, timeout, coin=coin)

    def get_rwa_nav_chart(
        self, *, product_id: int, start: Time | None = None, end: Time | None = None, timeout: float | None = None
    ) -> Pager[m.RwaNavChart, m.RwaNav]:
        """Net asset values of a fund, one per day; bounds are sent as whole seconds, the last 7 days when left out.

        `GET /v5/earn/rwa/nav-chart`.
        """
        return self._pages(
            GET_RWA_NAV_CHART, timeout, product_id=product_id, start_time=none_or_seconds(start, "start"),
            end_time=none_or_seconds(end, "end"),
        )  # fmt: skip

    async def place_rwa_order(
        self,
        *,
        product_id: int,
        order_type: Literal["Stake", "Redeem"],
        coin: str,
        order_link_id: str,
        stake_amount: Number | None = None,
        redeem_shares: Number | None = None,
        account_type: Literal["FUND", "UNIFIED"] | None = None,
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Subscribe with `stake_amount` or redeem `redeem_shares`.

        `order_link_id` is an id of your own of at most 36 characters. `POST /v5/earn/rwa/place-order`.
        """
        any_of({"stake_amount": stake_amount} if order_type == "Stake" else {"redeem_shares": redeem_shares})
        return await self._call(
            PLACE_RWA_ORDER, timeout, product_id=product_id, order_type=order_type, coin=coin,
            order_link_id=no_longer(order_link_id, 36, "order_link_id"),
            stake_amount=none_or_plain(stake_amount, "stake_amount"),
            redeem_shares=none_or_plain(redeem_shares, "redeem_shares"), account_type=account_type,
        )  # fmt: skip

    def get_rwa_order_list(
        self,
        *,
        order_id: str | None = None,
        order_link_id: str | None = None,
        order_type: Literal["Stake", "Redeem"] | None = None,
        product_id: int | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.RwaOrder], m.RwaOrder]:
        """Orders, newest first; `limit` is at most 50 (20 when left out).

        Bounds are sent as whole seconds, the last 7 days when left out. `GET /v5/earn/rwa/order`.
        """
        return self._pages(
            GET_RWA_ORDER_LIST, timeout, order_id=order_id, order_link_id=order_link_id, order_type=order_type,
            product_id=product_id, start_time=none_or_seconds(start, "start"), end_time=none_or_seconds(end, "end"),
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_rwa_position_list(self, *, timeout: float | None = None) -> Rows[m.RwaPosition]:
        """What is held. `GET /v5/earn/rwa/position`."""
        return await self._call(GET_RWA_POSITION_LIST, timeout)
