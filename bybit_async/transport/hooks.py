"""What a user may watch: every request, answer and repetition, for metrics and traces."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from bybit_async.wire import Limit, Response

log: logging.Logger = logging.getLogger("bybit_async.transport")


class RequestEvent(msgspec.Struct, frozen=True):
    """A request about to be sent. It carries no key and no signature.

    Attributes:
        name: the method that made it, as ``"market.get_tickers"``.
        attempt: 1 for the first try.
    """

    name: str
    method: str
    path: str
    attempt: int


class ResponseEvent(msgspec.Struct, frozen=True):
    """How an attempt ended.

    Attributes:
        seconds: from sending to the whole answer.
        response: the answer, when it was accepted.
        error: what was raised instead.
    """

    name: str
    method: str
    path: str
    attempt: int
    seconds: float
    response: Response[Any] | None = None
    error: Exception | None = None
    limit: Limit | None = None


class RetryEvent(msgspec.Struct, frozen=True):
    """A failed attempt that is about to be followed by another."""

    name: str
    attempt: int
    error: BaseException


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """Functions to call; they run on the event loop and must be quick. One that raises is logged and ignored."""

    on_request: Callable[[RequestEvent], None] | None = None
    on_response: Callable[[ResponseEvent], None] | None = None
    on_retry: Callable[[RetryEvent], None] | None = None


def tell(hook: Callable[[Any], None] | None, event: object) -> None:
    """Call a hook, keeping its failures away from the call it watches."""
    if hook is None:
        return
    try:
        hook(event)
    except Exception:
        log.exception("a hook raised; the call goes on")
