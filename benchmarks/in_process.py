"""How much sooner a typical test ends on an exchange without a network than on one that listens on loopback.

The test opens an exchange and a session, reads, places and cancels an order, follows the account and a book, and closes
both. The two kinds take turns, so that whatever else the machine does slows both: the ratio of the medians counts.

    python -m benchmarks.in_process [pairs]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import Any

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange

BTC: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT"}


async def scene(*, network: bool, latency: float | None) -> None:
    """One test of a bot."""
    async with (
        SimulatedExchange(network=network, manual=True, symbols=["BTCUSDT"], latency=latency) as exchange,
        AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit,
        bybit.live_account() as account,
        bybit.stream.order_book("BTCUSDT", category="linear") as book,
    ):
        assert book.best_bid is not None
        resting = await bybit.trade.place_order(
            **BTC, side="Buy", order_type="Limit", qty="0.01", price=book.best_bid.price
        )
        await bybit.trade.cancel_order(**BTC, order_id=resting.order_id)
        await bybit.trade.place_order(**BTC, side="Buy", order_type="Market", qty="0.01")
        async for event in account.events():
            if event.position is not None and event.position.size:
                break
        for _ in range(20):
            await bybit.market.get_tickers(category="linear", symbol="BTCUSDT")


def timed(*, network: bool, latency: float | None) -> tuple[float, float]:
    """Return the seconds of one scene, and those of the processor."""
    began, used = time.perf_counter(), time.process_time()
    asyncio.run(scene(network=network, latency=latency))
    return time.perf_counter() - began, time.process_time() - used


def main() -> None:
    """Measure and print."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    for latency in (None, 0.0):
        timed(network=True, latency=latency)
        timed(network=False, latency=latency)
        taken = [(timed(network=True, latency=latency), timed(network=False, latency=latency)) for _ in range(pairs)]
        named = "the usual 2 ms" if latency is None else "no latency"
        for number, what in enumerate(("elapsed", "processor")):
            over, within = (statistics.median(pair[side][number] * 1_000 for pair in taken) for side in (0, 1))
            print(f"{named:>15}, {what:<9}: {over:6.1f} ms on loopback, {within:6.1f} ms within: {over / within:.2f} x")


if __name__ == "__main__":
    main()
