"""Figures of a finished backtest, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from bybit_async.bot.backtesting.days import daily
from bybit_async.bot.backtesting.ledger import BacktestTrade, RunLedger
from bybit_async.bot.indicators import Floats
from bybit_async.bot.risk import figures

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_YEAR = 365.0


def metrics_of(equity: pd.Series[float], ledger: RunLedger, balance: Decimal) -> dict[str, float | None]:
    """Return figures by name; fractions are fractions, amounts in USDT.

    Daily returns are those of equity between ends of days, UTC, the balance before the first. ``sharpe_ratio``,
    ``sortino_ratio``, ``volatility``, ``value_at_risk`` and ``expected_shortfall`` are of them; ``max_drawdown`` is of
    every close. Formulas: `bybit_async.bot.risk.figures`.
    """
    values = equity.to_numpy()
    days = np.concatenate([[float(balance)], daily(equity).to_numpy()])
    returns = figures.returns_of(days)
    pnls = [float(trade.pnl) for trade in ledger.trades]
    won, lost = [pnl for pnl in pnls if pnl > 0], [-pnl for pnl in pnls if pnl < 0]
    total = float(values[-1]) / float(balance) - 1.0
    years = len(returns) / DAYS_PER_YEAR
    grown = (1.0 + total) ** (1.0 / years) - 1.0 if len(returns) >= figures.LEAST and total > -1 else None
    # The first close is the balance: nothing is decided before it.
    deepest = figures.max_drawdown(values)
    return {
        "total_return": total,
        "annual_return": grown,
        "sharpe_ratio": figures.sharpe_ratio(returns, DAYS_PER_YEAR),
        "sortino_ratio": figures.sortino_ratio(returns, DAYS_PER_YEAR),
        "volatility": figures.volatility(returns, DAYS_PER_YEAR),
        "value_at_risk": figures.value_at_risk(returns),
        "expected_shortfall": figures.expected_shortfall(returns),
        "max_drawdown": deepest,
        "calmar_ratio": grown / deepest if grown is not None and deepest else None,
        "trades": float(len(pnls)),
        "win_rate": len(won) / len(pnls) if pnls else None,
        "profit_factor": math.fsum(won) / math.fsum(lost) if lost else None,
        "mean_trade": math.fsum(pnls) / len(pnls) if pnls else None,
        "mean_hours_held": _held(ledger.trades),
        "fees": float(ledger.fees),
        "funding": float(ledger.funding),
    }


def _held(trades: Sequence[BacktestTrade]) -> float | None:
    hours = [(trade.exit_time - trade.entry_time) / 3_600_000 for trade in trades]
    return math.fsum(hours) / len(hours) if hours else None


def bootstrap(
    returns: Floats, figure: Callable[[Floats], float | None], *, seed: int = 0, draws: int = 500, share: float = 0.9
) -> tuple[float, float] | None:
    """Return between which values a figure of returns lies with a probability of `share`; None if too few are known.

    By the stationary bootstrap: returns are drawn in blocks of random length, about ``n ** (1/3)`` on average, so what
    hangs together stays together. Source: D. Politis, J. Romano, The Stationary Bootstrap, JASA 89 (1994).
    """
    count = len(returns)
    if figure(returns) is None or count < figures.LEAST:
        return None
    draw = np.random.default_rng(seed)
    again = 1.0 / max(1.0, count ** (1.0 / 3.0))
    found = []
    for _ in range(draws):
        fresh = draw.random(count) < again
        fresh[0] = True
        starts = draw.integers(0, count, size=count)
        # Each place goes on from the start of its block.
        block = np.maximum.accumulate(np.where(fresh, np.arange(count), 0))
        sample = returns[(starts[block] + np.arange(count) - block) % count]
        value = figure(sample)
        if value is not None:
            found.append(value)
    if not found:
        return None
    low, high = np.quantile(found, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)
