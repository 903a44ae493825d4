"""A relay that runs for the length of a block."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bybit_async.relay import Relay
from bybit_async.simulator import SimulatedExchange


async def eventually(holds: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  what it waits for tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def relaying(exchange: SimulatedExchange, redis: str, *topics: str) -> AsyncIterator[Relay]:
    """Run a relay; where no other one leads, until this one does."""
    relay = Relay(exchange.environment, redis, topics=topics)
    running = asyncio.create_task(relay.run())
    try:
        await asyncio.sleep(0)
        yield relay
    finally:
        running.cancel()
        await asyncio.wait({running})
