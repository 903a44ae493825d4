"""Context managers of the loop, entered and left by threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bybit_async.bridge.holding import Hold


class Manager:
    def __init__(
        self, *, fails: bool = False, waits: bool = False, swallows: bool = False, trips: bool = False
    ) -> None:
        self.fails, self.waits, self.swallows, self.trips = fails, waits, swallows, trips
        self.entering = asyncio.Event()
        self.entered = self.left = 0
        self.task: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> str:
        self.task = asyncio.current_task()
        self.entered += 1
        self.entering.set()
        if self.waits:
            await asyncio.Event().wait()
        if self.fails:
            raise ValueError("not entered")
        return "the value"

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        assert asyncio.current_task() is self.task, "entered and left by one task"
        self.left += 1
        if self.trips:
            raise KeyError("while leaving")
        return self.swallows


async def test_it_is_entered_and_left_in_one_task() -> None:
    manager = Manager()
    hold = Hold(manager)
    assert await hold.leave(None) is False
    assert await hold.enter() == "the value"
    assert await hold.leave(None) is False
    assert (manager.entered, manager.left) == (1, 1)


async def test_entering_that_fails_raises_what_it_raised() -> None:
    with pytest.raises(ValueError, match="not entered"):
        await Hold(Manager(fails=True)).enter()


async def test_entering_that_is_given_up_leaves_no_task() -> None:
    manager = Manager(waits=True)
    entering = asyncio.create_task(Hold(manager).enter())
    await manager.entering.wait()
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    assert manager.task is not None
    assert manager.task.cancelled()


@pytest.mark.parametrize("swallows", [True, False])
async def test_it_is_asked_whether_an_error_is_swallowed(swallows: bool) -> None:
    hold = Hold(Manager(swallows=swallows))
    await hold.enter()
    assert await hold.leave(RuntimeError("from the block")) is swallows


async def test_an_error_of_leaving_goes_before_that_of_the_block() -> None:
    hold = Hold(Manager(trips=True))
    await hold.enter()
    with pytest.raises(KeyError, match="while leaving"):
        await hold.leave(RuntimeError("from the block"))


async def test_a_generator_sees_the_error() -> None:
    seen: list[BaseException] = []

    @asynccontextmanager
    async def watching() -> AsyncIterator[None]:
        try:
            yield
        except RuntimeError as error:
            seen.append(error)

    hold = Hold(watching())
    await hold.enter()
    assert await hold.leave(RuntimeError("from the block")) is True
    assert len(seen) == 1
