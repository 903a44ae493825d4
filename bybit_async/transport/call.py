"""One call on its way: wait for its turn, send, read, and go on as the policy says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from bybit_async.backoff import Backoff
from bybit_async.errors import (
    AnswerMismatched,
    BybitError,
    ClockSkewed,
    DeadlineExceeded,
    HostBanned,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    SessionClosed,
)
from bybit_async.models.trade.acknowledgements import contradiction
from bybit_async.transport.answer import read_answer, read_limit, read_trace_id
from bybit_async.transport.carrier import Headers, HttpCarrier, RawAnswer
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.hooks import Hooks, RequestEvent, ResponseEvent, RetryEvent, tell
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.pauses import Pauses
from bybit_async.transport.policy import Attempt, Consequence, consequence
from bybit_async.transport.resolution import FirstSending, unknown_outcome
from bybit_async.transport.signing import Signer
from bybit_async.wire import Response

log: logging.Logger = logging.getLogger("bybit_async.transport")

_FIRST_MS, _LAST_MS = 1_000_000_000_000, 10_000_000_000_000
"""What lies before 2001 or after 2286 is no time in milliseconds: nothing may be signed with it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


class EnsureClock(Protocol):
    """Measures the exchange's clock unless it is known."""

    async def __call__(self, *, deadline: float | None = None) -> None:
        """Return when it is known; `deadline` in seconds of the loop's clock."""
        ...


class CallContext(msgspec.Struct, kw_only=True):
    """What every call of a session works with.

    Attributes:
        plain_headers: those of every request.
        signed_headers: those of every signed request, except the timestamp and the signature.
        signed_prefix: what is signed between the timestamp and the content.
        attempts: how often one call is tried at most.
        on_raw_answer: is shown each answer as it came, and the seconds it took, in the task of the call.
    """

    carrier: HttpCarrier
    clock: Clock
    limits: RateLimits
    hooks: Hooks
    pauses: Pauses
    ensure_clock: EnsureClock
    signer: Signer | None
    plain_headers: Headers
    signed_headers: Headers
    signed_prefix: bytes
    attempts: int
    on_raw_answer: Callable[[RawAnswer, float], None] | None = None


