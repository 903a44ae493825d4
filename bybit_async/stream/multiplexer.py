"""The multiplexer: one set of connections for every subscriber of a session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bybit_async.errors import StreamClosed, WrongEventLoop
from bybit_async.stream.buffer import Buffer
from bybit_async.stream.channel import Channel
from bybit_async.stream.context import StreamContext
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.topic_state import Listener, TopicState
from bybit_async.stream.topics import Topic

_BLOCKED = 1.0
"""Seconds by which a timer may be late before the event loop counts as blocked."""


class Multiplexer:
    """Attaches listeners to topics, and opens and closes connections as that needs.

    Args:
        context: what the channels of the session share.

    Attributes:
        loop_blocked: how often the event loop was found to have been blocked.
    """

    def __init__(self, context: StreamContext) -> None:
        self.context = context
        self.loop_blocked: int = 0
        self._channels: dict[str, Channel] = {}
        # One for each subscriber that blocks, on connections of their own.
        self._apart: list[Channel] = []
        self._watch: asyncio.Task[None] | None = None
        self._closed = False

    def attach(
        self,
        topics: Sequence[Topic],
        listener: Listener,
        *,
        waits_for: Buffer[Any] | None = None,
        fresh: bool = False,
    ) -> tuple[TopicState, ...]:
        """Begin to deliver topics to a listener.

        Args:
            topics: what to deliver; they may be of several channels.
            listener: takes the messages.
            waits_for: read nothing while this buffer is full, on connections of the listener's own.
            fresh: topics that are live already send their snapshot again.

        Raises:
            StreamClosed: the streams are closed.
            MissingCredentials: a private topic without a key.
            InvalidParameter: the environment does not offer the channel.
            WrongEventLoop: the streams were used in another event loop before.
        """
        self._check_open()
        by_channel: dict[str, list[str]] = {}
        for topic in topics:
            by_channel.setdefault(topic.channel, []).append(topic.name)
        for name in by_channel:
            self.context.check(name)
        states: list[TopicState] = []
        for name, names in by_channel.items():
            states += self._channel(name, waits_for).attach(names, listener, fresh=fresh)
        if self._watch is None:
            self._watch = asyncio.create_task(self._keep_watch(), name="bybit_async stream watch")
        return tuple(states)

    def _check_open(self) -> None:
        self.context.home.check()
        if self._closed:
            raise StreamClosed("the streams are closed")

    def _channel(self, name: str, waits_for: Buffer[Any] | None) -> Channel:
        if waits_for is not None:
            channel = Channel(self.context, name, waits_for=waits_for)
            self._apart.append(channel)
            return channel
        if name not in self._channels:
            self._channels[name] = Channel(self.context, name)
        return self._channels[name]

    def detach(self, listener: Listener) -> None:
        """Stop delivering to a listener. Idempotent."""
        for channel in self._all():
            if channel.topics.has(listener):
                channel.topics.detach(listener)

    def resync(self, topic: Topic) -> None:
        """Ask for a topic again, for a fresh snapshot; repeated requests are spaced."""
        self._channels[topic.channel].resync(topic.name)

    def broken(self, topic: Topic, reason: str) -> None:
        """What a topic says is not known to be right any more."""
        self._channels[topic.channel].topics.emit("stale", 0, (topic.name,), reason)

    def settled(self, topic: Topic, reason: str) -> None:
        """A topic is right again after a resync."""
        self._channels[topic.channel].topics.settled(topic.name, reason)

    @property
    def connected(self) -> bool:
        """Whether there is a connection, and none is missing."""
        supervisors = [item for channel in self._all() for item in channel.supervisors.values()]
        return bool(supervisors) and all(supervisor.connected for supervisor in supervisors)

    def _all(self) -> list[Channel]:
        return [*self._channels.values(), *self._apart]

    async def _keep_watch(self) -> None:
        interval, clock = self.context.settings.watch_interval, self.context.clock
        while True:
            before = clock.monotonic()
            await asyncio.sleep(interval)
            now = clock.monotonic()
            if now - before - interval > _BLOCKED:
                self._report_blocked(now - before - interval)
            for channel in self._all():
                channel.tick(now)
            self._apart = [channel for channel in self._apart if not channel.idle]

    def _report_blocked(self, seconds: float) -> None:
        self.loop_blocked += 1
        for channel in self._channels.values():
            names = tuple(channel.topics.states)
            channel.topics.emit("loop_blocked", 0, names, f"the event loop was blocked for {seconds:.1f} s")

    def watch_events(self, buffer: Buffer[StreamEvent]) -> None:
        """Put every event into a buffer from now on.

        Raises:
            StreamClosed: the streams are closed.
        """
        if self._closed:
            raise StreamClosed("the streams are closed")
        self.context.watch_events(buffer)

    async def aclose(self) -> None:
        """Close every connection and end every subscription. Idempotent.

        Raises:
            WrongEventLoop: the streams are in use in another event loop, which still runs.
        """
        try:
            self.context.home.check()
        except WrongEventLoop as error:
            if not error.over:
                raise
            # With their loop every connection and every task ended.
            self._closed = True
            return
        self._closed = True
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.wait({watch})
        await asyncio.gather(*(channel.aclose() for channel in self._all()))
        self.context.close()
