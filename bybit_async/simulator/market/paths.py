"""Price paths: where a symbol's price is at any millisecond, past or future, for one seed."""

from __future__ import annotations

import msgspec
import numpy as np

from bybit_async.simulator.market.noise import (
    Floats,
    Integers,
    Wave,
    exponential,
    lattice,
    make_key,
    uniform,
    uniform_at,
)
from bybit_async.simulator.market.shocks import Shock

MINUTE = 60_000
DAY = 86_400_000
YEAR = 365 * DAY
_EPOCH = 1_735_689_600_000
_LONG_PERIODS = tuple(MINUTE * 3**k for k in range(13))
_SHORT_PERIODS = tuple(250 * 3**k for k in range(5))
# The ripples of seconds vanish on every full minute, so that history can do without them.
_WINDOW = 6.0 / MINUTE**2
_JUMP_CELL = 3_600_000
# Makes the spread of daily returns equal the volatility asked for; measured over twenty simulated years.
_CALIBRATION = 1.09


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """How a price moves: yearly volatility and drift (1 is 100 %), jumps a day and their largest size."""

    volatility: float = 0.55
    drift: float = 0.0
    jumps_per_day: float = 0.0
    jump_size: float = 0.03


class PricePath:
    """A price as a pure function of time, wandering around `base` at every scale from seconds to years."""

    def __init__(self, seed: int, name: str, base: float, behaviour: Behaviour) -> None:
        self.base = base
        self._behaviour = behaviour
        scale = behaviour.volatility * _CALIBRATION
        self._long, self._short = (
            [(make_key(seed, name, period), period, scale * (period / YEAR) ** 0.5) for period in periods]
            for periods in (_LONG_PERIODS, _SHORT_PERIODS)
        )
        self._long_waves = [Wave(*octave) for octave in self._long]
        self._short_waves = [Wave(*octave) for octave in self._short]
        self._jumps = make_key(seed, name, "jumps")
        self._sizes = make_key(seed, name, "jump sizes")
        self.shocks: list[Shock] = []

    def logarithm(self, times: Integers) -> Floats:
        """Return the log of price over base at each time."""
        total = np.zeros(len(times))
        for key, period, amplitude in self._long:
            total = total + lattice(key, times, period) * amplitude
        within = times % MINUTE
        if within.any():
            ripple = np.zeros(len(times))
            for key, period, amplitude in self._short:
                ripple = ripple + lattice(key, times, period) * amplitude
            total = total + ripple * (within * (MINUTE - within) * _WINDOW)
        behaviour = self._behaviour
        if behaviour.drift:
            total = total + (times - _EPOCH) * (behaviour.drift / YEAR)
        if behaviour.jumps_per_day:
            cell = times // _JUMP_CELL
            happens = (uniform(self._jumps, cell) + 1) < behaviour.jumps_per_day / 12
            total = total + happens * uniform(self._sizes, cell) * behaviour.jump_size
        for shock in self.shocks:
            total = total + shock.values(times)
        return np.clip(total, -5.0, 5.0)

    def values(self, times: Integers) -> Floats:
        """Return the price at each time (milliseconds since 1970)."""
        return exponential(self.logarithm(times)) * self.base

    def at(self, time: int) -> float:
        """Return the price at one time: the same bits as `values`, quickly when times come in order."""
        total = 0.0
        for wave in self._long_waves:
            total += wave.at(time)
        within = time % MINUTE
        if within:
            ripple = 0.0
            for wave in self._short_waves:
                ripple += wave.at(time)
            total += ripple * (within * (MINUTE - within) * _WINDOW)
        behaviour = self._behaviour
        if behaviour.drift:
            total += (time - _EPOCH) * (behaviour.drift / YEAR)
        if behaviour.jumps_per_day:
            cell = time // _JUMP_CELL
            if uniform_at(self._jumps, cell) + 1 < behaviour.jumps_per_day / 12:
                total += uniform_at(self._sizes, cell) * behaviour.jump_size
        for shock in self.shocks:
            total += shock.at(time)
        result = 1.0 + min(max(total, -5.0), 5.0) * (1.0 / 65536)
        for _ in range(16):
            result *= result
        return result * self.base


class PremiumPath:
    """How far a perpetual trades from its index, as a fraction: small, slow, of either sign."""

    _PERIODS = ((60_000, 0.00002), (900_000, 0.00008), (14_400_000, 0.00015), (5 * DAY, 0.00025))

    def __init__(self, seed: int, name: str) -> None:
        self._octaves = [(make_key(seed, name, "premium", p), p, a) for p, a in self._PERIODS]
        self._waves = [Wave(*octave) for octave in self._octaves]
        self.shocks: list[Shock] = []

    def values(self, times: Integers) -> Floats:
        """Return the premium at each time."""
        total = np.full(len(times), 0.00005)
        for key, period, amplitude in self._octaves:
            total = total + lattice(key, times, period) * amplitude
        for shock in self.shocks:
            total = total + shock.values(times)
        return total

    def at(self, time: int) -> float:
        """Return the premium at one time."""
        total = 0.00005
        for wave in self._waves:
            total += wave.at(time)
        for shock in self.shocks:
            total += shock.at(time)
        return total
