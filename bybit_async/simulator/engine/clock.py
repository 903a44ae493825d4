"""The exchange's own time: real, scaled or moved by hand."""

import heapq
import itertools
import time
from collections.abc import Callable


class Timer:
    """One callback due at a moment of exchange time."""

    __slots__ = ("callback", "cancelled", "when_ms")

    def __init__(self, when_ms: int, callback: Callable[[], None]) -> None:
        self.when_ms: int = when_ms
        self.callback: Callable[[], None] = callback
        self.cancelled: bool = False

    def cancel(self) -> None:
        """Forget the callback; harmless when it has already run."""
        self.cancelled = True


class ExchangeClock:
    """Milliseconds since the epoch as the exchange sees them.

    With `manual=True` time stands still until `advance` moves it. Otherwise it runs `speed` times as fast as
    the machine's monotonic clock, and `advance` makes it leap. A callback always sees its own due time as
    `now_ms()`, so that work done late (or in one leap) carries the times it would have had.
    """

    def __init__(self, start_ms: int | None = None, *, speed: float = 1.0, manual: bool = False) -> None:
        if speed <= 0:
            raise ValueError("speed must be positive")
        self.speed = speed
        self.manual = manual
        self._base_ms = int(time.time() * 1000) if start_ms is None else start_ms
        self._started = time.monotonic()
        self._inside_ms: int | None = None
        self._numbers = itertools.count()
        self._timers: list[tuple[int, int, Timer]] = []

    def now_ms(self) -> int:
        """Return the present moment in milliseconds."""
        if self._inside_ms is not None:
            return self._inside_ms
        if self.manual:
            return self._base_ms
        return self._base_ms + int((time.monotonic() - self._started) * 1000 * self.speed)

    def call_at(self, when_ms: int, callback: Callable[[], None]) -> Timer:
        """Run `callback` once the clock reaches `when_ms`; a past moment is due at the next run."""
        timer = Timer(when_ms, callback)
        heapq.heappush(self._timers, (when_ms, next(self._numbers), timer))
        return timer

    def call_later(self, delay_ms: int, callback: Callable[[], None]) -> Timer:
        """Run `callback` in `delay_ms` milliseconds of exchange time."""
        return self.call_at(self.now_ms() + delay_ms, callback)

    def next_due_ms(self) -> int | None:
        """Return when the earliest live timer is due, or None."""
        while self._timers and self._timers[0][2].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def run_due(self) -> int:
        """Run every timer that is due by now, in order of time; return how many ran."""
        return self._run_until(self.now_ms())

    def advance(self, milliseconds: int) -> int:
        """Move time forward, running due timers in order on the way; return how many ran."""
        if milliseconds < 0:
            raise ValueError("time does not run backwards")
        if self._inside_ms is not None:
            raise RuntimeError("a timer cannot advance the clock")
        target = self.now_ms() + milliseconds
        count = self._run_until(target)
        self._base_ms += milliseconds
        return count

    def _run_until(self, target_ms: int) -> int:
        if self._inside_ms is not None:
            return 0
        count = 0
        reached = -1
        try:
            while (due := self.next_due_ms()) is not None and due <= target_ms:
                timer = heapq.heappop(self._timers)[2]
                reached = max(reached, due)
                self._inside_ms = reached
                timer.callback()
                count += 1
        finally:
            self._inside_ms = None
        return count
