"""The options of the next expiry, with implied volatility and greeks."""

import asyncio
from itertools import groupby

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def main() -> None:
    async with SimulatedExchange(seed=7) as exchange:
        async with AsyncBybit(environment=exchange.environment) as bybit:
            instruments = {
                option.symbol: option
                async for option in bybit.market.get_instruments_info(category="option", base_coin="BTC")
            }
            expiry = min(option.delivery_time or 0 for option in instruments.values())
            tickers = await bybit.market.get_tickers(category="option", base_coin="BTC")
            chain = [ticker for ticker in tickers if instruments[ticker.symbol].delivery_time == expiry]
            chain.sort(key=lambda ticker: ticker.symbol)
            for _, pair in groupby(chain, key=lambda ticker: ticker.symbol.split("-")[2]):
                for ticker in pair:
                    print(
                        f"{ticker.symbol:<28} iv {ticker.mark_iv:.3f} delta {ticker.delta:+.3f} vega {ticker.vega:.2f}"
                    )


if __name__ == "__main__":
    asyncio.run(main())
