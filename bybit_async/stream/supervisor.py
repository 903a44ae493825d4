"""Keeps one share of a channel's topics subscribed, on a connection that is replaced when it ends or grows old.

A connection is never repaired. All that is known of it is in its `ActiveConnection`; a frame of one that is neither the
current connection nor the one about to replace it changes nothing.
"""

from __future__ import annotations

import asyncio
import random
from asyncio import Task
from collections.abc import Awaitable
from typing import Any

from bybit_async.backoff import Backoff
from bybit_async.errors import (
    AuthenticationError,
    BybitError,
    ClockSkewed,
    ConnectionFailed,
    RequestRejected,
    TransportError,
)
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.active_connection import ActiveConnection
from bybit_async.stream.buffer import Buffer
from bybit_async.stream.connection import Connection, HandshakeRefused
from bybit_async.stream.context import StreamContext
from bybit_async.stream.frames import Acknowledgement, Frame, Junk
from bybit_async.stream.overlap import Overlap
from bybit_async.stream.requests import Op
from bybit_async.stream.router import LEAD, route
from bybit_async.stream.topic_table import TopicTable

_HOPELESS = frozenset({400, 401, 404, 405, 410})
_SENT_AWAY = frozenset({403, 429})


class Supervisor:
    """Keeps its topics subscribed until it is closed.

    Args:
        context: what the channels of the session share.
        table: the topics of the channel.
        number: tells the supervisors of a channel apart.
        waits_for: while this buffer is full, the connection is not read.

    Attributes:
        topics: what it should carry, in the order it was asked for.
        empty_since: since when it has had no topics, in local seconds.
        task: ends when it is closed, or with the error that makes going on useless.
    """

    def __init__(
        self, context: StreamContext, table: TopicTable, number: int, waits_for: Buffer[Any] | None = None
    ) -> None:
        settings = context.settings
        self.number = number
        self.topics: dict[str, None] = {}
        self.empty_since: float | None = None
        self._context = context
        self._table = table
        self._waits_for = waits_for
        self._active: ActiveConnection | None = None
        self._successor: ActiveConnection | None = None
        self._overlap: Overlap | None = None
        self._backoff = Backoff(settings.backoff, settings.max_backoff, jitter=settings.jitter)
        self._prompt = True
        self._sent_away = False
        self._ever_connected = False
        self._recovering: set[str] | None = None
        name = f"bybit_async supervisor {table.channel} {number}"
        self.task: Task[None] = asyncio.create_task(self._run(), name=name)

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._active is not None

    def carries(self, topic: str) -> bool:
        """Whether the connection that there is now has answered for a topic."""
        return self._active is not None and topic in self._active.accepted

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

    def resync(self, topic: str) -> None:
        """Ask for a topic again, for its snapshot; nothing to do while there is no connection."""
        self._ask("unsubscribe", (topic,))
        self._ask("subscribe", (topic,))

    def _ask(self, op: Op, topics: tuple[str, ...]) -> None:
        for active in (self._active, self._successor):
            if active is not None and topics:
                active.ask(op, topics)

    def tick(self, now: float) -> None:
        """Look at overdue answers."""
        for active in (self._active, self._successor):
            if active is not None:
                active.tick(now)
        self._check_recovered()

    async def aclose(self) -> None:
        """End the connection and every task. Idempotent."""
        self.task.cancel()
        await asyncio.wait({self.task})

    # One connection after another.

    async def _run(self) -> None:
        try:
            while True:
                active = await self._open()
                ended = await self._stay(active)
                self._active = None
                self._recovering = set(self.topics)
                self._table.lost(tuple(self.topics), ended.connection.number, ended.end_reason)
        finally:
            left = [active for active in (self._active, self._successor) if active is not None]
            self._active = self._successor = None
            for active in left:
                await active.aclose()

    async def _open(self) -> ActiveConnection:
        context, started, mistrusted = self._context, self._context.clock.monotonic(), False
        wait = self._next_wait()
        while True:
            if wait:
                await context.sleep(wait)
            try:
                return self._install(await self._connect())
            except (AuthenticationError, ClockSkewed):
                # A clock that is wrong looks like a bad signature: measure it again and try once more, but only once.
                if mistrusted:
                    raise
                mistrusted = self._prompt = True
                context.clock.distrust()
                wait = self._next_wait()
            except (RequestRejected, ConnectionFailed, TransportError) as error:
                wait = self._wait_after(error, context.clock.monotonic() - started)

    def _wait_after(self, error: BybitError, passed: float) -> float:
        status = error.status if isinstance(error, HandshakeRefused) else None
        if status in _HOPELESS:
            raise error
        if status in _SENT_AWAY or isinstance(error, RequestRejected):
            self._sent_away = True
        wait, patience = self._next_wait(), self._context.settings.first_connect
        if not self._ever_connected and passed + wait > patience:
            raise ConnectionFailed(f"no connection within {patience} s: {error}") from error
        return wait

    def _next_wait(self) -> float:
        settings, longer = self._context.settings, 1 + self._context.settings.jitter * random.random()
        if self._sent_away:
            return settings.refused_backoff * longer
        if self._prompt:
            self._prompt = False
            # The first reconnect is prompt, but a thousand clients must not come back in the same millisecond.
            usual = settings.backoff * (longer - 1) if self._ever_connected else 0.0
        else:
            usual = self._backoff.next_wait()
        maintained = self._ever_connected and self._context.under_maintenance()
        return max(usual, settings.maintenance_backoff * longer) if maintained else usual

    async def _connect(self) -> Connection:
        connection = self._context.new_connection(self._table.channel, self._on_frame)
        await self._context.before_open(connection)
        await connection.open()
        return connection

    def _install(self, connection: Connection) -> ActiveConnection:
        self._sent_away = False
        self._ever_connected = True
        active = self._active = ActiveConnection(connection, self._context, self._table, self.topics)
        self._table.emit("connected", connection.number, tuple(self.topics))
        active.subscribe_all()
        self._check_recovered()
        return active

    async def _stay(self, active: ActiveConnection) -> ActiveConnection:
        """Stay on a connection, and on those that replace it in time; return the one that was lost."""
        settings, extension = self._context.settings, 0.0
        while True:
            limit = settings.rotate_after
            left = None if limit is None else max(0.0, limit + extension - active.connection.age)
            await asyncio.wait({active.reader}, timeout=left)
            if active.reader.done():
                if active.connection.age >= settings.stable_after:
                    self._prompt = True
                    self._backoff.reset()
                return active
            successor = await self._rotate(active)
            # If no fresh connection could be opened the old one still serves; the next try is some way off.
            extension = extension + (limit or 0.0) / 2 if successor is active else 0.0
            active = successor

    def _check_recovered(self) -> None:
        if self._recovering is not None and self._active is not None and self._active.answered:
            topics = tuple(topic for topic in self._recovering if topic in self.topics)
            self._recovering = None
            self._table.recovered(topics, self._active.connection.number)

    # A fresh connection before the old one is closed.

    async def _rotate(self, old: ActiveConnection) -> ActiveConnection:
        try:
            connection = await self._connect()
        except BybitError:
            return old
        self._overlap = Overlap()
        old.connection.table.clear()
        new = self._successor = ActiveConnection(connection, self._context, self._table, self.topics)
        new.subscribe_all()
        await self._until_answered(new)
        await asyncio.wait({new.reader, old.reader}, timeout=self._context.settings.rotation_overlap)
        self._successor = self._overlap = None
        if new.reader.done() and not old.reader.done():
            await new.aclose()
            return old
        lost = old.reader.done()
        self._active = new
        await old.aclose()
        if lost:
            self._recovering = set(self.topics)
            self._table.lost(tuple(self.topics), old.connection.number, old.end_reason, still=tuple(new.accepted))
            self._check_recovered()
        else:
            self._table.emit("rotated", new.connection.number, tuple(self.topics))
        return new

    async def _until_answered(self, active: ActiveConnection) -> None:
        settings, clock = self._context.settings, self._context.clock
        deadline = clock.monotonic() + settings.ack_timeout * 2
        while not active.answered and not active.reader.done() and clock.monotonic() < deadline:
            await asyncio.wait({active.reader}, timeout=settings.watch_interval)

    # Frames.

    def _on_frame(self, connection: Connection, frame: Frame, received: int) -> Awaitable[None] | None:
        active = self._active
        if active is None or active.connection is not connection:
            active = self._successor
            if active is None or active.connection is not connection:
                return None
        if isinstance(frame, StreamMessage):
            return self._on_message(active, frame, received)
        if isinstance(frame, Acknowledgement):
            active.take_answer(frame)
            self._check_recovered()
        elif isinstance(frame, Junk):
            self._context.count_junk(frame)
            if frame.unreadable and self._table.channel == "private":
                # Its topics have no sequence that would show a gap: only a new connection makes everyone ask again.
                connection.abort("a message that cannot be read")
        return None

    def _on_message(
        self, active: ActiveConnection, message: StreamMessage[Any], received: int
    ) -> Awaitable[None] | None:
        active.heard(message.topic)
        if self._overlap is not None and not self._overlap.admits(message, fresh=active is self._successor):
            return None
        if self._table.channel == "status" and isinstance(message.data, list):
            self._context.maintenance.take(message.data)
        state = self._table.take(message, received)
        if self._waits_for is not None:
            return self._waits_for.full()
        if state is not None and self._overlap is None and self._shortens:
            active.connection.table[LEAD + message.topic.encode()] = state
        return None

    @property
    def _shortens(self) -> bool:
        # What is read as it came, or looked at on the way, cannot go straight from the connection to its listeners.
        return self._context.read_frame is route and self._table.channel != "status"
