"""A process that shares a download with others, and notes every request; started by the tests of divided downloads."""

from __future__ import annotations

import asyncio
import os

import httpx

from bybit_async import AsyncBybit
from bybit_async.data import division
from bybit_async.environments import Environment


class Noting(httpx.AsyncHTTPTransport):
    """Sends, and appends the address of every request to a file that all processes share."""

    def __init__(self, notes):
        super().__init__()
        self._notes = notes

    async def handle_async_request(self, request):
        file = os.open(self._notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{os.getpid()} {request.url}\n".encode())
        os.close(file)
        return await super().handle_async_request(request)


def run(url, identity, places, span, interval, variables, together):
    """Download candles of BTCUSDT into the store when the others begin, with leases that last two seconds."""
    os.environ |= variables
    together.wait(40)
    division._LIFE = 2.0
    asyncio.run(_download(url, identity, *places, span, interval))


async def _download(url, identity, store, leases, notes, span, interval):
    environment = Environment(
        name="simulated", rest_url=url, public_url="ws://none", private_url="ws://none", identity=identity
    )
    async with AsyncBybit(
        environment=environment, data_dir=store, data_leases=leases, transport=Noting(notes), timeout=60
    ) as bybit:
        await bybit.data.download("BTCUSDT", interval, *span)
