"""What belongs to one event loop says so in another."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from bybit_async.errors import WrongEventLoop
from bybit_async.event_loop import HomeLoop


async def _check(home: HomeLoop) -> asyncio.AbstractEventLoop:
    assert home.check() is asyncio.get_running_loop()
    return home.check()


def test_the_first_use_decides() -> None:
    home = HomeLoop()
    asyncio.run(_check(home))
    with pytest.raises(WrongEventLoop, match=r"this session belongs to .* closed by now: make a new session") as caught:
        asyncio.run(_check(home))
    assert caught.value.over
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.owner, again.over) == (str(caught.value), "session", True)


def test_a_loop_that_still_runs_is_not_called_closed() -> None:
    home = HomeLoop("subscription")

    async def main() -> WrongEventLoop:
        home.check()
        with pytest.raises(WrongEventLoop, match=r"this subscription belongs .* in another one") as caught:
            await asyncio.to_thread(lambda: asyncio.run(_check(home)))
        return caught.value

    assert not asyncio.run(main()).over
