"""Rate limits of the account and its sub accounts."""

from __future__ import annotations

from collections.abc import Sequence

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import wires
from bybit_async.models import rate_limit as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Page, Rows

GET_API_RATE_LIMIT = get("/v5/apilimit/query", "rate_limit.get_api_rate_limit", Rows[m.ApiRate])
GET_ALL_API_RATE_LIMITS = get("/v5/apilimit/query-all", "rate_limit.get_all_api_rate_limits", Page[m.ApiRate])
GET_API_RATE_LIMIT_CAP = get("/v5/apilimit/query-cap", "rate_limit.get_api_rate_limit_cap", Rows[m.ApiRateCap])
SET_API_RATE_LIMIT = post("/v5/apilimit/set", "rate_limit.set_api_rate_limit", m.ApiRateResults)


class RateLimit(Resource):
    """Reading and setting rate limits."""

    __slots__ = ()

    async def get_api_rate_limit(self, *, uids: str, timeout: float | None = None) -> Rows[m.ApiRate]:
        """Rate limits of a set of users, comma-separated. `GET /v5/apilimit/query`."""
        return await self._call(GET_API_RATE_LIMIT, timeout, uids=uids)

    def get_all_api_rate_limits(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        uids: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.ApiRate], m.ApiRate]:
        """The rate limits of all sub accounts; `limit` is 1 to 1000. `GET /v5/apilimit/query-all`."""
        return self._pages(GET_ALL_API_RATE_LIMITS, timeout, limit=limit, cursor=cursor, uids=uids)

    async def get_api_rate_limit_cap(self, *, timeout: float | None = None) -> Rows[m.ApiRateCap]:
        """The institution's rate limits and how much of them is used. `GET /v5/apilimit/query-cap`."""
        return await self._call(GET_API_RATE_LIMIT_CAP, timeout)

    async def set_api_rate_limit(
        self, *, settings: Sequence[m.ApiRateSetting | Fields], timeout: float | None = None
    ) -> m.ApiRateResults:
        """Set rate limits of users, in requests per second. `POST /v5/apilimit/set`."""
        return await self._call(
            SET_API_RATE_LIMIT, timeout, list=wires(m.ApiRateSetting, settings, "settings"),
        )  # fmt: skip
