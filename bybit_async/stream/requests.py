"""The subscribe and unsubscribe requests of one connection, and what their answers mean. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from bybit_async.stream.frames import Acknowledgement

Op = Literal["subscribe", "unsubscribe"]


class Request(msgspec.Struct, frozen=True):
    """A request that was sent and not answered yet.

    Attributes:
        deadline: when an answer is overdue, in local seconds.
        attempt: 1 for the first time of asking.
    """

    req_id: str
    op: Op
    topics: tuple[str, ...]
    deadline: float
    attempt: int = 1


class TopicOutcomes(msgspec.Struct, frozen=True):
    """What an answer says of the topics of a subscribe request.

    Attributes:
        accepted: topics that are live now.
        refused: topics that Bybit does not accept; `message` holds its words.
        unclear: topics of which some were refused, without saying which: ask for fewer at once.
    """

    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    message: str = ""


NOTHING = TopicOutcomes()
_MOST_LATE = 100


class Requests:
    """Matches answers to requests: by id where the channel echoes it, by topic where it lists them, else by order."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0
        self._pending: dict[str, Request] = {}
        # An answer that comes after its deadline still counts for its topics.
        self._late: dict[str, Request] = {}

    def __bool__(self) -> bool:
        return any(request.op == "subscribe" for request in self._pending.values())

    def add(self, op: Op, topics: Sequence[str], deadline: float, attempt: int = 1) -> Request:
        """Note a request that is about to be sent."""
        self._count += 1
        request = Request(f"{self._prefix}-{self._count}", op, tuple(topics), deadline, attempt)
        self._pending[request.req_id] = request
        return request

    def answer(self, ack: Acknowledgement) -> TopicOutcomes:
        """Take an answer."""
        request = self._match(ack)
        if request is None:
            # Even an answer to nothing we know tells which topics are live.
            return TopicOutcomes(accepted=ack.succeeded, message=ack.message)
        self._pending.pop(request.req_id, None)
        self._late.pop(request.req_id, None)
        if request.op == "unsubscribe":
            return NOTHING
        if ack.succeeded or ack.failed:
            refused = tuple(topic for topic in request.topics if topic in ack.failed)
            silent = tuple(topic for topic in request.topics if topic not in ack.failed and topic not in ack.succeeded)
            accepted = tuple(topic for topic in request.topics if topic in ack.succeeded)
            return TopicOutcomes(accepted + silent if ack.success else accepted, refused, () if ack.success else silent,
                           ack.message)  # fmt: skip
        if ack.success:
            return TopicOutcomes(accepted=request.topics, message=ack.message)
        if len(request.topics) == 1:
            return TopicOutcomes(refused=request.topics, message=ack.message)
        return TopicOutcomes(unclear=request.topics, message=ack.message)

    def overdue(self, now: float) -> list[Request]:
        """Return the requests whose answer is overdue, each once."""
        late = [request for request in self._pending.values() if request.deadline <= now]
        for request in late:
            self._late[request.req_id] = self._pending.pop(request.req_id)
        while len(self._late) > _MOST_LATE:
            del self._late[next(iter(self._late))]
        return late

    def _match(self, ack: Acknowledgement) -> Request | None:
        if ack.req_id is not None:
            return self._pending.get(ack.req_id) or self._late.get(ack.req_id)
        named = set(ack.succeeded) | set(ack.failed)
        for request in self._pending.values():
            if named and not named.isdisjoint(request.topics):
                return request
            if not named and (not ack.op or request.op == ack.op):
                return request
        return None
