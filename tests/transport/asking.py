"""A process of its own that asks a host for the time: ``python -m tests.transport.asking URL FILE REQUESTS SECONDS``.

It asks once and says so; after a line on its standard input it asks as fast as its budget allows, until that ends. Then
it prints when it asked, by the machine's monotonic clock, or what stopped it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bybit_async import AsyncBybit, Environment, Hooks, HostBanned, RateLimitSettings


async def ask(url: str, file: str, requests: str, seconds: str) -> None:
    place = Environment(name="there", rest_url=url, public_url="ws://127.0.0.1:1", private_url="ws://127.0.0.1:1")
    pace = RateLimitSettings(host_requests=int(requests), host_seconds=float(seconds), shared=file or None)
    asked: list[float] = []
    hooks = Hooks(on_request=lambda _: asked.append(time.monotonic()))
    async with AsyncBybit(environment=place, rate_limits=pace, hooks=hooks) as bybit:
        try:
            await bybit.market.get_server_time()
            print("asking", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            stop = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
            while not stop.done():
                await asyncio.gather(*(bybit.market.get_server_time() for _ in range(4)))
            print(f"asked {json.dumps(asked)}", flush=True)
        except HostBanned as ban:
            print(f"banned until {ban.until}", flush=True)


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]))
