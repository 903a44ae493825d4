"""What relays and consumers say to each other through Redis, and under which names."""

from __future__ import annotations

import struct
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from bybit_async.environments import Environment
from bybit_async.stream.relayed.seal import Seal

BEAT_SECONDS = 0.25
"""How often a leading relay says that it is there."""

SILENCE_SECONDS = 1.0
"""After how long without a beat a consumer takes its relay for dead."""

FORGET_SECONDS = 10.0
"""After how long without a word from it a relay forgets a consumer."""

FORGOTTEN = b"F"
"""What a relay answers a consumer that it has forgotten, instead of ``A`` and an answer or ``S`` and a snapshot."""

Op = Literal["subscribe", "unsubscribe", "alive", "leave"]

_HEAD = struct.Struct(">QQ")
HEAD_SIZE = _HEAD.size


class Ask(msgspec.Struct, omit_defaults=True):
    """What a consumer asks of the relay.

    Attributes:
        consumer: a name of its own, under which it is answered.
        op: ``"alive"`` keeps what it has, ``"leave"`` ends it all.
        request: grows with everything a consumer asks; the answer repeats it.
        channel: the channel of the topics.
    """

    consumer: str
    op: Op
    request: int = 0
    channel: str = ""
    topics: list[str] = []


class Answer(msgspec.Struct, omit_defaults=True):
    """The answer to a subscription.

    Attributes:
        term: the term of the relay that leads.
        started: the number of each topic's latest frame; those with a state send a snapshot next.
        refused: why each of the others is unavailable.
        unavailable: why all of it is unavailable now and may be available later; empty if it is available.
    """

    request: int
    term: int
    started: dict[str, int] = {}
    refused: dict[str, str] = {}
    unavailable: str = ""


class Keys:
    """The names of everything in Redis that belongs to one exchange, or to one account of it.

    Args:
        environment: whose streams. Environments with the same public streams share a relay, however they were named.
        seal: the account's; None for public topics.

    Attributes:
        exchange: the host of the public streams, with its port where the address has one.
    """

    def __init__(self, environment: Environment, seal: Seal | None = None) -> None:
        self.exchange: str = urlsplit(environment.public_url).netloc.lower()
        self.seal: Seal | None = seal
        whose = self.exchange if seal is None else f"{self.exchange}:account:{seal.account}"
        self._prefix = f"bybit_async:relay:{whose}:"
        self.asks: bytes = f"{self._prefix}asks".encode()
        self.beat: bytes = f"{self._prefix}beat".encode()
        self.lease: str = f"relay:{whose}"

    @property
    def nobody(self) -> str:
        """What is wrong and what helps where no relay publishes."""
        if self.seal is None:
            return (
                f"no relay of {self.exchange} publishes there; start one with: "
                "bybit-async relay --redis … --environment …"
            )
        return (
            f"no relay of this key's account at {self.exchange} publishes there; start one with the same key: "
            "bybit-async relay --private --redis … --environment …"
        )

    def frames(self, channel: str, topic: str) -> bytes:
        """Where the frames of a topic are published."""
        return f"{self._prefix}frames:{channel}:{topic}".encode()

    def answers(self, consumer: str) -> bytes:
        """Where one consumer is answered, and sent its snapshots."""
        return f"{self._prefix}to:{consumer}".encode()

    def sealed(self, name: bytes, message: bytes) -> bytes:
        """Return a message as it is published: an account's with its seal."""
        return message if self.seal is None else self.seal.close(name, message)

    def opened(self, name: bytes, message: bytes) -> bytes | None:
        """Return what was published; None for what a stranger published under an account's name."""
        return message if self.seal is None else self.seal.open(name, message)


def with_head(term: int, number: int, frame: bytes) -> bytes:
    """Return a frame as it is published."""
    return _HEAD.pack(term, number) + frame


def head_of(message: bytes) -> tuple[int, int]:
    """Return the term and the number of a published frame."""
    term, number = _HEAD.unpack_from(message)
    return term, number
