"""A source of frames that does what a test says, where a WebSocket or a relay would be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bybit_async.errors import ConnectionFailed
from bybit_async.stream.connection import Connection
from bybit_async.stream.frame_source import FrameSource, OnText
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from tests.stream.server import compact


class Source:
    """See `FrameSource`. `pause` and `resume` are refused once it is over, as by some transports."""

    on_text: OnText
    on_lost: Callable[[], None]
    max_frame: int

    def __init__(self) -> None:
        self.complaint = ""
        self.is_open = True
        self.paused = False
        self.sent: list[bytes] = []
        self.takes_more = asyncio.Event()
        self.takes_more.set()

    @property
    def end(self) -> Exception:
        return ConnectionFailed("over")

    async def send_text(self, data: bytes) -> None:
        await self.takes_more.wait()
        if not self.is_open:
            raise self.end
        self.sent.append(data)

    def bring(self, *payloads: Any) -> None:
        """Let messages arrive, each a nanosecond after the one before."""
        for at, payload in enumerate(payloads):
            self.on_text(compact(payload), at)

    def pause(self) -> None:
        assert self.is_open
        self.paused = True

    def resume(self) -> None:
        assert self.is_open
        self.paused = False

    async def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self.is_open:
            self.is_open = False
            self.takes_more.set()
            self.on_lost()


def connection_over(source: Source, settings: StreamSettings, **options: Any) -> Connection:
    async def open_source(url: str, settings: StreamSettings, prepare: Callable[[FrameSource], None]) -> FrameSource:
        prepare(source)
        return source

    options = dict[str, Any](clock=Clock(), signer=None, on_frame=lambda *_: None, open_source=open_source) | options
    return Connection("source", "linear", 1, settings=settings, **options)
