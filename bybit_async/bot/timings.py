"""How long things took: the newest durations of each kind of work, and their percentiles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

_KEPT = 500


class Latency(msgspec.Struct, frozen=True):
    """Percentiles of the newest durations of one kind, in milliseconds; `count` is how many there were in all."""

    name: str
    count: int
    p50: float
    p95: float
    p99: float


class Timings:
    """The newest durations of each kind of work."""

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, seconds: float) -> None:
        """Take a duration."""
        self._seconds.setdefault(name, deque(maxlen=_KEPT)).append(seconds)
        self._counts[name] = self._counts.get(name, 0) + 1

    def latencies(self) -> Iterator[Latency]:
        """Yield the percentiles of each kind."""
        for name, kept in self._seconds.items():
            found = sorted(kept)
            last = len(found) - 1
            p50, p95, p99 = (round(found[round(last * share)] * 1000, 3) for share in (0.5, 0.95, 0.99))
            yield Latency(name, self._counts[name], p50, p95, p99)
