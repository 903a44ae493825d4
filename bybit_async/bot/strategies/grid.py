"""A grid: buy a step lower, sell a step higher."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from bybit_async.bot.indicators import Floats, sma
from bybit_async.bot.strategies.base import CandleStrategy, Decisions
from bybit_async.bot.strategies.crossover import may_short
from bybit_async.bot.strategies.view import ZERO, Decision, View

if TYPE_CHECKING:
    import pandas as pd

    from bybit_async.bot.configuration import ConfigurationManager
    from bybit_async.bot.data_manager import DataManager
    from bybit_async.bot.risk import UnifiedRiskManager


class GridStrategy(CandleStrategy):
    """Holds one unit more for each step the price is below the centre, one less for each step above.

    It trades when the price has moved a whole step from the line of what it holds, so it does not trade the noise
    around a line. What it wants depends on price and position alone, so a restart changes nothing.

    Args:
        strategy_id: see `BaseStrategy`, as are the next four.
        name: for people.
        data_manager: where candles come from.
        risk_manager: judges each trade.
        config_manager: the configuration.
        quantity: one unit, in the base coin.
        spacing: distance of the lines, as a fraction of the centre.
        levels: lines on each side; beyond them it holds what it has.
        center: the middle of the grid; None for the simple moving average of `period` closes.
        period: see `center`.
        allow_short: whether to sell above the centre what it has not; by default in derivatives only.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(
        self,
        strategy_id: str,
        name: str,
        data_manager: DataManager,
        risk_manager: UnifiedRiskManager,
        config_manager: ConfigurationManager,
        quantity: Decimal | str | float,
        spacing: float = 0.005,
        levels: int = 5,
        center: float | None = None,
        period: int = 200,
        *,
        allow_short: bool | None = None,
    ) -> None:
        super().__init__(strategy_id, name, data_manager, risk_manager, config_manager)
        self.quantity: Decimal = Decimal(str(quantity))
        for what, value in (("quantity", self.quantity), ("spacing", spacing), ("levels", levels)):
            if not value > 0:
                raise ValueError(f"{what} must be positive, not {value}")
        self.spacing: float = spacing
        self.levels: int = levels
        self.center: float | None = center
        self.period: int = period
        self.allow_short: bool = may_short(config_manager) if allow_short is None else allow_short

    @property
    def warm_up(self) -> int:
        """The window of the centre."""
        return 1 if self.center is not None else self.period

    def indicators(self, data: pd.DataFrame) -> Mapping[str, Floats]:
        """The centre of the grid."""
        closes = data["close"].to_numpy(dtype=np.float64)
        return {"center": sma(closes, self.period) if self.center is None else np.full(len(closes), self.center)}

    def decide(self, view: View) -> Decisions:
        """Move to the line that the price has reached."""
        center = view["center"]
        if not center > 0:
            return None
        below = (center - view["close"]) / (center * self.spacing)
        held = round(view.position / self.quantity)
        least = -self.levels if self.allow_short else 0
        if below >= held + 1:
            steps = min(int(below // 1), self.levels) - held
        elif below <= held - 1:
            steps = max(-int(-below // 1), least) - held
        else:
            return None
        return self._trades(view, steps)

    def _trades(self, view: View, steps: int) -> list[Decision]:
        """Split a move at zero: one part closes, the other opens, and each is judged by itself."""
        size = abs(steps) * self.quantity
        closing = min(size, abs(view.position)) if view.position * steps < 0 else ZERO
        action = view.buy if steps > 0 else view.sell
        parts = [action(closing)._replace(reduce_only=True), action(size - closing)]
        return [part for part in parts if part.quantity]
