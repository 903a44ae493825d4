"""An asyncio-native, fully typed connector for Bybit V5, with a simulated exchange of its own.

Start with `AsyncBybit`; without the network, with `bybit_async.simulator.SimulatedExchange`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bybit_async.api.decode import decode_rest as decode_rest
    from bybit_async.api.registry import endpoints as endpoints
    from bybit_async.api.resource import Resource as Resource
    from bybit_async.blocking import Bybit as Bybit
    from bybit_async.drift import SchemaDriftWarning as SchemaDriftWarning
    from bybit_async.environments import Environment as Environment
    from bybit_async.errors import AnswerLost as AnswerLost
    from bybit_async.errors import AnswerMismatched as AnswerMismatched
    from bybit_async.errors import AnswerUnreadable as AnswerUnreadable
    from bybit_async.errors import AuthenticationError as AuthenticationError
    from bybit_async.errors import BybitError as BybitError
    from bybit_async.errors import CalledFromTheLoop as CalledFromTheLoop
    from bybit_async.errors import ClockSkewed as ClockSkewed
    from bybit_async.errors import ConnectionFailed as ConnectionFailed
    from bybit_async.errors import DeadlineExceeded as DeadlineExceeded
    from bybit_async.errors import DuplicateOrderLinkId as DuplicateOrderLinkId
    from bybit_async.errors import HostBanned as HostBanned
    from bybit_async.errors import InsufficientBalance as InsufficientBalance
    from bybit_async.errors import InvalidParameter as InvalidParameter
    from bybit_async.errors import LeaseLost as LeaseLost
    from bybit_async.errors import LeaseTaken as LeaseTaken
    from bybit_async.errors import LeaseUnavailable as LeaseUnavailable
    from bybit_async.errors import MissingCredentials as MissingCredentials
    from bybit_async.errors import MissingExtra as MissingExtra
    from bybit_async.errors import NotModified as NotModified
    from bybit_async.errors import NotSent as NotSent
    from bybit_async.errors import OrderNotFound as OrderNotFound
    from bybit_async.errors import OutcomeUnknown as OutcomeUnknown
    from bybit_async.errors import RateLimited as RateLimited
    from bybit_async.errors import RegionBlocked as RegionBlocked
    from bybit_async.errors import RequestRejected as RequestRejected
    from bybit_async.errors import ServiceBusy as ServiceBusy
    from bybit_async.errors import SessionClosed as SessionClosed
    from bybit_async.errors import StreamClosed as StreamClosed
    from bybit_async.errors import StreamError as StreamError
    from bybit_async.errors import SubscriptionOverflow as SubscriptionOverflow
    from bybit_async.errors import SubscriptionRefused as SubscriptionRefused
    from bybit_async.errors import TransportError as TransportError
    from bybit_async.errors import WrongEventLoop as WrongEventLoop
    from bybit_async.live.account import LiveAccount as LiveAccount
    from bybit_async.logs import log_to_stderr as log_to_stderr
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
    from bybit_async.wire import Response as Response
    from bybit_async.wire import Wire as Wire

__version__ = "0.1.0"

# Loaded on first use: few programs need them all, and the pytest plugin is imported where none is needed.
_LATER = {
    "AmendOrder": "bybit_async.models.trade",
    "AnswerLost": "bybit_async.errors",
    "AnswerMismatched": "bybit_async.errors",
    "AnswerUnreadable": "bybit_async.errors",
    "AsyncBybit": "bybit_async.session",
    "AuthenticationError": "bybit_async.errors",
    "BatchResult": "bybit_async.models.trade",
    "Bybit": "bybit_async.blocking",
    "BybitError": "bybit_async.errors",
    "CalledFromTheLoop": "bybit_async.errors",
    "CancelOrder": "bybit_async.models.trade",
    "ClockSkewed": "bybit_async.errors",
    "ConnectionFailed": "bybit_async.errors",
    "DeadlineExceeded": "bybit_async.errors",
    "DuplicateOrderLinkId": "bybit_async.errors",
    "Endpoint": "bybit_async.transport.endpoint",
    "Environment": "bybit_async.environments",
    "Hooks": "bybit_async.transport.hooks",
    "HostBanned": "bybit_async.errors",
    "InsufficientBalance": "bybit_async.errors",
    "InvalidParameter": "bybit_async.errors",
    "LeaseLost": "bybit_async.errors",
    "LeaseTaken": "bybit_async.errors",
    "LeaseUnavailable": "bybit_async.errors",
    "LiveAccount": "bybit_async.live.account",
    "LiveOrderBook": "bybit_async.stream.books.live_book",
    "MissingCredentials": "bybit_async.errors",
    "MissingExtra": "bybit_async.errors",
    "NotModified": "bybit_async.errors",
    "NotSent": "bybit_async.errors",
    "OrderNotFound": "bybit_async.errors",
    "OutcomeUnknown": "bybit_async.errors",
    "Pager": "bybit_async.transport.pages",
    "PlaceOrder": "bybit_async.models.trade",
    "RateLimitSettings": "bybit_async.transport.limits",
    "RateLimited": "bybit_async.errors",
    "RegionBlocked": "bybit_async.errors",
    "RequestRejected": "bybit_async.errors",
    "Resource": "bybit_async.api.resource",
    "Response": "bybit_async.wire",
    "SchemaDriftWarning": "bybit_async.drift",
    "ServiceBusy": "bybit_async.errors",
    "SessionClosed": "bybit_async.errors",
    "Signer": "bybit_async.transport.signing",
    "StreamClosed": "bybit_async.errors",
    "StreamError": "bybit_async.errors",
    "StreamSettings": "bybit_async.stream.settings",
    "Subscription": "bybit_async.stream.subscription",
    "SubscriptionOverflow": "bybit_async.errors",
    "SubscriptionRefused": "bybit_async.errors",
    "TransportError": "bybit_async.errors",
    "Wire": "bybit_async.wire",
    "WrongEventLoop": "bybit_async.errors",
    "decode_rest": "bybit_async.api.decode",
    "decode_stream": "bybit_async.stream.router",
    "endpoints": "bybit_async.api.registry",
    "get": "bybit_async.transport.endpoint",
    "log_to_stderr": "bybit_async.logs",
    "post": "bybit_async.transport.endpoint",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("bybit_async.errors")
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
