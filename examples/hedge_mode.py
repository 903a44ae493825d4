"""Hold a long and a short position in one contract at the same time."""

import asyncio

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            await bybit.position.switch_position_mode(category="linear", symbol="BTCUSDT", mode=3)
            await bybit.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.02", position_idx=1
            )
            await bybit.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Sell", order_type="Market", qty="0.01", position_idx=2
            )
            for position in await bybit.position.get_positions(category="linear", symbol="BTCUSDT"):
                print(f"index {position.position_idx}: {position.side} {position.size} at {position.avg_price}")


if __name__ == "__main__":
    asyncio.run(main())
