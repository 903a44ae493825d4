"""One topic of a channel: who listens to it, and whether what it says is current."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from msgspec.structs import force_setattr

from bybit_async.backoff import Backoff
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.topic_types import family

Phase = Literal["asked", "unsettled", "live", "silent"]
"""How a topic stands.

`asked`: not accepted yet on the connection that is to carry it, or no connection. `unsettled`: accepted, but what it
said so far may be wrong, and its next snapshot has not come. `live`: current. `silent`: nothing came for too long.
"""

_BEGIN_WITH_SNAPSHOT = frozenset({"orderbook", "orderbook.rpi", "tickers"})
_NEVER_SILENT = frozenset({"orderbook", "orderbook.rpi", "tickers", "kline"})
_LONGEST_RESYNC_WAIT = 600.0


class Listener(Protocol):
    """Learns what happens to the topics it is attached to. No method may wait."""

    def deliver(self, message: StreamMessage[Any]) -> None:
        """Take a message."""
        ...

    def accepted(self, topic: str) -> None:
        """Bybit accepted the topic, or data of it came."""
        ...

    def notice(self, event: StreamEvent) -> None:
        """Something happened to the topic's connection, or to the topic."""
        ...

    def closed(self, error: Exception | None) -> None:
        """Nothing more will come: refused, given up, or (None) closed on this side."""
        ...


class TopicState:
    """One topic.

    Args:
        name: Bybit's spelling.
        decode: decodes its messages; see `router.decoder_of`.
        expel: ends a listener that raised.
        resync_wait: the first pause between two requests for a fresh snapshot, in seconds.

    Attributes:
        phase: how it stands: the one answer to whether it is live.
        listeners: replaced, never changed, so that delivery can go on meanwhile.
        connection: the number of the supervisor that carries it.
        heard_ns: when its last message came, or when it was accepted; local nanoseconds.
        begins_with_snapshot: without which all that follows means nothing.
        never_silent: whether a long silence of it is a fault.
        resync_from: when it may be asked for again, in local seconds.
        resync_due: whether it is to be asked for again as soon as that is allowed.
    """

    __slots__ = (
        "_backoff", "_expel", "_resync_wait", "begins_with_snapshot", "connection", "decode", "heard_ns", "listeners",
        "name", "never_silent", "phase", "resync_due", "resync_from",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        decode: Callable[[bytes], StreamMessage[Any]],
        expel: Callable[[Listener, Exception], None],
        resync_wait: float,
    ) -> None:
        kind = family(name)
        self.name: str = name
        self.decode: Callable[[bytes], StreamMessage[Any]] = decode
        self.phase: Phase = "asked"
        self.listeners: tuple[Listener, ...] = ()
        self.connection: int = 0
        self.heard_ns: int = 0
        self.begins_with_snapshot: bool = kind in _BEGIN_WITH_SNAPSHOT and not name.startswith("orderbook.full.")
        self.never_silent: bool = kind in _NEVER_SILENT
        self.resync_from: float = 0.0
        self.resync_due: bool = False
        self._expel = expel
        self._backoff = Backoff(resync_wait, max(resync_wait, _LONGEST_RESYNC_WAIT))
        self._resync_wait = resync_wait

    def deliver(self, message: StreamMessage[Any], received: int) -> None:
        """Hand a message to every listener; one that raises is removed and harms no other."""
        force_setattr(message, "received_ns", received)
        self.heard_ns = received
        for listener in self.listeners:
            try:
                listener.deliver(message)
            except Exception as error:  # noqa: BLE001  a listener may run its user's code: only that listener ends
                self._expel(listener, error)

    def may_resync(self, now: float, *, patiently: bool = True) -> bool:
        """Say whether to ask for it again now; if not, it is due as soon as that is allowed.

        Args:
            now: in local seconds.
            patiently: make the next pause longer, unless asking has helped for a while.
        """
        if now < self.resync_from:
            self.resync_due = True
            return False
        self.resync_due = False
        if patiently:
            if now > self.resync_from + self._resync_wait:
                self._backoff.reset()
            self._resync_wait = self._backoff.next_wait()
        self.resync_from = now + self._resync_wait
        return True

    def expect_snapshot(self, now: float) -> None:
        """Put off the next request: the snapshot is on its way."""
        self.resync_from = max(self.resync_from, now + self._resync_wait)
