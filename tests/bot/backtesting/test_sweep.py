"""Sweeps: the same rows whatever runs them, a dead worker's part done again, and luck named as luck."""

from __future__ import annotations

import logging
import math
import os
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bybit_async.bot.backtesting import CandleData, SweepResult, SweepRow, backtest, sweep
from bybit_async.bot.backtesting.sweeps import deflated_sharpe, moments
from bybit_async.bot.check import sample_candles
from bybit_async.bot.strategies import MovingAverageCrossoverStrategy
from tests.bot.backtesting.markets import market
from tests.bot.backtesting.scenes import free

GRID = {"fast_period": [3, 5, 9], "slow_period": [8, 13]}
DATA = sample_candles(700, seed=2)
OPTIONS: dict[str, Any] = {"interval": "5", "config": free(), "metric": "total_return"}


@pytest.fixture(scope="module")
def here() -> SweepResult:
    return sweep(MovingAverageCrossoverStrategy, GRID, DATA, **OPTIONS)


def test_each_row_is_a_backtest(here: SweepResult) -> None:
    assert [tuple(row.parameters.values()) for row in here.rows] == [(3, 8), (3, 13), (5, 8), (5, 13), (9, 8), (9, 13)]
    alone = backtest((MovingAverageCrossoverStrategy, here.rows[2].parameters), DATA, interval="5", config=free())
    row = here.rows[2]
    assert (row.hash, row.profit, row.metrics, row.trades) == (
        alone.hash,
        alone.profit,
        alone.metrics,
        len(alone.trades),
    )
    assert "fast_period < slow_period" in here.rows[4].error
    assert here.best.figure("total_return") == max(row.figure("total_return") for row in here.rows)
    assert "1 of 6 parameter sets could not be run" in here.warnings[0]
    assert "the best of 6 trials by total_return is partly luck" in here.warnings[1]
    frame = here.to_frame()
    assert frame["fast_period"].tolist() == [3, 3, 5, 5, 9, 9]
    assert frame["profit_low"].isna().tolist() == [False] * 4 + [True, False]


