"""What the monitor costs: ``python -m benchmarks.monitor``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from websockets.asyncio.client import connect

from bybit_async.bot import Bot, ConfigurationManager, SignalStrength, TradeSignal
from bybit_async.bot.monitor.pages import STATIC
from bybit_async.bot.strategies import BookStrategy
from bybit_async.simulator import SimulatedExchange
from tests.servers.browser import Browser, chromium

SYMBOLS = 20
VIEWERS = 10


class Quiet(BookStrategy):
    """Watches books, and wants nothing."""

    def decide_on_book(self, symbol: str, bids: Any, asks: Any, position: Decimal) -> None:
        """Want nothing."""
        return


async def serve_exchange() -> None:
    """Be an exchange for another process until its pipe ends."""
    async with SimulatedExchange(seed=3, rate_limits=False, host_limit=None) as exchange:
        names = [each.instrument.symbol for each in exchange.engine.listings.values() if _is_perpetual(each)]
        found = {"address": exchange.environment.rest_url, **exchange.new_account(usdt="1000000")}
        print(json.dumps({"symbols": names[:SYMBOLS], "exchange": found}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def _is_perpetual(listing: Any) -> bool:
    instrument = listing.instrument
    return bool(instrument.category == "linear" and instrument.symbol.endswith("USDT"))


@asynccontextmanager
async def elsewhere(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run this module in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.monitor", *arguments, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Bot]:
    """A bot that follows 20 symbols and their books; its exchange is in another process."""
    async with elsewhere("--exchange") as process:
        assert process.stdout is not None
        made = json.loads(await process.stdout.readline())
        values = {
            "exchange": made["exchange"],
            "trading": {"symbols": made["symbols"], "max_open_positions": 50},
            "risk": {"max_volatility": 1000},
            "strategies": {"book": {"type": "benchmarks.monitor:Quiet"}},
            "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
            "engine": {"state_directory": str(folder)},
            "data": {"warm_up": 60, "directory": str(folder / "data")},
            "monitor": {"address": "127.0.0.1:0"},
        }
        async with Bot(ConfigurationManager.from_dict(values)) as bot:
            yield bot


async def view(url: str, token: str, count: int) -> None:
    """Be so many viewers until the pipe of this process ends."""
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(connect(url, subprotocols=["bybit-async-monitor", f"token.{token}"]))  # type: ignore[list-item]
            for _ in range(count)
        ]
        readers = [asyncio.create_task(_read(socket)) for socket in sockets]
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for reader in readers:
            reader.cancel()


async def _read(socket: Any) -> None:
    async for _ in socket:
        pass


async def trade(bot: Bot) -> None:
    """Open a position in every symbol, in three orders each, so that there is something to show."""
    for _ in range(3):
        for symbol in bot.data.symbols:
            ticker = await bot.client.get_market_data(symbol)
            assert isinstance(ticker, dict)
            price, rules = Decimal(ticker["lastPrice"]), bot.risk.rules(symbol)
            assert rules is not None
            size = max(rules.least, (1000 / price) // rules.step * rules.step)
            signal = TradeSignal(
                "benchmark", symbol, "BUY", size, price, 0.9, SignalStrength.STRONG, datetime.now(UTC)
            )  # fmt: skip
            await bot.engine.process_trade_signal(signal)


async def tick(bot: Bot) -> dict[str, float]:
    """Return what one second of monitoring costs: processor time of a snapshot and of its JSON, in milliseconds."""
    assert bot.monitor is not None
    await asyncio.sleep(3)
    rounds = 200
    began = time.thread_time()
    for _ in range(rounds):
        size = len(bot.monitor.encode(bot.monitor.snapshot()))
    each = (time.thread_time() - began) / rounds
    return {"milliseconds": each * 1000, "share of a core": each, "bytes of JSON": size}


async def decisions(bot: Bot, rounds: int, count: int) -> tuple[list[float], list[float]]:
    """Time decisions without viewers and with ten, in turns; milliseconds of each."""
    assert bot.monitor is not None
    url = bot.monitor.url.replace("http", "ws") + "/stream"
    token = bot.monitor.url_with_token.partition("#token=")[2]
    alone: list[float] = []
    watched: list[float] = []
    for _ in range(rounds):
        for viewers, found in ((0, alone), (VIEWERS, watched)):
            # A process without viewers, too: what differs are the viewers alone.
            async with elsewhere("--view", url, token, str(viewers)) as process:
                assert process.stdout is not None
                await process.stdout.readline()
                assert bot.monitor.viewers == viewers
                found += await _decide(bot, count)
    return alone, watched


async def _decide(bot: Bot, count: int) -> list[float]:
    """Time decisions that go all the way but for the order: what they want is below the least size."""
    rng, found = random.Random(1), []
    symbol = bot.data.symbols[0]
    for _ in range(count):
        await asyncio.sleep(rng.uniform(0.002, 0.01))
        signal = TradeSignal(
            "benchmark", symbol, "BUY", Decimal("0.0000001"), Decimal(60_000), 0.5, SignalStrength.WEAK,
            datetime.now(UTC),
        )  # fmt: skip
        began = time.perf_counter()
        done = await bot.engine.process_trade_signal(signal)
        found.append((time.perf_counter() - began) * 1000)
        assert done.rejection_reason
    return found


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[round((len(values) - 1) * share)]


async def paints(bot: Bot, times: int) -> list[float]:
    """Return when the page was first painted, in milliseconds after it was asked for."""
    assert bot.monitor is not None
    found = []
    async with Browser() as page:
        await page.look(1280, 900)
        for _ in range(times):
            await page.goto("about:blank")
            await page.goto(bot.monitor.url_with_token)
            script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            found.append(float(await page.until(script)))
    return found


async def measure() -> None:
    """Measure everything and print it."""
    print(f"page: {sum(path.stat().st_size for path in STATIC.iterdir()):,} bytes")
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder)) as bot:
            await trade(bot)
            cost = await tick(bot)
            shown = bot.monitor.snapshot() if bot.monitor is not None else None
            assert shown is not None
            print(f"shown: {len(shown.positions.rows)} positions, {len(shown.orders.trades)} trades, "
                  f"{len(shown.equity.curve)} points")  # fmt: skip
            print(f"a tick with {len(bot.data.symbols)} symbols: {cost['milliseconds']:.2f} ms of processor time, "
                  f"{cost['share of a core']:.2%} of a core at 1 Hz; "
                  f"{cost['bytes of JSON']:,.0f} bytes of JSON")  # fmt: skip
            if chromium() is not None:
                found = await paints(bot, 7)
                print(f"first paint: {median(found):.0f} ms (median of {len(found)}, highest {max(found):.0f})")
            alone, watched = await decisions(bot, rounds=4, count=400)
            for share in (0.5, 0.99):
                one, other = _percentile(alone, share), _percentile(watched, share)
                print(f"decision, p{share * 100:.0f}: {one:.3f} ms alone, {other:.3f} ms with {VIEWERS} viewers, "
                      f"{other - one:+.3f} ms")  # fmt: skip


def main() -> None:
    """Measure, or do what another process of this module asks for."""
    os.environ.setdefault("XDG_STATE_HOME", tempfile.mkdtemp())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchange", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--view", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.exchange:
        asyncio.run(serve_exchange())
    elif given.view:
        asyncio.run(view(given.view[0], given.view[1], int(given.view[2])))
    else:
        asyncio.run(measure())


if __name__ == "__main__":
    main()
