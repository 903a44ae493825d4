"""Streams with callbacks: what ends them, and who is given the error."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest

from bybit_async.bridge.callbacks import CallbackStream
from bybit_async.bridge.derive import turned
from bybit_async.bridge.link import Link
from bybit_async.errors import StreamClosed, SubscriptionOverflow


class Source:
    """Gives these items; an exception among them is raised, and after the last one it waits."""

    def __init__(self, *items: Any, ends: bool = False) -> None:
        self._items = list(items)
        self._ends = ends
        self.left = 0

    @property
    def pending(self) -> int:
        return len(self._items) + self._ends

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.left += 1

    async def __anext__(self) -> Any:
        if not self._items:
            if self._ends:
                raise StopAsyncIteration
            await asyncio.Event().wait()
        item = self._items.pop(0)
        if isinstance(item, BaseException):
            raise item
        return item

    def __repr__(self) -> str:
        return "the source"


@pytest.fixture
def link() -> Iterator[Link]:
    async def nothing() -> None:
        pass

    made = Link(nothing, turned)
    yield made
    made.close()


def ended(stream: CallbackStream[Any]) -> None:
    stream.join(5)
    assert stream.closed


def test_an_error_that_ends_the_stream_is_given_to_the_error_callback(link: Link) -> None:
    items: list[Any] = []
    errors: queue.Queue[tuple[Exception, int]] = queue.Queue()
    failure = SubscriptionOverflow("too slow")
    stream = CallbackStream(
        link, Source(1, 2, failure), items.append, on_error=lambda error: errors.put((error, threading.get_ident()))
    )
    error, thread = errors.get(timeout=5)
    ended(stream)
    assert (items, error, stream.error) == ([1, 2], failure, failure)
    assert thread != threading.get_ident()


def test_an_error_without_a_callback_is_logged(link: Link, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "bybit_async.callbacks"):
        ended(CallbackStream(link, Source(SubscriptionOverflow("too slow")), print))
    assert "the source ended: too slow" in caplog.text


def test_an_error_callback_that_raises_is_logged_too(link: Link, caplog: pytest.LogCaptureFixture) -> None:
    def fails(_: Exception) -> None:
        raise ValueError("in the callback")

    with caplog.at_level(logging.ERROR, "bybit_async.callbacks"):
        stream = CallbackStream(link, Source(SubscriptionOverflow("too slow")), print, on_error=fails)
        ended(stream)
    assert "in the callback" in caplog.text
    assert isinstance(stream.error, SubscriptionOverflow)


def test_a_stream_that_was_closed_elsewhere_is_no_error(link: Link) -> None:
    errors: list[Exception] = []
    stream = CallbackStream(link, Source(StreamClosed("closed")), print, on_error=errors.append)
    ended(stream)
    assert (errors, stream.error) == ([], None)


def test_items_that_wait_are_fetched_in_one_go_up_to_the_end(link: Link) -> None:
    items: list[Any] = []
    source = Source(*range(5), ends=True)
    ended(CallbackStream(link, source, items.append))
    assert items == [0, 1, 2, 3, 4]


def test_a_callback_that_closes_its_stream_is_given_nothing_more(link: Link) -> None:
    items: list[Any] = []
    made = threading.Event()

    def once(item: Any) -> None:
        made.wait(5)  # `stream` is made
        items.append(item)
        stream.close()

    source = Source(*range(5))
    stream = CallbackStream(link, source, once)
    made.set()
    ended(stream)
    assert items == [0]
    assert source.left == 1
    stream.close()


def test_what_was_given_up_while_closing_is_not_reported(link: Link) -> None:
    errors: list[Exception] = []
    taken = threading.Event()
    go_on = threading.Event()

    def slow(_: Any) -> None:
        taken.set()
        go_on.wait(5)

    with CallbackStream(link, Source(1, SubscriptionOverflow("x")), slow, on_error=errors.append) as stream:
        taken.wait(5)
        stream._closed = True
        go_on.set()
        ended(stream)
    assert errors == []
