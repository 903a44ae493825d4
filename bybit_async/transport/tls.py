"""TLS between a protocol and its socket: one SSL object over two memory buffers.

asyncio brings a layer of its own. It cannot resume sessions, and its second flow control and its timers cost every
request more than the encryption does (`benchmarks.rest`). To the protocol above, this one is a transport like any.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import httpx

P = TypeVar("P", bound=asyncio.Protocol)

HAPPY: dict[str, Any] = {"happy_eyeballs_delay": 0.25}
"""Tries IPv6 and IPv4 side by side; only asyncio's own loops know how, uvloop has no such argument."""

_RECORD = 16 * 1024
"""Bytes of the largest TLS record: reading more at once gives no more."""

_FAREWELL = 5.0
"""Seconds that the peer has for its last word."""


@functools.cache
def default_context() -> ssl.SSLContext:
    """Return what is trusted unless the user says otherwise: httpx's choice, made once as it takes a while."""
    return httpx.create_ssl_context()


async def open_tls(
    make: Callable[[], P],
    host: str,
    port: int,
    *,
    context: ssl.SSLContext,
    session: ssl.SSLSession | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[TlsTransport, P]:
    """Connect, shake hands, and return the transport with the protocol that was given it.

    `session` is one that an earlier connection to the same host and port had under the same context. `options` go to
    the event loop's `create_connection`.

    Raises:
        OSError: there is no connection; `ssl.SSLError`, a kind of it, when the handshake failed.
    """
    protocol = make()
    _, layer = await asyncio.get_running_loop().create_connection(
        lambda: TlsTransport(protocol, context, host, session), host, port, **options or {}
    )
    try:
        await layer.ready
    except BaseException:
        layer.abort()
        # The socket's end is reported through the loop.
        await layer.gone
        raise
    return layer, protocol


class TlsTransport(asyncio.Transport, asyncio.Protocol):
    """A transport to the protocol above, a protocol to the socket below.

    Attributes:
        ready: done when the handshake is, or with its error.
        gone: done when the socket is closed.
    """

    def __init__(
        self,
        protocol: asyncio.Protocol,
        context: ssl.SSLContext,
        host: str,
        session: ssl.SSLSession | None = None,
    ) -> None:
        super().__init__()
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host, session=session)
        self._protocol: asyncio.BaseProtocol = protocol
        self._socket: asyncio.Transport
        self._open = self._ended = self._closing = False
        self._unsent = bytearray()
        self._error: Exception | None = None
        self._farewell: asyncio.TimerHandle | None = None
        # Looked up once: these run for every message.
        self._take, self._read, self._encrypt = self._incoming.write, self._tls.read, self._tls.write
        self._drain = self._outgoing.read

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a later connection can resume; with TLS 1.3 only after something was received."""
        return self._tls.session

    # asyncio.Protocol, for the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._socket = transport  # type: ignore[assignment]
        self._shake_hands()

    def data_received(self, data: bytes) -> None:
        """Decrypt, and pass on every record that is whole."""
        self._take(data)
        if not self._open:
            self._shake_hands()
            if not self._open:
                return
        while True:
            try:
                plain = self._read(_RECORD)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                plain = b""
            except ssl.SSLError as error:
                self._break(error)
                return
            if not plain:
                self._end()
                return
            if not self._closing:
                self._protocol.data_received(plain)  # type: ignore[attr-defined]
            if not self._incoming.pending and not self._tls.pending():
                break
        if self._outgoing.pending:
            self._flush()
        if self._unsent:
            self._send_rest()

    def eof_received(self) -> bool:
        """The socket ends: without the peer's word that it has said everything, that is a break."""
        if self._open and not self._ended and not self._closing:
            self._error = ConnectionResetError("the connection was cut off, TLS was not ended")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the waiter for the handshake, or the protocol above."""
        error = self._error or exc
        if self._farewell is not None:
            self._farewell.cancel()
        if self._open:
            self._protocol.connection_lost(error)
        elif not self.ready.done():
            self.ready.set_exception(error or ConnectionResetError("the connection was closed before TLS began"))
            # The waiter may be gone; then there is no one to tell.
            self.ready.exception()
        if not self.gone.done():
            self.gone.set_result(None)

    def pause_writing(self) -> None:
        """The socket's buffer is full."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """The socket's buffer has room again."""
        self._protocol.resume_writing()

    # asyncio.Transport, for the protocol above

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if self._closing or not data:
            return
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._encrypt(data)
        except ssl.SSLWantReadError:
            sent = 0
        except ssl.SSLError as error:
            self._break(error)
            return
        if sent < len(data):
            self._unsent += memoryview(data)[sent:]
            self._send_rest()
        else:
            self._socket.write(self._drain())

    def can_write_eof(self) -> bool:
        """TLS has no half-closed connections."""
        return False

    def write_eof(self) -> None:
        """Refuse; see `can_write_eof`."""
        raise NotImplementedError("TLS has no half-closed connections")

    def close(self) -> None:
        """Say that this is all, and close when what is buffered was sent and the peer has ended too."""
        if self._closing:
            return
        self._closing = True
        if not self._open:
            self._socket.close()
            return
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
        if self._ended:
            self._socket.close()
            return
        # A socket that is closed with something unread resets the connection, and what was sent last is lost.
        self._socket.resume_reading()
        self._farewell = asyncio.get_running_loop().call_later(_FAREWELL, self._socket.close)

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._socket.abort()

    def is_closing(self) -> bool:
        """Whether nothing more is sent."""
        return self._closing or self._socket.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what asyncio's TLS transports tell, or what the socket's does."""
        if name == "ssl_object":
            return self._tls
        if name == "sslcontext":
            return self._tls.context
        if name == "peercert":
            return self._tls.getpeercert()
        return self._socket.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Give what is received from now on to another protocol."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol above."""
        return self._protocol

    def is_reading(self) -> bool:
        """Whether the socket is read."""
        return self._socket.is_reading()

    def pause_reading(self) -> None:
        """Stop reading the socket; what was read of it is still passed on."""
        self._socket.pause_reading()

    def resume_reading(self) -> None:
        """Read the socket again."""
        self._socket.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Say when `pause_writing` is called, in encrypted bytes."""
        self._socket.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes were not sent yet."""
        return self._socket.get_write_buffer_size() + len(self._unsent)

    # between the two

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except (ssl.SSLError, ssl.CertificateError) as error:
            self._break(error)
            return
        self._flush()
        self._open = True
        self._protocol.connection_made(self)
        if not self.ready.done():
            self.ready.set_result(None)

    def _send_rest(self) -> None:
        """Send what TLS did not take yet: only a part at once, or nothing until it has received something."""
        try:
            with suppress(ssl.SSLWantReadError):
                while self._unsent:
                    del self._unsent[: self._tls.write(self._unsent)]
        except ssl.SSLError as error:
            self._break(error)
            return
        self._flush()

    def _end(self) -> None:
        self._ended = True
        if self._closing:
            self._socket.close()
            return
        self._protocol.eof_received()  # type: ignore[attr-defined]
        self.close()

    def _break(self, error: Exception) -> None:
        if not self._closing:
            self._error = error
        self._flush()  # the alert
        # Not aborted: the alert must leave first.
        self._closing = True
        self._socket.close()

    def _flush(self) -> None:
        out = self._outgoing.read()
        if out:
            self._socket.write(out)
