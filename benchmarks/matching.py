"""The simulated exchange, in this process: orders per second of the bare matching book and of the whole engine.

The engine does margin, fees and events too, for requests as they come over the wire and for the quotes of its makers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal

from benchmarks.processes import Run, pin, rounds_of
from benchmarks.tables import Answer, Column, tabulate
from bybit_async.simulator.clock import Clock
from bybit_async.simulator.engine import Engine
from bybit_async.simulator.events import Sink
from bybit_async.simulator.matching import MatchingBook, Resting, Side, Taking


def book_orders(count: int) -> int:
    """Send limit orders around a wandering price; about half trade at once, old ones are cancelled."""
    rng = random.Random(1)
    book = MatchingBook()
    live: list[Resting] = []
    middle = 100_000
    for number in range(count):
        middle += rng.randint(-2, 2)
        side: Side = "Buy" if rng.random() < 0.5 else "Sell"
        offset = rng.randint(-5, 40)
        ticks = middle - offset if side == "Buy" else middle + offset
        lots = rng.randint(1, 100)
        taken = book.take(Taking(number % 50, side, lots, ticks), _ignore_fill, _ignore_drop, _no_guard).taken
        if taken < lots:
            resting = Resting(None, number % 50, side, ticks, lots - taken)
            book.add(resting)
            live.append(resting)
        if len(live) > 2_000:
            book.remove(live.pop(rng.randrange(len(live))))
        if not number % 100:
            book.drain_changes()
    return count


def engine_orders(count: int) -> int:
    """Place wire requests from four accounts; half rest and are cancelled, half trade."""
    engine = Engine(Clock(1_750_000_000_000, manual=True), seed=1)
    engine.add_sink(Sink())
    engine.set_prices("linear", "BTCUSDT", mark="60000", index="60000")
    accounts = [engine.create_account(balances={"USDT": "100000000"}) for _ in range(4)]
    rng = random.Random(2)
    for number in range(count):
        account = accounts[number % 4]
        request = {
            "category": "linear",
            "symbol": "BTCUSDT",
            "side": "Buy" if number % 2 else "Sell",
            "orderType": "Limit",
            "qty": f"0.{rng.randint(1, 99):03d}",
            "price": str(60_000 + rng.randint(-30, 30)),
        }
        order = engine.place(account, request)
        if order.is_live and rng.random() < 0.7:
            engine.cancel(account, {"category": "linear", "symbol": "BTCUSDT", "orderId": order.order_id})
    engine.audit()
    return count


def house_quotes(count: int) -> int:
    """Let a simulated maker replace quotes in a deep book."""
    engine = Engine(Clock(1_750_000_000_000, manual=True), seed=1)
    maker = engine.create_account(house=True)
    listing = engine.listing("linear", "BTCUSDT")
    rng = random.Random(3)
    live = []
    for _ in range(count):
        below = rng.randint(1, 2_000) * Decimal("0.1")
        order = engine.quote(maker, listing, "Buy", Decimal(60_000) - below, Decimal("0.5"))
        if order is not None:
            live.append(order)
        if len(live) > 1_000:
            engine.withdraw_quote(live.pop(rng.randrange(len(live))))
    return count


def _ignore_fill(maker: Resting, lots: int) -> None:
    del maker, lots


def _ignore_drop(maker: Resting, by_smp: bool) -> None:
    del maker, by_smp


def _no_guard(maker: Resting) -> int:
    return maker.lots


def run(settings: Run) -> Answer:
    """Measure all three."""
    pin()
    orders = 2_000 if settings.quick else 50_000
    cases: dict[str, tuple[Callable[[int], int], int]] = {
        "matching book": (book_orders, orders * 4),
        "engine, wire requests": (engine_orders, orders),
        "engine, maker quotes": (house_quotes, orders),
    }

    def one(name: str) -> dict[str, float]:
        case, count = cases[name]
        began = time.perf_counter()
        return {"rate": case(count) / (time.perf_counter() - began)}

    samples = rounds_of(settings, list(cases), one)
    return Answer([tabulate("Simulated exchange", [Column("rate", "orders/s")], samples, by="rate")])
