"""Orders over a socket: what REST's order endpoints do, without an HTTP request for each.

`OrderEntry` takes the same endpoints and parameters as the REST transport and answers the same `Response`, so the typed
methods of `trade` work over either. An order ends in one of three ways, as everywhere: accepted, refused, or unknown.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from bybit_async.environments import Environment
from bybit_async.errors import (
    BybitError,
    ClockSkewed,
    DeadlineExceeded,
    DuplicateOrderLinkId,
    HostBanned,
    InvalidParameter,
    MissingCredentials,
    NotSent,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    SessionClosed,
)
from bybit_async.stream.connection import Connection
from bybit_async.stream.frames import OrderEntryAnswer
from bybit_async.stream.maintenance import Maintenance
from bybit_async.stream.order_frames import (
    OPERATIONS,
    RESTARTING,
    ambiguous,
    limit_of,
    read_answer,
    request_frame,
    trace_id_of,
)
from bybit_async.stream.order_line import LineLost, OrderLine, OrderLines, Waiting
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.outcome import OnUnknown, Resolver, completed, settled, unknown_outcome
from bybit_async.transport.signing import Signer
from bybit_async.wire import Limit, Response

log = logging.getLogger("bybit_async.stream")

_ATTEMPTS = 3
_REMEMBERED = 10_000


class Pace(Protocol):
    """The rate limits that the socket shares with REST."""

    async def slot(self, endpoint: Endpoint, params: Mapping[str, Any], deadline: float) -> None:
        """Wait until a request may be sent."""
        ...

    def learn(self, endpoint: Endpoint, params: Mapping[str, Any], limit: Limit) -> None:
        """Take in what an answer's header says."""
        ...

    def refused(self, endpoint: Endpoint, params: Mapping[str, Any], until: int | None) -> float:
        """Take in a refusal for going too fast."""
        ...


