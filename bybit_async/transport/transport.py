"""The path of one REST call: wait for its slot, sign, send, read, and decide what a failure means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote

import msgspec

from bybit_async.errors import (
    BybitError,
    ClockSkewed,
    DeadlineExceeded,
    HostBanned,
    InvalidParameter,
    MissingCredentials,
    NotSent,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    RegionBlocked,
    RequestRejected,
    SessionClosed,
    TransportError,
)
from bybit_async.transport.answer import read_answer, read_limit, read_trace_id
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint, get
from bybit_async.transport.hooks import Hooks, RequestEvent, ResponseEvent, RetryEvent, tell
from bybit_async.transport.http import Exchange, Headers
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.multipart import Files, multipart
from bybit_async.transport.outcome import OnUnknown, Resolver, completed, settled, unknown_outcome
from bybit_async.transport.pauses import Pauses
from bybit_async.transport.retry import Repetition, outcome_open, repeat
from bybit_async.transport.signing import Signer, rest_payload
from bybit_async.wire import Response, plain

log = logging.getLogger("bybit_async.transport")

_SERVER_TIME = get("/v5/market/time", "market.get_server_time", dict, signed=False)
_JSON = b"application/json"

_FIRST_MS, _LAST_MS = 1_000_000_000_000, 10_000_000_000_000
"""What lies before 2001 or after 2286 is no time in milliseconds: nothing may be signed with it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
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
        if self.attempts < 1:
            raise InvalidParameter("attempts", f"expected at least 1, got {self.attempts}")
        if self.referer is not None and not (self.referer.isascii() and self.referer.isprintable()):
            raise InvalidParameter("referer", "expected printable ASCII")


class Transport:
    """Sends requests to one environment. Its methods belong to the event loop that made it.

    Args:
        exchange: carries the bytes.
        clock: exchange time, shared with the streams.
        limits: the buckets, shared by everything that sends.
        signer: the key, or None for public data only.

    Attributes:
        resolve_unknown: finds out what became of writes whose answers were lost, when set.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        clock: Clock,
        limits: RateLimits,
        signer: Signer | None = None,
        settings: Settings | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._limits = limits
        self._signer = signer
        self._settings = settings or Settings()
        self._hooks = hooks or Hooks()
        self._closed = False
        self._pauses = Pauses()
        self._syncing: asyncio.Task[None] | None = None
        self._plain_headers, self._signed_headers = self._fixed_headers()
        self.resolve_unknown: Resolver | None = None

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
        """
        if self._closed:
            raise SessionClosed("the session is closed")
        if endpoint.signed and self._signer is None:
            raise MissingCredentials("api_key", f"{endpoint.name} is signed and this session has no key")
        if timeout is not None and not timeout > 0:
            raise InvalidParameter("timeout", f"expected a positive number of seconds, got {timeout}")
        deadline = asyncio.get_running_loop().time() + (timeout or self._settings.timeout)
        call = _Call(self, endpoint, params, deadline, files)
        if not endpoint.write:
            return await call.run()
        resolver = self.resolve_unknown if (on_unknown or self._settings.on_unknown) == "resolve" else None
        try:
            answer = await call.run()
        except (OutcomeUnknown, OrderNotFound) as error:
            return await settled(resolver, endpoint, params, error)
        if not endpoint.cost:
            return answer
        repeated = call.attempts > 1
        return await completed(resolver, endpoint, params, answer, repeated=repeated, sent_at=call.sent_at)

    async def ensure_clock(self, *, deadline: float | None = None) -> None:
        """Measure the exchange's clock unless it is known; concurrent callers share one measurement.

        Raises:
            NotSent: the time could not be had; nothing that depends on it was sent.
            HostBanned: the host has shut this address out.
            RegionBlocked: it does not serve this address.
        """
        if self._clock.synced:
            return
        if self._syncing is None or self._syncing.done():
            self._syncing = asyncio.create_task(self._measure_clock(), name="bybit_async clock")
            # Its failure reaches whoever waits; with every waiter cancelled it must not be reported as forgotten.
            self._syncing.add_done_callback(lambda task: task.cancelled() or task.exception())
        measuring = self._syncing
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.wait({measuring})
        except TimeoutError as error:
            raise DeadlineExceeded("the deadline passed while measuring the exchange's time") from error
        if measuring.cancelled():
            # By `aclose`. Its cancellation must not look like one of the task that waits here.
            raise SessionClosed("the session is closed")
        try:
            measuring.result()
        except (HostBanned, RegionBlocked):
            raise
        except (TransportError, RequestRejected) as error:
            # It was the question for the time that was refused, whatever the code would mean for an order.
            raise NotSent(f"the exchange's time is unknown: {error}") from error

    async def aclose(self) -> None:
        """Refuse new calls and close every connection."""
        self._closed = True
        self._pauses.close()
        self._limits.close()
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await self._exchange.aclose()

    async def _measure_clock(self) -> None:
        await self.call(_SERVER_TIME, {}, timeout=min(5.0, self._settings.timeout))

    def _fixed_headers(self) -> tuple[Headers, Headers]:
        plain_headers: Headers = [(b"User-Agent", b"bybit_async"), (b"Accept-Encoding", b"gzip, deflate")]
        if self._signer is None:
            return plain_headers, plain_headers
        signed = [
            *plain_headers,
            (b"X-BAPI-API-KEY", self._signer.api_key.encode()),
            (b"X-BAPI-RECV-WINDOW", b"%d" % self._settings.recv_window),
        ]
        if self._settings.referer is not None:
            signed += [(b"Referer", self._settings.referer.encode()), (b"X-Referer", self._settings.referer.encode())]
        return plain_headers, signed

    def _headers(self, endpoint: Endpoint, content: bytes, content_type: bytes, now: int) -> Headers:
        headers = list(self._plain_headers)
        if endpoint.signed:
            # Signed here, per attempt and after every wait, so that the timestamp is always fresh.
            signer = cast(Signer, self._signer)
            payload = rest_payload(now, signer.api_key, self._settings.recv_window, content)
            headers = [
                *self._signed_headers,
                (b"X-BAPI-TIMESTAMP", b"%d" % now),
                (b"X-BAPI-SIGN", signer.sign(payload).encode()),
            ]
        if endpoint.method == "POST":
            headers.append((b"Content-Type", content_type))
        return headers


