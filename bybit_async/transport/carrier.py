"""One HTTP exchange: bytes out, bytes in.

The library talks to an `HttpCarrier`. Its own is `http1.HttpPool`; any `httpx.AsyncBaseTransport` (a proxy, a mock, a
recorder) is plugged in through `HttpxCarrier`. What matters of a failure is one thing, whether the request can have
reached Bybit: `NotSent` promises that it did not, everything else leaves it open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import httpx
import msgspec

from bybit_async.errors import AnswerLost, AnswerUnreadable, NotSent

Headers = list[tuple[bytes, bytes]]

MAX_BODY = 64 * 1024 * 1024
_GRACE = 0.05
"""Seconds that httpx's own timeouts get to fire first: they know whether anything was sent."""


class RawAnswer(msgspec.Struct, frozen=True, gc=False):
    """What came back: the status, the headers (lower-case names) and the decoded body."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class HttpCarrier(Protocol):
    """Sends one request and returns its whole answer; never repeats, never follows a redirect."""

    async def exchange(
        self, method: str, target: bytes, headers: Callable[[], Headers], content: bytes, *, deadline: float
    ) -> RawAnswer:
        """Send `content` to `target` (path and query); `deadline` is in seconds of the loop's clock.

        `headers` is called when a connection is in hand and nothing is left to wait for: a signature holds for seconds
        only.

        Raises:
            NotSent: nothing reached the server.
            AnswerLost: the connection ended, or the answer stopped, after something may have been sent.
            AnswerUnreadable: what came is not HTTP, or larger than allowed.
        """
        ...

    def drop_idle(self) -> None:
        """Close the connections that wait for the next request: an answer on one of them was out of step."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


# httpx's names for a request of which nothing left this computer. All its other errors leave that open.
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
    httpx.InvalidURL,
)


class HttpxCarrier:
    """Carries requests over any httpx transport.

    The transport must raise `httpx.ConnectError`, `ConnectTimeout` or `PoolTimeout` only when nothing was sent; httpx's
    own transports do. (The `httpx-aiohttp` transport does not: it reports a connection that broke while an answer was
    awaited as `ConnectTimeout`. Orders are not safe over it.)

    httpx takes the headers before it looks for a connection, so the signature is as old as that took. A request that
    has found no connection when half of its recv window is over was not sent, and is signed again for another try.

    Args:
        transport: what carries the requests.
        base_url: scheme, host and port.
        recv_window: how long a signature holds, in milliseconds.
        max_body: the largest answer accepted, in bytes after decompression.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        base_url: str,
        *,
        recv_window: int = 5000,
        max_body: int = MAX_BODY,
    ) -> None:
        self._transport = transport
        self._fresh_for = recv_window / 2000
        self._base = httpx.URL(base_url)
        self._max_body = max_body

    async def exchange(
        self, method: str, target: bytes, headers: Callable[[], Headers], content: bytes, *, deadline: float
    ) -> RawAnswer:
        """Send one request over the httpx transport; see `HttpCarrier`."""
        url = self._base.copy_with(raw_path=target)
        left = max(deadline - asyncio.get_running_loop().time(), 0.001)
        soon = min(left, self._fresh_for)
        extensions = {"timeout": {"connect": soon, "read": left, "write": left, "pool": soon}}
        request = httpx.Request(method, url, headers=headers(), content=content or None, extensions=extensions)
        try:
            # httpx's read timeout starts again with every byte; this one does not.
            async with asyncio.timeout(left + _GRACE):
                response = await self._transport.handle_async_request(request)
                response.request = request
                try:
                    body = await self._read(response)
                finally:
                    await response.aclose()
        except _NOTHING_SENT as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        except httpx.DecodingError as error:
            raise AnswerUnreadable(str(error)) from error
        except httpx.TransportError as error:
            raise AnswerLost(f"{type(error).__name__}: {error}") from error
        except TimeoutError as error:
            raise AnswerLost("no whole answer before the deadline") from error
        return RawAnswer(response.status_code, {key.lower(): value for key, value in response.headers.raw}, body)

    def drop_idle(self) -> None:
        """Do nothing: httpx keeps its connections to itself."""

    async def _read(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._max_body:
                raise AnswerUnreadable(f"the answer is larger than {self._max_body} bytes", status=response.status_code)
            parts.append(part)
        return b"".join(parts)

    async def aclose(self) -> None:
        """Close the httpx transport."""
        await self._transport.aclose()
