"""What a failure means: try again, raise it, or the outcome is unknown.

A read may be repeated whenever no answer came. A write is repeated only when it certainly did not happen: nothing was
sent, or Bybit refused it for its rate, for its timestamp, or because the service was about to restart. Every other
write whose answer was lost has an unknown outcome and is never sent twice.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from bybit_async.errors import (
    AnswerLost,
    AnswerUnreadable,
    BybitError,
    ClockSkewed,
    DeadlineExceeded,
    HostBanned,
    NotSent,
    RateLimited,
    RequestRejected,
    ServiceBusy,
)
from bybit_async.ret_codes import AMBIGUOUS_CODES
from bybit_async.transport.endpoint import Endpoint

RESTARTING = 10019
"""Order entry: the service behind this connection restarts; it took nothing, and another connection will do."""


class Consequence(Enum):
    """What follows from a failed attempt."""

    AGAIN = "again"
    RAISE = "raise"
    UNKNOWN = "unknown"


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """How far a call has come when an attempt fails.

    Attributes:
        number: which attempt it was, from 1.
        most: how many a call may have.
        clock_was_measured: whether an earlier attempt was refused for its timestamp, so that the exchange's clock was
            measured for this one.
    """

    number: int
    most: int
    clock_was_measured: bool = False


def consequence(error: BybitError, attempt: Attempt, endpoint: Endpoint) -> Consequence:
    """Say what follows from `error`; whether there is still time for another attempt is for the caller to check."""
    if endpoint.write and _may_have_happened(error):
        return Consequence.UNKNOWN
    if attempt.number < attempt.most and _worth_repeating(error, attempt, endpoint):
        return Consequence.AGAIN
    return Consequence.RAISE


def _may_have_happened(error: BybitError) -> bool:
    if isinstance(error, RequestRejected):
        return error.ret_code in AMBIGUOUS_CODES
    return isinstance(error, AnswerLost | AnswerUnreadable)


def _worth_repeating(error: BybitError, attempt: Attempt, endpoint: Endpoint) -> bool:
    if isinstance(error, DeadlineExceeded | HostBanned):
        return False
    if isinstance(error, ClockSkewed):
        # A second refusal is not about the offset that was just measured.
        return not attempt.clock_was_measured
    if isinstance(error, NotSent | RateLimited):
        return True
    if isinstance(error, ServiceBusy) and error.ret_code == RESTARTING:
        return True
    if endpoint.write:
        return False
    if isinstance(error, RequestRejected):
        return isinstance(error, ServiceBusy) or error.ret_code in AMBIGUOUS_CODES
    return isinstance(error, AnswerLost) or (isinstance(error, AnswerUnreadable) and error.status >= 500)
