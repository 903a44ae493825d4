"""`StrategyManager`: which strategies run, and what they want; one that misbehaves is stopped alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from bybit_async.bot.records import TradingSignal
from bybit_async.bot.strategies.base import BaseStrategy
from bybit_async.bot.strategies.imbalance import BookStrategy, Levels
from bybit_async.bot.strategies.interruption import NoGivingWay, interruptible

if TYPE_CHECKING:
    from collections.abc import Awaitable

    import pandas as pd

    from bybit_async.bot.configuration import ConfigurationManager
    from bybit_async.bot.data_manager import DataManager
    from bybit_async.bot.risk import UnifiedRiskManager

log: logging.Logger = logging.getLogger(__name__)

OnFailure = Callable[[str, str], None]
_T = TypeVar("_T")


class StrategyManager:
    """Runs strategies over shared market data.

    A strategy that raises, takes longer than ``engine.strategy_timeout``, returns anything but signals, or more than
    ``engine.max_signals_per_minute`` of them, is deactivated and named in `failures`; the others go on.

    Args:
        data_manager: where candles and books come from.
        risk_manager: what strategies are sized and judged by.
        config_manager: the configuration.
        on_failure: called with a strategy's id and the reason when it is stopped.
    """

    def __init__(
        self,
        data_manager: DataManager,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
        *,
        on_failure: OnFailure | None = None,
    ) -> None:
        self.data_manager = data_manager
        self.risk_manager = risk_manager
        self.config_manager = config_manager
        self.on_failure = on_failure
        self.failures: dict[str, str] = {}
        self._strategies: dict[str, BaseStrategy] = {}
        self._made: dict[str, deque[float]] = {}

    @property
    def strategies(self) -> list[BaseStrategy]:
        """All of them, active or not, in the order of adding."""
        return list(self._strategies.values())

    def add_strategy(self, strategy: BaseStrategy) -> None:
        """Add a strategy.

        Raises:
            ValueError: another one has its id.
        """
        if self._strategies.get(strategy.strategy_id, strategy) is not strategy:
            raise ValueError(f"there is a strategy {strategy.strategy_id!r} already")
        self._strategies[strategy.strategy_id] = strategy

    def remove_strategy(self, strategy_id: str) -> None:
        """Remove a strategy; harmless if it is not there."""
        self._strategies.pop(strategy_id, None)
        self._made.pop(strategy_id, None)

    def get_strategy(self, strategy_id: str) -> BaseStrategy | None:
        """Return a strategy, or None."""
        return self._strategies.get(strategy_id)

    async def activate_all_strategies(self) -> None:
        """Activate every strategy; what stopped one before is forgotten."""
        for strategy in self.strategies:
            self.failures.pop(strategy.strategy_id, None)
            await self._guarded(strategy, strategy.activate())

    async def deactivate_all_strategies(self) -> None:
        """Deactivate every strategy."""
        for strategy in self.strategies:
            await self._guarded(strategy, strategy.deactivate())

    async def generate_all_signals(self, symbols: Sequence[str]) -> list[TradingSignal]:
        """Ask every active strategy about these symbols, one after the other.

        A strategy with a watchlist is asked about the symbols on it only. Symbols without data are passed over.
        """
        signals: list[TradingSignal] = []
        for symbol in symbols:
            frame = self.data_manager.frame(symbol)
            if frame is None:
                continue
            for strategy in self._watching(symbol):
                made = await self._guarded(strategy, _asked(strategy, symbol, frame))
                signals += self._counted(strategy, [] if made is None else made)
        return signals

    async def generate_book_signals(self, symbol: str, bids: Levels, asks: Levels, time_ms: int) -> list[TradingSignal]:
        """Show a live book to every active strategy that decides on books."""
        signals: list[TradingSignal] = []
        for strategy in self._watching(symbol):
            if isinstance(strategy, BookStrategy):
                made = await self._guarded(strategy, _at_once(strategy, symbol, bids, asks, time_ms))
                signals += self._counted(strategy, [] if made is None else made)
        return signals

    def _watching(self, symbol: str) -> list[BaseStrategy]:
        return [
            strategy
            for strategy in self._strategies.values()
            if strategy.active and (not strategy.symbols or symbol in strategy.symbols)
        ]

    async def _guarded(self, strategy: BaseStrategy, work: Awaitable[_T]) -> _T | None:
        limit = self.config_manager.settings.engine.strategy_timeout
        try:
            # Not wait_for: until Python 3.12 that may swallow a cancellation that comes with the result.
            async with asyncio.timeout(limit):
                return await interruptible(work, limit)
        except NoGivingWay:
            self._stop(strategy, f"did not give way for {limit:g} s")
        except TimeoutError:
            self._stop(strategy, f"took longer than {limit:g} s")
        except Exception as error:
            # Whatever a strategy raises is its own fault, and no reason for the others to stop.
            log.exception("strategy %s failed", strategy.strategy_id)
            self._stop(strategy, f"raised {type(error).__name__}: {error}")
        return None

    def _counted(self, strategy: BaseStrategy, made: list[TradingSignal]) -> list[TradingSignal]:
        """Pass signals on, unless there are too many of them within a minute, or they are something else."""
        if not isinstance(made, list | tuple) or not all(isinstance(signal, TradingSignal) for signal in made):
            self._stop(strategy, f"returned {made!r:.80}, not a list of signals")
            return []
        most = self.config_manager.settings.engine.max_signals_per_minute
        now = time.monotonic()
        times = self._made.setdefault(strategy.strategy_id, deque())
        times.extend([now] * len(made))
        while times and times[0] < now - 60.0:
            times.popleft()
        if len(times) <= most:
            return made
        times.clear()
        self._stop(strategy, f"made more than {most} signals within a minute")
        return []

    def _stop(self, strategy: BaseStrategy, reason: str) -> None:
        strategy.active = False
        self.failures[strategy.strategy_id] = reason
        log.error("strategy %s is stopped: it %s", strategy.strategy_id, reason)
        if self.on_failure is not None:
            self.on_failure(strategy.strategy_id, reason)


async def _asked(strategy: BaseStrategy, symbol: str, frame: pd.DataFrame) -> list[TradingSignal]:
    # A method that was written without `async` fails in here as well, and so does it alone.
    return await strategy.generate_signals(symbol, frame)


async def _at_once(
    strategy: BookStrategy, symbol: str, bids: Levels, asks: Levels, time_ms: int
) -> list[TradingSignal]:
    return strategy.signals_from_book(symbol, bids, asks, time_ms)
