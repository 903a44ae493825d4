"""The shelf that shared order books stand on: who feeds them, who uses them, and when they go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from bybit_async.errors import BybitError, ConnectionFailed, StreamClosed
from bybit_async.models.market.books import OrderBook as FullSnapshot
from bybit_async.models.stream_message import StreamMessage
from bybit_async.state.order_book import Outcome
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.live_book import (
    BookChanges,
    BookWatch,
    Depth,
    LiveFullOrderBook,
    LiveOrderBook,
    LiveRpiOrderBook,
)
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.topics import StreamCategory, Topic

FetchFullBook = Callable[[str, str], Awaitable[FullSnapshot]]
"""Fetches the whole book of a (category, symbol) by REST."""

_BROKEN = frozenset({"gap", "crossed", "emptied", "unreadable"})


class BookKeeper:
    """Feeds one book and asks for a snapshot when it went wrong; a `Listener`."""

    def __init__(
        self, multiplexer: Multiplexer, topic: Topic, book: LiveOrderBook, fetch: FetchFullBook | None
    ) -> None:
        self.book = book
        self.users = 0
        self._multiplexer = multiplexer
        self._topic = topic
        self._fetch = fetch
        self._fetching: asyncio.Task[None] | None = None
        self._was_broken = False

    def start(self) -> None:
        """Begin to listen."""
        self._multiplexer.attach([self._topic], self)

    async def stop(self) -> None:
        """Stop listening; whoever waits for the book is woken."""
        self._multiplexer.detach(self)
        self.book._ended(StreamClosed("the order book is closed"))
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    def deliver(self, message: StreamMessage[Any]) -> None:
        """Apply a message."""
        book = self.book
        was_stale = book.stale_reason is not None
        outcome = book.apply(message)
        if was_stale or outcome != "applied":
            self._look(book, outcome, was_stale=was_stale)
            if outcome in ("ignored", "buffered"):
                return
        book._changed(message.received_ns)

    def _look(self, book: LiveOrderBook, outcome: Outcome, *, was_stale: bool) -> None:
        if outcome in _BROKEN and (not was_stale or self._fetch is None):
            # A book that was stale may be so still after its snapshot; then another is needed.
            self._broke(outcome)
        elif was_stale and not book.stale:
            self._repaired()
        if isinstance(book, LiveFullOrderBook) and book.needs_snapshot:
            self._fetch_snapshot(book)

    def _broke(self, outcome: str) -> None:
        self._was_broken = True
        self._multiplexer.broken(self._topic, f"order book: {outcome}")
        if self._fetch is None:
            self._multiplexer.resync(self._topic)

    def _repaired(self) -> None:
        if self._was_broken:
            self._was_broken = False
            self._multiplexer.settled(self._topic, "fresh snapshot")

    def _fetch_snapshot(self, book: LiveFullOrderBook) -> None:
        if self._fetch is not None and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.create_task(self._load(book, self._fetch), name=f"bybit_async {self._topic.name}")

    async def _load(self, book: LiveFullOrderBook, fetch: FetchFullBook) -> None:
        settings = self._multiplexer.settings
        wait = settings.backoff
        while book.needs_snapshot:
            try:
                loaded = book.load(await fetch(str(book.category), book.symbol))
            except BybitError as error:
                self._multiplexer.broken(self._topic, f"no snapshot: {error}")
                loaded = "older"
            if loaded == "applied":
                self._repaired()
                book._changed()
            if book.needs_snapshot:
                await self._multiplexer.sleep(wait)
                wait = min(wait * 2, settings.max_backoff)

    def accepted(self, topic: str) -> None:
        """Nothing to do: the snapshot is what counts."""

    def notice(self, event: StreamEvent) -> None:
        """A lost connection makes the book stale, and so does a silence in which a change may have been missed."""
        if event.kind in ("lost", "stale") and not self.book.stale:
            self._was_broken = True
            self.book.mark_stale("dropped")
            self.book._changed()

    def failed(self, error: Exception | None) -> None:
        """The book ends."""
        self.book._ended(error or StreamClosed("the streams are closed"))

    def full(self) -> None:
        """A book never waits."""


class Bookshelf:
    """Every live book of a session; one per category, symbol and depth, however many use it.

    Args:
        multiplexer: where messages come from.
        fetch: fetches full books by REST; None where nobody can.
    """

    def __init__(self, multiplexer: Multiplexer, fetch: FetchFullBook | None) -> None:
        self._multiplexer = multiplexer
        self._fetch = fetch
        self._keepers: dict[Topic, BookKeeper] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def has_full_books(self) -> bool:
        """Whether full books can be fetched."""
        return self._fetch is not None

    def take(self, topic: Topic, symbol: str, category: StreamCategory, depth: Depth) -> BookKeeper:
        """Return the keeper of a book, for one more user."""
        keeper = self._keepers.get(topic)
        if keeper is None or keeper.book._end is not None:
            fetch = self._fetch if depth == "full" else None
            keeper = BookKeeper(self._multiplexer, topic, _book(symbol, category, depth), fetch)
            keeper.start()
            self._keepers[topic] = keeper
        keeper.users += 1
        return keeper

    async def give_back(self, keeper: BookKeeper) -> None:
        """Count one user fewer; the book of the last one ends."""
        keeper.users -= 1
        if keeper.users == 0:
            for topic, held in list(self._keepers.items()):
                if held is keeper:
                    del self._keepers[topic]
            await keeper.stop()

    def abandon(self, keeper: BookKeeper) -> None:
        """Give a keeper back for a user that is gone."""
        task = asyncio.get_running_loop().create_task(self.give_back(keeper), name="bybit_async book given back")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def aclose(self) -> None:
        """End every book."""
        keepers, self._keepers = list(self._keepers.values()), {}
        for keeper in keepers:
            await keeper.stop()
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
        self, shelf: Bookshelf, topic: Topic, symbol: str, category: StreamCategory, depth: Depth, timeout: float
    ) -> None:
        self.topic = topic
        self._shelf = shelf
        self._what = (symbol, category, depth)
        self._timeout = timeout
        self._keeper: BookKeeper | None = None
        self._changes: BookChanges | None = None
        self._iterated_in: asyncio.AbstractEventLoop | None = None

    def _take(self) -> BookKeeper:
        if self._keeper is None:
            self._keeper = self._shelf.take(self.topic, *self._what)
        return self._keeper

    def _take_until_dropped(self) -> BookKeeper:
        if self._keeper is None:
            self._iterated_in = asyncio.get_running_loop()
        return self._take()

    async def __aenter__(self) -> LiveOrderBook:
        book = self._take().book
        known = book.updates
        try:
            async with asyncio.timeout(self._timeout):
                # A snapshot may be followed by a gap before this task has its turn: it has been one all the same.
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

    def __del__(self) -> None:
        # A loop that was left with `break` must not keep its book for ever. One that was entered is left in order.
        loop, keeper = self.__dict__.get("_iterated_in"), self.__dict__.get("_keeper")
        if loop is not None and keeper is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._shelf.abandon, keeper)

    async def each(self, handler: Callable[[LiveOrderBook], object]) -> None:
        """Call `handler` with the book after every single change, until the book is closed.

        The socket is not read meanwhile, so `handler` must be quick. What it raises ends this use of the book, and is
        raised from here.
        """
        await BookWatch(self._take_until_dropped().book, handler).run()

    async def aclose(self) -> None:
        """Give the book back; it goes on for its other users. Idempotent."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await self._shelf.give_back(keeper)
