"""Order books that keep themselves current, and that say so when they are not."""

from __future__ import annotations

import asyncio
from typing import Literal, Self

from bybit_async.errors import StreamClosed
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
        self.version = 0
        self._waiters: set[asyncio.Future[None]] = set()
        self._end: Exception | None = None

    async def updated(self, timeout: float | None = None) -> Self:
        """Wait for the next change, becoming stale included; changes that come meanwhile count as one.

        Raises:
            TimeoutError: nothing changed within `timeout` seconds.
            StreamClosed: the book was closed.
            SubscriptionRefused: Bybit does not accept the symbol any more.
        """
        return await self._after(self.version, timeout)

    async def _after(self, version: int, timeout: float | None = None) -> Self:
        if self.version == version:
            if self._end is not None:
                raise self._end
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                async with asyncio.timeout(timeout):
                    await waiter
            finally:
                self._waiters.discard(waiter)
        if self.version == version and self._end is not None:
            raise self._end
        return self

    def _changed(self, received_ns: int | None = None) -> None:
        self.version += 1
        if received_ns is not None:
            self.received_ns = received_ns
        self._wake()

    def _ended(self, error: Exception) -> None:
        self.mark_stale("dropped")
        self._end = self._end or error
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
