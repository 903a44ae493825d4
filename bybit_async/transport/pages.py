"""Lists that are longer than one answer: pages by cursor or by number, windows by time."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar, cast

import msgspec

from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.window_table import Window, window_of
from bybit_async.wire import Response


class RowsLike(Protocol):
    """A list answer."""

    @property
    def rows(self) -> list[Any]:
        """The page's rows."""
        ...


class PageLike(RowsLike, Protocol):
    """A list answer that knows its cursor."""

    @property
    def next_page_cursor(self) -> str | None:
        """What to ask the next page with."""
        ...


P = TypeVar("P", bound=RowsLike)
T = TypeVar("T")
Call = Callable[..., Awaitable[Response[Any]]]


class Pager(Generic[P, T]):
    """A list call: ``await`` it for the first page, iterate it with ``async for`` for every row of every page.

    Nothing is sent before it is awaited or iterated. When `start` and `end` span more than Bybit answers at once, the
    time between them is walked window by window, oldest first.
    """

    __slots__ = ("_call", "_cursor", "_endpoint", "_params", "_timeout")

    def __init__(
        self,
        call: Call,
        endpoint: Endpoint[P],
        params: dict[str, Any],
        timeout: float | None,
        *,
        cursor: str = "cursor",
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

    def __repr__(self) -> str:
        asked = ", ".join(f"{name}={value!r}" for name, value in self._params.items())
        use = "await it for the first page, `async for` for every row"
        return f"<{type(self).__name__} of {self._endpoint.name}({asked}): {use}>"

    if not TYPE_CHECKING:
        # What a newcomer writes first. Type checkers must not take a pager for a list because of them.

        def __iter__(self) -> NoReturn:
            raise TypeError(f"iterate with `async for row in ...`, or `for row in await ...`: {self!r}")

        def __getitem__(self, index: object) -> NoReturn:
            raise TypeError(f"await it first, as (await ...)[{index!r}]: {self!r}")

        def __len__(self) -> NoReturn:
            raise TypeError(f"await it first, as len(await ...): {self!r}")

        def __getattr__(self, name: str) -> NoReturn:
            cure = "" if name.startswith("_") else f"; await it first, as (await ...).{name}"
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{cure}")

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
            cursor = cast(PageLike, page).next_page_cursor
            # Some services repeat the last cursor for ever instead of leaving it out.
            if not cursor or cursor in seen:
                return
            seen.add(cursor)
            params = {**params, self._cursor: cursor}

    async def _fetch(self, params: Mapping[str, Any]) -> P:
        answer = await self._call(self._endpoint, params, timeout=self._timeout)
        page: P = answer.result
        return page


class Numbered(msgspec.Struct, frozen=True):
    """How pages are asked for by number; the first one is 1.

    Attributes:
        parameter: the wire name of the number.
        total: the page's attribute that says how many rows there are on all pages together; empty for none.
        text: whether the number is sent as text.
    """

    parameter: str
    total: str = ""
    text: bool = False


class NumberedPager(Pager[P, T]):
    """A `Pager` whose pages have numbers: it begins with the one that was asked for, or the first."""

    __slots__ = ("_numbered",)

    def __init__(
        self, call: Call, endpoint: Endpoint[P], params: dict[str, Any], timeout: float | None, numbered: Numbered
    ) -> None:
        super().__init__(call, endpoint, params, timeout)
        self._numbered = numbered

    async def _pages_of(self, params: dict[str, Any]) -> AsyncIterator[P]:
        how = self._numbered
        number = int(params.get(how.parameter, 1))
        page = await self._fetch(params)
        size, known = len(page.rows), number * len(page.rows)
        while page.rows:
            yield page
            total = getattr(page, how.total, None) if how.total else None
            # A shorter page is the last one, whatever the total says; so is one that would pass it.
            if len(page.rows) < size or (total and known >= total):
                return
            number += 1
            following = await self._fetch({**params, how.parameter: str(number) if how.text else number})
            # Some services answer a number beyond the last page with the last page.
            if following.rows == page.rows:
                return
            page, known = following, known + len(following.rows)
        if number == int(params.get(how.parameter, 1)):
            yield page


def windows(params: dict[str, Any], window: Window | None) -> list[dict[str, Any]]:
    """Split a request whose time span is wider than one answer covers, oldest first; bounds never overlap."""
    if window is None or "cursor" in params:
        return [params]
    start, end = params.get(window.start), params.get(window.end)
    if start is None or end is None:
        return [params]
    if window.months:
        return _windows_of_days(params, window)
    if end - start <= window.span:
        return [params]
    # Both bounds are inclusive on the wire, so the next window starts one unit after the last one ended.
    step = window.span
    start -= start % window.grain
    return [
        {**params, window.start: at, window.end: min(at + step - window.unit, end)}
        for at in range(start, end + 1, step)
    ]


def _windows_of_days(params: dict[str, Any], window: Window) -> list[dict[str, Any]]:
    """Split days that are written as text, both inclusive, into windows of so many months."""
    at, last = (date.fromisoformat(params[name]) for name in (window.start, window.end))
    if last <= _months_later(at, window.months):
        return [params]
    found = []
    while at <= last:
        after = _months_later(at, window.months)
        found.append({
            **params, window.start: at.isoformat(), window.end: min(after - timedelta(days=1), last).isoformat()
        })  # fmt: skip
        at = after
    return found


def _months_later(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
