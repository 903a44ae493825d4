"""What one changed level costs in an order book, at several depths.

Run ``python benchmarks/book.py``. A synthetic walk near the touch: two thirds of the changes resize a level, one sixth
deletes one and one sixth brings one back, geometrically more often near the best price, as in recorded books.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from sortedcontainers import SortedDict

from bybit_async.state.ladder import Ladder

DEPTHS = (50, 200, 1000)
CHANGES = 20_000
PER_MESSAGE = 10
Levels = list[tuple[str, str]]


def price(index: int) -> str:
    return f"{60_000 - index * 0.1:.1f}"


def walk(depth: int, seed: int = 1) -> tuple[Levels, list[Levels]]:
    chance = random.Random(seed)
    present = set(range(depth))
    gone: list[int] = []
    changes: Levels = []
    for _ in range(CHANGES):
        near = min(int(chance.expovariate(1 / (depth / 6))), depth - 1)
        kind = chance.random()
        if kind < 1 / 6 and near in present:
            present.remove(near)
            gone.append(near)
            changes.append((price(near), "0"))
        elif kind < 1 / 3 and gone:
            back = gone.pop()
            present.add(back)
            changes.append((price(back), "1.5"))
        elif near in present:
            changes.append((price(near), f"{chance.random():.3f}"))
    start = [(price(index), "1") for index in range(depth)]
    return start, [changes[at : at + PER_MESSAGE] for at in range(0, len(changes), PER_MESSAGE)]


def ladder(start: Levels) -> tuple[Callable[[Levels], object], Callable[[], object]]:
    book = Ladder(best_is_highest=True)
    book.replace(start)
    return book.change, book.best


def sorted_dict(start: Levels) -> tuple[Callable[[Levels], object], Callable[[], object]]:
    book = SortedDict((float(price), size) for price, size in start)

    def change(levels: Levels) -> None:
        for price, size in levels:
            if size == "0":
                book.pop(float(price), None)
            else:
                book[float(price)] = size

    return change, lambda: book.peekitem(-1)


def sort_on_read(start: Levels) -> tuple[Callable[[Levels], object], Callable[[], object]]:
    book = dict(start)

    def change(levels: Levels) -> None:
        for price, size in levels:
            if size == "0":
                book.pop(price, None)
            else:
                book[price] = size

    return change, lambda: max(book, key=float)


def cost(make: Callable[[Levels], tuple[Callable[[Levels], object], Callable[[], object]]], depth: int) -> float:
    """Nanoseconds per changed level, with the best level read after each message; the best of five runs."""
    start, messages = walk(depth)
    count = sum(map(len, messages))
    best = float("inf")
    for _ in range(5):
        change, read = make(start)
        began = time.perf_counter_ns()
        for levels in messages:
            change(levels)
            read()
        best = min(best, (time.perf_counter_ns() - began) / count)
    return best


def main() -> None:
    print(f"nanoseconds per changed level, {PER_MESSAGE} levels a message, best level read after each message\n")
    print(f"{'book':<24}" + "".join(f"{f'depth {depth}':>12}" for depth in DEPTHS))
    for name, make in (("this library", ladder), ("SortedDict", sorted_dict), ("dict, sorted on read", sort_on_read)):
        print(f"{name:<24}" + "".join(f"{cost(make, depth):>12.0f}" for depth in DEPTHS))


if __name__ == "__main__":
    main()
