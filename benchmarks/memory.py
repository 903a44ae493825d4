"""What 200 symbols cost in memory while their streams run: books, trades and tickers of every one of them.

One process takes the frames of 600 topics through decoder, channel, books and bounded buffers that nobody empties, at
10,000 messages a second, for ten minutes (five seconds with ``--quick``). Resident memory is read after a tenth of the
time, when every buffer is full, and at the end: what lies between is growth. `soak` does the same over real sockets,
with disconnects.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.payloads import stream_messages
from benchmarks.processes import Run, report, rounds_of, turn
from benchmarks.tables import Answer, Column, tabulate

SYMBOLS = 200
BUFFER = 1_000
_PER_SECOND = 10_000
_COLUMNS = [
    Column("start", "MB before"), Column("early", "MB after a tenth", 1), Column("late", "MB at the end", 1),
    Column("growth", "growth, MB", 2), Column("messages", "messages"), Column("behind", "MB per symbol", 3),
]  # fmt: skip


def run(settings: Run) -> Answer:
    """Measure once: it takes as long as it takes."""
    seconds = 5.0 if settings.quick else 600.0
    once = Run(rounds=1, quick=settings.quick)
    samples = rounds_of(
        once, ["bybit_async"], lambda name: turn("benchmarks.memory", seconds, timeout=seconds * 2 + 60)
    )
    return Answer([tabulate(f"Memory of {SYMBOLS} symbols, {seconds:.0f} s", _COLUMNS, samples)])


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def _take(seconds: float) -> None:
    from bybit_async import AsyncBybit
    from bybit_async.environments import Environment
    from bybit_async.stream.router import route

    address = "ws://127.0.0.1:1"
    start = resident()
    environment = Environment(name="none", rest_url=address, public_url=address, private_url=address, trade_url=address)
    stream = AsyncBybit(environment=environment).stream
    symbols = [f"S{number:03d}USDT" for number in range(SYMBOLS)]
    kept: list[Any] = [stream.trades(*symbols, category="linear", buffer=BUFFER)]
    kept.append(stream.tickers(*symbols, category="linear", buffer=BUFFER))
    for subscription in kept:
        subscription._start()
    kept += [stream.order_book(symbol, category="linear", depth=50) for symbol in symbols]
    books = [book._take().book for book in kept[2:]]
    channel: Any = next(iter(stream._multiplexer._channels.values()))
    channel._planned.cancel()  # nothing is to be connected
    frames = stream_messages()
    early, messages, began = 0.0, 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        frame = frames[messages // SYMBOLS % len(frames)]
        for symbol in symbols:
            message: Any = route("linear", frame.replace(b"BTCUSDT", symbol.encode()))
            channel.topics.take(message, time.monotonic_ns())
        messages += SYMBOLS
        if not early and spent > seconds / 10:
            early = resident()
        await asyncio.sleep(max(0.0, messages / _PER_SECOND - spent))
    if any(book.gaps or book.crossings for book in books):
        raise SystemExit("a book broke")
    late = resident()
    report({"start": start, "early": early, "late": late, "growth": late - early, "messages": messages,
            "behind": (late - start) / SYMBOLS})  # fmt: skip


if __name__ == "__main__":
    asyncio.run(_take(float(sys.argv[1])))
