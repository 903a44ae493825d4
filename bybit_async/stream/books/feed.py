"""What feeds a live book, and asks for a snapshot when the book went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bybit_async.backoff import Backoff
from bybit_async.errors import BybitError, StreamClosed
from bybit_async.models.market.books import OrderBook as FullSnapshot
from bybit_async.models.stream_message import StreamMessage
from bybit_async.state.order_book import Outcome
from bybit_async.stream.books.live_book import LiveFullOrderBook, LiveOrderBook
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.topics import Topic

FetchFullBook = Callable[[str, str], Awaitable[FullSnapshot]]
"""Fetches the whole book of a (category, symbol) by REST."""

_BROKEN = frozenset({"gap", "crossed", "emptied", "unreadable"})


class LiveBookFeed:
    """Feeds one book; a `topic_state.Listener`.

    Args:
        multiplexer: where messages come from.
        topic: the book's topic.
        book: what to feed.
        fetch: fetches its snapshots by REST; None where the stream has them.

    Attributes:
        users: how many use the book.
    """

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
        multiplexer.attach([topic], self)

    async def aclose(self) -> None:
        """Stop feeding; everyone who waits for the book is woken."""
        self._multiplexer.detach(self)
        self.book._close(StreamClosed("the order book is closed"))
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
        book.version += 1
        book.received_ns = message.received_ns
        if book._followers:
            book._tell()

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
        context = self._multiplexer.context
        backoff = Backoff(context.settings.backoff, context.settings.max_backoff)
        while book.needs_snapshot:
            try:
                if book.load(await fetch(str(book.category), book.symbol)) == "applied":
                    self._repaired()
                    book._changed()
            except BybitError as error:
                self._multiplexer.broken(self._topic, f"no snapshot: {error}")
            if book.needs_snapshot:
                await context.sleep(backoff.next_wait())

    def accepted(self, topic: str) -> None:
        """Nothing to do: the snapshot is what counts."""

    def notice(self, event: StreamEvent) -> None:
        """A lost connection makes the book stale, and so does a silence in which a change may have been missed."""
        if event.kind in ("lost", "stale") and not self.book.stale:
            self._was_broken = True
            self.book.mark_stale("dropped")
            self.book._changed()

    def closed(self, error: Exception | None) -> None:
        """The book ends."""
        self.book._close(error or StreamClosed("the streams are closed"))
