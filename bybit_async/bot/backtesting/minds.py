"""Strategies as a backtest runs them: one on one symbol, asked at the closes where it may want something."""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from bybit_async.bot.backtesting.history import CandleHistory, Times, grouped, resampled
from bybit_async.bot.check import LookAhead, check_strategy
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.indicators import Floats
from bybit_async.bot.records import TradeSignal
from bybit_async.bot.risk import UnifiedRiskManager
from bybit_async.bot.strategies import BaseStrategy, BookStrategy, CandleStrategy, View, columns_of
from bybit_async.bot.strategies.base import Decisions

if TYPE_CHECKING:
    import pandas as pd


T = TypeVar("T")
KEPT = 501
CHECKED = 1000
CUTS = 8
Wanted: TypeAlias = "BaseStrategy | type[BaseStrategy] | tuple[type[BaseStrategy], Mapping[str, Any]]"


class PastData:
    """Stands where the data manager stands live: candles up to the present of the backtest."""

    def __init__(self, frames: Mapping[str, pd.DataFrame], length_ms: int) -> None:
        self._frames = frames
        self._length_ms = length_ms
        self._arrays = {symbol: frame["close"].to_numpy() for symbol, frame in frames.items()}
        self._closes: dict[str, Floats] = {}
        self.closed: int = 0

    def close(self, candles: int) -> None:
        """Let this many candles have closed."""
        if candles != self.closed:
            self.closed = candles
            self._closes.clear()

    @property
    def symbols(self) -> list[str]:
        """The symbols there are."""
        return list(self._frames)

    def frame(self, symbol: str) -> pd.DataFrame | None:
        """Return the closed candles of a symbol."""
        return self._frames[symbol].iloc[: self.closed] if symbol in self._frames and self.closed else None

    def closes(self, symbol: str) -> Floats | None:
        """Return the newest closing prices of a symbol: the same array until another candle has closed."""
        if symbol not in self._closes:
            if symbol not in self._arrays:
                return None
            self._closes[symbol] = self._arrays[symbol][max(0, self.closed - KEPT) : self.closed]
        return self._closes[symbol]

    def closing_time(self, frame: pd.DataFrame) -> int:
        """Return when the last candle of a frame closed, in milliseconds."""
        return int(frame.index[-1].value // 1_000_000) + self._length_ms

    def book(self, symbol: str) -> None:
        """There are no books in candles."""


class Mind:
    """One strategy on one symbol, in its fast form where it has one."""

    def __init__(self, strategy: BaseStrategy, symbol: str, data: PastData, frame: pd.DataFrame) -> None:
        self.strategy = strategy
        self.symbol = symbol
        self._data = data
        self._frame = frame
        self.view: View | None = None
        self._first = strategy.warm_up - 1
        self._decide: Callable[[View], Decisions] = lambda view: None
        self.candidates: NDArray[np.bool_] | None = None
        if isinstance(strategy, CandleStrategy):
            columns = columns_of(strategy, frame)
            self.view = View(symbol, columns, 0)
            self._decide = strategy.decide
            self.candidates = strategy.candidates(columns)
            if self.candidates is not None and self.candidates.shape != (len(frame),):
                raise ValueError(f"{strategy.strategy_id}: candidates() must be as long as the candles")

    def wants(self, candle: int, time_ms: int) -> Decisions:
        """Ask for a decision at the close of a candle; those in the documented form are asked by `signals`."""
        view = self.view
        if view is None or candle < self._first:
            return None
        view.move(candle, time_ms)
        return self._decide(view)

    def first(self, candles: memoryview[int], closings: memoryview[int]) -> tuple[int, Decisions]:
        """Ask at the closes of candles, one after the other, until something is wanted; see `View.first`."""
        assert self.view is not None
        early = 0
        while early < len(candles) and candles[early] < self._first:
            early += 1
        count, wanted = self.view.first(self._decide, candles[early:], closings[early:])
        return early + count, wanted

    def is_asked(self, candle: int) -> bool:
        """Whether it may want something at the close of a candle."""
        return candle >= self._first and (self.candidates is None or bool(self.candidates[candle]))

    def signals(self, decisions: Decisions, candle: int, time_ms: int, position: Decimal) -> list[TradeSignal]:
        """Turn a decision into signals, or ask for them."""
        if self.view is not None:
            return self.strategy.signals_of(decisions, self.symbol, self.view["close"], time_ms, position)
        return _finished(self.strategy.generate_signals(self.symbol, self._frame.iloc[: candle + 1]))


Asked = tuple[Mind, Decisions]


class Minds:
    """All strategies of a run, and the closes at which they are asked."""

    def __init__(
        self,
        strategies: Iterable[BaseStrategy],
        history: CandleHistory,
        interval: str,
        data: PastData,
        frames: Mapping[str, pd.DataFrame],
    ) -> None:
        self.opened: Times
        self.last: NDArray[np.int64]
        self.opened, self.last = grouped(history, interval)
        self.minds: list[Mind] = [
            Mind(strategy, symbol, data, frames[symbol])
            for symbol in history.symbols
            for strategy in strategies
            if not strategy.symbols or symbol in strategy.symbols
        ]
        self.data = data
        closes = history.times[self.last] + history.step
        self._asked = self._candidates() & (closes >= history.start_ms)

    def _candidates(self) -> NDArray[np.bool_]:
        asked = np.zeros(len(self.opened), dtype=np.bool_)
        for mind in self.minds:
            if mind.candidates is None:
                asked[:] = True
            else:
                asked |= mind.candidates
        return asked

    @property
    def only(self) -> Mind | None:
        """The mind, if there is one alone and it is in its fast form."""
        return self.minds[0] if len(self.minds) == 1 and self.minds[0].view is not None else None

    def places(self, length_ms: int) -> tuple[memoryview, memoryview, memoryview]:
        """Return where a decision is due: small candles, the candles that close with them, and when they do."""
        candles = np.flatnonzero(self._asked)
        # A list would hold an object for each: for ten years of minutes, more than all the data.
        return self.last[candles].data, candles.data, (self.opened[candles] + length_ms).data

    def ask(self, candle: int, time_ms: int) -> list[Asked]:
        """Ask everyone at the close of a candle; those in the documented form say what they want by `signals`."""
        asked: list[Asked] = []
        for mind in self.minds:
            if mind.is_asked(candle):
                wanted = mind.wants(candle, time_ms)
                if wanted or mind.view is None:
                    asked.append((mind, wanted))
        return asked


def frames_of(history: CandleHistory, interval: str) -> dict[str, pd.DataFrame]:
    """Return candles of the strategies' interval, by symbol."""
    import pandas as pd

    opened, last = grouped(history, interval)
    per = int(last[1] - last[0]) if len(last) > 1 else 1
    index = pd.DatetimeIndex(opened.view("datetime64[ms]"), tz="UTC", name="time")
    frames = {}
    for symbol, series in history.symbols.items():
        # Of small candles the arrays themselves: ten years of them need not be there twice.
        frames[symbol] = pd.DataFrame(resampled(series, last, per), index=index, copy=False)
        frames[symbol].attrs["interval"] = interval
    return frames


def prepared(
    wanted: Sequence[Wanted], data: PastData, risk: UnifiedRiskManager, config: ConfigurationManager
) -> list[BaseStrategy]:
    """Return strategies of a run's own: copies of those that were given, or made of their classes.

    Raises:
        ValueError: two have the same id, or one decides on books.
    """
    made: dict[str, BaseStrategy] = {}
    for number, item in enumerate(wanted):
        strategy = _one(item, number, data, risk, config)
        if isinstance(strategy, BookStrategy):
            raise ValueError(f"strategies: {strategy.strategy_id} decides on order books, which candles do not have")
        if strategy.strategy_id in made:
            raise ValueError(f"strategies: two have the id {strategy.strategy_id!r}")
        strategy.active = True
        made[strategy.strategy_id] = strategy
    if not made:
        raise ValueError("strategies: none; expected one or more")
    return list(made.values())


def refuse_looking_ahead(strategies: Iterable[BaseStrategy], frames: Mapping[str, pd.DataFrame]) -> None:
    """Cut the newest candles at some places, and see whether a strategy would have decided otherwise without the rest.

    Raises:
        LookAhead: it would.
    """
    for strategy in strategies:
        for symbol, frame in frames.items():
            newest = frame.iloc[-(strategy.warm_up + CHECKED) :]
            if not isinstance(strategy, CandleStrategy) or len(newest) < strategy.warm_up + 12:
                continue
            report = check_strategy(strategy, newest, symbol=symbol, cuts=CUTS, trades=0)
            found = next((finding for finding in report.findings if finding.kind == "look-ahead"), None)
            if found is not None:
                raise LookAhead(found)


def _one(
    item: Wanted, number: int, data: PastData, risk: UnifiedRiskManager, config: ConfigurationManager
) -> BaseStrategy:
    if isinstance(item, BaseStrategy):
        # A copy, so that a run leaves nothing behind in what it was given; it is wired to this run's rooms.
        wiring = {
            id(item.data_manager): data,
            id(item.risk_manager): risk,
            id(item.config_manager): config,
        }
        wiring.pop(id(None), None)
        strategy = copy.deepcopy(item, wiring)
        strategy.data_manager, strategy.risk_manager, strategy.config_manager = data, risk, config  # type: ignore[assignment]
        return strategy
    kind, parameters = item if isinstance(item, tuple) else (item, {})
    if not (isinstance(kind, type) and issubclass(kind, BaseStrategy)):
        raise ValueError(f"strategies: expected a strategy, its class, or (class, parameters), got {item!r}")
    name = kind.__name__ if not number else f"{kind.__name__}-{number + 1}"
    return kind(name, name, data, risk, config, **parameters)  # type: ignore[arg-type]


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    raise RuntimeError("generate_signals waits for something; in a backtest it has to decide on the frame alone")
