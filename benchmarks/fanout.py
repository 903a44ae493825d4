"""Handing one decoded message to many subscribers, through the library's own channel, feeds and bounded buffers.

In this process, in turns, on asyncio and uvloop. Delivery is the synchronous part: what a message costs the reading of
the socket, until it lies in every buffer. Iteration is delivery plus every subscriber's ``async for`` taking it, in
bursts of ten messages. `asyncio.Queue` per subscriber is what one would write without a library. Microseconds per
message, for all subscribers together.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.payloads import stream_messages
from benchmarks.processes import Run, pin, rounds_of
from benchmarks.tables import Answer, Column, Goal, tabulate
from bybit_async.environments import Environment
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.context import StreamContext
from bybit_async.stream.fanout import FanOuts
from bybit_async.stream.item_transforms import ITEMS
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.router import route
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Subscription
from bybit_async.stream.topic_state import Listener, TopicState
from bybit_async.stream.topics import trades
from bybit_async.transport.clock import Clock

_BURST = 10
_TOPIC = trades("BTCUSDT", category="linear")
Measured = dict[str, float]


class _Source(Multiplexer):
    """Stands where the multiplexer stands, and delivers as a channel does."""

    def __init__(self) -> None:
        address = "ws://127.0.0.1:1"
        nowhere = Environment(name="none", rest_url=address, public_url=address, private_url=address, trade_url=address)
        super().__init__(StreamContext(nowhere, Clock(), None, StreamSettings()))
        self.listeners: tuple[Listener, ...] = ()

    def attach(
        self, topics: Any, listener: Listener, *, waits_for: Any = None, fresh: bool = False
    ) -> tuple[TopicState, ...]:
        self.listeners = (*self.listeners, listener)
        listener.accepted(_TOPIC.name)
        return ()

    def detach(self, listener: Listener) -> None:
        self.listeners = tuple(other for other in self.listeners if other is not listener)

    def dispatch(self, message: StreamMessage[Any]) -> None:
        for listener in self.listeners:
            listener.deliver(message)


def messages(count: int) -> list[StreamMessage[Any]]:
    frames = [frame for frame in stream_messages() if b"publicTrade" in frame[:30]][:_BURST]
    return [route("linear", frames[number % _BURST]) for number in range(count)]  # type: ignore[misc]


async def ours(subscribers: int, count: int) -> Measured:
    source = _Source()
    fanouts = FanOuts(source)
    subscriptions: list[Subscription[Any]] = [
        Subscription(fanouts, [_TOPIC], ITEMS, size=10_000, policy="drop_oldest", key=None) for _ in range(subscribers)
    ]

    async def consume(subscription: Subscription[Any]) -> None:
        async for _ in subscription:
            pass

    tasks = [asyncio.ensure_future(consume(subscription)) for subscription in subscriptions]
    await asyncio.sleep(0)
    found = await _timed(source.dispatch, messages(count))
    for subscription in subscriptions:
        subscription.close()
    await asyncio.gather(*tasks)
    return found


async def queues(subscribers: int, count: int) -> Measured:
    waiting: list[asyncio.Queue[Any]] = [asyncio.Queue(10_000) for _ in range(subscribers)]

    async def consume(queue: asyncio.Queue[Any]) -> None:
        while await queue.get() is not None:
            pass

    def dispatch(message: Any) -> None:
        for queue in waiting:
            queue.put_nowait(message)

    tasks = [asyncio.ensure_future(consume(queue)) for queue in waiting]
    await asyncio.sleep(0)
    found = await _timed(dispatch, messages(count))
    dispatch(None)
    await asyncio.gather(*tasks)
    return found


async def _timed(dispatch: Callable[[Any], None], given: list[Any]) -> Measured:
    delivering = 0.0
    began = time.perf_counter()
    for at in range(0, len(given), _BURST):
        before = time.perf_counter()
        for message in given[at : at + _BURST]:
            dispatch(message)
        delivering += time.perf_counter() - before
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    whole = time.perf_counter() - began
    return {"delivery": delivering / len(given) * 1e6, "iteration": whole / len(given) * 1e6}


_KINDS: dict[str, Callable[[int, int], Awaitable[Measured]]] = {"bybit_async": ours, "asyncio.Queue": queues}


def run(settings: Run) -> Answer:
    """Measure 1, 10 and 100 subscribers."""
    pin()
    loops: dict[str, Callable[[Any], Any]] = {"asyncio": asyncio.run}
    try:
        import uvloop
    except ImportError:
        pass
    else:
        loops["uvloop"] = uvloop.run
    names = [f"{kind}, {count} ({loop})" for count in (1, 10, 100) for kind in _KINDS for loop in loops]
    total = 20_000 if settings.quick else 100_000

    def one(name: str) -> Measured:
        kind, _, rest = name.partition(", ")
        count, _, loop = rest.rstrip(")").partition(" (")
        found: Measured = loops[loop](_KINDS[kind](int(count), total // int(count) // _BURST * _BURST))
        return found

    samples = rounds_of(Run(rounds=max(settings.rounds, 3)), names, one)
    columns = [Column("delivery", "delivery, µs", 2), Column("iteration", "with iteration, µs", 2)]
    table = tabulate("Fan-out of one message", columns, samples)
    measured = table.rows["bybit_async, 100 (asyncio)"]["delivery"]
    return Answer([table], [Goal("fan-out to 100 subscribers", measured, 15, at_most=True, unit="µs")])
