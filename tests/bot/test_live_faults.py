"""Faults under a bot that trades all the time: from the trip on nothing is sent, and it is flat where so wanted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.bot import EngineState
from bybit_async.simulator import Crash, Halt, Rule
from tests.bot.trading import Bot, running, until

D = Decimal
GRACE_MS = 1_000


@dataclass
class Watch:
    """When trading was stopped, in milliseconds of the exchange, and what was sent all the same."""

    bot: Bot
    since: list[tuple[int, int | None]] = field(default_factory=list)

    def stopped(self) -> bool:
        bot = self.bot
        readings = [reading for reading in bot.risk.readings() if reading.is_tripped]
        snapshot = bot.engine.portfolio()
        unsynced = snapshot is None or not snapshot.synced
        return bool(readings or bot.risk.tripped or unsynced or bot.engine.state is not EngineState.RUNNING)

    async def run(self) -> None:
        while True:
            now, stopped = self.bot.exchange.clock.now_ms(), self.stopped()
            opened = bool(self.since) and self.since[-1][1] is None
            if stopped and not opened:
                self.since.append((now, None))
            elif opened and not stopped:
                self.since[-1] = (self.since[-1][0], now)
            await asyncio.sleep(0.01)

    def late(self) -> list[Any]:
        """The entries that were sent more than a second after trading was stopped."""
        sent = [
            order for order in self.bot.exchange.orders if order.link_id.startswith("bot-") and not order.reduce_only
        ]
        return [
            order
            for order in sent
            for start, end in self.since
            if start + GRACE_MS < order.created_ms < (end or self.bot.exchange.clock.now_ms() + 1)
        ]


async def trade_on(bot: Bot) -> None:
    number = 0
    while True:
        quote = bot.engine._rooms.prices.quote("BTCUSDT") if bot.engine._rooms is not None else None
        if quote is not None:
            number += 1
            await bot.trade(("BUY", "SELL")[number % 2], "0.002", price=quote.mark, metadata={"order_type": "market"})
        await asyncio.sleep(0.01)


REST = "/v5/*"
FAULTS: dict[str, Any] = {
    "prices are lost": lambda x: x.faults.add(Rule(topic="tickers.*", action="drop")),
    "prices are garbage": lambda x: x.faults.add(Rule(topic="tickers.*", action="malform", body="{")),
    "the public sockets die": lambda x: (x.refuse_connections(), x.drop_connections("linear")),
    "the private socket dies": lambda x: (x.refuse_connections(), x.drop_connections("private")),
    "all sockets die": lambda x: (x.refuse_connections(), x.drop_connections()),
    "the key is revoked": lambda x: x.faults.add(Rule(path=REST, action="code", code=10003)),
    "the address is banned": lambda x: x.faults.add(Rule(path=REST, action="status", status=403)),
    "answers are lost": lambda x: x.faults.add(Rule(path=REST, action="drop-after")),
    "requests are lost": lambda x: x.faults.add(Rule(path=REST, action="drop-before")),
    "the exchange is down": lambda x: x.faults.add(Rule(path=REST, action="status", status=502)),
    "answers are garbage": lambda x: x.faults.add(Rule(path=REST, action="malform", body="<html>")),
    "connections are reset": lambda x: x.faults.add(Rule(path=REST, action="reset")),
}


@pytest.mark.timeout(120)
async def test_from_the_trip_on_nothing_is_sent(tmp_path):
    found = await asyncio.gather(*(_suffer(tmp_path / f"{number}", name) for number, name in enumerate(FAULTS)))
    for name, before, watch in found:
        assert before > 0, f"{name}: nothing was traded before"
        assert watch.since, f"{name}: nothing stopped trading"
        assert watch.late() == [], name


async def _suffer(folder: Any, name: str) -> tuple[str, int, Watch]:
    values = {"risk": {"max_data_age": 1.0}, "exchange": {"timeout": 1.0}, "engine": {"order_timeout": 0.3}}
    async with running(folder, **values) as bot:
        trading = asyncio.create_task(trade_on(bot))
        before = await until(lambda: len(bot.exchange.orders) > 3 and len(bot.exchange.orders), 30)
        watch = Watch(bot)
        watching = asyncio.create_task(watch.run())
        FAULTS[name](bot.exchange)
        await until(lambda: watch.since, 30)
        await asyncio.sleep(GRACE_MS / 1000 + 0.7)
        for task in (trading, watching):
            task.cancel()
        await asyncio.gather(trading, watching, return_exceptions=True)
        # So that stopping does not wait for an exchange that is gone.
        bot.exchange.faults.rules.clear()
        bot.exchange.refuse_connections(refuse=False)
        return name, before, watch


@pytest.mark.parametrize("limit", ["max_daily_loss", "max_drawdown"])
async def test_a_crash_is_over_for_the_account_within_seconds(tmp_path, limit):
    values = {
        "risk": {limit: 0.01, "on_breaker": "emergency_stop", "max_volatility": 100.0},
        "trading": {"max_position_size": 1.0, "stop_loss_distance": 0.9, "symbols": ["BTCUSDT"]},
        "engine": {"flatten_on_emergency": True},
    }
    values["risk"] |= {"max_portfolio_risk": 1.0}
    async with running(tmp_path, **values) as bot:
        await bot.trade("BUY", "1.5")
        bot.exchange.script.add(Crash(coin="BTC", drop=0.2, over="2s"))
        await until(lambda: bot.engine.state is EngineState.EMERGENCY_STOPPED, 20)
        tripped = bot.exchange.clock.now_ms()
        await until(lambda: not any(held.net for held in bot.account.positions.values()), 5)
        assert bot.exchange.clock.now_ms() - tripped <= 5_000
        assert any(limit.removeprefix("max_") in name for name in bot.risk.tripped)


async def test_a_halted_symbol_is_refused_and_the_others_trade(tmp_path):
    async with running(tmp_path, "BTCUSDT", "ETHUSDT") as bot:
        bot.exchange.script.add(Halt(symbol="BTCUSDT"))
        await until(lambda: bot.exchange.script.happened)
        halted = await bot.trade("BUY")
        assert halted.rejection_reason
        other = await bot.trade("BUY", "0.1", "ETHUSDT")
        assert other.filled_quantity == D("0.1")
        assert set(bot.positions()) == {"ETHUSDT"}
