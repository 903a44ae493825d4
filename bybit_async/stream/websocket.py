"""A WebSocket whose whole plain text frames skip the library that keeps it.

`websockets` does the handshake, control frames, fragments, closing, and everything that is wrong. It is handed whole
frames only, so that it always stands between two frames, where a plain one can be taken past it. What has not come
entirely waits here, in parts, and is joined once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from bybit_async.errors import ConnectionFailed
from bybit_async.stream.frame_source import OnText

_PLAIN_TEXT = 0x81
_LONGEST_HEAD = 128 * 1024
_PING = 0x89
_SECOND = 1_000_000_000
_SMALL = 1024
_MOST_SMALL = 1_000
"""Frames of less than a kilobyte, and not whole messages, that may come in a second: each costs the library 20 µs."""
_MOST_UNSENT = 1024 * 1024
"""Bytes that may wait to be read by the peer, before a ping ends the connection instead of being answered."""


class FrameSocket(ClientConnection):
    """A client connection that calls a function with every message instead of queueing it for `recv`.

    It is a `FrameSource`.
    """

    on_text: OnText
    on_lost: Callable[[], None]
    max_frame: int

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._greeted = False
        # From the first frame on that only the library may judge, it gets every byte.
        self._bypassed = False
        self._parts: list[bytes] = []
        self._have = self._need = 0
        self._fragments: list[bytes] = []
        self._received = 0
        self._small = self._small_since = 0
        self.complaint: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return self.state is State.OPEN

    @property
    def end(self) -> ConnectionFailed:
        """Why it is over."""
        return ConnectionFailed(_describe(self.protocol.close_exc))

    async def send_text(self, data: bytes) -> None:
        """Send a message."""
        try:
            await self.send(data, text=True)
        except ConnectionClosed as error:
            raise ConnectionFailed(_describe(error)) from error

    def pause(self) -> None:
        """Read nothing more for now."""
        self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self.transport.resume_reading()

    def abort(self) -> None:
        """Drop the socket at once."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the transport."""
        self._received = time.monotonic_ns()
        if self._bypassed:
            if not self.complaint:
                super().data_received(data)
            return
        if self._parts:
            self._parts.append(data)
            self._have += len(data)
            if self._have < self._need:
                return
            data = b"".join(self._parts)
            self._parts = []
        self._scan(data, 0 if self._greeted else self._greet(data))

    def _greet(self, data: bytes) -> int:
        """Give the library the answer to the handshake; return where frames begin."""
        if not data.startswith(b"HTTP/1.1 101"[: len(data)]) or len(data) > _LONGEST_HEAD:
            return self._bypass(data)
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            return self._keep(data, len(data) + 1)
        self._greeted = True
        super().data_received(data[:end])
        return end if self.protocol.state is State.OPEN else self._bypass(data[end:])

    def _scan(self, data: bytes, at: int) -> None:
        end, longest, received, take = len(data), self.max_frame, self._received, self.on_text
        whole = not self._fragments
        while at >= 0:
            start = at + 2
            if start > end:
                break
            size = data[at + 1]
            if size > 125:
                start += 2 if size == 126 else 8
                if start > end or size > 127:
                    # Not the whole head yet; or a masked frame, which no server may send.
                    at = self._keep(data[at:], start - at) if size < 128 else self._bypass(data[at:])
                    return
                size = data[at + 2] << 8 | data[at + 3] if size == 126 else int.from_bytes(data[at + 2 : start], "big")
            if size > longest:
                self._bypass(data[at:])
                return
            stop = start + size
            if stop > end:
                self._keep(data[at:], stop - at)
                return
            if data[at] == _PLAIN_TEXT and whole:
                take(data[start:stop], received)
                # Messages of one segment came at once, and still have an order.
                received += 1
            elif size < _SMALL and self._is_flooded(ping=data[at] == _PING):
                return
            elif not self._judge(data[at:stop]):
                self._bypass(data[stop:])
                return
            else:
                whole = not self._fragments
            at = stop
        if 0 <= at < end:
            self._keep(data[at:], 2)

    def _is_flooded(self, *, ping: bool) -> bool:
        """Count a small frame, and drop the connection when there are too many, or too many unread answers to them."""
        if self._received - self._small_since > _SECOND:
            self._small, self._small_since = 0, self._received
        self._small += 1
        if self._small > _MOST_SMALL:
            self.complaint = f"more than {_MOST_SMALL} control frames or fragments in a second"
        elif ping and self.transport.get_write_buffer_size() > _MOST_UNSENT:
            self.complaint = "the peer sends pings and does not read the pongs"
        if self.complaint:
            self._bypassed = True
            self.transport.abort()
        return self._bypassed

    def _judge(self, frame: bytes) -> bool:
        """Give the library a whole frame; say whether the connection goes on as before."""
        super().data_received(frame)
        protocol = self.protocol
        # While a close of ours is unanswered, too, the library gets whole frames only: it is slow with floods of them.
        return protocol.state is State.OPEN or (protocol.close_rcvd is None and protocol.parser_exc is None)

    def _keep(self, rest: bytes, need: int) -> int:
        self._parts, self._have, self._need = [rest], len(rest), need
        return -1

    def _bypass(self, rest: bytes) -> int:
        self._bypassed = True
        if rest:
            super().data_received(rest)
        return -1

    def process_event(self, event: Any) -> None:
        """Take what the library made of the frames it was given."""
        if type(event) is not Frame or event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            super().process_event(event)
            return
        self._fragments.append(bytes(event.data))
        if event.fin:
            message, self._fragments = b"".join(self._fragments), []
            self.on_text(message, self._received)

    def eof_received(self) -> None:
        """The peer sends nothing more: the library has to know how far it came."""
        if self._parts and not self._bypassed:
            self._bypass(b"".join(self._parts))
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        super().connection_lost(exc)
        self.on_lost()


def _describe(error: ConnectionClosed) -> str:
    close = error.rcvd or error.sent
    if close is None:
        return "connection lost"
    return f"closed with {close.code}{': ' + close.reason if close.reason else ''}"
