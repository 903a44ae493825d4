"""Makes connections to one host: TLS with resumed sessions, both address families, and an end when the session ends."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httpx

from bybit_async import in_process
from bybit_async.errors import NotSent
from bybit_async.transport.tls import HAPPY, default_context, open_tls

C = TypeVar("C", bound=asyncio.Protocol)


class Dialer(Generic[C]):
    """Connects to one host.

    Args:
        url: scheme, host and port.
        make: makes the protocol of a connection.
        ssl_context: for hosts with a private certificate; verification is always on in the default one.
        timeout: seconds to make a connection, TLS included.

    Attributes:
        secure: whether connections are encrypted.
    """

    def __init__(
        self, url: httpx.URL, make: Callable[[], C], ssl_context: ssl.SSLContext | None, timeout: float
    ) -> None:
        self.secure: bool = url.scheme == "https"
        self._host, self._port = url.host, url.port or (443 if self.secure else 80)
        # An address leaves nothing to try side by side, and asyncio's way of doing it may lose a socket when cancelled.
        self._several = not _is_address(url.host)
        self._make = make
        self._ssl = ssl_context
        self._session: ssl.SSLSession | None = None
        self._timeout = timeout
        self._attempts: set[asyncio.Task[C]] = set()
        self._closed = False

    async def connect(self, deadline: float) -> C:
        """Return a new connection; `deadline` is in seconds of the loop's clock.

        Raises:
            NotSent: none can be opened in time.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + self._timeout)):
                return await self._attempt()
        except (OSError, ssl.SSLError) as error:  # TimeoutError is an OSError
            reason = str(error) or type(error).__name__
            raise NotSent(f"no connection to {self._host}:{self._port}: {reason}") from error

    def remember(self, session: ssl.SSLSession | None) -> None:
        """Keep the TLS session of a connection, for the next one to resume."""
        self._session = session

    async def aclose(self) -> None:
        """End every attempt to connect."""
        self._closed = True
        attempts = list(self._attempts)
        for attempt in attempts:
            attempt.cancel()
        if attempts:
            await asyncio.wait(attempts)

    async def _attempt(self) -> C:
        # A task, so that closing can end it: a host that does not answer would hold it up until its timeout.
        attempt = asyncio.create_task(self._open(), name="bybit_async connect")
        self._attempts.add(attempt)
        connection = None
        try:
            await asyncio.wait({attempt})
            if self._closed:
                raise NotSent("the session was closed while it connected")
            connection = attempt.result()
            return connection
        finally:
            self._attempts.discard(attempt)
            if connection is None:
                attempt.add_done_callback(_drop)
                attempt.cancel()

    async def _open(self) -> C:
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = HAPPY if self._several and isinstance(loop, asyncio.BaseEventLoop) else {}
        if in_process.is_in_process(self._host):
            return in_process.connect(self._host, self._make)
        if not self.secure:
            _, connection = await loop.create_connection(self._make, self._host, self._port, **options)
            return connection
        if self._ssl is None:
            self._ssl = default_context()
        try:
            _, connection = await open_tls(
                self._make, self._host, self._port, context=self._ssl, session=self._session, options=options
            )
        except ssl.SSLError:
            # Should it be the session that the host chokes on, the next attempt must go without.
            self._session = None
            raise
        return connection


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _drop(attempt: asyncio.Task[Any]) -> None:
    # The caller is gone, or has an error already.
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().abort()
