"""A lean HTTP/1.1 client: one `asyncio.Protocol` per connection, httptools for parsing, a small keep-alive pool.

It does what talking to one API host needs and nothing else: keep-alive, Content-Length, chunked and gzip bodies, TLS, a
connection cap. It is an `httpx.AsyncBaseTransport` too, so it also fits under an `httpx.AsyncClient`. For proxies,
HTTP/2 or client certificates give the session httpx's own transport instead.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import zlib
from collections import deque
from typing import Any

import httptools
import httpx

from bybit_async.errors import AnswerLost, AnswerUnreadable, NotSent
from bybit_async.transport.http import MAX_BODY, Headers, RawAnswer
from bybit_async.transport.tls import HAPPY, TlsTransport, default_context, open_tls

_MAX_HEAD = 256 * 1024
"""Bytes that the status line and headers of an answer may take, interim answers included."""

_IDLE_SECONDS = 25.0
"""An idle connection older than this is not trusted with a request: load balancers cut at 30 to 60 seconds."""


class LeanTransport(httpx.AsyncBaseTransport):
    """Connections to one host.

    Args:
        base_url: scheme, host and port.
        ssl_context: for hosts with a private certificate; verification is always on in the default one.
        max_connections: how many requests may be in flight at once; more wait their turn.
        connect_timeout: seconds to make a connection, TLS included.
        max_body: the largest answer accepted, in bytes after decompression.
    """

    def __init__(
        self,
        base_url: str,
        *,
        ssl_context: ssl.SSLContext | None = None,
        max_connections: int = 100,
        connect_timeout: float = 10.0,
        max_body: int = MAX_BODY,
    ) -> None:
        url = httpx.URL(base_url)
        self._secure = url.scheme == "https"
        self._host, self._port = url.host, url.port or (443 if self._secure else 80)
        self._authority = url.netloc
        # An address leaves nothing to try side by side, and asyncio's way of doing it may lose a socket when cancelled.
        self._several = not _is_address(url.host)
        self._ssl = ssl_context
        self._session: ssl.SSLSession | None = None
        self._connect_timeout = connect_timeout
        self._max_connections = max_connections
        self._max_body = max_body
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._connecting: set[asyncio.Task[_Connection]] = set()
        self._count = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._all_gone: asyncio.Future[None] | None = None

    async def exchange(
        self, method: str, target: bytes, headers: Headers, content: bytes, *, deadline: float
    ) -> RawAnswer:
        """Send one request and return its answer; see `http.Exchange`."""
        message = self._message(method, target, headers, content)
        connection = self._take_idle() or await self._connect(deadline)
        timer = asyncio.get_running_loop().call_at(deadline, connection.expire)
        try:
            answer = await connection.round_trip(message)
            if self._secure and not connection.remembered:
                connection.remembered = True
                self._session = connection.tls_session()
            return answer
        except BaseException:
            # Cancelled or broken half-way: whatever still arrives must not meet the next request.
            connection.abort()
            raise
        finally:
            timer.cancel()
            self._give_back(connection)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Serve an `httpx.AsyncClient`; raises httpx's own errors."""
        try:
            answer = await self.exchange(
                request.method,
                request.url.raw_path,
                _without_framing(request.headers.raw),
                await request.aread(),
                deadline=asyncio.get_running_loop().time() + _longest(request),
            )
        except NotSent as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except AnswerLost as error:
            raise httpx.ReadError(str(error), request=request) from error
        except AnswerUnreadable as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        kept = [(name, value) for name, value in answer.headers.items() if name not in _CONSUMED]
        return httpx.Response(answer.status, headers=kept, content=answer.body, request=request)

    async def aclose(self) -> None:
        """Close every connection; requests in flight end as `AnswerLost`. Idempotent."""
        self._closed = True
        attempts = list(self._connecting)
        for attempt in attempts:
            attempt.cancel()
        for connection in list(self._open):
            connection.abort()
        while self._waiting:
            _wake(self._waiting.popleft())
        if attempts:
            await asyncio.wait(attempts)
        # Transports report their end through the loop: wait for it, so that no socket outlives the session.
        if self._open:
            if self._all_gone is None:
                self._all_gone = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._all_gone)

    def _message(self, method: str, target: bytes, headers: Headers, content: bytes) -> bytes:
        parts = [method.encode(), b" ", target, b" HTTP/1.1\r\nHost: ", self._authority]
        for name, value in headers:
            parts += (b"\r\n", name, b": ", value)
        if content or method == "POST":
            parts += (b"\r\nContent-Length: ", b"%d" % len(content))
        parts += (b"\r\n\r\n", content)
        return b"".join(parts)

    def _take_idle(self) -> _Connection | None:
        oldest = asyncio.get_running_loop().time() - _IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    async def _connect(self, deadline: float) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(deadline):
                await self._await_place()
            idle = self._take_idle()
            if idle is not None:
                return idle
            if self._closed:
                raise NotSent("the transport is closed")
            async with asyncio.timeout_at(min(deadline, loop.time() + self._connect_timeout)):
                return await self._attempt()
        except (OSError, ssl.SSLError) as error:  # TimeoutError is an OSError
            reason = str(error) or type(error).__name__
            raise NotSent(f"no connection to {self._host}:{self._port}: {reason}") from error

    async def _attempt(self) -> _Connection:
        # A task, so that closing can end it: a host that does not answer would hold it up until its timeout.
        # It counts from now on, not from its first step: others who are about to connect look at the count.
        self._count += 1
        attempt = asyncio.create_task(self._open_connection(), name="bybit_async connect")
        attempt.add_done_callback(self._attempted)
        self._connecting.add(attempt)
        connection = None
        try:
            await asyncio.wait({attempt})
            if self._closed:
                raise NotSent("the transport was closed while it connected")
            connection = attempt.result()
            return connection
        finally:
            self._connecting.discard(attempt)
            if connection is None:
                attempt.add_done_callback(_drop)
                attempt.cancel()

    async def _open_connection(self) -> _Connection:
        loop = asyncio.get_running_loop()
        options = HAPPY if self._several and isinstance(loop, asyncio.BaseEventLoop) else {}
        if self._secure:
            connection = await self._open_secure(options)
        else:
            _, connection = await loop.create_connection(self._make, self._host, self._port, **options)
        self._open.add(connection)
        return connection

    async def _open_secure(self, options: dict[str, Any]) -> _Connection:
        try:
            _, connection = await open_tls(
                self._make, self._host, self._port, context=self._context(), session=self._session, options=options
            )
        except ssl.SSLError:
            # Should it be the session that the host chokes on, the next attempt must go without.
            self._session = None
            raise
        return connection

    def _make(self) -> _Connection:
        return _Connection(self._max_body, self._forget)

    def _attempted(self, attempt: asyncio.Task[_Connection]) -> None:
        if attempt.cancelled() or attempt.exception() is not None:
            self._count -= 1
            self._wake_one()

    async def _await_place(self) -> None:
        while self._count >= self._max_connections and not self._idle and not self._closed:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self._wake_one()  # the place was given to a task that no longer wants it
                raise

    def _give_back(self, connection: _Connection) -> None:
        if connection.usable and not self._closed:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.abort()
        self._wake_one()

    def _forget(self, connection: _Connection) -> None:
        if connection in self._open:
            self._open.discard(connection)
            self._count -= 1
            if connection in self._idle:
                self._idle.remove(connection)
            self._wake_one()
        if self._all_gone is not None and not self._open:
            _wake(self._all_gone)

    def _wake_one(self) -> None:
        while self._waiting:
            if _wake(self._waiting.popleft()):
                return

    def _context(self) -> ssl.SSLContext:
        if self._ssl is None:
            self._ssl = default_context()
        return self._ssl


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, max_body: int, on_lost: Any) -> None:
        self._max_body = max_body
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[RawAnswer] | None = None
        self._parser: Any = httptools.HttpResponseParser(self)
        self.usable = True
        self.remembered = False
        """Whether its TLS session was kept for the next connection."""
        self.idle_since = 0.0
        self._reset()

    def round_trip(self, message: bytes) -> asyncio.Future[RawAnswer]:
        """Write a request and return the future of its answer."""
        self._reset()
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            self._fail(NotSent("the connection was closed before the request"))
        else:
            self._transport.write(message)
        return self._answer

    def abort(self) -> None:
        """Drop the connection at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def tls_session(self) -> ssl.SSLSession | None:
        """Return what a later connection can resume."""
        return self._transport.session if isinstance(self._transport, TlsTransport) else None

    def expire(self) -> None:
        """End the request in flight: its deadline has come."""
        self._fail(AnswerLost("no whole answer before the deadline"))

    def _reset(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._size = self._head = 0
        self._inflate: Any = None
        self._complete_headers = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            # Bytes that nobody asked for: the connection is out of step.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            cause = error.__context__ if isinstance(error.__context__, AnswerUnreadable) else None
            self._fail(cause or AnswerUnreadable(f"not HTTP: {error}", body=data))
            self.abort()
            return
        if not self._complete_headers and not self._answer.done():
            self._head += len(data)
            if self._head > _MAX_HEAD:
                self._fail(AnswerUnreadable(f"the headers are larger than {_MAX_HEAD} bytes"))
                self.abort()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        self._on_lost(self)
        if self._answer is not None and not self._answer.done():
            if exc is None and self._complete_headers and not self._framed():
                self._finish()
            else:
                self._fail(AnswerLost(f"the connection ended before the answer did: {exc or 'closed by the server'}"))

    # httptools callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self._complete_headers = True
        if self._headers.get(b"content-encoding", b"") in (b"gzip", b"deflate"):
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def on_body(self, body: bytes) -> None:
        if self._inflate is not None:
            room = self._max_body - self._size + 1
            try:
                body = self._inflate.decompress(body, room)
            except zlib.error as error:
                raise AnswerUnreadable(f"the body does not decompress: {error}") from error
        self._size += len(body)
        if self._size > self._max_body:
            raise AnswerUnreadable(f"the answer is larger than {self._max_body} bytes")
        self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._headers, self._complete_headers = {}, False  # an interim answer; the real one follows
            return
        if not self._parser.should_keep_alive():
            self.usable = False
        self._finish()

    def _framed(self) -> bool:
        return b"content-length" in self._headers or b"transfer-encoding" in self._headers

    def _finish(self) -> None:
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(RawAnswer(self._parser.get_status_code(), self._headers, body))

    def _fail(self, error: Exception) -> None:
        self.usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


# Framing and encoding were undone here; passed on, httpx would undo them again.
_CONSUMED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


def _without_framing(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in (b"host", b"content-length")]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _longest(request: httpx.Request) -> float:
    limits = [limit for limit in request.extensions.get("timeout", {}).values() if limit is not None]
    return float(sum(limits)) if limits else 60.0


def _drop(attempt: asyncio.Task[_Connection]) -> None:
    # Whoever wanted it is gone, or has an error already.
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().abort()


def _wake(place: asyncio.Future[None]) -> bool:
    if place.done():
        return False
    place.set_result(None)
    return True
