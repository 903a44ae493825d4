"""What happens to connections and topics, as a stream of its own."""

from __future__ import annotations

from typing import Literal

import msgspec

EventKind = Literal[
    "connected", "lost", "recovered", "resynced", "stale", "refused", "rotated", "loop_blocked", "failed"
]
"""What happened.

`connected`: a socket is open (and authenticated). `lost`: it ended unwanted; its topics are stale. `recovered`: after a
loss every topic is accepted again. `resynced`: a book or ticker has a fresh snapshot after a gap. `stale`: a topic fell
silent, or a book stopped being right. `refused`: Bybit does not accept a topic. `rotated`: a fresh socket took over.
`loop_blocked`: the event loop was blocked for seconds, so that pings and messages came late. `failed`: the channel was
given up.
"""


class StreamEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened to a connection or to topics.

    Attributes:
        kind: what; see `EventKind`.
        channel: on which channel.
        connection: which connection of this session, counted from 1; a reconnect has a new number. 0 for none.
        topics: the topics it concerns.
        reason: why, in a few words.
        at_ns: when, in nanoseconds of `time.monotonic_ns`.
        exchange_time: when, in exchange milliseconds as far as they are known.
        error: the exception, for `refused`, `failed` and some of `lost`.
    """

    kind: EventKind
    channel: str
    connection: int = 0
    topics: tuple[str, ...] = ()
    reason: str = ""
    at_ns: int
    exchange_time: int = 0
    error: BaseException | None = None
