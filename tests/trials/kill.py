"""A bot is killed (SIGKILL) again and again, at every kind of moment and under faults, and started again.

After each start, before it may trade, its journal is compared with the exchange: nothing may be lost, doubled or
invented. Meanwhile every position is watched: none may be without its stop for longer than five seconds.

    python -m benchmarks.kill --rounds 1000
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from bybit_async.bot.engine.lots import Lot
from bybit_async.bot.journal import open_store
from bybit_async.simulator import Rule, SimulatedExchange
from tests.trials.kill_bot import MOMENTS, Life, live

SYMBOLS = ("BTCUSDT", "ETHUSDT")
FAULTS = (
    Rule(path="/v5/order/create", probability=0.04, action="drop-after"),
    Rule(path="/v5/order/create", probability=0.03, action="drop-before"),
    Rule(path="/v5/order/create", probability=0.03, action="code", code=10016, executed=True),
    Rule(path="/v5/order/create", probability=0.05, action="delay-reply", milliseconds=50),
    Rule(path="/v5/order/cancel", probability=0.05, action="drop-after"),
    Rule(topic="execution*", probability=0.03, action="duplicate"),
    Rule(topic="order*", probability=0.03, action="reorder"),
    Rule(topic="position*", probability=0.01, action="reset"),
)
_WATCH_EVERY = 0.05
_READY_WITHIN = 30.0


@dataclass
class Report:
    """What became of it.

    Attributes:
        moments: at which they died.
        lost: orders or executions that the exchange has and the journal has not, and positions that differ.
        doubled: decisions that were sent twice, executions that the journal has twice or the exchange has not.
        bare: seconds that each position was without a stop, where that took longer than a moment.
        ready: seconds from the start of each process until it was ready again.
    """

    rounds: int = 0
    orders: int = 0
    executions: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """The longest that a bot took to be ready again, in seconds."""
        return max(self.ready, default=0.0)

    @property
    def longest_bare(self) -> float:
        """The longest that a position was without a stop, in seconds."""
        return max(self.bare, default=0.0)

    def __str__(self) -> str:
        moments = ", ".join(f"{name} {count}" for name, count in sorted(self.moments.items()))
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        median = statistics.median(self.ready) if self.ready else 0.0
        return (
            f"rounds       {self.rounds:>6}  {moments}\n"
            f"orders       {self.orders:>6}  executions {self.executions}\n"
            f"faults       {sum(self.faults.values()):>6}  {faults}\n"
            f"lost         {len(self.lost):>6}  {' '.join(self.lost[:5])}\n"
            f"doubled      {len(self.doubled):>6}  {' '.join(self.doubled[:5])}\n"
            f"bare > 5 s   {sum(seconds > 5 for seconds in self.bare):>6}  longest {self.longest_bare:.2f} s\n"
            f"ready again  {median:>6.2f} s median, {self.slowest:.2f} s slowest"
        )


class Watch:
    """How long positions are without a stop, seen from the exchange."""

    def __init__(self, account: Any, report: Report) -> None:
        self._account = account
        self._report = report
        self._since: dict[str, float] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            now = time.monotonic()
            for position in list(self._account.positions.values()):
                symbol = position.listing.instrument.symbol
                if position.net and position.stop_loss is None:
                    self._since.setdefault(symbol, now)
                elif (since := self._since.pop(symbol, None)) is not None:
                    self._report.bare.append(now - since)
            await asyncio.sleep(_WATCH_EVERY)

    def finish(self) -> None:
        """Count those that still are."""
        self._report.bare += [time.monotonic() - since for since in self._since.values()]


async def kill_repeatedly(rounds: int, *, seed: int = 1, folder: str | None = None) -> Report:
    """Let `rounds` bots live and die, one after the other, and report what became of their account."""
    report, rng = Report(), random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.trials.kill_bot", "pandas", "bybit_async.bot.engine", "bybit_async.session"])
    with tempfile.TemporaryDirectory() as place:
        place = folder or place
        async with SimulatedExchange(seed=seed, symbols=SYMBOLS, rate_limits=False, host_limit=None) as exchange:
            exchange.faults.add(*FAULTS)
            credentials = exchange.new_account(usdt="1000000")
            account = exchange.account(credentials["api_key"])
            watch = Watch(account, report)
            watching = asyncio.create_task(watch.run())
            values = _values(exchange, credentials, place)
            for number in range(rounds + 1):
                moment = MOMENTS[number % len(MOMENTS)]
                life = Life(values, SYMBOLS, moment, rng.randint(1, 4), 0.2 + rng.random(), seed + number)
                await _round(context, life, exchange, account, place, report, last=number == rounds)
            watching.cancel()
            await asyncio.wait({watching})
            if not watching.cancelled():
                watching.result()
            watch.finish()
            report.faults.update(firing.rule.action for firing in exchange.faults.fired)
            report.orders = sum(order.link_id.startswith("bot-") for order in exchange.orders)
    return report


def _values(exchange: SimulatedExchange, credentials: Any, place: str) -> dict[str, Any]:
    return {
        "exchange": {"address": exchange.environment.rest_url, "timeout": 5.0, **credentials},
        "trading": {"symbols": list(SYMBOLS), "max_position_size": 0.5},
        "risk": {
            "max_daily_loss": 0.9, "max_drawdown": 0.9, "max_consecutive_losses": 1_000_000, "max_volatility": 100.0,
            "max_error_rate": 1.0,
        },
        "journal": {"url": f"sqlite:///{place}/journal.sqlite3"},
        "engine": {"state_directory": place, "order_timeout": 1.0},
    }  # fmt: skip


async def _round(
    context: Any, life: Life, exchange: SimulatedExchange, account: Any, place: str, report: Report, *, last: bool
) -> None:
    ours, theirs = context.Pipe()
    process = context.Process(target=live, args=(life, theirs), daemon=True)
    began = time.monotonic()
    process.start()
    theirs.close()
    try:
        await _received(ours)
        if report.rounds:
            # The first start follows no death, and loads the program.
            report.ready.append(time.monotonic() - began)
        _compare(exchange, account, place, report)
        if not last:
            report.rounds += 1
            ours.send("go")
            report.moments[await _received(ours)] += 1
            await _joined(process)
    finally:
        process.kill()
        await _joined(process)
        ours.close()


async def _received(pipe: Connection) -> Any:
    async with asyncio.timeout(_READY_WITHIN):
        while not pipe.poll():  # noqa: ASYNC110 - a pipe of multiprocessing has nothing that could be awaited
            await asyncio.sleep(0.005)
    return pipe.recv()


async def _joined(process: Any) -> None:
    while process.is_alive():  # noqa: ASYNC110
        await asyncio.sleep(0.005)


def _compare(exchange: SimulatedExchange, account: Any, place: str, report: Report) -> None:
    """Compare the journal of a bot that has just started with the exchange's own books."""
    store = open_store(f"sqlite:///{place}/journal.sqlite3", read_only=True)
    try:
        trades = {row["execution_id"]: row for row in store.read("trades")}
        rows = store.read("executions")
        lots = {
            row["name"].removeprefix("lots:"): msgspec.json.decode(row["value"], type=list[Lot])
            for row in store.read("meta")
            if row["name"].startswith("lots:")
        }
    finally:
        store.close()
    report.executions = len(rows)
    sent = Counter(order.link_id for order in exchange.orders if order.link_id.startswith("bot-"))
    report.lost += [f"order {link}" for link in sent if link not in trades]
    report.doubled += [f"order {link}" for link, count in sent.items() if count > 1]
    market = (trades[link] for link in sent if link in trades and trades[link]["order_type"] == "Market")
    decided = Counter((row["strategy_id"], row["symbol"]) for row in market)
    report.doubled += [f"decision {slot} of {symbol}" for (slot, symbol), count in decided.items() if count > 1]
    known = Counter(row["exec_id"] for row in rows)
    there = {execution.exec_id: execution for execution in account.executions}
    report.lost += [f"execution {exec_id}" for exec_id in there if exec_id not in known]
    report.doubled += [f"execution {exec_id}" for exec_id in known if exec_id not in there or known[exec_id] > 1]
    for position in list(account.positions.values()):
        symbol = position.listing.instrument.symbol
        held = sum((lot.size for lot in lots.get(symbol, [])), Decimal(0))
        if held != position.net:
            report.lost.append(f"position {symbol}: {position.net}, the journal has {held}")


def main() -> int:
    """Run it from the command line; 1 if something was lost, doubled, or bare for too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    report = asyncio.run(kill_repeatedly(arguments.rounds, seed=arguments.seed))
    print(report)
    return 1 if report.lost or report.doubled or report.longest_bare > 5 else 0


if __name__ == "__main__":
    sys.exit(main())
