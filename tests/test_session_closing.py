"""Closing a session: everything ends, soon, also when closing itself is cut short or something on the way fails."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bybit_async.errors import OutcomeUnknown
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from tests.transport.raw_server import OK, Request, http, raw_server

ORDER: dict[str, Any] = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "order_type": "Market",
    "qty": "0.01",
}


def ours() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("bybit_async")}


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20])
async def test_a_cancelled_close_closes_everything_all_the_same(turns: int) -> None:
    async with SimulatedExchange(seed=7) as exchange:
        bybit = AsyncBybit(
            environment=exchange.environment, orders_via="websocket", **exchange.new_account(usdt="100000")
        )
        await bybit.stream.trades("BTCUSDT", category="linear").ready(5)
        await bybit.trade.place_order(**ORDER)
        closing = asyncio.create_task(bybit.aclose())
        for _ in range(turns):
            await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait({closing})
        assert turns == 0 or ours() == set()
        await bybit.aclose()
        assert ours() == set()


async def test_closing_twice_at_once_closes_once() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        bybit = AsyncBybit(environment=exchange.environment)
        await bybit.market.get_server_time()
        closings = [asyncio.create_task(bybit.aclose()) for _ in range(2)]
        await asyncio.sleep(0)
        assert [task.get_name() for task in asyncio.all_tasks()].count("bybit_async closing") == 1
        await asyncio.gather(*closings)
        assert ours() == set()


async def test_a_part_that_cannot_be_closed_does_not_keep_the_others_open(monkeypatch: pytest.MonkeyPatch) -> None:
    async with SimulatedExchange(seed=7) as exchange:
        bybit = AsyncBybit(environment=exchange.environment)
        await bybit.market.get_server_time()

        async def fail() -> None:
            raise RuntimeError("no")

        monkeypatch.setattr(bybit.stream, "aclose", fail)
        with pytest.raises(RuntimeError):
            await bybit.aclose()
        assert bybit._rest.context.carrier._open == set()  # type: ignore[attr-defined]


async def test_an_order_whose_outcome_is_looked_for_ends_with_the_session() -> None:
    looked_for = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.transport.abort()
            return
        if b"realtime" in request.target:
            looked_for.set()
        writer.write(http(OK % int(time.time() * 1000)))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S", recv_window=60_000) as bybit:
            placing = asyncio.create_task(bybit.trade.place_order(**ORDER))
            await looked_for.wait()
        async with asyncio.timeout(1):
            with pytest.raises(OutcomeUnknown):
                await placing
