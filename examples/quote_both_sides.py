"""A toy market maker: keep one bid and one ask around the mid price, and never lose track of either.

``python examples/quote_both_sides.py`` trades on a simulated exchange. It shows the three things every bot needs: a
book that says when it is stale, an account that says when it is not synced, and order calls that end as accepted,
refused or unknown. It is no strategy: it quotes for a few seconds and cleans up.
"""

import asyncio
from decimal import Decimal
from typing import Final

from bybit_async import AsyncBybit, LiveAccount, OrderNotFound, OutcomeUnknown, RequestRejected
from bybit_async.enums import Side
from bybit_async.simulator import SimulatedExchange

SYMBOL: Final = "BTCUSDT"
CATEGORY: Final = "linear"
QTY, HALF_SPREAD = Decimal("0.01"), Decimal("0.0002")


class Quoter:
    """One order a side, moved with the market."""

    def __init__(self, bybit: AsyncBybit, account: LiveAccount) -> None:
        self.bybit = bybit
        self.account = account
        self.resting: dict[Side, str] = {}

    async def quote(self, side: Side, price: Decimal) -> None:
        """Move the order of a side to a price, or place the first one."""
        link_id = self.resting.get(side)
        order = self.account.orders.find(order_link_id=link_id) if link_id else None
        if link_id is not None and order is None:
            return  # accepted a moment ago: the account will hear of it
        try:
            if order is not None and order.is_open:
                if order.price != price:
                    await self.bybit.trade.amend_order(
                        category=CATEGORY, symbol=SYMBOL, order_link_id=link_id, price=price
                    )
                return
            ack = await self.bybit.trade.place_order(
                category=CATEGORY, symbol=SYMBOL, side=side, order_type="Limit", qty=QTY, price=price,
                time_in_force="PostOnly",
            )  # fmt: skip
            self.resting[side] = ack.order_link_id or ""
        except OrderNotFound:
            print(f"{side}: filled before it could be moved")
        except RequestRejected as refusal:
            print(f"{side}: refused, {refusal}")
        except OutcomeUnknown as unknown:
            print(f"{side}: {unknown}; the account will show it as {unknown.order_link_id}")


async def run(bybit: AsyncBybit, *, seconds: float = 5.0) -> None:
    instrument = await bybit.market.get_instrument(SYMBOL, category=CATEGORY)
    loop = asyncio.get_running_loop()
    async with (
        bybit.live_account(categories=["linear"], settle_coins=["USDT"]) as account,
        bybit.stream.order_book(SYMBOL, category=CATEGORY, depth=50) as book,
    ):
        quoter, until = Quoter(bybit, account), loop.time() + seconds
        while loop.time() < until:
            await book.updated(timeout=5)
            mid = book.mid
            if book.stale or mid is None or not account.synced:
                continue  # what is not known is not traded on
            await quoter.quote("Buy", instrument.round_price(mid * (1 - HALF_SPREAD)))
            await quoter.quote("Sell", instrument.round_price(mid * (1 + HALF_SPREAD)))
        await bybit.trade.cancel_all_orders(category=CATEGORY, symbol=SYMBOL)
        for link_id in quoter.resting.values():
            await account.wait_order(order_link_id=link_id, timeout=5)
        await bybit.trade.close_position(category=CATEGORY, symbol=SYMBOL)
        fills = len(account.executions)
        print(f"done: {len(quoter.resting)} orders resting at the end were cancelled, {fills} executions")


async def main() -> None:
    async with SimulatedExchange(seed=7) as exchange:
        keys = exchange.new_account(usdt="10000")
        async with AsyncBybit(environment=exchange.environment, **keys) as bybit:
            await run(bybit)


if __name__ == "__main__":
    asyncio.run(main())
