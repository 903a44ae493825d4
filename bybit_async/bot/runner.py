"""`Bot`: everything that one configuration describes, built, started and run."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from bybit_async.bot.alerts import Alerts
from bybit_async.bot.client import BybitClient
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.configuration.sections import StrategySettings
from bybit_async.bot.data_manager import BookLevels, DataManager
from bybit_async.bot.engine import TradingEngine
from bybit_async.bot.engine.record import decision_row, signal_row
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.bot.monitor import Monitor
from bybit_async.bot.records import EngineState, TradeSignal
from bybit_async.bot.risk import UnifiedRiskManager
from bybit_async.bot.strategies import BUILT_IN, BaseStrategy, BookStrategy, StrategyManager

log: logging.Logger = logging.getLogger("bybit_async.bot")


class Bot:
    """Client, data, risk, strategies, engine and alerts of one configuration: ``async with Bot(config) as bot``.

    Strategies decide when a candle has closed, or a book has changed, and their signals go to the engine. While the
    engine is not running they are not asked. With ``monitor.address`` configured, a `Monitor` is open from before the
    engine starts until after it has stopped.

    Args:
        config: the configuration.
        client: what makes the client of it.

    Raises:
        ConfigurationInvalid: it cannot be used, or names a strategy that cannot be made.
    """

    def __init__(
        self, config: ConfigurationManager, *, client: Callable[[ConfigurationManager], BybitClient] = BybitClient
    ) -> None:
        settings = config.settings
        self.config = config
        self.client: BybitClient = client(config)
        self.data: DataManager = DataManager(self.client, config)
        self.risk: UnifiedRiskManager = UnifiedRiskManager(config)
        self.engine: TradingEngine = TradingEngine(self.client, self.data, self.risk, config)
        self.strategies: StrategyManager = StrategyManager(
            self.data, self.risk, config, on_failure=self._strategy_failed
        )
        self.alerts: Alerts = Alerts(settings.alerts)
        self.engine.on_alert = self.alerts.post
        self.engine.on_performance = self._performed
        self.decisions: int = 0
        self.monitor: Monitor | None = None
        if settings.monitor.address:
            self.monitor = Monitor(self.engine, self.risk, config, self.strategies)
        for strategy_id, wanted in settings.strategies.items():
            if wanted.enabled:
                self.strategies.add_strategy(self._strategy(strategy_id, wanted))
        self._closed: dict[str, asyncio.Event] = {}
        self._books: dict[str, BookLevels] = {}
        self._book_changed: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self.data.on_close(self._on_close)
        self.data.on_book(self._on_book)

    def _strategy(self, strategy_id: str, wanted: StrategySettings) -> BaseStrategy:
        made_from = strategy_class(strategy_id, wanted.type)
        try:
            strategy = made_from(strategy_id, strategy_id, self.data, self.risk, self.config, **wanted.parameters)
        except (TypeError, ValueError) as error:
            raise ConfigurationInvalid([f"strategies.{strategy_id}.parameters: {error}"]) from error
        for symbol in wanted.symbols or self.config.settings.trading.symbols:
            strategy.add_symbol(symbol)
        return strategy

    # Its life

    async def start(self) -> None:
        """Start the engine, then let strategies decide; raises what `TradingEngine.start` does."""
        try:
            if self.monitor is not None:
                await self._stack.enter_async_context(self.monitor)
            await self._stack.enter_async_context(self.alerts)
            self._stack.push_async_callback(self.client.aclose)
            self._stack.push_async_callback(self.engine.stop)
            await self.engine.start()
            booked = [s for strategy in self.strategies.strategies for s in _books_of(strategy)]
            await self.data.start((), books=booked)
            await self.strategies.activate_all_strategies()
            for symbol in self.data.symbols:
                self._closed[symbol] = asyncio.Event()
                self._spawn(self._decide_on_candles(symbol), f"decides on {symbol}")
            for symbol in dict.fromkeys(booked):
                self._book_changed[symbol] = asyncio.Event()
                self._spawn(self._decide_on_books(symbol), f"decides on the book of {symbol}")
        except BaseException:
            await self.stop()
            raise
        self.alerts.post("info", f"started: {self.engine.state.value}")

    async def stop(self) -> None:
        """Stop deciding, then the engine. Harmless when it is stopped, or failed to start."""
        tasks, self._tasks = list(self._tasks), set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.strategies.deactivate_all_strategies()
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _spawn(self, work: Coroutine[Any, Any, None], what: str) -> None:
        task = asyncio.create_task(work, name=f"bybit_async bot {what}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Deciding

    def _on_close(self, symbol: str) -> None:
        if symbol in self._closed:
            self._closed[symbol].set()

    def _on_book(self, symbol: str, book: BookLevels) -> None:
        self._books[symbol] = book
        if symbol in self._book_changed:
            self._book_changed[symbol].set()

    async def _decide_on_candles(self, symbol: str) -> None:
        while True:
            await self._closed[symbol].wait()
            self._closed[symbol].clear()
            if self.engine.state is EngineState.RUNNING:
                if (frame := self.data.frame(symbol)) is not None:
                    shown = decision_row(symbol, frame, self.data.closing_time(frame), self.data.now_ms())
                    self.engine.record("decisions", shown)
                # What was filled since the last look belongs to the decision, as it does in a backtest.
                self.engine.observe()
                await self._process(await self.strategies.generate_all_signals([symbol]))

    async def _decide_on_books(self, symbol: str) -> None:
        while True:
            await self._book_changed[symbol].wait()
            self._book_changed[symbol].clear()
            book = self._books[symbol]
            self.risk.observe_book(symbol, book.bids, book.asks)
            if self.engine.state is EngineState.RUNNING:
                made = await self.strategies.generate_book_signals(symbol, book.bids, book.asks, book.time_ms)
                await self._process(made)

    async def _process(self, signals: list[TradeSignal]) -> None:
        for signal in signals:
            self.decisions += 1
            before = self.engine.portfolio()
            equity = None if before is None else before.equity
            try:
                found = await self.engine.process_trade_signal(signal)
                if found.execution_id:
                    self.engine.record("signals", signal_row(found, self.data.now_ms(), equity))
            except Exception:
                # One signal that cannot be handled must not keep the others, or later ones, from being handled.
                log.exception("a signal of %s could not be processed", signal.strategy_id)
                self.alerts.post("critical", f"a signal of {signal.strategy_id} could not be processed; see the log")

    def _performed(self, strategy_id: str, symbol: str, pnl: Decimal) -> None:
        strategy = self.strategies.get_strategy(strategy_id)
        if strategy is not None:
            strategy.update_performance(symbol, pnl, pnl > 0)

    def _strategy_failed(self, strategy_id: str, reason: str) -> None:
        self.alerts.post("critical", f"strategy {strategy_id} is stopped: it {reason}")


def strategy_class(strategy_id: str, name: str) -> type[BaseStrategy]:
    """Return the class that a configuration names: one that comes along, or ``package.module:Class``.

    Raises:
        ConfigurationInvalid: there is no such class.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    module, _, attribute = name.partition(":")
    key = f"strategies.{strategy_id}.type"
    if not attribute:
        raise ConfigurationInvalid([f"{key}: {name!r} is not allowed; allowed: {', '.join(BUILT_IN)}, module:Class"])
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationInvalid([f"{key}: {error}"]) from error
    if not (isinstance(found, type) and issubclass(found, BaseStrategy)):
        raise ConfigurationInvalid([f"{key}: {name} is not a subclass of BaseStrategy"])
    return found


def _books_of(strategy: BaseStrategy) -> list[str]:
    return strategy.symbols if isinstance(strategy, BookStrategy) else []
