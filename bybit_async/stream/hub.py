"""A hub: everything of one channel. Its topics with their listeners, and the lanes that carry them."""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec.structs import force_setattr

from bybit_async.environments import Environment
from bybit_async.errors import SubscriptionRefused
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.budget import budget_for
from bybit_async.stream.connection import Connection, OnFrame, Shortcut
from bybit_async.stream.events import EventKind, StreamEvent
from bybit_async.stream.frames import Frame, Junk
from bybit_async.stream.lane import Lane
from bybit_async.stream.maintenance import Maintenance
from bybit_async.stream.plan import LIMITS, NO_LIMITS, Close, Connect, Subscribe, Unsubscribe, plan
from bybit_async.stream.router import UNREADABLE, decoder_of, route
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Listener
from bybit_async.stream.topic_types import family
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import Signer

log = logging.getLogger("bybit_async.stream")

_BEGIN_WITH_SNAPSHOT = frozenset({"orderbook", "orderbook.rpi", "tickers"})
_NEVER_SILENT = frozenset({"orderbook", "orderbook.rpi", "tickers", "kline"})
_CATEGORISED = frozenset({"order", "execution", "execution.fast", "position"})
_LONGEST_RESYNC_WAIT = 600.0
_SILENT_PER_TURN = 10


class Home(Protocol):
    """What a hub needs of the multiplexer."""

    environment: Environment
    clock: Clock
    signer: Signer | None
    settings: StreamSettings
    sleep: Callable[[float], Awaitable[None]]
    ensure_clock: Callable[[], Awaitable[None]] | None
    maintenance: Maintenance

    def next_number(self) -> int:
        """Count connections."""
        ...

    def publish(self, event: StreamEvent) -> None:
        """Give an event to whoever watches all of them."""
        ...

    def junk(self, frame: Frame) -> None:
        """Count a frame that means nothing."""
        ...


