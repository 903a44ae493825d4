"""How many calls were made recently, and how many of them failed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from bybit_async import Hooks, RequestRejected
from bybit_async.bot.timings import Timings
from bybit_async.transport.hooks import ResponseEvent
from bybit_async.wire import Limit

_WINDOW = 60.0


class CallCounter:
    """Counts the calls of the last minute; a refusal by a trading rule is not a failure.

    Args:
        clock: seconds that never jump.

    Attributes:
        limits: what the newest answer of each endpoint said of its limit.
        timings: how long calls took.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self.limits: dict[str, Limit] = {}
        self.timings: Timings = Timings()

    def take(self, event: ResponseEvent) -> None:
        """Count one call."""
        # A refused order was answered: the exchange works, and the order was at fault.
        failed = event.error is not None and type(event.error) is not RequestRejected
        self._calls.append((self._clock(), failed))
        self._failed += failed
        self.timings.add("request", event.seconds)
        if event.limit is not None and event.limit.remaining is not None:
            self.limits[event.name] = event.limit
        self._forget()

    def counts(self) -> tuple[int, int]:
        """Return the calls of the last minute, and how many failed."""
        self._forget()
        return len(self._calls), self._failed

    def _forget(self) -> None:
        since = self._clock() - _WINDOW
        while self._calls and self._calls[0][0] < since:
            self._failed -= self._calls.popleft()[1]

    def hooks(self, given: Hooks | None) -> Hooks:
        """Return hooks that count, and call those of the user."""
        theirs = given.on_response if given is not None else None

        def both(event: ResponseEvent) -> None:
            self.take(event)
            if theirs is not None:
                theirs(event)

        given = given or Hooks()
        return Hooks(on_request=given.on_request, on_response=both, on_retry=given.on_retry)
