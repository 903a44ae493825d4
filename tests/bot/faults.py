"""What can go wrong under a bot that trades, which breaker meets it, and what follows: for tests and docs."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal.sqlite import SqliteStore
from bybit_async.simulator import Crash, Delisting, Halt, Rule
from tests.bot.trading import LINEAR, Bot, by_hand

D = Decimal
REST = "/v5/*"
STALE, ACCOUNT, ERRORS = "stale_data", "the account is not synced", "error_rate"
INSTRUMENT, CLOCK = "cannot be traded now", "check the clock"
Act = Callable[[Bot], Any]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: what it is, in words.
        meets: the breaker that trips first, or what refuses to trade in its place.
        act: makes it happen.
        values: configuration beyond the usual.
        latches: whether the breaker stays tripped over a restart.
    """

    name: str
    meets: str
    act: Act
    values: dict[str, Any] = field(default_factory=dict)
    latches: bool = False

    @property
    def is_about_money(self) -> bool:
        return self.latches and self.meets != ERRORS

    @property
    def follows(self) -> str:
        if self.meets == INSTRUMENT:
            return "signals for the symbol are refused, the others trade on"
        return "no entries until a reset, over restarts too" if self.latches else "no entries while it lasts"


def rule(**given: Any) -> Act:
    return lambda bot: bot.exchange.faults.add(Rule(**given))


def sockets(*channels: str) -> Act:
    def act(bot: Bot) -> None:
        bot.exchange.refuse_connections()
        for channel in channels or ("",):
            bot.exchange.drop_connections(*filter(None, [channel]))

    return act


def garbage(topic: str) -> Act:
    """One topic cannot be read, and what it would have said cannot be asked for."""
    unreadable = Rule(topic=topic, action="malform", body="{")
    return lambda bot: bot.exchange.faults.add(unreadable, Rule(path="/v5/account/*", action="status", status=502))


def unknown_order(bot: Bot) -> None:
    bot.exchange.faults.add(
        Rule(path="/v5/order/create", action="drop-after"), Rule(path="/v5/[oep]*", action="status", status=502)
    )


def closes(source: Callable[[str], Any]) -> Act:
    return lambda bot: bot.risk.closes_from(source, 60_000)


def wild(symbol: str) -> list[float]:
    return [100.0 * (1 + number % 2) for number in range(300)]


def full_disk(bot: Bot) -> None:
    store: Any = bot.engine._rooms.journal._store  # type: ignore[union-attr]
    assert isinstance(store, SqliteStore)

    def full(puts: Any) -> None:
        raise JournalError("no space left on the device")

    store.write = full  # type: ignore[method-assign]


def locked_journal(bot: Bot) -> None:
    path = bot.config.settings.journal.url[:].removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    bot.on_end.append(other.close)


def order(side: str, qty: str) -> Act:
    async def act(bot: Bot) -> None:
        async with by_hand(bot.exchange, bot.credentials) as bybit:
            await bybit.trade.place_order(**LINEAR, side=side, order_type="Market", qty=qty)  # type: ignore[arg-type]

    return act


def then(*acts: Act) -> Act:
    async def act(bot: Bot) -> None:
        for each in acts:
            made = each(bot)
            if isinstance(made, Awaitable):
                await made

    return act


def scene(made: Any) -> Act:
    return lambda bot: bot.exchange.script.add(made)


def funding(bot: Bot) -> None:
    bot.exchange.engine.settle_funding("linear", "BTCUSDT", "0.05")


def at_most(**risk: Any) -> dict[str, Any]:
    return {"risk": risk}


LOSS = at_most(max_daily_loss=0.001)
FALL = at_most(max_drawdown=0.001)
LEVERED = at_most(max_exposure=2.0, max_leverage=2.0)
STEEP = Crash(coin="BTC", drop=0.2, over="1s")
CRASHED = at_most(max_drawdown=0.01, max_daily_loss=0.9, max_exposure=5.0, max_leverage=5.0)
DEEP = Crash(coin="BTC", drop=0.4, over="1s")
HUGE = at_most(max_exposure=50.0, max_leverage=50.0)
FEW = at_most(max_error_rate=0.03)