class Entry:
    """One topic of a hub.

    Attributes:
        listeners: who wants it; replaced, never changed, so that delivery can go on meanwhile.
        accepted: whether it is live.
        heard_ns: when its last message came, or when it was accepted; local nanoseconds.
        silent: whether it has been silent for too long.
        resync_from: when it may be asked for anew, in local seconds.
        resync_wait: how long the next pause is.
        resync_due: whether it is to be asked for anew as soon as that is allowed.
        whole_first: whether it begins with a snapshot, without which all that follows means nothing.
        unsettled: whether it is asked for again and again until a snapshot has come, or it is right for other reasons.
    """

    __slots__ = (
        "accepted", "heard_ns", "lane", "listeners", "name", "resync_due", "resync_from", "resync_wait", "silent",
        "unsettled", "whole_first",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.listeners: tuple[Listener, ...] = ()
        self.accepted = False
        self.heard_ns = 0
        self.silent = False
        self.lane = 0
        self.resync_from = 0.0
        self.resync_wait = 0.0
        self.resync_due = False
        self.whole_first = family(name) in _BEGIN_WITH_SNAPSHOT and not name.startswith("orderbook.full.")
        self.unsettled = self.whole_first


class Hub:
    """One channel. `alone` for the connection of its own that a blocking subscriber has."""

    def __init__(self, home: Home, channel: str, *, alone: bool = False) -> None:
        self.channel = channel
        self.settings = home.settings
        self.clock = home.clock
        self.limits = LIMITS.get(channel, NO_LIMITS)
        self.sleep = home.sleep
        self.topics: dict[str, Entry] = {}
        self.lanes: dict[int, Lane] = {}
        self._home = home
        self._alone = alone
        self._of: dict[Listener, list[str]] = {}
        self._lanes_made = 0
        self._planned: asyncio.Handle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    # Listeners.

    def attach(self, names: Sequence[str], listener: Listener, *, fresh: bool) -> None:
        """Deliver topics to a listener; with `fresh`, a topic that is live already sends its snapshot again."""
        self._of.setdefault(listener, []).extend(names)
        for name in names:
            entry = self.topics.get(name)
            if entry is None:
                entry = self.topics[name] = Entry(name)
                entry.resync_wait = self.settings.resync_wait
                self._revive(entry)
            if listener not in entry.listeners:
                entry.listeners = (*entry.listeners, listener)
            if entry.accepted:
                listener.accepted(name)
                if fresh and family(name) in _NEVER_SILENT:
                    self._ask_again(entry, patience=False)
        self._replan_soon()

    def _revive(self, entry: Entry) -> None:
        # Its last listener left a moment ago and it was not unsubscribed from yet: the new one needs its own snapshot.
        for lane in self.lanes.values():
            if entry.name in lane.topics:
                entry.lane = lane.number
                lane.resync(entry.name)

    def detach(self, listener: Listener) -> None:
        """Stop delivering to a listener; topics without any are unsubscribed from."""
        for name in self._of.pop(listener, ()):
            entry = self.topics.get(name)
            if entry is not None:
                entry.listeners = tuple(other for other in entry.listeners if other is not listener)
                if not entry.listeners:
                    del self.topics[name]
        self._replan_soon()

    def has(self, listener: Listener) -> bool:
        """Whether a listener is attached here."""
        return listener in self._of

    @property
    def idle(self) -> bool:
        """Whether nothing is left of it."""
        return not self.topics and not self.lanes and not self._closing

    # Which lane carries what.

    def _replan_soon(self) -> None:
        # Subscriptions that begin in the same turn of the loop go out in the same request.
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_soon(self._replan)

    def _replan(self) -> None:
        self._planned = None
        have = {number: lane.topics.keys() for number, lane in self.lanes.items()}
        for command in plan(self.topics, have, self.limits, next_lane=self._lanes_made + 1):
            if isinstance(command, Connect):
                self._lanes_made = command.lane
                self.lanes[command.lane] = Lane(self, command.lane)
            elif isinstance(command, Subscribe):
                self.lanes[command.lane].subscribe(command.topics)
                for name in command.topics:
                    self.topics[name].lane = command.lane
            elif isinstance(command, Unsubscribe):
                self.lanes[command.lane].unsubscribe(command.topics)
            elif isinstance(command, Close):
                lane = self.lanes[command.lane]
                lane.empty_since = lane.empty_since or self.clock.monotonic()
                if self._alone:
                    self._retire(lane)

    def _retire(self, lane: Lane) -> None:
        del self.lanes[lane.number]
        task = asyncio.create_task(lane.aclose(), name=f"bybit_async closing {self.channel}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def tick(self, now: float) -> None:
        """Look at deadlines, silence and unused connections."""
        for lane in list(self.lanes.values()):
            lane.tick(now)
            if lane.empty_since is not None and now - lane.empty_since >= self.settings.linger:
                self._retire(lane)
        for entry in list(self.topics.values()):
            if now >= entry.resync_from and (entry.resync_due or (entry.unsettled and self._live(entry))):
                self._ask_again(entry, patience=entry.unsettled)
        self._look_for_silence(time.monotonic_ns())

    def _look_for_silence(self, now_ns: int) -> None:
        # Options and spreads without any change for minutes are common.
        limit = self.settings.stale_after * (10 if self.channel in ("option", "spread") else 1)
        since = now_ns - int(limit * 1e9)
        quiet = (
            entry
            for entry in self.topics.values()
            if entry.accepted and not entry.silent and entry.heard_ns < since
            and family(entry.name) in _NEVER_SILENT and self._carried(entry)
        )  # fmt: skip
        # A few per turn: when a whole market falls silent, it is not asked for all at once.
        for entry in list(islice(quiet, _SILENT_PER_TURN)):
            entry.silent = True
            self.emit("stale", 0, (entry.name,), f"silent for over {limit:.0f} s")
            self.resync(entry.name)

    def _carried(self, entry: Entry) -> bool:
        lane = self.lanes.get(entry.lane)
        return lane is not None and lane.connected

    def _live(self, entry: Entry) -> bool:
        lane = self.lanes.get(entry.lane)
        return lane is not None and lane.carries(entry.name)

    def resync(self, name: str) -> None:
        """Ask for a topic anew, now or as soon as the last time is long enough ago, until it is `settled`."""
        entry = self.topics.get(name)
        if entry is not None:
            entry.unsettled = True
            self._look_again()
            self._ask_again(entry, patience=True)

    def _ask_again(self, entry: Entry, *, patience: bool) -> None:
        now = self.clock.monotonic()
        if now < entry.resync_from:
            entry.resync_due = True
            return
        entry.resync_due = False
        if patience:
            # Asking helped when it has not been needed for a while; else the next pause is longer.
            helped = now > entry.resync_from + entry.resync_wait
            longer = min(entry.resync_wait * 2, _LONGEST_RESYNC_WAIT)
            entry.resync_wait = self.settings.resync_wait if helped else longer
        entry.resync_from = now + entry.resync_wait
        lane = self.lanes.get(entry.lane)
        if lane is not None:
            lane.resync(entry.name)

    def settled(self, name: str, reason: str = "") -> None:
        """A topic is right again after a resync."""
        entry = self.topics.get(name)
        if entry is not None:
            entry.resync_due = entry.unsettled = False
            self.emit("resynced", 0, (name,), reason)

    # What lanes report; see `lane.Owner`.

    def new_connection(self, on_frame: OnFrame) -> Connection:
        """Make the next connection, not opened yet."""
        home = self._home
        url = home.environment.stream_url(self.channel)
        if self.channel in ("private", "trade") and self.settings.max_active_time is not None:
            url = f"{url}?max_active_time={self.settings.max_active_time}s"
        return Connection(
            url,
            self.channel,
            home.next_number(),
            settings=self.settings,
            clock=self.clock,
            signer=home.signer,
            on_frame=on_frame,
        )

    def under_maintenance(self) -> bool:
        """Whether Bybit says that it is being maintained."""
        return self._home.maintenance.ongoing(self.clock.now_ms())

    async def before_open(self, connection: Connection) -> None:
        """Wait for the connect budget and, on private channels, for the exchange's clock."""
        budget = budget_for(urlsplit(connection.url).netloc, self.settings.connects, self.settings.connects_window)
        await budget.turn(self.clock.monotonic(), self.sleep)
        if connection.private and self._home.ensure_clock is not None:
            await self._home.ensure_clock()

    def dispatch(self, message: StreamMessage[Any], received: int) -> Awaitable[None] | None:
        """Hand a message to its listeners; one that raises loses its topics and harms nobody else."""
        force_setattr(message, "received_ns", received)
        entry = self.topics.get(message.topic)
        if entry is None:
            for found in self._categorised(message):
                self._hand_out(found, message)
            return None
        self._hand_out(entry, message)
        return next(filter(None, (listener.full() for listener in entry.listeners)), None) if self._alone else None

    def shortcut(self, topic: str) -> Shortcut | None:
        """Return what hands a topic's messages out without a further look, where nothing needs to be looked at."""
        entry = self.topics.get(topic)
        if entry is None or not entry.accepted or entry.silent or entry.unsettled or self._alone:
            return None
        decode = decoder_of(self.channel, topic)

        def take(data: bytes, received: int) -> None:
            try:
                message = decode(data)
            except UNREADABLE:
                self.other(route(self.channel, data))
                return
            force_setattr(message, "received_ns", received)
            entry.heard_ns = received
            for listener in entry.listeners:
                try:
                    listener.deliver(message)
                except Exception as error:  # noqa: BLE001  as below
                    self._expel(listener, error)

        return take

    def _look_again(self) -> None:
        for lane in self.lanes.values():
            lane.look_again()

    def _hand_out(self, entry: Entry, message: StreamMessage[Any]) -> None:
        entry.heard_ns = message.received_ns
        if entry.unsettled and message.type != "delta":
            entry.unsettled = entry.resync_due = False
        if entry.silent or not entry.accepted:
            self._heard(entry)
        for listener in entry.listeners:
            try:
                listener.deliver(message)
            except Exception as error:  # noqa: BLE001  a listener may run its user's code: only that listener ends
                self._expel(listener, error)

    def _heard(self, entry: Entry) -> None:
        if entry.silent:
            entry.silent = False
            self.settled(entry.name, "heard again")
        self.accepted(entry.name)

    def _categorised(self, message: StreamMessage[Any]) -> list[Entry]:
        # A message of "order.linear" may be pushed under the plain name; its items then name their category.
        if message.topic not in _CATEGORISED:
            return []
        items = message.data if isinstance(message.data, list) else ()
        categories = {getattr(item, "category", None) for item in items}
        return [
            entry
            for name, entry in self.topics.items()
            if family(name) == message.topic and name.rpartition(".")[2] in categories
        ]

    def _expel(self, listener: Listener, error: Exception) -> None:
        log.exception("a listener of %s failed", self.channel, exc_info=error)
        self.detach(listener)
        listener.failed(error)

    def other(self, frame: Frame) -> None:
        """Take a frame that is neither data nor an acknowledgement."""
        if isinstance(frame, Junk):
            self._home.junk(frame)

    def accepted(self, topic: str) -> None:
        """A topic is live."""
        entry = self.topics.get(topic)
        if entry is not None and entry.unsettled:
            # Its snapshot is on the way.
            entry.resync_from = max(entry.resync_from, self.clock.monotonic() + entry.resync_wait)
        if entry is not None and not entry.accepted:
            entry.accepted = True
            entry.heard_ns = entry.heard_ns or time.monotonic_ns()
            for listener in entry.listeners:
                listener.accepted(topic)

    def refused(self, topic: str, message: str) -> None:
        """Bybit does not accept a topic: its listeners end, and it is not asked for again."""
        error = SubscriptionRefused(topic, message)
        entry = self.topics.get(topic)
        self.emit("refused", 0, (topic,), message, error)
        self._end(entry.listeners if entry is not None else (), error)

    def give_up(self, lane: Lane, error: Exception) -> None:
        """A lane cannot go on: whoever has a topic on it ends."""
        if self.lanes.get(lane.number) is not lane:
            return
        topics = tuple(name for name, entry in self.topics.items() if entry.lane == lane.number)
        # The failing lane is still running its last lines; it ends by itself.
        del self.lanes[lane.number]
        self.emit("failed", 0, topics, str(error), error)
        # The news may have ended one of them already, whose consumer does not bear it.
        left = [entry for entry in map(self.topics.get, topics) if entry is not None]
        self._end([listener for entry in left for listener in entry.listeners], error)

    def _end(self, listeners: Iterable[Listener], error: Exception) -> None:
        for listener in dict.fromkeys(listeners):
            self.detach(listener)
            # Each gets an exception of its own: a traceback belongs to one task.
            listener.failed(copy.copy(error))

    def emit(
        self, kind: EventKind, connection: int, topics: Iterable[str], reason: str, error: BaseException | None = None
    ) -> None:
        """Report an event to the listeners it concerns and to whoever watches all of them."""
        event = StreamEvent(
            kind=kind,
            channel=self.channel,
            connection=connection,
            topics=tuple(topics),
            reason=reason,
            at_ns=time.monotonic_ns(),
            exchange_time=self.clock.now_ms(),
            error=error,
        )
        log.info("%s %s: %d topics %s", self.channel, kind, len(event.topics), reason)
        concerned = [entry for entry in map(self.topics.get, event.topics) if entry is not None]
        for entry in concerned:
            if kind == "recovered":
                entry.heard_ns = event.at_ns
            elif kind == "lost":
                entry.unsettled = entry.whole_first
        for listener in dict.fromkeys(listener for entry in concerned for listener in entry.listeners):
            listener.notice(event)
        self._home.publish(event)

    async def aclose(self) -> None:
        """Close every connection and end every listener."""
        if self._planned is not None:
            self._planned.cancel()
        listeners = list(self._of)
        self._of.clear()
        self.topics.clear()
        for listener in listeners:
            listener.failed(None)
        for lane in list(self.lanes.values()):
            self._retire(lane)
        if self._closing:
            await asyncio.wait(self._closing)
