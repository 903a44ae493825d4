"""What every strategy is: `BaseStrategy`, and `CandleStrategy` for those that decide candle by candle."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bybit_async.bot.records import TradeSignal, TradingSignal
from bybit_async.bot.strategies.view import ZERO, Decision, Price, View

if TYPE_CHECKING:
    import pandas as pd

    from bybit_async.bot.configuration import ConfigurationManager
    from bybit_async.bot.data_manager import DataManager
    from bybit_async.bot.indicators import Floats
    from bybit_async.bot.risk import UnifiedRiskManager

CANDLE_COLUMNS = ("open", "high", "low", "close", "volume")
Decisions = Decision | Sequence[Decision] | None


@dataclass
class Performance:
    """What happened to a strategy's trades in one symbol; `pnl` is after fees, in the settle coin."""

    trades: int = 0
    wins: int = 0
    pnl: Decimal = ZERO

    @property
    def win_rate(self) -> float | None:
        """Share of trades that won; None before the first."""
        return self.wins / self.trades if self.trades else None


class BaseStrategy(ABC):
    """Turns market data into signals.

    Args:
        strategy_id: unique within a bot; orders and the journal name it.
        name: for people.
        data_manager: where candles and books come from.
        risk_manager: says how much to trade.
        config_manager: the configuration.
    """

    def __init__(
        self,
        strategy_id: str,
        name: str,
        data_manager: DataManager,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
    ) -> None:
        self.strategy_id = strategy_id
        self.name = name
        self.data_manager = data_manager
        self.risk_manager = risk_manager
        self.config_manager = config_manager
        self.active: bool = False
        self.performance: dict[str, Performance] = {}
        self._symbols: dict[str, None] = {}

    @property
    def symbols(self) -> list[str]:
        """The watchlist, in the order of adding."""
        return list(self._symbols)

    @property
    def warm_up(self) -> int:
        """How many closed candles it needs before its first decision means something."""
        return 1

    @abstractmethod
    async def generate_signals(self, symbol: str, data: pd.DataFrame) -> list[TradingSignal]:
        """Return what to trade now.

        Args:
            symbol: as ``"BTCUSDT"``.
            data: closed candles only, oldest first: a UTC index of opening times, and float columns ``open``,
                ``high``, ``low``, ``close``, ``volume``.
        """

    async def activate(self) -> None:
        """Take part in trading."""
        self.active = True

    async def deactivate(self) -> None:
        """Take no part in trading; what is open stays open."""
        self.active = False

    def add_symbol(self, symbol: str) -> None:
        """Add a symbol to the watchlist."""
        self._symbols[symbol] = None

    def remove_symbol(self, symbol: str) -> None:
        """Remove a symbol from the watchlist; harmless if it is not there."""
        self._symbols.pop(symbol, None)

    def update_performance(self, symbol: str, pnl: Decimal, win: bool) -> None:
        """Count a closed trade: its profit after fees, and whether it won."""
        counted = self.performance.setdefault(symbol, Performance())
        counted.trades += 1
        counted.wins += bool(win)
        counted.pnl += pnl

    def signals_of(
        self, decisions: Decisions, symbol: str, close: float, time_ms: int, position: Decimal
    ) -> list[TradeSignal]:
        """Turn decisions into signals: sizes from the risk manager where none is given, prices on the tick.

        A decision for which no size is left makes no signal.
        """
        if decisions is None:
            return []
        wanted: Iterable[Decision] = (decisions,) if isinstance(decisions, Decision) else decisions
        made = (self._signal(decision, symbol, close, time_ms, position) for decision in wanted)
        return [signal for signal in made if signal is not None]

    def _signal(
        self, decision: Decision, symbol: str, close: float, time_ms: int, position: Decimal
    ) -> TradeSignal | None:
        price = self._on_tick(symbol, close if decision.price is None else decision.price)
        stop = None if decision.stop_loss is None else self._on_tick(symbol, decision.stop_loss)
        target = None if decision.take_profit is None else self._on_tick(symbol, decision.take_profit)
        quantity = decision.quantity
        if quantity is None and decision.reduce_only:
            quantity = abs(position)
        elif quantity is None:
            quantity = self.risk_manager.recommend_size(symbol, decision.action, price, stop)
        if not quantity > 0:
            return None
        metadata: dict[str, object] = {"order_type": "market" if decision.price is None else "limit"}
        if decision.reduce_only:
            metadata["reduce_only"] = True
        return TradeSignal(
            strategy_id=self.strategy_id,
            symbol=symbol,
            action=decision.action,
            quantity=quantity,
            price=price,
            confidence=decision.confidence,
            strength=decision.strength,
            timestamp=datetime.fromtimestamp(time_ms / 1000, UTC),
            stop_loss=stop,
            take_profit=target,
            metadata=metadata,
        )

    def _on_tick(self, symbol: str, value: Price) -> Decimal:
        rules = self.risk_manager.rules(symbol)
        exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
        return exact if rules is None else rules.price(exact)


class CandleStrategy(BaseStrategy):
    """A strategy that computes indicators once and decides at each candle: the fast form.

    `indicators` is given all candles at once, `decide` a `View` that ends at the last closed candle. Both forms are one
    strategy: `generate_signals` decides at the last candle of its frame, a backtest at each of them.
    """

    @abstractmethod
    def indicators(self, data: pd.DataFrame) -> Mapping[str, ArrayLike]:
        """Return a column for each indicator, as long as `data`.

        A value at a candle may depend on it and earlier ones only; `bybit-async bot check` tries it.
        """

    @abstractmethod
    def decide(self, view: View) -> Decisions:
        """Return what to trade at the close of the last candle, or None.

        It must depend on the view alone: what it remembers is lost when the bot is restarted.
        """

    def candidates(self, columns: Mapping[str, Floats]) -> NDArray[np.bool_] | None:
        """Return where `decide` may want something, whatever the position; None for everywhere.

        Optional: a backtest passes over the other candles without asking.
        """
        return None

    async def generate_signals(self, symbol: str, data: pd.DataFrame) -> list[TradingSignal]:
        """Decide at the last candle of a frame of closed candles; nothing while they are fewer than the warm-up."""
        if len(data) < max(self.warm_up, 1):
            return []
        portfolio = self.risk_manager.portfolio
        held = None if portfolio is None else portfolio.position(symbol)
        view = View(
            symbol,
            columns_of(self, data),
            time_ms=self.data_manager.closing_time(data),
            position=ZERO if held is None else held.signed_size,
            entry_price=ZERO if held is None else held.entry_price,
        )
        return self.signals_of(self.decide(view), symbol, view["close"], view.time_ms, view.position)


def columns_of(strategy: CandleStrategy, data: pd.DataFrame) -> dict[str, Floats]:
    """Return candles and indicators as arrays of one length.

    Raises:
        ValueError: an indicator is not as long as the candles, or has the name of a column of theirs.
    """
    columns = {name: data[name].to_numpy(dtype=np.float64) for name in CANDLE_COLUMNS if name in data}
    for name, values in strategy.indicators(data).items():
        column = np.asarray(values, dtype=np.float64)
        if name in columns:
            raise ValueError(f"{strategy.strategy_id}: indicator {name!r} has the name of a candle column")
        if column.shape != (len(data),):
            raise ValueError(
                f"{strategy.strategy_id}: indicator {name!r} has shape {column.shape}, expected ({len(data)},)"
            )
        columns[name] = column
    return columns
