"""Many parameter sets over the same data, on any executor: processes here, or a cluster."""

from __future__ import annotations

import itertools
import logging
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from bybit_async.bot.backtesting.backtest import backtest
from bybit_async.bot.backtesting.days import daily
from bybit_async.bot.backtesting.history import CandleData
from bybit_async.bot.backtesting.result import Interval
from bybit_async.bot.backtesting.rules import FillRule, milliseconds_of
from bybit_async.bot.backtesting.shared import cut, get, put
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.risk import figures
from bybit_async.bot.strategies import BaseStrategy
from bybit_async.models.market import LinearInstrument
from bybit_async.simulator.engine import Instrument

if TYPE_CHECKING:
    import pandas as pd

log: logging.Logger = logging.getLogger(__name__)

PARTS_PER_WORKER = 16
"""Small enough that no worker is left alone with the last one."""
TRIES = 3
_SECTIONS = ("trading", "risk", "engine", "data")


class SweepRow(NamedTuple):
    """What one parameter set earned; `error` says why it could not be run, and then all figures are absent.

    `returns` has number, mean, deviation, skewness and kurtosis of daily returns, None if there are too few.
    """

    parameters: dict[str, Any]
    profit: Interval | None
    ambiguous_fills: int
    trades: int
    hash: str
    metrics: dict[str, float | None]
    returns: tuple[int, float, float, float, float] | None
    error: str = ""

    def figure(self, name: str) -> float:
        """Return a metric to be ranked by, or the low end of ``profit``; minus infinity if it is not known."""
        if name == "profit":
            return -math.inf if self.profit is None else self.profit.low
        value = self.metrics.get(name)
        return -math.inf if value is None else value


class Fold(NamedTuple):
    """One step of a walk forward: what was best on the training candles, and what it earned on those after them."""

    train: tuple[int, int]
    test: tuple[int, int]
    best: SweepRow
    outcome: SweepRow


@dataclass
class SweepResult:
    """All rows, in the order of the grid, whichever worker computed them.

    Attributes:
        rows: one for each parameter set.
        metric: what `best` is chosen by.
        folds: of a walk forward, if one was asked for.
        warnings: what has to be known before the best one is believed.
    """

    rows: list[SweepRow]
    metric: str
    folds: list[Fold] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def best(self) -> SweepRow:
        """The row with the highest metric; the first of equal ones."""
        return max(self.rows, key=lambda row: row.figure(self.metric))

    @property
    def deflated_sharpe(self) -> float | None:
        """Probability that the best Sharpe ratio is more than the luckiest of so many trials would show."""
        return deflated_sharpe(max(self.rows, key=lambda row: row.figure("sharpe_ratio")), self.rows)

    def to_frame(self) -> pd.DataFrame:
        """Return a frame: a row for each parameter set, with its figures."""
        import pandas as pd

        made = []
        for row in self.rows:
            low, high = row.profit or (None, None)
            figures_ = {"profit_low": low, "profit_high": high, "ambiguous_fills": row.ambiguous_fills}
            made.append({**row.parameters, **figures_, **row.metrics, "hash": row.hash, "error": row.error})
        return pd.DataFrame(made)


class Job(NamedTuple):
    """What a worker needs, apart from the data."""

    strategy: type[BaseStrategy]
    address: str
    symbol: str
    options: dict[str, Any]
    settings: dict[str, Any]


Task = tuple[int, dict[str, Any], int, int]


