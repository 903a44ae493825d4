"""Bots on simulated exchanges, for tests: fast to start, and each with its own folder."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bybit_async import AsyncBybit
from bybit_async.bot import (
    BybitClient,
    ConfigurationManager,
    SignalStrength,
    TradeSignal,
    TradingEngine,
    UnifiedRiskManager,
)
from bybit_async.simulator import SimulatedExchange

D = Decimal
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


def calm_closes(symbol: str = "", *, count: int = 300) -> list[float]:
    """Closing prices of a market that hardly moves, so that no breaker of volatility trips."""
    rng, prices = random.Random(symbol), [50_000.0]
    for _ in range(count):
        prices.append(prices[-1] * (1 + rng.gauss(0, 0.0003)))
    return prices


class Bot:
    """One bot's parts, and shorthands for what tests do with them."""

    def __init__(self, exchange: SimulatedExchange, credentials: Any, folder: Path, values: dict[str, Any]) -> None:
        self.exchange = exchange
        self.credentials = credentials
        self.account = exchange.account(credentials["api_key"])
        base: dict[str, Any] = {
            "exchange": {"address": exchange.environment.rest_url, **credentials},
            "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
            "engine": {"state_directory": str(folder), "order_timeout": 3.0},
        }
        for section, keys in values.items():
            base[section] = {**base.get(section, {}), **keys}
        self.config = ConfigurationManager.from_dict(base)
        self.client = BybitClient(self.config)
        self.risk = UnifiedRiskManager(self.config)
        self.risk.closes_from(calm_closes, 60_000)
        self.engine = TradingEngine(self.client, None, self.risk, self.config)
        self.alerts: list[tuple[str, str]] = []
        self.on_end: list[Callable[[], object]] = []
        self.engine.on_alert = lambda level, text: self.alerts.append((level, text))

    async def price(self, symbol: str = "BTCUSDT") -> Decimal:
        ticker = await self.client.get_market_data(symbol)
        assert isinstance(ticker, dict)
        return D(ticker["lastPrice"])

    async def signal(self, action: str, qty: str = "0.01", symbol: str = "BTCUSDT", **given: Any) -> TradeSignal:
        price = given.pop("price", None) or await self.price(symbol)
        times = {"off": D(given.pop("off", "1"))}
        return TradeSignal(
            given.pop("strategy_id", "test"), symbol, action, D(qty), price * times["off"], 0.8,
            SignalStrength.STRONG, given.pop("timestamp", None) or datetime.now(UTC), **given,
        )  # fmt: skip

    async def trade(self, action: str, qty: str = "0.01", symbol: str = "BTCUSDT", **given: Any) -> Any:
        return await self.engine.process_trade_signal(await self.signal(action, qty, symbol, **given))

    def resting(self) -> list[Any]:
        """The entries that wait at the exchange."""
        return [order for order in self.account.orders.values() if not order.reduce_only]

    def positions(self) -> dict[str, Any]:
        return {held.symbol: held for held in self.engine.portfolio().positions}  # type: ignore[union-attr]


@asynccontextmanager
async def exchange_with(*symbols: str, **options: Any) -> AsyncIterator[SimulatedExchange]:
    settings = {"seed": 7, "rate_limits": False, "host_limit": None, "symbols": symbols or ("BTCUSDT",)} | options
    async with SimulatedExchange(**settings) as exchange:
        yield exchange


@asynccontextmanager
async def running(folder: Path, /, *symbols: str, start: bool = True, **values: Any) -> AsyncIterator[Bot]:
    """A bot on an exchange of its own."""
    async with exchange_with(*symbols) as exchange:
        credentials = exchange.new_account(usdt="100000")
        values.setdefault("trading", {}).setdefault("symbols", list(symbols or ("BTCUSDT",)))
        async with another(exchange, credentials, folder, start=start, **values) as bot:
            yield bot


@asynccontextmanager
async def another(
    exchange: SimulatedExchange, credentials: Any, folder: Path, /, *, start: bool = True, **values: Any
) -> AsyncIterator[Bot]:
    """A bot on an exchange that is there already."""
    bot = Bot(exchange, credentials, folder, values)
    try:
        if start:
            await bot.engine.start()
        yield bot
    finally:
        for end in bot.on_end:
            end()
        await bot.engine.stop()
        await bot.client.aclose()


async def until(condition: Callable[[], Any], timeout: float = 10.0) -> Any:
    """Wait until something is so."""
    async with asyncio.timeout(timeout):
        # What is waited for happens in another task, at a moment that has no event of its own.
        while not (found := condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return found


@asynccontextmanager
async def by_hand(exchange: SimulatedExchange, credentials: Any) -> AsyncIterator[AsyncBybit]:
    async with AsyncBybit(environment=exchange.environment, rate_limits=False, **credentials) as bybit:
        yield bybit


async def crash(bot: Bot) -> None:
    """Leave everything as it is at the exchange, as a process that ends does."""
    await bot.engine._close()
    await bot.client.aclose()


@asynccontextmanager
async def two_lives(folder: Path, **values: Any) -> AsyncIterator[tuple[SimulatedExchange, Any, Any]]:
    """An exchange, credentials, and what makes one bot after the other on them."""
    async with exchange_with() as exchange:
        credentials = exchange.new_account(usdt="100000")
        yield exchange, credentials, lambda **more: another(exchange, credentials, folder, **(values | more))
