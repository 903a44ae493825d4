"""What stands where a WebSocket would: it answers Bybit's operations and passes on what a relay publishes."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from bybit_async.errors import ConnectionFailed
from bybit_async.secret import hidden
from bybit_async.stream.frame_source import FrameSource, OnText, OpenSource
from bybit_async.stream.relayed.messages import (
    BEAT_SECONDS,
    FORGOTTEN,
    HEAD_SIZE,
    SILENCE_SECONDS,
    Answer,
    Ask,
    Keys,
    Op,
    head_of,
)
from bybit_async.stream.relayed.redis_link import RedisLink, open_link
from bybit_async.stream.router import UNREADABLE
from bybit_async.stream.settings import StreamSettings

log: logging.Logger = logging.getLogger("bybit_async.stream")

_answer = msgspec.json.Decoder(Answer)
_encoder = msgspec.json.Encoder()
_ANSWER, _SNAPSHOT = b"A", b"S"
_FIRST_BEAT = 4.0
"""Seconds to wait for a relay: one may be about to take over."""

_ALIVE_EVERY = 8
"""Beats between two words of being alive."""


class _Operation(msgspec.Struct):
    op: str
    req_id: str = ""
    args: list[str] = []


_operation = msgspec.json.Decoder(_Operation)


class RelaySocket:
    """A source of Bybit's frames for one channel, opened once and never reopened.

    It is a `FrameSource`.

    Args:
        keys: the names in Redis, and the seal where they are an account's.
        channel: ``"linear"``, ``"spot"`` and so on.
    """

    on_text: OnText
    on_lost: Callable[[], None]
    max_frame: int

    def __init__(self, keys: Keys, channel: str) -> None:
        self.complaint: str = ""
        self._keys = keys
        self._channel = channel
        self._consumer = uuid.uuid4().hex
        self._link: RedisLink | None = None
        self._term = 0
        self._beat = 0
        self._numbers: dict[bytes, int] = {}
        self._asked: dict[int, _Operation] = {}
        self._wanted: dict[str, int] = {}
        self._requests = 0
        # What is asked for first is carried out first: a topic may be left and asked for again at once.
        self._in_order = asyncio.Lock()
        self._warned = False
        self._silent = 0
        self._paused = False
        self._beats = 0
        self._looked_at = time.monotonic()
        self._watch: asyncio.TimerHandle | None = None
        self._operations: set[asyncio.Task[None]] = set()

    async def open(self, url: str, **options: Any) -> None:
        """Connect to Redis and find the relay that leads.

        Raises:
            ConnectionFailed: there is no Redis, or no relay that leads.
        """
        url = hidden(url)
        try:
            await self._open(url, options)
        except BaseException:
            self.abort("not opened")
            raise
        self._looked_at = time.monotonic()
        self._look_after()

    async def _open(self, url: str, options: dict[str, Any]) -> None:
        self._link = await open_link(url, self._take, self._lost, **options)
        await self._link.subscribe(self._keys.answers(self._consumer), self._keys.beat)
        deadline = time.monotonic() + _FIRST_BEAT
        while not self._term:
            if self.complaint:
                raise self.end
            if time.monotonic() > deadline:
                raise ConnectionFailed(self._keys.nobody)
            await asyncio.sleep(BEAT_SECONDS / 10)

    @property
    def is_open(self) -> bool:
        """Whether it can be asked for something."""
        return not self.complaint

    @property
    def end(self) -> ConnectionFailed:
        """Why it is over."""
        return ConnectionFailed(self.complaint)

    async def send_text(self, data: bytes) -> None:
        """Carry out one of Bybit's operations: subscribe, unsubscribe or ping."""
        if self.complaint:
            raise self.end
        operation = _operation.decode(data)
        if operation.op == "ping":
            self._reply({"success": True, "ret_msg": "pong", "op": "ping", "req_id": operation.req_id})
            return
        self._begin(self._carry_out(operation))

    async def _carry_out(self, operation: _Operation) -> None:
        try:
            async with self._in_order:
                if operation.op == "subscribe":
                    await self._subscribe(operation)
                else:
                    await self._unsubscribe(operation.args)
                    self._acknowledge(operation)
        except ConnectionFailed as error:
            self.abort(str(error))

    @property
    def _opened(self) -> RedisLink:
        assert self._link is not None
        return self._link

    async def _subscribe(self, operation: _Operation) -> None:
        topics, link = operation.args, self._opened
        # First where the frames come, then the answer from which number on they count: nothing is missed between.
        await link.subscribe(*(self._keys.frames(self._channel, topic) for topic in topics))
        message = self._ask("subscribe", topics)
        self._asked[self._requests] = operation
        self._wanted.update(dict.fromkeys(topics, self._requests))
        if not await link.ask("PUBLISH", self._keys.asks, message):
            raise ConnectionFailed("no relay listens any more")

    async def _unsubscribe(self, topics: list[str]) -> None:
        names = [self._keys.frames(self._channel, topic) for topic in topics]
        await self._opened.unsubscribe(*names)
        for topic, name in zip(topics, names, strict=True):
            self._wanted.pop(topic, None)
            self._numbers.pop(name, None)
        self._tell("unsubscribe", topics)

    def _acknowledge(self, operation: _Operation, refused: str = "") -> None:
        self._reply({"success": not refused, "ret_msg": refused, "op": operation.op, "req_id": operation.req_id})

    def _tell(self, op: Op, topics: Sequence[str] = ()) -> None:
        # What a link that is about to be reported as lost does not take, the relay forgets by itself.
        if self._opened.is_open:
            self._opened.post("PUBLISH", self._keys.asks, self._ask(op, topics))

    def _ask(self, op: Op, topics: Sequence[str]) -> bytes:
        self._requests += 1
        ask = Ask(self._consumer, op, self._requests, self._channel, list(topics))
        return self._keys.sealed(self._keys.asks, _encoder.encode(ask))

    # What comes from Redis.

    def _take(self, name: bytes, message: bytes) -> None:
        if self.complaint:
            # What is still in the pipe comes after what was missed.
            return
        if self._keys.seal is not None:
            opened = self._keys.opened(name, message)
            if opened is None:
                self._ignore("a message without the account's seal")
                return
            message = opened
        number = self._numbers.get(name)
        if number is not None:
            self._take_frame(name, message, number)
        elif name == self._keys.beat:
            self._take_beat(message)
        elif name == self._keys.answers(self._consumer):
            self._take_own(message[:1], message[1:])

    def _take_frame(self, name: bytes, message: bytes, last: int) -> None:
        if len(message) < HEAD_SIZE:
            self._ignore("a frame without a number")
            return
        term, number = head_of(message)
        if term > self._term:
            self.abort("another relay leads now")
        elif term == self._term and number == last + 1:
            self._numbers[name] = number
            # As good as a beat: under load beats wait behind the frames.
            self._silent = 0
            if len(message) == HEAD_SIZE:
                self.abort("the relay lost its own connection")
            else:
                self.on_text(message[HEAD_SIZE:], time.monotonic_ns())
        elif term == self._term and number > last:
            self.abort("a message is missing")
        # The rest came before, or from a relay that was blocked and led once: what it says is old.

    def _take_beat(self, message: bytes) -> None:
        if len(message) != HEAD_SIZE:
            self._ignore("a beat without a number")
            return
        term, beat = head_of(message)
        if term > self._term > 0:
            self.abort("another relay leads now")
        elif not self._term or (term == self._term and beat > self._beat):
            # One that is repeated keeps no dead relay alive.
            self._term, self._beat, self._silent = term, beat, 0

    def _take_own(self, kind: bytes, message: bytes) -> None:
        if kind == _SNAPSHOT:
            self.on_text(message, time.monotonic_ns())
            return
        if kind + message == FORGOTTEN:
            self.abort("the relay forgot this consumer, which was blocked for too long")
            return
        try:
            answer = _answer.decode(message) if kind == _ANSWER else None
        except UNREADABLE:
            answer = None
        if answer is None:
            self._ignore("an answer that cannot be read")
            return
        if answer.term != self._term:
            self.abort("another relay leads now")
            return
        operation = self._asked.pop(answer.request, None)
        if operation is None:
            return
        if answer.unavailable:
            self.abort(answer.unavailable)
            return
        if answer.refused:
            # Bybit refuses a request as a whole.
            self._acknowledge(operation, "; ".join(f"{topic}: {reason}" for topic, reason in answer.refused.items()))
            self._begin(self._leave(operation.args))
            return
        for topic, number in answer.started.items():
            if self._wanted.get(topic) == answer.request:
                self._numbers[self._keys.frames(self._channel, topic)] = number
        # At once: the snapshots may have come with the answer, and an acknowledgement comes first.
        self._acknowledge(operation)

    def _ignore(self, what: str) -> None:
        # Everybody who may use the same Redis can publish under these names.
        if not self._warned:
            log.warning("%s through Redis, which no relay publishes: ignored, and so are more of them", what)
        self._warned = True

    async def _leave(self, topics: list[str]) -> None:
        try:
            async with self._in_order:
                await self._unsubscribe(topics)
        except ConnectionFailed as error:
            self.abort(str(error))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"bybit_async relay {self._channel}")
        self._operations.add(task)
        task.add_done_callback(self._operations.discard)

    def _reply(self, frame: dict[str, Any]) -> None:
        self.on_text(msgspec.json.encode({**frame, "conn_id": self._consumer}), time.monotonic_ns())

    # Its life.

    def _look_after(self) -> None:
        # Beats are counted instead of timed: a loop that was blocked finds them waiting, and no relay was silent.
        self._silent += not self._paused
        now = time.monotonic()
        stood_still, self._looked_at = now - self._looked_at > SILENCE_SECONDS, now
        self._beats += 1
        if self._silent * BEAT_SECONDS > SILENCE_SECONDS:
            self.abort("the relay is silent")
            return
        if self._wanted and (stood_still or self._beats % _ALIVE_EVERY == 0):
            # The relay may have forgotten it meanwhile, and then says so.
            self._tell("alive")
        self._watch = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._look_after)

    def pause(self) -> None:
        """Read nothing more for now."""
        self._paused = True
        if not self.complaint:
            self._opened.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        if not self.complaint:
            self._opened.transport.resume_reading()

    async def close(self) -> None:
        """End it, and let the relay know."""
        if not self.complaint:
            self._tell("leave")
            self._end("closed here")
            self._opened.close()
            # A Redis that takes nothing would keep it open for ever.
            asyncio.get_running_loop().call_later(SILENCE_SECONDS, self._opened.abort, "closed here")

    def abort(self, reason: str = "dropped") -> None:
        """End it at once."""
        if not self.complaint:
            self._end(reason)
            if self._link is not None:
                self._link.abort(reason)

    def _lost(self, reason: str) -> None:
        self._end(reason)
        self.on_lost()

    def _end(self, reason: str) -> None:
        self.complaint = self.complaint or reason
        if self._watch is not None:
            self._watch.cancel()
        for task in self._operations:
            task.cancel()


def relayed(redis: str, keys: Keys, channel: str) -> OpenSource:
    """Return what opens a channel through a relay.

    Args:
        redis: the address of the Redis server.
        keys: whose streams.
        channel: ``"linear"``, ``"spot"`` and so on.
    """

    async def open_source(url: str, settings: StreamSettings, prepare: Callable[[FrameSource], None]) -> FrameSource:
        del url
        socket = RelaySocket(keys, channel)
        prepare(socket)
        await socket.open(redis, ssl_context=settings.ssl_context)
        return socket

    return open_source
