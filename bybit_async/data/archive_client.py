"""One file of the public archive: fetched within bounds, onto disk where it is large, and unpacked as it is read.

The other end is not trusted with this machine's memory, disk or time: a file ends within its time, is
not larger than a file of the archive can be, does not unpack to many times its size, and is never fetched unencrypted
because a redirect says so.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import ipaddress
import ssl
import tempfile
import time
import zipfile
import zlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import IO, Any, cast

import httpx
import msgspec
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from bybit_async import in_process
from bybit_async.errors import AnswerLost, AnswerUnreadable, NotSent, TransportError
from bybit_async.transport.http1 import HttpPool

_ATTEMPTS = 4
FIRST_WAIT = 0.5
"""Seconds before the second attempt."""
_FILES_AT_ONCE = 20
"""Files that are asked for in a second: an address that asks too fast is refused everything."""
_IN_MEMORY = 32 << 20
_PEEKED = 1 << 16
_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def _may_pass(error: BaseException) -> bool:
    """Whether another attempt may help: nothing came, or the server says that it is busy or broken."""
    if isinstance(error, AnswerUnreadable):
        return error.status >= 500 or error.status == 429
    return isinstance(error, TransportError)


class ArchiveLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one file may take.

    Attributes:
        size: bytes as it is sent.
        unpacked: bytes once it is unpacked.
        ratio: times its packed size that it may unpack to. Tables and recordings unpack to 5 to 15 times.
        slack: bytes that any file may unpack to, however small it is.
        seconds: for the whole file, with every attempt.
        grace: seconds that may pass before the slowest speed counts.
        slowest: bytes a second, on average.
        redirects: how many are followed.
    """

    size: int = 4 << 30
    unpacked: int = 32 << 30
    ratio: int = 100
    slack: int = 16 << 20
    seconds: float = 3600.0
    grace: float = 30.0
    slowest: int = 16 << 10
    redirects: int = 5


