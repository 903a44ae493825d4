"""Lists that are longer than one answer: pages by cursor, windows by time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.window_table import Window, window_of
from bybit_async.wire import Response


class PageLike(Protocol):
    """A list answer that knows its cursor."""

    @property
    def next_page_cursor(self) -> str | None:
        """What to ask the next page with."""
        ...

    @property
    def rows(self) -> list[Any]:
        """The page's rows."""
        ...


P = TypeVar("P", bound=PageLike)
T = TypeVar("T")
Call = Callable[..., Awaitable[Response[Any]]]


class Pager(Generic[P, T]):
    """A list call: ``await`` it for the first page, iterate it with ``async for`` for every row of every page.

    Nothing is sent before it is awaited or iterated. When `start` and `end` span more than Bybit answers at once, the
    time between them is walked window by window, oldest first.
    """

    __slots__ = ("_call", "_cursor", "_endpoint", "_params", "_timeout")

    def __init__(
        self, call: Call, endpoint: Endpoint, params: dict[str, Any], timeout: float | None, *, cursor: str = "cursor"
    ) -> None:
        self._call = call
        self._cursor = cursor
        self._endpoint = endpoint
        self._params = params
        self._timeout = timeout

    def __await__(self) -> Generator[Any, None, P]:
        return self._fetch(self._params).__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for row in page.rows:
                yield row

    async def pages(self) -> AsyncIterator[P]:
        """Iterate over whole pages; each `timeout` holds for one page."""
        for window in windows(self._params, window_of(self._endpoint.path)):
            async for page in self._pages_of(window):
                yield page

    async def _pages_of(self, params: dict[str, Any]) -> AsyncIterator[P]:
        seen: set[str] = set()
        while True:
            page = await self._fetch(params)
            yield page
            cursor = page.next_page_cursor
            # Some services repeat the last cursor for ever instead of leaving it out.
            if not cursor or cursor in seen:
                return
            seen.add(cursor)
            params = {**params, self._cursor: cursor}

    async def _fetch(self, params: Mapping[str, Any]) -> P:
        answer = await self._call(self._endpoint, params, timeout=self._timeout)
        page: P = answer.result
        return page


def windows(params: dict[str, Any], window: Window | None) -> list[dict[str, Any]]:
    """Split a request whose time span is wider than one answer covers, oldest first; bounds never overlap."""
    if window is None or "cursor" in params:
        return [params]
    start, end = params.get(window.start), params.get(window.end)
    if start is None or end is None or end - start <= window.span:
        return [params]
    # Both bounds are inclusive on the wire, so the next window starts one unit after the last one ended.
    step = window.span
    start -= start % window.grain
    return [
        {**params, window.start: at, window.end: min(at + step - window.unit, end)}
        for at in range(start, end + 1, step)
    ]
