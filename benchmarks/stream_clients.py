"""One client taking a stream: ``python -m benchmarks.stream_clients CLIENT LOOP PORT SECONDS PACE SCHEME``.

Everyone keeps the order book, looks at its best prices and calls a function of the user with every message.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.processes import report, unverified

Start = Callable[[str, "Meter"], Awaitable[None]]


class Meter:
    """Counts messages, and what a second of them costs."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.messages = 0
        self.best: Any = None

    def begin(self) -> None:
        """Start the window that counts."""
        self._from, self._at, self._cpu = self.messages, time.perf_counter(), time.process_time()

    def end(self) -> None:
        """Report it."""
        count, seconds = self.messages - self._from, time.perf_counter() - self._at
        if not count or self.best is None:
            raise SystemExit("no messages, or no book")
        cpu = time.process_time() - self._cpu
        report({"rate": count / seconds, "us": seconds / count * 1e6, "cpu": cpu / count * 1e6})


def ours(callback: bool) -> Start:
    async def start(url: str, meter: Meter) -> None:
        from bybit_async import AsyncBybit
        from bybit_async.environments import Environment

        environment = Environment(name="benchmark", rest_url=url, public_url=url, private_url=url, trade_url=url)
        stream = AsyncBybit(environment=environment, ssl_context=unverified()).stream
        trades = stream.trades("BTCUSDT", category="linear")
        tickers = stream.tickers("BTCUSDT", category="linear")
        books = stream.order_book("BTCUSDT", category="linear", depth=50)

        def on_item(item: Any) -> None:
            meter.messages += 1

        def on_book(book: Any) -> None:
            meter.messages += 1
            meter.best = book.best_bid, book.best_ask
            if book.gaps or book.crossings:
                raise SystemExit(f"the book broke: {book!r}")

        async def iterate(items: Any) -> None:
            async for item in items:
                on_item(item)
            raise SystemExit("the subscription ended")

        async def iterate_book() -> None:
            # Changes that come between two turns of this task count as one: the others are counted by the book itself.
            known = 0
            async for book in books:
                on_book(book)
                meter.messages += book.updates - known - 1
                known = book.updates

        tasks = [trades.each(on_item), tickers.each(on_item), books.each(on_book)] if callback else [
            iterate(trades), iterate(tickers), iterate_book()
        ]  # fmt: skip
        await asyncio.gather(*tasks)

    return start


def _applied() -> Callable[[bytes, Meter], None]:
    from bybit_async.state.order_book import OrderBook
    from bybit_async.stream.item_transforms import ITEMS, FullTickers
    from bybit_async.stream.router import route

    book = OrderBook("BTCUSDT", category="linear", depth=50)
    tickers = FullTickers()

    def take(payload: bytes, meter: Meter) -> None:
        message: Any = route("linear", payload)
        if message.topic.startswith("orderbook"):
            book.apply(message)
            meter.best = book.best_bid, book.best_ask
            meter.messages += 1
            return
        items = tickers.expand(message) if message.topic.startswith("tickers") else ITEMS.expand(message)
        for _ in items:
            meter.messages += 1

    return take


def _trust(url: str, name: str) -> dict[str, Any]:
    return {name: unverified()} if url.startswith("wss:") else {}


async def picows(url: str, meter: Meter) -> None:
    """The fastest WebSocket client there is for Python, with this library's own decode and book behind it."""
    from picows import WSFrame, WSListener, WSTransport, ws_connect

    take = _applied()

    class Listener(WSListener):
        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            take(frame.get_payload_as_bytes(), meter)

    await ws_connect(Listener, f"{url}/blast", **_trust(url, "ssl_context"))
    await asyncio.Event().wait()


async def websockets(url: str, meter: Meter) -> None:
    """The `websockets` library as it is, with this library's own decode and book behind it."""
    from websockets.asyncio.client import connect

    take = _applied()
    socket = await connect(f"{url}/blast", compression=None, ping_interval=None, **_trust(url, "ssl"))
    while True:
        take(await socket.recv(decode=False), meter)


async def ccxt(url: str, meter: Meter) -> None:
    from ccxt import pro

    from benchmarks.processes import server

    stack = contextlib.ExitStack()
    port, _ = stack.enter_context(server("benchmarks.http_server"))
    exchange = pro.bybit({"enableRateLimit": False, "verify": False})
    sockets = exchange.urls["api"]["ws"]
    exchange.urls["api"] = dict.fromkeys(("spot", "futures", "v2", "public", "private"), f"http://127.0.0.1:{port}")
    sockets["public"]["linear"] = url
    exchange.urls["api"]["ws"] = sockets
    exchange.options["fetchMarkets"] = {"types": ["linear"]}
    exchange.has["fetchCurrencies"] = False
    await exchange.load_markets()
    stack.close()
    symbol = next(iter(exchange.markets))
    handle = exchange.handle_message

    def counted(client: Any, message: Any) -> None:
        handle(client, message)
        meter.messages += 1

    exchange.handle_message = counted

    async def watch_book() -> None:
        while True:
            book = await exchange.watch_order_book(symbol, 50)
            meter.best = book["bids"][0], book["asks"][0]

    async def watch(method: Any) -> None:
        while True:
            await method(symbol)

    await asyncio.gather(watch_book(), watch(exchange.watch_trades), watch(exchange.watch_ticker))


def pybit(url: str, meter: Meter) -> None:
    from pybit import unified_trading

    def on_item(message: Any) -> None:
        meter.messages += 1

    def on_book(message: Any) -> None:
        meter.messages += 1
        meter.best = message["data"]["b"][0], message["data"]["a"][0]

    unified_trading.PUBLIC_WSS = f"{url}/v5/public"
    socket = unified_trading.WebSocket(testnet=False, channel_type="linear")
    socket.orderbook_stream(50, "BTCUSDT", on_book)
    socket.trade_stream("BTCUSDT", on_item)
    socket.ticker_stream("BTCUSDT", on_item)


CLIENTS: dict[str, Start] = {
    "bybit_async, callback": ours(True), "bybit_async, async for": ours(False), "picows, same decode": picows,
    "websockets, same decode": websockets, "ccxt.pro": ccxt,
}  # fmt: skip


async def measure(start: Start, url: str, meter: Meter) -> None:
    running = asyncio.ensure_future(start(url, meter))
    running.add_done_callback(lambda task: task.cancelled() or task.result())
    end = time.perf_counter() + 20
    while not meter.messages and time.perf_counter() < end and not running.done():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.sleep(meter.seconds / 2)
    meter.begin()
    await asyncio.sleep(meter.seconds)
    meter.end()


def main(name: str, loop: str, port: str, seconds: str, pace: str, scheme: str) -> None:
    meter = Meter(float(seconds))
    url = f"{scheme}://127.0.0.1:{port}/{pace}"
    if loop == "threads":
        pybit(url, meter)
        while not meter.messages:
            time.sleep(0.02)
        time.sleep(meter.seconds / 2)
        meter.begin()
        time.sleep(meter.seconds)
        meter.end()
    elif loop == "uvloop":
        import uvloop

        uvloop.run(measure(CLIENTS[name], url, meter))
    else:
        asyncio.run(measure(CLIENTS[name], url, meter))


if __name__ == "__main__":
    main(*sys.argv[1:])
