"""A long day in short: many books, forced disconnects, subscribers of different speed, an account that trades.

In the end every book must be the exchange's own, every execution must be the ledger's, and memory must not have grown.

    python -m tests.trials.soak            # 200 symbols, 60 disconnects
    python -m tests.trials.soak 20 6       # fewer
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from bybit_async import AsyncBybit
from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.engine.catalogue import perpetuals
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.stream.books.live_book import LiveOrderBook
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Subscription

SETTINGS = StreamSettings(
    backoff=0.02, max_backoff=0.2, stable_after=0.2, resync_wait=0.05, watch_interval=0.05, ack_timeout=5.0,
    snapshot_timeout=60.0, pong_timeout=60.0, proxy=None,
)  # fmt: skip


@dataclass
class Figures:
    """What a soak found."""

    symbols: int
    disconnects: int = 0
    seconds: float = 0.0
    updates: int = 0
    gaps: int = 0
    recoveries: int = 0
    executions: int = 0
    wrong_books: list[str] = field(default_factory=list)
    missing_executions: int = 0
    doubled_executions: int = 0
    taken: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    memory_early: int = 0
    memory_late: int = 0

    @property
    def growth(self) -> float:
        """Resident memory at the end over that after the first third; the exchange is in it too."""
        return self.memory_late / max(self.memory_early, 1)


def resident() -> int:
    """Return the bytes of memory this process holds; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def instruments(count: int) -> list[Instrument]:
    """Return `count` contracts like the listed ones, under other names."""
    models = [item for item in perpetuals() if item.settle == "USDT"]
    made = list(models[:count])
    for number in range(len(made), count):
        model = models[number % len(models)]
        made.append(replace(model, symbol=f"SOAK{number:03}USDT", base=f"SOAK{number:03}"))
    return made


async def consume(subscription: Subscription[Any], taken: dict[str, int], name: str, pause: float) -> None:
    """Take items, resting after every fiftieth."""
    async for _ in subscription:
        taken[name] = taken.get(name, 0) + 1
        if pause and taken[name] % 50 == 0:
            await asyncio.sleep(pause)


async def soak(symbols: int = 200, disconnects: int = 60, *, turns_between: int = 2, seed: int = 3) -> Figures:
    """Run one soak and return its figures."""
    figures, chance, started = Figures(symbols), random.Random(seed), time.monotonic()
    listed = instruments(symbols)
    market = MarketSettings(step=100)
    async with AsyncExitStack() as stack:
        exchange = await stack.enter_async_context(
            SimulatedExchange(seed=seed, manual=True, instruments=listed, market=market, connection_limit=None)
        )
        bybit = await stack.enter_async_context(
            AsyncBybit(
                environment=exchange.environment,
                stream_settings=SETTINGS,
                rate_limits=False,
                timeout=60.0,
                **exchange.new_account(usdt="1000000"),
            )
        )
        books = await asyncio.gather(
            *(stack.enter_async_context(bybit.stream.order_book(item.symbol, category="linear")) for item in listed)
        )
        account = await stack.enter_async_context(bybit.live_account(categories=("linear",), settle_coins=("USDT",)))
        readers = start_readers(bybit, [item.symbol for item in listed[:20]], figures)
        events = bybit.stream.events(buffer=100_000)
        traded: list[str] = []
        for drop in range(disconnects):
            for _ in range(turns_between):
                await exchange.advance("200ms")
                if chance.random() < 0.3:
                    traded.append(await trade(bybit, listed[0].symbol, chance))
            figures.disconnects += exchange.drop_connections(chance.choice([None, "linear", "linear", "private"]))
            await asyncio.sleep(chance.random() * 0.05)
            if drop == disconnects // 3:
                gc.collect()
                figures.memory_early = resident()
        await finish(exchange, bybit, dict(zip([item.symbol for item in listed], books, strict=True)), figures)
        async with asyncio.timeout(60):
            while not account.synced:  # noqa: ASYNC110  whether it is synced has no event of its own
                await asyncio.sleep(0.05)
        count_executions(exchange, [execution.exec_id for execution in account.executions], figures)
        gc.collect()
        figures.memory_late = resident()
        await stop_readers(readers, figures)
        await bybit.stream.aclose()
        figures.recoveries = sum([event.kind == "recovered" async for event in events])
    figures.seconds = time.monotonic() - started
    return figures


def start_readers(
    bybit: AsyncBybit, symbols: list[str], figures: Figures
) -> dict[str, tuple[Subscription[Any], asyncio.Task[None]]]:
    """Start five subscribers of one stream, none of which may slow another."""
    stream = bybit.stream
    subscriptions: dict[str, tuple[Subscription[Any], float]] = {
        "fast": (stream.trades(*symbols, category="linear"), 0.0),
        "slow": (stream.trades(*symbols, category="linear", buffer=50), 0.05),
        "slowest": (stream.tickers(*symbols, category="linear", buffer=20), 0.2),
        "latest": (stream.tickers(*symbols, category="linear", policy="latest"), 0.1),
        "block": (stream.trades(*symbols, category="linear", policy="block", buffer=50), 0.02),
    }
    return {
        name: (subscription, asyncio.create_task(consume(subscription, figures.taken, name, pause)))
        for name, (subscription, pause) in subscriptions.items()
    }


async def stop_readers(readers: dict[str, tuple[Subscription[Any], asyncio.Task[None]]], figures: Figures) -> None:
    """End the subscribers and note what each dropped."""
    for name, (subscription, task) in readers.items():
        figures.dropped[name] = subscription.dropped
        subscription.close()
        await task


async def trade(bybit: AsyncBybit, symbol: str, chance: random.Random) -> str:
    """Send a small market order and return its id."""
    side = chance.choice(["Buy", "Sell"])
    ack = await bybit.trade.place_order(
        category="linear", symbol=symbol, side=side, order_type="Market", qty="0.001"  # type: ignore[arg-type]
    )  # fmt: skip
    return ack.order_id


async def finish(
    exchange: SimulatedExchange, bybit: AsyncBybit, books: dict[str, LiveOrderBook], figures: Figures
) -> None:
    """Let everything settle, stop the exchange's time, and compare every book with the exchange's own."""
    await exchange.advance("1s")
    for symbol, live in books.items():
        truth = await bybit.market.get_orderbook(category="linear", symbol=symbol, limit=50)
        try:
            async with asyncio.timeout(10):
                # A book that is behind, or stale, may come right; one that says it is as new as the truth must be so.
                while (live.bids(50), live.asks(50)) != (truth.bids, truth.asks):
                    if not live.stale and (live.seq or 0) >= (truth.seq or 0):
                        figures.wrong_books.append(symbol)
                        break
                    await live.updated()
        except TimeoutError:
            figures.wrong_books.append(symbol)
        figures.updates += live.updates
        figures.gaps += live.gaps


def count_executions(exchange: SimulatedExchange, seen: list[str], figures: Figures) -> None:
    """Compare the account's executions with the exchange's."""
    users = [account for account in exchange.engine.accounts.values() if not account.house]
    truth = [execution.exec_id for account in users for execution in account.executions]
    figures.executions = len(truth)
    figures.missing_executions = len(set(truth) - set(seen))
    figures.doubled_executions = len(seen) - len(set(seen))


def main() -> None:
    """Run and print."""
    numbers = [int(argument) for argument in sys.argv[1:]]
    figures = asyncio.run(soak(*numbers))
    for name, value in vars(figures).items():
        print(f"{name:>20}  {value}")
    print(f"{'growth':>20}  {figures.growth:.2f}")
    if figures.wrong_books or figures.missing_executions or figures.doubled_executions:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
