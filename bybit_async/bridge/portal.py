"""One event loop on one background thread, and a way into it from every other thread.

The loop lives in an anyio `BlockingPortal`. Calls do not go through the portal's own `call`: a task group and a
`concurrent.futures.Future` for each of them cost about 200 µs where a lock and a plain task cost about 60.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import Any, TypeVar, overload

import anyio
from anyio.from_thread import BlockingPortal

from bybit_async.errors import CalledFromTheLoop, SessionClosed
from bybit_async.event_loop import check_can_answer

R = TypeVar("R")
Last = Callable[[], Awaitable[object]]

_CANCEL_WAIT = 5.0
"""Seconds that an interrupted call gets to end before the interrupt goes on without it."""
_SLICE = 0.2 if os.name == "nt" else -1.0
"""Seconds to wait in one go: on Windows an interrupt is not seen before the end of a wait. -1 is for ever."""
_CLOSE_WAIT = 10.0
"""Seconds that closing may take altogether."""


class PortalCall:
    """One call on its way through the loop; made by a thread, filled by the loop."""

    __slots__ = ("_args", "_error", "_function", "_kwargs", "_task", "_value", "done", "ended")

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._task: asyncio.Task[Any] | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self.ended: bool = False
        # A bare lock: an Event or a Future is another lock around one, and their wake-up is what a call costs most.
        self.done: threading.Lock = threading.Lock()
        self.done.acquire()

    def start(self) -> None:
        """Run on the loop."""
        try:
            value = self._function(*self._args, **self._kwargs)
        except BaseException as error:  # noqa: BLE001  it belongs to the calling thread, a SystemExit too
            self._end(None, error)
            return
        if isinstance(value, CoroutineType):
            self._task = asyncio.get_running_loop().create_task(self._drive(value))
        else:
            self._end(value, None)

    async def _drive(self, coroutine: CoroutineType[Any, Any, Any]) -> None:
        # The call ends within its task's last step: a done callback would cost another turn of the loop.
        try:
            value = await coroutine
        except asyncio.CancelledError:
            self._end(None, _cancelled())
            raise
        except BaseException as error:  # noqa: BLE001  it belongs to the calling thread, a SystemExit too
            self._end(None, error)
        else:
            self._end(value, None)

    def _end(self, value: Any, error: BaseException | None) -> None:
        self._value = value
        self._error = error
        self.ended = True
        self._task = None
        self.done.release()

    def cancel(self) -> None:
        """Run on the loop, after `start`."""
        if self._task is not None:
            # A task that is cancelled before its first step never gets into `_drive`.
            self._task.add_done_callback(lambda _: self.abandon())
            self._task.cancel()

    def abandon(self) -> None:
        """End it where nothing else can any more: its task is gone, or the whole loop."""
        if not self.ended:
            self._end(None, _cancelled())

    def outcome(self) -> Any:
        """Return or raise what it ended with."""
        error, self._error = self._error, None
        if error is None:
            return self._value
        try:
            raise error
        finally:
            # The traceback holds this frame: without this the exception would keep itself alive.
            del error


def _cancelled() -> SessionClosed:
    return SessionClosed("the call was cancelled: its session was closed")


class Portal:
    """A loop thread that starts with the first call, and the calls into it.

    Args:
        last: what is left to do on the loop when the portal is closed; it gets five seconds.
        address: what is called through the portal, as a URL; empty for nothing in particular.
    """

    def __init__(self, last: Last | None = None, address: str = "") -> None:
        self._last = last
        self._address = address
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._portal: BlockingPortal | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._ident = 0
        self._pending: set[PortalCall] = set()
        self._closed = False
        self._failure: BaseException | None = None

    @property
    def closed(self) -> bool:
        """Whether it takes no more calls."""
        return self._closed

    @overload
    def run(self, function: Callable[..., Awaitable[R]], /, *args: Any, **kwargs: Any) -> R: ...
    @overload
    def run(self, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> R: ...
    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function on the loop thread, and wait for it; a coroutine is awaited there.

        An interrupt (Ctrl-C) cancels the call, waits until it has ended, and then goes on as usual.

        Raises:
            SessionClosed: the portal is closed, or was made in another process.
            CalledFromTheLoop: this is the loop's own thread, or that of the exchange which is called.
        """
        if self._address:
            check_can_answer(self._address)
        loop = self._loop
        if loop is None or self._closed or self._pid != os.getpid():
            loop = self._begin()
        if threading.get_ident() == self._ident:
            raise CalledFromTheLoop("a blocking call from the session's own loop thread could never return")
        call = PortalCall(function, args, kwargs)
        self._pending.add(call)
        try:
            self._schedule(loop, call.start)
            while not call.done.acquire(timeout=_SLICE):
                pass
        except BaseException:
            self._cancel(loop, call)
            raise
        finally:
            self._pending.discard(call)
        return call.outcome()

    def _schedule(self, loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
        try:
            loop.call_soon_threadsafe(function)
        except RuntimeError:
            raise SessionClosed() from None

    def _cancel(self, loop: asyncio.AbstractEventLoop, call: PortalCall) -> None:
        if call.ended or loop.is_closed():
            return
        self._schedule(loop, call.cancel)
        call.done.acquire(timeout=_CANCEL_WAIT)

    def _begin(self) -> asyncio.AbstractEventLoop:
        # Before the lock: in a forked child it may be held by a thread that does not exist there.
        if self._thread is not None and self._pid != os.getpid():
            raise SessionClosed("this session was used before the process forked; make a new one in the child process")
        with self._lock:
            if self._closed:
                raise SessionClosed()
            if self._loop is None:
                self._pid = os.getpid()
                self._start_thread()
            assert self._loop is not None
            return self._loop

    def _start_thread(self) -> None:
        ready = threading.Event()
        # A daemon: a session that was never closed must not keep the interpreter; `_close_all` ends it in good order.
        self._thread = threading.Thread(target=self._live, args=(ready,), name="bybit_async", daemon=True)
        self._thread.start()
        ready.wait()
        if self._loop is None:
            failure, self._failure = self._failure, None
            raise failure or RuntimeError("the event loop did not start")
        _running.add(self)

    def _live(self, ready: threading.Event) -> None:
        try:
            anyio.run(self._main, ready)
        except BaseException as error:
            if self._loop is not None:
                raise
            # As when no more files may be opened: the calls that wait for the loop raise it.
            self._failure = error
        finally:
            ready.set()
            # What was scheduled after the loop's last turn was never begun.
            for call in tuple(self._pending):
                call.abandon()

    async def _main(self, ready: threading.Event) -> None:
        async with BlockingPortal() as portal:
            self._portal = portal
            self._ident = threading.get_ident()
            self._loop = asyncio.get_running_loop()
            ready.set()
            await portal.sleep_until_stopped()

    def close(self, *, wait: bool = True) -> None:
        """End every call and stop the thread; with `wait`, wait for that, except on that thread. Idempotent."""
        if self._thread is not None and self._pid != os.getpid():
            return
        with self._lock:
            first, self._closed = not self._closed, True
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        if first and not loop.is_closed():
            self._schedule(loop, lambda: loop.create_task(self._stop(), name="bybit_async closing"))
        if wait and thread is not threading.current_thread():
            thread.join(_CLOSE_WAIT)
            for call in tuple(self._pending):
                call.abandon()

    async def _stop(self) -> None:
        assert self._portal is not None
        try:
            async with asyncio.timeout(_CLOSE_WAIT / 2):
                if self._last is not None:
                    await self._last()
        finally:
            await self._portal.stop(cancel_remaining=True)


_running: weakref.WeakSet[Portal] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for portal in list(_running):
        portal.close()
