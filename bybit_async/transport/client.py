"""The REST side of a session: checks a call, starts it, and finds out what happened to it where its answer was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from bybit_async.errors import (
    DeadlineExceeded,
    HostBanned,
    InvalidParameter,
    MissingCredentials,
    NotSent,
    RegionBlocked,
    RequestRejected,
    SessionClosed,
    TransportError,
)
from bybit_async.event_loop import HomeLoop
from bybit_async.transport.call import Call, CallContext
from bybit_async.transport.carrier import Headers, HttpCarrier
from bybit_async.transport.clock import Clock
from bybit_async.transport.encoding import json_body, query_string
from bybit_async.transport.endpoint import Endpoint, get
from bybit_async.transport.hooks import Hooks
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.multipart import Files, multipart
from bybit_async.transport.pauses import Pauses
from bybit_async.transport.resolution import OnUnknown, Resolution
from bybit_async.transport.signing import Signer, signed_prefix
from bybit_async.wire import Response

_SERVER_TIME = get("/v5/market/time", "market.get_server_time", dict, signed=False)
_JSON = b"application/json"


class RestSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How requests are sent.

    Attributes:
        recv_window: how long a signed request stays valid, in milliseconds, 1 to 60,000.
        timeout: seconds a call may take altogether: waiting, sending, repeating.
        attempts: how often one call is tried at most, where trying again is safe.
        referer: a broker's id, sent with signed requests.
        on_unknown: whether the outcome of a write whose answer was lost is looked for, unless the call says otherwise.
    """

    recv_window: int = 5000
    timeout: float = 10.0
    attempts: int = 4
    referer: str | None = None
    on_unknown: OnUnknown = "resolve"

    def __post_init__(self) -> None:
        if not 1 <= self.recv_window <= 60_000:
            raise InvalidParameter("recv_window", f"expected 1 to 60000 milliseconds, got {self.recv_window}")
        if not self.timeout > 0:
            raise InvalidParameter("timeout", f"expected a positive number of seconds, got {self.timeout}")
        if self.on_unknown not in ("resolve", "raise"):
            raise InvalidParameter("on_unknown", f"expected one of resolve, raise, got {self.on_unknown!r}")
        if self.attempts < 1:
            raise InvalidParameter("attempts", f"expected at least 1, got {self.attempts}")
        if self.referer is not None and not (self.referer.isascii() and self.referer.isprintable()):
            raise InvalidParameter("referer", "expected printable ASCII")


