"""Quote one contract around the price of another: a bid for ETH that follows a ratio to BTC."""

import asyncio
from decimal import Decimal

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange

MARGIN = Decimal("0.01")


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT", "ETHUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            ether = await bybit.market.get_instrument("ETHUSDT", category="linear")
            async with (
                bybit.stream.order_book("BTCUSDT", category="linear", depth=1) as leader,
                bybit.stream.order_book("ETHUSDT", category="linear", depth=1) as follower,
            ):
                assert leader.mid is not None
                assert follower.mid is not None
                ratio = follower.mid / leader.mid
                ack = await bybit.trade.place_order(
                    category="linear", symbol="ETHUSDT", side="Buy", order_type="Limit", qty="0.1",
                    price=ether.round_price(follower.mid * (1 - MARGIN)), time_in_force="PostOnly",
                )  # fmt: skip
                for _ in range(3):
                    await leader.updated(timeout=5)
                    if leader.stale or leader.mid is None:
                        continue
                    price = ether.round_price(leader.mid * ratio * (1 - MARGIN))
                    await bybit.trade.amend_order(
                        category="linear", symbol="ETHUSDT", order_id=ack.order_id, price=price
                    )
                    print(f"BTC at {leader.mid}: bid for ETH at {price}")
                await bybit.trade.cancel_all_orders(category="linear", symbol="ETHUSDT")


if __name__ == "__main__":
    asyncio.run(main())
