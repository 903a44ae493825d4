"""A day of a bot's life in some minutes: does its memory stay what it was, and does its journal stay exact?

The exchange is a process of its own and its clock runs many times as fast as ours, and so does the bot's idea of it.

    python -m tests.trials.day                 # 24 hours
    python -m tests.trials.day --hours 2
    python -m tests.trials.day --pictures docs/bots     # and looks at the monitor's page then, in Chromium
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import multiprocessing
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bybit_async.bot import Bot, BybitClient, ConfigurationManager
from bybit_async.bot.journal import open_store
from bybit_async.bot.sessions import Sessions
from bybit_async.simulator import SimulatedExchange
from bybit_async.transport.clock import Clock
from tests.servers.browser import Browser
from tests.trials.soak import resident

SPEED = 240
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
BALANCE = "1000000"
_WARM_HOURS = 1.0

PICTURES = {"desktop": (1280, 900, False), "phone": (390, 844, False), "dark": (1280, 900, True)}
"""Width, height, and whether it is dark."""

FILLED = (
    "state", "trust", "data", "equity", "losses", "exposure", "positions", "orders", "trades", "breakers",
    "strategies", "latencies", "log", "calls",
)  # fmt: skip
"""Parts of the page that a day fills."""


@dataclass
class Figures:
    """What a day came to; memory in bytes, from an hour after the start on."""

    hours: float = 0.0
    seconds: float = 0.0
    signals: int = 0
    orders: int = 0
    executions: int = 0
    memory_early: int = 0
    memory_late: int = 0
    state: str = ""
    difference: Decimal = Decimal(0)

    @property
    def growth(self) -> float:
        """Megabytes that were added between the first hour and the last."""
        return (self.memory_late - self.memory_early) / 1e6


class _Fast(BybitClient):
    """A client whose clock runs as fast as the exchange's."""

    async def _new_sessions(self, stack: AsyncExitStack) -> Sessions:
        sessions = await super()._new_sessions(stack)
        Clock.__init__(sessions.trading.clock, monotonic=lambda: time.monotonic() * SPEED)
        return sessions


def host(pipe: Connection) -> None:
    """Run the exchange until a word comes through the pipe, then answer with the account's balance."""
    asyncio.run(_host(pipe))


async def _host(pipe: Connection) -> None:
    async with SimulatedExchange(
        seed=5, symbols=SYMBOLS, speed=SPEED, rate_limits=False, host_limit=None, connection_limit=None
    ) as exchange:
        credentials = exchange.new_account(usdt=BALANCE)
        pipe.send((exchange.environment.rest_url, credentials))
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        account = exchange.account(credentials["api_key"])
        net = {symbol: position.net for (_, symbol, _), position in account.positions.items()}
        pipe.send((account.balances["USDT"], net))


def _configuration(folder: str, address: str, credentials: Any) -> ConfigurationManager:
    return ConfigurationManager.from_dict(
        {
            "exchange": {"address": address, "recv_window": 60_000, **credentials},
            "trading": {"symbols": list(SYMBOLS), "max_position_size": 0.1, "max_signal_age": 3600.0},
            "risk": {
                "max_data_age": 3600.0, "max_clock_error": 1e9, "max_daily_loss": 0.9, "max_drawdown": 0.9,
                "max_consecutive_losses": 1_000_000, "max_volatility": 100.0, "max_error_rate": 1.0,
            },
            "engine": {"state_directory": folder, "max_signals_per_minute": 100_000},
            "data": {"warm_up": 100, "keep": 500, "directory": f"{folder}/data"},
            "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
            "strategies": {"trend": {"type": "crossover", "parameters": {"fast_period": 2, "slow_period": 5}}},
        }
    )  # fmt: skip


async def look(bot: Bot, folder: Path) -> None:
    """Check that every part of the monitor's page is filled, and take the pictures of the documentation."""
    assert bot.monitor is not None
    async with Browser() as page:
        await page.look(1280, 900)
        await page.goto(bot.monitor.url_with_token)
        await page.until("document.querySelector('#curve .line') !== null")
        for name in FILLED:
            assert await page.run(f"document.getElementById({name!r}).innerText.trim()"), f"{name} is empty"
        for name, (width, height, dark) in PICTURES.items():
            await page.look(width, height, dark=dark, phone=width < 500)
            await asyncio.sleep(1.5)
            (folder / f"monitor-{name}.png").write_bytes(await page.picture())
        assert page.complaints == []


async def live(hours: float, pictures: Path | None = None) -> Figures:
    """Let a bot trade for so many hours of the exchange and return its figures."""
    figures, began = Figures(hours), time.monotonic()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=host, args=(theirs,), daemon=True)
    process.start()
    try:
        address, credentials = await asyncio.get_running_loop().run_in_executor(None, ours.recv)
        with tempfile.TemporaryDirectory() as folder:
            config = _configuration(folder, address, credentials)
            if pictures is not None:
                config.override("monitor.address", "127.0.0.1:0")
            bot = Bot(config, client=_Fast)
            async with bot:
                await asyncio.sleep(min(_WARM_HOURS, hours / 2) * 3600 / SPEED)
                gc.collect()
                figures.memory_early = resident()
                await asyncio.sleep(max(hours - _WARM_HOURS, hours / 2) * 3600 / SPEED)
                figures.state = bot.engine.state.value
                await bot.engine.pause()
                await asyncio.sleep(1)
                gc.collect()
                figures.memory_late = resident()
                figures.signals = bot.decisions
                if pictures is not None:
                    await bot.engine.resume()
                    await look(bot, pictures)
            ours.send("stop")
            balance, net = await asyncio.get_running_loop().run_in_executor(None, ours.recv)
            _compare(folder, balance, net, figures)
    finally:
        process.kill()
    figures.seconds = time.monotonic() - began
    return figures


def _compare(folder: str, balance: Decimal, net: dict[str, Decimal], figures: Figures) -> None:
    """Compare the journal's executions with the exchange's balance; what is held counts at its cost."""
    store = open_store(f"sqlite:///{folder}/journal.sqlite3", read_only=True)
    rows, figures.orders = store.read("executions"), len(store.read("trades"))
    store.close()
    figures.executions = len(rows)
    held: dict[str, Decimal] = dict.fromkeys(SYMBOLS, Decimal(0))
    for row in rows:
        if row["kind"] != "Funding":
            held[row["symbol"]] += Decimal(row["qty"]) * (1 if row["side"] == "Buy" else -1)
    flat = [symbol for symbol in SYMBOLS if not net.get(symbol)]
    figures.difference = sum((abs(held[symbol] - net.get(symbol, Decimal(0))) for symbol in SYMBOLS), Decimal(0))
    if len(flat) == len(SYMBOLS):
        moved = sum((_cash(row) for row in rows), Decimal(0))
        figures.difference += abs(Decimal(BALANCE) + moved - balance)


def _cash(row: dict[str, Any]) -> Decimal:
    if row["kind"] == "Funding":
        return -Decimal(row["fee"])
    return Decimal(row["price"]) * Decimal(row["qty"]) * (-1 if row["side"] == "Buy" else 1) - Decimal(row["fee"])


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="take pictures of the monitor at the end")
    given = parser.parse_args()
    if given.pictures is None:
        logging.disable(logging.WARNING)
    figures = asyncio.run(live(given.hours, given.pictures))
    for name, value in vars(figures).items():
        print(f"{name:>14}  {value}")
    print(f"{'growth':>14}  {figures.growth:.1f} MB")


if __name__ == "__main__":
    main()
