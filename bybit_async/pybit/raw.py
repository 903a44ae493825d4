"""A session whose answers and messages are kept as they came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import msgspec

from bybit_async.models.stream_message import StreamMessage
from bybit_async.secret import hide_secret
from bybit_async.session import AsyncBybit
from bybit_async.stream.context import StreamContext
from bybit_async.stream.frames import Frame
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.router import route
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.carrier import RawAnswer
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.multipart import Files
from bybit_async.wire import Rows


class Exchanged:
    """What one call got back last.

    Attributes:
        answer: status, headers and body; None when nothing came.
        seconds: how long that took.
    """

    def __init__(self) -> None:
        self.answer: RawAnswer | None = None
        self.seconds: float = 0.0

    @property
    def headers(self) -> dict[str, str] | None:
        """The headers, their names as ``X-Bapi-Limit``."""
        if self.answer is None:
            return None
        return {name.decode("latin-1").title(): value.decode("latin-1") for name, value in self.answer.headers.items()}


_exchanged: ContextVar[Exchanged | None] = ContextVar("bybit_async.pybit", default=None)


def _keep(answer: RawAnswer, seconds: float) -> None:
    """Leave an answer with the call that is waiting for it."""
    kept = _exchanged.get()
    if kept is not None:
        kept.answer, kept.seconds = answer, seconds


class RawSession(AsyncBybit):
    """A session for pybit's interface."""

    def __init__(self, **options: Any) -> None:
        hide_secret(options)
        super().__init__(**options)
        self._rest.context.on_raw_answer = _keep

    async def send(
        self, endpoint: Endpoint, params: Mapping[str, Any], kept: Exchanged, *, files: Files | None = None
    ) -> dict[str, Any]:
        """Call an endpoint and return its answer as Bybit wrote it; `kept` also learns of answers that raise."""
        # This runs in a task of its own, so the variable is this call's alone.
        _exchanged.set(kept)
        # The body is read once more below: what is decoded on the way needs no types.
        answer = await self._rest.call(endpoint.with_result(dict), params, files=files)
        if answer.raw:
            found: dict[str, Any] = json.loads(answer.raw)
            return found
        # Found out by asking, after the answer was lost: there is no body.
        return {
            "retCode": 0,
            "retMsg": "OK",
            "result": data_of(answer.result),
            "retExtInfo": answer.ret_ext_info or {},
            "time": None,
        }

    @cached_property
    def messages(self) -> Multiplexer:
        """Streams whose messages carry the whole frame as a dict."""
        context = StreamContext(
            self.environment,
            self.clock,
            self._signer,
            self._stream_settings or StreamSettings(),
            ensure_clock=self._rest.ensure_clock,
            read_frame=read_raw,
        )
        return Multiplexer(context)

    async def aclose(self) -> None:
        """Close everything. Idempotent."""
        messages = self.__dict__.get("messages")
        if messages is not None:
            await messages.aclose()
        await super().aclose()


def data_of(result: Any) -> Any:
    """Return a result as Bybit spells it; what is absent is an empty string there."""
    if isinstance(result, Rows):
        return {"list": [data_of(row) for row in result.rows]}
    fields = msgspec.to_builtins(result)
    return {name: "" if value is None else value for name, value in fields.items()}


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
