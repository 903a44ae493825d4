"""Watch the top of a live order book: ``python examples/watch_book.py`` (simulated), or with ``--testnet``."""

import asyncio
import sys
from contextlib import AsyncExitStack

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def watch(bybit: AsyncBybit, *, symbol: str = "BTCUSDT", changes: int = 20) -> None:
    async with bybit.stream.order_book(symbol, category="linear", depth=50) as book:
        async for _ in book:
            if book.stale:
                print("stale:", book.stale_reason)
                continue
            bid, ask = book.best_bid, book.best_ask
            if bid is not None and ask is not None:
                print(
                    f"{bid.size:>10} × {bid.price}  |  {ask.price} × {ask.size:<10} imbalance {book.imbalance(5):+.2f}"
                )
            changes -= 1
            if changes <= 0:
                return


async def main() -> None:
    async with AsyncExitStack() as stack:
        if "--testnet" in sys.argv:
            bybit = AsyncBybit(testnet=True)
        else:
            exchange = await stack.enter_async_context(SimulatedExchange(seed=7))
            bybit = AsyncBybit(environment=exchange.environment)
        await watch(await stack.enter_async_context(bybit))


if __name__ == "__main__":
    asyncio.run(main())
