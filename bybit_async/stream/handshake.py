"""From an address to an open socket: TCP, TLS, and the WebSocket handshake.

No redirect is followed: what is sent after the handshake is signed for this host. Where a proxy may be between, the
socket library connects, as it knows how to ask one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.request import getproxies

from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.uri import WebSocketURI, parse_uri

from bybit_async import in_process
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.websocket import FrameSocket
from bybit_async.transport.tls import HAPPY, default_context, open_tls

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class _NoFrames(logging.LoggerAdapter[logging.Logger]):
    """The socket library logs whole frames when it debugs, and the first one holds a key and its signature."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  the name is logging's
        return level > logging.DEBUG and super().isEnabledFor(level)


_log = _NoFrames(logging.getLogger("bybit_async.stream.socket"), {})


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def open_socket(url: str, settings: StreamSettings, prepare: Callable[[FrameSocket], None]) -> FrameSocket:
    """Return an open socket; `prepare` is called with it before anything is read.

    Raises:
        OSError: there is no connection, `ssl.SSLError` among it.
        websockets.exceptions.InvalidHandshake: the server answered with something else.
    """
    uri = parse_uri(url)
    if _proxied(uri.host, settings.proxy):
        return await _through_proxy(url, settings, prepare)
    socket = await _reach(uri, settings, prepare)
    try:
        await socket.handshake()
    except BaseException:
        socket.transport.abort()
        raise
    return socket


async def _reach(uri: WebSocketURI, settings: StreamSettings, prepare: Callable[[FrameSocket], None]) -> FrameSocket:
    def make() -> FrameSocket:
        protocol = ClientProtocol(uri, max_size=settings.max_frame, logger=_log)
        # Bybit's heartbeat is a message of its own; control pings are answered but not sent.
        socket = FrameSocket(protocol, ping_interval=None, close_timeout=settings.close_timeout)
        prepare(socket)
        return socket

    loop = asyncio.get_running_loop()
    options = HAPPY if isinstance(loop, asyncio.BaseEventLoop) and uri.host not in _LOOPBACK else {}
    if in_process.is_in_process(uri.host):
        return in_process.connect(uri.host, make)
    if uri.secure:
        context = settings.ssl_context or default_context()
        _, socket = await open_tls(make, uri.host, uri.port, context=context, options=options)
    else:
        _, socket = await loop.create_connection(make, uri.host, uri.port, **options)
    return socket


async def _through_proxy(url: str, settings: StreamSettings, prepare: Callable[[FrameSocket], None]) -> FrameSocket:
    def make(*args: Any, **options: Any) -> FrameSocket:
        socket = FrameSocket(*args, **options)
        prepare(socket)
        return socket

    secure: dict[str, Any] = {"ssl": settings.ssl_context or default_context()} if url.startswith("wss:") else {}
    socket: FrameSocket = await _Connect(
        url,
        compression=None,
        ping_interval=None,
        open_timeout=None,
        close_timeout=settings.close_timeout,
        max_size=settings.max_frame,
        logger=_log,
        proxy=settings.proxy,
        create_connection=make,  # type: ignore[arg-type]
        **secure,
    )  # type: ignore[assignment]
    return socket


def _proxied(host: str, proxy: Any) -> bool:
    if host in _LOOPBACK or in_process.is_in_process(host) or proxy is None:
        return False
    # Which of them is for this host, if any, the socket library finds out.
    return proxy is not True or bool(getproxies())
