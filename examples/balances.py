"""What an account holds: equity, and each coin."""

import asyncio

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def show(bybit: AsyncBybit) -> None:
    [wallet] = await bybit.account.get_wallet_balance(account_type="UNIFIED")
    print(f"equity {wallet.total_equity} USD, available {wallet.total_available_balance} USD")
    for coin in wallet.coin:
        print(f"{coin.coin:>6} {coin.wallet_balance}")


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        keys = exchange.new_account(usdt="10000", coins={"BTC": "0.5"})
        async with AsyncBybit(environment=exchange.environment, **keys) as bybit:
            await show(bybit)


if __name__ == "__main__":
    asyncio.run(main())
