"""One socket's life: handshake, authentication, heartbeat, reading, writing, and an end within a deadline."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from websockets.exceptions import InvalidProxy, InvalidStatus, WebSocketException

from bybit_async.errors import AuthenticationError, ConnectionFailed
from bybit_async.ret_codes import ORDER_ENTRY_CODES, REST_CODES, rejection
from bybit_async.stream.frame_source import FrameSource, OpenSource
from bybit_async.stream.frames import AuthAnswer, Frame, Pong, ServerPing
from bybit_async.stream.handshake import open_socket
from bybit_async.stream.router import LEAD, UNREADABLE, ReadFrame, route
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.topic_state import TopicState
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import Signer, stream_payload

OnFrame = Callable[["Connection", Frame, int], Awaitable[None] | None]
"""Takes a frame and the local nanosecond it came at; returns what to wait for before more is read."""


_TOPIC_AT = len(LEAD)

_SLICES = 10
"""In so many parts the wait for a pong is counted."""


_MOST_PONGS = 100
"""Answers to the server's pings that may wait to be sent."""


class HandshakeRefused(ConnectionFailed):
    """The server answered the handshake with an HTTP error.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[type[HandshakeRefused], tuple[str, int]]:
        return type(self), (str(self), self.status)


class Connection:
    """A socket that was opened once and is never reopened.

    Args:
        url: where to.
        channel: what speaks there.
        number: tells connections of a session apart; later ones are higher.
        settings: times and sizes.
        clock: the exchange's clock, for the authentication.
        signer: the key.
        on_frame: takes every frame that is neither heartbeat nor a message of a topic in `table`.
        read_frame: says what a frame is.
        open_source: opens the address; a WebSocket unless frames come from elsewhere.
        authenticates: whether the other side must be shown the key first; as the channel needs it unless given.

    Attributes:
        authenticates: whether the other side is shown the key first.
        opened_at: when it was opened, in local seconds; None while it is not.
        end_reason: why it ended; empty while it lives.
        table: topics whose messages go straight to their listeners while they are live, by how their frames begin.
    """

    def __init__(
        self,
        url: str,
        channel: str,
        number: int,
        *,
        settings: StreamSettings,
        clock: Clock,
        signer: Signer | None,
        on_frame: OnFrame,
        read_frame: ReadFrame = route,
        open_source: OpenSource = open_socket,
        authenticates: bool | None = None,
    ) -> None:
        self.url = url
        self.channel = channel
        self.number = number
        self.authenticates: bool = channel in ("private", "trade") if authenticates is None else authenticates
        self.opened_at: float | None = None
        self.end_reason: str = ""
        self.table: dict[bytes, TopicState] = {}
        self._settings = settings
        self._clock = clock
        self._signer = signer
        self._on_frame = on_frame
        self._read_frame = read_frame
        self._open_source = open_source
        self._socket: FrameSource | None = None
        self._outbox: deque[bytes] = deque()
        self._posted = asyncio.Event()
        self._ponged = asyncio.Event()
        self._pings = 0
        # Messages that came before they were wanted, or while a listener has no room.
        self._backlog: deque[tuple[bytes, int]] = deque()
        self._reading = self._lost = False
        self._wait: Awaitable[None] | None = None
        self._failure: Exception | None = None
        self._news = asyncio.Event()

    @property
    def takes_messages(self) -> bool:
        """Whether something can be sent: neither side has begun to close it."""
        return self._socket is not None and not self.end_reason and self._socket.is_open

    @property
    def age(self) -> float:
        """Seconds since it was opened."""
        return 0.0 if self.opened_at is None else self._clock.monotonic() - self.opened_at

    async def open(self) -> None:
        """Connect and, on private channels, authenticate.

        Raises:
            HandshakeRefused: the server answered with an HTTP error.
            ConnectionFailed: there is no server, no WebSocket, or no answer in time.
            RequestRejected: the authentication was refused, `AuthenticationError` among it.
        """
        try:
            async with asyncio.timeout(self._settings.open_timeout):
                await self._connect()
                if self.authenticates:
                    await self._authenticate()
        except InvalidStatus as error:
            status = error.response.status_code
            raise HandshakeRefused(f"{self.url} refused the handshake with HTTP {status}", status) from error
        except TimeoutError as error:
            raise ConnectionFailed(f"{self.url} did not answer within {self._settings.open_timeout} s") from error
        except (OSError, WebSocketException, EOFError) as error:
            raise ConnectionFailed(f"{self.url}: {error or type(error).__name__}") from error
        finally:
            if self.opened_at is None:
                self.abort()

    async def _connect(self) -> None:
        useless = ""
        try:
            self._socket = await self._open_source(self.url, self._settings, self._prepare)
        except InvalidProxy as error:
            # Its own words quote the address, and the password in it.
            useless = error.msg
        if useless:
            raise ConnectionFailed(f"{self.url}: the proxy cannot be used: {useless}")
        if not self.authenticates:
            self.opened_at = self._clock.monotonic()

    async def _authenticate(self) -> None:
        if self._signer is None:
            raise AuthenticationError(10003, "no key to authenticate with", path=self.channel)
        assert self._socket is not None
        expires = self._clock.now_ms() + int(self._settings.auth_margin * 1000)
        signature = self._signer.sign(stream_payload(expires))
        request = {"op": "auth", "args": [self._signer.api_key, expires, signature]}
        await self._socket.send_text(msgspec.json.encode(request))
        while True:
            frame = await self._receive()
            if isinstance(frame, AuthAnswer):
                break
        if not frame.success:
            codes = ORDER_ENTRY_CODES if self.channel == "trade" else REST_CODES
            # The private socket refuses without a code; 10004 is what the same refusal is called elsewhere.
            code = 10004 if frame.code is None else frame.code
            raise rejection(
                code, frame.message or "authentication refused", method="auth", path=self.channel, codes=codes
            )
        self.opened_at = self._clock.monotonic()

    def _prepare(self, socket: FrameSource) -> None:
        socket.max_frame = self._settings.max_frame
        socket.on_text, socket.on_lost = self._take, self._note_loss

    def _note_loss(self) -> None:
        self._lost = True
        if self._socket is not None:
            self.end_reason = self.end_reason or self._socket.complaint
        self._news.set()

    async def _receive(self) -> Frame:
        assert self._socket is not None
        while not self._backlog:
            if self._lost:
                raise self._socket.end
            await self._news.wait()
            self._news.clear()
        return route(self.channel, self._backlog.popleft()[0])

    async def run(self) -> str:
        """Read until the socket ends; return why it did."""
        assert self._socket is not None
        async with asyncio.TaskGroup() as group:
            beat = group.create_task(self._beat(), name=f"bybit_async heartbeat {self.channel} {self.number}")
            write = group.create_task(self._write(), name=f"bybit_async writer {self.channel} {self.number}")
            try:
                await self._read()
            except ConnectionFailed as error:
                self.end_reason = self.end_reason or str(error)
            finally:
                beat.cancel()
                write.cancel()
                self.end_reason = self.end_reason or "cancelled"
                await self.aclose(self.end_reason)
        return self.end_reason

    async def _read(self) -> None:
        # Messages are handled where they arrive, in `_take`. This task only waits for what cannot be handled there.
        assert self._socket is not None
        self._reading = True
        self._catch_up()
        while True:
            await self._news.wait()
            self._news.clear()
            if self._failure is not None:
                raise self._failure
            if self._wait is not None:
                await self._wait
                self._wait = None
                self._ponged.set()
                self._catch_up()
            elif self._lost:
                raise self._socket.end

    def _take(self, data: bytes, received: int) -> None:
        if self._wait is not None or not self._reading:
            self._backlog.append((data, received))
            self._news.set()
            return
        try:
            state = self.table.get(data[: data.find(b'"', _TOPIC_AT)])
            if state is None or state.phase != "live":
                self._sort_out(self._read_frame(self.channel, data), received)
                return
            try:
                message = state.decode(data)
            except UNREADABLE:
                self._sort_out(self._read_frame(self.channel, data), received)
            else:
                state.deliver(message, received)
        except Exception as error:  # noqa: BLE001  no frame may break the transport's callback: it ends `run` instead
            self._failure = self._failure or error
            self._reading = False
            self._news.set()

    def _sort_out(self, frame: Frame, received: int) -> None:
        if isinstance(frame, Pong):
            self._ponged.set()
        elif isinstance(frame, ServerPing):
            # A peer that asks and never reads must not fill the memory.
            if len(self._outbox) < _MOST_PONGS:
                self.post({"op": "pong", **({"req_id": frame.req_id} if frame.req_id else {})})
        else:
            wait = self._on_frame(self, frame, received)
            if wait is not None:
                self._hold(wait)

    def _hold(self, wait: Awaitable[None]) -> None:
        self._wait = wait
        self._news.set()
        if self._socket is not None and not self._lost:
            self._socket.pause()

    def _catch_up(self) -> None:
        while self._backlog and self._wait is None and self._reading:
            self._take(*self._backlog.popleft())
        if self._wait is None:
            if self._socket is not None and not self._lost:
                self._socket.resume()
            self._news.set()

    async def _beat(self) -> None:
        settings = self._settings
        while True:
            await asyncio.sleep(settings.ping_interval)
            self._pings += 1
            self._ponged.clear()
            self.post({"req_id": f"ping-{self.number}-{self._pings}", "op": "ping"})
            try:
                await self._pong()
            except TimeoutError:
                self.abort(f"no pong within {settings.pong_timeout} s")
                return

    async def _pong(self) -> None:
        # Waited for in slices, and one that comes late counts once: while the event loop was blocked, or a listener
        # held the reader, the pong may have been waiting unread, which says nothing about the peer.
        unheard = 0
        for _ in range(3 * _SLICES):
            try:
                async with asyncio.timeout(self._settings.pong_timeout / _SLICES):
                    await self._ponged.wait()
            except TimeoutError:
                unheard += self._wait is None
                if unheard == _SLICES and not self._ponged.is_set():
                    raise
            else:
                return

    async def _write(self) -> None:
        while True:
            await self._posted.wait()
            self._posted.clear()
            while self._outbox:
                try:
                    await self.send(self._outbox.popleft())
                except ConnectionFailed:
                    return

    def post(self, payload: Mapping[str, Any]) -> None:
        """Queue a message; order is kept. What a dying socket has not sent is lost with it."""
        self._outbox.append(msgspec.json.encode(payload))
        self._posted.set()

    async def send(self, payload: bytes | Mapping[str, Any]) -> None:
        """Send a message now.

        Raises:
            ConnectionFailed: the socket is closed, or took nothing for `ack_timeout` seconds.
        """
        if self._socket is None or self.end_reason:
            raise ConnectionFailed("the connection is closed")
        data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        try:
            async with asyncio.timeout(self._settings.ack_timeout):
                await self._socket.send_text(data)
        except TimeoutError as error:
            self.abort("the peer takes no more data")
            raise ConnectionFailed(self.end_reason) from error

    async def aclose(self, reason: str = "closed here") -> None:
        """Close with a handshake; the socket is dropped when the peer does not take part in it. Idempotent."""
        self.end_reason = self.end_reason or reason
        if self._socket is None:
            return
        try:
            async with asyncio.timeout(self._settings.close_timeout * 2):
                await self._socket.close()
        except TimeoutError:
            self.abort(reason)

    def abort(self, reason: str = "dropped") -> None:
        """Drop the socket at once."""
        self.end_reason = self.end_reason or reason
        if self._socket is not None:
            self._socket.abort()

    def __repr__(self) -> str:
        return f"<Connection {self.number} {self.channel} {self.end_reason or 'open'}>"
