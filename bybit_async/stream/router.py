"""From a frame to what it is; pure, and total: every sequence of bytes becomes one of `frames`.

A data message is decoded once, straight into its Struct. The topic is read from the front of the frame, where Bybit
usually puts it, only to choose the decoder; a frame that begins otherwise is looked into first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import msgspec.inspect
from msgspec.structs import force_setattr

from bybit_async.drift import absent_as_null, decode_untyped, repair
from bybit_async.errors import StreamError
from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.stream_public import TickerData
from bybit_async.stream.frames import (
    Acknowledgement,
    Answer,
    AuthAnswer,
    Frame,
    Junk,
    OrderEntryAnswer,
    Pong,
    ServerPing,
)
from bybit_async.stream.ticker_deltas import TickerDeltas
from bybit_async.stream.topic_types import data_type

LEAD = b'{"topic":"'
"""How a data message begins; its topic follows."""

ReadFrame = Callable[[str, bytes], Frame]
"""Says what a frame of a channel is; see `route`."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are no message."""

_SPACED = b': ""'
_HEAD = 200
_MOST_ROUTES = 20_000


class _Control(msgspec.Struct):
    # Any: control frames are small, and their fields change type between the channels.
    topic: Any = None
    op: Any = None
    success: Any = None
    type: Any = None
    data: Any = None
    args: Any = None
    header: Any = None
    ret_msg: Any = None
    ret_message: Any = msgspec.field(default=None, name="retMsg")
    ret_code: Any = msgspec.field(default=None, name="retCode")
    ret_ext_info: Any = msgspec.field(default=None, name="retExtInfo")
    req_id: Any = None
    request_id: Any = msgspec.field(default=None, name="reqId")
    conn_id: Any = None
    connection_id: Any = msgspec.field(default=None, name="connId")


_control = msgspec.json.Decoder(_Control)


class _Route:
    """How one topic of one channel is decoded."""

    __slots__ = ("_deltas", "_symbol", "_type", "_typed", "decode")

    def __init__(self, channel: str, topic: str) -> None:
        inner = data_type(channel, topic)
        self._type, self._typed, exact = _decoding(inner)
        # A kline names its symbol in the topic only.
        self._symbol = topic.split(".", 2)[2] if topic.startswith("kline.") and topic.count(".") >= 2 else None
        self._deltas = _ticker_deltas(inner) if isinstance(inner, type) and issubclass(inner, TickerData) else None
        self.decode: Callable[[bytes], StreamMessage[Any]] = self._exactly if exact else self._any
        if self._deltas is not None:
            self.decode = self._ticker
        elif self._symbol is not None:
            self.decode = self._klines

    def _exactly(self, frame: bytes) -> StreamMessage[Any]:
        try:
            message = self._typed(frame)
        except msgspec.ValidationError:
            return self._any(frame)
        return self._any(frame) if message.type == "" or message.id == "" else message

    def _any(self, frame: bytes) -> StreamMessage[Any]:
        body = absent_as_null(frame)
        try:
            return self._typed(body)
        except msgspec.ValidationError:
            return self._repaired(body)

    def _klines(self, frame: bytes) -> StreamMessage[Any]:
        message = self._any(frame)
        for kline in message.data:
            force_setattr(kline, "symbol", self._symbol)
        return message

    def _ticker(self, frame: bytes) -> StreamMessage[Any]:
        assert self._deltas is not None
        message = self._deltas.read(frame)
        if message is None:
            message = self._any(frame)
            if message.type == "delta":
                force_setattr(message.data, "changed", self._deltas.carried(frame))
        return message

    def _repaired(self, body: bytes) -> StreamMessage[Any]:
        message: StreamMessage[Any] = repair(self._type, decode_untyped(body))
        return message


@cache
def _ticker_deltas(ticker: type[TickerData]) -> TickerDeltas:
    return TickerDeltas(ticker)


@cache
def _decoding(inner: Any) -> tuple[Any, Callable[[bytes], StreamMessage[Any]], bool]:
    generic: Any = StreamMessage
    # Where no field may be text or nothing, an absent value fails to decode, and need not be looked for.
    exact = not _may_hold_absent_text(msgspec.inspect.type_info(inner))
    return generic[inner], msgspec.json.Decoder(generic[inner], strict=False).decode, exact


