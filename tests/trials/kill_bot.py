"""The bot that `tests.trials.kill` kills: it trades as fast as it can until it dies at a chosen moment."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

from bybit_async.bot import (
    BybitClient,
    ConfigurationManager,
    SignalStrength,
    TradeSignal,
    TradingEngine,
    UnifiedRiskManager,
)
from bybit_async.bot.engine.desk import Desk

MOMENTS = ("before journal", "after journal", "while sending", "after answer", "at fill", "after fill", "any time")
SLOT_MS = 250
"""Signals carry the start of such a slot as their time: a bot that comes back within it decides the same again."""


@dataclass(frozen=True)
class Life:
    """How one bot lives and dies.

    Attributes:
        moment: of `MOMENTS`, where it kills itself.
        nth: at the how manieth such moment.
        seconds: after which it dies at any rate.
    """

    values: dict[str, Any]
    symbols: tuple[str, ...]
    moment: str
    nth: int
    seconds: float
    seed: int


def closes(symbol: str) -> list[float]:
    """Return closing prices of a market that hardly moves."""
    rng, prices = random.Random(symbol), [100.0]
    for _ in range(200):
        prices.append(prices[-1] * (1 + rng.gauss(0, 0.0003)))
    return prices


def live(life: Life, pipe: Connection) -> None:
    """Run one bot until it is killed."""
    logging.disable(logging.CRITICAL)
    asyncio.run(_live(life, pipe))


async def _live(life: Life, pipe: Connection) -> None:
    began = time.monotonic()
    config = ConfigurationManager.from_dict(life.values)
    client, risk = BybitClient(config), UnifiedRiskManager(config)
    risk.closes_from(closes, 60_000)
    engine = TradingEngine(client, None, risk, config)
    await engine.start()
    assert engine._rooms is not None
    await engine._rooms.journal.flush()
    pipe.send(time.monotonic() - began)
    await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
    _arm(life, pipe)
    rng = random.Random(life.seed)
    traders = [_trade(engine, client, symbol, rng) for symbol in life.symbols for _ in range(2)]
    await asyncio.gather(*traders, return_exceptions=True)


async def _trade(engine: TradingEngine, client: BybitClient, symbol: str, rng: random.Random) -> None:
    quote = engine._rooms.prices.quote  # type: ignore[union-attr]
    while True:
        price = quote(symbol).mark  # type: ignore[union-attr]
        slot = client.session.clock.now_ms() // SLOT_MS * SLOT_MS
        # What is decided depends on the slot alone, as a strategy's decision depends on the candle.
        choice = random.Random(f"{symbol}/{slot}")
        limit = choice.random() < 0.3
        action = choice.choice(("BUY", "SELL"))
        away = Decimal("0.998") if action == "BUY" else Decimal("1.002")
        made = TradeSignal(
            f"slot-{slot}", symbol, action, Decimal(choice.randint(1, 5)) / 100, price * away if limit else price, 0.5,
            SignalStrength.WEAK, datetime.fromtimestamp(slot / 1000, UTC),
            metadata={"order_type": "limit" if limit else "market"},
        )  # fmt: skip
        done = await engine.process_trade_signal(made)
        if limit and choice.random() < 0.8:
            await engine.cancel_trade(done.execution_id)
        await asyncio.sleep(rng.random() * 0.05)


def _die(moment: str, pipe: Connection) -> None:
    pipe.send(moment)
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(life: Life, pipe: Connection) -> None:
    asyncio.get_running_loop().call_later(life.seconds, _die, "any time", pipe)
    left = [life.nth]

    def reached(moment: str) -> None:
        if moment == life.moment:
            left[0] -= 1
            if left[0] <= 0:
                _die(moment, pipe)

    submit, send, take = Desk.submit, Desk.send, Desk.take_execution

    async def submitting(self: Desk, *args: Any) -> Any:
        reached("before journal")
        made = await submit(self, *args)
        reached("after journal")
        return made

    async def sending(self: Desk, *args: Any, **options: Any) -> None:
        if life.moment == "while sending":
            asyncio.get_running_loop().call_later(random.random() * 0.004, lambda: reached("while sending"))
        note: Callable[[Any], None] = self._note

        def noting(trade: Any) -> None:
            reached("after answer")
            note(trade)

        self._note = noting  # type: ignore[method-assign]
        try:
            await send(self, *args, **options)
        finally:
            self._note = note  # type: ignore[method-assign,assignment]

    def taking(self: Desk, execution: Any) -> None:
        reached("at fill")
        take(self, execution)
        reached("after fill")

    Desk.submit, Desk.send, Desk.take_execution = submitting, sending, taking  # type: ignore[method-assign,assignment]
