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
    AnswerMismatched,
    AnswerUnreadable,
    AuthenticationError,
    BybitError,
    CalledFromTheLoop,
    ClockSkewed,
    ConnectionFailed,
    DeadlineExceeded,
    DuplicateOrderLinkId,
    HostBanned,
    InsufficientBalance,
    InvalidParameter,
    LeaseLost,
    LeaseTaken,
    LeaseUnavailable,
    MissingCredentials,
    MissingExtra,
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
    WrongEventLoop,
)
from bybit_async.logs import log_to_stderr
from bybit_async.wire import Response, Wire

if TYPE_CHECKING:
    from bybit_async.api.decode import decode_rest as decode_rest
    from bybit_async.api.registry import endpoints as endpoints
    from bybit_async.api.resource import Resource as Resource
    from bybit_async.blocking import Bybit as Bybit
    from bybit_async.live.account import LiveAccount as LiveAccount
    from bybit_async.models.trade import AmendOrder as AmendOrder
    from bybit_async.models.trade import BatchResult as BatchResult
    from bybit_async.models.trade import CancelOrder as CancelOrder
    from bybit_async.models.trade import PlaceOrder as PlaceOrder
    from bybit_async.session import AsyncBybit as AsyncBybit
    from bybit_async.stream.books.live_book import LiveOrderBook as LiveOrderBook
    from bybit_async.stream.router import decode_stream as decode_stream
    from bybit_async.stream.settings import StreamSettings as StreamSettings
    from bybit_async.stream.subscription import Subscription as Subscription
    from bybit_async.transport.endpoint import Endpoint as Endpoint
    from bybit_async.transport.endpoint import get as get
    from bybit_async.transport.endpoint import post as post
    from bybit_async.transport.hooks import Hooks as Hooks
    from bybit_async.transport.limits import RateLimitSettings as RateLimitSettings
    from bybit_async.transport.pages import Pager as Pager
    from bybit_async.transport.signing import Signer as Signer

__version__ = "0.1.0"

# Loaded on first use: few programs need them all, and the pytest plugin is imported where none is needed.
_LATER = {
    "AmendOrder": "bybit_async.models.trade",
    "AsyncBybit": "bybit_async.session",
    "BatchResult": "bybit_async.models.trade",
    "Bybit": "bybit_async.blocking",
    "CancelOrder": "bybit_async.models.trade",
    "Endpoint": "bybit_async.transport.endpoint",
    "Hooks": "bybit_async.transport.hooks",
    "LiveAccount": "bybit_async.live.account",
    "LiveOrderBook": "bybit_async.stream.books.live_book",
    "Pager": "bybit_async.transport.pages",
    "PlaceOrder": "bybit_async.models.trade",
    "RateLimitSettings": "bybit_async.transport.limits",
    "Resource": "bybit_async.api.resource",
    "Signer": "bybit_async.transport.signing",
    "StreamSettings": "bybit_async.stream.settings",
    "Subscription": "bybit_async.stream.subscription",
    "decode_rest": "bybit_async.api.decode",
    "decode_stream": "bybit_async.stream.router",
    "endpoints": "bybit_async.api.registry",
    "get": "bybit_async.transport.endpoint",
    "post": "bybit_async.transport.endpoint",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "AmendOrder",
    "AnswerLost",
    "AnswerMismatched",
    "AnswerUnreadable",
    "AsyncBybit",
    "AuthenticationError",
    "BatchResult",
    "Bybit",
    "BybitError",
    "CalledFromTheLoop",
    "CancelOrder",
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
    "LeaseLost",
    "LeaseTaken",
    "LeaseUnavailable",
    "LiveAccount",
    "LiveOrderBook",
    "MissingCredentials",
    "MissingExtra",
    "NotModified",
    "NotSent",
    "OrderNotFound",
    "OutcomeUnknown",
    "Pager",
    "PlaceOrder",
    "RateLimitSettings",
    "RateLimited",
    "RegionBlocked",
    "RequestRejected",
    "Resource",
    "Response",
    "SchemaDriftWarning",
    "ServiceBusy",
    "SessionClosed",
    "Signer",
    "StreamClosed",
    "StreamError",
    "StreamSettings",
    "Subscription",
    "SubscriptionOverflow",
    "SubscriptionRefused",
    "TransportError",
    "Wire",
    "WrongEventLoop",
    "__version__",
    "decode_rest",
    "decode_stream",
    "endpoints",
    "get",
    "log_to_stderr",
    "post",
]
