"""Callbacks for streams: each on a thread of its own, so that a slow or failing one harms no other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import aclosing
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import msgspec

from bybit_async.bridge.holding import Hold
from bybit_async.bridge.iterators import END, following
from bybit_async.bridge.link import Link
from bybit_async.errors import BybitError, SessionClosed, StreamClosed

T = TypeVar("T")

log: logging.Logger = logging.getLogger("bybit_async.callbacks")

_AT_ONCE = 64
"""Items that are fetched in one go; what waits longer is subject to the subscription's policy."""


class CallbackStream(Generic[T]):
    """A stream whose items are given to a callback, one after the other, on one worker thread.

    It is live when it is returned. A callback that raises is logged, and the next item comes as usual. What happens to
    items that come faster than the callback takes them is the subscription's `policy`.

    Attributes:
        error: what ended the stream, where it was not closed here.
    """

    def __init__(
        self,
        link: Link,
        source: Any,
        callback: Callable[[T], object],
        *,
        on_error: Callable[[Exception], object] | None = None,
        at_once: int = _AT_ONCE,
    ) -> None:
        self.error: Exception | None = None
        self._link = link
        self._source = source
        self._callback = callback
        self._on_error = on_error
        self._at_once = at_once
        self._closed = False
        self._hold = Hold(source if hasattr(source, "__aenter__") else aclosing(source))
        link.portal.run(self._hold.enter)
        self._thread = threading.Thread(target=self._work, name=f"bybit_async {source!r:.60}", daemon=True)
        link.workers.add(self)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether no more items will come."""
        return self._closed or not self._thread.is_alive()

    def close(self) -> None:
        """End the stream and wait for the callback that runs, except from within it. Idempotent."""
        self._closed = True
        if not self._link.portal.closed:
            self._link.portal.run(self._hold.leave, None)
        self.join(5.0)

    def join(self, timeout: float) -> None:
        """Wait for the worker to end, at most `timeout` seconds; not from within the callback."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _work(self) -> None:
        try:
            while True:
                batch = self._link.portal.run(_fetch, self._source, self._at_once)
                for item in batch.items:
                    if self._closed:
                        return
                    self._give(self._link.turn(item))
                if batch.error is not None:
                    raise batch.error
                if batch.ended:
                    return
        except (SessionClosed, StreamClosed):
            return
        except BybitError as error:
            if not self._closed:
                self._failed(error)

    def _give(self, item: T) -> None:
        try:
            self._callback(item)
        except Exception:
            log.exception("a callback of %r raised; the stream goes on", self._source)

    def _failed(self, error: Exception) -> None:
        self.error = error
        if self._on_error is None:
            log.error("%r ended: %s", self._source, error)
            return
        try:
            self._on_error(error)
        except Exception:
            log.exception("the error callback of %r raised", self._source)

    def __repr__(self) -> str:
        return f"<CallbackStream of {self._source!r}>"


class _Fetched(msgspec.Struct):
    """What was fetched in one go, up to the error or the end that came after it."""

    items: list[Any]
    ended: bool = False
    error: BybitError | None = None


async def _fetch(source: Any, most: int) -> _Fetched:
    batch = _Fetched([])
    wanted = 1
    while len(batch.items) < wanted and not batch.ended:
        try:
            item = await following(source)
        except BybitError as error:
            # What came before it is given first.
            return _Fetched(batch.items, error=error)
        if item is END:
            batch.ended = True
        else:
            batch.items.append(item)
            # What waits already is there without waiting; a source that does not count it gives one item at a time.
            if wanted == 1:
                wanted = min(1 + getattr(source, "pending", 0), most)
    return batch
