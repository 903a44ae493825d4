"""Whether a kept connection is trusted with a request."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.transport.http1 import HttpPool
from tests.faults.gateway import KEY, Gateway
from tests.faults.trading import RESTING
from tests.transport.raw_server import RawServer, raw_server


class ServerThread:
    """A server on a loop of its own, so that it goes on while the client's loop is held up."""

    def __init__(self, gateway: Any) -> None:
        self._ready = threading.Event()
        self._gateway = gateway
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self.server: RawServer

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

        async def answer(request: Any, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            await self._gateway(request, writer)

        async with raw_server(answer) as self.server:
            self._ready.set()
            await self._stop.wait()

    def close_connections(self) -> None:
        """Close every connection; returns when that has happened."""

        async def close() -> None:
            writers, self._writers = self._writers, set()
            for writer in writers:
                writer.close()
                await writer.wait_closed()

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(5)

    def __enter__(self) -> ServerThread:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)


async def test_a_connection_that_was_closed_while_the_loop_was_held_up_gets_no_order() -> None:
    with ServerThread(Gateway({})) as there:
        async with AsyncBybit(environment=there.server.environment, on_unknown="raise", **KEY) as bybit:
            for number in range(3):
                await bybit.market.get_server_time()
                # On this thread: the loop learns nothing of it before the order is sent.
                there.close_connections()
                ack = await bybit.trade.place_order(**RESTING, order_link_id=f"order-{number}")
                assert ack.order_id == f"id-order-{number}"
        assert there.server.count("/v5/order/create") == 3


async def test_a_connection_within_the_process_is_kept_too() -> None:
    async with SimulatedExchange(network=False, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment) as bybit:
            await bybit.get_server_time()
            pool = bybit._rest.context.carrier
            assert isinstance(pool, HttpPool)
            [kept] = pool._idle
            assert not kept.readable(0)
            await bybit.get_server_time()
            assert pool._idle == [kept]
