"""Noise that is a pure function of a key and a time: the raw material of every simulated price.

Only additions, multiplications and integer hashing are used, so the same key gives the same bits on every machine,
for one instant or for a whole array of them.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-52
_MASK = (1 << 64) - 1


def make_key(*parts: object) -> int:
    """Return a 64-bit key for a name, stable across processes (unlike the built-in ``hash``)."""
    return int.from_bytes(blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def as_times(value: int | Integers) -> Integers:
    """Return `value` as an array of at least one element (numpy scalars would warn on wrap-around)."""
    return np.atleast_1d(np.asarray(value, dtype=np.int64))


def hashed(key: int, index: Integers) -> NDArray[np.uint64]:
    """Return one well mixed 64-bit value for each index."""
    z: NDArray[Any] = index.astype(np.uint64) * _GOLDEN + np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed


def uniform(key: int, index: Integers) -> Floats:
    """Return one value in [-1, 1) for each index."""
    return (hashed(key, index) >> np.uint64(11)).astype(np.float64) * _UNIT - 1.0


def uniform_at(key: int, index: int) -> float:
    """Return what `uniform` returns for one index, without the cost of an array."""
    z = (index * 0x9E3779B97F4A7C15 + key) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) * _UNIT - 1.0


def lattice(key: int, times: Integers, period: int) -> Floats:
    """Return values in [-1, 1) that wander smoothly, with a new target every `period` milliseconds."""
    index = times // period
    fraction = (times - index * period) * (1.0 / period)
    first = int(index.min())
    points = int(index.max()) - first + 2
    if points <= 2 * len(times):
        # Each lattice point is hashed once, however many times lie around it.
        targets = uniform(key, np.arange(first, first + points, dtype=np.int64))
        index = index - first
        before, after = targets[index], targets[index + 1]
    else:
        before, after = uniform(key, index), uniform(key, index + 1)
    return before + (after - before) * fraction


def exponential(x: Floats) -> Floats:
    """Return e to the power of `x` (|x| below 8) by repeated squaring, the same bits everywhere."""
    result = 1.0 + x * (1.0 / 65536)
    for _ in range(16):
        result = result * result
    return result


class Wave:
    """`lattice` times an amplitude for one instant after another; remembers the two lattice points in use."""

    __slots__ = ("_after", "_amplitude", "_before", "_index", "_key", "_period", "_scale")

    def __init__(self, key: int, period: int, amplitude: float) -> None:
        self._key = key
        self._period = period
        self._scale = 1.0 / period
        self._amplitude = amplitude
        self._index = -1
        self._before = self._after = 0.0

    def at(self, time: int) -> float:
        """Return the value at `time`."""
        index = time // self._period
        if index != self._index:
            self._index = index
            self._before, self._after = uniform_at(self._key, index), uniform_at(self._key, index + 1)
        fraction = (time - index * self._period) * self._scale
        return (self._before + (self._after - self._before) * fraction) * self._amplitude
