"""How much heavier one side of a book is, and what a market order would cost right now."""

import asyncio

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment) as bybit:
            async with bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book:
                for _ in range(5):
                    await book.updated(timeout=5)
                    imbalance, price = book.imbalance(5), book.vwap("Buy", "1")
                    if book.stale or imbalance is None or price is None:
                        continue  # what is not known is not acted on
                    print(f"imbalance {imbalance:+.2f}; one BTC would cost {price:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
