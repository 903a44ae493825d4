"""Klines of trades, of mark and index prices, and of the premium index."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import interval_code
from bybit_async.enums import Interval, IntervalName
from bybit_async.models import market as m
from bybit_async.transport.endpoint import get
from bybit_async.wire import Time, none_or_milliseconds

GET_KLINE = get("/v5/market/kline", "market.get_kline", m.Klines, signed=False)
GET_MARK_PRICE_KLINE = get("/v5/market/mark-price-kline", "market.get_mark_price_kline", m.PriceKlines, signed=False)
GET_INDEX_PRICE_KLINE = get("/v5/market/index-price-kline", "market.get_index_price_kline", m.PriceKlines, signed=False)
GET_PREMIUM_INDEX_PRICE_KLINE = get(
    "/v5/market/premium-index-price-kline", "market.get_premium_index_price_kline", m.PriceKlines, signed=False
)


class KlineQueries(Resource):
    """The kline part of `Market`."""

    __slots__ = ()

    async def get_kline(
        self,
        *,
        symbol: str,
        interval: Interval | IntervalName,
        category: Literal["spot", "linear", "inverse"] = "linear",
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.Klines:
        """Klines of trades, newest first; the newest one is usually still open.

        `interval` is in minutes or ``D``, ``W``, ``M``, or as ``1h``, ``1d``; `limit` is 1 to 1000 (200 when left out).

        `GET /v5/market/kline`.
        """
        return await self._call(
            GET_KLINE, timeout, category=category, symbol=symbol,
            interval=interval_code(interval), limit=limit,
            start=none_or_milliseconds(start, "start"), end=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    async def get_mark_price_kline(
        self,
        *,
        symbol: str,
        interval: Interval | IntervalName,
        category: Literal["linear", "inverse", "option"] = "linear",
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.PriceKlines:
        """Klines of the mark price, newest first.

        `limit` is 1 to 1000, for options to 500 (200 when left out). `GET /v5/market/mark-price-kline`.
        """
        return await self._call(
            GET_MARK_PRICE_KLINE, timeout, category=category, symbol=symbol,
            interval=interval_code(interval), limit=limit,
            start=none_or_milliseconds(start, "start"), end=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    async def get_index_price_kline(
        self,
        *,
        symbol: str,
        interval: Interval | IntervalName,
        category: Literal["linear", "inverse"] = "linear",
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.PriceKlines:
        """Klines of the index price, newest first.

        `limit` is 1 to 1000 (200 when left out). `GET /v5/market/index-price-kline`.
        """
        return await self._call(
            GET_INDEX_PRICE_KLINE, timeout, category=category, symbol=symbol,
            interval=interval_code(interval), limit=limit,
            start=none_or_milliseconds(start, "start"), end=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    async def get_premium_index_price_kline(
        self,
        *,
        symbol: str,
        interval: Interval | IntervalName,
        category: Literal["linear"] = "linear",
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.PriceKlines:
        """Klines of the premium index (a fraction, may be negative), newest first.

        `limit` is 1 to 1000 (200 when left out). `GET /v5/market/premium-index-price-kline`.
        """
        return await self._call(
            GET_PREMIUM_INDEX_PRICE_KLINE, timeout, category=category, symbol=symbol, interval=interval_code(interval),
            limit=limit, start=none_or_milliseconds(start, "start"), end=none_or_milliseconds(end, "end"),
        )  # fmt: skip
