"""Orders over a socket: what REST's order endpoints do, without an HTTP request for each.

`OrderEntry` takes the same endpoints and parameters as the REST client and answers the same `Response`, so the typed
methods of `trade` work over either. An order ends in one of three ways, as everywhere: accepted, refused, or unknown.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from bybit_async.environments import Environment
from bybit_async.errors import (
    AnswerLost,
    AnswerMismatched,
    BybitError,
    ClockSkewed,
    DeadlineExceeded,
    InvalidParameter,
    MissingCredentials,
    NotSent,
    RateLimited,
    RequestRejected,
    SessionClosed,
)
from bybit_async.event_loop import HomeLoop
from bybit_async.models.trade.acknowledgements import contradiction
from bybit_async.stream.connection import Connection
from bybit_async.stream.frames import OrderEntryAnswer
from bybit_async.stream.maintenance import OngoingMaintenance
from bybit_async.stream.orders.connection import OrderConnection, PendingRequest
from bybit_async.stream.orders.frames import OPERATIONS, limit_of, read_answer, request_frame, trace_id_of
from bybit_async.stream.orders.late_answers import LateAnswer, LateAnswers
from bybit_async.stream.orders.supervisor import OrderSupervisor
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.policy import RESTARTING, Attempt, Consequence, consequence
from bybit_async.transport.resolution import FirstSending, OnUnknown, Resolution, unknown_outcome
from bybit_async.transport.signing import Signer
from bybit_async.wire import Response

log: logging.Logger = logging.getLogger("bybit_async.stream")

_ATTEMPTS = 3

OnAnswer = Callable[[OrderEntryAnswer], None]
"""Is shown each answer to a call as it came, refusals that are followed by another attempt among them."""


class _OrderCall(msgspec.Struct, frozen=True):
    """One order request on its way; `deadline` in seconds of the loop's clock."""

    endpoint: Endpoint
    op: str
    params: Mapping[str, Any]
    deadline: float
    on_answer: OnAnswer | None
    first: FirstSending = msgspec.field(default_factory=FirstSending)


