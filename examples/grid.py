"""A grid: buy orders below the price and sell orders above it, sent in one batch and removed at the end."""

import asyncio
from decimal import Decimal

from bybit_async import AsyncBybit, PlaceOrder
from bybit_async.simulator import SimulatedExchange

STEP, LEVELS = Decimal("0.005"), 4


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            instrument = await bybit.market.get_instrument("BTCUSDT", category="linear")
            [ticker] = await bybit.market.get_tickers(category="linear", symbol="BTCUSDT")
            orders = [
                PlaceOrder(
                    category="linear",
                    symbol="BTCUSDT",
                    side="Buy" if level < 0 else "Sell",
                    order_type="Limit",
                    qty="0.005",
                    price=instrument.round_price(ticker.last_price * (1 + STEP * level)),
                )
                for level in range(-LEVELS, LEVELS + 1)
                if level
            ]
            outcomes = await bybit.trade.place_batch_order(category="linear", request=orders)
            print(sum(outcome.ok for outcome in outcomes), "orders rest around", ticker.last_price)
            await bybit.trade.cancel_all_orders(category="linear", symbol="BTCUSDT", until_none_left=True)
            left = [order async for order in bybit.trade.get_open_orders(category="linear", symbol="BTCUSDT")]
            print(len(left), "left")


if __name__ == "__main__":
    asyncio.run(main())
