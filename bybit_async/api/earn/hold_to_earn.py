"""Airdrops for holding a coin."""

from __future__ import annotations

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_seconds
from bybit_async.models import earn as m
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager
from bybit_async.wire import Time

GET_HOLD_TO_EARN_PRODUCT = get(
    "/v5/earn/hold-to-earn/product", "earn.get_hold_to_earn_product", m.HoldToEarnProducts, signed=False
)
GET_HOLD_TO_EARN_YIELD_HISTORY = get(
    "/v5/earn/hold-to-earn/yield-history", "earn.get_hold_to_earn_yield_history", m.HoldToEarnYieldPage, bare=True
)


class HoldToEarn(Resource):
    """The hold to earn part of `Earn`."""

    __slots__ = ()

    async def get_hold_to_earn_product(self, *, timeout: float | None = None) -> m.HoldToEarnProducts:
        """Coins that earn by being held. `GET /v5/earn/hold-to-earn/product`."""
        return await self._call(GET_HOLD_TO_EARN_PRODUCT, timeout)

    def get_hold_to_earn_yield_history(
        self,
        *,
        limit: int,
        start: Time | None = None,
        end: Time | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.HoldToEarnYieldPage, m.HoldToEarnDailyYield]:
        """Daily yields, newest first; `limit` is 1 to 49.

        Bounds are sent as whole seconds and reach back three months. `GET /v5/earn/hold-to-earn/yield-history`.
        """
        return self._pages(
            GET_HOLD_TO_EARN_YIELD_HISTORY, timeout, limit=limit, time_start=none_or_seconds(start, "start"),
            time_end=none_or_seconds(end, "end"), cursor=cursor,
        )  # fmt: skip
