"""What the risk manager remembers over restarts, and the curve of equity it draws along the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from bybit_async.bot.risk.figures import Floats

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
KEPT_HOURS = 24 * 90


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A breaker that stays tripped: since when (milliseconds), at which value, against which limit."""

    name: str
    time_ms: int
    value: float
    limit: float

    def __str__(self) -> str:
        return f"{self.name}: {self.value:.6g} (limit {self.limit:g}), tripped until it is reset"


class Memory(msgspec.Struct, kw_only=True):
    """Peak, day, losses in a row, latched breakers, and equity at the end of each hour.

    Equity includes unrealised profit. `day` counts days since 1970, UTC, as `hours` counts hours; all None or empty
    until the first observation. Transfers are known until `flows_ms`, the newest of them by their ids. Written as a
    plain dict by `to_dict`, which every store can keep.
    """

    peak: float | None = None
    max_drawdown: float | None = None
    day: int | None = None
    day_start: float | None = None
    losses: int = 0
    trips: dict[str, Trip] = {}
    hours: list[tuple[int, float]] = []
    flows_ms: int | None = None
    flows: list[str] = []

    def flowed(self, change: float) -> None:
        """Measure from now on as if money that came (or went, negative) had always (or never) been there."""
        last = self.hours[-1][1] if self.hours else 0.0
        if last > 0 and last + change > 0:
            # So that the returns between hours stay what they were.
            self.hours = [(hour, equity * (last + change) / last) for hour, equity in self.hours]
        self.peak = None if self.peak is None else self.peak + change
        self.day_start = None if self.day_start is None else self.day_start + change

    def observe(self, time_ms: int, equity: float) -> None:
        """Take equity at a moment; moments come in order of time."""
        day, hour = time_ms // DAY_MS, time_ms // HOUR_MS
        if self.day is None or day > self.day:
            self.day, self.day_start = day, equity
            self.trips.pop("daily_loss", None)
        self.peak = equity if self.peak is None else max(self.peak, equity)
        fallen = (self.peak - equity) / self.peak if self.peak > 0 else 0.0
        self.max_drawdown = max(self.max_drawdown or 0.0, fallen)
        if self.hours and self.hours[-1][0] >= hour:
            self.hours[-1] = (self.hours[-1][0], equity)
            return
        self.hours.append((hour, equity))
        if len(self.hours) > KEPT_HOURS:
            del self.hours[: len(self.hours) - KEPT_HOURS]

    def hourly_returns(self) -> Floats:
        """Return the returns between hours that follow each other; hours without an observation break the chain."""
        if len(self.hours) < 2:
            return np.empty(0)
        hours = np.array([hour for hour, _ in self.hours])
        equity = np.array([value for _, value in self.hours])
        next_to = (np.diff(hours) == 1) & (equity[:-1] > 0)
        return np.asarray((equity[1:] / equity[:-1] - 1.0)[next_to], dtype=np.float64)

    def closed(self, pnl: float) -> None:
        """Take a closed trade; one without profit or loss changes nothing."""
        if pnl:
            self.losses = self.losses + 1 if pnl < 0 else 0

    def reset(self, name: str, equity: float | None) -> None:
        """Forget that a breaker is tripped; what it measures is measured from now on."""
        self.trips.pop(name, None)
        if name == "drawdown":
            self.peak = equity
        elif name == "daily_loss":
            self.day_start = equity
        elif name == "consecutive_losses":
            self.losses = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        made: dict[str, Any] = msgspec.to_builtins(self)
        return made

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Memory:
        """Read what `to_dict` wrote; raises `msgspec.ValidationError` for anything else."""
        return msgspec.convert(dict(values), cls)
