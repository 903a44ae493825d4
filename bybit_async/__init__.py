"""An asyncio-native, fully typed connector for Bybit V5, with a simulated exchange of its own.

Start with `AsyncBybit`; without the network, with `bybit_async.simulator.SimulatedExchange`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bybit_async.drift import SchemaDriftWarning
from bybit_async.environments import Environment
from bybit_async.errors import (
    AnswerLost,
    AnswerUnreadable,
    AuthenticationError,
    BybitError,
    ClockSkewed,
    ConnectionFailed,
    DeadlineExceeded,
    DuplicateOrderLinkId,
    HostBanned,
    InsufficientBalance,
    InvalidParameter,
    MissingCredentials,
    NotModified,
    NotSent,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    RegionBlocked,
    RequestRejected,
    ServiceBusy,
    SessionClosed,
    StreamClosed,
    StreamError,
    SubscriptionOverflow,
    SubscriptionRefused,
    TransportError,
)
from bybit_async.wire import Response

if TYPE_CHECKING:
    from bybit_async.api.decode import decode_rest as decode_rest
    from bybit_async.api.registry import endpoints as endpoints
    from bybit_async.blocking import Bybit as Bybit
    from bybit_async.session import AsyncBybit as AsyncBybit
    from bybit_async.stream.router import decode_stream as decode_stream
    from bybit_async.transport.endpoint import Endpoint as Endpoint
    from bybit_async.transport.hooks import Hooks as Hooks
    from bybit_async.transport.limits import RateLimitSettings as RateLimitSettings

# Loaded on first use: few programs need them all, and the pytest plugin is imported where none is needed.
_LATER = {
    "AsyncBybit": "bybit_async.session",
    "Bybit": "bybit_async.blocking",
    "Endpoint": "bybit_async.transport.endpoint",
    "Hooks": "bybit_async.transport.hooks",
    "RateLimitSettings": "bybit_async.transport.limits",
    "decode_rest": "bybit_async.api.decode",
    "decode_stream": "bybit_async.stream.router",
    "endpoints": "bybit_async.api.registry",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


__all__ = [
    "AnswerLost",
    "AnswerUnreadable",
    "AsyncBybit",
    "AuthenticationError",
    "Bybit",
    "BybitError",
    "ClockSkewed",
    "ConnectionFailed",
    "DeadlineExceeded",
    "DuplicateOrderLinkId",
    "Endpoint",
    "Environment",
    "Hooks",
    "HostBanned",
    "InsufficientBalance",
    "InvalidParameter",
    "MissingCredentials",
    "NotModified",
    "NotSent",
    "OrderNotFound",
    "OutcomeUnknown",
    "RateLimitSettings",
    "RateLimited",
    "RegionBlocked",
    "RequestRejected",
    "Response",
    "SchemaDriftWarning",
    "ServiceBusy",
    "SessionClosed",
    "StreamClosed",
    "StreamError",
    "SubscriptionOverflow",
    "SubscriptionRefused",
    "TransportError",
    "decode_rest",
    "decode_stream",
    "endpoints",
]
