"""Spread trading: two legs as one instrument."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer
from bybit_async.enums import Side
from bybit_async.models import spread as m
from bybit_async.models.checks import any_of
from bybit_async.models.market import OrderBook
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Rows, Time, none_or_milliseconds, none_or_plain, plain

SPREAD_GET_INSTRUMENTS_INFO = get(
    "/v5/spread/instrument", "spread.spread_get_instruments_info", Page[m.SpreadInstrument], signed=False
)
GET_SPREAD_ORDERBOOK = get("/v5/spread/orderbook", "spread.spread_get_orderbook", OrderBook, signed=False)
SPREAD_GET_PUBLIC_TRADE_HISTORY = get(
    "/v5/spread/recent-trade", "spread.spread_get_public_trade_history", Rows[m.SpreadTrade], signed=False
)
SPREAD_GET_TICKERS = get("/v5/spread/tickers", "spread.spread_get_tickers", Rows[m.SpreadTicker], signed=False)
SPREAD_GET_MAX_QTY = get("/v5/spread/max-qty", "spread.spread_get_max_qty", m.MaxQty)
SPREAD_PLACE_ORDER = post("/v5/spread/order/create", "spread.spread_place_order", m.SpreadOrderAck)
SPREAD_AMEND_ORDER = post("/v5/spread/order/amend", "spread.spread_amend_order", m.SpreadOrderAck)
SPREAD_CANCEL_ORDER = post("/v5/spread/order/cancel", "spread.spread_cancel_order", m.SpreadOrderAck)
SPREAD_CANCEL_ALL_ORDERS = post("/v5/spread/order/cancel-all", "spread.spread_cancel_all_orders", m.SpreadCancellations)
SPREAD_GET_OPEN_ORDERS = get("/v5/spread/order/realtime", "spread.spread_get_open_orders", Page[m.SpreadOpenOrder])
SPREAD_GET_ORDER_HISTORY = get("/v5/spread/order/history", "spread.spread_get_order_history", Page[m.SpreadOrder])
SPREAD_GET_TRADE_HISTORY = get("/v5/spread/execution/list", "spread.spread_get_trade_history", Page[m.SpreadExecution])


class Spread(Resource):
    """Orders, executions and market data of spreads."""

    __slots__ = ()

    def spread_get_instruments_info(
        self,
        *,
        symbol: str | None = None,
        base_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SpreadInstrument], m.SpreadInstrument]:
        """Spread instruments; `limit` is 1 to 500 (200 when left out). `GET /v5/spread/instrument`."""
        return self._pages(
            SPREAD_GET_INSTRUMENTS_INFO, timeout, symbol=symbol, base_coin=base_coin, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def spread_get_orderbook(
        self, *, symbol: str, limit: int | None = None, timeout: float | None = None
    ) -> OrderBook:
        """The order book of a spread; `limit` is 1 to 25 levels per side (1 when left out).

        `GET /v5/spread/orderbook`.
        """
        return await self._call(GET_SPREAD_ORDERBOOK, timeout, symbol=symbol, limit=limit)

    async def spread_get_public_trade_history(
        self, *, symbol: str, limit: int | None = None, timeout: float | None = None
    ) -> Rows[m.SpreadTrade]:
        """Recent public trades, newest first; `limit` is 1 to 1000 (500 when left out).

        `GET /v5/spread/recent-trade`.
        """
        return await self._call(
            SPREAD_GET_PUBLIC_TRADE_HISTORY, timeout, symbol=symbol, limit=limit,
        )  # fmt: skip

    async def spread_get_tickers(self, *, symbol: str, timeout: float | None = None) -> Rows[m.SpreadTicker]:
        """The ticker of a spread. `GET /v5/spread/tickers`."""
        return await self._call(SPREAD_GET_TICKERS, timeout, symbol=symbol)

    async def spread_get_max_qty(
        self, *, symbol: str, side: Literal["1", "2"], order_price: Number, timeout: float | None = None
    ) -> m.MaxQty:
        """The largest order the account could place; `side` is ``1`` to buy, ``2`` to sell.

        `GET /v5/spread/max-qty`.
        """
        return await self._call(
            SPREAD_GET_MAX_QTY, timeout, symbol=symbol, side=side, order_price=plain(order_price, "order_price"),
        )  # fmt: skip

    async def spread_place_order(
        self,
        *,
        symbol: str,
        side: Side,
        order_type: Literal["Limit", "Market"],
        qty: Number,
        price: Number | None = None,
        order_link_id: str | None = None,
        time_in_force: Literal["IOC", "FOK", "GTC", "PostOnly"] | None = None,
        timeout: float | None = None,
    ) -> m.SpreadOrderAck:
        """Place an order for both legs.

        `order_link_id` is an id of your own of at most 45 characters; prices may be negative.
        `POST /v5/spread/order/create`.
        """
        if order_type == "Limit":
            any_of({"price": price}, "for a limit order")
        return await self._call(
            SPREAD_PLACE_ORDER, timeout, symbol=symbol, side=side, order_type=order_type, qty=plain(qty, "qty"),
            price=none_or_plain(price, "price"), order_link_id=no_longer(order_link_id, 45, "order_link_id"),
            time_in_force=time_in_force,
        )  # fmt: skip

    async def spread_amend_order(
        self,
        *,
        symbol: str,
        order_id: str | None = None,
        order_link_id: str | None = None,
        qty: Number | None = None,
        price: Number | None = None,
        timeout: float | None = None,
    ) -> m.SpreadOrderAck:
        """Change quantity or price of an order, named by either id. `POST /v5/spread/order/amend`."""
        any_of({"order_id": order_id, "order_link_id": order_link_id})
        any_of({"qty": qty, "price": price})
        return await self._call(
            SPREAD_AMEND_ORDER, timeout, symbol=symbol, order_id=order_id, order_link_id=order_link_id,
            qty=none_or_plain(qty, "qty"), price=none_or_plain(price, "price"),
        )  # fmt: skip

    async def spread_cancel_order(
        self, *, order_id: str | None = None, order_link_id: str | None = None, timeout: float | None = None
    ) -> m.SpreadOrderAck:
        """Cancel an order, named by either id. `POST /v5/spread/order/cancel`."""
        any_of({"order_id": order_id, "order_link_id": order_link_id})
        return await self._call(
            SPREAD_CANCEL_ORDER, timeout, order_id=order_id, order_link_id=order_link_id,
        )  # fmt: skip

    async def spread_cancel_all_orders(
        self, *, symbol: str | None = None, cancel_all: bool | None = None, timeout: float | None = None
    ) -> m.SpreadCancellations:
        """Cancel all orders of a symbol, or every order with `cancel_all`. `POST /v5/spread/order/cancel-all`."""
        any_of({"symbol": symbol, "cancel_all": cancel_all})
        return await self._call(
            SPREAD_CANCEL_ALL_ORDERS, timeout, symbol=symbol, cancel_all=cancel_all,
        )  # fmt: skip

    def spread_get_open_orders(
        self,
        *,
        symbol: str | None = None,
        base_coin: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SpreadOpenOrder], m.SpreadOpenOrder]:
        """Open orders; `limit` is 1 to 50 (20 when left out). `GET /v5/spread/order/realtime`."""
        return self._pages(
            SPREAD_GET_OPEN_ORDERS, timeout, symbol=symbol, base_coin=base_coin, order_id=order_id,
            order_link_id=order_link_id, limit=limit, cursor=cursor,
        )  # fmt: skip

    def spread_get_order_history(
        self,
        *,
        symbol: str | None = None,
        base_coin: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SpreadOrder], m.SpreadOrder]:
        """Closed orders, newest first.

        `limit` is 1 to 50 (20 when left out), a span at most 7 days, the last 7 days when left out.
        `GET /v5/spread/order/history`.
        """
        return self._pages(
            SPREAD_GET_ORDER_HISTORY, timeout, symbol=symbol, base_coin=base_coin, order_id=order_id,
            order_link_id=order_link_id, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    def spread_get_trade_history(
        self,
        *,
        symbol: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SpreadExecution], m.SpreadExecution]:
        """The account's executions, newest first.

        `limit` is 1 to 50 orders (20 when left out), a span at most 7 days, the last 7 days when left out.
        `GET /v5/spread/execution/list`.
        """
        return self._pages(
            SPREAD_GET_TRADE_HISTORY, timeout, symbol=symbol, order_id=order_id, order_link_id=order_link_id,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip
