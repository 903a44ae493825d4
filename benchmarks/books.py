"""An order book of 50 to 1,000 levels: decode a delta, apply it, read the best prices.

In this process, in turns. The deltas change about a dozen levels each, most of them near the touch. pybit and ccxt.pro
do what their own streams do with a message: json, the book, the best prices (pybit keeps its lists unsorted, so the
best price of a side is its minimum or maximum). The last table is what one more changed level costs at several depths.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from sortedcontainers import SortedDict

from benchmarks.payloads import book_deltas, book_message, dumps
from benchmarks.processes import Run, pin, timed
from benchmarks.tables import Answer, Column, goals_of, tabulate
from bybit_async.state.ladder import Ladder
from bybit_async.state.order_book import OrderBook
from bybit_async.stream.router import route

Frames = list[bytes]
Levels = list[tuple[str, str]]
_US = [Column("us", "µs per message", 2)]
_COUNT = 500


def ours(frames: Frames, depth: int) -> Callable[[], object]:
    def run() -> object:
        book: Any = OrderBook("BTCUSDT", category="linear", depth=depth)
        for frame in frames:
            book.apply(route("linear", frame))
            best = book.best_bid, book.best_ask
        assert not book.stale, "the book broke"
        return best

    return run


def ccxt(frames: Frames, depth: int) -> Callable[[], object]:
    from ccxt import pro

    exchange = pro.bybit()
    exchange.options["tradesLimit"] = 10
    market = exchange.safe_market("BTCUSDT", None, None, "contract")

    class Client:
        url = "ws://127.0.0.1/v5/public/linear"

        def resolve(self, *_: Any) -> None:
            pass

    def run() -> object:
        exchange.orderbooks.clear()
        for frame in frames:
            exchange.handle_order_book(Client(), json.loads(frame))
            book = exchange.orderbooks[market["symbol"]]
            best = book["bids"][0], book["asks"][0]
        return best

    return run


def pybit(frames: Frames, depth: int) -> Callable[[], object]:
    from pybit._websocket_stream import _V5WebSocketManager as Manager

    def price(level: list[str]) -> float:
        return float(level[0])

    def run() -> object:
        manager = Manager.__new__(Manager)
        manager.data = {}
        manager._get_callback = lambda topic: lambda message: None
        for frame in frames:
            message = json.loads(frame)
            manager._process_delta_orderbook(message, message["topic"])
            data = manager.data[message["topic"]]
            best = max(data["b"], key=price), min(data["a"], key=price)
        return best

    return run


def run(settings: Run) -> Answer:
    """Measure whole messages at depth 200, then single levels at several depths."""
    pin()
    answer = Answer([])
    for depth in (200,) if settings.quick else (50, 200, 1000):
        snapshot, deltas = book_deltas(_COUNT, depth)
        frames = [dumps(book_message(snapshot, depth, snapshot=True)), *(dumps(book_message(d, depth)) for d in deltas)]
        cases = {"bybit_async": ours(frames, depth), "ccxt.pro": ccxt(frames, depth), "pybit": pybit(frames, depth)}
        samples = timed(settings, cases, per=len(frames))
        table = tabulate(f"Book of {depth} levels: decode, apply, best", _US, samples, by="us", descending=False)
        answer.tables.append(table)
        if depth == 200:
            wanted = [("book, depth 200, against pybit", "bybit_async", "pybit", 1 / 25),
                      ("book, depth 200, against ccxt.pro", "bybit_async", "ccxt.pro", 1 / 1.5)]  # fmt: skip
            answer.goals += goals_of(table, "us", wanted, at_most=True)
    answer.tables.append(_levels(settings))
    return answer


def _levels(settings: Run) -> Any:
    found: dict[str, list[dict[str, float]]] = {}
    for depth in (50, 200, 1000):
        start, messages = walk(depth)
        changes = sum(map(len, messages))
        cases = {f"{name}, depth {depth}": _replayed(make, start, messages) for name, make in _KINDS.items()}
        samples = timed(settings, cases, per=changes)
        found |= {name: [{"ns": sample["us"] * 1000} for sample in rounds] for name, rounds in samples.items()}
    return tabulate("One changed level, the best one read after every ten", [Column("ns", "ns per level")], found)


def walk(depth: int, count: int = 20_000) -> tuple[Levels, list[Levels]]:
    """Two thirds of the changes resize a level, one sixth deletes one, one sixth brings one back."""
    chance = random.Random(1)
    present, gone, changes = set(range(depth)), [], []
    for _ in range(count):
        near = min(int(chance.expovariate(6 / depth)), depth - 1)
        kind = chance.random()
        if kind < 1 / 6 and near in present:
            present.remove(near)
            gone.append(near)
            changes.append((_price(near), "0"))
        elif kind < 1 / 3 and gone:
            present.add(gone[-1])
            changes.append((_price(gone.pop()), "1.5"))
        elif near in present:
            changes.append((_price(near), f"{chance.random():.3f}"))
    return [(_price(index), "1") for index in range(depth)], [
        changes[at : at + 10] for at in range(0, len(changes), 10)
    ]


def _price(index: int) -> str:
    return f"{60_000 - index * 0.1:.1f}"


def _replayed(make: Callable[[Levels], Any], start: Levels, messages: list[Levels]) -> Callable[[], None]:
    def run() -> None:
        change, best = make(start)
        for levels in messages:
            change(levels)
            best()

    return run


def _ladder(start: Levels) -> Any:
    book = Ladder(best_is_highest=True)
    book.replace(start)
    return book.change, lambda: book.sizes[book.prices[-1]]


def _sorted_dict(start: Levels) -> Any:
    book = SortedDict((float(price), size) for price, size in start)

    def change(levels: Levels) -> None:
        for price, size in levels:
            if size == "0":
                book.pop(float(price), None)
            else:
                book[float(price)] = size

    return change, lambda: book.peekitem(-1)


def _sorted_on_read(start: Levels) -> Any:
    book = dict(start)

    def change(levels: Levels) -> None:
        for price, size in levels:
            if size == "0":
                book.pop(price, None)
            else:
                book[price] = size

    return change, lambda: max(book, key=float)


_KINDS: dict[str, Callable[[Levels], Any]] = {
    "bybit_async": _ladder, "SortedDict": _sorted_dict, "dict, searched on read": _sorted_on_read,
}  # fmt: skip
