"""Finding orders by their ids: a few one by one, many at once by going through the lists.

Questions of the same moment are answered by the same round. A round never asks more than what a list of orders
takes to page through, so fifty answers lost together do not become a hundred and fifty questions.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

import msgspec

from bybit_async.api.resource import Caller
from bybit_async.api.trade.reads import GET_OPEN_ORDERS, GET_ORDER_HISTORY
from bybit_async.errors import BybitError, SessionClosed
from bybit_async.models.trade import Order, OrderPage
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.pages import Pager

log: logging.Logger = logging.getLogger("bybit_async.orders")

_FEW = 3
_GATHERING = 0.01
_PAGE = 50
_MOST_PAGES = 10
"""What was not found among so many is asked for by itself in the end."""

_TIMEOUT = 10.0
"""Bybit warns that order queries are slow when markets are wild: they get longer than an order call does."""


class Wanted(msgspec.Struct, frozen=True):
    """An order that is looked for; the order id goes before the order link id, as at Bybit."""

    category: str
    symbol: str | None
    order_id: str | None
    order_link_id: str | None

    @property
    def key(self) -> str:
        """What it is recognised by."""
        return self.order_id or self.order_link_id or ""

    def is_it(self, order: Order) -> bool:
        """Say whether an order is the one."""
        if self.order_id is not None:
            return order.order_id == self.order_id
        return self.order_link_id is not None and order.order_link_id == self.order_link_id


class _Question(msgspec.Struct, frozen=True):
    wanted: Wanted
    alone: bool
    answer: asyncio.Future[Order | None]

    def tell(self, order: Order | None) -> None:
        if not self.answer.done():
            self.answer.set_result(order)


class OrderLookup:
    """Answers what an order is now, for many callers with few requests.

    Args:
        caller: asks Bybit.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._waiting: list[_Question] = []
        self._serving: asyncio.Task[None] | None = None
        self._closed = False

    async def find(self, wanted: Wanted, *, alone: bool = False) -> Order | None:
        """Return the order as Bybit has it now; None when it was not found, or Bybit did not answer.

        With `alone` it is asked for by itself, however many others are.

        Raises:
            SessionClosed: the session was closed.
        """
        if self._closed:
            raise SessionClosed()
        answer: asyncio.Future[Order | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Question(wanted, alone, answer))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="bybit_async order lookup")
        return await answer

    async def exists_elsewhere(self, wanted: Wanted) -> bool:
        """Say whether an order of any symbol or category has this order link id.

        Bybit keeps the ids of all derivatives in one place, and those of spot in another.
        """
        categories = ("spot",) if wanted.category == "spot" else ("linear", "inverse", "option")
        for category in categories:
            for scope in _scopes(category, {None}):
                found = await self._ask_within(scope, Wanted(category, None, None, wanted.order_link_id))
                if found is not None:
                    return True
        return False

    async def aclose(self) -> None:
        """Close: pending questions raise `SessionClosed`. Idempotent."""
        self._closed = True
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait({self._serving})

    async def _serve(self) -> None:
        asked: list[_Question] = []
        try:
            while self._waiting:
                await asyncio.sleep(_GATHERING)
                asked, self._waiting = self._waiting, []
                await self._round([question for question in asked if not question.answer.done()])
        finally:
            for question in (*asked, *self._waiting):
                if not question.answer.done():
                    question.answer.set_exception(SessionClosed("the session was closed while an order was looked up"))

    async def _round(self, questions: list[_Question]) -> None:
        groups: dict[str, list[_Question]] = defaultdict(list)
        for question in questions:
            if not question.alone:
                groups[question.wanted.category].append(question)
        walked = [group for group in groups.values() if len(group) > _FEW]
        singles = [q for q in questions if q.alone or len(groups[q.wanted.category]) <= _FEW]
        asking = [*(self._ask(question) for question in singles), *(self._walk(group) for group in walked)]
        for outcome in await asyncio.gather(*asking, return_exceptions=True):
            if isinstance(outcome, Exception):
                # An answer that breaks us says nothing of the other orders, nor that this one does not exist.
                log.error("an order could not be looked up", exc_info=outcome)
        for question in questions:
            question.tell(None)

    async def _ask(self, question: _Question) -> None:
        wanted = question.wanted
        scope = {"category": wanted.category} | ({} if wanted.symbol is None else {"symbol": wanted.symbol})
        order = await self._ask_within(scope, wanted)
        if order is not None:
            question.tell(order)

    async def _ask_within(self, scope: dict[str, Any], wanted: Wanted) -> Order | None:
        by_id = {"orderId": wanted.order_id} if wanted.order_id is not None else {"orderLinkId": wanted.order_link_id}
        for endpoint, params in _lists(scope | by_id):
            try:
                answer = await self._caller.call(endpoint, params, timeout=_TIMEOUT)
            except BybitError as error:
                log.info("%s did not answer: %s", endpoint.name, error)
                continue
            for order in answer.result.rows:
                if wanted.is_it(order):
                    found: Order = order
                    return found
        return None

    async def _walk(self, questions: list[_Question]) -> None:
        """Look for many orders of one category, list by list, until all are found."""
        for scope in _scopes(questions[0].wanted.category, {question.wanted.symbol for question in questions}):
            for endpoint, params in _lists({**scope, "limit": _PAGE}):
                missing = [question for question in questions if not question.answer.done()]
                if not missing:
                    return
                try:
                    await self._turn_pages(endpoint, params, missing)
                except BybitError as error:
                    log.info("%s did not answer: %s", endpoint.name, error)

    async def _turn_pages(self, endpoint: Endpoint, params: dict[str, Any], missing: list[_Question]) -> None:
        pager: Pager[OrderPage, Order] = Pager(self._caller.call, endpoint, params, _TIMEOUT)
        turned = 0
        async for page in pager.pages():
            by_id = {order.order_id: order for order in page} | {order.order_link_id: order for order in page}
            for question in missing:
                order = by_id.get(question.wanted.key)
                if order is not None and question.wanted.is_it(order):
                    question.tell(order)
            turned += 1
            if turned == _MOST_PAGES or all(question.answer.done() for question in missing):
                return


def _lists(params: dict[str, Any]) -> list[tuple[Endpoint, dict[str, Any]]]:
    # Open orders; those closed last, which a restart of Bybit empties; then history, which may lag.
    return [(GET_OPEN_ORDERS, params), (GET_OPEN_ORDERS, {**params, "openOnly": 1}), (GET_ORDER_HISTORY, params)]


def _scopes(category: str, symbols: set[str | None]) -> list[dict[str, Any]]:
    """Say how to list the orders of these symbols; Bybit lists linear ones by symbol or settle coin only."""
    if len(symbols) <= _FEW and None not in symbols:
        return [{"category": category, "symbol": symbol} for symbol in sorted(filter(None, symbols))]
    if category != "linear":
        return [{"category": category}]
    coins = {"USDT" if symbol is None or "USDT" in symbol else "USDC" for symbol in symbols}
    return [{"category": category, "settleCoin": coin} for coin in sorted(coins, reverse=True)]