def sweep(
    strategy: type[BaseStrategy],
    grid: Mapping[str, Sequence[Any]],
    data: pd.DataFrame | CandleData | Mapping[str, pd.DataFrame | CandleData] | str,
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    metric: str = "sharpe_ratio",
    folds: int = 0,
    balance: Decimal | str | float = 10_000,
    interval: str | int | None = None,
    latency: int | str | timedelta | None = None,
    seed: int = 0,
    rule: FillRule | None = None,
    config: ConfigurationManager | None = None,
    instruments: Mapping[str, Instrument | LinearInstrument] | None = None,
    leverage: float | None = None,
    symbol: str = "BTCUSDT",
) -> SweepResult:
    """Backtest a strategy with every combination of parameters.

    Data travel once: they are written to files that all workers of this machine map. Workers elsewhere need an address
    instead, of a Parquet file that they can read. The part of a worker that dies is done again; the result is the same
    whatever runs it, and in whatever order.

    Args:
        strategy: its class; workers import it.
        grid: values by parameter; a combination that the class refuses is kept as an error.
        data: see `backtest`; or the address of a Parquet file of candles.
        executor: any, as ``dask.distributed.Client(…).get_executor()``; it is not closed.
        workers: processes to start instead; None runs everything here.
        metric: what the best is chosen by: a name of `BacktestResult.metrics`, or ``profit``.
        folds: walk forward: cut time into one stretch more than this, and of each choose the best and try it on the
            next one; 0 for none.
        balance: see `backtest`, as for all that follow.
        interval: of decisions.
        latency: from a decision to the exchange.
        seed: of the engine's ids.
        rule: how orders are filled.
        config: limits and sizing.
        instruments: what is traded.
        leverage: of every symbol.
        symbol: what a single frame, or a file, is of.

    Raises:
        ValueError: the grid is empty, or both `executor` and `workers` are given.
    """
    waits = None if latency is None else milliseconds_of(latency)
    options: dict[str, Any] = {"balance": str(balance), "interval": interval, "latency": waits, "seed": seed}
    options |= {"rule": rule, "instruments": instruments and dict(instruments), "leverage": leverage}
    sets = _combinations(grid)
    given = data if isinstance(data, Mapping | str) else {symbol: data}
    with _placed(given) as address:
        crew = Crew(Job(strategy, address, symbol, options, _settings(config)), executor, workers)
        length = len(next(iter(get(address, symbol).values())).candles)
        rows = crew.run([(number, each, 0, length) for number, each in enumerate(sets)])
        walked = _walk_forward(crew, sets, length, folds, metric)
    return SweepResult(rows, metric, walked, _warnings(rows, metric))


