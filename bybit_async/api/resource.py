"""The base of every domain: turns a method's keywords into one call of the transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.multipart import Files
from bybit_async.transport.outcome import OnUnknown
from bybit_async.transport.pages import Numbered, NumberedPager, P, Pager, T
from bybit_async.wire import Response, wire_name


class Caller(Protocol):
    """What a resource needs of the transport."""

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        files: Files | None = None,
        on_unknown: OnUnknown | None = None,
    ) -> Response[Any]:
        """Send one request and return its whole answer."""
        ...


def spelled(params: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what is None and spell the rest as the wire does."""
    return {wire_name(name): value for name, value in params.items() if value is not None}


class Resource:
    """A group of endpoints, bound to one session."""

    __slots__ = ("_caller",)

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def _call(self, endpoint: Endpoint, timeout: float | None, **params: Any) -> Any:
        answer = await self._caller.call(endpoint, spelled(params), timeout=timeout)
        return answer.result

    def _pages(self, endpoint: Endpoint, timeout: float | None, **params: Any) -> Pager[Any, Any]:
        return Pager(self._caller.call, endpoint, spelled(params), timeout)

    def _numbered(self, endpoint: Endpoint, timeout: float | None, how: Numbered, **params: Any) -> Pager[Any, Any]:
        return NumberedPager(self._caller.call, endpoint, spelled(params), timeout, how)


__all__ = ["Caller", "P", "Resource", "T", "spelled"]
