"""Takes signals: each is decided, written down and sent, or refused with its reason."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from bybit_async import BybitError
from bybit_async.bot.engine.decisions import Refusal, Situation, decide, execution_id_of, obstacle_to, problem_of
from bybit_async.bot.engine.rooms import Rooms
from bybit_async.bot.engine.supervision import Supervision
from bybit_async.bot.engine.trades import BotTrade, rejected
from bybit_async.bot.engine.view import Tally
from bybit_async.bot.records import EngineState, ExecutionStatus, TradeExecution, TradeSignal

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_WRITTEN_WITHIN = 0.5
"""Seconds after which a decision is looked at again before its order leaves."""


class Intake:
    """The way of a signal through the engine.

    Args:
        state: what the engine is doing now.
        alert: tells people.
        spawn: runs something beside.

    Attributes:
        rooms: the parts of the running engine; None while it is stopped, as is `supervision`.
        tallies: what happened to signals, by strategy.
    """

    def __init__(
        self,
        *,
        state: Callable[[], EngineState],
        alert: Callable[[str, str], None],
        spawn: Callable[[Coroutine[Any, Any, None], str], object],
    ) -> None:
        self._state = state
        self._alert = alert
        self._spawn = spawn
        self._deciding = asyncio.Lock()
        self._sending: set[asyncio.Future[None]] = set()
        self.rooms: Rooms | None = None
        self.supervision: Supervision | None = None
        self.tallies: dict[str, Tally] = {}

    @property
    def refused(self) -> int:
        """How many signals led to no order."""
        return sum(tally.refused for tally in self.tallies.values())

    async def settled(self, timeout: float) -> None:
        """Wait until what is on its way to the exchange has an answer, or `timeout` seconds passed."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=timeout)

    async def take(self, signal: TradeSignal) -> TradeExecution:
        """Trade a signal, see `TradingEngine.process_trade_signal`."""
        rooms = self.rooms
        self._tally(signal).signals += 1
        if (problem := problem_of(signal)) is not None:
            return self._rejected(signal, problem, execution_id="")
        if rooms is None or self._state() is not EngineState.RUNNING:
            now_ms = rooms.now_ms() if rooms is not None else int(signal.timestamp.timestamp() * 1000)
            return rejected(signal, execution_id_of(signal), f"the engine is {self._state().value}", now_ms)
        known = rooms.desk.trades.get(execution_id_of(signal))
        if known is not None:
            return known.report()
        began = time.perf_counter()
        try:
            await rooms.watch(signal.symbol)
            async with self._deciding:
                trade = await self._decided(rooms, signal)
        except (BybitError, TimeoutError) as error:
            return self._rejected(signal, f"{type(error).__name__}: {error}")
        if isinstance(trade, Refusal):
            return self._rejected(signal, trade.reason)
        self._tally(signal).traded += 1
        rooms.desk.timings.add("decision", time.perf_counter() - began)
        await self._sent(rooms, trade)
        if trade.status is ExecutionStatus.REJECTED:
            # The rules of the instrument may have changed; the next decision goes by the new ones.
            self._spawn(self._renewed(rooms, signal.symbol), "asks for the rules of an instrument")
            self._alert("warning", f"{signal.symbol}: the exchange refused an order: {trade.reason}")
        plan = trade.plan
        log.info("%s %s %s %s: %s", signal.strategy_id, plan.side.name, plan.qty, plan.symbol, trade.status.value)
        rooms.guard.stir()
        if self.supervision is not None:
            # A strategy that is asked again at once must see what it holds by now.
            self.supervision.refresh()
        return trade.report()

    async def _sent(self, rooms: Rooms, trade: BotTrade) -> None:
        sending = asyncio.get_running_loop().create_future()
        self._sending.add(sending)
        try:
            await rooms.desk.send(trade, timeout=rooms.settings.engine.order_timeout)
        finally:
            self._sending.discard(sending)
            sending.set_result(None)

    async def _decided(self, rooms: Rooms, signal: TradeSignal) -> BotTrade | Refusal:
        plan = decide(signal, await self._situation(rooms, signal), rooms.risk)
        if isinstance(plan, Refusal):
            return plan
        known = rooms.desk.trades.get(plan.execution_id)
        if known is not None:
            return Refusal("the same signal is being traded already")
        began = time.perf_counter()
        trade = await rooms.desk.submit(plan, signal)
        late = time.perf_counter() - began > _WRITTEN_WITHIN
        reason = self._too_late(rooms, trade, await self._situation(rooms, signal) if late else None)
        if reason is not None:
            # It was written down, but has not left yet, and must no longer.
            rooms.desk.never_sent(trade, reason)
            return Refusal(reason)
        return trade

    async def _situation(self, rooms: Rooms, signal: TradeSignal) -> Situation:
        return Situation(
            portfolio=rooms.portfolio(),
            instrument=await rooms.instrument(signal.symbol),
            quote=rooms.prices.quote(signal.symbol),
            settings=rooms.settings,
            now_ms=rooms.now_ms(),
        )

    def _too_late(self, rooms: Rooms, trade: BotTrade, now: Situation | None) -> str | None:
        """Return why an order that was decided on must not leave; `now` is given where writing it down took long."""
        if self._state() is not EngineState.RUNNING:
            return f"the engine is {self._state().value}"
        if impediments := rooms.impediments():
            return impediments[0]
        if now is None:
            return None
        stopping = [] if trade.plan.reduce_only else rooms.risk.check(now.portfolio)
        return obstacle_to(trade.signal, now) or next((str(found) for found in stopping), None)

    def _rejected(self, signal: TradeSignal, reason: str, execution_id: str | None = None) -> TradeExecution:
        """Return the record of a refusal; a signal that is malformed has no id of its own."""
        log.info("%s %s %s is refused: %s", signal.strategy_id, signal.action, signal.symbol, reason)
        tally = self._tally(signal)
        tally.refused, tally.last_refusal = tally.refused + 1, reason
        now_ms = self.rooms.now_ms() if self.rooms is not None else 0
        return rejected(signal, execution_id_of(signal) if execution_id is None else execution_id, reason, now_ms)

    def _tally(self, signal: TradeSignal) -> Tally:
        return self.tallies.setdefault(str(signal.strategy_id), Tally())

    async def _renewed(self, rooms: Rooms, symbol: str) -> None:
        with contextlib.suppress(BybitError):
            await rooms.instrument(symbol, fresh=True)
            await rooms.look_at_mode(symbol)
