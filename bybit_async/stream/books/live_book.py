"""Order books that keep themselves current, and that say so when they are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, Self

from bybit_async.errors import StreamClosed
from bybit_async.event_loop import HomeLoop
from bybit_async.state.full_order_book import FullOrderBook
from bybit_async.state.order_book import OrderBook
from bybit_async.state.rpi_order_book import RpiOrderBook
from bybit_async.stream.topics import StreamCategory

Depth = int | Literal["rpi", "full"]


class LiveOrderBook(OrderBook):
    """An `OrderBook` that a stream keeps current; shared by everyone who asked for the same category, symbol, depth.

    Read it at any time. While `stale` is True it is as it last was and not known to be right: before the first
    snapshot, after a gap, a crossing or a lost connection, until the next snapshot.

    Attributes:
        received_ns: when its last message came, in nanoseconds of `time.monotonic_ns`; 0 before the first.
        version: counts up with every change, becoming stale included.
    """

    def __init__(self, symbol: str, *, category: StreamCategory, depth: Depth = 50) -> None:
        super().__init__(symbol, category=category, depth=depth)
        self._begin()

    def _begin(self) -> None:
        self.received_ns = 0
        self.version: int = 0
        self._home = HomeLoop("order book")
        self._waiters: set[asyncio.Future[None]] = set()
        self._watches: tuple[BookHandler, ...] = ()
        # Whether anyone waits or watches: all that a message has to look at.
        self._followers = False
        self._error: Exception | None = None

    async def updated(self, timeout: float | None = None) -> Self:
        """Wait for the next change, becoming stale included; changes that come meanwhile count as one.

        Raises:
            TimeoutError: nothing changed within `timeout` seconds.
            StreamClosed: the book was closed.
            SubscriptionRefused: Bybit does not accept the symbol any more.
            WrongEventLoop: the book belongs to another event loop.
        """
        return await self._after(self.version, timeout)

    async def _after(self, version: int, timeout: float | None = None) -> Self:
        if self.version == version:
            if self._error is not None:
                raise self._error
            waiter: asyncio.Future[None] = self._home.check().create_future()
            self._waiters.add(waiter)
            self._followers = True
            try:
                async with asyncio.timeout(timeout):
                    await waiter
            finally:
                self._waiters.discard(waiter)
        if self.version == version and self._error is not None:
            raise self._error
        return self

    def _changed(self) -> None:
        self.version += 1
        self._tell()

    def _tell(self) -> None:
        for watch in self._watches:
            watch.changed(self)
        self._wake()
        self._followers = bool(self._watches)

    def _close(self, error: Exception) -> None:
        self.mark_stale("dropped")
        self._error = self._error or error
        for watch in self._watches:
            watch.close(self._error)
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def __aiter__(self) -> BookChanges:
        return BookChanges(self)


class LiveRpiOrderBook(LiveOrderBook, RpiOrderBook):
    """A `LiveOrderBook` that shows retail price improvement sizes too."""

    def __init__(self, symbol: str, *, category: StreamCategory) -> None:
        RpiOrderBook.__init__(self, symbol, category=category)  # type: ignore[arg-type]
        self._begin()


class LiveFullOrderBook(LiveOrderBook, FullOrderBook):
    """A `LiveOrderBook` of every level; its snapshots come by REST."""

    def __init__(self, symbol: str, *, category: StreamCategory) -> None:
        FullOrderBook.__init__(self, symbol, category=category)  # type: ignore[arg-type]
        self._begin()


class BookHandler:
    """Calls a function after every change of a book, until the book is closed or the function raises."""

    def __init__(self, book: LiveOrderBook, handler: Callable[[LiveOrderBook], object]) -> None:
        self._book = book
        self._handler = handler
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def changed(self, book: LiveOrderBook) -> None:
        """The book changed."""
        try:
            self._handler(book)
        except Exception as error:  # noqa: BLE001  the book has other users: only this one ends, and learns why
            self.close(error)

    def close(self, error: Exception) -> None:
        """Call no more."""
        self._leave()
        if not self._over.done():
            self._over.set_exception(error)

    def _leave(self) -> None:
        self._book._watches = tuple(watch for watch in self._book._watches if watch is not self)

    async def run(self) -> None:
        """Wait for the end; raises what the function raised."""
        if self._book._error is not None:
            raise self._book._error
        self._book._watches = (*self._book._watches, self)
        self._book._followers = True
        if not self._book.stale:
            self.changed(self._book)
        try:
            await self._over
        except StreamClosed:
            return
        finally:
            self._leave()


class BookChanges:
    """Iterates a book: yields it once it has changed since the last time. Ends when the book is closed."""

    def __init__(self, book: LiveOrderBook) -> None:
        self._book = book
        self._seen = book.version if book.stale else -1

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LiveOrderBook:
        try:
            await self._book._after(self._seen)
        except StreamClosed:
            raise StopAsyncIteration from None
        self._seen = self._book.version
        return self._book
