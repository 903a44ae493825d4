"""A lane: one share of a channel's topics, on a connection that is replaced whenever it ends or grows old.

A connection is never repaired. Everything that is known of it is kept in its `Link`, and a frame or an answer of a link
that is not the current one, nor the one that is about to replace it, changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from bybit_async.errors import (
    AuthenticationError,
    BybitError,
    ClockSkewed,
    ConnectionFailed,
    RequestRejected,
    TransportError,
)
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.connection import Connection, HandshakeRefused, OnFrame, Shortcut
from bybit_async.stream.events import EventKind
from bybit_async.stream.frames import Acknowledgement, Frame
from bybit_async.stream.overlap import Overlap
from bybit_async.stream.plan import ChannelLimits, requests
from bybit_async.stream.requests import Op, Outcome, Requests
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock

log = logging.getLogger("bybit_async.stream")

_HOPELESS = frozenset({400, 401, 404, 405, 410})
_SENT_AWAY = frozenset({403, 429})


class Owner(Protocol):
    """What a lane needs of its channel."""

    channel: str
    settings: StreamSettings
    clock: Clock
    limits: ChannelLimits
    sleep: Callable[[float], Awaitable[None]]

    def new_connection(self, on_frame: OnFrame) -> Connection:
        """Make the next connection, not opened yet."""
        ...

    def under_maintenance(self) -> bool:
        """Whether Bybit says that it is being maintained."""
        ...

    async def before_open(self, connection: Connection) -> None:
        """Wait for the connect budget and, on private channels, for the exchange's clock."""
        ...

    def dispatch(self, message: StreamMessage[Any], received: int) -> Awaitable[None] | None:
        """Hand a message to its listeners."""
        ...

    def shortcut(self, topic: str) -> Shortcut | None:
        """Return what hands a topic's messages out without a further look, where nothing needs to be looked at."""
        ...

    def other(self, frame: Frame) -> None:
        """Take a frame that is neither data nor an acknowledgement."""
        ...

    def accepted(self, topic: str) -> None:
        """A topic is live."""
        ...

    def refused(self, topic: str, message: str) -> None:
        """Bybit does not accept a topic."""
        ...

    def give_up(self, lane: Lane, error: Exception) -> None:
        """A lane cannot go on."""
        ...

    def emit(
        self, kind: EventKind, connection: int, topics: Iterable[str], reason: str, error: BaseException | None = None
    ) -> None:
        """Report an event."""
        ...