class _Call:
    """One call on its way: what is sent, until when, and how often it was tried.

    Attributes:
        sent_at: the timestamp of the first attempt that was not refused for it.
    """

    __slots__ = (
        "_attempt", "_content", "_content_type", "_deadline", "_endpoint", "_not_before", "_params", "_refusal", "_t",
        "_target", "_trace_headers", "sent_at",
    )  # fmt: skip

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        deadline: float,
        files: Files | None,
    ) -> None:
        self._t = transport
        self._endpoint = endpoint
        self._params = params
        self._deadline = deadline
        self._attempt = 0
        self.sent_at: int | None = None
        self._not_before = 0.0
        self._refusal: RequestRejected | None = None
        # The headers of the last answer; its trace id is read only where somebody is told of it.
        self._trace_headers: Mapping[bytes, bytes] = {}
        self._content_type = _JSON
        self._target = endpoint.path.encode("ascii")
        if files is not None:
            self._content, self._content_type = multipart(params, files)
        elif endpoint.method == "GET":
            self._content = query_string(params)
            if self._content:
                self._target += b"?" + self._content
        else:
            self._content = json_body(params)

    @property
    def attempts(self) -> int:
        """How often it was sent."""
        return self._attempt

    async def run(self) -> Response[Any]:
        repetition = Repetition(self._endpoint)
        try:
            try:
                return await self._once()
            except BybitError as error:
                if self._t._settings.attempts == 1:
                    raise
                return await repeat(
                    error,
                    self._once,
                    repetition=repetition,
                    attempts=self._t._settings.attempts,
                    deadline=self._deadline,
                    before=self._retrying,
                    sleep=self._t._pauses.sleep,
                )
        except NotSent as error:
            if self._refusal is None:
                raise
            # It was sent before, and refused: that no time or no connection was left for another try is not the news.
            raise self._refusal from error
        except BybitError as error:
            if not outcome_open(self._endpoint, error, self._attempt):
                raise
            code = getattr(error, "ret_code", None)
            reason = str(code) if code is not None else type(error).__name__
            unknown = unknown_outcome(self._endpoint.name, self._params, reason, str(error))
            unknown.trace_id, unknown.sent_at = error.trace_id, self.sent_at
            raise unknown from error

    async def _once(self) -> Response[Any]:
        t, endpoint = self._t, self._endpoint
        if t._closed:
            raise SessionClosed("the session is closed")
        if self._not_before:
            await self._cool_down()
        if endpoint.signed and not t._clock.synced:
            await t.ensure_clock(deadline=self._deadline)
        await t._limits.slot(endpoint, self._params, self._deadline)
        if asyncio.get_running_loop().time() >= self._deadline:
            raise DeadlineExceeded("the deadline passed before the request was sent")
        self._attempt += 1
        if t._hooks.on_request is not None:
            tell(t._hooks.on_request, RequestEvent(endpoint.name, endpoint.method, endpoint.path, self._attempt))
        now = t._clock.now_ms()
        self.sent_at = self.sent_at or now
        headers = t._headers(endpoint, self._content, self._content_type, now)
        sent = t._clock.monotonic()
        self._trace_headers = {}
        try:
            answer = await self._send(headers, sent)
        except BybitError as error:
            error.trace_id = read_trace_id(self._trace_headers)
            self._account_for(error)
            self._report(sent, error=error)
            raise
        self._report(sent, response=answer)
        return answer

    async def _send(self, headers: Headers, sent: float) -> Response[Any]:
        t, endpoint = self._t, self._endpoint
        raw = await t._exchange.exchange(endpoint.method, self._target, headers, self._content, deadline=self._deadline)
        received = t._clock.monotonic()
        self._trace_headers = raw.headers
        limit = read_limit(raw.headers)
        if limit is not None:
            t._limits.learn(endpoint, self._params, limit)
        answer = read_answer(endpoint, raw.body, self._params, status=raw.status, limit=limit, now_ms=t._clock.now_ms())
        if answer.time is not None and _FIRST_MS < answer.time < _LAST_MS:
            t._clock.learn(sent, received, answer.time)
        return answer

    def _account_for(self, error: BybitError) -> None:
        if isinstance(error, HostBanned):
            self._t._limits.ban(error)
        elif isinstance(error, RateLimited):
            self._refusal = error
            wait = self._t._limits.refused(self._endpoint, self._params, error.until)
            self._not_before = asyncio.get_running_loop().time() + wait
        elif isinstance(error, ClockSkewed):
            self._refusal, self.sent_at = error, None
            self._t._clock.distrust()

    async def _cool_down(self) -> None:
        # The bucket holds this call up too, where there is one: not for endpoints without a known limit, nor when the
        # session leaves the pace to its user.
        wait, self._not_before = self._not_before - asyncio.get_running_loop().time(), 0.0
        if wait > self._deadline - asyncio.get_running_loop().time():
            raise DeadlineExceeded("the rate limit leaves no time to send this before its deadline")
        if wait > 0:
            await self._t._pauses.sleep(wait)

    def _retrying(self, attempt: int, error: BaseException) -> None:
        log.info("%s: attempt %d failed (%s), trying again", self._endpoint.name, attempt, type(error).__name__)
        tell(self._t._hooks.on_retry, RetryEvent(self._endpoint.name, attempt, error))

    def _report(self, sent: float, *, response: Response[Any] | None = None, error: BybitError | None = None) -> None:
        hook = self._t._hooks.on_response
        debugging = log.isEnabledFor(logging.DEBUG)
        if hook is None and not debugging:
            return
        seconds = self._t._clock.monotonic() - sent
        limit = response.limit if response is not None else None
        e = self._endpoint
        if hook is not None:
            tell(hook, ResponseEvent(e.name, e.method, e.path, self._attempt, seconds, response, error, limit))
        if debugging:
            outcome = "ok" if error is None else f"{type(error).__name__} {getattr(error, 'ret_code', '')}"
            left = limit.remaining if limit is not None else None
            log.debug(
                "%s %s: %s in %.1f ms, limit left %s, trace id %s",
                e.method, e.path, outcome, seconds * 1000, left, read_trace_id(self._trace_headers),
            )  # fmt: skip


def query_string(params: Mapping[str, Any]) -> bytes:
    """Encode parameters as they are signed and sent; a cursor that came percent-encoded stays as it came."""
    parts = []
    for name, value in params.items():
        safe = "%" if name == "cursor" else ""
        parts.append(f"{quote(name, safe='')}={quote(_text(value), safe=safe)}")
    return "&".join(parts).encode("ascii")


def json_body(params: Mapping[str, Any]) -> bytes:
    """Encode a JSON body; numbers given as `Decimal` go out as plain decimal text."""
    return _encoder.encode(params)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | float):
        return plain(value)
    if isinstance(value, list | tuple):
        return ",".join(_text(item) for item in value)
    return str(value)


_encoder = msgspec.json.Encoder(decimal_format="string")

__all__ = ["Settings", "Transport", "json_body", "query_string"]
