"""Against the move: buy what has fallen too far, by relative strength or by distance from the mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bybit_async.bot.indicators import Floats, atr, rsi, zscore
from bybit_async.bot.strategies.base import CandleStrategy, Decisions
from bybit_async.bot.strategies.crossover import entry, may_short
from bybit_async.bot.strategies.view import View

if TYPE_CHECKING:
    import pandas as pd

    from bybit_async.bot.configuration import ConfigurationManager
    from bybit_async.bot.data_manager import DataManager
    from bybit_async.bot.risk import UnifiedRiskManager


class RsiStrategy(CandleStrategy):
    """Buys when the relative strength index comes back above `oversold`, sells when it comes back below `overbought`.

    A position is left when the index passes 50. The stop is `stop_atr` average true ranges away.

    Args:
        strategy_id: see `BaseStrategy`, as are the next four.
        name: for people.
        data_manager: where candles come from.
        risk_manager: says how much to trade.
        config_manager: the configuration.
        period: candles of the index and of the average true range.
        oversold: below it the price has fallen too far; 0 to 50.
        overbought: above it the price has risen too far; 50 to 100.
        stop_atr: distance of the stop in average true ranges.
        allow_short: whether to sell short; by default in derivatives only.

    Raises:
        ValueError: a level is out of its range.
    """

    def __init__(
        self,
        strategy_id: str,
        name: str,
        data_manager: DataManager,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
        period: int = 14,
        oversold: float = 30.0,
        overbought: float = 70.0,
        *,
        stop_atr: float = 2.0,
        allow_short: bool | None = None,
    ) -> None:
        super().__init__(strategy_id, name, data_manager, risk_manager, config_manager)
        if not 0 < oversold < 50 < overbought < 100:
            raise ValueError(f"expected 0 < oversold < 50 < overbought < 100, got {oversold} and {overbought}")
        self.period: int = period
        self.oversold: float = oversold
        self.overbought: float = overbought
        self.stop_atr: float = stop_atr
        self.allow_short: bool = may_short(config_manager) if allow_short is None else allow_short

    @property
    def warm_up(self) -> int:
        """Ten periods: by then the candle that smoothing began with weighs less than a thousandth."""
        return 10 * self.period

    def indicators(self, data: pd.DataFrame) -> Mapping[str, Floats]:
        """The index and the average true range."""
        high, low, close = (data[name].to_numpy(dtype=np.float64) for name in ("high", "low", "close"))
        return {"rsi": rsi(close, self.period), "atr": atr(high, low, close, self.period)}

    def decide(self, view: View) -> Decisions:
        """Enter when the index comes back from an extreme, leave in the middle."""
        now, before = view["rsi"], view.ago("rsi", 1)
        stop = self.stop_atr * view["atr"] / view["close"]
        if before <= self.oversold < now:
            return entry(view, +1, stop, None, enter=True)
        if before >= self.overbought > now:
            return entry(view, -1, stop, None, enter=self.allow_short)
        if (view.position > 0 and now >= 50) or (view.position < 0 and now <= 50):
            return view.close()
        return None


class MeanReversionStrategy(CandleStrategy):
    """Buys when a close is `entry_score` deviations below its mean, sells when as far above; leaves near the mean.

    Args:
        strategy_id: see `BaseStrategy`, as are the next four.
        name: for people.
        data_manager: where candles come from.
        risk_manager: says how much to trade.
        config_manager: the configuration.
        period: candles of mean and deviation.
        entry_score: how far away is too far, in standard deviations.
        exit_score: how near is near enough; less than `entry_score`.
        stop_loss: distance of the stop as a fraction of the price; None leaves it to the configuration.
        allow_short: whether to sell short; by default in derivatives only.

    Raises:
        ValueError: the scores are not in order.
    """

    def __init__(
        self,
        strategy_id: str,
        name: str,
        data_manager: DataManager,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
        period: int = 20,
        entry_score: float = 2.0,
        exit_score: float = 0.5,
        *,
        stop_loss: float | None = None,
        allow_short: bool | None = None,
    ) -> None:
        super().__init__(strategy_id, name, data_manager, risk_manager, config_manager)
        if not 0 <= exit_score < entry_score:
            raise ValueError(f"expected 0 <= exit_score < entry_score, got {exit_score} and {entry_score}")
        self.period: int = period
        self.entry_score: float = entry_score
        self.exit_score: float = exit_score
        self.stop_loss: float | None = stop_loss
        self.allow_short: bool = may_short(config_manager) if allow_short is None else allow_short

    @property
    def warm_up(self) -> int:
        """One window."""
        return self.period

    def indicators(self, data: pd.DataFrame) -> Mapping[str, Floats]:
        """The distance from the mean."""
        return {"score": zscore(data["close"].to_numpy(dtype=np.float64), self.period)}

    def decide(self, view: View) -> Decisions:
        """Enter far from the mean, leave near it."""
        score = view["score"]
        if score <= -self.entry_score:
            return entry(view, +1, self.stop_loss, None, enter=True)
        if score >= self.entry_score:
            return entry(view, -1, self.stop_loss, None, enter=self.allow_short)
        if (view.position > 0 and score >= -self.exit_score) or (view.position < 0 and score <= self.exit_score):
            return view.close()
        return None
