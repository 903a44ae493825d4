"""Faults under a bot that trades all the time: from the trip on nothing is sent, and it is flat where so wanted."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bybit_async.bot import EngineState, ExecutionStatus
from bybit_async.simulator import Halt
from tests.bot.faults import ACCOUNT, FAULTS, ROWS, Fault
from tests.bot.trading import Bot, another, running, until

D = Decimal
GRACE_MS = 1_000
FLAT_MS = 5_000


def met(bot: Bot, fault: Fault) -> bool:
    """Whether what meets the fault has done so: a reading, a breaker that stays tripped, or the reason of a refusal."""
    snapshot = bot.engine.portfolio()
    if fault.meets == ACCOUNT:
        return snapshot is not None and not snapshot.synced
    tripped = {*bot.risk.tripped, *(reading.name for reading in bot.risk.readings() if reading.is_tripped)}
    tallies = bot.engine.view().tallies
    return fault.meets in tripped or any(fault.meets in tally.last_refusal for tally in tallies.values())


def sent_after(bot: Bot, moment_ms: int) -> list[Any]:
    """The entries of the bot that reached the exchange later than that."""
    sent = [order for order in bot.exchange.orders if order.link_id.startswith("bot-") and not order.reduce_only]
    return [order for order in sent if order.created_ms > moment_ms]


async def trade_on(bot: Bot) -> None:
    """Trade in turns, as fast as answers come."""
    for number in itertools.count():
        quote = bot.engine._rooms.prices.quote("BTCUSDT") if bot.engine._rooms is not None else None
        if quote is not None:
            await bot.trade(("BUY", "SELL")[number % 2], "0.002", price=quote.mark, metadata={"order_type": "market"})
        await asyncio.sleep(0.01)


def configured(fault: Fault, **risk: Any) -> dict[str, Any]:
    usual = {"max_data_age": 1.0, "max_consecutive_losses": 1000}
    return {
        "risk": usual | fault.values.get("risk", {}) | risk,
        "exchange": {"timeout": 1.0},
        "engine": {"order_timeout": 0.3, "flatten_on_emergency": True},
    }


async def suffer(bot: Bot, fault: Fault) -> int:
    """Trade, let it go wrong, and return the moment of the trip; trading is tried for long enough after it."""
    trading = asyncio.create_task(trade_on(bot))
    try:
        await until(lambda: len(bot.exchange.orders) > 3, 30)
        made = fault.act(bot)
        if inspect.isawaitable(made):
            await made
        await until(lambda: met(bot, fault), 30)
        tripped = bot.exchange.clock.now_ms()
        await until(lambda: bot.exchange.clock.now_ms() > tripped + GRACE_MS + 300)
    finally:
        trading.cancel()
        await asyncio.gather(trading, return_exceptions=True)
        # So that stopping does not wait for an exchange that is gone.
        bot.exchange.faults.rules.clear()
        bot.exchange.refuse_connections(refuse=False)
    return tripped


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_from_the_trip_on_nothing_is_sent(tmp_path, fault):
    values = configured(fault)
    async with running(tmp_path, **values) as bot:
        tripped = await suffer(bot, fault)
        assert sent_after(bot, tripped + GRACE_MS) == []
        assert (fault.meets in bot.risk.tripped) == fault.latches
        if fault.latches:
            assert bot.engine.state is EngineState.PAUSED
            await bot.engine.stop()
            async with another(bot.exchange, bot.credentials, tmp_path, **values) as again:
                assert fault.meets in again.risk.tripped
                await until(lambda: again.engine.state is EngineState.PAUSED)
                assert (await again.trade("BUY")).status is ExecutionStatus.REJECTED


@pytest.mark.parametrize("action", ["flatten", "emergency_stop"])
@pytest.mark.parametrize("fault", [each for each in FAULTS if each.is_about_money], ids=lambda fault: fault.name)
async def test_it_is_flat_within_five_seconds_where_so_configured(tmp_path, fault, action):
    async with running(tmp_path, **configured(fault, on_breaker=action)) as bot:
        tripped = await suffer(bot, fault)
        await until(lambda: not any(held.net for held in bot.account.positions.values()), 10)
        assert bot.exchange.clock.now_ms() - tripped <= FLAT_MS
        assert sent_after(bot, tripped + GRACE_MS) == []
        wanted = EngineState.PAUSED if action == "flatten" else EngineState.EMERGENCY_STOPPED
        assert bot.engine.state is wanted


def test_the_documentation_has_them_all():
    table = (
        Path("docs/bots/risk.md").read_text(encoding="utf-8").partition("## What meets what")[2].partition("\n## ")[0]
    )
    assert [line for line in table.splitlines() if line.startswith("| ")][1:] == ROWS


async def test_a_halted_symbol_is_refused_and_the_others_trade(tmp_path):
    async with running(tmp_path, "BTCUSDT", "ETHUSDT") as bot:
        bot.exchange.script.add(Halt(symbol="BTCUSDT"))
        await until(lambda: bot.exchange.script.happened)
        halted = await bot.trade("BUY")
        assert halted.rejection_reason
        other = await bot.trade("BUY", "0.1", "ETHUSDT")
        assert other.filled_quantity == D("0.1")
        assert set(bot.positions()) == {"ETHUSDT"}
