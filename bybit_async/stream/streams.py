"""`Streams`: what a session offers as `bybit.stream`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter
from bybit_async.stream import topics
from bybit_async.stream.books.feed import FetchFullBook
from bybit_async.stream.books.live_book import Depth
from bybit_async.stream.books.shared_books import OrderBookStream, SharedBooks
from bybit_async.stream.buffer import Buffer, Policy
from bybit_async.stream.context import StreamContext
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.item_transforms import FetchKlines, Messages
from bybit_async.stream.maintenance import OngoingMaintenance
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.private_streams import PrivateStreams
from bybit_async.stream.public_streams import PublicStreams
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Subscription
from bybit_async.stream.topics import ChannelName, StreamCategory
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import Signer


class Streams(PublicStreams, PrivateStreams):
    """Live data over WebSockets: one socket per channel, shared by all subscribers, opened by the first one.

    Args:
        environment: where the sockets are.
        clock: the exchange's clock, for authentication.
        signer: the key; None for public data only.
        settings: times and sizes.
        ensure_clock: measures the clock unless it is known.
        fetch_full_book: fetches a full book by REST, for ``order_book(depth="full")``.
        fetch_klines: fetches klines by REST, for what ``klines(closed=True)`` missed.
        maintenance: takes what Bybit says of its maintenance; shared with all that connects.
        sleep: waits; tests that skip time put their own here.
        relay: the Redis from which public topics come instead, by way of a relay.
        private_relay: the Redis from which private topics come instead.
    """

    def __init__(
        self,
        environment: Environment,
        clock: Clock,
        signer: Signer | None,
        settings: StreamSettings | None = None,
        *,
        ensure_clock: Callable[[], Awaitable[None]] | None = None,
        fetch_full_book: FetchFullBook | None = None,
        fetch_klines: FetchKlines | None = None,
        maintenance: OngoingMaintenance | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        relay: str | None = None,
        private_relay: str | None = None,
    ) -> None:
        context = StreamContext(
            environment,
            clock,
            signer,
            settings or StreamSettings(),
            ensure_clock=ensure_clock,
            maintenance=maintenance,
            sleep=sleep,
            relay=relay,
            private_relay=private_relay,
        )
        multiplexer = Multiplexer(context)
        super().__init__(multiplexer, fetch_klines)
        self._books = SharedBooks(multiplexer, fetch_full_book)

    def order_book(self, symbol: str, *, category: StreamCategory, depth: Depth = 50) -> OrderBookStream:
        """A book that keeps itself current. `orderbook`.

        ``async with bybit.stream.order_book(…) as book`` waits for the first snapshot; then read `book` at any time,
        ``await book.updated()``, or iterate it. While it is not known to be right, ``book.stale`` is True.

        Args:
            symbol: as Bybit spells it.
            category: which market.
            depth: spot, linear and inverse 1, 50, 200, 1000, ``"rpi"`` or ``"full"``; option 25 or 100; spread 25.
        """
        topic = topics.order_book(symbol, category=category, depth=depth)
        if depth == "full" and not self._books.has_full_books:
            raise InvalidParameter("depth", "a full book needs a session that can fetch it by REST")
        return OrderBookStream(self._books, topic, symbol, category, depth, self.settings.snapshot_timeout)

    def subscribe(
        self,
        *names: str,
        channel: ChannelName,
        with_events: bool = False,
        policy: Policy = "drop_oldest",
        buffer: int | None = None,
    ) -> Subscription[Any]:
        """Whole messages of any topics of one channel, for what has no method here, or to keep their order.

        Args:
            names: Bybit's spelling.
            channel: the socket they are pushed over.
            with_events: deliver `StreamEvent` of these topics too, in their place between the messages.
            policy: what to do when the consumer is slow; ``"latest"`` keeps one message per topic.
            buffer: messages it may be behind.
        """
        wanted = [topics.raw(name, channel) for name in names]
        return self._open(
            wanted,
            policy,
            buffer,
            transform=Messages(),
            key=lambda item: getattr(item, "topic", None) or id(item),
            fresh=True,
            with_events=with_events,
        )

    def events(self, *, buffer: int = 1_000) -> EventStream:
        """What happens to connections and topics, from this call on; the oldest go when `buffer` is full."""
        return EventStream(self._multiplexer, buffer)

    @property
    def junk_frames(self) -> Counter[str]:
        """Frames that were neither data nor answers, counted by reason."""
        return self._multiplexer.context.junk_frames

    async def aclose(self) -> None:
        """Close every socket and end every subscription. Idempotent."""
        await self._multiplexer.aclose()
        await self._books.aclose()


class EventStream:
    """Iterates `StreamEvent`; begins when it is made, and ends with the streams or with `close`."""

    def __init__(self, multiplexer: Multiplexer, buffer: int) -> None:
        if buffer < 1:
            raise InvalidParameter("buffer", f"expected at least 1, got {buffer!r}")
        self._multiplexer = multiplexer
        self._buffer: Buffer[StreamEvent] = Buffer(buffer, "drop_oldest", home=multiplexer.context.home)
        multiplexer.watch_events(self._buffer)

    @property
    def dropped(self) -> int:
        """Events that were dropped because they were not taken in time."""
        return self._buffer.dropped

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamEvent:
        return await self._buffer.get()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it. Idempotent."""
        self._multiplexer.context.forget_events(self._buffer)
        self._buffer.discard()
