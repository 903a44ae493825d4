"""The desk: sends the orders that were decided on, and follows what becomes of them.

An order is written down before it leaves. What it became is known from the account's own news alone, never from an
acknowledgement; a lost answer makes a trade UNKNOWN until the exchange tells.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from bybit_async import BybitError, DuplicateOrderLinkId, InvalidParameter, NotSent, RequestRejected
from bybit_async.bot.client import BybitClient
from bybit_async.bot.engine.decisions import OrderPlan
from bybit_async.bot.engine.lots import Lots, Realized
from bybit_async.bot.engine.outgoing import Outgoing, WithdrawnError
from bybit_async.bot.engine.trades import BotTrade, TradeBook
from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal import Journal, Put
from bybit_async.bot.journal.journal import event, meta
from bybit_async.bot.records import ExecutionStatus, OrderSide, TradeSignal
from bybit_async.bot.risk import ClosedTrade, UnifiedRiskManager
from bybit_async.bot.timings import Timings
from bybit_async.live.account import LiveAccount
from bybit_async.live.account_events import AccountEvent
from bybit_async.models.trade import Execution, Order

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

ZERO = Decimal(0)
_IDS = 2_000
_CANCEL_EVERY = 0.5
_ASKED_WITHIN = 5.0
"""Seconds that one question may take: it is asked again, and one that was lost must not keep the next one waiting."""

_BOOKINGS = frozenset({"Funding", "SessionSettlePnL"})
"""Executions that move money, but no position."""


class Desk:
    """Everything that changes a trade goes through here.

    Args:
        client: sends.
        account: reports what happened.
        journal: remembers.
        risk: is shown closed trades.
        trades: the trades, as the journal knew them.
        lots: what they opened, as the journal knew it.

    Attributes:
        is_sound: whether everything the account reported was understood.
        timings: how long decisions took, and the exchange to accept orders.
    """

    def __init__(
        self,
        client: BybitClient,
        account: LiveAccount,
        journal: Journal,
        risk: UnifiedRiskManager,
        trades: TradeBook,
        lots: Lots,
    ) -> None:
        self._client = client
        self._session = client.session
        self._category: Any = client.settings.exchange.category
        self.account = account
        self.journal = journal
        self.risk = risk
        self.trades = trades
        self.lots = lots
        self.on_performance: Callable[[str, str, Decimal], None] | None = None
        self.last_event: float = 0.0
        self.on_event: Callable[[AccountEvent], None] = _nobody
        self.timings: Timings = Timings()
        self.is_sound: bool = True
        self._changed: dict[str, asyncio.Event] = {}
        self._outgoing = Outgoing(self._session, self._category)
        self._cancelling: asyncio.Task[None] | None = None
        self._since_ms = 0
        self._seen: dict[tuple[str, str], None] = {}
        self._most_seen = _IDS

    def now_ms(self) -> int:
        """Return the exchange's time in milliseconds."""
        return self._session.clock.now_ms()

    # Sending

    async def submit(self, plan: OrderPlan, signal: TradeSignal) -> BotTrade:
        """Write a trade down; from now on it counts as exposure.

        Raises:
            JournalError: it could not be written, and will not be sent.
        """
        trade = BotTrade(plan, signal, self.now_ms())
        self.trades.add(trade)
        try:
            await self.journal.write(trade.row())
        except BaseException:
            # It was never sent; that the row may be there anyway does no harm: its order will not be found.
            self.trades.remove(trade.execution_id)
            raise
        return trade

    async def send(self, trade: BotTrade, *, timeout: float) -> None:
        """Send a trade's order and wait until it has ended, or rests in the book, or `timeout` seconds passed."""
        sent = time.perf_counter()
        try:
            ack = await self._outgoing.place(trade)
        except DuplicateOrderLinkId:
            # The exchange has it: an earlier life of this bot sent it.
            trade.doubt("an order with this id exists already", self.now_ms())
        except (RequestRejected, InvalidParameter, NotSent) as error:
            trade.end(ExecutionStatus.REJECTED, str(error), self.now_ms())
        except WithdrawnError:
            # It may have left in the same moment.
            trade.doubt("withdrawn before it was answered", self.now_ms())
        except BybitError as error:
            # Lost, or the session was closed meanwhile: the exchange may have it.
            trade.doubt(str(error), self.now_ms())
        except BaseException as error:
            # A cancelled call may have reached the exchange anyway.
            trade.doubt(f"interrupted: {type(error).__name__}", self.now_ms())
            self._note(trade)
            raise
        else:
            trade.order_id = trade.order_id or ack.order_id
            self.timings.add("order accepted", time.perf_counter() - sent)
        self._note(trade)
        await self._settled(trade, timeout, or_rests=True)

    def withdraw(self, *, older_than: float = 0.0) -> None:
        """Keep entries from leaving that wait for that, as in a queue before a rate limit; see `Outgoing.withdraw`."""
        self._outgoing.withdraw(older_than)

    def cancel_entries(self) -> None:
        """Begin to cancel the entries of the bot that rest in the book, unless that is going on; exits stay."""
        if self._cancelling is not None and not self._cancelling.done():
            return
        resting = [trade for trade in self.trades.active if not trade.plan.reduce_only and self._rests(trade)]
        if resting:
            self._cancelling = asyncio.create_task(self._cancelled(resting), name="bybit_async bot cancels entries")

    async def _cancelled(self, trades: list[BotTrade]) -> None:
        found = await asyncio.gather(*map(self._cancel_once, trades), return_exceptions=True)
        for error in found:
            if isinstance(error, Exception):
                log.warning("an entry could not be cancelled, trying again: %s", error)
        # News of it come before it is asked for again.
        await asyncio.sleep(_CANCEL_EVERY)

    async def _cancel_once(self, trade: BotTrade) -> None:
        # To try again at once is quicker than to find out.
        await self._session.trade.cancel_order(
            category=self._category,
            symbol=trade.plan.symbol,
            order_link_id=trade.execution_id,
            on_unknown="raise",
        )

    async def aclose(self) -> None:
        """End what is going on beside. Idempotent."""
        if self._cancelling is not None:
            self._cancelling.cancel()
            await asyncio.gather(self._cancelling, return_exceptions=True)

    async def _settled(self, trade: BotTrade, timeout: float, *, or_rests: bool = False) -> None:
        changed = self._changed.setdefault(trade.execution_id, asyncio.Event())
        try:
            async with asyncio.timeout(timeout):
                while not (trade.is_final or (or_rests and self._rests(trade))):
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            log.info("%s: %s after %.1f s", trade.execution_id, trade.status.value, timeout)
        finally:
            self._changed.pop(trade.execution_id, None)

    def _rests(self, trade: BotTrade) -> bool:
        order = self.account.orders.find(order_link_id=trade.execution_id)
        return order is not None and order.is_open and order.order_type == "Limit" and order.time_in_force != "IOC"

    async def cancel(self, trade: BotTrade) -> bool:
        """Cancel a trade's order; True when it has ended without trading further."""
        try:
            await self._session.trade.cancel_order(
                category=self._category, symbol=trade.plan.symbol, order_link_id=trade.execution_id
            )
        except RequestRejected as error:
            log.info("%s cannot be cancelled: %s", trade.execution_id, error)
            return trade.status is ExecutionStatus.CANCELLED
        await self._settled(trade, self._client.settings.engine.order_timeout)
        return trade.status is ExecutionStatus.CANCELLED

    # Following

    def begin(self, since_ms: int, known: Iterable[tuple[str, str]]) -> None:
        """Take executions from `since_ms` on, except those that the journal knows, oldest first."""
        self._since_ms, self._seen = since_ms, dict.fromkeys(known)
        # All of them come once more at a start, between those that are new.
        self._most_seen = len(self._seen) + _IDS

    async def follow(self, events: Any) -> None:
        """Take what happens to the account, until it is closed."""
        dropped = 0
        async for item in events:
            self.last_event = asyncio.get_running_loop().time()
            self.on_event(item)
            try:
                if item.order is not None:
                    self.take_order(item.order)
                elif item.execution is not None:
                    self.take_execution(item.execution)
            except Exception:
                # The next news are followed anyway, but what is held is not certain until a restart finds out.
                self.is_sound = False
                log.exception("news of the account could not be taken; nothing is traded until a restart")
            if events.dropped != dropped:
                dropped = events.dropped
                # Not reached unless this loop was blocked for ten thousand events; the newest of them the account has.
                for execution in self.account.executions:
                    self.take_execution(execution)

    def take_order(self, order: Order) -> None:
        """Take a report of any order of the account."""
        trade = self.trades.get(order.order_link_id)
        if trade is not None and not trade.is_final:
            before = (trade.status, trade.order_id, trade.executed_by_order)
            trade.take_order(order, self.now_ms())
            if before != (trade.status, trade.order_id, trade.executed_by_order):
                self._note(trade)
            else:
                self._told(trade)

    def take_execution(self, execution: Execution) -> bool:
        """Take an execution of any order of the account, once; False if it was taken before, or does not count."""
        identity = (execution.exec_id, execution.order_id)
        if identity in self._seen or execution.exec_time < self._since_ms:
            return False
        if execution.category not in (None, self._category):
            return False
        self._seen[identity] = None
        if len(self._seen) > self._most_seen:
            del self._seen[next(iter(self._seen))]
        trade = self.trades.get(execution.order_link_id)
        puts = [_row(execution, trade)]
        changed: dict[str, BotTrade] = {}
        if execution.exec_type not in _BOOKINGS:
            fee = execution.exec_fee or ZERO
            if trade is not None:
                trade.take_fill(execution.exec_qty, execution.exec_price, fee, self.now_ms())
                changed[trade.execution_id] = trade
            realized = self.lots.take(
                execution.symbol,
                OrderSide(execution.side),
                execution.exec_qty,
                execution.exec_price,
                fee,
                execution_id=trade.execution_id if trade is not None else "",
                strategy_id=trade.signal.strategy_id if trade is not None else "",
            )
            for part in realized:
                self._realize(part, changed)
            self.trades.pin(self.lots.openers)
            puts.append(meta(f"lots:{execution.symbol}", self.lots.to_plain(execution.symbol)))
        self.journal.post(*puts, *(item.row() for item in changed.values()))
        for item in changed.values():
            self._told(item)
        return True

    def _realize(self, part: Realized, changed: dict[str, BotTrade]) -> None:
        opener = self.trades.get(part.execution_id)
        if opener is not None:
            opener.realized = (opener.realized or ZERO) + part.pnl
            changed[opener.execution_id] = opener
        if part.total is not None and part.execution_id:
            self.risk.record_trades([ClosedTrade(part.symbol, part.total, part.strategy_id)])
            if self.on_performance is not None:
                self.on_performance(part.strategy_id, part.symbol, part.total)

    def _note(self, trade: BotTrade) -> None:
        try:
            self.journal.post(trade.row())
        except JournalError:
            log.exception("the journal did not take %s", trade.execution_id)
        self._told(trade)

    def _told(self, trade: BotTrade) -> None:
        self.trades.note(trade)
        if (changed := self._changed.get(trade.execution_id)) is not None:
            changed.set()

    # Finding out

    async def find_out(self, trade: BotTrade) -> bool:
        """Ask the exchange what happened to a trade's order; True when it knows it."""
        order = await self._session.trade.find_order(
            category=self._category, symbol=trade.plan.symbol, order_link_id=trade.execution_id, timeout=_ASKED_WITHIN
        )
        if order is None:
            return False
        self.take_order(order)
        if not trade.is_final and not order.is_open:
            async for execution in self._session.trade.get_executions(
                category=self._category, symbol=trade.plan.symbol, order_id=order.order_id, limit=100
            ):
                self.take_execution(execution)
        return True

    async def executions_since(self, since_ms: int) -> list[Execution]:
        """Ask for every execution from a time on, in milliseconds."""
        pages = self._session.trade.get_executions(category=self._category, start=since_ms, limit=100)
        return [execution async for execution in pages]

    def never_sent(self, trade: BotTrade, reason: str) -> None:
        """Note that a trade was written down, but its order was not sent."""
        trade.end(ExecutionStatus.REJECTED, reason, self.now_ms())
        self._note(trade)

    def never_arrived(self, trade: BotTrade) -> None:
        """Note that a trade's order is not known at the exchange and cannot arrive any more."""
        trade.end(ExecutionStatus.REJECTED, "the order never reached the exchange", self.now_ms())
        self._note(trade)

    def adopt(self, symbol: str, size: Decimal, price: Decimal) -> None:
        """Take a difference between the exchange's position and the journal's as made by others, and write it down."""
        before = self.lots.size(symbol)
        self.lots.adopt(symbol, size, price)
        log.warning("%s: the position is %s, the journal knew %s: adopted", symbol, self.lots.size(symbol), before)
        self.journal.post(
            event(self.now_ms(), "adopted", symbol=symbol, size=size, price=price, known=before),
            meta(f"lots:{symbol}", self.lots.to_plain(symbol)),
        )

    async def flatten(self, symbol: str) -> None:
        """Close what the exchange says is held of a symbol, at market; harmless when that is nothing.

        Raises:
            BybitError: the exchange does not take the order, or its answer was lost: then look and try again.
        """
        pages = self._session.position.get_positions(category=self._category, symbol=symbol)
        for position in [position async for position in pages if position.size]:
            # To try again at once is quicker than to find out, and two orders that only reduce do no harm.
            await self._session.trade.place_order(
                category=self._category,
                symbol=symbol,
                side="Sell" if position.side == "Buy" else "Buy",
                order_type="Market",
                qty=position.size,
                reduce_only=True,
                position_idx=0,
                on_unknown="raise",
            )


def _nobody(event: AccountEvent) -> None:
    """Take no notice of what happened to the account."""


def _row(execution: Execution, trade: BotTrade | None) -> Put:
    return Put(
        "executions",
        {
            "exec_id": execution.exec_id,
            "order_id": execution.order_id,
            "execution_id": trade.execution_id if trade is not None else "",
            "time_ms": execution.exec_time,
            "symbol": execution.symbol,
            "side": execution.side,
            "kind": execution.exec_type or "Trade",
            "price": str(execution.exec_price),
            "qty": str(execution.exec_qty),
            "fee": str(execution.exec_fee or ZERO),
        },
    )
