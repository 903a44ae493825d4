"""Enter a position with its stop and its target attached, so that both are at the exchange from the first moment."""

import asyncio
from decimal import Decimal

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def enter(bybit: AsyncBybit, symbol: str, *, stop: Decimal, target: Decimal) -> None:
    """`stop` and `target` are distances as fractions of the price."""
    instrument = await bybit.market.get_instrument(symbol, category="linear")
    [ticker] = await bybit.market.get_tickers(category="linear", symbol=symbol)
    await bybit.trade.place_order(
        category="linear",
        symbol=symbol,
        side="Buy",
        order_type="Market",
        qty="0.01",
        stop_loss=instrument.round_price(ticker.last_price * (1 - stop)),
        take_profit=instrument.round_price(ticker.last_price * (1 + target)),
    )
    [position] = await bybit.position.get_positions(category="linear", symbol=symbol)
    print(f"{position.size} at {position.avg_price}, stop {position.stop_loss}, target {position.take_profit}")


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            await enter(bybit, "BTCUSDT", stop=Decimal("0.01"), target=Decimal("0.03"))


if __name__ == "__main__":
    asyncio.run(main())
