"""What your program does when things go wrong: lost answers, gateway errors, and a gap in a book."""

import asyncio

from bybit_async import AsyncBybit
from bybit_async.simulator import Rule, SimulatedExchange


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            exchange.faults.add(Rule(path="/v5/market/tickers", action="status", status=502, times=2))
            [ticker] = await bybit.market.get_tickers(category="linear", symbol="BTCUSDT")
            print("after two gateway errors:", ticker.last_price)

            exchange.faults.add(Rule(path="/v5/order/create", action="drop-after"))
            ack = await bybit.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
            )
            print("after a lost answer:", ack.order_id, "found,", len(exchange.orders), "order exists")

            async with bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book:
                exchange.faults.add(Rule(topic="orderbook.50.BTCUSDT", action="drop", times=1))
                while not exchange.faults.fired[2:]:
                    await book.updated(timeout=5)
                await book.updated(timeout=5)
                while book.stale:
                    await book.updated(timeout=5)
                print("after a gap in the book:", book.best_bid, "stale:", book.stale)


if __name__ == "__main__":
    asyncio.run(main())
