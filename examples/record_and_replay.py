"""Record a book to a file, then trade on the recording."""

import asyncio
import json
import tempfile
from pathlib import Path

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def record(bybit: AsyncBybit, file: Path, *, frames: int) -> None:
    with file.open("w") as lines:
        async for message in bybit.stream.subscribe("orderbook.50.BTCUSDT", channel="linear"):
            lines.write(json.dumps(message.to_dict(wire=True)) + "\n")
            frames -= 1
            if not frames:
                return


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "BTCUSDT.ndjson"
        async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
            async with AsyncBybit(environment=exchange.environment) as bybit:
                await record(bybit, file, frames=20)
        print(len(file.read_text().splitlines()), "frames recorded")

        async with SimulatedExchange(seed=8, manual=True, symbols=["BTCUSDT"]) as exchange:
            replay = exchange.replay(file)
            async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
                await exchange.advance("5s")
                await bybit.trade.place_order(
                    category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
                )
                print(replay, "bought at", exchange.orders[0].avg_price)


if __name__ == "__main__":
    asyncio.run(main())
