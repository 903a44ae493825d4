"""One connection to Redis: what leaves when."""

from __future__ import annotations

import asyncio
import socket

from bybit_async.stream.relayed.redis_link import open_link
from tests.servers.redis_server import needs_redis, running_redis

pytestmark = needs_redis


async def test_the_beginning_of_a_burst_is_on_its_way_before_its_end_is_there() -> None:
    with running_redis() as redis, socket.create_connection(("127.0.0.1", redis.port), timeout=10) as other:
        link = await open_link(redis.url, lambda name, message: None, lambda reason: None)
        for _ in range(200):
            link.post("APPEND", "burst", b"x" * 400)
        # Nothing was awaited: the loop has not had a turn.
        length = 0
        while not length:
            other.sendall(b"STRLEN burst\r\n")
            length = int(other.recv(100).decode()[1:])
        assert 0 < length < 200 * 400
        assert await link.ask("STRLEN", "burst") == 200 * 400
        link.close()
        await asyncio.sleep(0)
