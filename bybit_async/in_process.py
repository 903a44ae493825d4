"""Connections within this process: bytes go from one protocol to the other without a socket.

A server takes a host name that no network knows, and `connect` leads there. Above that everything is as over
TCP: the same requests, frames and protocols on both sides. The two may belong to event loops of different threads.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

P = TypeVar("P", bound=asyncio.Protocol)

# Reserved names never resolve (RFC 2606): an address that is used in another process fails there and reaches no one.
_SUFFIX = ".in-process.invalid"
_HIGH, _LOW = 64 * 1024, 16 * 1024
_AT_ONCE = 256 * 1024
_LOOPBACK = "127.0.0.1"


class _Server(NamedTuple):
    loop: asyncio.AbstractEventLoop
    make: Callable[[], asyncio.Protocol]


_servers: dict[str, _Server] = {}
_ports = itertools.count(50_000)


def new_host() -> str:
    """Return a name that is free in this process."""
    # Nor may another process have it: history that was stored under one name must not pass for that of the next.
    return f"exchange-{secrets.token_hex(8)}{_SUFFIX}"


def is_in_process(host: str) -> bool:
    """Whether a host name is one of those that lead nowhere but here."""
    return host.endswith(_SUFFIX)


def listen(host: str, make: Callable[[], asyncio.Protocol]) -> None:
    """Serve what connects to a name, in the running event loop, until `unlisten`; `make` makes a protocol for each."""
    _servers[host] = _Server(asyncio.get_running_loop(), make)


def unlisten(host: str) -> None:
    """Serve a name no more; connections that exist go on. Idempotent."""
    _servers.pop(host, None)


def connect(host: str, make: Callable[[], P]) -> P:
    """Connect a new protocol to the server of a name, and return it.

    Raises:
        ConnectionRefusedError: the name has no server in this process.
    """
    server = _servers.get(host)
    if server is None or server.loop.is_closed():
        raise ConnectionRefusedError(f"nothing of this process answers at {host}: is the exchange open, and here?")
    port = next(_ports)
    here = InProcessTransport(asyncio.get_running_loop(), own=port, other=80)
    there = InProcessTransport(server.loop, own=80, other=port)
    here.join(there)
    there.join(here)
    protocol = make()
    here.set_protocol(protocol)
    there.call(there.begin, server.make)
    protocol.connection_made(here)
    return protocol


class InProcessTransport(asyncio.Transport):
    """One end of a connection.

    Args:
        loop: of the protocol at this end.
        own: the port that this end pretends to have; `other` that of the other end.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, own: int, other: int) -> None:
        super().__init__({"peername": (_LOOPBACK, other), "sockname": (_LOOPBACK, own)})
        self._loop = loop
        self._protocol: Any = None
        self._peer: InProcessTransport = self
        self._incoming: deque[bytes] = deque()
        # Each is changed by one thread alone: what the other end wrote, and what was read of it here.
        self._written = self._read = 0
        self._limits = _LOW, _HIGH
        self._due = self._ended = self._reset = False
        self._reading = True
        self._closing = self._lost = self._told_end = self._full = False

    def join(self, peer: InProcessTransport) -> None:
        """Take the other end."""
        self._peer = peer

    def begin(self, make: Callable[[], asyncio.Protocol]) -> None:
        """Make the protocol of this end and tell it of the connection."""
        protocol = self._protocol = make()
        protocol.connection_made(self)

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function in the event loop of this end; where that is over, the connection is lost."""
        try:
            if asyncio._get_running_loop() is self._loop:
                self._loop.call_soon(function, *args)
            else:
                self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            self._lost = self._closing = True
            if not self._peer._lost:
                self._peer.end(reset=True)

    @property
    def has_news(self) -> bool:
        """Whether something came, or the other end is gone, that this end has not heard of yet."""
        return bool(self._incoming) or (self._ended and not self._told_end)

    # What the other end does to this one

    def take(self, data: bytes) -> None:
        """Take bytes from the other end."""
        self._incoming.append(data)
        self._written += len(data)
        self._stir()

    def end(self, *, reset: bool) -> None:
        """Take note that the other end sends nothing more; with `reset` it is gone."""
        self._reset = self._reset or reset
        self._ended = True
        self._stir()

    def _stir(self) -> None:
        if not self._due:
            self._due = True
            self.call(self._deliver)

    def _deliver(self) -> None:
        self._due = False
        if self._lost or not self._reading:
            return
        if self._incoming:
            data = self._next()
            self._read += len(data)
            try:
                self._protocol.data_received(data)
            except Exception as error:  # noqa: BLE001 - a defect of the protocol ends its connection, as over TCP
                self._loop.call_exception_handler({"message": "data_received() failed", "exception": error})
                self.abort()
            self._peer.note_room()
        if self._incoming:
            self._stir()
        elif self._ended and self._reading and not self._told_end:
            self._told_end = True
            if self._reset:
                self._lose(ConnectionResetError("Connection reset by peer"))
            elif not self._protocol.eof_received():
                self.close()

    def _next(self) -> bytes:
        incoming = self._incoming
        data = incoming.popleft()
        if not incoming:
            return data
        parts, size = [data], len(data)
        while incoming and size < _AT_ONCE:
            parts.append(incoming.popleft())
            size += len(parts[-1])
        return b"".join(parts)

    def note_room(self) -> None:
        """Take note that the other end has read."""
        if self._full and self.get_write_buffer_size() <= self._limits[0]:
            self.call(self._resume_writing)

    def _resume_writing(self) -> None:
        if self._full and not self._lost and self.get_write_buffer_size() <= self._limits[0]:
            self._full = False
            self._protocol.resume_writing()

    # asyncio.Transport

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Send bytes; what is written to a closed connection is dropped."""
        if not data or self._closing or self._peer._lost:
            return
        self._peer.take(bytes(data))
        if not self._full and self.get_write_buffer_size() > self._limits[1]:
            self._full = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """It can."""
        return True

    def write_eof(self) -> None:
        """Send nothing more."""
        if not self._peer._ended:
            self._peer.end(reset=False)

    def close(self) -> None:
        """End the connection; the other end still gets what was written."""
        if not self._closing:
            self._closing = True
            self.write_eof()
            self.call(self._lose, None)

    def abort(self) -> None:
        """End the connection at once."""
        if not self._lost:
            self._closing = True
            self._incoming.clear()
            self._peer.end(reset=True)
            self.call(self._lose, None)

    def _lose(self, error: Exception | None) -> None:
        self._closing = True
        if not self._lost:
            self._lost = True
            self._incoming.clear()
            if self._protocol is not None:
                self._protocol.connection_lost(error)
            # What the other end writes from now on goes nowhere.
            if not self._peer._ended:
                self._peer.end(reset=False)

    def is_closing(self) -> bool:
        """Whether this end is closed, or the other one is gone for good."""
        return self._closing or self._peer._lost

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what comes to another protocol."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol of this end."""
        found: asyncio.BaseProtocol = self._protocol
        return found

    def is_reading(self) -> bool:
        """Whether what comes is handed on."""
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        """Let what comes wait."""
        self._reading = False

    def resume_reading(self) -> None:
        """Hand on what waits."""
        if not self._reading:
            self._reading = True
            self._stir()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the other end has not read yet."""
        return self._peer._written - self._peer._read

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the sizes at which the protocol is told to go on, and to pause."""
        return self._limits

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the sizes at which the protocol is told to pause, and to go on."""
        if high is None:
            high = _HIGH if low is None else 4 * low
        self._limits = high // 4 if low is None else low, high
