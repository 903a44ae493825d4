"""Which contracts pay the most to hold against the spot market."""

import asyncio
from decimal import Decimal

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange

SETTLEMENTS_A_YEAR = 3 * 365


async def carries(bybit: AsyncBybit) -> list[tuple[Decimal, str]]:
    """Yearly return of being short the contract and long the coin, at the present funding rate."""
    tickers = await bybit.market.get_tickers(category="linear")
    found = [(t.funding_rate * SETTLEMENTS_A_YEAR, t.symbol) for t in tickers if t.funding_rate is not None]
    return sorted(found, reverse=True)


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment) as bybit:
            for carry, symbol in await carries(bybit):
                print(f"{symbol:<10} {carry:+.2%} a year, if the rate stayed as it is")


if __name__ == "__main__":
    asyncio.run(main())
