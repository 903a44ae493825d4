"""The look-ahead check: twelve planted cheats are caught, five honest strategies pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bybit_async.bot.check import CheckFinding, check_strategy, sample_candles
from bybit_async.bot.indicators import ema, sma, zscore
from bybit_async.bot.strategies import (
    CandleStrategy,
    GridStrategy,
    MeanReversionStrategy,
    MovingAverageCrossoverStrategy,
    RsiStrategy,
    View,
)
from tests.bot.strategies.making import made


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    return sample_candles(1200, seed=5)


class Follows(CandleStrategy):
    """Buys while a column is above a line, sells while it is below the line's opposite."""

    line = 0.0
    warm_up = 30

    def indicators(self, data: pd.DataFrame) -> Mapping[str, Any]:
        return {"signal": self.signal(data)}

    def signal(self, data: pd.DataFrame) -> Any:
        raise NotImplementedError

    def decide(self, view: View) -> Any:
        if view["signal"] > self.line and view.position <= 0:
            return view.buy()
        if view["signal"] < -self.line and view.position >= 0:
            return view.sell()
        return None


class ShiftsBack(Follows):
    def signal(self, data):
        return data["close"].shift(-1) - data["close"]


class CentersItsWindow(Follows):
    def signal(self, data):
        return data["close"] - data["close"].rolling(11, center=True).mean()


class ScalesByAll(Follows):
    def signal(self, data):
        return (data["close"] - data["close"].mean()) / data["close"].std()


class SqueezesByAll(Follows):
    def signal(self, data):
        low, high = data["close"].min(), data["close"].max()
        return (data["close"] - low) / (high - low) - 0.5


class FillsBackwards(Follows):
    def signal(self, data):
        return data["close"].diff().where(lambda move: move.abs() > 30).bfill().fillna(0.0)


class KnowsTheHour(Follows):
    """The close of an hour, at every minute of it."""

    def signal(self, data):
        hourly = data["close"].groupby(data.index.floor("h")).transform("last")
        return hourly - data["close"]


class KeepsTheFrame(Follows):
    """Indicators are honest; the decision is not."""

    def indicators(self, data):
        self.closes = data["close"].to_numpy()
        return {"signal": sma(self.closes, 5)}

    def decide(self, view):
        following = self.closes[min(len(view), len(self.closes) - 1)]
        return view.buy() if following > view["close"] * 1.001 else None


class FiltersByFourier(Follows):
    def signal(self, data):
        waves = np.fft.rfft(data["close"].to_numpy())
        waves[20:] = 0
        return np.gradient(np.fft.irfft(waves, len(data)))


class PeeksBehindTheView(Follows):
    def indicators(self, data):
        return {"average": sma(data["close"], 5)}

    def decide(self, view):
        column = view._columns["close"]
        following = column[min(view._index + 1, len(column) - 1)]
        return view.sell() if following < view["close"] * 0.999 else None


class KnowsTheTop(Follows):
    def signal(self, data):
        return np.where(data["high"] == data["high"].max(), -1.0, 0.1)


class FitsALineThroughAll(Follows):
    def signal(self, data):
        minutes = np.arange(len(data))
        return np.polyval(np.polyfit(minutes, data["close"], 2), minutes) - data["close"]


class RemembersAnswers(Follows):
    """What it learns of the future it keeps in the class, for later runs."""

    answers: dict[pd.Timestamp, float] = {}

    def signal(self, data):
        later = data["close"].shift(-3)
        for time, value in later.dropna().items():
            self.answers.setdefault(time, value)
        return np.array([self.answers.get(time, np.nan) for time in data.index]) - data["close"]


CHEATS = [
    ShiftsBack, CentersItsWindow, ScalesByAll, SqueezesByAll, FillsBackwards, KnowsTheHour, KeepsTheFrame,
    FiltersByFourier, PeeksBehindTheView, KnowsTheTop, FitsALineThroughAll, RemembersAnswers,
]  # fmt: skip


@pytest.mark.parametrize("cheat", CHEATS)
@pytest.mark.parametrize("seed", [0, 1])
def test_cheats_are_caught(cheat: type[Follows], seed: int, candles: pd.DataFrame) -> None:
    RemembersAnswers.answers.clear()
    report = check_strategy(made(cheat, strategy_id="cheat"), candles, seed=seed)
    assert [finding.kind for finding in report.findings] == ["look-ahead"]
    assert not report.ok


def test_there_are_twelve() -> None:
    assert len(set(CHEATS)) == 12


class UsesPandas(Follows):
    """Running sums, expanding means and gaps filled forward: all of it honest."""

    line = 1e-4
    warm_up = 60

    def signal(self, data):
        close = data["close"]
        drift = close.pct_change().rolling(30).mean().ffill()
        return drift + 0.0 * close.expanding().mean() + 0.0 * zscore(close, 20) + 0.0 * ema(close, 20)


HONEST: list[tuple[type[CandleStrategy], dict[str, Any]]] = [
    (MovingAverageCrossoverStrategy, {}),
    (RsiStrategy, {}),
    (MeanReversionStrategy, {}),
    (GridStrategy, {"quantity": "0.1", "spacing": 0.001, "period": 50}),
    (UsesPandas, {}),
]


@pytest.mark.parametrize(("kind", "options"), HONEST)
def test_honest_strategies_pass(kind: type[CandleStrategy], options: dict[str, Any], candles: pd.DataFrame) -> None:
    for seed in range(3):
        report = check_strategy(made(kind, **options), candles, seed=seed)
        assert report.findings == []
        assert report.cuts > 30
        assert report.decisions > 150


def test_a_short_warm_up_is_a_warning(candles: pd.DataFrame) -> None:
    class Hasty(RsiStrategy):
        warm_up = 16

    report = check_strategy(made(Hasty), candles)
    assert [finding.kind for finding in report.findings] == ["warm-up"]
    assert report.ok
    assert "with 16 candles" in str(report.findings[0])


def test_candidates_that_miss_a_trade(candles: pd.DataFrame) -> None:
    class Misses(MovingAverageCrossoverStrategy):
        def candidates(self, columns):
            return super().candidates(columns) & (columns["fast"] > columns["slow"])

    report = check_strategy(made(Misses, strategy_id="misses"), candles)
    assert [finding.kind for finding in report.findings] == ["candidates"]
    assert "it wants to sell" in report.findings[0].detail


def test_one_that_raises(candles: pd.DataFrame) -> None:
    class Raises(Follows):
        def signal(self, data):
            return data["momentum"]

    report = check_strategy(made(Raises, strategy_id="raises"), candles)
    assert report.findings == [CheckFinding("raises", "error", str(candles.index[-1]), "KeyError('momentum')")]


def test_too_few_candles(candles: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="one needs 63 candles or more to be checked, not 60"):
        check_strategy(made(MovingAverageCrossoverStrategy), candles.iloc[:60])
