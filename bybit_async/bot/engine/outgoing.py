"""Orders on their way out: until the exchange has answered, entries can be called back."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bybit_async.bot.engine.trades import BotTrade
from bybit_async.models.trade import OrderAck
from bybit_async.session import AsyncBybit

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")


class WithdrawnError(Exception):
    """An order was called back while it was being sent; whether it arrived is not known."""


class _Sending:
    """One order, since when it is being sent (seconds of the loop's clock), and whether it was called back."""

    def __init__(self, trade: BotTrade, placing: asyncio.Future[OrderAck], since: float) -> None:
        self.trade = trade
        self.placing = placing
        self.since = since
        self.withdrawn = False


class Outgoing:
    """Sends orders, and knows those that have no answer yet.

    Args:
        session: the connector's session.
        category: of the contracts.
    """

    def __init__(self, session: AsyncBybit, category: Any) -> None:
        self._session = session
        self._category = category
        self._sending: dict[str, _Sending] = {}

    async def place(self, trade: BotTrade) -> OrderAck:
        """Return the answer to a trade's order.

        Raises:
            WithdrawnError: it was called back before there was one.
            BybitError: the order was refused, or its answer was lost.
        """
        placing = asyncio.ensure_future(self._session.trade.place(trade.plan.order(self._category)))
        sending = self._sending[trade.execution_id] = _Sending(trade, placing, asyncio.get_running_loop().time())
        try:
            return await placing
        except asyncio.CancelledError:
            if sending.withdrawn:
                raise WithdrawnError from None
            raise
        finally:
            del self._sending[trade.execution_id]

    def withdraw(self, older_than: float) -> None:
        """Call back the entries that are being sent: those that wait for their turn do not leave any more.

        Whether one reached the exchange anyway is found out like any other lost answer.

        Args:
            older_than: only what has been waiting for so many seconds.
        """
        now = asyncio.get_running_loop().time()
        for sending in list(self._sending.values()):
            if not sending.trade.plan.reduce_only and now - sending.since >= older_than:
                log.warning("%s is withdrawn", sending.trade.execution_id)
                sending.withdrawn = sending.placing.cancel()
