"""One topic of a relay: followed upstream, numbered, and published for as long as someone wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bybit_async.errors import ConnectionFailed, StreamClosed
from bybit_async.models.stream_message import StreamMessage
from bybit_async.relay.mirrors import mirror_of
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.topics import Topic

Publish = Callable[["Feed", bytes], None]
"""Publishes a frame under a feed's next number; without a frame, that frames may have been missed."""


class Feed:
    """A listener that passes on the frames of one topic.

    Args:
        topic: which.
        pinned: whether it goes on without consumers.
        publish: takes each frame.
        resync: asks upstream for a new snapshot.

    Attributes:
        number: of the latest frame. It begins where no earlier feed of the topic has come to: a consumer of that one,
            which was blocked meanwhile, must not take frames of this one for the next.
        consumers: who wants it, with the number of their latest request for it.
        refusal: why it is unavailable; None while it is available.
    """

    def __init__(self, topic: Topic, *, pinned: bool, publish: Publish, resync: Callable[[Topic], None]) -> None:
        self.topic = topic
        self.pinned = pinned
        self.number: int = time.monotonic_ns() // 1000
        self.consumers: dict[str, int] = {}
        self.refusal: Exception | None = None
        self._mirror = mirror_of(topic.channel, topic.name)
        self._was_right = self._mirror.right
        self._publish = publish
        self._resync = resync
        self._is_accepted = False
        self._changed = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether a new consumer could begin now."""
        return self._is_accepted and self._mirror.right

    async def until_ready(self, seconds: float) -> None:
        """Wait until a new consumer can begin, if need be without a snapshot: that is then the next frame of note.

        Raises:
            SubscriptionRefused: upstream refused the topic.
            ConnectionFailed: upstream has not accepted it for so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                while not self.ready:
                    if self.refusal is not None:
                        raise self.refusal
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            if not self._is_accepted:
                raise ConnectionFailed("the relay is not connected to Bybit") from None

    def snapshot(self) -> bytes | None:
        """Return the state as a frame; None while it is not known, and for topics that have none."""
        return self._mirror.snapshot() if self._mirror.right else None

    # What the multiplexer calls.

    def deliver(self, message: StreamMessage[bytes]) -> None:
        """Pass a frame on."""
        frame = message.data
        was_right, mirror = self._was_right, self._mirror
        mirror.apply(frame)
        self.number += 1
        self._publish(self, frame)
        self._was_right = right = mirror.right
        if right is not was_right:
            self._changed.set()
            if was_right:
                self._resync(self.topic)

    def accepted(self, topic: str) -> None:
        """Upstream accepted the topic."""
        self._is_accepted = True
        self._changed.set()

    def notice(self, event: StreamEvent) -> None:
        """A lost connection may have lost frames, and loses more until the topic is accepted again."""
        if event.kind == "recovered":
            self.accepted(self.topic.name)
        elif event.kind == "lost":
            self._is_accepted = False
            self._mirror.forget()
            self._was_right = self._mirror.right
            self.number += 1
            self._publish(self, b"")

    def closed(self, error: Exception | None) -> None:
        """Upstream refused the topic, or gave it up."""
        self.refusal = error or StreamClosed("the relay is closed")
        self._changed.set()
