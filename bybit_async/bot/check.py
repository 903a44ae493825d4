"""Does a strategy look into the future? Cut the data at random places and compare what it decides.

What a strategy decides at a candle, knowing all data, must be what it decides when the data end there. Shorter data are
shown first, so that nothing which a strategy remembers from one run can stand in for what it does not know in another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bybit_async import BybitError
from bybit_async.bot.indicators import Floats
from bybit_async.bot.strategies.base import CANDLE_COLUMNS, CandleStrategy, columns_of
from bybit_async.bot.strategies.view import Decision, View

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["look-ahead", "candidates", "error", "warm-up"]

POSITIONS = (Decimal(0), Decimal(1), Decimal(-1))
_NEAR = 1e-9


@dataclass(frozen=True)
class CheckFinding:
    """Something that a strategy does and should not; `warm-up` alone is a warning.

    Attributes:
        strategy_id: which strategy.
        kind: ``look-ahead``: what stands or is decided at a candle changes with later ones; ``candidates``: it wants to
            trade where its `candidates` says that it never will; ``error``: it raised; ``warm-up``: it decides
            otherwise when it has only as many candles as it asks for.
        time: opening time of the candle where it shows.
        detail: what shows, in words.
    """

    strategy_id: str
    kind: Kind
    time: str
    detail: str

    @property
    def is_warning(self) -> bool:
        """Whether the strategy may trade anyway."""
        return self.kind == "warm-up"

    def __str__(self) -> str:
        return f"{self.strategy_id}: {self.kind} at {self.time}: {self.detail}"


@dataclass
class CheckReport:
    """What was found, and how much was looked at."""

    findings: list[CheckFinding] = field(default_factory=list)
    cuts: int = 0
    decisions: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing worse than a warning was found."""
        return all(finding.is_warning for finding in self.findings)


