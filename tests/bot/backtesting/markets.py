"""Markets of chance, and a strategy that trades at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bybit_async.bot.backtesting import CandleData
from bybit_async.bot.strategies import (
    CandleStrategy,
    View,
)
from tests.bot.backtesting.scenes import MINUTE, START, D

COUNT = 90


def market(
    seed: int, *, count: int = COUNT, wild: float = 0.01, drift: float = 0.0, funded: bool = False
) -> CandleData:
    """Return candles whose opens jump, whose extremes reach far, and that now and then stand still."""
    draw = np.random.default_rng(seed)
    close = np.round(1000 * np.exp(np.cumsum(draw.normal(drift, wild, count))))
    opened = np.round(np.concatenate([[1000.0], close[:-1]]) * np.exp(draw.normal(0, wild / 3, count)))
    high = np.round(np.maximum(opened, close) * (1 + np.abs(draw.normal(0, wild, count))))
    low = np.round(np.minimum(opened, close) * (1 - np.abs(draw.normal(0, wild, count))))
    still = draw.random(count) < 0.2
    for column in (opened, high, low):
        column[still] = close[still]
    times = pd.date_range(pd.Timestamp(START, unit="ms", tz="UTC"), periods=count, freq="min", name="time")
    frame = pd.DataFrame({"open": opened, "high": high, "low": low, "close": close}, index=times)
    funding = None
    if funded:
        moments = pd.to_datetime(
            np.arange(START + 17 * MINUTE, START + count * MINUTE, 41 * MINUTE), unit="ms", utc=True
        )
        funding = pd.DataFrame({"funding_rate": draw.normal(0, 0.001, len(moments))}, index=moments)
    return CandleData(frame.assign(volume=1.0), funding)


class Random(CandleStrategy):
    """Buys, sells, leaves and lays limit orders by a coin that the candles toss."""

    def __init__(self, *rooms: Any, seed: int, often: float = 0.1) -> None:
        super().__init__(*rooms)
        self.seed, self.often = seed, often

    def indicators(self, data: pd.DataFrame) -> dict[str, Any]:
        return {"toss": np.random.default_rng(self.seed).random((4, len(data)))[0]}

    def candidates(self, columns: Any) -> Any:
        return columns["toss"] < self.often

    def decide(self, view: View) -> Any:
        toss = view["toss"]
        if toss >= self.often:
            return None
        kind, close = int(toss / self.often * 6), view["close"]
        size = D(int(1 + toss * 1000 % 5))
        away = 1 + toss * 1000 % 17 / 1000
        if kind == 0:
            return view.buy(size, stop_loss=close / away - 1, take_profit=close * away + 1)
        if kind == 1:
            return view.sell(size, stop_loss=close * away + 1, take_profit=close / away - 1)
        if kind == 2:
            return view.buy(size, price=close / away - 1, stop_loss=close / away**2 - 3)
        if kind == 3:
            return view.sell(size, price=close * away + 1, take_profit=close / away - 1)
        return view.close() if kind == 4 else [view.close(), view.buy(size)] if view.position else view.sell(size)
