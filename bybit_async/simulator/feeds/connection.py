"""One socket of one client: what it has been sent, what waits to be sent, and how it ends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from aiohttp import WSCloseCode, web

from bybit_async.simulator.feeds.departure import Departure, Departures

_MOST_WAITING = 32 * 1024 * 1024
_AT_ONCE = 64 * 1024
_TEXT = 0x81


@dataclass(slots=True)
class _Waiting:
    """A frame in line: when it may leave, the answer that must have left before, the answer that it is."""

    frame: bytes
    due: float = 0.0
    gate: Departure | None = None
    departure: Departure | None = None


Distort: TypeAlias = "Callable[[SocketConnection, str, bytes], None]"
"""Sends a message of a topic, or does to it what a fault rule says."""


class SocketConnection:
    """A WebSocket connection of the exchange.

    Sending never blocks: frames wait in line and one task writes them in order. A client that lets too many wait is
    cut off, as a real exchange would.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.BaseRequest,
        channel: str,
        number: int,
        conn_id: str,
        distort: Distort,
        departures: Departures,
        latency: float = 0.0,
    ) -> None:
        self.channel = channel
        self.number = number
        self.conn_id = conn_id
        self.address: str = request.remote or ""
        self.topics: set[str] = set()
        self.uid: int | None = None
        self.sent: int = 0
        self.received = 0
        self.opened_at = 0
        self.active_at = 0
        self.idle_limit = 600_000
        self.muted: bool = False
        self.backlog: int = 0
        """Bytes that wait to be written."""
        self._distort = distort
        self._socket = socket
        self._transport = request.transport
        self._drain = request.writer.drain
        self._departures = departures
        self._latency = latency
        self._clock = asyncio.get_running_loop().time
        self._waiting: deque[_Waiting] = deque()
        self._ready = asyncio.Event()
        self._closing: tuple[int, bytes] | None = None

    def __repr__(self) -> str:
        return f"SocketConnection({self.channel!r}, {self.conn_id!r}, topics={sorted(self.topics)})"

    @property
    def closed(self) -> bool:
        """Whether the socket is closed or about to be."""
        return self._closing is not None or self._socket.closed

    def send(self, frame: bytes, departure: Departure | None = None) -> None:
        """Put one text frame in line; with a `departure` it is the answer whose leaving that is."""
        if self.muted or self._closing is not None:
            _never(departure)
            return
        framed = _framing.frame(frame)
        if self.backlog + len(framed) > _MOST_WAITING:
            self.abort()
            _never(departure)
            return
        self.backlog += len(framed)
        if self._latency:
            gate = None if departure is not None else self._departures.current
            self._waiting.append(_Waiting(framed, self._clock() + self._latency, gate, departure))
        else:
            _never(departure)
            self._waiting.append(_Waiting(framed))
        self._ready.set()

    def deliver(self, topic: str, frame: bytes) -> None:
        """Send a message of a topic, faults included."""
        self._distort(self, topic, frame)

    def mute(self) -> None:
        """Stay connected and say nothing any more."""
        self.muted = True
        self._forget()

    def answer(self, message: dict[str, Any]) -> None:
        """Send a message that belongs to this connection alone."""
        self.send(orjson.dumps(message))

    def close(self, code: int = WSCloseCode.GOING_AWAY, reason: str = "") -> None:
        """End the connection with a close frame, after what is already in line."""
        if self._closing is None:
            self._closing = (code, reason.encode())
            self._ready.set()

    def abort(self) -> None:
        """End the connection at once, without a close frame."""
        self._closing = (WSCloseCode.ABNORMAL_CLOSURE, b"")
        self._forget()
        self._ready.set()
        if self._transport is not None:
            self._transport.abort()

    def _forget(self) -> None:
        for item in self._waiting:
            _never(item.departure)
        self._waiting.clear()
        self.backlog = 0

    async def _write_due(self, transport: asyncio.Transport) -> None:
        """Write everything that is due in one go, for a call to the system is dear."""
        waiting = self._waiting
        now = self._clock() if self._latency else 0.0
        frames: list[bytes] = []
        size = 0
        while waiting and size < _AT_ONCE and (waiting[0].gate is None or not frames) and waiting[0].due <= now:
            item = waiting.popleft()
            frames.append(item.frame)
            size += len(item.frame)
            if item.departure is not None:
                item.departure.leave()
        if not frames:
            # They were forgotten while they were on their way.
            return
        self.backlog -= size
        self.sent += len(frames)
        transport.write(b"".join(frames) if len(frames) > 1 else frames[0])
        await self._drain()

    async def write(self) -> None:
        """Write what is in line until the connection ends."""
        socket, waiting = self._socket, self._waiting
        while True:
            while waiting:
                transport = self._transport
                if socket.closed or transport is None or transport.is_closing():
                    return
                first = waiting[0]
                if first.gate is not None:
                    first.due = await first.gate.wait() + self._latency
                if first.due and (early := first.due - self._clock()) > 0:
                    await asyncio.sleep(early)
                try:
                    await self._write_due(transport)
                except (ConnectionError, RuntimeError):
                    return
            if self._closing is not None:
                break
            self._ready.clear()
            await self._ready.wait()
        if self._closing[0] != WSCloseCode.ABNORMAL_CLOSURE:
            await socket.close(code=self._closing[0], message=self._closing[1])


def _never(departure: Departure | None) -> None:
    """Let go what waits for an answer that will not be sent, or is sent at once."""
    if departure is not None:
        departure.leave()


class _Framing:
    """Puts the header of a text frame before a message; the message sent last is remembered.

    A message of a topic goes to all its subscribers one after the other, and is framed once for all of them.
    """

    def __init__(self) -> None:
        self._message = self._frame = b""

    def frame(self, message: bytes) -> bytes:
        """Return the frame of a message; a server's frames are never masked."""
        if message is not self._message:
            length = len(message)
            if length < 126:
                header = bytes((_TEXT, length))
            elif length < 65_536:
                header = bytes((_TEXT, 126)) + length.to_bytes(2, "big")
            else:
                header = bytes((_TEXT, 127)) + length.to_bytes(8, "big")
            self._message, self._frame = message, header + message
        return self._frame


_framing = _Framing()
