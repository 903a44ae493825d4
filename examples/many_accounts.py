"""Trade on several accounts at once: one session for each key, all of them within the limits of one address."""

import asyncio
from contextlib import AsyncExitStack

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def buy(bybit: AsyncBybit) -> str:
    ack = await bybit.trade.place_order(
        category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
    )
    return ack.order_id


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange, AsyncExitStack() as stack:
        keys = [exchange.new_account(usdt="10000") for _ in range(3)]
        sessions = [
            await stack.enter_async_context(AsyncBybit(environment=exchange.environment, **key)) for key in keys
        ]
        for number, order_id in enumerate(await asyncio.gather(*map(buy, sessions)), 1):
            print(f"account {number}: {order_id}")


if __name__ == "__main__":
    asyncio.run(main())