class RestClient:
    """Sends requests to one environment. It belongs to the event loop of its first use.

    Args:
        carrier: carries the bytes.
        clock: exchange time, shared with the streams.
        limits: the buckets, shared by everything that sends.
        signer: the key, or None for public data only.
        home: the event loop of the session that this is a part of.

    Attributes:
        context: what its calls work with.
        resolution: finds out what happened to writes whose answers were lost.
    """

    def __init__(
        self,
        carrier: HttpCarrier,
        *,
        clock: Clock,
        limits: RateLimits,
        signer: Signer | None = None,
        settings: RestSettings | None = None,
        hooks: Hooks | None = None,
        resolution: Resolution | None = None,
        home: HomeLoop | None = None,
    ) -> None:
        self._settings = settings = settings or RestSettings()
        self._home = home or HomeLoop()
        self._syncing: asyncio.Task[None] | None = None
        self.resolution: Resolution = resolution or Resolution(clock)
        fixed: Headers = [(b"User-Agent", b"bybit_async"), (b"Accept-Encoding", b"gzip, deflate")]
        self.context: CallContext = CallContext(
            carrier=carrier,
            clock=clock,
            limits=limits,
            hooks=hooks or Hooks(),
            pauses=Pauses(),
            ensure_clock=self.ensure_clock,
            signer=signer,
            plain_headers=fixed,
            signed_headers=fixed if signer is None else fixed + _headers_of_key(signer, settings),
            signed_prefix=b"" if signer is None else signed_prefix(signer.api_key, settings.recv_window),
            attempts=settings.attempts,
        )

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        files: Files | None = None,
        on_unknown: OnUnknown | None = None,
    ) -> Response[Any]:
        """Send one request and return its whole answer.

        Args:
            endpoint: what to call.
            params: wire names and values; None values must be dropped already.
            timeout: seconds for the whole call, instead of the session's.
            files: parts of a multipart upload.
            on_unknown: instead of the session's: ``"resolve"`` looks for the outcome of a write whose answer was lost,
                which takes time of its own; ``"raise"`` raises at once.

        Raises:
            RequestRejected: Bybit refused.
            OutcomeUnknown: a write whose answer was lost, and of which nothing could be found out.
            TransportError: a read that got no usable answer.
            SessionClosed: the session is closed.
            WrongEventLoop: the session belongs to another event loop.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._home.loop:
            self._home.check()
        if endpoint.signed and self.context.signer is None:
            raise MissingCredentials(
                "api_key",
                f"{endpoint.name} is signed and the session has no key: pass api_key and api_secret, or use from_env()",
            )
        if timeout is not None and not timeout > 0:
            raise InvalidParameter("timeout", f"expected a positive number of seconds, got {timeout}")
        target, content_type = endpoint.path.encode("ascii"), _JSON
        if files is not None:
            content, content_type = multipart(params, files)
        elif endpoint.method == "POST":
            content = json_body(params)
        else:
            content = query_string(params)
            target = target + b"?" + content if content else target
        call = Call(
            context=self.context, endpoint=endpoint, params=params, target=target, content=content,
            content_type=content_type, deadline=loop.time() + (timeout or self._settings.timeout),
        )  # fmt: skip
        if not endpoint.write:
            return await call.run()
        ask = (on_unknown or self._settings.on_unknown) == "resolve"
        return await self.resolution.of(call.run(), endpoint, params, call.first, ask=ask)

    async def ensure_clock(self, *, deadline: float | None = None) -> None:
        """Measure the exchange's clock unless it is known; concurrent callers share one measurement.

        Raises:
            NotSent: the time was not available; nothing that depends on it was sent.
            HostBanned: the host has shut this address out.
            RegionBlocked: it does not serve this address.
            WrongEventLoop: the session belongs to another event loop.
        """
        self._home.check()
        if self.context.clock.synced:
            return
        if self._syncing is None or self._syncing.done():
            self._syncing = asyncio.create_task(self._measure_clock(), name="bybit_async clock")
            # Its failure reaches the waiters; with every waiter cancelled it must not be reported as forgotten.
            self._syncing.add_done_callback(lambda task: task.cancelled() or task.exception())
        measuring = self._syncing
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.wait({measuring})
        except TimeoutError as error:
            raise DeadlineExceeded("the deadline passed while measuring the exchange's time") from error
        if measuring.cancelled():
            # By `aclose`. Its cancellation must not look like one of the task that waits here.
            raise SessionClosed()
        try:
            measuring.result()
        except (HostBanned, RegionBlocked):
            raise
        except (TransportError, RequestRejected) as error:
            # It was the question for the time that was refused, whatever the code would mean for an order.
            raise NotSent(f"the exchange's time is unknown: {error}") from error

    async def aclose(self) -> None:
        """Refuse new calls and close every connection.

        Raises:
            WrongEventLoop: the session belongs to another event loop.
        """
        self._home.check()
        self.context.pauses.close()
        await self.context.limits.aclose()
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await self.context.carrier.aclose()

    async def _measure_clock(self) -> None:
        await self.call(_SERVER_TIME, {}, timeout=min(5.0, self._settings.timeout))


def _headers_of_key(signer: Signer, settings: RestSettings) -> Headers:
    headers = [
        (b"X-BAPI-API-KEY", signer.api_key.encode()),
        (b"X-BAPI-RECV-WINDOW", b"%d" % settings.recv_window),
    ]
    if settings.referer is not None:
        headers += [(b"Referer", settings.referer.encode()), (b"X-Referer", settings.referer.encode())]
    return headers
