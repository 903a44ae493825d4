"""Tests of a bot: `pytest examples/bot_with_pytest.py -o asyncio_mode=auto`. The fixtures come with the library."""

import os
import sys

import pytest

from bybit_async import AsyncBybit
from bybit_async.simulator import Rule, SimulatedExchange


async def buy_once(bybit: AsyncBybit) -> None:
    """The bot."""
    [position] = await bybit.position.get_positions(category="linear", symbol="BTCUSDT")
    if not position.size:
        await bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")


@pytest.mark.bybit_exchange(seed=7, symbols=["BTCUSDT"])
async def test_it_buys_once(bybit: AsyncBybit, bybit_exchange: SimulatedExchange) -> None:
    await buy_once(bybit)
    await buy_once(bybit)
    assert len(bybit_exchange.orders) == 1


@pytest.mark.bybit_exchange(seed=7, symbols=["BTCUSDT"])
async def test_it_buys_once_when_the_answer_is_lost(bybit: AsyncBybit, bybit_exchange: SimulatedExchange) -> None:
    bybit_exchange.faults.add(Rule(path="/v5/order/create", action="drop-after"))
    await buy_once(bybit)
    await buy_once(bybit)
    assert len(bybit_exchange.orders) == 1


def main() -> None:
    options = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", __file__, "-q", "-c", os.devnull, *options])


if __name__ == "__main__":
    main()
