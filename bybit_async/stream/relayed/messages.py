"""What relays and consumers say to each other through Redis, and under which names."""

from __future__ import annotations

import struct
from typing import Literal

import msgspec

BEAT_SECONDS = 0.25
"""How often a leading relay says that it is there."""

SILENCE_SECONDS = 1.0
"""After how long without a beat a consumer takes its relay for dead."""

FORGET_SECONDS = 10.0
"""After how long without a word from it a relay forgets a consumer."""

FORGOTTEN = b"F"
"""What a relay answers a consumer that it has forgotten, instead of ``A`` and an answer or ``S`` and a snapshot."""

_HEAD = struct.Struct(">QQ")
HEAD_SIZE = _HEAD.size


class Ask(msgspec.Struct, omit_defaults=True):
    """What a consumer asks of the relay.

    Attributes:
        consumer: a name of its own, under which it is answered.
        op: ``"alive"`` keeps what it has, ``"leave"`` ends it all.
        request: a number, which the answer repeats.
        channel: the channel of the topics.
    """

    consumer: str
    op: Literal["subscribe", "unsubscribe", "alive", "leave"]
    request: int = 0
    channel: str = ""
    topics: list[str] = []


class Answer(msgspec.Struct, omit_defaults=True):
    """The answer to a subscription.

    Attributes:
        term: the term of the relay that leads.
        started: the number of each topic's latest frame; those with a state send a snapshot next.
        refused: why each of the others is not to be had.
        unavailable: why all of it is not to be had now, but may be later; empty if it is.
    """

    request: int
    term: int
    started: dict[str, int] = {}
    refused: dict[str, str] = {}
    unavailable: str = ""


class Keys:
    """The names of everything in Redis that belongs to one exchange.

    Args:
        exchange: tells mainnet from testnet and from a simulated exchange.
    """

    def __init__(self, exchange: str) -> None:
        self.exchange: str = exchange
        self._prefix = f"bybit_async:relay:{exchange}:"
        self.asks: bytes = f"{self._prefix}asks".encode()
        self.beat: bytes = f"{self._prefix}beat".encode()
        self.lease: str = f"relay:{exchange}"

    def frames(self, channel: str, topic: str) -> bytes:
        """Where the frames of a topic are published."""
        return f"{self._prefix}frames:{channel}:{topic}".encode()

    def answers(self, consumer: str) -> bytes:
        """Where one consumer is answered, and sent its snapshots."""
        return f"{self._prefix}to:{consumer}".encode()


def with_head(term: int, number: int, frame: bytes) -> bytes:
    """Return a frame as it is published."""
    return _HEAD.pack(term, number) + frame


def head_of(message: bytes) -> tuple[int, int]:
    """Return the term and the number of a published frame."""
    term, number = _HEAD.unpack_from(message)
    return term, number
