"""A process of its own that asks a host for the time: ``python -m tests.transport.asking URL FILE REQUESTS SECONDS``.

It asks once and says so; after a line on its standard input it asks as fast as its budget allows, until that ends. Then
it prints how often it asked, or what stopped it.
"""

from __future__ import annotations

import asyncio
import sys

from bybit_async import AsyncBybit, Environment, HostBanned, RateLimitSettings


async def ask(url: str, file: str, requests: str, seconds: str) -> None:
    place = Environment(name="there", rest_url=url, public_url="ws://127.0.0.1:1", private_url="ws://127.0.0.1:1")
    pace = RateLimitSettings(host_requests=int(requests), host_seconds=float(seconds), shared=file or None)
    asked = 0
    async with AsyncBybit(environment=place, rate_limits=pace) as bybit:
        try:
            await bybit.market.get_server_time()
            print("asking", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            stop = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
            while not stop.done():
                await asyncio.gather(*(bybit.market.get_server_time() for _ in range(4)))
                asked += 4
            print(f"asked {asked}", flush=True)
        except HostBanned as ban:
            print(f"banned until {ban.until}", flush=True)


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]))
