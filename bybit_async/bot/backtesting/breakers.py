"""The risk manager's breakers over many observations of equity at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bybit_async.bot.configuration.sections import RiskSettings
from bybit_async.bot.indicators import Floats
from bybit_async.bot.risk import Memory, Trip
from bybit_async.bot.risk.memory import DAY_MS


def observe_many(
    memory: Memory, times: NDArray[np.int64], equity: Floats, exposure: Floats, limits: RiskSettings
) -> int | None:
    """Take equity at many moments as `Memory.observe` takes it at one, and trip what has to be tripped on the way.

    The same observations one by one, or in any other pieces, leave the same behind. Returns the place of the first
    observation at which a breaker tripped, or None.
    """
    if not len(times):
        return None
    first: int | None = None
    starts = [0, len(times)]
    if times[0] // DAY_MS != times[-1] // DAY_MS:
        starts[1:1] = (np.flatnonzero(np.diff(times // DAY_MS)) + 1).tolist()
    for start, end in pairwise(starts):
        day = int(times[start]) // DAY_MS
        if memory.day is None or day > memory.day:
            memory.day, memory.day_start = day, float(equity[start])
            memory.trips.pop("daily_loss", None)
        tripped = _observe_day(memory, times[start:end], equity[start:end], exposure[start:end], limits)
        if tripped is not None and first is None:
            first = start + tripped
    return first


def _observe_day(
    memory: Memory, times: NDArray[np.int64], equity: Floats, exposure: Floats, limits: RiskSettings
) -> int | None:
    before = -np.inf if memory.peak is None else memory.peak
    peaks = np.maximum(np.maximum.accumulate(equity), before)
    fallen = (peaks - equity) / peaks if peaks[0] > 0 else np.where(peaks > 0, (peaks - equity) / peaks, 0.0)
    memory.peak = float(peaks[-1])
    deepest = float(fallen.max())
    memory.max_drawdown = max(memory.max_drawdown or 0.0, deepest)
    day_start = memory.day_start or 0.0
    lowest = float(equity.min())
    if (
        deepest < limits.max_drawdown
        and lowest > 0
        and day_start > 0
        and (day_start - lowest) / day_start < limits.max_daily_loss
        and float(exposure.max()) / lowest <= limits.max_leverage
    ):
        return None
    lost = (day_start - equity) / day_start if day_start > 0 else np.full(len(equity), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        leverage = np.where(equity > 0, exposure / equity, np.nan)
    fresh = []
    for name, values, limit, reached in (
        ("daily_loss", lost, limits.max_daily_loss, lost >= limits.max_daily_loss),
        ("drawdown", fallen, limits.max_drawdown, fallen >= limits.max_drawdown),
        ("leverage", leverage, limits.max_leverage, leverage > limits.max_leverage),
    ):
        if name not in memory.trips and reached.any():
            place = int(reached.argmax())
            trip = Trip(name=name, time_ms=int(times[place]), value=float(values[place]), limit=limit)
            fresh.append((place, trip))
    # In the order in which one observation after the other would have tripped them.
    fresh.sort(key=lambda found: found[0])
    memory.trips.update({trip.name: trip for _, trip in fresh})
    return fresh[0][0] if fresh else None
