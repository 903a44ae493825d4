"""The clock, tickers, order books and public trades."""

from __future__ import annotations

from typing import Literal, overload

from bybit_async.api.resource import Resource
from bybit_async.enums import Category
from bybit_async.models import market as m
from bybit_async.models.checks import any_of, known
from bybit_async.transport.endpoint import get

GET_SERVER_TIME = get("/v5/market/time", "market.get_server_time", m.ServerTime, signed=False)
GET_TICKERS = get(
    "/v5/market/tickers",
    "market.get_tickers",
    m.Tickers,
    signed=False,
    variants={
        "spot": m.SpotTickers,
        "linear": m.LinearTickers,
        "inverse": m.InverseTickers,
        "option": m.OptionTickers,
    },
)
GET_ORDERBOOK = get("/v5/market/orderbook", "market.get_orderbook", m.OrderBook, signed=False)
GET_RPI_ORDERBOOK = get("/v5/market/rpi_orderbook", "market.get_rpi_orderbook", m.RpiOrderBook, signed=False)
GET_FULL_ORDERBOOK = get("/v5/market/full_orderbook", "market.get_full_orderbook", m.OrderBook, signed=False)
GET_PUBLIC_TRADE_HISTORY = get(
    "/v5/market/recent-trade",
    "market.get_public_trade_history",
    m.PublicTrades,
    signed=False,
    variants={"option": m.OptionTrades},
)


class PriceQueries(Resource):
    """The price part of `Market`."""

    __slots__ = ()

    async def get_server_time(self, *, timeout: float | None = None) -> m.ServerTime:
        """Bybit's clock, in seconds and nanoseconds. `GET /v5/market/time`."""
        return await self._call(GET_SERVER_TIME, timeout)

    @overload
    async def get_tickers(
        self, *, category: Literal["spot"], symbol: str | None = None, timeout: float | None = None
    ) -> m.SpotTickers: ...
    @overload
    async def get_tickers(
        self, *, category: Literal["linear"], symbol: str | None = None, timeout: float | None = None
    ) -> m.LinearTickers: ...
    @overload
    async def get_tickers(
        self, *, category: Literal["inverse"], symbol: str | None = None, timeout: float | None = None
    ) -> m.InverseTickers: ...
    @overload
    async def get_tickers(
        self,
        *,
        category: Literal["option"],
        symbol: str | None = None,
        base_coin: str | None = None,
        exp_date: str | None = None,
        timeout: float | None = None,
    ) -> m.OptionTickers: ...
    @overload
    async def get_tickers(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        exp_date: str | None = None,
        timeout: float | None = None,
    ) -> m.SpotTickers | m.LinearTickers | m.InverseTickers | m.OptionTickers: ...
    async def get_tickers(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        exp_date: str | None = None,
        timeout: float | None = None,
    ) -> m.SpotTickers | m.LinearTickers | m.InverseTickers | m.OptionTickers:
        """Latest price, best bid and ask and 24 hour figures of one symbol, or of all.

        Options need `symbol` or `base_coin`; `exp_date` is written like ``25DEC26``. `GET /v5/market/tickers`.
        """
        if known(category) == "option":
            any_of({"symbol": symbol, "base_coin": base_coin}, "for options")
        return await self._call(
            GET_TICKERS, timeout, category=category, symbol=symbol, base_coin=base_coin, exp_date=exp_date
        )

    async def get_orderbook(
        self, *, category: Category, symbol: str, limit: int | None = None, timeout: float | None = None
    ) -> m.OrderBook:
        """A snapshot of the order book.

        `limit` is levels per side: 1 to 1000 (spot 1, contracts 25 when left out), for options 1 to 25 (1 when left
        out). For a book that stays current use the stream. `GET /v5/market/orderbook`.
        """
        return await self._call(GET_ORDERBOOK, timeout, category=category, symbol=symbol, limit=limit)

    async def get_rpi_orderbook(
        self,
        *,
        symbol: str,
        limit: int,
        category: Literal["spot", "linear", "inverse"] | None = None,
        timeout: float | None = None,
    ) -> m.RpiOrderBook:
        """A snapshot of the order book that shows retail price improvement sizes apart.

        `limit` is levels per side, 1 to 50. `GET /v5/market/rpi_orderbook`.
        """
        return await self._call(GET_RPI_ORDERBOOK, timeout, category=category, symbol=symbol, limit=limit)

    async def get_full_orderbook(
        self, *, category: Literal["spot", "linear", "inverse"], symbol: str, timeout: float | None = None
    ) -> m.OrderBook:
        """A snapshot of the whole order book, every level of it. `GET /v5/market/full_orderbook`."""
        return await self._call(GET_FULL_ORDERBOOK, timeout, category=category, symbol=symbol)

    @overload
    async def get_public_trade_history(
        self,
        *,
        category: Literal["spot", "linear", "inverse"],
        symbol: str,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.PublicTrades: ...
    @overload
    async def get_public_trade_history(
        self,
        *,
        category: Literal["option"],
        symbol: str | None = None,
        base_coin: str | None = None,
        option_type: Literal["Call", "Put"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.OptionTrades: ...
    @overload
    async def get_public_trade_history(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        option_type: Literal["Call", "Put"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.PublicTrades | m.OptionTrades: ...
    async def get_public_trade_history(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        option_type: Literal["Call", "Put"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.PublicTrades | m.OptionTrades:
        """The latest public trades, newest first.

        `limit` is 1 to 60 for spot (60 when left out), else 1 to 1000 (500). All categories but option need `symbol`.
        `GET /v5/market/recent-trade`.
        """
        if known(category) != "option":
            any_of({"symbol": symbol}, f"for {category}")
        return await self._call(
            GET_PUBLIC_TRADE_HISTORY, timeout, category=category, symbol=symbol, base_coin=base_coin,
            option_type=option_type, limit=limit,
        )  # fmt: skip
