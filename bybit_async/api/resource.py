"""The base of every domain: turns a method's keywords into one call of the transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from bybit_async.models.checks import check_symbol, check_words
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.multipart import Files
from bybit_async.transport.pages import Numbered, NumberedPager, P, Pager
from bybit_async.transport.resolution import OnUnknown
from bybit_async.wire import Response, wire_name

T = TypeVar("T")
_SHOWN = 4
_OF_SYMBOLS = ("market", "trade", "position", "account")
"""Groups whose `symbol` is one of spot, futures or options; elsewhere it is spelled in other ways."""


class Caller(Protocol):
    """What a resource needs of the transport."""

    async def call(
        self,
        endpoint: Endpoint[T],
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        files: Files | None = None,
        on_unknown: OnUnknown | None = None,
    ) -> Response[T]:
        """Send one request and return its whole answer."""
        ...


class Resource:
    """A group of endpoints, bound to one session."""

    __slots__ = ("_caller",)

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __repr__(self) -> str:
        methods = [name for name in dir(self) if not name.startswith("_")]
        shown = ", ".join(methods[:_SHOWN])
        more = f", … {len(methods) - _SHOWN} more" if len(methods) > _SHOWN else ""
        return f"<{type(self).__name__}: {shown}{more}>"

    def _spelled(self, endpoint: Endpoint, params: Mapping[str, Any]) -> dict[str, Any]:
        """Check the arguments of the method that wraps an endpoint, and spell them as the wire does."""
        group, _, name = endpoint.name.partition(".")
        method = getattr(type(self), name, None)
        if method is not None:
            check_words(method, params.items())
        symbol = params.get("symbol")
        if symbol is not None and group in _OF_SYMBOLS:
            check_symbol(symbol)
        return self._wire(params)

    def _wire(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {wire_name(name): value for name, value in params.items() if value is not None}

    async def _call(self, endpoint: Endpoint[T], timeout: float | None, **params: Any) -> T:
        answer = await self._caller.call(endpoint, self._spelled(endpoint, params), timeout=timeout)
        return answer.result

    def _pages(self, endpoint: Endpoint[P], timeout: float | None, **params: Any) -> Pager[P, Any]:
        return Pager(self._caller.call, endpoint, self._spelled(endpoint, params), timeout)

    def _numbered(self, endpoint: Endpoint[P], timeout: float | None, how: Numbered, **params: Any) -> Pager[P, Any]:
        return NumberedPager(self._caller.call, endpoint, self._spelled(endpoint, params), timeout, how)


__all__ = ["Caller", "Resource"]
