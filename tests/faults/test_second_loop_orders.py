"""Order entry belongs to the event loop of its first use, as the whole session does."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bybit_async.api.trade import Trade
from bybit_async.errors import WrongEventLoop
from bybit_async.stream.orders.entry import OrderEntry
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import HmacSigner
from tests.faults.trade_server import ORDER, TradeServer, order_entry, place


async def test_another_threads_loop_is_refused_at_once_and_disturbs_nothing() -> None:
    async with order_entry() as (server, entry, trade):
        waiting = place(trade, "a")
        request = await server.take()
        refusals: list[BaseException] = []

        def elsewhere() -> None:
            for use in (lambda: trade.place_order(**ORDER), entry.connect):
                try:
                    asyncio.run(use())
                except WrongEventLoop as error:
                    refusals.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join)
        assert ["asyncio.run" in str(error) for error in refusals] == [True, True]
        await request.answer()
        assert (await waiting).order_id == "id-a"


def test_a_second_run_is_refused_at_once() -> None:
    made: list[OrderEntry] = []

    async def first() -> None:
        async with TradeServer() as server:
            entry = OrderEntry(server.environment, signer=HmacSigner("key", "secret"), clock=Clock())
            made.append(entry)
            await entry.connect()

    asyncio.run(first())
    with pytest.raises(WrongEventLoop) as caught:
        asyncio.run(Trade(made[0]).place_order(**ORDER))
    assert caught.value.over
