"""Whole bots with a monitor, on simulated exchanges, and shorthands for asking it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from bybit_async.bot import Bot, ConfigurationManager, SignalStrength, TradeSignal
from bybit_async.bot.strategies import BookStrategy
from bybit_async.simulator import SimulatedExchange
from tests.bot.trading import exchange_with

D = Decimal
SECRET = "a-webhook-secret"


class Quiet(BookStrategy):
    """Watches books, and wants nothing."""

    def decide_on_book(self, symbol: str, bids: Any, asks: Any, position: Decimal) -> None:
        return None


class Monitored:
    """A bot whose monitor is open, and its exchange."""

    def __init__(self, exchange: SimulatedExchange, bot: Bot, http: httpx.AsyncClient) -> None:
        self.exchange = exchange
        self.bot = bot
        self.engine = bot.engine
        self.http = http
        assert bot.monitor is not None
        self.monitor = bot.monitor

    @property
    def token(self) -> str:
        return self.monitor.url_with_token.partition("#token=")[2]

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(path, **options)

    async def status(self) -> dict[str, Any]:
        return (await self.get("/status")).raise_for_status().json()

    async def health(self) -> tuple[int, list[str]]:
        answer = await self.get("/healthz", headers={"Authorization": ""})
        return answer.status_code, answer.json()["problems"]

    async def trade(self, action: str, qty: str = "0.01", symbol: str = "BTCUSDT", **given: Any) -> Any:
        ticker = await self.bot.client.get_market_data(symbol)
        assert isinstance(ticker, dict)
        price = D(ticker["lastPrice"]) * D(given.pop("off", "1"))
        signal = TradeSignal(
            "by hand", symbol, action, D(qty), price, 0.8, SignalStrength.STRONG, datetime.now(UTC), **given
        )
        return await self.engine.process_trade_signal(signal)


@asynccontextmanager
async def monitored(folder: Path, *symbols: str, start: bool = True, **values: Any) -> AsyncIterator[Monitored]:
    """A bot with one strategy that watches a book and wants nothing, and its monitor on a free port."""
    listed = symbols or ("BTCUSDT",)
    async with exchange_with(*listed) as exchange:
        base: dict[str, Any] = {
            "exchange": {"address": exchange.environment.rest_url, **exchange.new_account(usdt="100000")},
            "trading": {"symbols": list(listed), "max_position_size": 0.5},
            "risk": {"max_volatility": 1000, "max_clock_error": 60_000},
            "strategies": {"book": {"type": "tests.bot.monitor.monitoring:Quiet"}},
            "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
            "engine": {"state_directory": str(folder), "order_timeout": 3.0},
            "data": {"warm_up": 60, "directory": str(folder / "data")},
            "monitor": {"address": "127.0.0.1:0"},
            "alerts": {"webhooks": [{"url": f"http://127.0.0.1:9/{SECRET}", "level": "critical"}]},
        }
        for section, keys in values.items():
            base[section] = {**base.get(section, {}), **keys}
        bot = Bot(ConfigurationManager.from_dict(base))
        assert bot.monitor is not None
        entered = bot if start else bot.monitor
        async with entered:
            headers = {"Authorization": f"Bearer {bot.monitor.url_with_token.partition('#token=')[2]}"}
            async with httpx.AsyncClient(base_url=bot.monitor.url, headers=headers, timeout=20) as http:
                yield Monitored(exchange, bot, http)
