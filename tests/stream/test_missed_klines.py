"""Closed klines of a session, over a lost connection."""

from __future__ import annotations

import asyncio

from bybit_async.session import AsyncBybit
from bybit_async.simulator import MarketSettings, SimulatedExchange

MINUTE = 60_000


async def test_klines_that_closed_while_the_session_was_cut_off_are_fetched_by_itself() -> None:
    async with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"], manual=True, market=MarketSettings(step=1_000)) as exchange,
        AsyncBybit(environment=exchange.environment) as bybit,
        bybit.stream.events() as events,
        bybit.stream.klines("BTCUSDT", category="linear", interval="1", closed=True) as klines,
    ):
        await exchange.advance("2m")
        async with asyncio.timeout(20):
            starts = [(await anext(klines)).start]
            exchange.refuse_connections()
            exchange.drop_connections()
            async for event in events:
                if event.kind == "lost":
                    break
            await exchange.advance("3m")
            exchange.refuse_connections(refuse=False)
            async for event in events:
                if event.kind == "recovered":
                    break
            await exchange.advance("1m")
            starts += [(await anext(klines)).start for _ in range(4)]
    assert sorted(starts) == [starts[0] + MINUTE * step for step in range(5)]