class ArchiveClient:
    """Fetches files over HTTP.

    Args:
        ssl_context: what to trust, instead of the usual certificates.
        limits: how much one file may take.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None, limits: ArchiveLimits) -> None:
        self._ssl_context = ssl_context
        self._limits = limits
        self._client: httpx.AsyncClient | None = None
        self._pace = AsyncLimiter(_FILES_AT_ONCE, 1.0)

    async def fetch(self, url: str) -> IO[bytes] | None:
        """Return a file, packed as it is there, for the caller to close; None if there is no such file.

        Raises:
            TransportError: it was not available: refused (403, which is what a banned address gets), broken off, too
                slow, too large.
        """
        asking = AsyncRetrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(FIRST_WAIT, max=4.0) + wait_random(0, FIRST_WAIT / 5),
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await asking(self._attempt, url)
        except TimeoutError:
            failed = asking.statistics.get("attempt_number", 1) - 1
            allowed = f"{self._limits.seconds:g} s"
            raise AnswerLost(f"{url} did not come within {allowed}, after {failed} failed attempts") from None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _attempt(self, url: str) -> IO[bytes] | None:
        await self._pace.acquire()
        try:
            return await self._ask(url)
        except httpx.ConnectError as error:
            raise NotSent(f"{url}: {error}") from error
        except httpx.HTTPError as error:
            raise AnswerLost(f"{url}: {error!r}") from error

    async def _ask(self, url: str) -> IO[bytes] | None:
        given = target = httpx.URL(url)
        if self._client is None:
            here = in_process.is_in_process(given.host)
            self._client = httpx.AsyncClient(
                timeout=self._limits.grace,
                verify=self._ssl_context or True,
                transport=HttpPool(url) if here else None,
            )
        for _ in range(self._limits.redirects + 1):
            # As it lies there: what httpx would unpack by itself has no bound.
            request = self._client.build_request("GET", target, headers={"Accept-Encoding": "identity"})
            answer = await self._client.send(request, stream=True)
            try:
                if answer.has_redirect_location:
                    target = redirected(given, target, answer.headers["Location"])
                    continue
                if answer.status_code == 404:
                    return None
                if answer.status_code != 200:
                    raise AnswerUnreadable(_refusal(url, answer.status_code), status=answer.status_code)
                return await self._receive(url, answer)
            finally:
                await answer.aclose()
        raise AnswerUnreadable(f"{url}: more than {self._limits.redirects} redirects")

    async def _receive(self, url: str, answer: httpx.Response) -> IO[bytes]:
        limits, began, received = self._limits, time.monotonic(), 0
        file = cast(IO[bytes], tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - the caller closes it
        try:
            async with aclosing(cast(AsyncGenerator[bytes], answer.aiter_raw())) as chunks:
                async for chunk in chunks:
                    received += len(chunk)
                    if received > limits.size:
                        raise AnswerUnreadable(f"{url} is larger than {limits.size:,} bytes, which no archive file is")
                    if time.monotonic() - began > limits.grace + received / limits.slowest:
                        raise httpx.ReadTimeout(f"slower than {limits.slowest:,} bytes a second")
                    file.write(chunk)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file


def _refusal(url: str, status: int) -> str:
    if status == 403:
        return f"{url}: HTTP 403: the archive refuses this address for now; ask again later"
    return f"{url}: HTTP {status}"


def redirected(given: httpx.URL, current: httpx.URL, location: str) -> httpx.URL:
    """Return where a redirect leads.

    Raises:
        AnswerUnreadable: to an address that is not encrypted. Only this machine's own may be, and only for those who
            gave an unencrypted address themselves.
    """
    try:
        target = current.join(location)
    except httpx.InvalidURL as error:
        raise AnswerUnreadable(f"{given} redirects to {location!r}, which is not an address") from error
    if target.scheme == "https" or (target.scheme == given.scheme == "http" and _loopback(target.host)):
        return target
    raise AnswerUnreadable(f"{given} redirects to {target}, which is not encrypted")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Bounded(io.RawIOBase):
    """A stream that ends with an error once it has given more than its bound, or turns out to be broken."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self._stream = stream
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            content = self._stream.read(len(buffer))
        except _BROKEN as error:
            raise AnswerUnreadable(f"an archive file that is damaged: {error}") from error
        self._budget.spend(len(content))
        buffer[: len(content)] = content
        return len(content)


class _Budget:
    def __init__(self, limits: ArchiveLimits, packed: int) -> None:
        self._left = self._limit = min(limits.unpacked, limits.slack + limits.ratio * packed)

    def spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise AnswerUnreadable(f"an archive file that unpacks to more than {self._limit:,} bytes")


def unpacked(file: IO[bytes], limits: ArchiveLimits) -> Iterator[io.BufferedReader[Any]]:
    """Iterate over what a packed file holds, each to be read before the next: one stream, or the members of a zip.

    Some of the older files are packed twice. Reading raises `AnswerUnreadable` where the file is broken, or unpacks to
    more than it may.
    """
    packed = file.seek(0, io.SEEK_END)
    if not packed:
        raise AnswerUnreadable("an archive file without a byte")
    file.seek(0)
    head = file.read(2)
    file.seek(0)
    budget = _Budget(limits, packed)
    if head == _ZIP:
        yield from _members(file, budget)
        return
    reader = io.BufferedReader(_Bounded(file, _Budget(limits, packed)), _PEEKED)
    while reader.peek(2)[:2] == _GZIP:
        layer = cast(IO[bytes], gzip.GzipFile(fileobj=reader))
        reader = io.BufferedReader(_Bounded(layer, budget), _PEEKED)
    yield reader


def _members(file: IO[bytes], budget: _Budget) -> Iterator[io.BufferedReader[Any]]:
    try:
        with zipfile.ZipFile(file) as packed:
            names = [entry.filename for entry in packed.infolist() if not entry.is_dir()]
            if not names:
                raise AnswerUnreadable("an archive file that holds no file")
            for name in names:
                with packed.open(name) as member:
                    yield io.BufferedReader(_Bounded(member, budget), _PEEKED)
    except _BROKEN as error:
        raise AnswerUnreadable(f"an archive file that is damaged: {error}") from error
