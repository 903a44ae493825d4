"""Six hundred orders at once, through the hundred connections that a session has: what reaches the exchange, and when.

Slow answers keep every connection busy, so that most orders wait for one far longer than a signature holds. And while
the loop of the client is held up, a gateway closes every connection that is kept. In both cases each order must be
accepted once, and none refused for its timestamp or left unknown.

    python -m tests.trials.bursts
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bybit_async import AsyncBybit, BybitError, ClockSkewed, Environment
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.transport.hooks import Hooks, ResponseEvent

ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Market", "qty": "0.001",
}  # fmt: skip


@dataclass
class Burst:
    """What became of it.

    Attributes:
        name: what went wrong meanwhile.
        orders: how many were placed.
        outcomes: how their calls ended, by the class of the answer or error.
        stale: requests that the exchange refused for their timestamps.
        lost: accepted orders that the exchange does not have exactly once.
        seconds: from the first call to the last answer.
    """

    name: str
    orders: int
    outcomes: Counter[str] = field(default_factory=Counter)
    stale: int = 0
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        return (
            f"{self.name:<14}{self.orders} orders in {self.seconds:.1f} s: {ends}; "
            f"stale requests {self.stale}, lost or doubled {len(self.lost)}"
        )


class Gateway:
    """Stands in front of an exchange, on a loop of its own: it goes on while the client's loop is held up."""

    def __init__(self, target: Environment) -> None:
        self._target = urlsplit(target.rest_url).port
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None] | None] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="gateway")
        self.port = 0

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        await self._close()
        await asyncio.gather(*filter(None, self._serving), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._serving.add(asyncio.current_task())
        up, upstream = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.gather(_forward(reader, upstream), _forward(up, writer))
        finally:
            self._writers.discard(writer)
            self._serving.discard(asyncio.current_task())

    async def _close(self) -> None:
        writers = list(self._writers)
        for writer in writers:
            writer.close()
        for writer in writers:
            await writer.wait_closed()

    def drop(self) -> None:
        """Close every connection, and block until that has happened: the caller's loop sees nothing of it."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    def __enter__(self) -> Gateway:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        # The other direction learns of it by the end of its own side.
        return
    finally:
        writer.close()


@asynccontextmanager
async def _trading(burst: Burst, **options: Any) -> AsyncIterator[tuple[SimulatedExchange, AsyncBybit, Gateway]]:
    def count(event: ResponseEvent) -> None:
        burst.stale += isinstance(event.error, ClockSkewed)

    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], rate_limits=False, host_limit=None) as exchange:
        with Gateway(exchange.environment) as gateway:
            place = msgspec.structs.replace(exchange.environment, rest_url=f"http://127.0.0.1:{gateway.port}")
            async with AsyncBybit(
                environment=place, rate_limits=False, timeout=60, hooks=Hooks(on_response=count),
                **exchange.new_account(usdt="100000000"), **options,
            ) as bybit:  # fmt: skip
                await bybit.market.get_server_time()
                yield exchange, bybit, gateway


async def _place(bybit: AsyncBybit, exchange: SimulatedExchange, burst: Burst) -> None:
    links = [f"{burst.orders}-{len(burst.outcomes)}-{number}" for number in range(burst.orders)]
    started = time.monotonic()
    calls = (bybit.trade.place_order(**ORDER, order_link_id=link) for link in links)
    ended = await asyncio.gather(*calls, return_exceptions=True)
    burst.seconds = time.monotonic() - started
    burst.outcomes = Counter(type(each).__name__ for each in ended)
    there = Counter(order.link_id for order in exchange.orders)
    unexpected = [each for each in ended if isinstance(each, BaseException) and not isinstance(each, BybitError)]
    assert not unexpected, unexpected
    accepted = [link for link, each in zip(links, ended, strict=True) if not isinstance(each, BaseException)]
    burst.lost = [link for link in accepted if there[link] != 1]


async def slow_answers(orders: int = 600, *, milliseconds: int = 500, recv_window: int = 1000) -> Burst:
    """Place orders at once while each answer takes half of the recv window: the last wait for three of them."""
    burst = Burst("slow answers", orders)
    async with _trading(burst, recv_window=recv_window) as (exchange, bybit, _):
        exchange.faults.add(Rule(path="/v5/order/create", action="delay-reply", milliseconds=milliseconds))
        await _place(bybit, exchange, burst)
    return burst


async def blocked_loop(orders: int = 600) -> Burst:
    """Place orders at once after every kept connection was closed while the loop was held up."""
    burst = Burst("blocked loop", orders)
    async with _trading(burst) as (exchange, bybit, gateway):
        await asyncio.gather(*(bybit.market.get_server_time() for _ in range(orders)))
        gateway.drop()
        await _place(bybit, exchange, burst)
    return burst


async def bursts() -> list[Burst]:
    """Run both."""
    return [await slow_answers(), await blocked_loop()]


def main() -> int:
    """Run them and print what became of them."""
    found = asyncio.run(bursts())
    for burst in found:
        print(burst)
    return 1 if any(burst.stale or burst.lost or burst.outcomes["OrderAck"] != burst.orders for burst in found) else 0


if __name__ == "__main__":
    sys.exit(main())
