"""The library on uvloop: a call, an order and streams, with everything closed in the end."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any

import pytest

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.subscription import Subscription
from tests.stream.server import book, stream_server, streams_of, trade

uvloop = pytest.importorskip("uvloop")


def run(main: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        result = uvloop.run(main)
        gc.collect()
    return result


def test_calls_and_streams_work_against_the_exchange() -> None:
    async def main() -> None:
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
        async with (
            SimulatedExchange(seed=1, symbols=["BTCUSDT"]) as exchange,
            AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit,
            asyncio.timeout(30),
        ):
            tickers = await bybit.market.get_tickers(category="linear", symbol="BTCUSDT")
            assert tickers[0].last_price > 0
            async with bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as live:
                best = live.best_ask
                assert best is not None
                assert live.best_bid is not None
                assert live.best_bid.price < best.price
            async with bybit.stream.orders("linear") as orders:
                placed = await bybit.trade.place_order(
                    category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
                )
                assert (await anext(orders)).order_id == placed.order_id

    run(main())


def test_a_connection_that_is_lost_is_replaced() -> None:
    async def main() -> tuple[list[str], int]:
        async with stream_server() as server, streams_of(server) as streams, asyncio.timeout(20):
            server.on_subscribed = lambda peer, topic: [trade(len(server.peers)) if "Trade" in topic else book()]
            trades: Subscription[Any] = streams.trades("BTCUSDT", category="linear")
            first = await anext(trades)
            (await server.peer()).abort()
            second = await anext(trades)
            trades.close()
            return [first.exec_id, second.exec_id], len(server.peers)

    assert run(main()) == (["1", "2"], 2)