class OrderEntry:
    """Sends orders over the trade socket of one environment; nothing is connected before the first.

    Args:
        environment: where to.
        clock: the exchange's clock, shared with REST.
        signer: the key.
        settings: times of the socket.
        timeout: seconds one request may take altogether, unless it says otherwise.
        recv_window: how long a request stays valid, in milliseconds.
        referer: a broker's id.
        pace: the rate limits, shared with REST; None for no waiting.
        ensure_clock: measures the exchange's clock where it is unknown.
        on_late: is given late answers; must be quick. What it raises is logged.
        on_unknown: whether unknown outcomes are looked for, unless the call says otherwise.
        maintenance: what is known of Bybit's maintenance, during which connections are opened less often.
        resolution: finds out about unknown outcomes; shared with REST.

    Attributes:
        resolution: finds out about unknown outcomes.

    Raises:
        InvalidParameter: the environment has no order entry.
        MissingCredentials: there is no key.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        clock: Clock,
        signer: Signer | None,
        settings: StreamSettings | None = None,
        timeout: float = 10.0,
        recv_window: int = 5000,
        referer: str | None = None,
        pace: RateLimits | None = None,
        ensure_clock: Callable[[], Awaitable[None]] | None = None,
        on_late: Callable[[LateAnswer], None] | None = None,
        on_unknown: OnUnknown = "resolve",
        maintenance: OngoingMaintenance | None = None,
        resolution: Resolution | None = None,
    ) -> None:
        if signer is None:
            raise MissingCredentials("api_key", "orders need a key")
        self.resolution: Resolution = resolution or Resolution(clock)
        self._url = environment.stream_url("trade")
        self._clock = clock
        self._signer = signer
        self._settings = settings or StreamSettings()
        self._timeout = timeout
        self._recv_window = recv_window
        self._referer = referer
        self._pace = pace
        self._ensure_clock = ensure_clock
        self._on_unknown = on_unknown
        self._late = LateAnswers(on_late)
        maintenance = maintenance or OngoingMaintenance()
        self._supervisor = OrderSupervisor(
            self._connection, self._late.take, self._settings, urlsplit(self._url).netloc,
            under_maintenance=lambda: maintenance.ongoing(clock.now_ms()),
        )  # fmt: skip
        self._home = HomeLoop("session")
        self._closing = asyncio.Event()
        self._prefix = uuid4().hex[:16]
        self._count = 0

    @property
    def pending(self) -> int:
        """Requests that wait for an answer."""
        return self._supervisor.pending

    @property
    def connects(self) -> int:
        """Connections that were opened."""
        return self._supervisor.connects

    @property
    def late(self) -> deque[LateAnswer]:
        """The last thousand late answers, oldest first."""
        return self._late.kept

    @property
    def late_count(self) -> int:
        """How many late answers there were."""
        return self._late.count

    @property
    def unmatched(self) -> int:
        """Answers that belong to no request of ours, by their ids."""
        return self._late.unmatched

    async def connect(self, timeout: float | None = None) -> None:
        """Connect and authenticate now, so that the first order does not have to wait for it.

        Raises:
            NotSent: no connection could be opened.
            AuthenticationError: the key was not accepted.
        """
        await self._supervisor.ready(self._home.check().time() + (timeout or self._timeout))

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        files: object = None,
        on_unknown: OnUnknown | None = None,
        on_answer: OnAnswer | None = None,
    ) -> Response[Any]:
        """Send one order request and return its whole answer; `files` are never part of one.

        `on_unknown` goes before what the session says; `on_answer` is shown each answer as it came.

        Raises:
            RequestRejected: Bybit refused it.
            OutcomeUnknown: it was sent and its answer did not come, or says nothing.
            NotSent: it was certainly not sent.
            InvalidParameter: the socket does not offer this endpoint.
            WrongEventLoop: the session belongs to another event loop.
        """
        if self._closing.is_set():
            raise SessionClosed("order entry is closed")
        op = OPERATIONS.get(endpoint.path)
        if op is None:
            raise InvalidParameter("endpoint", f"{endpoint.name} is not offered over the order entry socket")
        if timeout is not None and not timeout > 0:
            raise InvalidParameter("timeout", f"expected a positive number of seconds, got {timeout}")
        deadline = self._home.check().time() + (timeout or self._timeout)
        call = _OrderCall(endpoint, op, params, deadline, on_answer)
        ask = (on_unknown or self._on_unknown) == "resolve"
        return await self.resolution.of(self._attempts(call), endpoint, params, call.first, ask=ask)

    async def aclose(self) -> None:
        """End every connection; requests that wait end as unknown. Idempotent."""
        self._closing.set()
        await self._supervisor.aclose()

    def _connection(self, of: OrderConnection) -> Connection:
        return Connection(
            self._url,
            "trade",
            self._supervisor.connects + 1,
            settings=self._settings,
            clock=self._clock,
            signer=self._signer,
            on_frame=lambda _, frame, __: of.on_frame(frame),
        )

    async def _attempts(self, call: _OrderCall) -> Response[Any]:
        refusal: RequestRejected | None = None
        number = 0
        while True:
            number += 1
            try:
                return await self._attempt(call)
            except NotSent as error:
                # Not again: what cannot be sent here at once can go another way.
                if refusal is None:
                    raise
                # It was sent before, and refused: that it could not be sent again is not the news.
                raise refusal from error
            except BybitError as error:
                attempt = Attempt(number, _ATTEMPTS, isinstance(refusal, ClockSkewed))
                following = consequence(error, attempt, call.endpoint)
                if following is Consequence.UNKNOWN:
                    raise _unknown(call, error) from error
                if following is Consequence.RAISE or not await self._ready_again(call, error):
                    raise
                if isinstance(error, ClockSkewed | RateLimited):
                    refusal = error

    async def _ready_again(self, call: _OrderCall, error: BybitError) -> bool:
        """Prepare another attempt; False if there can be none."""
        if isinstance(error, ClockSkewed):
            call.first.forget()
            self._clock.distrust()
            return self._ensure_clock is not None
        if isinstance(error, RateLimited):
            if self._pace is None:
                return False
            # The bucket holds the next attempt up too, but not when the session leaves the pace to its user.
            wait = self._pace.refused(call.endpoint, call.params, error.until)
            if asyncio.get_running_loop().time() + wait >= call.deadline:
                late = "the rate limit leaves no time to send this before its deadline"
                raise error from DeadlineExceeded(late)
            await self._wait_open(wait)
        return True

    async def _wait_open(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return
        raise SessionClosed("order entry is closed")

    async def _attempt(self, call: _OrderCall) -> Response[Any]:
        connection = await self._turn(call)
        pending = self._pending_request(call)
        timestamp = self._clock.now_ms()
        call.first.note(self._clock, timestamp)
        frame = request_frame(
            pending.req_id, call.op, call.params, timestamp=timestamp, recv_window=self._recv_window,
            referer=self._referer,
        )  # fmt: skip
        try:
            answer = await connection.request(pending, frame, call.deadline)
        except asyncio.CancelledError:
            self._late.give_up(pending)
            raise
        except TimeoutError as error:
            self._late.give_up(pending)
            raise AnswerLost("none came in time") from error
        if log.isEnabledFor(logging.DEBUG):
            took = (asyncio.get_running_loop().time() - pending.sent_at) * 1000
            log.debug("%s: %s in %.1f ms, trace id %s", call.op, answer.ret_code, took, trace_id_of(answer))
        self._learn(call, connection, answer)
        return _read(call, answer)

    async def _turn(self, call: _OrderCall) -> OrderConnection:
        """Wait until the request may be sent, and return the connection to send it over."""
        if not self._clock.synced and self._ensure_clock is not None:
            try:
                async with asyncio.timeout_at(call.deadline):
                    await self._ensure_clock()
            except TimeoutError:
                raise DeadlineExceeded("the deadline passed while measuring the exchange's time") from None
        connection = await self._supervisor.ready(call.deadline)
        if self._pace is not None:
            await self._pace.slot(call.endpoint, call.params, call.deadline)
        if not connection.usable:
            connection = await self._supervisor.ready(call.deadline)
        if asyncio.get_running_loop().time() >= call.deadline:
            raise DeadlineExceeded("the deadline passed before the request was sent")
        return connection

    def _pending_request(self, call: _OrderCall) -> PendingRequest:
        self._count += 1
        loop = asyncio.get_running_loop()
        return PendingRequest(
            f"{self._prefix}-{self._count}", call.op, call.params.get("orderLinkId"), call.params.get("orderId"),
            loop.time(), loop.create_future(),
        )  # fmt: skip

    def _learn(self, call: _OrderCall, connection: OrderConnection, answer: OrderEntryAnswer) -> None:
        if call.on_answer is not None:
            call.on_answer(answer)
        limit = limit_of(answer)
        if limit is not None and self._pace is not None:
            self._pace.learn(call.endpoint, call.params, limit)
        if answer.ret_code == RESTARTING:
            self._supervisor.drain(connection)


def _read(call: _OrderCall, answer: OrderEntryAnswer) -> Response[Any]:
    try:
        accepted = read_answer(call.endpoint, call.op, call.params, answer)
        words = contradiction(call.endpoint.path, call.params, accepted.result)
        if words is not None:
            raise AnswerMismatched(f"the answer belongs to another request: {words}")
    except BybitError as error:
        error.trace_id = trace_id_of(answer)
        raise
    return accepted


def _unknown(call: _OrderCall, error: BybitError) -> BybitError:
    code = getattr(error, "ret_code", None)
    reason = str(code) if code is not None else type(error).__name__
    unknown = unknown_outcome(call.op, call.params, reason, str(error))
    unknown.trace_id = error.trace_id
    return unknown
