"""A connection that topics are asked for on: what was asked, what was accepted, and what its answers mean."""

from __future__ import annotations

import asyncio
import logging
from asyncio import Task

from bybit_async.stream.connection import Connection
from bybit_async.stream.context import StreamContext
from bybit_async.stream.frames import Acknowledgement
from bybit_async.stream.plan import LIMITS, NO_LIMITS, requests
from bybit_async.stream.requests import Op, Requests
from bybit_async.stream.router import LEAD
from bybit_async.stream.topic_table import TopicTable

log: logging.Logger = logging.getLogger("bybit_async.stream")


class ActiveConnection:
    """One open connection of a supervisor.

    Args:
        connection: what carries the frames.
        context: what the channels of the session share.
        table: the topics of the channel.
        wanted: the topics that the supervisor should carry; a refused one is taken out.

    Attributes:
        accepted: topics that were accepted here.
        reader: reads until the connection ends, and returns why it did.
    """

    def __init__(
        self, connection: Connection, context: StreamContext, table: TopicTable, wanted: dict[str, None]
    ) -> None:
        self.connection = connection
        self.accepted: set[str] = set()
        self.reader: Task[str] = asyncio.create_task(connection.run(), name=f"bybit_async reader {connection!r}")
        self._requests = Requests(str(connection.number))
        self._context = context
        self._table = table
        self._wanted = wanted

    @property
    def answered(self) -> bool:
        """Whether no subscription waits for its answer."""
        return not self._requests

    def subscribe_all(self) -> None:
        """Ask for every topic, in as many requests as Bybit wants."""
        for topics in requests(list(self._wanted), LIMITS.get(self._table.channel, NO_LIMITS)):
            self.ask("subscribe", topics)

    def ask(self, op: Op, topics: tuple[str, ...], attempt: int = 1) -> None:
        """Send a request."""
        self.accepted.difference_update(topics)
        for topic in topics:
            self.connection.table.pop(LEAD + topic.encode(), None)
        deadline = self._context.clock.monotonic() + self._context.settings.ack_timeout
        request = self._requests.add(op, topics, deadline, attempt)
        self.connection.post({"req_id": request.req_id, "op": op, "args": list(topics)})

    def heard(self, topic: str) -> None:
        """Data of a topic came, which says as much as an acknowledgement."""
        self.accepted.add(topic)

    def take_answer(self, answer: Acknowledgement) -> None:
        """Take the answer to a request."""
        outcome = self._requests.answer(answer)
        for topic in outcome.accepted:
            self.accepted.add(topic)
            self._table.accepted(topic)
        for topic in outcome.refused:
            if topic not in self.accepted:
                self._refuse(topic, outcome.message or "refused")
        unclear = tuple(topic for topic in outcome.unclear if topic in self._wanted)
        if unclear:
            # Which of them is bad the answer does not say, nor whether the good ones were taken: withdraw, and halve.
            self.ask("unsubscribe", unclear)
            half = (len(unclear) + 1) // 2
            for part in filter(None, (unclear[:half], unclear[half:])):
                self.ask("subscribe", part)

    def tick(self, now: float) -> None:
        """Look at overdue answers."""
        for request in self._requests.overdue(now):
            silent = tuple(topic for topic in request.topics if topic in self._wanted and topic not in self.accepted)
            if request.op != "subscribe" or not silent:
                continue
            if request.attempt == 1:
                # Withdrawn first: a server that was only slow would refuse a second request for what it has.
                self.ask("unsubscribe", silent)
                self.ask("subscribe", silent, attempt=2)
                continue
            for topic in silent:
                self._refuse(topic, "no acknowledgement in time, twice")

    def _refuse(self, topic: str, message: str) -> None:
        if topic in self._wanted:
            del self._wanted[topic]
            self._table.refused(topic, message)

    @property
    def end_reason(self) -> str:
        """Why the connection ended; for one whose reader is done."""
        if self.reader.cancelled():
            return "cancelled"
        error = self.reader.exception()
        if error is None:
            return self.reader.result()
        log.error("the reader of a connection failed", exc_info=error)
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        return f"{type(error).__name__}: {error}"

    async def aclose(self) -> None:
        """Close the connection and wait for its reader."""
        self.reader.cancel()
        await asyncio.wait({self.reader})
