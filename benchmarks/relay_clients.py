"""What `benchmarks.relay` starts in processes of their own: consumers, a relay, processes that share a limit."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from benchmarks.processes import percentile, report, unverified
from benchmarks.relay_server import SYMBOLS
from bybit_async import AsyncBybit, Environment, Hooks, RateLimitSettings
from bybit_async.relay import Relay

TOPICS = [f"orderbook.50.S{number}USDT" for number in range(SYMBOLS)]


def environment_of(port: int, secure: str = "") -> Environment:
    address = f"127.0.0.1:{port}"
    return Environment(
        name="benchmark",
        rest_url=f"http{secure}://{address}",
        public_url=f"ws{secure}://{address}/v5/public",
        private_url=f"ws{secure}://{address}/v5/private",
    )


async def consume(port: int, redis: str, seconds: float, secure: str = "") -> None:
    """Keep 200 books; print processor time a message, and how old messages were when they came."""
    ages: list[int] = []
    trust = unverified() if secure else None
    environment = environment_of(port, secure)
    async with AsyncBybit(environment=environment, stream_source=redis or None, ssl_context=trust) as bybit:
        count, measuring = 0, False

        def take(message: Any) -> None:
            nonlocal count
            count += 1
            if measuring:
                ages.append(message.received_ns - message.data.seq)

        books = [bybit.stream.order_book(f"S{n}USDT", category="linear", depth=50) for n in range(SYMBOLS)]
        for book in books:
            await book.__aenter__()
        follower = asyncio.create_task(_follow(bybit, take))
        await asyncio.sleep(1.0)
        measuring, count, cpu = True, 0, time.process_time()
        await asyncio.sleep(seconds)
        cpu = time.process_time() - cpu
        measuring = False
        follower.cancel()
        old = {"median": percentile(ages, 0.5) / 1e6, "p99": percentile(ages, 0.99) / 1e6}
        report({"messages": count / seconds, "cpu": cpu / max(1, count) * 1e6, **old})


async def _follow(bybit: AsyncBybit, take: Any) -> None:
    async with bybit.stream.subscribe(*TOPICS, channel="linear") as messages:
        async for message in messages:
            take(message)


async def run_relay(port: int, redis: str) -> None:
    await Relay(environment_of(port), redis).run()


async def share(port: int, redis: str, count: int, key: str, secret: str) -> None:
    """Fire reads as fast as the limits allow; print how many were refused for their rate, and how long it took."""
    refused = 0

    def note(event: Any) -> None:
        nonlocal refused
        refused += getattr(event.error, "ret_code", None) == 10006

    settings = RateLimitSettings(shared=redis, host_requests=6000)
    async with AsyncBybit(
        environment=f"http://127.0.0.1:{port}", api_key=key, api_secret=secret, rate_limits=settings,
        hooks=Hooks(on_response=note), timeout=120,
    ) as bybit:  # fmt: skip
        await bybit.get_server_time()
        # A Redis that has never heard of a key gives nothing for one window: that is not the rate.
        await bybit.account.get_wallet_balance(account_type="UNIFIED")
        began = time.time()
        await asyncio.gather(*(bybit.account.get_wallet_balance(account_type="UNIFIED") for _ in range(count)))
        report({"refused": refused, "began": began, "ended": time.time()})


if __name__ == "__main__":
    what, port, redis, *rest = sys.argv[1:]
    if what == "relay":
        asyncio.run(run_relay(int(port), redis))
    elif what == "share":
        asyncio.run(share(int(port), redis, int(rest[0]), rest[1], rest[2]))
    else:
        secure = "s" if what == "secure" else ""
        asyncio.run(consume(int(port), redis if what == "far" else "", float(rest[0]), secure))
