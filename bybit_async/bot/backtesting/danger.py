"""Where several positions together might cost an account its margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from bybit_async.bot.backtesting.history import CandleHistory
from bybit_async.simulator.engine import Instrument


def first_in_danger(
    cash: float,
    held: Sequence[tuple[str, float, float]],
    history: CandleHistory,
    instruments: Mapping[str, Instrument],
    here: int,
    end: int,
) -> int:
    """Return the first candle from `here` whose worst prices, all at once, might end positions; `end` if none might.

    `held` are symbol, signed size and signed entry value of each position. It may name a candle in which nothing
    happens, but passes over none in which something could.
    """
    if end <= here:
        return end
    worst = np.full(end - here, cash)
    needed = np.zeros(end - here)
    for symbol, net, entry in held:
        series, instrument = history.symbols[symbol], instruments[symbol]
        # One symbol after the other comes to its open: until then the close before still counts.
        before = (
            series.close[here - 1 : end - 1] if here else np.concatenate([series.open[:1], series.close[: end - 1]])
        )
        high, low = np.maximum(series.high[here:end], before), np.minimum(series.low[here:end], before)
        worst += net * (low if net > 0 else high) - entry
        value = abs(net) * high
        tier = instrument.tier_for(Decimal(repr(float(value.max()))) if len(value) else Decimal(0))
        needed += value * float(tier.maintenance_rate)
    found = np.flatnonzero(worst <= needed * 1.01)
    return here + int(found[0]) if len(found) else end
