"""A process that downloads until it is done or killed; started by the tests of crashes."""

from __future__ import annotations

import asyncio

from bybit_async import AsyncBybit
from bybit_async.environments import Environment


def run(url, identity, place, interval, start, end, begin):
    """Download candles of BTCUSDT into a store; `begin` is called right before the first request."""
    asyncio.run(_download(url, identity, place, interval, start, end, begin))


async def _download(url, identity, place, interval, start, end, begin):
    environment = Environment(
        name="simulated", rest_url=url, public_url="ws://none", private_url="ws://none", identity=identity
    )
    async with AsyncBybit(environment=environment, data_dir=place) as bybit:
        begin()
        await bybit.data.download("BTCUSDT", interval, start, end)
