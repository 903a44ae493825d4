"""``python -m benchmarks.redis_links``: processor time for one published message, by redis-py and by `RedisLink`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

from redis.asyncio import Redis

from benchmarks.processes import ROOT
from benchmarks.relay import redis_server
from bybit_async.stream.relayed.redis_link import open_link

_MESSAGES = 60_000
_NAME = b"benchmark"


async def publish(url: str) -> None:
    """Publish messages of 400 bytes."""
    async with Redis.from_url(url) as redis:
        for _ in range(_MESSAGES // 100):
            async with redis.pipeline(transaction=False) as pipeline:
                for _ in range(100):
                    pipeline.publish(_NAME, b"x" * 400)
                await pipeline.execute()


def _publisher(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.redis_links", url], cwd=ROOT)


async def by_redis_py(url: str) -> float:
    async with Redis.from_url(url) as redis, redis.pubsub() as messages:
        await messages.subscribe(_NAME)
        await messages.get_message(timeout=5)
        publisher, began, count = _publisher(url), time.process_time(), 0
        while count < _MESSAGES:
            count += await messages.get_message(timeout=10) is not None
        spent = time.process_time() - began
        await asyncio.to_thread(publisher.wait)
        return spent / _MESSAGES * 1e6


async def by_link(url: str) -> float:
    done, count = asyncio.Event(), 0

    def take(name: bytes, message: bytes) -> None:
        nonlocal count
        count += 1
        if count == _MESSAGES:
            done.set()

    link = await open_link(url, take, lambda reason: None)
    await link.subscribe(_NAME)
    publisher, began = _publisher(url), time.process_time()
    await done.wait()
    spent = time.process_time() - began
    await asyncio.to_thread(publisher.wait)
    link.close()
    return spent / _MESSAGES * 1e6


def main() -> None:
    if len(sys.argv) > 1:
        asyncio.run(publish(sys.argv[1]))
        return
    with redis_server() as url:
        print(
            f"redis-py {asyncio.run(by_redis_py(url)):.1f} µs a message, RedisLink {asyncio.run(by_link(url)):.1f} µs"
        )


if __name__ == "__main__":
    main()
