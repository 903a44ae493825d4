"""Ending code that does not give way: a strategy that loops for ever would otherwise stop the whole bot with it.

While a strategy computes, nothing else can: neither the event loop nor a timeout of its own. So another thread watches
how long each step takes, and has an exception raised in the middle of one that takes too long. That reaches Python
code wherever it is; what waits inside a C function is interrupted when that returns.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Awaitable, Generator
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_LOOK_EVERY = 0.1
_IDLE_AFTER = 5.0
_JUMPS = 100


class NoGivingWay(BaseException):
    """Raised inside code that took too long; no `except Exception` of that code can keep it."""


class _Watchdog:
    """Watches one step at a time, on a thread that lives as long as there is something to watch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._deadline: float | None = None
        self._watched = 0
        self._raised = False
        self._used = 0.0

    def begin(self, seconds: float) -> None:
        with self._lock:
            self._watched = threading.get_ident()
            self._used = time.monotonic()
            self._deadline = self._used + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="bybit_async strategy watch", daemon=True)
                self._thread.start()

    def end(self) -> None:
        try:
            self._stop()
        except NoGivingWay:
            # It came late, in here. The step is over anyway, and must not be watched any longer.
            self._stop()

    def _stop(self) -> None:
        with self._lock:
            self._deadline = None
            raised, self._raised = self._raised, False
        if raised:
            # What has not arrived yet arrives here, at a jump, and not in someone else's code. Taking it back instead
            # (an exception of None) would leave Python 3.11 looking for it for ever: slower, and endlessly so where
            # something profiles.
            for _ in range(_JUMPS):
                pass

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            with self._lock:
                now = time.monotonic()
                if self._deadline is None:
                    if now - self._used > _IDLE_AFTER:
                        self._thread = None
                        return
                elif now > self._deadline:
                    # Again at the next look: a bare `except` may have kept it.
                    self._raised = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(self._watched), ctypes.py_object(NoGivingWay)
                    )


# One for each thread that runs an event loop: a step of one never begins within a step of another.
_watchdogs = threading.local()


class interruptible(Generic[T]):  # noqa: N801 - reads as a word of the language: ``await interruptible(work, 2.0)``
    """Await something of which no step may take longer than so many seconds.

    Raises:
        NoGivingWay: a step took longer.
    """

    def __init__(self, work: Awaitable[T], seconds: float) -> None:
        self._work = work
        self._seconds = seconds

    def __enter__(self) -> None:
        _own_watchdog().begin(self._seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _own_watchdog().end()

    def __await__(self) -> Generator[Any, Any, T]:
        steps: Any = self._work.__await__()
        step, argument = steps.__next__, None
        while True:
            try:
                with self:
                    wanted = step() if argument is None else step(argument)
            except StopIteration as finished:
                result: T = finished.value
                return result
            try:
                argument = yield wanted
                step = steps.__next__ if argument is None else steps.send
            except BaseException as error:  # noqa: BLE001 - a cancellation is the work's own to handle
                step, argument = steps.throw, error


def _own_watchdog() -> _Watchdog:
    found: _Watchdog | None = getattr(_watchdogs, "own", None)
    if found is None:
        found = _watchdogs.own = _Watchdog()
    return found