class Call(msgspec.Struct, kw_only=True):
    """One call: what is sent, until when, and how often it was tried.

    Attributes:
        target: the path, and the query of a GET.
        content: the body of a POST; of a GET the query, which is what is signed.
        deadline: seconds of the loop's clock.
        number: how many attempts were made.
        first: when the first attempt left that was not refused for its timestamp.
    """

    context: CallContext
    endpoint: Endpoint
    params: Mapping[str, Any]
    target: bytes
    content: bytes
    content_type: bytes
    deadline: float
    number: int = 0
    first: FirstSending = msgspec.field(default_factory=FirstSending)
    _sent: float = 0.0
    _backoff: Backoff | None = None
    _clock_was_measured: bool = False
    _pause: float = 0.0
    _refusal: RequestRejected | None = None
    # The headers of the last answer; its trace id is read only if it is reported.
    _answer_headers: Mapping[bytes, bytes] = {}

    async def run(self) -> Response[Any]:
        """Return the answer.

        Raises:
            OutcomeUnknown: a write whose answer was lost.
            BybitError: whatever else the last attempt ended with.
        """
        while True:
            try:
                return await self._attempt()
            except BybitError as error:
                pause = self._pause_after(error)
            if pause > 0:
                await self.context.pauses.sleep(pause)

    async def _attempt(self) -> Response[Any]:
        context, endpoint = self.context, self.endpoint
        self.number += 1
        if context.pauses.closed:
            raise SessionClosed()
        if endpoint.signed and not context.clock.synced:
            await context.ensure_clock(deadline=self.deadline)
        await context.limits.slot(endpoint, self.params, self.deadline)
        if asyncio.get_running_loop().time() >= self.deadline:
            raise DeadlineExceeded("the deadline passed before the request was sent")
        if context.hooks.on_request is not None:
            tell(context.hooks.on_request, RequestEvent(endpoint.name, endpoint.method, endpoint.path, self.number))
        self._sent, self._answer_headers = context.clock.monotonic(), {}
        body = self.content if endpoint.method == "POST" else b""
        try:
            raw = await context.carrier.exchange(
                endpoint.method, self.target, self._headers, body, deadline=self.deadline
            )
            answer = self._read(raw)
        except BybitError as error:
            error.trace_id = read_trace_id(self._answer_headers)
            self._account_for(error)
            self._report(error=error)
            raise
        self._report(response=answer)
        return answer

    def _headers(self) -> Headers:
        """Return the headers, signed for this moment: called when the request has a connection to leave by."""
        context = self.context
        now = context.clock.now_ms()
        self.first.note(context.clock, now)
        self._sent = context.clock.monotonic()
        if self.endpoint.signed and context.signer is not None:
            headers = [
                *context.signed_headers,
                (b"X-BAPI-TIMESTAMP", b"%d" % now),
                (b"X-BAPI-SIGN", context.signer.sign(b"%d%b%b" % (now, context.signed_prefix, self.content)).encode()),
            ]
        else:
            headers = list(context.plain_headers)
        if self.endpoint.method == "POST":
            headers.append((b"Content-Type", self.content_type))
        return headers

    def _read(self, raw: RawAnswer) -> Response[Any]:
        context, endpoint, params = self.context, self.endpoint, self.params
        received = context.clock.monotonic()
        self._answer_headers = raw.headers
        if context.on_raw_answer is not None:
            context.on_raw_answer(raw, received - self._sent)
        limit = read_limit(raw.headers)
        if limit is not None:
            context.limits.learn(endpoint, params, limit)
        now = context.clock.now_ms()
        answer = read_answer(endpoint, raw.body, params, status=raw.status, limit=limit, now_ms=now)
        if endpoint.write:
            words = contradiction(endpoint.path, params, answer.result)
            if words is not None:
                # Whatever comes next on that connection may be out of step too.
                context.carrier.drop_idle()
                raise AnswerMismatched(f"the answer belongs to another request: {words}")
        if answer.time is not None and _FIRST_MS < answer.time < _LAST_MS:
            context.clock.learn(self._sent, received, answer.time)
        return answer

    def _account_for(self, error: BybitError) -> None:
        if isinstance(error, HostBanned):
            self.context.limits.ban(error)
        elif isinstance(error, RateLimited):
            self._refusal = error
            self._pause = self.context.limits.refused(self.endpoint, self.params, error.until)
        elif isinstance(error, ClockSkewed):
            self._refusal = error
            self.first.forget()
            self.context.clock.distrust()

    def _pause_after(self, error: BybitError) -> float:
        """Return the seconds before the next attempt; raises what the failure means if no attempt follows."""
        attempt = Attempt(self.number, self.context.attempts, self._clock_was_measured)
        what = consequence(error, attempt, self.endpoint)
        if what is Consequence.UNKNOWN:
            raise self._unknown(error) from error
        if what is Consequence.AGAIN:
            pause = self._length_of_pause(error)
            if asyncio.get_running_loop().time() + pause < self.deadline:
                log.info(
                    "%s: attempt %d failed (%s), trying again", self.endpoint.name, self.number, type(error).__name__
                )
                tell(self.context.hooks.on_retry, RetryEvent(self.endpoint.name, self.number, error))
                return pause
            if isinstance(error, RateLimited):
                raise error from DeadlineExceeded("the rate limit leaves no time to send this before its deadline")
        if isinstance(error, NotSent) and self._refusal is not None:
            # It was sent before, and refused: that no time or no connection was left for another try is not the news.
            raise self._refusal from error
        raise error

    def _length_of_pause(self, error: BybitError) -> float:
        if isinstance(error, RateLimited):
            # The bucket holds this call up too, where there is one: not for endpoints without a known limit, nor when
            # the session leaves the pace to its user.
            return self._pause
        if isinstance(error, ClockSkewed):
            self._clock_was_measured = True
            return 0.0
        if self._backoff is None:
            # All of it is random: many calls that fail together must not come back together.
            self._backoff = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE, jitter=1.0)
        return self._backoff.next_wait()

    def _unknown(self, error: BybitError) -> OutcomeUnknown:
        code = getattr(error, "ret_code", None)
        reason = str(code) if code is not None else type(error).__name__
        unknown = unknown_outcome(self.endpoint.name, self.params, reason, str(error))
        unknown.trace_id = error.trace_id
        return unknown

    def _report(self, *, response: Response[Any] | None = None, error: BybitError | None = None) -> None:
        hook = self.context.hooks.on_response
        debugging = log.isEnabledFor(logging.DEBUG)
        if hook is None and not debugging:
            return
        seconds = self.context.clock.monotonic() - self._sent
        limit = response.limit if response is not None else None
        e = self.endpoint
        tell(hook, ResponseEvent(e.name, e.method, e.path, self.number, seconds, response, error, limit))
        if debugging:
            ended = "ok" if error is None else f"{type(error).__name__} {getattr(error, 'ret_code', '')}"
            left = limit.remaining if limit is not None else None
            log.debug(
                "%s %s: %s in %.1f ms, limit left %s, trace id %s",
                e.method, e.path, ended, seconds * 1000, left, read_trace_id(self._answer_headers),
            )  # fmt: skip
