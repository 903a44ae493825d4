"""Bybit's frames as they came: a multiplexer that reads no more of a message than where it belongs."""

from __future__ import annotations

from bybit_async.environments import Environment
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.context import StreamContext
from bybit_async.stream.frames import Frame
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.router import LEAD, route
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock

_TYPE = b'","type":"'
_DELTA = b'delta"'


class Upstream(Multiplexer):
    """A multiplexer whose messages carry the frame's own bytes."""

    def __init__(self, environment: Environment, settings: StreamSettings) -> None:
        super().__init__(StreamContext(environment, Clock(), None, settings, read_frame=read_bytes))


def read_bytes(channel: str, data: bytes) -> Frame:
    """Read a frame; a data message keeps its bytes."""
    if data.startswith(LEAD):
        start = len(LEAD)
        end = data.find(b'"', start)
        if data.startswith(_TYPE, end):
            kind = "delta" if data.startswith(_DELTA, end + len(_TYPE)) else "snapshot"
            return StreamMessage(topic=data[start:end].decode(), data=data, type=kind)
    frame = route(channel, data)
    if isinstance(frame, StreamMessage):
        return StreamMessage(topic=frame.topic, data=data, type=frame.type)
    return frame
