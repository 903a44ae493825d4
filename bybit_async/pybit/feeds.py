"""From the loop to one worker thread: every callback of a socket runs there, one after the other, in order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from bybit_async.bridge.callbacks import CallbackStream
from bybit_async.bridge.link import Link
from bybit_async.models.stream_message import StreamMessage
from bybit_async.pybit.books import Shape, shape_of
from bybit_async.stream.buffer import Buffer
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.topics import Topic

log: logging.Logger = logging.getLogger("bybit_async.pybit")

Callback = Callable[[dict[str, Any]], object]
_WAITING = 10_000


class Feeds:
    """What waits for the worker: pairs of a callback and what it is to be given; the oldest go when too many wait."""

    def __init__(self) -> None:
        self._buffer: Buffer[tuple[Callback, dict[str, Any]]] = Buffer(_WAITING, "drop_oldest")

    @property
    def pending(self) -> int:
        """Pairs that wait."""
        return len(self._buffer)

    def put(self, callback: Callback, item: dict[str, Any], received_ns: int) -> None:
        """Add one."""
        self._buffer.put((callback, item), received_ns)

    async def __anext__(self) -> tuple[Callback, dict[str, Any]]:
        return await self._buffer.get()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._buffer.discard()

    def __repr__(self) -> str:
        return "pybit's callbacks"


def start_worker(link: Link, feeds: Feeds) -> CallbackStream[Any]:
    """Start the thread that runs the callbacks."""
    return CallbackStream(link, feeds, lambda pair: pair[0](pair[1]))


class TopicFeed:
    """The listener of one topic; see `stream.topic_state.Listener`."""

    def __init__(self, feeds: Feeds, multiplexer: Multiplexer, topic: Topic, callback: Callback) -> None:
        self.topic = topic
        self._feeds = feeds
        self._multiplexer = multiplexer
        self._callback = callback
        self._shape: Shape = shape_of(topic.name, topic.channel)

    def start(self) -> None:
        """Subscribe."""
        self._multiplexer.attach([self.topic], self, fresh=True)

    def stop(self) -> None:
        """Unsubscribe."""
        self._multiplexer.detach(self)

    def deliver(self, message: StreamMessage[Any]) -> None:
        """Shape a message and pass it on."""
        was_broken = self._shape.broken
        item = self._shape.take(message.data)
        if self._shape.broken and not was_broken:
            self._multiplexer.resync(self.topic)
        elif was_broken and not self._shape.broken:
            self._multiplexer.settled(self.topic, "fresh snapshot")
        if item is not None:
            self._feeds.put(self._callback, item, message.received_ns)

    def accepted(self, topic: str) -> None:
        """Nothing to do."""

    def notice(self, event: StreamEvent) -> None:
        """Distrust what is kept when the connection is lost."""
        if event.kind == "lost":
            log.warning("%s: connection lost (%s), reconnecting", self.topic.name, event.reason)
            self._shape.lost()

    def closed(self, error: Exception | None) -> None:
        """Say that nothing more will come."""
        if error is not None:
            log.error("Couldn't subscribe to topic %s: %s", self.topic.name, error)
