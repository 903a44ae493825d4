"""Breakers: readings of the account against their limits. What cannot be read counts as tripped.

`daily_loss`, `drawdown`, `consecutive_losses`, `leverage` and `error_rate` stay tripped, over restarts, until they are
reset (a daily loss until the next midnight, UTC). `exposure`, `volatility`, `stale_data` and `clock` hold trading up
for as long as they last, and so does any of the others while it cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from bybit_async.bot.configuration.sections import RiskSettings
from bybit_async.bot.records import PortfolioSnapshot

LATCHING = frozenset({"daily_loss", "drawdown", "consecutive_losses", "leverage", "error_rate"})
_REACHED = frozenset({"daily_loss", "drawdown", "consecutive_losses", "error_rate"})
"""These trip when their limit is reached, the others when it is passed."""


class Reading(NamedTuple):
    """One breaker's value, None if it cannot be known, and its limit, both in the unit of the configuration."""

    name: str
    value: float | None
    limit: float

    @property
    def is_tripped(self) -> bool:
        """Whether trading has to stop."""
        if self.value is None or self.value != self.value:
            return True
        return self.value >= self.limit if self.name in _REACHED else self.value > self.limit

    @property
    def latches(self) -> bool:
        """Whether it stays tripped when the value comes back."""
        return self.is_tripped and self.value is not None and self.name in LATCHING

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name}: not known (limit {self.limit:g})"
        return f"{self.name}: {self.value:.6g} (limit {self.limit:g})"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the account is measured against: equity at midnight, its peak, losses in a row, volatility of what is held.

    None where it is not known.
    """

    day_start: float | None = None
    peak: float | None = None
    losses: int | None = None
    volatility: float | None = None


def read(portfolio: PortfolioSnapshot, baseline: Baseline, limits: RiskSettings) -> list[Reading]:
    """Return every breaker's reading.

    - `daily_loss`: ``(equity at midnight - equity) / equity at midnight``
    - `drawdown`: ``(peak - equity) / peak``, equity with unrealised profit
    - `consecutive_losses`: closed trades that lost since the last that won
    - `exposure`: ``worst exposure / equity``, orders of unknown outcome counted whole
    - `leverage`: ``exposure / equity``
    - `volatility`: the highest of the symbols held, annualised; 0 when flat
    - `stale_data`: age of the oldest market data in use, in seconds
    - `error_rate`: failed calls of the last minute per call; 0 when there was none
    - `clock`: how far the clock may be off, in milliseconds
    """
    equity = None if portfolio.equity is None or not portfolio.synced else float(portfolio.equity)
    return [
        Reading("daily_loss", _fallen(baseline.day_start, equity), limits.max_daily_loss),
        Reading("drawdown", _fallen(baseline.peak, equity), limits.max_drawdown),
        Reading("consecutive_losses", _number(baseline.losses), float(limits.max_consecutive_losses)),
        Reading("exposure", _per(portfolio.worst_exposure, equity), limits.max_exposure),
        Reading("leverage", _per(portfolio.exposure, equity), limits.max_leverage),
        Reading("volatility", baseline.volatility, limits.max_volatility),
        Reading("stale_data", _seconds(portfolio.data_age_ms), limits.max_data_age),
        Reading("error_rate", _error_rate(portfolio.calls, portfolio.errors), limits.max_error_rate),
        Reading("clock", _number(portfolio.clock_error_ms), limits.max_clock_error),
    ]


def _fallen(start: float | None, equity: float | None) -> float | None:
    if start is None or equity is None or start <= 0:
        return None
    return (start - equity) / start


def _per(value: Decimal, equity: float | None) -> float | None:
    if equity is None:
        return None
    if equity <= 0:
        return None if value else 0.0
    return float(value) / equity


def _number(value: float | None) -> float | None:
    return None if value is None else abs(float(value))


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000.0


def _error_rate(calls: int | None, errors: int | None) -> float | None:
    if calls is None or errors is None:
        return None
    return errors / calls if calls else 0.0
