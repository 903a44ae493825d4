"""The exchange's clock, as seen from here.

Every answer says when it was made. It was made between the moment the request left and the moment the answer arrived,
so each answer bounds the offset between the two clocks. The tightest bounds of the last minutes are intersected; a
bound that contradicts them means that a clock was stepped, and starts over. Local time is monotonic, so a step of the
computer's own clock cannot reach a signature.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil

_DRIFT_PER_SECOND = 0.0002  # quartz clocks differ by up to 200 ms in 1,000 s; older bounds are widened by that much
_SERVER_RESOLUTION_MS = 1.0


class Clock:
    """Exchange time in milliseconds, kept current by the answers that pass through.

    Args:
        monotonic: local seconds that never jump.
        wall: local seconds since the epoch, used only until the first answer.

    Attributes:
        monotonic: returns local seconds that never jump; their zero means nothing.
        synced: whether an answer of the exchange has been seen since the start, or since `distrust`.
    """

    __slots__ = ("_at", "_high", "_low", "monotonic", "synced")

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self.monotonic: Callable[[], float] = monotonic
        offset = (wall() - monotonic()) * 1000
        self._low = self._high = offset
        self._at = monotonic()
        self.synced: bool = False

    @property
    def uncertainty(self) -> float:
        """Half the width of what is known of the offset, in milliseconds; infinite before the first answer."""
        return (self._high - self._low) / 2 if self.synced else float("inf")

    def now_ms(self) -> int:
        """Return the exchange's time in milliseconds, to the best of what is known."""
        return int(self.monotonic() * 1000 + (self._low + self._high) / 2)

    def earliest_ms(self, at: float) -> int:
        """Return the exchange's time at a moment of `monotonic`, in milliseconds, at the earliest."""
        return int(at * 1000 + self._low)

    def latest_ms(self, at: float) -> int:
        """Return the exchange's time at a moment of `monotonic`, in milliseconds, at the latest."""
        return ceil(at * 1000 + self._high)

    def learn(self, sent: float, received: float, server_ms: float) -> None:
        """Take in one answer: `server_ms` was read between `sent` and `received` (seconds of `monotonic`)."""
        low = server_ms - received * 1000
        high = server_ms + _SERVER_RESOLUTION_MS - sent * 1000
        aged = (received - self._at) * 1000 * _DRIFT_PER_SECOND
        old_low, old_high = self._low - aged, self._high + aged
        self._at = received
        if not self.synced or low > old_high or high < old_low:
            self._low, self._high, self.synced = low, high, True
        else:
            self._low, self._high = max(low, old_low), min(high, old_high)

    def distrust(self) -> None:
        """Forget what was known: the exchange said that our time is wrong."""
        self.synced = False
