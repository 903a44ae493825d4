"""The live books of a session: one for each topic, however many use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self

from bybit_async.errors import ConnectionFailed
from bybit_async.stream.books.feed import FetchFullBook, LiveBookFeed
from bybit_async.stream.books.live_book import (
    BookChanges,
    BookHandler,
    Depth,
    LiveFullOrderBook,
    LiveOrderBook,
    LiveRpiOrderBook,
)
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.topics import StreamCategory, Topic


class SharedBooks:
    """Every live book of a session.

    Args:
        multiplexer: where messages come from.
        fetch: fetches full books by REST; None where nothing can.
    """

    def __init__(self, multiplexer: Multiplexer, fetch: FetchFullBook | None) -> None:
        self._multiplexer = multiplexer
        self._fetch = fetch
        self._feeds: dict[Topic, LiveBookFeed] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def has_full_books(self) -> bool:
        """Whether full books can be fetched."""
        return self._fetch is not None

    def take(self, topic: Topic, symbol: str, category: StreamCategory, depth: Depth) -> LiveBookFeed:
        """Return the feed of a book, for one more user."""
        feed = self._feeds.get(topic)
        if feed is None or feed.book._error is not None:
            fetch = self._fetch if depth == "full" else None
            book = _book(symbol, category, depth)
            book._home = self._multiplexer.context.home
            feed = self._feeds[topic] = LiveBookFeed(self._multiplexer, topic, book, fetch)
        feed.users += 1
        return feed

    async def give_back(self, feed: LiveBookFeed) -> None:
        """Count one user fewer; the book of the last one ends."""
        feed.users -= 1
        if feed.users == 0:
            for topic, held in list(self._feeds.items()):
                if held is feed:
                    del self._feeds[topic]
            await feed.aclose()

    def abandon(self, feed: LiveBookFeed) -> None:
        """Give a feed back for a user that is gone."""
        task = asyncio.get_running_loop().create_task(self.give_back(feed), name="bybit_async book given back")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def aclose(self) -> None:
        """End every book."""
        feeds, self._feeds = list(self._feeds.values()), {}
        for feed in feeds:
            await feed.aclose()
        if self._leaving:
            await asyncio.wait(self._leaving)


def _book(symbol: str, category: StreamCategory, depth: Depth) -> LiveOrderBook:
    if depth == "rpi":
        return LiveRpiOrderBook(symbol, category=category)
    if depth == "full":
        return LiveFullOrderBook(symbol, category=category)
    return LiveOrderBook(symbol, category=category, depth=depth)


class OrderBookStream:
    """Enter it for the book, once it has its first snapshot; or iterate it for the book after every change.

    Raises:
        SubscriptionRefused: from entering or iterating: Bybit does not accept the symbol.
        ConnectionFailed: no snapshot came in time.
    """

    def __init__(
        self, books: SharedBooks, topic: Topic, symbol: str, category: StreamCategory, depth: Depth, timeout: float
    ) -> None:
        self.topic = topic
        self._books = books
        self._what = (symbol, category, depth)
        self._timeout = timeout
        self._feed: LiveBookFeed | None = None
        self._changes: BookChanges | None = None
        self._iterated_in: asyncio.AbstractEventLoop | None = None

    def _take(self) -> LiveBookFeed:
        if self._feed is None:
            self._feed = self._books.take(self.topic, *self._what)
        return self._feed

    def _take_until_dropped(self) -> LiveBookFeed:
        if self._feed is None:
            self._iterated_in = asyncio.get_running_loop()
        return self._take()

    async def __aenter__(self) -> LiveOrderBook:
        book = self._take().book
        known = book.updates
        try:
            async with asyncio.timeout(self._timeout):
                # A snapshot may be followed by a gap before this task has its turn: it has been one anyway.
                while book.stale and book.updates == known:
                    await book.updated()
        except TimeoutError:
            await self.aclose()
            raise ConnectionFailed(f"no snapshot of {self.topic.name} within {self._timeout} s") from None
        except BaseException:
            await self.aclose()
            raise
        return book

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LiveOrderBook:
        if self._changes is None:
            self._changes = BookChanges(self._take_until_dropped().book)
        return await self._changes.__anext__()

    def __getattr__(self, name: str) -> NoReturn:
        if not name.startswith("_") and (hasattr(LiveOrderBook, name) or name in ("received_ns", "version")):
            raise AttributeError(
                f"a book is read once it has been entered: async with ….order_book(…) as book: book.{name}",
                name=name,
                obj=self,
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __del__(self) -> None:
        # A loop that was left with `break` must not keep its book for ever. One that was entered is left in order.
        loop, feed = self.__dict__.get("_iterated_in"), self.__dict__.get("_feed")
        if loop is not None and feed is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._books.abandon, feed)

    async def each(self, handler: Callable[[LiveOrderBook], object]) -> None:
        """Call `handler` with the book after every single change, until the book is closed.

        The socket is not read meanwhile, so `handler` must be quick. What it raises ends this use of the book, and is
        raised from here.
        """
        await BookHandler(self._take_until_dropped().book, handler).run()

    async def aclose(self) -> None:
        """Give the book back; it goes on for its other users. Idempotent."""
        feed, self._feed = self._feed, None
        if feed is not None:
            await self._books.give_back(feed)

    def __repr__(self) -> str:
        return f"<OrderBookStream {self.topic.channel} {self.topic.name}>"
