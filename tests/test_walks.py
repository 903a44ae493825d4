"""The walks of `docs/architecture.md`, walked: the functions of ours that one call really goes through, in order.

A function that is added to a walk, or moved to another file, turns a test red: change the list, and the page, with it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import bybit_async
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.transport.http1 import _HttpConnection
from tests.stream.server import book, stream_server, streams_of

PACKAGE = Path(bybit_async.__file__).parent
Step = tuple[str, str]
"""File and function."""

PLACE_ORDER: list[Step] = [
    ("api/trade/orders.py", "Orders.place_order"),
    ("transport/client.py", "RestClient.call"),
    ("transport/resolution.py", "Resolution.of"),
    ("transport/call.py", "Call.run"),
    ("transport/call.py", "Call._attempt"),
    ("transport/limits.py", "RateLimits.slot"),
    ("transport/host_limit.py", "RollingWindow.draw"),
    ("transport/host_limit.py", "HostBudget.draw"),
    ("transport/http1.py", "HttpPool.exchange"),
    ("transport/call.py", "Call._headers"),
    ("transport/signing.py", "HmacSigner.sign"),
    ("transport/http1.py", "_HttpConnection.send"),
]
"""From the method to the write into the socket, on a connection that is kept: wait, connect, sign, send."""

WARM_DELTA: list[Step] = [
    ("stream/websocket.py", "FrameSocket.data_received"),
    ("stream/websocket.py", "FrameSocket._scan"),
    ("stream/connection.py", "Connection._take"),
    ("stream/router.py", "_Route._exactly"),
    ("stream/topic_state.py", "TopicState.deliver"),
    ("stream/books/feed.py", "LiveBookFeed.deliver"),
    ("state/order_book.py", "OrderBook.apply"),
    ("state/ladder.py", "Ladder.change"),
    ("state/order_book.py", "ReadableBook.best_bid"),
]
"""From the bytes of a delta that changes a level to the best bid, on a book that is live."""

CHECKS = ("models/", "wire.py")
"""Where an order is checked and spelled, before the walk: one Struct, whose checks are read where they are written."""

LOOKED_AT: set[Step] = {
    ("api/trade/orders.py", "handled"),
    ("transport/clock.py", "Clock.now_ms"),
    ("transport/clock.py", "Clock.earliest_ms"),
    ("transport/resolution.py", "FirstSending.note"),
}
"""Passed on the way: they check an argument, read the clock or note it, wait for nothing and decide nothing."""


class Trace:
    """Notes the functions of ours that are entered, each once, until `until` is reached."""

    def __init__(self, until: Callable[[FrameType, str, Any], bool]) -> None:
        self._until = until
        self.steps: list[Step] = []
        self.over = False

    def __enter__(self) -> Trace:
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        if self.over:
            return
        if event == "call":
            file = Path(frame.f_code.co_filename)
            if PACKAGE in file.parents:
                step = file.relative_to(PACKAGE).as_posix(), frame.f_code.co_qualname
                if step not in self.steps and not step[0].startswith("simulator/"):
                    self.steps.append(step)
        self.over = self._until(frame, event, argument)


def _writes_a_request(frame: FrameType, event: str, argument: Any) -> bool:
    # The socket's own `send`, called by asyncio while ours is on the stack.
    if event != "c_call" or getattr(argument, "__name__", "") != "send":
        return False
    above: FrameType | None = frame
    while above is not None and above.f_code is not _HttpConnection.send.__code__:
        above = above.f_back
    return above is not None


async def test_from_place_order_to_the_bytes() -> None:
    order: dict[str, Any] = {
        "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01",
        "price": "20000",
    }  # fmt: skip
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            # The clock is known, the connection kept.
            await bybit.trade.place_order(**order)
            with Trace(_writes_a_request) as trace:
                await bybit.trade.place_order(**order)
    assert trace.over, "the write was seen"
    walked = [step for step in trace.steps if not step[0].startswith(CHECKS) and step not in LOOKED_AT]
    assert walked == PLACE_ORDER
    assert len(PLACE_ORDER) <= 12
    assert len({file for file, _ in PLACE_ORDER}) <= 8


async def test_from_a_warm_delta_to_the_best_bid() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.on_subscribed = lambda peer, topic: [book(u=1)]
        async with streams.order_book("BTCUSDT", category="linear") as live:
            peer = server.peers[0]
            for u in (2, 3):
                await peer.send(book(u=u, type="delta", bids=[["100", str(u)]]))
                await live.updated()
            with Trace(lambda *_: False) as trace:
                await peer.send(book(u=4, type="delta", bids=[["100", "7"]]))
                while live.update_id != 4:  # noqa: ASYNC110  waiting for the change would be a step of its own
                    await asyncio.sleep(0)
                best = live.best_bid
    assert best is not None
    assert (best.price, best.size) == (100, 7)
    assert trace.steps == WARM_DELTA
    assert len(WARM_DELTA) <= 9
    assert len({file for file, _ in WARM_DELTA}) <= 7