def _may_hold_absent_text(info: msgspec.inspect.Type) -> bool:
    if isinstance(info, msgspec.inspect.UnionType):
        return any(isinstance(m, msgspec.inspect.StrType) or _may_hold_absent_text(m) for m in info.types)
    if isinstance(info, msgspec.inspect.StructType):
        return any(_may_hold_absent_text(field.type) for field in info.fields)
    if isinstance(info, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
        return _may_hold_absent_text(info.item_type)
    if isinstance(info, msgspec.inspect.TupleType):
        return any(_may_hold_absent_text(item) for item in info.item_types)
    return isinstance(info, msgspec.inspect.AnyType | msgspec.inspect.DictType | msgspec.inspect.RawType)


_routes: dict[str, dict[bytes, _Route]] = {}


def route(channel: str, frame: bytes) -> Frame:
    """Say what a frame is.

    Args:
        channel: ``"spot"``, ``"linear"``, ``"inverse"``, ``"option"``, ``"spread"``, ``"rfq"``, ``"status"``,
            ``"earn"``, ``"private"`` or ``"trade"``.
        frame: its bytes, text or binary alike.
    """
    try:
        if frame.startswith(LEAD):
            topic = frame[10 : frame.find(b'"', 10)]
            try:
                found = _routes[channel][topic]
            except KeyError:
                found = _learn(channel, topic)
            return found.decode(frame)
        control = _control.decode(frame)
        if isinstance(control.topic, str):
            # Frames that a program has written out again usually have a space after the colon.
            return _learn(channel, control.topic.encode()).decode(frame.replace(_SPACED, b": null"))
    except UNREADABLE as error:
        return Junk(str(error) or type(error).__name__, frame[:_HEAD], unreadable=True)
    return _answer(control) or Junk("neither data nor an answer", frame[:_HEAD])


def decoder_of(channel: str, topic: str) -> Callable[[bytes], StreamMessage[Any]]:
    """Return what decodes the messages of one topic; it raises one of `UNREADABLE`."""
    return _learn(channel, topic.encode()).decode


def decode_stream(channel: str, frame: bytes) -> StreamMessage[Any]:
    """Decode one recorded frame, with exactly the code that live frames pass.

    An answer (a pong, an acknowledgement, an order entry answer) comes as a message whose topic is its ``op`` and whose
    data is one of `bybit_async.stream.frames`.

    Raises:
        StreamError: the frame is no JSON object, or none that Bybit sends.
    """
    found = route(channel, frame)
    if isinstance(found, Junk):
        raise StreamError(f"not a stream frame: {found.reason}")
    if isinstance(found, StreamMessage):
        return found
    topic = _OPS.get(type(found)) or str(getattr(found, "op", ""))
    return StreamMessage(topic=topic, data=found)


_OPS: dict[type, str] = {Pong: "pong", ServerPing: "ping", AuthAnswer: "auth"}


def _learn(channel: str, topic: bytes) -> _Route:
    known = _routes.setdefault(channel, {})
    found = known.get(topic)
    if found is None:
        if len(known) >= _MOST_ROUTES:
            known.clear()
        found = known[topic] = _Route(channel, topic.decode())
    return found


def _answer(control: _Control) -> Answer | None:
    op = control.op if isinstance(control.op, str) else ""
    req_id = _text(control.req_id) or _text(control.request_id)
    words = _text(control.ret_msg) or _text(control.ret_message) or ""
    if op == "pong" or (op == "ping" and control.success is not None):
        return Pong(req_id, _first_number(control.args) or _first_number(control.data))
    if op == "ping":
        return ServerPing(req_id)
    code = _number(control.ret_code)
    if op == "auth":
        return AuthAnswer(control.success is True or code == 0, code, words)
    if op in ("subscribe", "unsubscribe") or control.type == "COMMAND_RESP":
        return _acknowledgement(control, op, req_id, words)
    if code is not None or op:
        return _order_entry(control, op, req_id, code, words)
    # A refusal that names no op: only its request id can say what was refused.
    return Acknowledgement("", control.success, req_id, words) if isinstance(control.success, bool) else None


def _acknowledgement(control: _Control, op: str, req_id: str | None, words: str) -> Acknowledgement:
    outcome = control.data if isinstance(control.data, dict) else {}
    return Acknowledgement(
        op,
        control.success is True or _number(control.ret_code) == 0,
        req_id,
        words,
        succeeded=_texts(outcome.get("successTopics")),
        failed=_texts(outcome.get("failTopics")),
    )


def _order_entry(control: _Control, op: str, req_id: str | None, code: int | None, words: str) -> OrderEntryAnswer:
    return OrderEntryAnswer(
        op=op,
        req_id=req_id,
        ret_code=code,
        ret_msg=words or None,
        data=control.data,
        ret_ext_info=control.ret_ext_info,
        header=control.header if isinstance(control.header, dict) else {},
        conn_id=_text(control.connection_id) or _text(control.conn_id),
        args=control.args,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else str(value) if isinstance(value, int) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
        return int(value)
    return value if isinstance(value, int) else None


def _first_number(value: Any) -> int | None:
    return _number(value[0]) if isinstance(value, list) and value else None
