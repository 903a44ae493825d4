"""A web service in front of one session: `GET /price/BTCUSDT`. Every request shares its connections and limits."""

import asyncio

from aiohttp import ClientSession, web

from bybit_async import AsyncBybit, RequestRejected
from bybit_async.simulator import SimulatedExchange

BYBIT = web.AppKey("bybit", AsyncBybit)


async def price(request: web.Request) -> web.Response:
    try:
        [ticker] = await request.app[BYBIT].market.get_tickers(
            category="linear", symbol=request.match_info["symbol"]
        )  # fmt: skip
    except RequestRejected as refusal:
        return web.json_response({"error": refusal.ret_msg}, status=404)
    return web.json_response({"symbol": ticker.symbol, "price": str(ticker.last_price)})


async def main() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment) as bybit:
            app = web.Application()
            app[BYBIT] = bybit
            app.router.add_get("/price/{symbol}", price)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            port = runner.addresses[0][1]
            async with ClientSession() as visitor:
                for symbol in ("BTCUSDT", "NOSUCH"):
                    async with visitor.get(f"http://127.0.0.1:{port}/price/{symbol}") as answer:
                        print(answer.status, await answer.text())
            await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