class LookAhead(BybitError, ValueError):
    """A strategy looks into the future, so nothing was run; `finding` says where."""

    def __init__(self, finding: CheckFinding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def check_strategy(
    strategy: CandleStrategy,
    data: pd.DataFrame,
    *,
    symbol: str = "BTCUSDT",
    cuts: int = 40,
    trades: int = 20,
    seed: int = 0,
) -> CheckReport:
    """Cut candles at random places and compare what a strategy computes and decides.

    Args:
        strategy: in its fast form. What implements `generate_signals` alone is never shown more than the candles up to
            its decision, so it has nothing to look ahead at.
        data: closed candles; some hundred of them or more, with moves that the strategy trades.
        symbol: what the candles are of.
        cuts: how many places.
        trades: how many of the candles at which it trades are looked at besides, for their warm-up too.
        seed: of the places.

    Raises:
        ValueError: there are too few candles for the strategy's warm-up.
    """
    least = strategy.warm_up + 2
    if len(data) < least + 10:
        raise ValueError(f"{strategy.strategy_id} needs {least + 10} candles or more to be checked, not {len(data)}")
    report = CheckReport()
    try:
        draw = np.random.default_rng(seed)
        last = len(data) - 2
        places = sorted(set(draw.integers(strategy.warm_up, last, size=cuts, endpoint=True).tolist()))
        _run(strategy, data, symbol, places, trades, report)
    except Exception as error:  # noqa: BLE001
        # Whatever a strategy raises here it would raise while it trades.
        report.findings.append(CheckFinding(strategy.strategy_id, "error", str(data.index[-1]), repr(error)))
    return report


def sample_candles(count: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Return made-up candles of a minute with calm and rough hours, trends and reversals, for checks without data."""
    import pandas as pd

    draw = np.random.default_rng(seed)
    hours = 1 + count // 60
    spread = np.repeat(0.001 * np.exp(draw.normal(0, 0.5, hours)), 60)[:count]
    drift = np.repeat(draw.normal(0, 0.0003, hours), 60)[:count]
    close = 30_000.0 * np.exp(np.cumsum(drift + spread * draw.standard_normal(count)))
    opened = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(opened, close) * (1 + spread * draw.random(count))
    low = np.minimum(opened, close) * (1 - spread * draw.random(count))
    times = pd.date_range("2024-01-01", periods=count, freq="min", tz="UTC", name="time")
    volume = np.floor(draw.exponential(20.0, count)) + 1.0
    values = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    return pd.DataFrame({name: values[name].round(1) for name in CANDLE_COLUMNS}, index=times)


def _run(
    strategy: CandleStrategy, data: pd.DataFrame, symbol: str, places: list[int], trades: int, report: CheckReport
) -> None:
    short: dict[int, tuple[dict[str, Floats], list[list[Decision]]]] = {}
    for place in places:
        columns = columns_of(strategy, data.iloc[: place + 1].copy())
        short[place] = columns, _decisions(strategy, symbol, columns, place)
    whole = columns_of(strategy, data.copy())
    report.cuts = len(places)
    for place in places:
        columns, wanted = short[place]
        report.decisions += len(wanted)
        finding = _compare(strategy, data, whole, place, columns, wanted, symbol)
        if finding is not None:
            report.findings.append(finding)
            return
    if trades:
        report.findings += list(_where_it_trades(strategy, data, whole, symbol, trades, report))


def _compare(
    strategy: CandleStrategy,
    data: pd.DataFrame,
    whole: dict[str, Floats],
    place: int,
    columns: dict[str, Floats],
    wanted: list[list[Decision]],
    symbol: str,
) -> CheckFinding | None:
    for name, column in columns.items():
        then = whole[name][: place + 1]
        differs = ~np.isclose(then, column, rtol=_NEAR, atol=1e-12, equal_nan=True)
        if differs.any():
            first = int(np.flatnonzero(differs)[0])
            detail = (
                f"indicator {name!r} is {column[first]:.8g} with the data up to {data.index[place]}, "
                f"and {then[first]:.8g} with later ones"
            )
            return CheckFinding(strategy.strategy_id, "look-ahead", str(data.index[first]), detail)
    for position, before, after in zip(POSITIONS, wanted, _decisions(strategy, symbol, whole, place), strict=True):
        if not _same(before, after):
            held = f"holding {position}" if position else "flat"
            detail = f"{held}, it wants {_words(before)} with the data up to there, and {_words(after)} with later ones"
            return CheckFinding(strategy.strategy_id, "look-ahead", str(data.index[place]), detail)
    return None


def _where_it_trades(
    strategy: CandleStrategy,
    data: pd.DataFrame,
    whole: dict[str, Floats],
    symbol: str,
    most: int,
    report: CheckReport,
) -> Iterator[CheckFinding]:
    """Look at every candle where it trades: there a cut matters most, and so does a short warm-up."""
    candidates = strategy.candidates(whole)
    trades = 0
    for place in range(strategy.warm_up, len(data)):
        wanted = _decisions(strategy, symbol, whole, place)
        report.decisions += len(wanted)
        if not any(wanted):
            continue
        if candidates is not None and not candidates[place]:
            detail = f"it wants {_words(next(filter(None, wanted)))} where candidates() says never"
            yield CheckFinding(strategy.strategy_id, "candidates", str(data.index[place]), detail)
            return
        trades += 1
        if trades > most:
            return
        finding = _at_a_trade(strategy, data, place, wanted, symbol)
        if finding is not None:
            yield finding
            return


def _at_a_trade(
    strategy: CandleStrategy, data: pd.DataFrame, place: int, wanted: list[list[Decision]], symbol: str
) -> CheckFinding | None:
    cut = columns_of(strategy, data.iloc[: place + 1].copy())
    finding = _differing(strategy, data, place, _decisions(strategy, symbol, cut, place), wanted, "look-ahead")
    if finding is not None:
        return finding
    start = max(0, place + 1 - strategy.warm_up)
    late = columns_of(strategy, data.iloc[start : place + 1].copy())
    return _differing(strategy, data, place, _decisions(strategy, symbol, late, place - start), wanted, "warm-up")


def _differing(
    strategy: CandleStrategy,
    data: pd.DataFrame,
    place: int,
    fewer: list[list[Decision]],
    all_of_them: list[list[Decision]],
    kind: Kind,
) -> CheckFinding | None:
    for before, after in zip(fewer, all_of_them, strict=True):
        if not _same(before, after):
            data_then = "the data up to there" if kind == "look-ahead" else f"{strategy.warm_up} candles"
            detail = f"it wants {_words(before)} with {data_then}, and {_words(after)} with all"
            return CheckFinding(strategy.strategy_id, kind, str(data.index[place]), detail)
    return None


def _decisions(strategy: CandleStrategy, symbol: str, columns: dict[str, Floats], place: int) -> list[list[Decision]]:
    """Return what it wants at a candle: flat, long and short."""
    found = []
    price = Decimal(repr(float(columns["close"][place])))
    for position in POSITIONS:
        view = View(symbol, columns, place, position=position, entry_price=price if position else Decimal(0))
        wanted = strategy.decide(view)
        listed: Sequence[Decision] = (
            [] if wanted is None else [wanted] if isinstance(wanted, Decision) else list(wanted)
        )
        found.append(list(listed))
    return found


def _same(left: list[Decision], right: list[Decision]) -> bool:
    return len(left) == len(right) and all(
        all(_near(a, b) for a, b in zip(one, other, strict=True)) for one, other in zip(left, right, strict=True)
    )


def _near(left: Any, right: Any) -> bool:
    if isinstance(left, float | Decimal) and isinstance(right, float | Decimal):
        return math.isclose(float(left), float(right), rel_tol=_NEAR) or (left != left and right != right)
    return bool(left == right)


def _words(wanted: list[Decision]) -> str:
    if not wanted:
        return "nothing"
    return " and ".join(f"to {each.action.lower()}{' back' if each.reduce_only else ''}" for each in wanted)
