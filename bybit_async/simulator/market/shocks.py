"""Shocks: one-off moves on top of a price path, as much a function of time alone as the path itself."""

from __future__ import annotations

import numpy as np

from bybit_async.simulator.market.noise import Floats, Integers, Wave, lattice

_ROUGHNESS = 0.6
_BUMPS = 12


class Shock:
    """A move to `height` from `start` to `peak`, and back to `rest` of it from `turn` to `end` (milliseconds).

    The way there is rough, in a manner that `key` decides; both ends are exact.
    """

    def __init__(
        self, key: int, height: float, *, start: int, peak: int, turn: int | None = None, end: int, rest: float
    ) -> None:
        self._height = height
        self._start = start
        self._turn = peak if turn is None else turn
        self._climb = 1.0 / max(peak - start, 1)
        self._fall = 1.0 / max(end - self._turn, 1)
        self._lost = 1.0 - rest
        self._key = key
        self._period = max((peak - start) // _BUMPS, 1)
        self._wave = Wave(key, self._period, _ROUGHNESS)

    def values(self, times: Integers) -> Floats:
        """Return how far the price is moved at each time."""
        up = np.clip((times - self._start) * self._climb, 0.0, 1.0)
        down = np.clip((times - self._turn) * self._fall, 0.0, 1.0)
        rough = lattice(self._key, times, self._period) * _ROUGHNESS
        total: Floats = (up - down * self._lost + rough * (up * (1.0 - up))) * self._height
        return total

    def at(self, time: int) -> float:
        """Return the same bits as `values` for one time."""
        up = min(max((time - self._start) * self._climb, 0.0), 1.0)
        down = min(max((time - self._turn) * self._fall, 0.0), 1.0)
        return (up - down * self._lost + self._wave.at(time) * (up * (1.0 - up))) * self._height
