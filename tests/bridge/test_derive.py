"""Blocking classes, derived from small asynchronous ones that have every kind of member."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from functools import cached_property
from typing import Any, Self

import pytest

from bybit_async.bridge.derive import Derived, blocking_class, turned
from bybit_async.bridge.link import Link


class Thing:
    """An ``async with`` of AsyncBybit."""

    def __init__(self) -> None:
        self.given = "of the instance"
        self.closed = 0
        self.left: list[BaseException | None] = []
        self.threads: list[int] = []

    @property
    def size(self) -> int:
        """How many."""
        self.threads.append(threading.get_ident())
        return 2

    @cached_property
    def part(self) -> str:
        """Made once."""
        self.threads.append(threading.get_ident())
        return "made"

    async def ask(self, question: str, *, timeout: float | None = None) -> str:
        """Answer."""
        return question.upper()

    async def tell(self, value: int, callback: Callable[[int], object]) -> int:
        """Call back."""
        outcome = callback(value)
        return (await outcome) if asyncio.iscoroutine(outcome) else -1  # type: ignore[no-any-return]

    async def numbers(self) -> AsyncGenerator[int, None]:
        """Count."""
        for number in range(3):
            yield number

    def __aiter__(self) -> AsyncIterator[int]:
        return self.numbers()

    def __len__(self) -> int:
        return 2

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.left.append(error)
        return isinstance(error, KeyError)

    async def aclose(self) -> None:
        self.closed += 1

    def __repr__(self) -> str:
        return "the thing"


Thing.__module__ = "bybit_async.live.thing"


@pytest.fixture
def link() -> Iterator[Link]:
    async def nothing() -> None:
        pass

    made = Link(nothing, turned)
    yield made
    made.close()


@pytest.fixture
def thing(link: Link) -> Any:
    return blocking_class(Thing)(link, Thing())


def test_members_are_read_and_called_on_the_loops_thread(thing: Any, link: Link) -> None:
    assert (thing.size, thing.part, thing.part, thing.given, len(thing)) == (2, "made", "made", "of the instance", 2)
    assert thing.ask("why") == "WHY"
    assert set(thing._target.threads) == {link.portal.run(threading.get_ident)}
    assert len(thing._target.threads) == 2
    assert thing.read(lambda original: original.given) == "of the instance"
    assert "given" in dir(thing)
    assert repr(thing) == "<blocking the thing>"
    assert type(thing).__doc__ == "An ``with`` of Bybit."
    for name in ("nothing", "_hidden"):
        with pytest.raises(AttributeError, match=name):
            getattr(thing, name)


def test_generators_and_iterators_are_iterated(thing: Any) -> None:
    assert list(thing.numbers()) == [0, 1, 2]
    assert list(thing) == [0, 1, 2]


def test_a_plain_callback_runs_beside_the_loop_and_a_coroutine_on_it(thing: Any, link: Link) -> None:
    threads: list[int] = []

    def plain(value: int) -> None:
        # It may call the session: the loop goes on meanwhile.
        assert thing.ask("x") == "X"
        threads.append(threading.get_ident())

    async def coroutine(value: int) -> int:
        threads.append(threading.get_ident())
        return value

    assert thing.tell(7, callback=plain) is None
    assert thing.tell(7, coroutine) == 7
    assert thing.tell(7, lambda value: coroutine(value)) is None
    loop = link.portal.run(threading.get_ident)
    assert threads[0] not in (loop, threading.get_ident())
    assert threads[1:] == [loop, loop]
    with pytest.raises(TypeError):
        thing.tell(7, callback=None)


def test_it_is_entered_left_and_closed_from_a_thread(thing: Any) -> None:
    with thing as entered:
        assert entered is thing
    with thing:
        raise KeyError("swallowed")
    with pytest.raises(ValueError, match="not swallowed"), thing:
        raise ValueError("not swallowed")
    assert [type(error) for error in thing._target.left] == [type(None), KeyError, ValueError]
    thing.close()
    assert thing._target.closed == 1


def test_what_is_closed_with_its_session_is_left_in_silence(thing: Any, link: Link) -> None:
    thing.__enter__()
    link.close()
    assert thing.__exit__(None, None, None) is False
    thing.close()
    assert thing._target.closed == 0
    assert isinstance(thing, Derived)
