"""Place orders in one request; some are accepted, some are refused, and each has an outcome of its own."""

import asyncio

from bybit_async import AsyncBybit, PlaceOrder
from bybit_async.simulator import SimulatedExchange

LEVELS = {"30000": "0.01", "31000": "0.01", "32000": "100000"}


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            orders = [
                PlaceOrder(category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty=qty, price=price)
                for price, qty in LEVELS.items()
            ]
            outcomes = await bybit.trade.place_batch_order(category="linear", request=orders)
            for price, outcome in zip(LEVELS, outcomes, strict=True):
                if outcome.ok:
                    print(f"{price}: accepted")
                else:
                    print(f"{price}: {'unknown, look it up' if outcome.unknown else f'refused, {outcome.code}'}")


if __name__ == "__main__":
    asyncio.run(main())
