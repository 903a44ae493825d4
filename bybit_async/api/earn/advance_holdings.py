"""Orders for structured products, and the positions they become."""

from __future__ import annotations

from typing import Any, Literal, overload

from bybit_async.api.earn.advance import AdvanceCategory
from bybit_async.api.resource import Resource
from bybit_async.models import earn as m
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager
from bybit_async.wire import Page, Rows, Time, none_or_milliseconds

GET_ADVANCE_EARN_ORDER = get(
    "/v5/earn/advance/order",
    "earn.get_advance_earn_order",
    Page[m.AdvanceOrder],
    variants={
        "DualAssets": Page[m.DualAssetsOrder],
        "SmartLeverage": Page[m.SmartLeverageOrder],
        "DoubleWin": Page[m.DoubleWinOrder],
        "DiscountBuy": Page[m.DiscountBuyOrder],
    },
)
GET_ADVANCE_EARN_POSITION = get(
    "/v5/earn/advance/position",
    "earn.get_advance_earn_position",
    Page[m.AdvancePosition],
    variants={
        "DualAssets": Page[m.DualAssetsPosition],
        "SmartLeverage": Page[m.SmartLeveragePosition],
        "DoubleWin": Page[m.DoubleWinPosition],
        "DiscountBuy": Page[m.DiscountBuyPosition],
    },
)
GET_SMART_LEVERAGE_REDEEM_EST_AMOUNT_LIST = get(
    "/v5/earn/advance/get-redeem-est-amount-list",
    "earn.get_smart_leverage_redeem_est_amount_list",
    Rows[m.RedeemEstimate],
)


class AdvanceHoldings(Resource):
    """Orders and positions of the advance part of `Earn`."""

    __slots__ = ()

    @overload
    def get_advance_earn_order(
        self,
        *,
        category: Literal["DualAssets"],
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.DualAssetsOrder], m.DualAssetsOrder]: ...
    @overload
    def get_advance_earn_order(
        self,
        *,
        category: Literal["SmartLeverage"],
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SmartLeverageOrder], m.SmartLeverageOrder]: ...
    @overload
    def get_advance_earn_order(
        self,
        *,
        category: Literal["DoubleWin"],
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.DoubleWinOrder], m.DoubleWinOrder]: ...
    @overload
    def get_advance_earn_order(
        self,
        *,
        category: Literal["DiscountBuy"],
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.DiscountBuyOrder], m.DiscountBuyOrder]: ...
    @overload
    def get_advance_earn_order(
        self,
        *,
        category: AdvanceCategory,
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> (
        Pager[Page[m.DualAssetsOrder], m.DualAssetsOrder]
        | Pager[Page[m.SmartLeverageOrder], m.SmartLeverageOrder]
        | Pager[Page[m.DoubleWinOrder], m.DoubleWinOrder]
        | Pager[Page[m.DiscountBuyOrder], m.DiscountBuyOrder]
    ): ...
    def get_advance_earn_order(
        self,
        *,
        category: AdvanceCategory,
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Any, Any]:
        """Orders of one category, newest first; `limit` is at most 20. `GET /v5/earn/advance/order`."""
        return self._pages(
            GET_ADVANCE_EARN_ORDER,
            timeout,
            category=category,
            order_id=order_id,
            order_link_id=order_link_id,
            product_id=product_id,
            start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"),
            limit=limit,
            cursor=cursor,
        )

    @overload
    def get_advance_earn_position(
        self,
        *,
        category: Literal["DualAssets"],
        product_id: str | None = None,
        coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.DualAssetsPosition], m.DualAssetsPosition]: ...
    @overload
    def get_advance_earn_position(
        self,
        *,
        category: Literal["SmartLeverage"],
        product_id: str | None = None,
        coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SmartLeveragePosition], m.SmartLeveragePosition]: ...
    @overload
    def get_advance_earn_position(
        self,
        *,
        category: Literal["DoubleWin"],
        product_id: str | None = None,
        coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.DoubleWinPosition], m.DoubleWinPosition]: ...
    @overload
    def get_advance_earn_position(
        self,
        *,
        category: Literal["DiscountBuy"],
        product_id: str | None = None,
        coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.DiscountBuyPosition], m.DiscountBuyPosition]: ...
    @overload
    def get_advance_earn_position(
        self,
        *,
        category: AdvanceCategory,
        product_id: str | None = None,
        coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> (
        Pager[Page[m.DualAssetsPosition], m.DualAssetsPosition]
        | Pager[Page[m.SmartLeveragePosition], m.SmartLeveragePosition]
        | Pager[Page[m.DoubleWinPosition], m.DoubleWinPosition]
        | Pager[Page[m.DiscountBuyPosition], m.DiscountBuyPosition]
    ): ...
    def get_advance_earn_position(
        self,
        *,
        category: AdvanceCategory,
        product_id: str | None = None,
        coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Any, Any]:
        """Positions of one category; `limit` is at most 20. `GET /v5/earn/advance/position`."""
        return self._pages(
            GET_ADVANCE_EARN_POSITION,
            timeout,
            category=category,
            product_id=product_id,
            coin=coin,
            limit=limit,
            cursor=cursor,
        )

    async def get_smart_leverage_redeem_est_amount_list(
        self, *, category: Literal["DoubleWin", "SmartLeverage"], position_ids: str, timeout: float | None = None
    ) -> Rows[m.RedeemEstimate]:
        """What redeeming up to five positions early would pay; `position_ids` is comma-separated.

        `GET /v5/earn/advance/get-redeem-est-amount-list`.
        """
        return await self._call(
            GET_SMART_LEVERAGE_REDEEM_EST_AMOUNT_LIST, timeout, category=category, position_ids=position_ids,
        )  # fmt: skip
