"""Orders and executions, read."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.enums import Category, ExecType, OrderFilter, OrderStatus, Side
from bybit_async.models import trade as m
from bybit_async.models.checks import any_of, known
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager
from bybit_async.wire import Time, none_or_milliseconds

GET_OPEN_ORDERS = get("/v5/order/realtime", "trade.get_open_orders", m.OrderPage)
GET_ORDER_HISTORY = get("/v5/order/history", "trade.get_order_history", m.OrderPage)
GET_EXECUTIONS = get("/v5/execution/list", "trade.get_executions", m.ExecutionPage)
GET_BORROW_QUOTA = get("/v5/order/spot-borrow-check", "trade.get_borrow_quota", m.BorrowQuota)


class Reads(Resource):
    """The part of `Trade` that changes nothing."""

    __slots__ = ()

    def get_open_orders(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        settle_coin: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        open_only: Literal[0, 1] | None = None,
        order_filter: OrderFilter | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.OrderPage, m.Order]:
        """Open orders, newest first; with ``open_only=1`` the 500 that were closed last.

        Linear needs a symbol, a coin or an id. `limit` is 1 to 50 (20 when left out). `GET /v5/order/realtime`.
        """
        if known(category) == "linear":
            choice = {"symbol": symbol, "base_coin": base_coin, "settle_coin": settle_coin}
            any_of({**choice, "order_id": order_id, "order_link_id": order_link_id}, "for linear")
        return self._pages(
            GET_OPEN_ORDERS, timeout, category=category, symbol=symbol, base_coin=base_coin, settle_coin=settle_coin,
            order_id=order_id, order_link_id=order_link_id, open_only=open_only, order_filter=order_filter,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_order_history(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        settle_coin: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        order_filter: OrderFilter | None = None,
        order_status: OrderStatus | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.OrderPage, m.Order]:
        """Orders of the last two years, newest first within each window of seven days.

        Orders without a fill leave the list after 24 hours. Without `start` and `end` the last seven days are
        listed; one alone means seven days from it. `limit` is 1 to 50 (20 when left out). `GET /v5/order/history`.
        """
        return self._pages(
            GET_ORDER_HISTORY, timeout, category=category, symbol=symbol, base_coin=base_coin,
            settle_coin=settle_coin, order_id=order_id, order_link_id=order_link_id, order_filter=order_filter,
            order_status=order_status, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_executions(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        base_coin: str | None = None,
        settle_coin: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        exec_type: ExecType | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.ExecutionPage, m.Execution]:
        """Fills of my orders in the last two years, newest first within each window of seven days.

        Without `start` and `end` the last seven days are listed. With an order id or order link id everything else is
        ignored. `limit` is 1 to 100 (50 when left out). `GET /v5/execution/list`.
        """
        return self._pages(
            GET_EXECUTIONS, timeout, category=category, symbol=symbol, order_id=order_id,
            order_link_id=order_link_id, base_coin=base_coin, settle_coin=settle_coin,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            exec_type=exec_type, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def find_order(
        self,
        *,
        category: Category,
        order_id: str | None = None,
        order_link_id: str | None = None,
        symbol: str | None = None,
        timeout: float | None = None,
    ) -> m.Order | None:
        """Look one order up, conditional ones included: among the open, then the recently closed, then in history.

        None when Bybit knows no such order; history may lag some seconds behind. The `timeout` holds for each of up
        to three calls. `GET /v5/order/realtime`, `GET /v5/order/history`.
        """
        any_of({"order_id": order_id, "order_link_id": order_link_id})
        for open_only in (0, 1):
            page = await self._pages(
                GET_OPEN_ORDERS, timeout, category=category, symbol=symbol, order_id=order_id,
                order_link_id=order_link_id, open_only=open_only,
            )  # fmt: skip
            found = _match(page, order_id, order_link_id)
            if found is not None:
                return found
        page = await self.get_order_history(
            category=category, symbol=symbol, order_id=order_id, order_link_id=order_link_id, timeout=timeout
        )
        return _match(page, order_id, order_link_id)

    async def get_borrow_quota(
        self, *, symbol: str, side: Side, category: Literal["spot"] = "spot", timeout: float | None = None
    ) -> m.BorrowQuota:
        """How much of a spot pair can be bought or sold now, with and without borrowing.

        `GET /v5/order/spot-borrow-check`.
        """
        return await self._call(GET_BORROW_QUOTA, timeout, category=category, symbol=symbol, side=side)


def _match(page: m.OrderPage, order_id: str | None, order_link_id: str | None) -> m.Order | None:
    # The id wins where both are given, as at Bybit; a row that matches neither is not the one that was asked for.
    for order in page:
        if order.order_id == order_id if order_id is not None else order.order_link_id == order_link_id:
            return order
    return None
