"""How long to wait before trying again."""

from __future__ import annotations

import random

_MOST_DOUBLINGS = 60


class Backoff:
    """Waits that double from `first` to at most `longest` seconds.

    Args:
        first: the first wait, in seconds.
        longest: what no wait exceeds, in seconds.
        jitter: the fraction of each wait that is random, 0 to 1: with 0.3 a wait of 1 s becomes 0.7 to 1 s.

    Attributes:
        failures: how many waits were handed out since the start, or since `reset`.
    """

    __slots__ = ("_first", "_jitter", "_longest", "failures")

    def __init__(self, first: float, longest: float, *, jitter: float = 0.0) -> None:
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self.failures: int = 0

    def next_wait(self) -> float:
        """Return the seconds to wait now; the next wait will be longer."""
        usual = min(self._longest, self._first * 2.0 ** min(self.failures, _MOST_DOUBLINGS))
        self.failures += 1
        return usual * (1 - self._jitter * random.random())

    def reset(self) -> None:
        """Start again with the shortest wait."""
        self.failures = 0
