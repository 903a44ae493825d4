"""A stop that follows the price, and what it does in a crash."""

import asyncio

from bybit_async import AsyncBybit
from bybit_async.simulator import Crash, SimulatedExchange


async def main() -> None:
    crash = Crash(at="10s", coin="BTC", drop=0.1)
    async with SimulatedExchange(seed=7, manual=True, symbols=["BTCUSDT"], script=[crash]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            await bybit.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
            )
            await bybit.position.set_trading_stop(category="linear", symbol="BTCUSDT", trailing_stop="500")
            [position] = await bybit.position.get_positions(category="linear", symbol="BTCUSDT")
            print(f"long {position.size} at {position.avg_price}, trailing by {position.trailing_stop}")

            await exchange.advance("2m")
            [closed] = await bybit.position.get_closed_pnl(category="linear", symbol="BTCUSDT")
            print(f"closed at {closed.avg_exit_price}, profit {closed.closed_pnl}")


if __name__ == "__main__":
    asyncio.run(main())
