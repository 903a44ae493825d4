"""The multiplexer: one set of sockets for every subscriber of a session."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bybit_async.environments import Environment
from bybit_async.errors import MissingCredentials, StreamClosed
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.connection import Shortcut
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.frames import Frame, Junk
from bybit_async.stream.hub import Hub
from bybit_async.stream.mailbox import Mailbox
from bybit_async.stream.maintenance import Maintenance
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.spread import Spread
from bybit_async.stream.subscription import Listener
from bybit_async.stream.topics import Topic
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import Signer

_BLOCKED = 1.0
"""Seconds by which a timer may be late before the event loop counts as blocked."""


class Multiplexer:
    """Attaches listeners to topics, and opens and closes sockets as that needs.

    Args:
        environment: where the sockets are.
        clock: the exchange's clock.
        signer: the key, for private channels.
        settings: times and sizes.
        ensure_clock: measures the clock unless it is known; awaited before each authentication.
        maintenance: takes what the status channel tells.
        sleep: waits; tests that skip time put their own here.

    Attributes:
        junk_frames: how many frames meant nothing, by reason.
        last_junk: the latest of them.
        loop_blocked: how often the event loop was found to have stood still.
    """

    def __init__(
        self,
        environment: Environment,
        clock: Clock,
        signer: Signer | None,
        settings: StreamSettings,
        *,
        ensure_clock: Callable[[], Awaitable[None]] | None = None,
        maintenance: Maintenance | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.environment = environment
        self.clock = clock
        self.signer = signer
        self.settings = settings
        self.ensure_clock = ensure_clock
        self.sleep = sleep
        self.junk_frames: Counter[str] = Counter()
        self.last_junk: deque[Junk] = deque(maxlen=20)
        self.loop_blocked = 0
        self.maintenance = maintenance or Maintenance()
        self.spreads: dict[tuple[Topic, ...], Spread] = {}
        self._hubs: dict[str, Hub] = {}
        self._alone: list[Hub] = []
        self._watchers: set[Mailbox[StreamEvent]] = set()
        self._numbers = 0
        self._watch: asyncio.Task[None] | None = None
        self._closed = False

    def attach(self, topics: Sequence[Topic], listener: Listener, *, alone: bool = False, fresh: bool = False) -> None:
        """Begin to deliver topics to a listener.

        Args:
            topics: what to deliver; they may be of several channels.
            listener: whom to.
            alone: on sockets that nobody else reads.
            fresh: topics that are live already send their snapshot again.

        Raises:
            StreamClosed: the streams are closed.
            MissingCredentials: a private topic without a key.
            InvalidParameter: the environment does not offer the channel.
        """
        if self._closed:
            raise StreamClosed("the streams are closed")
        by_channel: dict[str, list[str]] = {}
        for topic in topics:
            by_channel.setdefault(topic.channel, []).append(topic.name)
        for channel in by_channel:
            self.check(channel)
        for channel, names in by_channel.items():
            self._hub(channel, alone=alone).attach(names, listener, fresh=fresh)
        if self._watch is None:
            self._watch = asyncio.create_task(self._keep_watch(), name="bybit_async stream watch")

    def check(self, channel: str) -> None:
        """Refuse a channel that cannot be opened.

        Raises:
            MissingCredentials: it is private and there is no key.
            InvalidParameter: the environment does not offer it.
        """
        if channel in ("private", "trade") and self.signer is None:
            raise MissingCredentials("api_key", f"the {channel} channel needs api_key and api_secret")
        self.environment.stream_url(channel)

    def _hub(self, channel: str, *, alone: bool) -> Hub:
        kind = _StatusHub if channel == "status" else Hub
        if alone:
            hub = kind(self, channel, alone=True)
            self._alone.append(hub)
            return hub
        return self._hubs.setdefault(channel, kind(self, channel))

    def detach(self, listener: Listener) -> None:
        """Stop delivering to a listener. Idempotent."""
        for hub in self._all():
            if hub.has(listener):
                hub.detach(listener)

    def resync(self, topic: Topic) -> None:
        """Ask for a topic anew, for a fresh snapshot; repeated requests are spaced."""
        for hub in self._all():
            if hub.channel == topic.channel:
                hub.resync(topic.name)

    def broken(self, topic: Topic, reason: str) -> None:
        """What a topic says is not known to be right any more."""
        for hub in self._all():
            if hub.channel == topic.channel:
                hub.emit("stale", 0, (topic.name,), reason)

    def settled(self, topic: Topic, reason: str = "") -> None:
        """A topic has become right again after a resync."""
        for hub in self._all():
            if hub.channel == topic.channel:
                hub.settled(topic.name, reason)

    def _all(self) -> list[Hub]:
        return [*self._hubs.values(), *self._alone]

    async def _keep_watch(self) -> None:
        interval = self.settings.watch_interval
        while True:
            before = self.clock.monotonic()
            await asyncio.sleep(interval)
            now = self.clock.monotonic()
            if now - before - interval > _BLOCKED:
                self._report_blocked(now - before - interval)
            for hub in self._all():
                hub.tick(now)
            self._alone = [hub for hub in self._alone if not hub.idle]

    def _report_blocked(self, seconds: float) -> None:
        self.loop_blocked += 1
        for hub in self._hubs.values():
            hub.emit("loop_blocked", 0, tuple(hub.topics), f"the event loop stood still for {seconds:.1f} s")

    # What hubs report; see `hub.Home`.

    def next_number(self) -> int:
        """Count connections."""
        self._numbers += 1
        return self._numbers

    def publish(self, event: StreamEvent) -> None:
        """Give an event to whoever watches all of them."""
        for mailbox in tuple(self._watchers):
            mailbox.put(event, event.at_ns)

    def junk(self, frame: Frame) -> None:
        """Count a frame that means nothing."""
        if isinstance(frame, Junk):
            self.junk_frames[frame.reason if len(self.junk_frames) < 100 else "other"] += 1
            self.last_junk.append(frame)

    def watch_events(self, mailbox: Mailbox[StreamEvent]) -> None:
        """Put every event into a mailbox from now on."""
        if self._closed:
            raise StreamClosed("the streams are closed")
        self._watchers.add(mailbox)

    def forget_events(self, mailbox: Mailbox[StreamEvent]) -> None:
        """Stop that. Idempotent."""
        self._watchers.discard(mailbox)

    async def aclose(self) -> None:
        """Close every connection and end every subscription. Idempotent."""
        self._closed = True
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.wait({watch})
        await asyncio.gather(*(hub.aclose() for hub in self._all()))
        for mailbox in tuple(self._watchers):
            mailbox.end()
        self._watchers.clear()


class _StatusHub(Hub):
    """The status channel: its news concern every other channel."""

    def dispatch(self, message: StreamMessage[Any], received: int) -> Awaitable[None] | None:
        """Note what is being maintained, and hand the message to its listeners."""
        self._home.maintenance.take(message.data)
        return super().dispatch(message, received)

    def shortcut(self, topic: str) -> Shortcut | None:
        """Return None: every message is looked at."""
        return None
