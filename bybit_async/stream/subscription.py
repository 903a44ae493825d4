"""What a user iterates: `Subscription`, one consumer's view of one or more topics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from bybit_async.errors import StreamClosed
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.expanders import ITEMS
from bybit_async.stream.mailbox import Mailbox, Policy
from bybit_async.stream.spread import Spread, join
from bybit_async.stream.topics import Topic

T = TypeVar("T")


class Expander(Protocol):
    """Which items of a message a subscription delivers; may keep state between messages."""

    def bind(self, put: Callable[[Any], None]) -> None:
        """Say where items go that no message brings."""
        ...

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the items, in order."""
        ...

    def lost(self, topics: Iterable[str]) -> None:
        """Messages of these topics may have been missed."""
        ...

    def close(self) -> None:
        """Nobody takes items any more."""
        ...


class Listener(Protocol):
    """What the multiplexer tells about the topics someone attached to. None of it may wait."""

    def deliver(self, message: StreamMessage[Any]) -> None:
        """A message came."""
        ...

    def accepted(self, topic: str) -> None:
        """Bybit accepted the topic, or data of it came."""
        ...

    def notice(self, event: StreamEvent) -> None:
        """Something happened to the topic's connection, or to the topic."""
        ...

    def failed(self, error: Exception | None) -> None:
        """Nothing more will come: refused, given up, or (None) closed on this side."""
        ...

    def full(self) -> asyncio.Future[None] | None:
        """What the reading socket should wait for; always None on shared sockets."""
        ...


class Source(Protocol):
    """What subscriptions attach to."""

    spreads: dict[tuple[Topic, ...], Spread]

    def attach(self, topics: Sequence[Topic], listener: Listener, *, alone: bool = False, fresh: bool = False) -> None:
        """Begin to deliver the topics; see `multiplexer.Multiplexer.attach`."""
        ...

    def detach(self, listener: Listener) -> None:
        """Stop delivering to a listener."""
        ...


class Feed:
    """The half of a subscription that the multiplexer holds: it outlives a consumer that was dropped."""

    def __init__(
        self, topics: Sequence[Topic], expander: Expander, mailbox: Mailbox[Any], *, with_events: bool
    ) -> None:
        self.mailbox = mailbox
        self.spread: Spread | None = None
        self._expander = expander
        self._with_events = with_events
        self._waiting = {topic.name for topic in topics}
        self._stale: set[str] = set()
        self._ready: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self._last_received: int | None = None
        self.on_failed: Callable[[], None] = lambda: None
        self.handler: Callable[[Any], object] | None = None
        expander.bind(lambda item: self.push(item, time.monotonic_ns()))

    @property
    def simple(self) -> bool:
        """Whether items may be dropped into its mailbox without asking it."""
        return self.handler is None and self.mailbox.simple

    @property
    def last_received(self) -> int | None:
        """When the last message came, in local nanoseconds."""
        return self._last_received if self.spread is None else self.spread.last_received

    def heard(self, topic: str) -> None:
        """A message of a topic came, which need not be delivered here."""
        self._stale.discard(topic)

    def handle(self, handler: Callable[[Any], object] | None) -> None:
        """Call a function with every item instead of keeping it; None to keep them again."""
        self.handler = handler
        if self.spread is not None:
            self.spread.rearrange()

    @property
    def stale(self) -> bool:
        """Whether a topic is not known to be current."""
        return bool(self._waiting or self._stale or self._error)

    def deliver(self, message: StreamMessage[Any]) -> None:
        """See `Listener`; the others likewise."""
        received = self._last_received = message.received_ns
        if self._stale:
            self._stale.discard(message.topic)
        items = self._expander.expand(message)
        if self.handler is not None:
            for item in items:
                self.handler(item)
        elif self.mailbox.put_all(items, received):
            self.on_failed()

    def push(self, item: Any, received: int) -> None:
        """Take an item that no message carried."""
        if self.handler is None:
            self.mailbox.put(item, received)
            return
        try:
            self.handler(item)
        except Exception as error:  # noqa: BLE001  no message's delivery catches it, and others are told of events too
            self.failed(error)

    def accepted(self, topic: str) -> None:
        """One topic fewer to wait for."""
        self._waiting.discard(topic)
        if not self._waiting and self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def notice(self, event: StreamEvent) -> None:
        """Keep `stale` current."""
        if event.kind in ("lost", "stale"):
            self._stale.update(event.topics)
            if event.kind == "lost":
                self._expander.lost(event.topics)
        elif event.kind in ("recovered", "resynced"):
            self._stale.difference_update(event.topics)
        if self._with_events:
            self.push(event, event.at_ns)

    def failed(self, error: Exception | None) -> None:
        """End with an error, or cleanly."""
        self._error = error
        self.mailbox.end(error)
        self._expander.close()
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
        self.on_failed()

    def full(self) -> asyncio.Future[None] | None:
        """What the socket should wait for."""
        return self.mailbox.full()

    async def ready(self) -> None:
        """Wait until every topic is accepted."""
        if self._waiting and self._error is None and not self.mailbox.ended:
            if self._ready is None:
                self._ready = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._ready)
        if self._error is not None:
            raise self._error
        if self.mailbox.ended:
            raise StreamClosed("the subscription is closed")

    def finish(self) -> None:
        """End for good; whoever waits is woken."""
        self.mailbox.discard()
        self._expander.close()
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)


