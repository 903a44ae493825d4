"""A session whose answers and messages are kept as they came."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import msgspec

from bybit_async.errors import InvalidParameter
from bybit_async.models.stream_message import StreamMessage
from bybit_async.session import AsyncBybit
from bybit_async.stream.connection import Connection, OnFrame
from bybit_async.stream.frames import Frame
from bybit_async.stream.hub import Hub
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.router import route
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.http import Exchange, Headers, RawAnswer
from bybit_async.transport.multipart import Files


class Exchanged:
    """What one call got back last.

    Attributes:
        answer: status, headers and body; None when nothing came.
        seconds: how long that took.
    """

    def __init__(self) -> None:
        self.answer: RawAnswer | None = None
        self.seconds = 0.0

    @property
    def headers(self) -> dict[str, str] | None:
        """The headers, their names as ``X-Bapi-Limit``."""
        if self.answer is None:
            return None
        return {name.decode("latin-1").title(): value.decode("latin-1") for name, value in self.answer.headers.items()}


_exchanged: ContextVar[Exchanged | None] = ContextVar("bybit_async.pybit", default=None)


class _Keeping:
    """An `Exchange` that leaves each answer with the call that is waiting for it."""

    def __init__(self, inner: Exchange) -> None:
        self._inner = inner

    async def exchange(
        self, method: str, target: bytes, headers: Headers, content: bytes, *, deadline: float
    ) -> RawAnswer:
        """Send one request; see `Exchange`."""
        began = time.perf_counter()
        answer = await self._inner.exchange(method, target, headers, content, deadline=deadline)
        kept = _exchanged.get()
        if kept is not None:
            kept.answer, kept.seconds = answer, time.perf_counter() - began
        return answer

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


class RawSession(AsyncBybit):
    """A session for pybit's interface."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._transport._exchange = _Keeping(self._transport._exchange)

    async def send(
        self, endpoint: Endpoint, params: Mapping[str, Any], kept: Exchanged, *, files: Files | None = None
    ) -> dict[str, Any]:
        """Call an endpoint and return its answer as Bybit wrote it; `kept` also learns of answers that raise."""
        # This runs in a task of its own, so the variable is this call's alone.
        _exchanged.set(kept)
        # The body is read once more below: what is decoded on the way needs no types.
        plain = msgspec.structs.replace(endpoint, result=dict, variants={})
        answer = await self._transport.call(plain, params, files=files)
        if answer.raw:
            found: dict[str, Any] = json.loads(answer.raw)
            return found
        # Found out by asking, after the answer was lost: there is no body.
        result = msgspec.to_builtins(answer.result)
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": answer.ret_ext_info or {}, "time": None}

    @cached_property
    def messages(self) -> RawMultiplexer:
        """Streams whose messages are dicts."""
        return RawMultiplexer(
            self.environment,
            self.clock,
            self._signer,
            self._stream_settings or StreamSettings(),
            ensure_clock=self._transport.ensure_clock,
        )

    async def aclose(self) -> None:
        """Close everything. Idempotent."""
        messages = self.__dict__.get("messages")
        if messages is not None:
            await messages.aclose()
        await super().aclose()


class RawMultiplexer(Multiplexer):
    """A multiplexer whose messages carry the whole frame as a dict."""

    def _hub(self, channel: str, *, alone: bool) -> Hub:
        if alone:
            raise InvalidParameter("policy", "raw messages share their connection")
        return self._hubs.setdefault(channel, _RawHub(self, channel))

    @property
    def connected(self) -> bool:
        """Whether every channel in use has a connection."""
        lanes = [lane for hub in self._all() for lane in hub.lanes.values()]
        return bool(lanes) and all(lane.connected for lane in lanes)


class _RawHub(Hub):
    def new_connection(self, on_frame: OnFrame) -> Connection:
        connection = super().new_connection(on_frame)
        connection.read_frame = read_raw
        return connection


def read_raw(channel: str, data: bytes) -> Frame:
    """Read a frame; a data message keeps its dict."""
    if not data.startswith(b'{"topic"'):
        frame = route(channel, data)
        if not isinstance(frame, StreamMessage):
            return frame
    try:
        message = json.loads(data)
    except ValueError:
        return route(channel, data)
    return StreamMessage(topic=str(message.get("topic")), data=message, type=message.get("type"))