def _combinations(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    sets = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    if not sets or not grid:
        raise ValueError("grid: empty; expected values for one or more parameters")
    return sets


def _settings(config: ConfigurationManager | None) -> dict[str, Any]:
    """Return what a worker needs of a configuration, as plain values."""
    chosen = msgspec.to_builtins((config or ConfigurationManager.from_dict({})).settings)
    return {name: chosen[name] for name in _SECTIONS}


@contextmanager
def _placed(given: Mapping[str, pd.DataFrame | CandleData] | str) -> Iterator[str]:
    """Put data where workers find them; yield the address."""
    with tempfile.TemporaryDirectory(prefix="bybit_async-sweep-") as folder:
        try:
            yield given if isinstance(given, str) else put(Path(folder), given)
        finally:
            get.cache_clear()


class Crew:
    """Runs tasks on an executor, on processes of its own, or here."""

    def __init__(self, job: Job, executor: Executor | None, workers: int | None) -> None:
        if executor is not None and workers is not None:
            raise ValueError("executor and workers: give one of them")
        self._job = job
        self._executor = executor
        self._workers = workers

    def run(self, tasks: Sequence[Task]) -> list[SweepRow]:
        """Return a row for each task, in their order."""
        if self._executor is None and self._workers is None:
            done = dict(run_part(self._job, list(tasks)))
        elif self._executor is not None:
            done = self._attempt(self._executor, tasks, {})
        else:
            done = self._on_processes(tasks, self._workers or 1)
        left = [task for task in tasks if task[0] not in done]
        if left:
            log.warning("%d parameter sets are run here: the workers are gone", len(left))
            done.update(run_part(self._job, left))
        return [done[task[0]] for task in tasks]

    def _on_processes(self, tasks: Sequence[Task], workers: int) -> dict[int, SweepRow]:
        done: dict[int, SweepRow] = {}
        for _ in range(TRIES):
            left = [task for task in tasks if task[0] not in done]
            if not left:
                break
            # A pool that lost a process is of no use any more.
            with ProcessPoolExecutor(workers) as pool:
                self._attempt(pool, left, done, workers)
        return done

    def _attempt(
        self, executor: Executor, tasks: Sequence[Task], done: dict[int, SweepRow], workers: int = 8
    ) -> dict[int, SweepRow]:
        size = max(1, math.ceil(len(tasks) / (workers * PARTS_PER_WORKER)))
        parts = [list(tasks[start : start + size]) for start in range(0, len(tasks), size)]
        try:
            futures = [executor.submit(run_part, self._job, part) for part in parts]
        except BrokenExecutor:
            return done
        for future in futures:
            try:
                done.update(future.result())
            except BrokenExecutor as error:
                log.warning("a worker died, its part is done again: %s", error)
        return done


def run_part(job: Job, tasks: list[Task]) -> list[tuple[int, SweepRow]]:
    """Run some tasks; this is what workers do."""
    data = get(job.address, job.symbol)
    config = ConfigurationManager.from_dict(job.settings)
    return [(number, _row(job, config, parameters, cut(data, start, end))) for number, parameters, start, end in tasks]


def _row(job: Job, config: ConfigurationManager, parameters: dict[str, Any], data: dict[str, CandleData]) -> SweepRow:
    try:
        result = backtest((job.strategy, parameters), data, config=config, **job.options)
    except (ValueError, TypeError) as error:
        # Of many combinations some may make no sense; they are no reason to lose the others.
        return SweepRow(parameters, None, 0, 0, "", {}, None, f"{type(error).__name__}: {error}")
    days = np.concatenate([[float(result.balance)], daily(result.equity).to_numpy()])
    return SweepRow(
        parameters,
        result.profit,
        result.ambiguous_fills,
        len(result.trades),
        result.hash,
        result.metrics,
        moments(figures.returns_of(days)),
    )


def moments(returns: figures.Floats) -> tuple[int, float, float, float, float] | None:
    """Return number, mean, deviation, skewness and kurtosis (3 for a normal distribution); None if too few."""
    if len(returns) < figures.LEAST:
        return None
    mean, deviation = float(returns.mean()), float(returns.std())
    if not deviation > 0:
        return None
    apart = (returns - mean) / deviation
    return len(returns), mean, deviation, float((apart**3).mean()), float((apart**4).mean())


def deflated_sharpe(best: SweepRow, rows: Sequence[SweepRow]) -> float | None:
    """Return the probability that a Sharpe ratio is real, given that it is the best of so many trials.

    ``Phi((SR - SR0) sqrt(T - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2))`` with daily SR, skewness g3, kurtosis g4, and
    ``SR0 = sd(SR) ((1 - y) Phi^-1(1 - 1 / N) + y Phi^-1(1 - 1 / (N e)))``, y being Euler's constant: what the best of N
    trials without any merit shows. None with fewer than two trials or too few days. Source: D. Bailey, M. Lopez de
    Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014).
    """
    ratios = [row.returns[1] / row.returns[2] for row in rows if row.returns is not None]
    if best.returns is None or len(ratios) < 2:
        return None
    count, mean, deviation, skewness, kurtosis = best.returns
    ratio, normal, trials = mean / deviation, NormalDist(), len(ratios)
    euler = 0.5772156649015329
    luck = float(np.std(ratios, ddof=1)) * (
        (1 - euler) * normal.inv_cdf(1 - 1 / trials) + euler * normal.inv_cdf(1 - 1 / (trials * math.e))
    )
    spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
    return normal.cdf((ratio - luck) * math.sqrt(count - 1) / math.sqrt(spread)) if spread > 0 else None


def _walk_forward(crew: Crew, sets: Sequence[dict[str, Any]], length: int, folds: int, metric: str) -> list[Fold]:
    edges = [round(length * number / (folds + 1)) for number in range(folds + 2)] if folds else []
    made = []
    for start, middle, end in zip(edges, edges[1:], edges[2:], strict=False):
        trained = crew.run([(number, each, start, middle) for number, each in enumerate(sets)])
        best = max(trained, key=lambda row: row.figure(metric))
        outcome = crew.run([(0, best.parameters, middle, end)])[0]
        made.append(Fold((start, middle), (middle, end), best, outcome))
    return made


def _warnings(rows: Sequence[SweepRow], metric: str) -> list[str]:
    made = []
    failed = [row for row in rows if row.error]
    if failed:
        made.append(f"{len(failed)} of {len(rows)} parameter sets could not be run: {failed[0].error}")
    if len(rows) > 1:
        best = max(rows, key=lambda row: row.figure("sharpe_ratio"))
        chance = deflated_sharpe(best, rows)
        sure = "too few days to say how likely it is luck" if chance is None else f"deflated Sharpe ratio {chance:.2f}"
        made.append(f"the best of {len(rows)} trials by {metric} is partly luck: {sure}")
    return made