class LateAnswer(msgspec.Struct, frozen=True):
    """An answer that came after its caller had been told that the outcome is unknown.

    Attributes:
        op: ``"order.create"`` and so on.
        order_link_id: of the order; None when the request named none, as batches do.
        ret_code: 0 when the order was accepted after all.
        seconds: how long after sending the answer came.
    """

    op: str
    order_link_id: str | None
    order_id: str | None
    ret_code: int | None
    ret_msg: str | None
    seconds: float


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
        pace: the rate limits; None for no waiting.
        ensure_clock: measures the exchange's clock where it is unknown.
        on_late: is told of late answers; must be quick. What it raises is logged.
        on_unknown: whether unknown outcomes are looked for, unless the call says otherwise.
        maintenance: what is known of Bybit's maintenance; connections are then made anew less often.

    Attributes:
        late: the last late answers, oldest first; `late_count` how many there were.
        unmatched: answers that belong to no request of ours, by their ids.
        resolve_unknown: finds out about unknown outcomes, when set.

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
        pace: Pace | None = None,
        ensure_clock: Callable[[], Awaitable[None]] | None = None,
        on_late: Callable[[LateAnswer], None] | None = None,
        on_unknown: OnUnknown = "resolve",
        maintenance: Maintenance | None = None,
    ) -> None:
        if signer is None:
            raise MissingCredentials("api_key", "orders need a key")
        self._url = environment.stream_url("trade")
        self._clock = clock
        self._signer = signer
        self._settings = settings or StreamSettings()
        self._timeout = timeout
        self._recv_window = recv_window
        self._referer = referer
        self._pace = pace
        self._ensure_clock = ensure_clock
        self._on_late = on_late
        self._on_unknown = on_unknown
        maintenance = maintenance or Maintenance()
        self._lines = OrderLines(
            self._connection, self._unclaimed, self._settings, urlsplit(self._url).netloc,
            under_maintenance=lambda: maintenance.ongoing(clock.now_ms()),
        )  # fmt: skip
        self._given_up: OrderedDict[str, Waiting] = OrderedDict()
        self._closing = asyncio.Event()
        self._prefix = uuid4().hex[:16]
        self._count = 0
        self._closed = False
        self.late: deque[LateAnswer] = deque(maxlen=1000)
        self.late_count = 0
        self.unmatched = 0
        self.resolve_unknown: Resolver | None = None

    @property
    def pending(self) -> int:
        """Requests that wait for an answer."""
        return self._lines.pending

    @property
    def connects(self) -> int:
        """Connections that were opened."""
        return self._lines.connects

    async def connect(self, timeout: float | None = None) -> None:
        """Connect and authenticate now, so that the first order does not have to wait for it.

        Raises:
            NotSent: there is no connection to be had.
            AuthenticationError: the key was not accepted.
        """
        await self._lines.ready(asyncio.get_running_loop().time() + (timeout or self._timeout))

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        files: object = None,
        on_unknown: OnUnknown | None = None,
    ) -> Response[Any]:
        """Send one order request and return its whole answer; `files` are never part of one.

        `on_unknown` goes before what the session says.

        Raises:
            RequestRejected: Bybit refused it.
            OutcomeUnknown: it was sent and its answer did not come, or says nothing.
            NotSent: it was certainly not sent.
            InvalidParameter: the socket does not offer this endpoint.
        """
        if self._closed:
            raise SessionClosed("order entry is closed")
        op = OPERATIONS.get(endpoint.path)
        if op is None:
            raise InvalidParameter("endpoint", f"{endpoint.name} is not offered over the order entry socket")
        if timeout is not None and not timeout > 0:
            raise InvalidParameter("timeout", f"expected a positive number of seconds, got {timeout}")
        deadline = asyncio.get_running_loop().time() + (timeout or self._timeout)
        resolver = self.resolve_unknown if (on_unknown or self._on_unknown) == "resolve" else None
        stamps: list[int] = []
        try:
            answer, repeated = await self._attempts(endpoint, op, params, deadline, stamps)
        except (OutcomeUnknown, OrderNotFound) as error:
            if isinstance(error, OutcomeUnknown) and stamps:
                error.sent_at = stamps[0]
            return await settled(None if self._closed else resolver, endpoint, params, error)
        return await completed(resolver, endpoint, params, answer, repeated=repeated, sent_at=stamps[0])

    async def aclose(self) -> None:
        """End every connection; requests that wait end as unknown. Idempotent."""
        self._closed = True
        self._closing.set()
        await self._lines.aclose()

    def _connection(self, line: OrderLine) -> Connection:
        return Connection(
            self._url,
            "trade",
            self._lines.connects + 1,
            settings=self._settings,
            clock=self._clock,
            signer=self._signer,
            on_frame=lambda _, frame, __: line.on_frame(frame),
        )

    async def _attempts(
        self, endpoint: Endpoint, op: str, params: Mapping[str, Any], deadline: float, stamps: list[int]
    ) -> tuple[Response[Any], bool]:
        """Return the answer, and whether it is one to a repetition.

        `stamps` takes the timestamps of the attempts that were not refused for theirs.
        """
        refusal: RequestRejected | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._once(endpoint, op, params, deadline, stamps), attempt > 1
            except HostBanned:
                raise
            except (ClockSkewed, RateLimited) as error:
                # Both mean that Bybit did not take it; so does a restart, which only needs another connection.
                if attempt == _ATTEMPTS or not await self._after_refusal(endpoint, params, error, deadline):
                    raise
                refusal = error
                if isinstance(error, ClockSkewed):
                    stamps.clear()
            except NotSent as error:
                if refusal is None:
                    raise
                # It was sent before, and refused: that it could not be sent again is not the news.
                raise refusal from error
            except DuplicateOrderLinkId as error:
                if attempt == 1:
                    raise
                # Only our own earlier attempt can have used the id of a later one.
                raise unknown_outcome(op, params, str(error.ret_code), str(error)) from error
            except RequestRejected as error:
                if error.ret_code != RESTARTING or attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def _after_refusal(
        self, endpoint: Endpoint, params: Mapping[str, Any], error: RequestRejected, deadline: float
    ) -> bool:
        """Get ready for another attempt; False where there is none to be made."""
        if isinstance(error, RateLimited):
            if self._pace is None:
                return False
            # The bucket holds the next attempt up too, but not when the session leaves the pace to its user.
            wait = self._pace.refused(endpoint, params, error.until)
            if asyncio.get_running_loop().time() + wait >= deadline:
                late = "the rate limit leaves no time to send this before its deadline"
                raise error from DeadlineExceeded(late)
            await self._wait_open(wait)
            return True
        self._clock.distrust()
        return self._ensure_clock is not None

    async def _wait_open(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return
        raise SessionClosed("order entry is closed")

    async def _once(
        self, endpoint: Endpoint, op: str, params: Mapping[str, Any], deadline: float, stamps: list[int]
    ) -> Response[Any]:
        if not self._clock.synced and self._ensure_clock is not None:
            try:
                async with asyncio.timeout_at(deadline):
                    await self._ensure_clock()
            except TimeoutError:
                raise DeadlineExceeded("the deadline passed while measuring the exchange's time") from None
        line = await self._lines.ready(deadline)
        if self._pace is not None:
            await self._pace.slot(endpoint, params, deadline)
        if not line.usable:
            line = await self._lines.ready(deadline)
        if asyncio.get_running_loop().time() >= deadline:
            raise DeadlineExceeded("the deadline passed before the request was sent")
        waiting = self._waiting(op, params)
        stamps.append(self._clock.now_ms())
        try:
            answer = await line.request(waiting, self._frame(waiting, params, stamps[-1]), deadline)
        except asyncio.CancelledError:
            self._give_up(waiting)
            raise
        except TimeoutError as error:
            self._give_up(waiting)
            raise unknown_outcome(op, params, "TimeoutError", "none came in time") from error
        except LineLost as error:
            raise unknown_outcome(op, params, "LineLost", str(error)) from error
        if log.isEnabledFor(logging.DEBUG):
            took = (asyncio.get_running_loop().time() - waiting.sent_at) * 1000
            log.debug("%s: %s in %.1f ms, trace id %s", op, answer.ret_code, took, trace_id_of(answer))
        self._learn(endpoint, params, line, answer)
        try:
            if ambiguous(answer):
                raise unknown_outcome(op, params, str(answer.ret_code), f"{answer.ret_code}: {answer.ret_msg}")
            return read_answer(endpoint, op, params, answer)
        except BybitError as error:
            error.trace_id = trace_id_of(answer)
            raise

    def _waiting(self, op: str, params: Mapping[str, Any]) -> Waiting:
        self._count += 1
        loop = asyncio.get_running_loop()
        return Waiting(
            f"{self._prefix}-{self._count}", op, params.get("orderLinkId"), params.get("orderId"), loop.time(),
            loop.create_future(),
        )  # fmt: skip

    def _frame(self, waiting: Waiting, params: Mapping[str, Any], timestamp: int) -> bytes:
        return request_frame(
            waiting.req_id, waiting.op, params, timestamp=timestamp, recv_window=self._recv_window,
            referer=self._referer,
        )  # fmt: skip

    def _learn(self, endpoint: Endpoint, params: Mapping[str, Any], line: OrderLine, answer: OrderEntryAnswer) -> None:
        limit = limit_of(answer)
        if limit is not None and self._pace is not None:
            self._pace.learn(endpoint, params, limit)
        if answer.ret_code == RESTARTING:
            self._lines.drain(line)

    def _give_up(self, waiting: Waiting) -> None:
        self._given_up[waiting.req_id] = waiting
        if len(self._given_up) > _REMEMBERED:
            self._given_up.popitem(last=False)

    def _unclaimed(self, answer: OrderEntryAnswer) -> None:
        waiting = self._given_up.pop(answer.req_id or "", None)
        if waiting is None:
            self.unmatched += 1
            return
        seconds = asyncio.get_running_loop().time() - waiting.sent_at
        late = LateAnswer(waiting.op, waiting.order_link_id, waiting.order_id, answer.ret_code, answer.ret_msg, seconds)
        self.late_count += 1
        self.late.append(late)
        if self._on_late is not None:
            try:
                self._on_late(late)
            except Exception:
                # The connection that brought it has other orders on it.
                log.exception("on_late raised; order entry goes on")
