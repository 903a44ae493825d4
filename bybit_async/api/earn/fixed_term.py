"""Fixed-term savings and fund pools."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer
from bybit_async.models import earn as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Page, Rows, Time, none_or_milliseconds, plain

GET_FIXED_TERM_PRODUCT = get("/v5/earn/fixed-term/product", "earn.get_fixed_term_product", Rows[m.FixedTermProduct])
PLACE_FIXED_TERM_ORDER = post("/v5/earn/fixed-term/place-order", "earn.place_fixed_term_order", m.EarnOrderAck)
REDEEM_FIXED_TERM = post("/v5/earn/fixed-term/redeem", "earn.redeem_fixed_term", m.FixedTermRedemption)
SET_FIXED_TERM_AUTO_INVEST = post(
    "/v5/earn/fixed-term/position/auto-invest", "earn.set_fixed_term_auto_invest", Nothing
)
GET_FIXED_TERM_ORDER = get("/v5/earn/fixed-term/order", "earn.get_fixed_term_order", Page[m.FixedTermOrder])
GET_FIXED_TERM_POSITION = get("/v5/earn/fixed-term/position", "earn.get_fixed_term_position", Rows[m.FixedTermPosition])


class FixedTerm(Resource):
    """The fixed term part of `Earn`."""

    __slots__ = ()

    async def get_fixed_term_product(
        self, *, coin: str | None = None, timeout: float | None = None
    ) -> Rows[m.FixedTermProduct]:
        """Fixed-term products; all coins when `coin` is left out. `GET /v5/earn/fixed-term/product`."""
        return await self._call(GET_FIXED_TERM_PRODUCT, timeout, coin=coin)

    async def place_fixed_term_order(
        self,
        *,
        product_id: str,
        category: Literal["FixedTermSaving", "FundPool", "FundPoolPremium"],
        coin: str,
        amount: Number,
        account_type: Literal["FUND", "UNIFIED"],
        order_link_id: str,
        auto_invest: bool | None = None,
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Subscribe to a product.

        `order_link_id` is an id of your own of at most 36 characters; `auto_invest` works for fund pools only.
        `POST /v5/earn/fixed-term/place-order`.
        """
        return await self._call(
            PLACE_FIXED_TERM_ORDER, timeout, product_id=product_id, category=category, coin=coin,
            amount=plain(amount, "amount"), account_type=account_type,
            order_link_id=no_longer(order_link_id, 36, "order_link_id"), auto_invest=auto_invest,
        )  # fmt: skip

    async def redeem_fixed_term(
        self, *, product_id: str, category: Literal["FundPool"], position_id: str, timeout: float | None = None
    ) -> m.FixedTermRedemption:
        """Redeem a fund pool position early. `POST /v5/earn/fixed-term/redeem`."""
        return await self._call(
            REDEEM_FIXED_TERM, timeout, product_id=product_id, category=category, position_id=position_id,
        )  # fmt: skip

    async def set_fixed_term_auto_invest(
        self,
        *,
        product_id: str,
        category: Literal["FixedTermSaving", "FundPool", "FundPoolPremium"],
        position_id: str,
        status: Literal["Enable", "Disable"],
        timeout: float | None = None,
    ) -> Nothing:
        """Switch automatic reinvestment of a position. `POST /v5/earn/fixed-term/position/auto-invest`."""
        return await self._call(
            SET_FIXED_TERM_AUTO_INVEST, timeout, product_id=product_id, category=category, position_id=position_id,
            status=status,
        )  # fmt: skip

    def get_fixed_term_order(
        self,
        *,
        order_type: Literal["Stake", "Redeem", "Reinvest"] | None = None,
        product_id: str | None = None,
        category: Literal["FixedTermSaving", "FundPool", "FundPoolPremium"] | None = None,
        order_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FixedTermOrder], m.FixedTermOrder]:
        """Subscriptions and redemptions, newest first; `limit` is at most 50 (20 when left out).

        `product_id` needs `category`. `GET /v5/earn/fixed-term/order`.
        """
        return self._pages(
            GET_FIXED_TERM_ORDER, timeout, order_type=order_type, product_id=product_id, category=category,
            order_id=order_id, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_fixed_term_position(
        self,
        *,
        product_id: str | None = None,
        category: Literal["FixedTermSaving", "FundPool", "FundPoolPremium"] | None = None,
        coin: str | None = None,
        timeout: float | None = None,
    ) -> Rows[m.FixedTermPosition]:
        """Fixed-term positions. `GET /v5/earn/fixed-term/position`."""
        return await self._call(
            GET_FIXED_TERM_POSITION, timeout, product_id=product_id, category=category, coin=coin,
        )  # fmt: skip
