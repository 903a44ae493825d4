"""What may be sent again, and when.

A read may be repeated whenever no answer came. A write is repeated only when it provably did not happen: nothing was
sent, Bybit refused it for its rate, or for its timestamp. Every other lost write is `OutcomeUnknown`, never sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential
from tenacity.stop import stop_base

from bybit_async.errors import (
    AMBIGUOUS_CODES,
    AnswerLost,
    AnswerUnreadable,
    BybitError,
    ClockSkewed,
    DeadlineExceeded,
    DuplicateOrderLinkId,
    HostBanned,
    NotSent,
    RateLimited,
    RequestRejected,
    ServiceBusy,
)
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response

Answer = Response[object]


def outcome_open(endpoint: Endpoint, error: BaseException, attempt: int) -> bool:
    """Say whether a write may have happened although this error came of it."""
    if not endpoint.write:
        return False
    if isinstance(error, AnswerLost | AnswerUnreadable):
        return True
    if isinstance(error, DuplicateOrderLinkId):
        # Only our own earlier attempt can have used the id of a later one.
        return attempt > 1
    return isinstance(error, RequestRejected) and error.ret_code in AMBIGUOUS_CODES


class Repetition:
    """Decides, within one call, which failures lead to another attempt."""

    __slots__ = ("_endpoint", "_resynchronised")

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._resynchronised = False

    def worthwhile(self, error: BaseException) -> bool:
        """Say whether this failure may be followed by another attempt."""
        if isinstance(error, DeadlineExceeded | HostBanned):
            return False
        if isinstance(error, ClockSkewed):
            # Once: a second refusal is not about the offset that was just measured.
            first, self._resynchronised = not self._resynchronised, True
            return first
        if isinstance(error, NotSent | RateLimited):
            return True
        if self._endpoint.write:
            return False
        if isinstance(error, RequestRejected):
            return isinstance(error, ServiceBusy) or error.ret_code in AMBIGUOUS_CODES
        return isinstance(error, AnswerLost) or (isinstance(error, AnswerUnreadable) and error.status >= 500)


class _DeadlinePassed(stop_base):
    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def __call__(self, retry_state: RetryCallState) -> bool:
        return asyncio.get_running_loop().time() + retry_state.upcoming_sleep >= self._deadline


_backoff = wait_random_exponential(multiplier=0.1, max=2.0)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    # After these the wait is elsewhere: in the bucket that was just blocked, or in the clock's resynchronisation.
    return 0.0 if isinstance(error, RateLimited | ClockSkewed) else _backoff(state)


async def repeat(
    failure: BybitError,
    again: Callable[[], Awaitable[Answer]],
    *,
    repetition: Repetition,
    attempts: int,
    deadline: float,
    before: Callable[[int, BaseException], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Answer:
    """Go on after the first attempt ended in `failure`; raises the last failure when nothing helps."""
    failures: list[BybitError] = [failure]

    async def attempt() -> Answer:
        if failures:
            raise failures.pop()
        return await again()

    def notify(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if error is not None:
            before(state.attempt_number, error)

    retrying = AsyncRetrying(
        retry=retry_if_exception(repetition.worthwhile),
        stop=stop_after_attempt(attempts) | _DeadlinePassed(deadline),
        wait=_wait,
        sleep=sleep,
        before_sleep=notify,
        reraise=True,
    )
    return await retrying(attempt)
