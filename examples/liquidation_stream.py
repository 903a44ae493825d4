"""Watch liquidations: here a crash takes one account that is too highly leveraged."""

import asyncio

from bybit_async import AsyncBybit
from bybit_async.simulator import Crash, SimulatedExchange


async def main() -> None:
    crash = Crash(at="10s", coin="BTC", drop=0.3)
    async with SimulatedExchange(seed=7, manual=True, symbols=["BTCUSDT"], script=[crash]) as exchange:
        async with (
            AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="1000")) as gambler,
            AsyncBybit(environment=exchange.environment) as watcher,
            watcher.stream.liquidations("BTCUSDT", category="linear") as liquidations,
        ):
            await gambler.position.set_leverage(
                category="linear", symbol="BTCUSDT", buy_leverage="20", sell_leverage="20"
            )
            await gambler.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.1"
            )
            await exchange.advance("1m")
            async for liquidation in liquidations:
                print(f"{liquidation.side} {liquidation.size} liquidated at {liquidation.price}")
                break


if __name__ == "__main__":
    asyncio.run(main())
