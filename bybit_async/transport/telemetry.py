"""A span for every attempt of every call, where OpenTelemetry is installed and set up."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from bybit_async.transport.hooks import Hooks, ResponseEvent

_QUIET = 1.0


def with_spans(hooks: Hooks | None) -> Hooks:
    """Return hooks that also record spans; unchanged where OpenTelemetry is not installed."""
    hooks = hooks or Hooks()
    record = _recorder()
    if record is None:
        return hooks
    return msgspec.structs.replace(hooks, on_response=_both(record, hooks.on_response))


def _both(
    record: Callable[[ResponseEvent], None], theirs: Callable[[ResponseEvent], None] | None
) -> Callable[[ResponseEvent], None]:
    if theirs is None:
        return record

    def on_response(event: ResponseEvent) -> None:
        record(event)
        theirs(event)

    return on_response


@cache
def _recorder() -> Callable[[ResponseEvent], None] | None:
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    tracer = trace.get_tracer("bybit_async")
    quiet_until = 0.0

    def record(event: ResponseEvent) -> None:
        nonlocal quiet_until
        if quiet_until > time.monotonic():
            return
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            # No exporter of spans is set up. Asking costs more than all else here, and the answer seldom changes.
            quiet_until = time.monotonic() + _QUIET
            return
        # Made afterwards, with its true times: a call that is cancelled leaves no span open.
        ended = time.time_ns()
        span = tracer.start_span(
            event.name,
            kind=trace.SpanKind.CLIENT,
            start_time=ended - int(event.seconds * 1e9),
            attributes=_attributes(event),
        )
        if event.error is not None:
            span.set_status(trace.Status(trace.StatusCode.ERROR, type(event.error).__name__))
        span.end(ended)

    return record


def _attributes(event: ResponseEvent) -> dict[str, Any]:
    found: dict[str, Any] = {
        "http.request.method": event.method,
        "url.path": event.path,
        "bybit.attempt": event.attempt,
    }
    code = 0 if event.response is not None else getattr(event.error, "ret_code", None)
    if code is not None:
        found["bybit.ret_code"] = code
    if event.limit is not None and event.limit.remaining is not None:
        found["bybit.limit.remaining"] = event.limit.remaining
    return found
