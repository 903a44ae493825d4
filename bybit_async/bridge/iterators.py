"""Asynchronous iterators and pagers, iterated by a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Generic, TypeVar

from bybit_async.bridge.link import Link
from bybit_async.transport.pages import P, Pager

T = TypeVar("T")

END: Final = object()
"""What `following` returns instead of raising: exceptions are dear on the way between threads."""


async def following(source: Any, timeout: float | None = None) -> Any:
    """Return the next item, or `END`.

    Raises:
        TimeoutError: nothing came within `timeout` seconds.
    """
    try:
        if timeout is None:
            return await source.__anext__()
        async with asyncio.timeout(timeout):
            return await source.__anext__()
    except StopAsyncIteration:
        return END
    except TimeoutError as error:
        raise TimeoutError(f"nothing came within {timeout} s" if timeout is not None else str(error)) from error


class BlockingIterator(Iterator[T]):
    """An asynchronous iterator, one item at a time."""

    __slots__ = ("_link", "_source")

    def __init__(self, link: Link, source: AsyncIterator[T]) -> None:
        self._link = link
        self._source = source

    def __next__(self) -> T:
        item = self._link.run(following, self._source)
        if item is END:
            raise StopIteration
        found: T = item
        return found


async def _awaited(pager: Pager[P, Any]) -> P:
    return await pager


class BlockingPager(Iterator[T], Generic[P, T]):
    """A list call: an iterator over every row of every page; nothing is sent before the first row is asked for."""

    __slots__ = ("_link", "_pager", "_rows")

    def __init__(self, link: Link, pager: Pager[P, T]) -> None:
        self._link = link
        self._pager = pager
        self._rows: Iterator[T] | None = None

    def first_page(self) -> P:
        """Ask for the first page alone; it knows the cursor of the next one."""
        page: P = self._link.run(_awaited, self._pager)
        return page

    def pages(self) -> Iterator[P]:
        """Iterate over whole pages, from the first one on; each `timeout` holds for one page."""
        return BlockingIterator(self._link, self._pager.pages())

    def __next__(self) -> T:
        if self._rows is None:
            self._rows = (row for page in self.pages() for row in page.rows)
        return next(self._rows)

    def __repr__(self) -> str:
        return f"<BlockingPager of {self._pager!r}>"
