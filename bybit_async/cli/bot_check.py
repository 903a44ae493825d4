"""What `bybit-async bot check` does beyond reading the configuration."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from bybit_async.bot.check import check_strategy
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.runner import Bot
from bybit_async.bot.strategies import CandleStrategy
from bybit_async.data import intervals


async def check_bot(console: Console, manager: ConfigurationManager, *, candles: int, cuts: int) -> int:
    """Check that the exchange answers, lists the symbols, and that strategies decide by the past alone.

    Returns:
        How many problems were found; each was printed.

    Raises:
        BybitError: the exchange cannot be reached, or refuses the key.
    """
    problems = 0
    bot = Bot(manager)
    settings = manager.settings
    async with bot.client as client:
        console.print(f"{settings.exchange.address} answers, account {client.account_id or 'none: no key'}")
        for strategy in bot.strategies.strategies:
            for symbol in strategy.symbols:
                await client.instrument(symbol)
            if not isinstance(strategy, CandleStrategy):
                console.print(f"{strategy.strategy_id}: is shown nothing but the present, nothing to check")
                continue
            symbol = strategy.symbols[0]
            report = check_strategy(strategy, await _candles(bot, symbol, candles), symbol=symbol, cuts=cuts)
            for finding in report.findings:
                console.print(str(finding), style="yellow" if finding.is_warning else "red", markup=False)
            problems += not report.ok
            console.print(f"{strategy.strategy_id}: {report.cuts} cuts, {report.decisions} decisions compared")
    console.print("no problems" if not problems else f"{problems} problems", style="red" if problems else "green")
    return problems


async def _candles(bot: Bot, symbol: str, count: int) -> Any:
    settings, session = bot.config.settings, bot.client.data_session
    interval, now = settings.trading.interval, session.clock.now_ms()
    start = intervals.step(interval, intervals.floor(interval, now), -count)
    category: Any = settings.exchange.category
    return await session.data.fetch_klines(symbol, interval, start, category=category)
