"""What every derived object of one session shares: the way into the loop, and how answers are turned."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Protocol

from bybit_async.bridge.portal import Last, Portal


class Worker(Protocol):
    """A thread that ends with its session."""

    def join(self, timeout: float) -> None:
        """Wait for it, unless it is the current thread."""
        ...


class Link:
    """Lives as long as the last object derived through it; then the loop thread is stopped.

    Args:
        last: what is left to do on the loop when it is closed.
        turn: turns what came out of the loop into what a thread can use.
        address: what is called through it, as a URL.
    """

    __slots__ = ("__weakref__", "_turn", "portal", "workers")

    def __init__(self, last: Last, turn: Callable[[Link, Any], Any], address: str = "") -> None:
        self.portal: Portal = Portal(last, address)
        self.workers: weakref.WeakSet[Worker] = weakref.WeakSet()
        self._turn = turn

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function on the loop, wait for it, and turn what it returns."""
        return self._turn(self, self.portal.run(function, *args, **kwargs))

    def turn(self, value: Any) -> Any:
        """Turn a value that did not come through `run`."""
        return self._turn(self, value)

    def close(self) -> None:
        """Close the session, stop the loop thread and wait for the callbacks' threads. Idempotent."""
        self.portal.close()
        for worker in list(self.workers):
            worker.join(1.0)

    def __del__(self) -> None:
        # This may run anywhere, on the loop thread too: nothing here may wait.
        self.portal.close(wait=False)
