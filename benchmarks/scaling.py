"""How the cost of one thing grows with the number of things: topics, subscribers, calls in flight.

Topics: stream messages over 1 to 500 topics through decoder, channel and buffers, microseconds a message. Subscribers:
delivery of one message to 1 to 100 of them, and per subscriber. Calls: signed orders per second with 1 to 200 in
flight, on asyncio, against the same server as `rest`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks import fanout, rest_clients
from benchmarks.payloads import stream_messages
from benchmarks.processes import Run, pin, rounds_of, server
from benchmarks.tables import Answer, Column, Table, tabulate
from bybit_async.environments import Environment
from bybit_async.stream.channel import Channel
from bybit_async.stream.context import StreamContext
from bybit_async.stream.fanout import FanOuts
from bybit_async.stream.item_transforms import ITEMS
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.router import route
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Subscription
from bybit_async.stream.topics import trades
from bybit_async.transport.clock import Clock


def run(settings: Run) -> Answer:
    """Measure all three curves."""
    pin()
    few = settings.quick
    return Answer([
        _topics(settings, (1, 500) if few else (1, 10, 50, 100, 200, 500)),
        _subscribers(settings, (1, 100) if few else (1, 2, 5, 10, 20, 50, 100)),
        _calls(settings, (1, 50, 200) if few else (1, 2, 5, 10, 20, 50, 100, 200)),
    ])  # fmt: skip


def _topics(settings: Run, counts: tuple[int, ...]) -> Table:
    def one(name: str) -> dict[str, float]:
        return asyncio.run(_over_topics(int(name.split()[0]), 4_000 if settings.quick else 20_000))

    samples = rounds_of(settings, [f"{count} topics" for count in counts], one)
    return tabulate("Topics", [Column("us", "µs per message", 2)], samples)


async def _over_topics(topics: int, count: int) -> dict[str, float]:
    address = "ws://127.0.0.1:1"
    environment = Environment(name="none", rest_url=address, public_url=address, private_url=address, trade_url=address)
    context = StreamContext(environment, Clock(), None, StreamSettings())
    fanouts = FanOuts(Multiplexer(context))
    channel = Channel(context, "linear")
    frame = next(frame for frame in stream_messages(50) if b"publicTrade" in frame[:30])
    symbols = [f"S{number}USDT" for number in range(topics)]
    frames = [frame.replace(b"BTCUSDT", symbol.encode()) for symbol in symbols]
    for symbol in symbols:
        topic = trades(symbol, category="linear")
        subscription: Subscription[Any] = Subscription(
            fanouts, [topic], ITEMS, size=100, policy="drop_oldest", key=None
        )
        channel.attach([topic.name], subscription._feed, fresh=False)
        channel.topics.accepted(topic.name)
    if channel._planned is not None:
        channel._planned.cancel()  # nothing is to be connected
    began = time.perf_counter()
    for number in range(count):
        message: Any = route("linear", frames[number % topics])
        channel.topics.take(message, number)
    return {"us": (time.perf_counter() - began) / count * 1e6}


def _subscribers(settings: Run, counts: tuple[int, ...]) -> Table:
    total = 20_000 if settings.quick else 100_000

    def one(name: str) -> dict[str, float]:
        count = int(name.split()[0])
        measured = asyncio.run(fanout.ours(count, max(100, total // count // 10 * 10)))
        return {"us": measured["delivery"], "each": measured["delivery"] / count * 1000}

    samples = rounds_of(settings, [f"{count} subscribers" for count in counts], one)
    columns = [Column("us", "µs per message", 2), Column("each", "ns per subscriber")]
    return tabulate("Subscribers", columns, samples)


def _calls(settings: Run, counts: tuple[int, ...]) -> Table:
    with server("benchmarks.http_server") as (port, _):

        def one(name: str) -> dict[str, float]:
            return asyncio.run(_in_flight(port, int(name.split()[0]), settings.seconds))

        samples = rounds_of(settings, [f"{count} in flight" for count in counts], one)
    return tabulate("Calls", [Column("rate", "orders/s")], samples)


async def _in_flight(port: int, count: int, seconds: float) -> dict[str, float]:
    order = await rest_clients.ours(f"http://127.0.0.1:{port}")
    await order()

    async def worker(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            await order()
            done += 1
        return done

    async def all_of_them(length: float) -> float:
        began = time.perf_counter()
        done = await asyncio.gather(*(worker(began + length) for _ in range(count)))
        return sum(done) / (time.perf_counter() - began)

    await all_of_them(seconds / 4)
    rate = await all_of_them(seconds)
    await order.session.aclose()  # type: ignore[attr-defined]
    return {"rate": rate}
