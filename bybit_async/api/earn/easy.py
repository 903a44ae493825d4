"""Flexible savings and on-chain earn."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer, none_or_wire
from bybit_async.models import earn as m
from bybit_async.models.building import Fields
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Page, Rows, Time, none_or_milliseconds, plain

GET_EARN_PRODUCT_INFO = get("/v5/earn/product", "earn.get_earn_product_info", Rows[m.EarnProduct], signed=False)
STAKE_OR_REDEEM = post("/v5/earn/place-order", "earn.stake_or_redeem", m.EarnOrderAck)
GET_STAKE_OR_REDEMPTION_HISTORY = get("/v5/earn/order", "earn.get_stake_or_redemption_history", Page[m.EarnOrder])
GET_STAKED_POSITION = get("/v5/earn/position", "earn.get_staked_position", Rows[m.EarnPosition])
MODIFY_EARN_POSITION = post("/v5/earn/position/modify", "earn.modify_earn_position", Nothing)
GET_YIELD = get("/v5/earn/yield", "earn.get_yield", m.EarnYieldPage)
GET_HOURLY_YIELD = get("/v5/earn/hourly-yield", "earn.get_hourly_yield", Page[m.EarnHourlyYield])
GET_EARN_APR_HISTORY = get("/v5/earn/apr-history", "earn.get_earn_apr_history", Page[m.EarnApr], signed=False)
LIST_EARN_COUPONS = get("/v5/earn/coupons", "earn.list_earn_coupons", m.EarnCoupons)


class EasyEarn(Resource):
    """The easy part of `Earn`."""

    __slots__ = ()

    async def get_earn_product_info(
        self, *, category: Literal["FlexibleSaving", "OnChain"], coin: str | None = None, timeout: float | None = None
    ) -> Rows[m.EarnProduct]:
        """Products of flexible savings or on-chain earn. `GET /v5/earn/product`."""
        return await self._call(GET_EARN_PRODUCT_INFO, timeout, category=category, coin=coin)

    async def stake_or_redeem(
        self,
        *,
        category: Literal["FlexibleSaving", "OnChain"],
        order_type: Literal["Stake", "Redeem"],
        account_type: Literal["FUND", "UNIFIED"],
        amount: Number,
        coin: str,
        product_id: str,
        order_link_id: str,
        redeem_position_id: str | None = None,
        to_account_type: Literal["FUND", "UNIFIED"] | None = None,
        interest_card: m.InterestCard | Fields | None = None,
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Stake into a product or redeem from it.

        `order_link_id` is an id of your own of at most 36 characters that makes a repetition safe; `redeem_position_id`
        is required to redeem on-chain products other than liquid staking. `POST /v5/earn/place-order`.
        """
        return await self._call(
            STAKE_OR_REDEEM, timeout, category=category, order_type=order_type, account_type=account_type,
            amount=plain(amount, "amount"), coin=coin, product_id=product_id,
            order_link_id=no_longer(order_link_id, 36, "order_link_id"), redeem_position_id=redeem_position_id,
            to_account_type=to_account_type, interest_card=none_or_wire(m.InterestCard, interest_card, "interest_card"),
        )  # fmt: skip

    def get_stake_or_redemption_history(
        self,
        *,
        category: Literal["FlexibleSaving", "OnChain"],
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.EarnOrder], m.EarnOrder]:
        """Stakes and redemptions, newest first; `limit` is 1 to 100 (50 when left out), a span at most 7 days.

        On-chain orders need either id. `GET /v5/earn/order`.
        """
        if category == "OnChain":
            any_of({"order_id": order_id, "order_link_id": order_link_id}, "for on-chain orders")
        return self._pages(
            GET_STAKE_OR_REDEMPTION_HISTORY, timeout, category=category, order_id=order_id,
            order_link_id=order_link_id, product_id=product_id, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_staked_position(
        self,
        *,
        category: Literal["FlexibleSaving", "OnChain"],
        product_id: str | None = None,
        coin: str | None = None,
        timeout: float | None = None,
    ) -> Rows[m.EarnPosition]:
        """What is staked. `GET /v5/earn/position`."""
        return await self._call(
            GET_STAKED_POSITION, timeout, category=category, product_id=product_id, coin=coin,
        )  # fmt: skip

    async def modify_earn_position(
        self,
        *,
        category: Literal["OnChain"],
        product_id: int,
        position_id: int,
        auto_reinvest: Literal[0, 1],
        timeout: float | None = None,
    ) -> Nothing:
        """Switch automatic reinvestment of an on-chain position on (1) or off (0). `POST /v5/earn/position/modify`."""
        return await self._call(
            MODIFY_EARN_POSITION, timeout, category=category, product_id=product_id, position_id=position_id,
            auto_reinvest=auto_reinvest,
        )  # fmt: skip

    def get_yield(
        self,
        *,
        category: Literal["FlexibleSaving", "OnChain"],
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.EarnYieldPage, m.EarnYield]:
        """Yields of the last days, newest first; `limit` is 1 to 100 (50 when left out), a span at most 7 days.

        `GET /v5/earn/yield`.
        """
        return self._pages(
            GET_YIELD, timeout, category=category, product_id=product_id,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    def get_hourly_yield(
        self,
        *,
        category: Literal["FlexibleSaving"],
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.EarnHourlyYield], m.EarnHourlyYield]:
        """Hourly yields of flexible savings, newest first.

        `limit` is 1 to 100 (50 when left out), a span at most 7 days. `GET /v5/earn/hourly-yield`.
        """
        return self._pages(
            GET_HOURLY_YIELD, timeout, category=category, product_id=product_id,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    def get_earn_apr_history(
        self,
        *,
        category: Literal["FlexibleSaving", "OnChain"],
        product_id: str,
        start: Time | None = None,
        end: Time | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.EarnApr], m.EarnApr]:
        """Yearly rates of a product, one per day; the last 7 days when both bounds are left out.

        Windows of 182 days are walked. `GET /v5/earn/apr-history`.
        """
        return self._pages(
            GET_EARN_APR_HISTORY, timeout, category=category, product_id=product_id,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    async def list_earn_coupons(
        self, *, category: Literal["FlexibleSaving", "DualAssets"], timeout: float | None = None
    ) -> m.EarnCoupons:
        """Coupons that raise a yield or fund a trial. `GET /v5/earn/coupons`."""
        return await self._call(LIST_EARN_COUPONS, timeout, category=category)
