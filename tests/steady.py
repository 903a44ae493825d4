"""Time in which the event loop was running: a machine that stands still for a while makes nothing late by it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_STEP = 0.005


@asynccontextmanager
async def steady() -> AsyncIterator[Callable[[], float]]:
    """Give a clock in seconds; however long one turn of the loop takes, it counts as two steps at most."""
    now = time.monotonic()

    async def tick() -> None:
        nonlocal now
        last = time.monotonic()
        while True:
            await asyncio.sleep(_STEP)
            at = time.monotonic()
            now += min(at - last, 2 * _STEP)
            last = at

    ticking = asyncio.create_task(tick())
    try:
        yield lambda: now
    finally:
        ticking.cancel()
        await asyncio.wait({ticking})
