"""One listener for all subscribers of the same topics: what a message costs hardly grows with their number.

The items of a message are made once and dropped into every buffer, without a call into each subscription. Only those
that want more than that, a function of the user's to be called or a buffer that may refuse, are given the message.
"""

from __future__ import annotations

import copy
import logging
from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.expanders import ITEMS
from bybit_async.stream.mailbox import Mailbox, ring
from bybit_async.stream.topics import Topic

log = logging.getLogger("bybit_async.stream")


class Member(Protocol):
    """A subscription's feed, as far as it is told what happens to its topics."""

    mailbox: Mailbox[Any]

    @property
    def simple(self) -> bool:
        """Whether items may be dropped into its mailbox without asking it."""
        ...

    def deliver(self, message: StreamMessage[Any]) -> None:
        """A message came."""
        ...

    def heard(self, topic: str) -> None:
        """A message came that is not delivered here."""
        ...

    def accepted(self, topic: str) -> None:
        """See `subscription.Listener`, as for the others."""
        ...

    def notice(self, event: StreamEvent) -> None:
        """Something happened."""
        ...

    def failed(self, error: Exception | None) -> None:
        """Nothing more will come."""
        ...


class Home(Protocol):
    """Where spreads listen, and are found again by the next subscriber."""

    spreads: dict[tuple[Topic, ...], Spread]

    def attach(self, topics: Sequence[Topic], listener: Any, *, alone: bool = False, fresh: bool = False) -> None:
        """Begin to deliver the topics."""
        ...

    def detach(self, listener: Any) -> None:
        """Stop delivering."""
        ...


def join(home: Home, topics: tuple[Topic, ...], member: Member) -> Spread:
    """Add a subscriber of some topics to the others, or make it the first."""
    spread = home.spreads.get(topics)
    if spread is None:
        spread = Spread(home, topics)
        home.attach(topics, spread)
        home.spreads[topics] = spread
    spread.add(member)
    return spread


class Spread:
    """The listener; see `subscription.Listener`.

    Attributes:
        count: items that were dropped into the buffers of its simple members so far.
        last_received: when the last message came, in local nanoseconds.
    """

    def __init__(self, home: Home, topics: tuple[Topic, ...]) -> None:
        self.count = 0
        self.last_received: int | None = None
        self._home = home
        self._topics = topics
        self._accepted: set[str] = set()
        self._members: dict[Member, None] = {}
        self._appends: tuple[Callable[[Any], None], ...] = ()
        self._others: tuple[Member, ...] = ()
        self._bell: list[Future[None]] = []
        # Whether members have to be told when a topic is heard again.
        self._doubted = False

    def add(self, member: Member) -> None:
        """Take in a member."""
        self._members[member] = None
        self.rearrange()
        for topic in self._accepted:
            member.accepted(topic)

    def remove(self, member: Member) -> None:
        """Let a member go; with the last one this ends. Idempotent."""
        if member in self._members:
            del self._members[member]
            member.mailbox.leave()
            self.rearrange()
            if not self._members:
                self._end()

    def _end(self) -> None:
        self._home.detach(self)
        if self._home.spreads.get(self._topics) is self:
            del self._home.spreads[self._topics]

    def rearrange(self) -> None:
        """Look at what each member wants."""
        simple = [member for member in self._members if member.simple]
        for member in self._members:
            if member.simple:
                member.mailbox.share(self, self._bell)
            else:
                member.mailbox.leave()
        self._appends = tuple(member.mailbox.append for member in simple)
        self._others = tuple(member for member in self._members if not member.simple)

    def deliver(self, message: StreamMessage[Any]) -> None:
        """A message came."""
        received = self.last_received = message.received_ns
        appends = self._appends
        for item in ITEMS.expand(message):
            entry = (received, item)
            self.count += 1
            for append in appends:
                append(entry)
        if self._bell:
            ring(self._bell)
        if self._doubted:
            self._heard(message.topic)
        for member in self._others:
            try:
                member.deliver(message)
            except Exception as error:
                # It may run its user's code: only that member ends.
                log.exception("a subscriber of %s failed", message.topic, exc_info=error)
                self.remove(member)
                member.failed(error)

    def _heard(self, topic: str) -> None:
        self._doubted = False
        for member in tuple(self._members):
            member.heard(topic)

    def accepted(self, topic: str) -> None:
        """Bybit accepted the topic."""
        self._accepted.add(topic)
        self._tell(lambda member: member.accepted(topic))

    def notice(self, event: StreamEvent) -> None:
        """Something happened to a topic or its connection."""
        self._doubted = True
        self._tell(lambda member: member.notice(event))

    def failed(self, error: Exception | None) -> None:
        """Nothing more will come."""
        if self._home.spreads.get(self._topics) is self:
            del self._home.spreads[self._topics]
        members, self._members = list(self._members), {}
        self.rearrange()
        for member in members:
            member.mailbox.leave()
            # Each gets an exception of its own: a traceback belongs to one task.
            member.failed(copy.copy(error))

    def full(self) -> Future[None] | None:
        """Never waits."""
        return None

    def _tell(self, tell: Callable[[Member], None]) -> None:
        for member in tuple(self._members):
            tell(member)