class Link:
    """One connection of a lane, with what was asked of it and what it carries."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.requests = Requests(str(connection.number))
        self.live: set[str] = set()
        self.reader = asyncio.create_task(connection.run(), name=f"bybit_async reader {connection!r}")

    def ask(self, op: Op, topics: tuple[str, ...], deadline: float, attempt: int = 1) -> None:
        """Send a request."""
        self.live.difference_update(topics)
        self.connection.lengthen()
        request = self.requests.add(op, topics, deadline, attempt)
        self.connection.post({"req_id": request.req_id, "op": op, "args": list(topics)})

    async def end(self) -> None:
        """Close the connection and wait for its reader."""
        self.reader.cancel()
        await asyncio.wait({self.reader})


class Lane:
    """Keeps its topics subscribed until it is closed.

    Attributes:
        number: tells the lanes of a channel apart.
        topics: what it should carry, in the order it was asked for.
        empty_since: since when it has had no topics, in local seconds.
    """

    def __init__(self, owner: Owner, number: int) -> None:
        self.number = number
        self.topics: dict[str, None] = {}
        self.empty_since: float | None = None
        self._owner = owner
        self._link: Link | None = None
        self._successor: Link | None = None
        self._overlap: Overlap | None = None
        self._attempts = 0
        self._sent_away = False
        self._ever = False
        self._recovering: set[str] | None = None
        self._task = asyncio.create_task(self._main(), name=f"bybit_async lane {owner.channel} {number}")

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._link is not None

    def carries(self, topic: str) -> bool:
        """Whether a topic has been accepted on the connection that there is now."""
        return self._link is not None and topic in self._link.live

    # What the channel asks for.

    def subscribe(self, topics: tuple[str, ...]) -> None:
        """Carry more topics."""
        self.empty_since = None
        self.topics.update(dict.fromkeys(topics))
        self._ask("subscribe", topics)

    def unsubscribe(self, topics: tuple[str, ...]) -> None:
        """Carry fewer topics."""
        for topic in topics:
            self.topics.pop(topic, None)
        self._ask("unsubscribe", topics)

    def look_again(self) -> None:
        """Something has changed: the next message of each topic is looked at."""
        for link in (self._link, self._successor):
            if link is not None:
                link.connection.lengthen()

    def resync(self, topic: str) -> None:
        """Ask for a topic anew, for its snapshot; nothing to do while there is no connection."""
        self._ask("unsubscribe", (topic,))
        self._ask("subscribe", (topic,))

    def _ask(self, op: Op, topics: tuple[str, ...], attempt: int = 1) -> None:
        for link in (self._link, self._successor):
            if link is not None and topics:
                link.ask(op, topics, self._owner.clock.monotonic() + self._owner.settings.ack_timeout, attempt)

    async def aclose(self) -> None:
        """End the connection and every task. Idempotent."""
        self._task.cancel()
        await asyncio.wait({self._task})

    def tick(self, now: float) -> None:
        """Look at overdue answers."""
        for link in (self._link, self._successor):
            for request in link.requests.overdue(now) if link is not None else ():
                if request.op == "subscribe" and link is not None:
                    self._unanswered(link, request.topics, request.attempt)
            if link is not None:
                self._check_recovered(link)

    def _unanswered(self, link: Link, topics: tuple[str, ...], attempt: int) -> None:
        silent = tuple(topic for topic in topics if topic in self.topics and topic not in link.live)
        if not silent:
            return
        if attempt == 1:
            deadline = self._owner.clock.monotonic() + self._owner.settings.ack_timeout
            # Withdrawn first: a server that was only slow would refuse a second request for what it has.
            link.ask("unsubscribe", silent, deadline)
            link.ask("subscribe", silent, deadline, 2)
            return
        for topic in silent:
            self._refused(topic, "no acknowledgement in time, twice")

    # One connection after another.

    async def _main(self) -> None:
        try:
            while True:
                link = await self._open()
                reason = await self._stay(link)
                self._lose(reason)
        except Exception as error:  # noqa: BLE001  whatever it was (a signer of the user's, say), subscribers must hear of it
            self._owner.give_up(self, error)
        finally:
            links = [link for link in (self._link, self._successor) if link is not None]
            self._link = self._successor = None
            for link in links:
                await link.end()

    async def _open(self) -> Link:
        owner, started, mistrusted = self._owner, self._owner.clock.monotonic(), False
        while True:
            delay = self._delay()
            self._attempts += 1
            if delay:
                await owner.sleep(delay)
            try:
                return self._install(await self._connect())
            except (AuthenticationError, ClockSkewed):
                # A clock that is wrong looks like a bad signature: measure it anew and try once more, no oftener.
                if mistrusted:
                    raise
                mistrusted, self._attempts = True, 0
                owner.clock.distrust()
            except (RequestRejected, ConnectionFailed, TransportError) as error:
                self._failed_to_open(error, started)

    def _failed_to_open(self, error: BybitError, started: float) -> None:
        status = error.status if isinstance(error, HandshakeRefused) else None
        if status in _HOPELESS:
            raise error
        settings = self._owner.settings
        if status in _SENT_AWAY or isinstance(error, RequestRejected):
            self._sent_away = True
        waited = self._owner.clock.monotonic() - started + self._delay()
        if not self._ever and waited > settings.first_connect:
            raise ConnectionFailed(f"no connection within {settings.first_connect} s: {error}") from error

    def _delay(self) -> float:
        settings, random_part = self._owner.settings, random.random()
        if self._sent_away:
            return settings.refused_backoff * (1 + settings.jitter * random_part)
        least = settings.maintenance_backoff if self._ever and self._owner.under_maintenance() else 0.0
        return max(self._usual_delay(random_part), least * (1 + settings.jitter * random_part))

    def _usual_delay(self, random_part: float) -> float:
        settings = self._owner.settings
        if self._attempts == 0:
            # The first reconnect is prompt, but a thousand clients must not come back in the same millisecond.
            return settings.backoff * settings.jitter * random_part if self._ever else 0.0
        longest = min(settings.max_backoff, settings.backoff * 2.0 ** min(self._attempts - 1, 30))
        return longest * (1 - settings.jitter * random_part)

    async def _connect(self) -> Connection:
        connection = self._owner.new_connection(self._on_frame)
        await self._owner.before_open(connection)
        await connection.open()
        return connection

    def _install(self, connection: Connection) -> Link:
        self._sent_away = False
        link = self._link = Link(connection)
        self._ever = True
        self._owner.emit("connected", connection.number, tuple(self.topics), "")
        self._subscribe_all(link)
        self._check_recovered(link)
        return link

    def _subscribe_all(self, link: Link) -> None:
        deadline = self._owner.clock.monotonic() + self._owner.settings.ack_timeout
        for topics in requests(list(self.topics), self._owner.limits):
            link.ask("subscribe", topics, deadline)

    async def _stay(self, link: Link) -> str:
        """Stay on a connection, and on those that replace it in time, until one is lost."""
        settings, extension = self._owner.settings, 0.0
        while True:
            limit = settings.rotate_after
            left = None if limit is None else max(0.0, limit + extension - link.connection.age)
            await asyncio.wait({link.reader}, timeout=left)
            if link.reader.done():
                if link.connection.age >= settings.stable_after:
                    self._attempts = 0
                return _outcome(link.reader)
            successor = await self._rotate(link)
            # Where no fresh connection could be had the old one still serves; the next try is some way off.
            extension = extension + (limit or 0.0) / 2 if successor is link else 0.0
            link = successor

    def _lose(self, reason: str) -> None:
        link, self._link = self._link, None
        self._recovering = set(self.topics)
        self._owner.emit("lost", link.connection.number if link else 0, tuple(self.topics), reason)

    # A fresh connection before the old one is closed.

    async def _rotate(self, old: Link) -> Link:
        settings = self._owner.settings
        try:
            connection = await self._connect()
        except BybitError:
            return old
        self._overlap = Overlap()
        old.connection.lengthen()
        new = self._successor = Link(connection)
        self._subscribe_all(new)
        await self._until_answered(new)
        await asyncio.wait({new.reader, old.reader}, timeout=settings.rotation_overlap)
        self._successor = self._overlap = None
        if new.reader.done() and not old.reader.done():
            await new.end()
            return old
        lost = old.reader.done()
        self._link = new
        await old.end()
        if lost:
            self._recovering = set(self.topics)
            self._owner.emit("lost", old.connection.number, tuple(self.topics), _outcome(old.reader))
            self._check_recovered(new)
        else:
            self._owner.emit("rotated", new.connection.number, tuple(self.topics), "")
        return new

    async def _until_answered(self, link: Link) -> None:
        deadline = self._owner.clock.monotonic() + self._owner.settings.ack_timeout * 2
        while link.requests and not link.reader.done() and self._owner.clock.monotonic() < deadline:
            await asyncio.wait({link.reader}, timeout=self._owner.settings.watch_interval)

    # Frames.

    def _on_frame(self, connection: Connection, frame: Frame, received: int) -> Awaitable[None] | None:
        link = self._link
        if link is None or link.connection is not connection:
            link = self._successor
            if link is None or link.connection is not connection:
                return None
        if isinstance(frame, StreamMessage):
            if frame.topic not in link.live:
                link.live.add(frame.topic)
            if self._overlap is not None and not self._overlap.admits(frame, fresh=link is self._successor):
                return None
            wait = self._owner.dispatch(frame, received)
            if self._overlap is None and link is self._link and (shortcut := self._owner.shortcut(frame.topic)):
                connection.shorten(frame.topic, shortcut)
            return wait
        if isinstance(frame, Acknowledgement):
            self._settle(link, link.requests.answer(frame))
        else:
            self._owner.other(frame)
        return None

    def _settle(self, link: Link, outcome: Outcome) -> None:
        for topic in outcome.accepted:
            link.live.add(topic)
            self._owner.accepted(topic)
        for topic in outcome.refused:
            if topic not in link.live:
                self._refused(topic, outcome.message or "refused")
        if outcome.unclear:
            self._ask_apart(link, outcome.unclear)
        self._check_recovered(link)

    def _ask_apart(self, link: Link, topics: tuple[str, ...]) -> None:
        # Which of them is bad the answer does not say, nor whether the good ones were taken: withdraw, and halve.
        deadline = self._owner.clock.monotonic() + self._owner.settings.ack_timeout
        topics = tuple(topic for topic in topics if topic in self.topics)
        if not topics:
            return
        link.ask("unsubscribe", topics, deadline)
        half = (len(topics) + 1) // 2
        for part in (topics[:half], topics[half:]):
            if part:
                link.ask("subscribe", part, deadline)

    def _refused(self, topic: str, message: str) -> None:
        if topic in self.topics:
            del self.topics[topic]
            if self._recovering is not None:
                self._recovering.discard(topic)
            self._owner.refused(topic, message)

    def _check_recovered(self, link: Link) -> None:
        if self._recovering is not None and link is self._link and not link.requests:
            topics, self._recovering = self._recovering, None
            self._owner.emit("recovered", link.connection.number, tuple(topics), "")


def _outcome(reader: asyncio.Task[str]) -> str:
    if reader.cancelled():
        return "cancelled"
    error = reader.exception()
    if error is None:
        return reader.result()
    log.error("the reader of a connection failed", exc_info=error)
    return f"{type(error).__name__}: {error}"
