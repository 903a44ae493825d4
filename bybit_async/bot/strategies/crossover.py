"""Follow the trend: two moving averages that cross."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bybit_async.bot.indicators import Floats, sma
from bybit_async.bot.strategies.base import CandleStrategy, Decisions
from bybit_async.bot.strategies.view import Decision, View

if TYPE_CHECKING:
    import pandas as pd

    from bybit_async.bot.configuration import ConfigurationManager
    from bybit_async.bot.data_manager import DataManager
    from bybit_async.bot.risk import UnifiedRiskManager


class MovingAverageCrossoverStrategy(CandleStrategy):
    """Buys when the fast simple moving average of closes rises above the slow one, and sells when it falls below.

    A position the other way is closed first.

    Args:
        strategy_id: see `BaseStrategy`, as are the next four.
        name: for people.
        data_manager: where candles come from.
        risk_manager: says how much to trade.
        config_manager: the configuration.
        fast_period: candles of the fast average.
        slow_period: candles of the slow average; more than `fast_period`.
        allow_short: whether a fall opens a short position; by default in derivatives only.
        stop_loss: distance of the stop as a fraction of the price; None leaves it to the configuration.
        take_profit: distance of the target, likewise; None for no target.

    Raises:
        ValueError: the periods are not in order.
    """

    def __init__(
        self,
        strategy_id: str,
        name: str,
        data_manager: DataManager,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
        fast_period: int = 10,
        slow_period: int = 50,
        *,
        allow_short: bool | None = None,
        stop_loss: float | None = None,
        take_profit: float | None = None,
    ) -> None:
        super().__init__(strategy_id, name, data_manager, risk_manager, config_manager)
        if not 1 <= fast_period < slow_period:
            raise ValueError(f"expected 1 <= fast_period < slow_period, got {fast_period} and {slow_period}")
        self.fast_period: int = fast_period
        self.slow_period: int = slow_period
        self.allow_short: bool = may_short(config_manager) if allow_short is None else allow_short
        self.stop_loss: float | None = stop_loss
        self.take_profit: float | None = take_profit

    @property
    def warm_up(self) -> int:
        """The slow average, and one candle before to see it cross."""
        return self.slow_period + 1

    def indicators(self, data: pd.DataFrame) -> Mapping[str, Floats]:
        """Both averages."""
        closes = data["close"].to_numpy(dtype=np.float64)
        return {"fast": sma(closes, self.fast_period), "slow": sma(closes, self.slow_period)}

    def candidates(self, columns: Mapping[str, Floats]) -> NDArray[np.bool_]:
        """Where the averages change places."""
        apart = columns["fast"] - columns["slow"]
        found = np.zeros(len(apart), dtype=np.bool_)
        found[1:] = ((apart[1:] > 0) & (apart[:-1] <= 0)) | ((apart[1:] < 0) & (apart[:-1] >= 0))
        return found

    def decide(self, view: View) -> Decisions:
        """Trade where the averages change places."""
        now, before = view["fast"] - view["slow"], view.ago("fast", 1) - view.ago("slow", 1)
        if now > 0 and before <= 0:
            return entry(view, +1, self.stop_loss, self.take_profit, enter=True)
        if now < 0 and before >= 0:
            return entry(view, -1, self.stop_loss, self.take_profit, enter=self.allow_short)
        return None


def may_short(config_manager: ConfigurationManager) -> bool:
    """Return whether the traded category knows short positions."""
    return config_manager.settings.exchange.category != "spot"


def entry(view: View, direction: int, stop: float | None, target: float | None, *, enter: bool) -> list[Decision]:
    """Return what leads to a position of this direction (1 long, -1 short): the old one closed, a new one opened.

    `stop` and `target` are distances as fractions of the close. A position that lies right is left as it is.
    """
    wanted: list[Decision] = []
    held = view.position * direction
    if held < 0 and (leaving := view.close()) is not None:
        wanted.append(leaving)
    if enter and held <= 0:
        close = view["close"]
        trade = view.buy if direction > 0 else view.sell
        wanted.append(
            trade(
                stop_loss=None if stop is None else close * (1 - direction * stop),
                take_profit=None if target is None else close * (1 + direction * target),
            )
        )
    return wanted
