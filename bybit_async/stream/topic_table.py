"""The topics of one channel, with their listeners: where messages, acknowledgements and events are handed out."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bybit_async.errors import SubscriptionRefused
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.context import StreamContext
from bybit_async.stream.events import EventKind, StreamEvent
from bybit_async.stream.router import decoder_of
from bybit_async.stream.topic_state import Listener, TopicState
from bybit_async.stream.topic_types import family

log: logging.Logger = logging.getLogger("bybit_async.stream")

_CATEGORISED = frozenset({"order", "execution", "execution.fast", "position"})


class TopicTable:
    """The topics of a channel that have listeners.

    Args:
        context: what the channels of the session share.
        channel: the name of the channel.
        changed: is called when topics came or went.

    Attributes:
        states: the topics by name, in the order they were asked for.
    """

    def __init__(self, context: StreamContext, channel: str, changed: Callable[[], None]) -> None:
        self.states: dict[str, TopicState] = {}
        self.channel = channel
        self._context = context
        self._changed = changed
        self._names: dict[Listener, list[str]] = {}

    # Listeners.

    def attach(self, name: str, listener: Listener) -> TopicState:
        """Deliver a topic to a listener that is not attached to it yet."""
        self._names.setdefault(listener, []).append(name)
        state = self.states.get(name)
        if state is None:
            wait = self._context.settings.resync_wait
            state = self.states[name] = TopicState(name, decoder_of(self.channel, name), self.expel, wait)
        state.listeners = (*state.listeners, listener)
        if state.phase != "asked":
            listener.accepted(name)
        self._changed()
        return state

    def detach(self, listener: Listener) -> None:
        """Stop delivering to a listener; topics without any are dropped."""
        for name in self._names.pop(listener, ()):
            state = self.states[name]
            state.listeners = tuple(other for other in state.listeners if other is not listener)
            if not state.listeners:
                del self.states[name]
                state.phase = "asked"
        self._changed()

    def has(self, listener: Listener) -> bool:
        """Whether a listener is attached here."""
        return listener in self._names

    def expel(self, listener: Listener, error: Exception) -> None:
        """End a listener that raised."""
        log.exception("a listener of %s failed", self.channel, exc_info=error)
        self.detach(listener)
        listener.closed(error)

    def end(self, names: Iterable[str], error: Exception) -> None:
        """End every listener of some topics."""
        states = [state for state in map(self.states.get, names) if state is not None]
        for listener in dict.fromkeys(listener for state in states for listener in state.listeners):
            self.detach(listener)
            # Each gets an exception of its own: a traceback belongs to one task.
            listener.closed(copy.copy(error))

    def close(self) -> None:
        """End every listener, without an error."""
        listeners = list(self._names)
        self._names.clear()
        self.states.clear()
        for listener in listeners:
            listener.closed(None)

    # What connections bring.

    def take(self, message: StreamMessage[Any], received: int) -> TopicState | None:
        """Hand out a message; return its topic, where it has one of its own."""
        state = self.states.get(message.topic)
        if state is None:
            for found in self._categorised(message):
                self._hand_out(found, message, received)
        else:
            self._hand_out(state, message, received)
        return state

    def _hand_out(self, state: TopicState, message: StreamMessage[Any], received: int) -> None:
        if state.phase == "asked":
            self.accepted(state.name)
        if state.phase == "unsettled" and message.type != "delta":
            state.phase = "live"
            state.resync_due = False
        elif state.phase == "silent":
            self.settled(state.name, "heard again")
        state.deliver(message, received)

    def _categorised(self, message: StreamMessage[Any]) -> list[TopicState]:
        # A message of "order.linear" may be pushed under the plain name; its items then name their category.
        if message.topic not in _CATEGORISED:
            return []
        items = message.data if isinstance(message.data, list) else ()
        categories = {getattr(item, "category", None) for item in items}
        return [
            state
            for name, state in self.states.items()
            if family(name) == message.topic and name.rpartition(".")[2] in categories
        ]

    def accepted(self, name: str) -> None:
        """Bybit accepted a topic, or data of it came."""
        state = self.states.get(name)
        if state is None:
            return
        if state.phase == "asked":
            state.phase = "unsettled" if state.begins_with_snapshot else "live"
            state.heard_ns = time.monotonic_ns()
            for listener in state.listeners:
                listener.accepted(name)
        if state.phase == "unsettled":
            state.expect_snapshot(self._context.clock.monotonic())

    def refused(self, name: str, message: str) -> None:
        """Bybit does not accept a topic: its listeners end, and it is not asked for again."""
        error = SubscriptionRefused(name, message)
        self.emit("refused", 0, (name,), message, error)
        self.end((name,), error)

    def lost(self, names: Iterable[str], connection: int, reason: str, *, still: Iterable[str] = ()) -> None:
        """A connection ended that carried topics; `still` are those that another one carries already."""
        for state in self._states(names):
            state.phase = "asked"
        for name in still:
            self.accepted(name)
        self.emit("lost", connection, names, reason)

    def recovered(self, names: Iterable[str], connection: int) -> None:
        """After a loss, every topic that there still is was accepted again."""
        now = time.monotonic_ns()
        for state in self._states(names):
            state.heard_ns = now
        self.emit("recovered", connection, names)

    # Whether a topic says what is current.

    def unsettle(self, name: str) -> TopicState:
        """A topic that is accepted needs a fresh snapshot; return it."""
        state = self.states[name]
        state.phase = "unsettled"
        return state

    def settled(self, name: str, reason: str) -> None:
        """A topic that is accepted is current again."""
        state = self.states[name]
        state.resync_due = False
        state.phase = "live"
        self.emit("resynced", 0, (name,), reason)

    def silent(self, state: TopicState, seconds: float) -> None:
        """Nothing came of a topic for so long that something must be wrong."""
        state.phase = "silent"
        self.emit("stale", 0, (state.name,), f"silent for over {seconds:.0f} s")

    def emit(
        self,
        kind: EventKind,
        connection: int,
        topics: Iterable[str],
        reason: str = "",
        error: BaseException | None = None,
    ) -> None:
        """Report an event to the listeners it concerns, and to everyone who watches all of them."""
        clock = self._context.clock
        event = StreamEvent(
            kind=kind,
            channel=self.channel,
            connection=connection,
            topics=tuple(topics),
            reason=reason,
            at_ns=time.monotonic_ns(),
            exchange_time=clock.now_ms(),
            error=error,
        )
        log.info("%s %s: %d topics %s", self.channel, kind, len(event.topics), reason)
        for listener in dict.fromkeys(item for state in self._states(event.topics) for item in state.listeners):
            listener.notice(event)
        self._context.publish(event)

    def _states(self, names: Iterable[str]) -> Sequence[TopicState]:
        return [state for state in map(self.states.get, names) if state is not None]
