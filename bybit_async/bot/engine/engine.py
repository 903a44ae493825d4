"""`TradingEngine`: takes signals, and looks after everything that comes of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bybit_async import BybitError, MissingCredentials
from bybit_async.bot.client import BybitClient
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.engine.emergency import Sweep
from bybit_async.bot.engine.intake import Intake
from bybit_async.bot.engine.latch import Latch
from bybit_async.bot.engine.places import state_directory
from bybit_async.bot.engine.rooms import Rooms, open_rooms
from bybit_async.bot.engine.status import status_of
from bybit_async.bot.engine.supervision import Supervision
from bybit_async.bot.engine.trades import BotTrade
from bybit_async.bot.engine.view import EngineView, view_of
from bybit_async.bot.errors import EngineRefused, ExchangeUnreachable, JournalError, translated
from bybit_async.bot.journal.journal import event
from bybit_async.bot.journal.tables import Row, Table
from bybit_async.bot.records import EngineState, PortfolioSnapshot, TradeExecution, TradeSignal
from bybit_async.bot.risk import UnifiedRiskManager

if TYPE_CHECKING:
    from bybit_async.bot.data_manager import DataManager

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_SWEPT_WITHIN = 30.0

Alert = Callable[[str, str], None]
"""Takes a level (``info``, ``warning``, ``critical``) and what happened."""


class TradingEngine:
    """Trades signals on one account: judged by risk management, written down, sent with a stop, followed to the end.

    It trades linear contracts in one-way mode. Nothing is decided while the account is not certain, on prices that are
    too old, while a breaker is tripped, or after an emergency stop until that is reset.

    Args:
        bybit_client: the exchange; opened by `start` if it is not open, and closed by `stop` then.
        data_manager: market data; started and stopped with the engine. None where someone else shows the risk manager
            what it needs.
        risk_manager: judges.
        config_manager: the configuration.

    Attributes:
        on_alert: called with what people should know.
        on_performance: called with strategy id, symbol and profit of each closed trade.
    """

    def __init__(
        self,
        bybit_client: BybitClient,
        data_manager: DataManager | None,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
    ) -> None:
        self._client = bybit_client
        self._data = data_manager
        self._risk = risk_manager
        self._config = config_manager
        self._state = EngineState.STOPPED
        self._rooms: Rooms | None = None
        self._opened_client = False
        self._starting = False
        self._intake = Intake(state=lambda: self._state, alert=self._alert, spawn=self._spawn)
        self._supervision: Supervision | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sweeping: asyncio.Task[None] | None = None
        self._past: list[BotTrade] = []
        self.on_alert: Alert | None = None
        self.on_performance: Callable[[str, str, Decimal], None] | None = None

    # Its life

    @property
    def state(self) -> EngineState:
        """What it is doing."""
        return self._state

    async def start(self) -> None:
        """Connect, find out what happened to everything that was under way, lay missing stops, and take signals.

        With an emergency stop latched it starts in that state: positions are looked after, nothing is traded.

        Raises:
            EngineRefused: it runs already, another engine trades the account, or the account cannot be traded (a
                `RuntimeError`).
            ExchangeUnreachable: the exchange cannot be reached (a `ConnectionError`).
            ConfigurationInvalid: the configuration cannot be used.
            JournalError: the journal cannot be used.
        """
        if self._state is not EngineState.STOPPED or self._starting:
            raise EngineRefused("the engine is running already")
        settings = self._config.settings
        if settings.exchange.category != "linear":
            raise EngineRefused(
                f"the engine trades linear contracts, exchange.category is {settings.exchange.category}"
            )
        self._starting = True
        try:
            async with asyncio.timeout(settings.engine.start_timeout):
                await self._start()
        except TimeoutError:
            await self._close()
            raise ExchangeUnreachable(f"the engine did not start within {settings.engine.start_timeout:g} s") from None
        except BybitError as error:
            await self._close()
            named = translated(error)
            raise named from (None if named is error else error)
        except BaseException:
            await self._close()
            raise
        finally:
            self._starting = False

    async def _start(self) -> None:
        self._opened_client = not self._client.is_open
        await self._client.initialize()
        if self._client.account_id is None:
            raise MissingCredentials("exchange.api_key", "the engine needs a key")
        settings = self._config.settings
        named = {*settings.trading.symbols, *(name for item in settings.strategies.values() for name in item.symbols)}
        rooms = self._rooms = await open_rooms(self._client, self._risk, self._data, self._config, named)
        rooms.desk.on_performance = self._performed
        self._config.hold()
        rooms.stack.callback(self._config.release)
        latched = Latch(state_directory(settings)).held
        self._risk.set_emergency_stop(active=latched is not None)
        self._supervision = Supervision(rooms, alert=self._alert, on_trip=self._tripped, on_impediment=self._impeded)
        self._intake.rooms, self._intake.supervision = rooms, self._supervision
        self._state = EngineState.RUNNING if latched is None else EngineState.EMERGENCY_STOPPED
        self._supervision.observe()
        self._spawn(rooms.guard.run(), "guards the stops")
        self._spawn(self._supervision.run(), "supervises")
        if latched is not None:
            self._alert("critical", f"started with an emergency stop latched: {latched.reason}")
            self._sweep()

    async def stop(self) -> None:
        """Stop taking signals, cancel entries that still wait if so configured, and release everything.

        Positions keep the stops that are at the exchange. Harmless when it is stopped, or failed to start.
        """
        rooms = self._rooms
        if rooms is not None and self._state is not EngineState.STOPPED:
            self._state = EngineState.STOPPED
            await self._intake.settled(rooms.settings.engine.order_timeout)
            if rooms.settings.engine.cancel_on_stop:
                waiting = [trade for trade in rooms.desk.trades.active if trade.ending is None]
                with contextlib.suppress(BybitError):
                    await asyncio.gather(*(rooms.desk.cancel(trade) for trade in waiting))
        await self._close()

    async def _close(self) -> None:
        self._state = EngineState.STOPPED
        tasks, self._tasks, self._sweeping = list(self._tasks), set(), None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        rooms, self._rooms = self._rooms, None
        self._intake.rooms = self._intake.supervision = None
        if rooms is not None:
            if self._supervision is not None:
                self._supervision.save()
            self._past = rooms.desk.trades.history(None, 500)
            await rooms.aclose()
        if self._opened_client:
            self._opened_client = False
            await self._client.aclose()

    async def pause(self) -> None:
        """Take no signals until `resume`; open orders and positions stay, and stay looked after.

        Raises:
            EngineRefused: the engine is not running.
        """
        if self._state is EngineState.PAUSED:
            return
        if self._state is not EngineState.RUNNING:
            raise EngineRefused(f"the engine is {self._state.value}, only a running one can be paused")
        self._state = EngineState.PAUSED

    async def resume(self) -> None:
        """Take signals again.

        Raises:
            EngineRefused: the engine is not paused, a breaker is tripped and was not reset, or something else keeps
                the engine from trading.
        """
        if self._state is EngineState.RUNNING:
            return
        if self._state is not EngineState.PAUSED:
            raise EngineRefused(f"the engine is {self._state.value}, only a paused one can be resumed")
        if self._risk.tripped:
            raise EngineRefused(f"reset these breakers first: {', '.join(self._risk.tripped)}")
        if self._rooms is not None and (impediments := self._rooms.impediments()):
            raise EngineRefused("; ".join(impediments))
        self._state = EngineState.RUNNING

    async def emergency_stop(self, reason: str = "asked for") -> None:
        """End trading at once: nothing is sent any more, and entries are cancelled until the exchange shows none.

        Positions are closed too if ``engine.flatten_on_emergency`` says so; otherwise each keeps its stop. It is
        latched on disk and holds over restarts until `reset_emergency_stop`. It returns when all is done; if that takes
        longer than 30 seconds it goes on in the background.
        """
        self._state, before = EngineState.EMERGENCY_STOPPED, self._state
        self._risk.set_emergency_stop(active=True)
        rooms = self._rooms
        now_ms = rooms.now_ms() if rooms is not None else 0
        Latch(state_directory(self._config.settings)).hold(reason, now_ms)
        self._alert("critical", f"emergency stop: {reason}")
        if rooms is None:
            self._state = before
            return
        with contextlib.suppress(JournalError):
            rooms.journal.post(event(now_ms, "emergency_stop", reason=reason))
        done, _ = await asyncio.wait({self._sweep()}, timeout=_SWEPT_WITHIN)
        if not done:
            self._alert("critical", "the emergency stop has not finished, it goes on")

    def _sweep(self, *, flatten: bool | None = None) -> asyncio.Task[None]:
        rooms = self._rooms
        assert rooms is not None
        if self._sweeping is None or self._sweeping.done():
            settings = rooms.settings
            wanted = settings.engine.flatten_on_emergency if flatten is None else flatten
            sweep = Sweep(rooms.desk, rooms.session, rooms.category, settings.exchange.settle_coin)
            self._sweeping = self._spawn(sweep.run(flatten=wanted), "cancels what is open")
        return self._sweeping

    async def reset_emergency_stop(self) -> None:
        """Undo the latch of an emergency stop; a running engine is paused then, see `resume`."""
        Latch(state_directory(self._config.settings)).release()
        self._risk.set_emergency_stop(active=False)
        if self._sweeping is not None:
            # It would close what is opened from now on.
            self._sweeping.cancel()
            await asyncio.wait({self._sweeping})
        if self._state is EngineState.EMERGENCY_STOPPED:
            self._state = EngineState.PAUSED

    def _spawn(self, work: Coroutine[Any, Any, None], what: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"bybit_async bot {what}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Trading

    def observe(self) -> None:
        """Show the risk manager the account as it is now: strategies that are asked next decide and size by it."""
        if self._supervision is not None:
            self._supervision.observe()

    async def process_trade_signal(self, signal: TradeSignal) -> TradeExecution:
        """Trade a signal if risk management approves, and return what happened to it so far.

        A refusal is not an exception: its status is REJECTED and `rejection_reason` says why. The same signal is traded
        once, however often it is given; its first execution is returned then.
        """
        return await self._intake.take(signal)

    async def cancel_trade(self, execution_id: str) -> bool:
        """Cancel a trade's order; False if there is no such trade, or it has ended otherwise."""
        rooms = self._rooms
        trade = rooms.desk.trades.get(execution_id) if rooms is not None else None
        if rooms is None or trade is None or trade.is_final:
            return False
        try:
            return await rooms.desk.cancel(trade)
        except BybitError as error:
            log.warning("%s: the cancellation is uncertain: %s", execution_id, error)
            return False

    def _tripped(self, names: list[str]) -> None:
        """Act on breakers that stay tripped."""
        action = self._config.settings.risk.on_breaker
        if self._rooms is None or self._state is EngineState.EMERGENCY_STOPPED:
            return
        if action == "emergency_stop":
            self._spawn(self.emergency_stop(f"breaker: {', '.join(names)}"), "stops after a breaker")
        elif self._state is EngineState.RUNNING:
            self._state = EngineState.PAUSED
            if action == "flatten":
                self._sweep(flatten=True)

    def _impeded(self, reasons: list[str]) -> None:
        """Act on what keeps the engine from trading until someone does something about it."""
        if self._rooms is not None and self._state is EngineState.RUNNING:
            self._state = EngineState.PAUSED
            self._alert("critical", f"paused: {'; '.join(reasons)}")

    def _performed(self, strategy_id: str, symbol: str, pnl: Decimal) -> None:
        if self.on_performance is not None:
            _guarded(self.on_performance, strategy_id, symbol, pnl)

    def _alert(self, level: str, text: str) -> None:
        log.log({"info": logging.INFO, "warning": logging.WARNING}.get(level, logging.CRITICAL), "%s", text)
        if self.on_alert is not None:
            _guarded(self.on_alert, level, text)

    # What is known

    def get_active_trades(self) -> list[TradeExecution]:
        """Return the trades that have not ended, oldest first."""
        return [trade.report() for trade in self._rooms.desk.trades.active] if self._rooms is not None else []

    def get_trade_history(self, symbol: str | None = None, limit: int = 100) -> list[TradeExecution]:
        """Return the newest trades, newest first: the last 500 that ended, and all that have not or are still held.

        Args:
            symbol: only of this one.
            limit: how many at most.
        """
        if self._rooms is not None:
            return [trade.report() for trade in self._rooms.desk.trades.history(symbol, limit)]
        past = [trade for trade in self._past if symbol in (None, trade.plan.symbol)]
        return [trade.report() for trade in past[: max(limit, 0)]]

    def portfolio(self) -> PortfolioSnapshot | None:
        """Return the account as it is known now; None while the engine is stopped."""
        return self._rooms.portfolio() if self._rooms is not None else None

    def record(self, table: Table, row: Row) -> None:
        """Keep a row of this run in the journal; harmless while the engine is stopped or the journal does not work."""
        if self._rooms is not None and not self._starting:
            with contextlib.suppress(JournalError):
                self._rooms.record(table, row)

    def view(self) -> EngineView:
        """Return all that a monitor shows of the engine and the account, without awaiting anything."""
        if self._rooms is None or self._starting:
            # While it starts not every room is there.
            return EngineView(state=self._state, time_ms=time.time_ns() // 1_000_000, tallies=self._intake.tallies)
        return view_of(self._rooms, self._supervision, self._state, self._intake.tallies)

    def get_engine_status(self) -> dict[str, Any]:
        """Return ``state``, ``active_trades_count`` and what else is known of the engine and the account."""
        status: dict[str, Any] = {"state": self._state.value, "active_trades_count": 0}
        rooms = self._rooms
        if rooms is None:
            return status
        return status | status_of(rooms, self._intake.refused)


def _guarded(callback: Callable[..., object], *given: object) -> None:
    """Call what a user gave: what it raises must not end an emergency stop, or lose an execution."""
    try:
        callback(*given)
    except Exception:
        log.exception("a callback of the engine failed")
