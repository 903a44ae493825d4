"""Figures that no one trades but everyone reads: open interest, long-short ratio, historical volatility."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import numpy as np

from bybit_async.simulator.market.noise import lattice, make_key, uniform
from bybit_async.simulator.market.paths import DAY
from bybit_async.simulator.market.quotation import Quotation

STEPS = {
    "5min": 300_000,
    "15min": 900_000,
    "30min": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "1d": DAY,
    "4d": 4 * DAY,
}
_TYPICAL_INTEREST = 200_000_000.0


def open_interest(seed: int, quotation: Quotation, time: int) -> Decimal:
    """Return the open interest at a time, the same on every reading; changes every five minutes."""
    instrument = quotation.instrument
    moment = np.array([time // STEPS["5min"] * STEPS["5min"]], dtype=np.int64)
    name = f"{instrument.category}/{instrument.symbol}/open interest"
    wave = 0.25 * lattice(make_key(seed, name), moment, 3 * DAY)[0]
    ripple = 0.02 * lattice(make_key(seed, name, 2), moment, 3_600_000)[0]
    worth = _TYPICAL_INTEREST / (1.0 if quotation.inverse else float(instrument.reference_price))
    lots = (Decimal(f"{worth * (1.0 + wave + ripple):.3f}") / instrument.lot).to_integral_value(ROUND_DOWN)
    return lots * instrument.lot


def buy_ratio(seed: int, quotation: Quotation, time: int) -> Decimal:
    """Return the share of accounts that are long, in ten-thousandths."""
    instrument = quotation.instrument
    key = make_key(seed, instrument.category, instrument.symbol, "ratio")
    moment = np.array([time], dtype=np.int64)
    slow = 0.12 * lattice(key, moment, 2 * DAY)[0]
    quick = 0.01 * uniform(key, moment // STEPS["5min"])[0]
    return Decimal(f"{0.5 + slow + quick:.4f}")


def historical_volatility(quotation: Quotation, days: int, end: int) -> Decimal:
    """Return the yearly volatility of the index's hourly moves over the days before `end`."""
    times = np.arange(end - days * DAY, end + 1, 3_600_000, dtype=np.int64)
    moves = np.diff(np.log(quotation.indexes(times)))
    return Decimal(f"{float(np.std(moves)) * (365 * 24) ** 0.5:.8f}")
