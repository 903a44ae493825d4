"""Streams belong to one event loop: a second one is told so at once, and nothing hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bybit_async.environments import Environment
from bybit_async.errors import StreamClosed, WrongEventLoop
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock
from tests.stream.server import book, stream_server, streams_of, trade


async def elsewhere(use: Callable[[], Coroutine[Any, Any, Any]]) -> Exception | None:
    """What comes of a use in another thread's event loop."""
    found: list[Exception | None] = []

    async def bounded() -> None:
        async with asyncio.timeout(5):
            await use()

    def run() -> None:
        try:
            asyncio.run(bounded())
        except Exception as error:  # noqa: BLE001  whatever it was is what is looked at
            found.append(error)
        else:
            found.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    await asyncio.to_thread(thread.join)
    return found[0]


async def test_a_second_loop_is_refused_wherever_it_would_wait() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book()] if topic.startswith("orderbook") else []
        events = streams.events()
        async with (
            streams.trades("BTCUSDT", category="linear") as trades,
            streams.order_book("BTCUSDT", category="linear") as live,
        ):
            await anext(events)
            uses: list[Callable[[], Coroutine[Any, Any, Any]]] = [
                lambda: anext(trades),  # type: ignore[arg-type,return-value]
                trades.ready,
                lambda: trades.each(print),
                live.updated,
                events.__anext__,
                streams.trades("ETHUSDT", category="linear").ready,
                streams.order_book("ETHUSDT", category="linear").__aenter__,
                streams.aclose,
            ]
            for use in uses:
                error = await elsewhere(use)
                assert isinstance(error, WrongEventLoop), use
                assert "in another one" in str(error)
            await server.peers[0].send(trade(1))
            assert (await anext(trades)).exec_id == "1"
            assert len(live.bids()) == 2


def test_a_session_that_outlives_its_loop_says_so_and_can_still_be_closed() -> None:
    made: list[Streams] = []

    async def first() -> None:
        async with stream_server() as server:
            streams = Streams(server.environment, Clock(), None, StreamSettings(proxy=None))
            made.append(streams)
            async with streams.trades("BTCUSDT", category="linear"):
                pass
            await streams.aclose()

    async def second() -> None:
        streams = made[0]
        with pytest.raises(WrongEventLoop, match="closed by now"):
            await streams.trades("BTCUSDT", category="linear").ready()
        await streams.aclose()

    asyncio.run(first())
    asyncio.run(second())


async def test_closed_streams_refuse_what_is_new() -> None:
    address = "ws://127.0.0.1:1"
    environment = Environment(name="none", rest_url=address, public_url=address, private_url=address, trade_url=address)
    streams = Streams(environment, Clock(), None)
    await streams.aclose()
    with pytest.raises(StreamClosed):
        await streams.trades("BTCUSDT", category="linear").ready()
    with pytest.raises(StreamClosed):
        streams.events()
