"""The latest ticker of fifty contracts in a dict, kept current by one subscription."""

import asyncio
from decimal import Decimal

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange

COINS = """
    BTC ETH SOL XRP DOGE ADA AVAX LINK DOT LTC BCH UNI ATOM ETC FIL NEAR APT ARB OP SUI TRX XLM ALGO VET ICP INJ TIA
    SEI AAVE MKR CRV SNX COMP LDO GRT SAND MANA AXS GALA CHZ FTM EGLD THETA HBAR STX IMX RUNE FLOW ENS DYDX
"""


async def follow(bybit: AsyncBybit, symbols: list[str], prices: dict[str, Decimal]) -> None:
    async with bybit.stream.tickers(*symbols, category="linear", policy="latest") as tickers:
        async for ticker in tickers:
            if ticker.last_price is not None:
                prices[ticker.symbol] = ticker.last_price
            if len(prices) == len(symbols):
                return


async def main() -> None:
    symbols = [f"{coin}USDT" for coin in COINS.split()]
    prices: dict[str, Decimal] = {}
    async with SimulatedExchange(seed=7, symbols=symbols) as exchange:
        async with AsyncBybit(environment=exchange.environment) as bybit:
            await follow(bybit, symbols, prices)
    print(len(prices), "prices;", ", ".join(f"{symbol} {prices[symbol]}" for symbol in symbols[:3]))


if __name__ == "__main__":
    asyncio.run(main())
