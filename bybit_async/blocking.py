"""`Bybit`: the whole library for code without an event loop; scripts, notebooks, threads.

Every group, method, pager, stream and cache is derived from `AsyncBybit` at run time; what editors and type checkers
read is `blocking.pyi`, generated from the same source by ``python -m tests.stubs``.
"""

from __future__ import annotations

import inspect
from types import TracebackType
from typing import Any, Self

from bybit_async.bridge.callbacks import CallbackStream
from bybit_async.bridge.derive import blocking_class, turned
from bybit_async.bridge.iterators import BlockingIterator, BlockingPager
from bybit_async.bridge.link import Link
from bybit_async.secret import hide_secret
from bybit_async.session import AsyncBybit

__all__ = ["BlockingIterator", "BlockingPager", "Bybit", "CallbackStream"]


class Bybit(blocking_class(AsyncBybit)):  # type: ignore[misc]  # the base is made here
    """The blocking twin of `AsyncBybit`, with the same arguments: ``with Bybit(...) as bybit``, or without `with`.

    One session may be shared by any number of threads. Its event loop runs on a thread of its own, which starts with
    the first call and ends with `close`, with the last reference, or with the interpreter. Pagers are iterators over
    all rows. Streams are iterators too, take a `timeout` in seconds for each item, and exist a second time with a
    callback: ``bybit.stream.on_trades("BTCUSDT", category="linear", callback=print)``.
    """

    def __init__(self, **options: Any) -> None:
        hide_secret(options)
        self._wrap(AsyncBybit(**options))

    def _wrap(self, session: AsyncBybit) -> None:
        super().__init__(Link(session.aclose, turned, session.environment.rest_url), session)

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Build a session from the variables of the process; see `AsyncBybit.from_env`."""
        hide_secret(options)
        made = cls.__new__(cls)
        made._wrap(AsyncBybit.from_env(**options))
        return made

    def __enter__(self) -> Self:
        self._link.portal.run(self._target.__aenter__)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every stream, callback and connection; calls of other threads end with an error. Idempotent."""
        self._link.close()

    def __repr__(self) -> str:
        session = self.__dict__.get("_target")
        return "<Bybit, not opened>" if session is None else repr(session).replace("AsyncBybit", "Bybit", 1)


Bybit.__signature__ = inspect.signature(AsyncBybit)  # pyright: ignore[reportAttributeAccessIssue]