FAULTS = [
    # Prices
    Fault("prices are lost", STALE, rule(topic="tickers.*", action="drop")),
    Fault("prices are garbage", STALE, rule(topic="tickers.*", action="malform", body="{")),
    Fault("prices are those of long ago", STALE, rule(topic="tickers.*", action="stale")),
    Fault("prices are cut in half", STALE, rule(topic="tickers.*", action="truncate")),
    Fault("the public sockets fall silent", STALE, rule(topic="*", channel="linear", action="drop")),
    Fault("the public sockets die", STALE, sockets("linear")),
    # The account
    Fault("the private socket dies", ACCOUNT, sockets("private")),
    Fault("all sockets die", ACCOUNT, sockets()),
    Fault("news of orders are garbage", ACCOUNT, garbage("order")),
    Fault("news of executions are garbage", ACCOUNT, garbage("execution")),
    Fault("news of positions are garbage", ACCOUNT, garbage("position")),
    Fault("news of the wallet are garbage", ACCOUNT, garbage("wallet")),
    Fault("an order stays unknown", ACCOUNT, then(unknown_order, sockets("private"))),
    # Requests
    Fault("the key is revoked", ERRORS, rule(path=REST, action="code", code=10003), latches=True),
    Fault("the key may not trade", ERRORS, rule(path=REST, action="code", code=10005), latches=True),
    Fault("the address is not allowed", ERRORS, rule(path=REST, action="code", code=10010), latches=True),
    Fault("the address is banned", ERRORS, rule(path=REST, action="status", status=403), latches=True),
    Fault("every request is over the rate", ERRORS, rule(path=REST, action="code", code=10006), FEW, latches=True),
    Fault("the exchange has an error", ERRORS, rule(path=REST, action="status", status=500), latches=True),
    Fault("the exchange is down", ERRORS, rule(path=REST, action="status", status=502), latches=True),
    Fault("the exchange is overloaded", ERRORS, rule(path=REST, action="status", status=503), latches=True),
    Fault("requests are lost", ERRORS, rule(path=REST, action="drop-before"), latches=True),
    Fault("answers are lost", ERRORS, rule(path=REST, action="drop-after"), latches=True),
    Fault("answers hang", ERRORS, rule(path=REST, action="delay-reply", milliseconds=60_000), FEW, latches=True),
    Fault("answers are garbage", ERRORS, rule(path=REST, action="malform", body="<html>"), latches=True),
    Fault("answers are cut in half", ERRORS, rule(path=REST, action="truncate"), latches=True),
    Fault("connections are reset", ERRORS, rule(path=REST, action="reset"), latches=True),
    Fault("the exchange's clock jumps ahead", STALE, rule(path=REST, action="skew", milliseconds=60_000)),
    Fault("the exchange's clock jumps back", CLOCK, rule(path=REST, action="skew", milliseconds=-60_000)),
    # Figures
    Fault("closes are not numbers", "volatility", closes(lambda symbol: [float("nan")] * 300)),
    Fault("closes are missing", "volatility", closes(lambda symbol: None)),
    Fault("the market is wild", "volatility", closes(wild)),
    # Money
    Fault("a losing streak", "consecutive_losses", lambda bot: None, at_most(max_consecutive_losses=3), latches=True),
    Fault("a daily loss", "daily_loss", then(order("Buy", "3"), order("Sell", "3")), LOSS, latches=True),
    Fault("a drawdown", "drawdown", then(order("Buy", "3"), order("Sell", "3")), FALL, latches=True),
    Fault("a crash", "drawdown", then(order("Buy", "1"), scene(STEEP)), CRASHED, latches=True),
    Fault("a liquidation", "drawdown", then(order("Buy", "12"), scene(DEEP)), HUGE, latches=True),
    Fault("a funding of 5 %", "daily_loss", then(order("Buy", "1"), funding), LOSS, latches=True),
    Fault("a position of somebody else", "exposure", order("Buy", "2"), at_most(max_exposure=1.0, max_leverage=50.0)),
    Fault("too much leverage", "leverage", order("Buy", "8"), LEVERED, latches=True),
    # The journal
    Fault("the disk of the journal is full", ACCOUNT, full_disk),
    Fault("the journal is locked", ACCOUNT, locked_journal),
    # Instruments
    Fault("the symbol is halted", STALE, scene(Halt(symbol="BTCUSDT"))),
    Fault("the symbol is delisted", INSTRUMENT, scene(Delisting(symbol="BTCUSDT"))),
]  # fmt: skip


def _row(fault: Fault) -> str:
    meets = fault.meets if " " in fault.meets else f"`{fault.meets}`"
    return f"| {fault.name} | {meets} | {fault.follows} |"


ROWS = [_row(fault) for fault in FAULTS]
"""The table as the documentation has it."""
