"""Bybit's frames as they came: a multiplexer that reads no more of a message than where it belongs."""

from __future__ import annotations

import msgspec

from bybit_async.environments import Environment
from bybit_async.models.stream_message import StreamMessage
from bybit_async.session import AsyncBybit
from bybit_async.stream.context import StreamContext
from bybit_async.stream.frames import Frame
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.router import LEAD, route
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.signing import Signer

_TYPE = b'","type":"'
_DELTA = b'delta"'


class Upstream(Multiplexer):
    """A multiplexer whose messages carry the frame's own bytes.

    Args:
        environment: whose streams.
        settings: times and sizes.
        signer: the key, for private topics.
    """

    def __init__(self, environment: Environment, settings: StreamSettings, signer: Signer | None = None) -> None:
        # It sends nothing but the question for the exchange's time, which authentication needs.
        self._session = AsyncBybit(environment=environment, ssl_context=settings.ssl_context)
        if signer is not None:
            # While two connections overlap, private frames of one event differ, and each would be published.
            settings = msgspec.structs.replace(settings, rotate_after=None)
        super().__init__(
            StreamContext(
                environment,
                self._session.clock,
                signer,
                settings,
                ensure_clock=self._ensure_clock,
                read_frame=read_bytes,
            )
        )

    async def _ensure_clock(self) -> None:
        if not self._session.clock.synced:
            await self._session.get_server_time()

    async def aclose(self) -> None:
        """Close every connection and end every subscription. Idempotent."""
        await super().aclose()
        await self._session.aclose()


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
