"""Accepting sockets: which channel a path means, and the life of a connection from handshake to end."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import deque
from collections.abc import Callable
from typing import Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.distortion import Distortion, end
from bybit_async.simulator.sockets.order_entry import OrderEntrySession
from bybit_async.simulator.sockets.private import PrivateSession
from bybit_async.simulator.sockets.public import PublicSession
from bybit_async.simulator.venue import SimulatedVenue

_PUBLIC = re.compile(r"/v5/public/(spot|linear|inverse|option)")
_OTHERS = {"/v5/private": "private", "/v5/trade": "trade", "/v5/public/misc/status": "status"}
_DURATION = re.compile(r"(\d+)([sm])")
_SCAN = 30_000
_OPENING_WINDOW = 300_000


class Session(Protocol):
    """The talking side of a connection."""

    def receive(self, text: bytes) -> None:
        """Answer one frame of the client."""

    def leave(self) -> None:
        """The client has gone."""


class SocketServer:
    """Every WebSocket connection of one exchange."""

    def __init__(self, venue: SimulatedVenue, connection_limit: int | None, latency: float) -> None:
        self._venue = venue
        self._numbers = itertools.count(1)
        self.refusing: bool = False
        self._limit = connection_limit
        self._latency = latency
        self._opened: deque[int] = deque()

    def open(self) -> None:
        """Start looking for idle connections."""
        self._venue.clock.call_later(_SCAN, self._scan)

    def channel(self, path: str) -> str | None:
        """Return the channel that a path means, or None."""
        match = _PUBLIC.fullmatch(path)
        return match[1] if match else _OTHERS.get(path)

    async def handle(self, request: web.BaseRequest, channel: str) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if self.refusing:
            return web.Response(status=503)
        if not self._admits(self._venue.clock.now_ms()):
            return web.Response(status=403, text="too many connections")
        idle = _idle_limit(request.query.get("max_active_time", "")) if channel in ("private", "trade") else 600_000
        if idle is None:
            return web.Response(status=400, text="max_active_time is out of range")
        rule = self._venue.faults.find("connect", request.path, self._venue.clock.now_ms(), channel)
        if rule is not None and rule.action == "delay":
            await asyncio.sleep(rule.milliseconds / 1_000)
        elif rule is not None and rule.action in ("refuse", "status"):
            return web.Response(status=503 if rule.action == "refuse" else rule.status)
        socket = web.WebSocketResponse(compress=False, timeout=1.0, decode_text=False)
        await socket.prepare(request)
        number = next(self._numbers)
        conn_id = self._venue.connection_id(number)
        distortion = Distortion(self._venue.faults, self._venue.clock, self._venue.restart)
        connection = SocketConnection(
            socket, request, channel, number, conn_id, distortion.apply, self._venue.departures, self._latency
        )
        connection.opened_at = connection.active_at = self._venue.clock.now_ms()
        connection.idle_limit = idle
        session = self._session(connection)
        self._venue.connections[connection] = None
        if rule is not None:
            end(connection, rule)
        writer = asyncio.create_task(connection.write(), name=f"{channel} writer {number}")
        try:
            await self._listen(socket, connection, session)
        finally:
            self._venue.connections.pop(connection, None)
            session.leave()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    def _admits(self, now: int) -> bool:
        opened = self._opened
        while opened and opened[0] <= now - _OPENING_WINDOW:
            opened.popleft()
        opened.append(now)
        return self._limit is None or len(opened) <= self._limit

    def _session(self, connection: SocketConnection) -> Session:
        makers: dict[str, Callable[[], Session]] = {
            "private": lambda: PrivateSession(self._venue, connection),
            "trade": lambda: OrderEntrySession(self._venue, connection),
        }
        make = makers.get(connection.channel)
        return make() if make else PublicSession(self._venue.hub, connection)

    async def _listen(self, socket: web.WebSocketResponse, connection: SocketConnection, session: Session) -> None:
        async for message in socket:
            if connection.muted:
                continue
            if message.type is WSMsgType.TEXT:
                connection.received += 1
                connection.active_at = self._venue.clock.now_ms()
                session.receive(message.data)
            elif message.type is WSMsgType.BINARY:
                connection.close(WSCloseCode.UNSUPPORTED_DATA, "text frames only")

    async def shut(self) -> None:
        """End every connection and wait until all of them are gone."""
        self.refusing = True
        self._venue.drop_connections(close_frame=True)
        for _ in range(200):
            if not self._venue.connections:
                return
            await asyncio.sleep(0.005)
        self._venue.drop_connections()

    def _scan(self) -> None:
        now = self._venue.clock.now_ms()
        for connection in list(self._venue.connections):
            if now - connection.active_at >= connection.idle_limit:
                connection.close(WSCloseCode.GOING_AWAY, "idle")
        self._venue.clock.call_later(_SCAN, self._scan)


def _idle_limit(text: str) -> int | None:
    if not text:
        return 600_000
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1]) * (60 if match[2] == "m" else 1)
    return seconds * 1_000 if 30 <= seconds <= 600 else None
