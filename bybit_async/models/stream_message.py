"""What every stream message has, whatever it carries."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from msgspec.structs import force_setattr

from bybit_async.wire import Wire

T = TypeVar("T")


class StreamMessage(Wire, Generic[T], frozen=True):
    """One message of a stream; exchange times are in milliseconds.

    Attributes:
        topic: the topic it was pushed under; empty for answers that belong to no topic.
        data: what it carries, typed by topic; plain objects for topics this version does not know.
        type: ``"snapshot"`` or ``"delta"``, where the topic has the difference.
        ts: when Bybit sent it.
        cts: when the matching engine made it.
        creation_time: when a private or RFQ message was made.
        cs: cross sequence of a ticker.
        id: Bybit's id of the message.
        received_ns: when it arrived here, in nanoseconds of `time.monotonic_ns`; 0 for recorded frames.
    """

    topic: str = ""
    data: T
    type: str | None = None
    ts: int | None = None
    cts: int | None = None
    creation_time: int | None = None
    cs: int | None = None
    id: str | None = None
    received_ns: int = 0

    @property
    def exchange_time(self) -> int | None:
        """When Bybit sent the message, in milliseconds, whichever of its names the topic uses."""
        return self.ts if self.ts is not None else self.creation_time


class Pushed(Wire, frozen=True):
    """Base of what is pushed in lists: each item knows when it came.

    Attributes:
        pushed_at: when Bybit sent the message that held it, in exchange milliseconds.
        received_ns: when that message arrived here, in nanoseconds of `time.monotonic_ns`.
    """

    pushed_at: int | None = msgspec.field(default=None, name="~pushedAt")
    received_ns: int = msgspec.field(default=0, name="~receivedNs")


def stamp(items: list[Any], message: StreamMessage[Any]) -> list[Any]:
    """Write the times of a message on the items it carried, and return them."""
    pushed_at, received_ns = message.exchange_time, message.received_ns
    for item in items:
        if isinstance(item, Pushed):
            force_setattr(item, "pushed_at", pushed_at)
            force_setattr(item, "received_ns", received_ns)
    return items
