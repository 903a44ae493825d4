"""A small HTTP/1.1 client: one `asyncio.Protocol` per connection, httptools for parsing, a keep-alive pool.

It does what talking to one API host needs and nothing else: keep-alive, Content-Length, chunked and gzip bodies, TLS, a
connection cap. It is an `httpx.AsyncBaseTransport` too, so it also fits under an `httpx.AsyncClient`. For proxies,
HTTP/2 or client certificates give the session httpx's own transport instead.
"""

from __future__ import annotations

import asyncio
import select
import ssl
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any

import httptools
import httpx

from bybit_async.errors import AnswerLost, AnswerUnreadable, DeadlineExceeded, NotSent
from bybit_async.event_loop import HomeLoop
from bybit_async.in_process import InProcessTransport
from bybit_async.transport.carrier import MAX_BODY, Headers, RawAnswer
from bybit_async.transport.dialer import Dialer
from bybit_async.transport.tls import TlsTransport

_MAX_HEAD = 256 * 1024
"""Bytes that the status line and headers of an answer may take, interim answers included."""

_IDLE_SECONDS = 25.0
"""An idle connection older than this is not trusted with a request: load balancers cut at 30 to 60 seconds."""


class HttpPool(httpx.AsyncBaseTransport):
    """Connections to one host, kept for the next request. It belongs to the event loop of its first use.

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
        self._authority = url.netloc
        self._dialer = Dialer(url, self._make, ssl_context=ssl_context, timeout=connect_timeout)
        self._max_connections = max_connections
        self._max_body = max_body
        self._home = HomeLoop("HTTP connection pool")
        self._idle: list[_HttpConnection] = []
        self._open: set[_HttpConnection] = set()
        # Places taken, of `max_connections`: by open connections, by attempts to connect, and by those who were woken.
        self._count = 0
        self._waiting: deque[asyncio.Future[_HttpConnection | None]] = deque()
        self._closed = False
        self._all_gone: asyncio.Future[None] | None = None

    async def exchange(
        self, method: str, target: bytes, headers: Callable[[], Headers], content: bytes, *, deadline: float
    ) -> RawAnswer:
        """Send one request and return its answer; see `carrier.HttpCarrier`.

        Raises:
            WrongEventLoop: the pool belongs to another event loop.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._home.loop:
            self._home.check()
        oldest = loop.time() - _IDLE_SECONDS
        while True:
            connection = self._idle.pop() if self._idle else await self._next_connection(deadline)
            if connection.fresh:
                break
            # What can be read now is its end, or bytes that no request asked for; a blocked loop has seen neither.
            if connection.usable and connection.idle_since > oldest and not connection.readable(0):
                break
            connection.abort()
        timer = None
        try:
            answer = connection.send(method, target, headers(), content)
            timer = loop.call_at(deadline, connection.expire)
            raw = await answer
            if connection.fresh and self._dialer.secure:
                self._dialer.remember(connection.tls_session())
            return raw
        except BaseException:
            # Cancelled or broken half-way: what still arrives must not meet the next request.
            connection.abort()
            raise
        finally:
            if timer is not None:
                timer.cancel()
            self._give_back(connection)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Serve an `httpx.AsyncClient`; raises httpx's own errors."""
        try:
            answer = await self.exchange(
                request.method,
                request.url.raw_path,
                lambda: _without_framing(request.headers.raw),
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
        # Not `content`, which httpx would take for read already, and refuse to stream.
        return httpx.Response(answer.status, headers=kept, stream=httpx.ByteStream(answer.body), request=request)

    def drop_idle(self) -> None:
        """Close the connections that wait for the next request."""
        while self._idle:
            self._idle.pop().abort()

    async def aclose(self) -> None:
        """Close every connection; requests in flight end as `AnswerLost`. Idempotent."""
        self._home.check()
        self._closed = True
        for place in self._waiting:
            if not place.done():
                place.set_exception(NotSent("the session is closed"))
        self._waiting.clear()
        self._abort_all()
        await self._dialer.aclose()
        # Those that were made meanwhile.
        self._abort_all()
        # Transports report their end through the loop: wait for it, so that no socket outlives the session.
        if self._open:
            if self._all_gone is None:
                self._all_gone = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._all_gone)

    async def _next_connection(self, deadline: float) -> _HttpConnection:
        """Return one that was given back meanwhile, or a new one as soon as there is a place for it."""
        connection = await self._place(deadline)
        if connection is not None:
            return connection
        try:
            if self._closed:
                raise NotSent("the session is closed")
            connection = await self._dialer.connect(deadline)
        finally:
            if connection is None or connection not in self._open:
                # It was never made, or is lost already.
                self._pass_on(None)
            else:
                connection.has_place = True
        return connection

    async def _place(self, deadline: float) -> _HttpConnection | None:
        """Return a connection, or None for the right to make one."""
        if self._count < self._max_connections:
            self._count += 1
            return None
        place: asyncio.Future[_HttpConnection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout_at(deadline):
                return await place
        except BaseException as error:
            if place.done() and not place.cancelled() and place.exception() is None:
                # Given to a task that no longer wants it.
                self._pass_on(place.result())
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded("the deadline passed while every connection was busy") from error
            raise

    def _give_back(self, connection: _HttpConnection) -> None:
        if not connection.usable or self._closed:
            connection.abort()
            return
        connection.fresh = False
        connection.idle_since = asyncio.get_running_loop().time()
        self._pass_on(connection)

    def _pass_on(self, connection: _HttpConnection | None) -> None:
        """Hand a connection, or the right to make one, to who has waited longest; without them it is idle, or free."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(connection)
                return
        if connection is None:
            self._count -= 1
        else:
            self._idle.append(connection)

    def _abort_all(self) -> None:
        for connection in list(self._open):
            connection.abort()

    def _make(self) -> _HttpConnection:
        return _HttpConnection(self._authority, self._max_body, self._open.add, self._forget)

    def _forget(self, connection: _HttpConnection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.has_place:
            self._pass_on(None)
        if self._all_gone is not None and not self._open and not self._all_gone.done():
            self._all_gone.set_result(None)


class _HttpConnection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(
        self,
        authority: bytes,
        max_body: int,
        on_made: Callable[[_HttpConnection], None],
        on_lost: Callable[[_HttpConnection], None],
    ) -> None:
        self._authority = authority
        self._max_body = max_body
        self._on_made = on_made
        self._on_lost = on_lost
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[RawAnswer] | None = None
        self._parser: Any = httptools.HttpResponseParser(self)
        self.usable = True
        """Whether another request may be sent."""
        self.fresh = True
        """Whether it has not carried a request yet."""
        self.has_place = False
        """Whether it takes one of the pool's places, free again when it is lost."""
        self.idle_since = 0.0
        self.readable: Callable[[int], object] = bool
        """Tells whether something can be read, waiting so many milliseconds; false before there is a socket."""
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._size = self._head = 0
        self._inflate: Any = None
        self._complete_headers = False

    def send(self, method: str, target: bytes, headers: Headers, content: bytes) -> asyncio.Future[RawAnswer]:
        """Write a request and return the future of its answer."""
        self._headers, self._parts = {}, []
        self._size = self._head = 0
        self._inflate, self._complete_headers = None, False
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            self._fail(NotSent("the connection was closed before the request"))
            return self._answer
        parts = [method.encode(), b" ", target, b" HTTP/1.1\r\nHost: ", self._authority]
        for name, value in headers:
            parts += (b"\r\n", name, b": ", value)
        if content or method == "POST":
            parts += (b"\r\nContent-Length: ", b"%d" % len(content))
        parts += (b"\r\n\r\n", content)
        self._transport.write(b"".join(parts))
        return self._answer

    def abort(self) -> None:
        """Drop the connection at once."""
        self.usable = False
        self._transport.abort()

    def tls_session(self) -> ssl.SSLSession | None:
        """Return what a later connection can resume."""
        return self._transport.session if isinstance(self._transport, TlsTransport) else None

    def expire(self) -> None:
        """End the request in flight: its deadline has come."""
        self._fail(AnswerLost("no whole answer before the deadline"))

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        if isinstance(transport, InProcessTransport):
            self.readable = lambda _: transport.has_news
        else:
            self.readable = _watch(transport.get_extra_info("socket"))
        self._on_made(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            # Bytes that no request asked for: the connection is out of step.
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

    def on_message_begin(self) -> None:
        if self._answer is not None and self._answer.done():
            # Bytes beyond the answer: the next request would get what was meant for another.
            raise AnswerUnreadable("more than one answer to a request")

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
        assert self._answer is not None
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._answer.set_result(RawAnswer(self._parser.get_status_code(), self._headers, body))

    def _fail(self, error: Exception) -> None:
        self.usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


# Framing and encoding were undone here; passed on, httpx would undo them again.
_CONSUMED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


def _without_framing(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in (b"host", b"content-length")]


def _longest(request: httpx.Request) -> float:
    limits = [limit for limit in request.extensions.get("timeout", {}).values() if limit is not None]
    return float(sum(limits)) if limits else 60.0


def _watch(socket: Any) -> Callable[[int], object]:
    if socket is None:
        return bool
    if not hasattr(select, "poll"):
        return lambda _: select.select([socket], [], [], 0)[0]
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return poll.poll