class Backwards(Executor):
    """Runs what was handed in last first."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []

    def submit(self, work: Any, /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, work, args))
        original = future.result

        def result(timeout: float | None = None) -> Any:
            while self.waiting:
                last, then, given = self.waiting.pop()
                last.set_result(then(*given))
            return original(timeout)

        future.result = result  # type: ignore[method-assign]
        return future


def test_any_executor_gives_the_same(here: SweepResult) -> None:
    with ThreadPoolExecutor(2) as threads:
        assert sweep(MovingAverageCrossoverStrategy, GRID, DATA, executor=threads, **OPTIONS).rows == here.rows
    assert sweep(MovingAverageCrossoverStrategy, GRID, DATA, executor=Backwards(), **OPTIONS).rows == here.rows


class Dies(MovingAverageCrossoverStrategy):
    """Takes its process along, the first time only."""

    def __init__(self, *rooms: Any, mark: str, **parameters: Any) -> None:
        super().__init__(*rooms, **parameters)
        if self.fast_period == 5 and not Path(mark).exists():
            Path(mark).touch()
            os._exit(1)


def test_the_part_of_a_dead_worker_is_done_again(here: SweepResult, tmp_path: Path, caplog: Any) -> None:
    grid = {**GRID, "mark": [str(tmp_path / "died")]}
    with caplog.at_level(logging.WARNING):
        found = sweep(Dies, grid, DATA, workers=2, **OPTIONS)
    assert (tmp_path / "died").exists()
    assert "a worker died, its part is done again" in caplog.text
    assert [row.profit for row in found.rows] == [row.profit for row in here.rows]


class Broken(Executor):
    """Has lost its workers."""

    def submit(self, work: Any, /, *args: Any, **more: Any) -> Future[Any]:
        raise BrokenExecutor("gone")


def test_without_workers_everything_is_done_here(here: SweepResult, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING):
        assert sweep(MovingAverageCrossoverStrategy, GRID, DATA, executor=Broken(), **OPTIONS).rows == here.rows
    assert "6 parameter sets are run here: the workers are gone" in caplog.text


def test_a_dask_cluster(here: SweepResult) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        rows = sweep(MovingAverageCrossoverStrategy, GRID, DATA, executor=client.get_executor(), **OPTIONS).rows
    assert rows == here.rows


def test_data_by_address(here: SweepResult, tmp_path: Path) -> None:
    DATA.to_parquet(tmp_path / "candles.parquet")
    address = str(tmp_path / "candles.parquet")
    assert sweep(MovingAverageCrossoverStrategy, GRID, address, **OPTIONS).rows == here.rows
    with pytest.raises(FileNotFoundError, match="there is no such file here"):
        sweep(MovingAverageCrossoverStrategy, GRID, str(tmp_path / "other.parquet"), **OPTIONS)


def test_fundings_travel_too() -> None:
    data = market(3, funded=True)
    assert isinstance(data, CandleData)
    options: dict[str, Any] = {"interval": "1", "config": free(), "symbol": "BTCUSDT"}
    swept = sweep(MovingAverageCrossoverStrategy, {"fast_period": [2], "slow_period": [5]}, data, **options)
    alone = backtest(
        (MovingAverageCrossoverStrategy, {"fast_period": 2, "slow_period": 5}), data, interval="1", config=free()
    )
    assert swept.rows[0].hash == alone.hash
    assert swept.rows[0].metrics["funding"] != 0


def test_a_walk_forward_tries_the_best_on_what_comes_next() -> None:
    found = sweep(MovingAverageCrossoverStrategy, GRID, DATA, folds=2, **OPTIONS)
    assert [(fold.train, fold.test) for fold in found.folds] == [((0, 233), (233, 467)), ((233, 467), (467, 700))]
    for fold in found.folds:
        again = sweep(MovingAverageCrossoverStrategy, GRID, DATA.iloc[slice(*fold.train)], **OPTIONS)
        assert again.best == fold.best
        tried = backtest(
            (MovingAverageCrossoverStrategy, fold.best.parameters),
            DATA.iloc[slice(*fold.test)],
            interval="5",
            config=free(),
        )
        assert fold.outcome.hash == tried.hash


def test_what_cannot_be_swept() -> None:
    with pytest.raises(ValueError, match="grid: empty"):
        sweep(MovingAverageCrossoverStrategy, {}, DATA)
    with pytest.raises(ValueError, match="grid: empty"):
        sweep(MovingAverageCrossoverStrategy, {"fast_period": []}, DATA)
    with pytest.raises(ValueError, match="executor and workers: give one of them"):
        sweep(MovingAverageCrossoverStrategy, GRID, DATA, executor=Backwards(), workers=2)


def row_of(returns: tuple[int, float, float, float, float] | None) -> SweepRow:
    return SweepRow({}, None, 0, 0, "", {}, returns)


def test_a_deflated_sharpe_ratio_by_hand() -> None:
    # Two trials: daily Sharpe ratios of 0.1 and 0.06, deviation 0.02828; normal returns of 1001 days.
    rows = [row_of((1001, 0.1, 1.0, 0.0, 3.0)), row_of((1001, 0.06, 1.0, 0.0, 3.0))]
    # Phi^-1(1 - 1/2) = 0, Phi^-1(1 - 1/(2e)) = 0.90045: luck 0.02828 * 0.57722 * 0.90045 = 0.014701
    # (0.1 - 0.014701) * sqrt(1000) / sqrt(1 + 0.5 * 0.01) = 2.69068
    expected = 0.5 * (1 + math.erf(2.69068 / math.sqrt(2)))
    assert deflated_sharpe(rows[0], rows) == pytest.approx(expected, abs=1e-5)
    assert deflated_sharpe(rows[0], rows[:1]) is None
    assert deflated_sharpe(row_of(None), rows) is None


def test_moments() -> None:
    flat = np.zeros(40)
    assert moments(flat) is None
    assert moments(np.arange(5.0)) is None
    found = moments(np.array([1.0, -1.0] * 20))
    assert found == (40, 0.0, 1.0, 0.0, 1.0)
