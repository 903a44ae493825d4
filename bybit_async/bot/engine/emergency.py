"""The emergency stop: cancel until the exchange shows nothing, flatten if asked to, and leave every stop in place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from typing import Any

from bybit_async import BybitError
from bybit_async.bot.engine.desk import Desk
from bybit_async.bot.engine.trades import BotTrade
from bybit_async.models.trade import Order

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_PAUSE = 0.25


def entries(orders: Iterable[Order]) -> list[Order]:
    """Return the orders that could still open or enlarge a position: all but those that only close one.

    Stops and targets of positions stay: without them the positions would be bare.
    """
    return [order for order in orders if not (order.reduce_only or order.close_on_trigger)]


class Sweep:
    """Cancels entries, and closes positions where that is wanted, until the exchange itself shows none.

    Args:
        desk: knows the orders whose outcome is unknown.
        session: the connector's session.
        category: of the contracts.
        settle_coin: of the contracts.
    """

    def __init__(self, desk: Desk, session: Any, category: Any, settle_coin: str) -> None:
        self._desk = desk
        self._trade = session.trade
        self._position = session.position
        self._category = category
        self._coin = settle_coin if category == "linear" else None

    async def run(self, *, flatten: bool) -> None:
        """Go on until nothing is left, whatever fails on the way."""
        clean = 0
        self._desk.withdraw()
        while clean < 2:
            left = await self._tried(self._cancel_entries())
            if flatten:
                left += await self._tried(self._close_positions())
            # Twice in a row: an order that was on its way may appear after the first look.
            clean = 0 if left or self._unsettled() else clean + 1
            await asyncio.sleep(_PAUSE)

    def _unsettled(self) -> list[BotTrade]:
        return [trade for trade in self._desk.trades.active if trade.is_unknown or trade.order_id is None]

    async def _tried(self, step: Awaitable[int]) -> int:
        try:
            return await step
        except BybitError as error:
            log.warning("the emergency stop goes on: %s", error)
        except Exception:
            log.exception("the emergency stop goes on")
        return 1

    async def _cancel_entries(self) -> int:
        """Cancel what is open and return how much that was."""
        pages = self._trade.get_open_orders(category=self._category, settle_coin=self._coin, limit=50)
        found = entries([order async for order in pages])
        cancelled = await asyncio.gather(*(self._cancel(order) for order in found), return_exceptions=True)
        for error in cancelled:
            if isinstance(error, Exception):
                log.info("a cancellation failed, it is tried again: %s", error)
        return len(found)

    async def _cancel(self, order: Order) -> None:
        await self._trade.cancel_order(
            category=self._category, symbol=order.symbol, order_id=order.order_id, on_unknown="raise"
        )

    async def _close_positions(self) -> int:
        pages = self._position.get_positions(category=self._category, settle_coin=self._coin, limit=200)
        symbols = {position.symbol async for position in pages if position.size}
        closed = await asyncio.gather(*(self._desk.flatten(symbol) for symbol in symbols), return_exceptions=True)
        for error in closed:
            if isinstance(error, Exception):
                log.warning("a position could not be closed, it is tried again: %s", error)
        return len(symbols)