class Subscription(Generic[T]):
    """One consumer of one or more topics: iterate it, or enter it to wait until Bybit has accepted the topics.

    Nothing is asked for before the first use. Leaving the ``async with`` block, `close`, or dropping the last reference
    ends it; other subscribers of the same topics are not touched. After a lost connection it goes on by itself, and
    `stale` is True in between.

    Raises:
        SubscriptionRefused: from entering or iterating: Bybit does not accept one of the topics.
        SubscriptionOverflow: from iterating, with the policy ``"raise"``.
        ConnectionFailed: the channel never came up.
        AuthenticationError: a private channel did not accept the key.
    """

    def __init__(
        self,
        source: Source,
        topics: Sequence[Topic],
        expander: Expander,
        *,
        size: int,
        policy: Policy,
        key: Callable[[T], Hashable] | None,
        fresh: bool = False,
        with_events: bool = False,
    ) -> None:
        self.topics = tuple(topics)
        self._source = source
        self._alone = policy == "block"
        self._fresh = fresh
        # What every subscriber of the same topics sees alike is made once for all of them.
        self._shared = expander is ITEMS and not (self._alone or fresh or with_events)
        self._mailbox: Mailbox[T] = Mailbox(size, policy, key)
        self._feed = Feed(topics, expander, self._mailbox, with_events=with_events)
        self._state = "new"
        self._loop: asyncio.AbstractEventLoop | None = None

    def _start(self) -> None:
        if self._state == "new":
            self._loop = asyncio.get_running_loop()
            feed, source = self._feed, self._source
            self._state = "open"
            if self._shared:
                feed.spread = join(source, self.topics, feed)
                feed.on_failed = lambda: _part(source, feed)
            else:
                feed.on_failed = lambda: source.detach(feed)
                source.attach(self.topics, feed, alone=self._alone, fresh=self._fresh)

    async def ready(self, timeout: float | None = None) -> None:
        """Wait until Bybit has accepted every topic.

        Raises:
            SubscriptionRefused: it did not.
            TimeoutError: `timeout` seconds passed.
            StreamClosed: the subscription was closed before.
        """
        self._start()
        async with asyncio.timeout(timeout):
            await self._feed.ready()

    async def __aenter__(self) -> Self:
        try:
            await self.ready()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        self._start()
        return await self._mailbox.get()

    async def each(self, handler: Callable[[T], object]) -> None:
        """Call `handler` with every item, without a buffer between, until the subscription ends.

        The quickest way: no task is switched to. But the socket is not read meanwhile, so `handler` must be quick. What
        it raises ends this subscription, and is raised from here.
        """
        self._start()
        feed, mailbox = self._feed, self._mailbox
        while mailbox:
            handler(await mailbox.get())
        feed.handle(handler)
        try:
            await mailbox.get()
        except StopAsyncIteration:
            return
        finally:
            feed.handle(None)

    def close(self) -> None:
        """End the subscription at once; whoever iterates it sees the end. Idempotent."""
        started, self._state = self._state == "open", "closed"
        self._feed.finish()
        if started:
            _part(self._source, self._feed)

    async def aclose(self) -> None:
        """Like `close`, for ``contextlib.aclosing``."""
        self.close()

    def __del__(self) -> None:
        # A loop that was left with `break` must not keep its topics for ever.
        loop = self.__dict__.get("_loop")
        if loop is not None and self._state == "open" and not loop.is_closed():
            loop.call_soon_threadsafe(_abandon, self._source, self._feed)

    @property
    def dropped(self) -> int:
        """Items that the policy dropped or replaced, because they were not taken in time."""
        return self._mailbox.dropped

    @property
    def pending(self) -> int:
        """Items that wait to be taken."""
        return len(self._mailbox)

    @property
    def lag(self) -> float:
        """Seconds that the oldest waiting item has been waiting."""
        return self._mailbox.lag

    @property
    def stale(self) -> bool:
        """Whether a topic is not known to be current: not accepted yet, connection lost, or silent too long."""
        return self._feed.stale

    @property
    def last_received(self) -> int | None:
        """When the last message came, in nanoseconds of `time.monotonic_ns`; None before the first."""
        return self._feed.last_received

    @property
    def silence(self) -> float | None:
        """Seconds since the last message; None before the first."""
        last = self._feed.last_received
        return None if last is None else (time.monotonic_ns() - last) / 1e9

    def __repr__(self) -> str:
        names = ", ".join(topic.name for topic in self.topics[:3])
        return f"<Subscription {names}{' …' if len(self.topics) > 3 else ''} {self._state}>"


def _abandon(source: Source, feed: Feed) -> None:
    feed.finish()
    _part(source, feed)


def _part(source: Source, feed: Feed) -> None:
    if feed.spread is None:
        source.detach(feed)
    else:
        feed.spread.remove(feed)
