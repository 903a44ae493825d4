"""How messages reach subscriptions: a feed for each, and one listener for all that ask for the same topics.

What a message costs hardly grows with their number. Its items are made once and added to every buffer, without a call
into each subscription. Only those that want more than that, a function of the user's to be called or a buffer that may
refuse, are given the message.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from bybit_async.errors import StreamClosed
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.buffer import Buffer, SharedFilling, ring
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.item_transforms import ITEMS, ItemTransform
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.topic_state import TopicState
from bybit_async.stream.topics import Topic

log: logging.Logger = logging.getLogger("bybit_async.stream")


class SubscriptionFeed:
    """The half of a subscription that is attached to topics: it outlives a consumer that was dropped."""

    def __init__(
        self, topics: Sequence[Topic], transform: ItemTransform, buffer: Buffer[Any], *, with_events: bool
    ) -> None:
        self.buffer = buffer
        self.fanout: FanOut | None = None
        self.states: tuple[TopicState, ...] | None = None
        self.leave: Callable[[], None] = lambda: None
        self.handler: Callable[[Any], object] | None = None
        self._transform = transform
        self._with_events = with_events
        self._waiting = {topic.name for topic in topics}
        self._ready: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self._last_received: int | None = None
        transform.bind(lambda item: self.push(item, time.monotonic_ns()))

    @property
    def simple(self) -> bool:
        """Whether items may be added to its buffer without asking it."""
        return self.handler is None and self.buffer.simple

    @property
    def last_received(self) -> int | None:
        """When the last message came, in local nanoseconds."""
        return self._last_received if self.fanout is None else self.fanout.last_received

    @property
    def stale(self) -> bool:
        """Whether a topic is not known to be current."""
        return self._error is not None or self.states is None or any(state.phase != "live" for state in self.states)

    def handle(self, handler: Callable[[Any], object] | None) -> None:
        """Call a function with every item instead of keeping it; None to keep them again."""
        self.handler = handler
        if self.fanout is not None:
            self.fanout.rearrange()

    def deliver(self, message: StreamMessage[Any]) -> None:
        """See `topic_state.Listener`; the others likewise."""
        received = self._last_received = message.received_ns
        items = self._transform.expand(message)
        if self.handler is not None:
            for item in items:
                self.handler(item)
        elif self.buffer.put_all(items, received):
            self.leave()

    def push(self, item: Any, received: int) -> None:
        """Take an item that no message carried."""
        if self.handler is None:
            self.buffer.put(item, received)
            return
        try:
            self.handler(item)
        except Exception as error:  # noqa: BLE001  no message's delivery catches it, and others hear of events too
            self.closed(error)

    def accepted(self, topic: str) -> None:
        """One topic fewer to wait for."""
        self._waiting.discard(topic)
        if not self._waiting:
            self._wake()

    def notice(self, event: StreamEvent) -> None:
        """Pass events on where they are wanted."""
        if event.kind == "lost":
            self._transform.lost(event.topics)
        if self._with_events:
            self.push(event, event.at_ns)

    def closed(self, error: Exception | None) -> None:
        """End with an error, or cleanly; what waits may still be taken."""
        self._error = error
        self.buffer.close(error)
        self._end()
        self.leave()

    def discard(self) -> None:
        """End for good, and forget what waits."""
        self.buffer.discard()
        self._end()

    def _end(self) -> None:
        self._transform.close()
        self._wake()

    def _wake(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    async def ready(self) -> None:
        """Wait until every topic is accepted."""
        if self._waiting and self._error is None and not self.buffer.ended:
            if self._ready is None:
                self._ready = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._ready)
        if self._error is not None:
            raise self._error
        if self.buffer.ended:
            raise StreamClosed("the subscription is closed")


class FanOuts:
    """The fan-outs of a session, by the topics that their members asked for."""

    def __init__(self, multiplexer: Multiplexer) -> None:
        self.multiplexer = multiplexer
        self.by_topics: dict[tuple[Topic, ...], FanOut] = {}

    def join(self, topics: tuple[Topic, ...], member: SubscriptionFeed) -> FanOut:
        """Add a subscriber of some topics to the others, or make it the first."""
        found = self.by_topics.get(topics)
        if found is None:
            found = FanOut(self, topics)
            found.states = self.multiplexer.attach(topics, found)
            self.by_topics[topics] = found
        found.add(member)
        return found

    def forget(self, topics: tuple[Topic, ...]) -> None:
        """Give the next subscriber of these topics a fan-out of its own."""
        del self.by_topics[topics]


class FanOut:
    """The listener; see `topic_state.Listener`.

    Attributes:
        last_received: when the last message came, in local nanoseconds.
        states: its topics.
    """

    def __init__(self, fanouts: FanOuts, topics: tuple[Topic, ...]) -> None:
        self.last_received: int | None = None
        self.states: tuple[TopicState, ...] = ()
        self._fanouts = fanouts
        self._topics = topics
        self._members: dict[SubscriptionFeed, None] = {}
        self._filling = SharedFilling()
        self._appends: tuple[Callable[[Any], None], ...] = ()
        self._others: tuple[SubscriptionFeed, ...] = ()

    def add(self, member: SubscriptionFeed) -> None:
        """Take in a member."""
        self._members[member] = None
        self.rearrange()
        for state in self.states:
            if state.phase != "asked":
                member.accepted(state.name)

    def remove(self, member: SubscriptionFeed) -> None:
        """Let a member go; with the last one this ends. Idempotent."""
        if member in self._members:
            del self._members[member]
            member.buffer.leave()
            self.rearrange()
            if not self._members:
                self._fanouts.multiplexer.detach(self)
                self._fanouts.forget(self._topics)

    def rearrange(self) -> None:
        """Look at what each member wants."""
        simple = [member for member in self._members if member.simple]
        for member in self._members:
            if member.simple:
                member.buffer.share(self._filling)
            else:
                member.buffer.leave()
        self._appends = tuple(member.buffer.append for member in simple)
        self._others = tuple(member for member in self._members if not member.simple)

    def deliver(self, message: StreamMessage[Any]) -> None:
        """Add the items of a message to every buffer."""
        received = self.last_received = message.received_ns
        filling, appends = self._filling, self._appends
        for item in ITEMS.expand(message):
            entry = (received, item)
            filling.count += 1
            for append in appends:
                append(entry)
        if filling.bell:
            ring(filling.bell)
        for member in self._others:
            try:
                member.deliver(message)
            except Exception as error:
                # It may run its user's code: only that member ends.
                log.exception("a subscriber of %s failed", message.topic, exc_info=error)
                self.remove(member)
                member.closed(error)

    def accepted(self, topic: str) -> None:
        """Bybit accepted the topic."""
        for member in tuple(self._members):
            member.accepted(topic)

    def notice(self, event: StreamEvent) -> None:
        """Nothing to do: those who want events, or keep state between messages, are listeners of their own."""

    def closed(self, error: Exception | None) -> None:
        """Nothing more will come."""
        self._fanouts.forget(self._topics)
        members, self._members = list(self._members), {}
        self.rearrange()
        for member in members:
            member.buffer.leave()
            # Each gets an exception of its own: a traceback belongs to one task.
            member.closed(copy.copy(error))
