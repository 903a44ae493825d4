"""One connection to Redis that subscribes, publishes and asks, and hands over each message where it arrives.

redis-py needs ten times the processor time for a published message (`python -m benchmarks.redis_links`), which at ten
thousand messages a second is a good part of a core. What is not on the path of a message (leases, shared limits) uses
redis-py.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any

from bybit_async.errors import ConnectionFailed, MissingExtra
from bybit_async.secret import Secret, hidden

try:
    from hiredis import HiredisError, PushNotification, Reader, ReplyError, pack_command
    from redis.asyncio.connection import SSLConnection, parse_url
except ImportError as _error:
    raise MissingExtra("redis", "streams through Redis") from _error

OnMessage = Callable[[bytes, bytes], None]
"""Takes the name a message was published under, and the message."""


_OPEN_WITHIN = 3.0

_PIECE = 16 * 1024
"""Bytes that leave before the turn of the loop is over: Redis and consumers then work on the beginning of a burst while
its end is still being read, instead of one after the other."""


class RedisLink(asyncio.Protocol):
    """A connection over RESP 3, opened by `open_link`.

    Attributes:
        on_message: takes every published message, in order.
        on_lost: called once, when the connection is gone; with why.
    """

    def __init__(self, on_message: OnMessage, on_lost: Callable[[str], None]) -> None:
        self.on_message = on_message
        self.on_lost = on_lost
        self.transport: asyncio.Transport
        self._reader = Reader()
        self._waiting: deque[asyncio.Future[Any] | None] = deque()
        self._confirmations: dict[tuple[bytes, bytes], asyncio.Future[None]] = {}
        self._reason = ""
        # What is sent in one turn of the loop leaves in one piece, unless that grows large.
        self._outgoing: list[bytes] = []
        self._outgoing_size = 0

    @property
    def unsent(self) -> int:
        """How many bytes Redis has not taken yet."""
        return self.transport.get_write_buffer_size()

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return not self._reason

    async def ask(self, *command: bytes | str | int) -> Any:
        """Send a command and return its reply.

        Raises:
            ConnectionFailed: the connection is gone, or Redis refused.
        """
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._send(reply, command)
        return await reply

    def post(self, *command: bytes | str | int) -> None:
        """Send a command whose reply is not needed; one that is refused ends the connection."""
        self._send(None, command)

    async def subscribe(self, *names: bytes) -> None:
        """Return when Redis has confirmed that everything published under these names from now on will arrive."""
        await self._confirmed(b"subscribe", names)

    async def unsubscribe(self, *names: bytes) -> None:
        """Return when nothing published under these names can arrive any more."""
        await self._confirmed(b"unsubscribe", names)

    async def _confirmed(self, command: bytes, names: tuple[bytes, ...]) -> None:
        if not names:
            return
        loop = asyncio.get_running_loop()
        waiting = [self._confirmations.setdefault((command, name), loop.create_future()) for name in names]
        self._refuse_lost()
        self._write((command, *names))
        await asyncio.gather(*waiting)

    def _send(self, reply: asyncio.Future[Any] | None, command: tuple[bytes | str | int, ...]) -> None:
        self._refuse_lost()
        self._waiting.append(reply)
        self._write(command)

    def _write(self, command: tuple[bytes | str | int, ...]) -> None:
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        packed: bytes = pack_command(command)  # type: ignore[arg-type]  # its stub knows one part only
        self._outgoing.append(packed)
        self._outgoing_size += len(packed)
        if self._outgoing_size >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        outgoing, self._outgoing, self._outgoing_size = self._outgoing, [], 0
        if outgoing and not self._reason:
            self.transport.write(b"".join(outgoing))

    def _refuse_lost(self) -> None:
        if self._reason:
            raise ConnectionFailed(f"Redis: {self._reason}")

    def close(self) -> None:
        """Send what is still to be sent, then close the connection."""
        self._flush()
        self._reason = self._reason or "closed here"
        self.transport.close()

    def abort(self, reason: str) -> None:
        """Drop the connection at once."""
        self._reason = self._reason or reason
        self.transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Take bytes from Redis."""
        reader = self._reader
        try:
            reader.feed(data)
            while (item := reader.gets()) is not False:
                if type(item) is PushNotification:
                    if item[0] == b"message":
                        self.on_message(item[1], item[2])
                    else:
                        self._confirm(item)
                else:
                    self._answer(item)
        except HiredisError as error:
            self.abort(f"a reply that is not RESP: {error}")

    def _confirm(self, item: list[Any]) -> None:
        waiting = self._confirmations.pop((item[0], item[1]), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _answer(self, item: Any) -> None:
        if isinstance(item, ReplyError) and self._confirmations:
            # Subscriptions are confirmed out of turn: whose refusal it is cannot be said.
            self.abort(f"refused: {item}")
            return
        if not self._waiting:
            self.abort("a reply that no command asked for")
            return
        waiting = self._waiting.popleft()
        if isinstance(item, ReplyError):
            if waiting is None:
                self.abort(f"refused: {item}")
            elif not waiting.done():
                waiting.set_exception(ConnectionFailed(f"Redis refused: {item}"))
        elif waiting is not None and not waiting.done():
            waiting.set_result(item)

    def connection_lost(self, exc: Exception | None) -> None:
        """End everything that waits."""
        self._reason = self._reason or (f"connection lost ({type(exc).__name__})" if exc else "connection closed")
        waiting = [future for future in (*self._waiting, *self._confirmations.values()) if future is not None]
        self._waiting.clear()
        self._confirmations.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(ConnectionFailed(f"Redis: {self._reason}"))
                # A waiter that was cancelled meanwhile must not be reported as forgotten.
                future.exception()
        self.on_lost(self._reason)


async def open_link(
    url: str, on_message: OnMessage, on_lost: Callable[[str], None], *, ssl_context: ssl.SSLContext | None = None
) -> RedisLink:
    """Connect to ``redis://user:password@host:port/db``, ``rediss://`` over TLS, or ``unix:///path?db=0``.

    Raises:
        ConnectionFailed: there is no server, or it refused.
    """
    url = hidden(url)
    place = _place(url)
    try:
        async with asyncio.timeout(_OPEN_WITHIN):
            link = await _connect(place, on_message, on_lost, ssl_context)
            try:
                await _greet(link, place)
            except BaseException:
                link.abort("not greeted")
                raise
    except TimeoutError:
        raise ConnectionFailed(f"Redis does not answer within {_OPEN_WITHIN} s") from None
    except OSError as error:
        # The address may hold a password.
        raise ConnectionFailed(f"no connection to Redis: {type(error).__name__}") from None
    return link


def _place(url: Secret) -> dict[str, Any]:
    place: dict[str, Any] = dict(parse_url(url))
    if place.get("password"):
        place["password"] = hidden(place["password"])
    return place


async def _connect(
    place: dict[str, Any], on_message: OnMessage, on_lost: Callable[[str], None], ssl_context: ssl.SSLContext | None
) -> RedisLink:
    loop = asyncio.get_running_loop()

    def make() -> RedisLink:
        return RedisLink(on_message, on_lost)

    if "path" in place:
        return (await loop.create_unix_connection(make, place["path"]))[1]
    secure = place.get("connection_class") is SSLConnection
    context = (ssl_context or _context_of(place)) if secure else None
    host, port = place.get("host", "localhost"), place.get("port", 6379)
    return (await loop.create_connection(make, host, port, ssl=context))[1]


def _context_of(place: dict[str, Any]) -> ssl.SSLContext:
    # As redis-py reads the same address, for leases and limits.
    context = ssl.create_default_context(cafile=place.get("ssl_ca_certs"), capath=place.get("ssl_ca_path"))
    if place.get("ssl_certfile"):
        context.load_cert_chain(place["ssl_certfile"], place.get("ssl_keyfile"), place.get("ssl_password"))
    if str(place.get("ssl_check_hostname", True)).lower() in ("false", "0", "no"):
        context.check_hostname = False
    if place.get("ssl_cert_reqs") in ("none", "optional"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE if place["ssl_cert_reqs"] == "none" else ssl.CERT_OPTIONAL
    return context


async def _greet(link: RedisLink, place: dict[str, Any]) -> None:
    password = place.get("password")
    authentication = ("AUTH", place.get("username") or "default", password) if password else ()
    await link.ask("HELLO", 3, *authentication)
    if place.get("db"):
        await link.ask("SELECT", place["db"])
