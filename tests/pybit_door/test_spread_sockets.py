"""pybit's socket for spread combinations and its counterpart here, fed the same frames."""

from __future__ import annotations

import asyncio
import copy
import json
import queue

import pybit._v5_spread
import pybit.unified_trading
import pytest

from bybit_async.pybit import WebsocketSpreadTrading, unified_trading

from ..pybit_threads import closing, in_thread
from ..stream.server import answer, book, stream_server, trade

SYMBOL = "SOLUSDT_SOL/USDT"
BOOK, TRADES, TICKERS = f"orderbook.25.{SYMBOL}", f"publicTrade.{SYMBOL}", f"tickers.{SYMBOL}"


def ticker(bid):
    data = {"symbol": SYMBOL, "bidPrice": bid, "bidSize": "1.7", "askPrice": "", "askSize": "", "lastPrice": "-3"}
    return {"topic": TICKERS, "ts": 1, "type": "snapshot", "data": data}


# Prices of a spread may lie on either side of zero.
FRAMES = [
    book(SYMBOL, 1, depth=25, bids=[["-1.5", "2"], ["-2", "1"]], asks=[["0.5", "4"], ["1", "1"]]),
    book(SYMBOL, 2, type="delta", depth=25, bids=[["-1", "3"], ["-2", "0"]], asks=[["0.5", "5"]]),
    trade(1, SYMBOL, "-0.25"),
    ticker("-1.5"),
    ticker("-1"),
]


def watch(socket, subscribed):
    """Subscribe as pybit's users do, say so, and return what the callbacks were given, by topic."""
    books, trades, tickers = queue.Queue(), queue.Queue(), queue.Queue()
    socket.orderbook_stream(25, SYMBOL, lambda message: books.put(copy.deepcopy(message)))
    socket.trade_stream([SYMBOL], trades.put)
    socket.ticker_stream(callback=lambda message: tickers.put(copy.deepcopy(message)), symbol=SYMBOL)
    subscribed()
    return [
        [messages.get(timeout=10) for _ in range(count)] for messages, count in ((books, 2), (trades, 1), (tickers, 2))
    ]


async def served(opened, reply):
    """What a socket's callbacks are given of `FRAMES`, sent only once all three topics are subscribed to."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    async with stream_server() as server:
        server.reply = reply

        def run():
            with opened(server.environment) as socket:
                return watch(socket, lambda: loop.call_soon_threadsafe(ready.set))

        watching = asyncio.create_task(in_thread(run))
        async with asyncio.timeout(10):
            await ready.wait()
        peer = await server.subscribed(TICKERS)
        assert peer.path == "/v5/public/spread"
        assert sorted(peer.topics) == sorted([BOOK, TRADES, TICKERS])
        await peer.send(*FRAMES)
        return await watching


async def test_spread_messages_are_the_same(monkeypatch):
    def pybits(environment):
        monkeypatch.setattr(pybit._v5_spread, "PUBLIC_WSS", environment.public_url + "/spread")
        return closing(pybit.unified_trading.WebsocketSpreadTrading(testnet=True, ping_timeout=0.2))

    own = await served(lambda environment: WebsocketSpreadTrading(environment=environment), answer)
    # pybit takes in an acknowledgement only after it has noted the subscription: it is better off without one.
    their = await served(pybits, lambda peer, request: [])
    assert own[1:] == their[1:]
    for left, right in zip(own[0], their[0], strict=True):
        assert left.keys() == right.keys()
        assert {**left, "data": None} == {**right, "data": None}
        assert sorted(left["data"]["b"]) == sorted(right["data"]["b"])
        assert sorted(left["data"]["a"]) == sorted(right["data"]["a"])
    assert own[0][1]["data"]["b"] == [["-1", "3"], ["-1.5", "2"]]
    assert json.dumps(own)


async def test_spreads_have_three_streams_and_keys_are_not_sent():
    def use(environment):
        with unified_trading.WebsocketSpreadTrading(environment=environment, api_key="K", api_secret="S") as socket:
            assert {name for name in dir(socket) if name.endswith("_stream")} == {
                "orderbook_stream", "trade_stream", "ticker_stream",
            }  # fmt: skip
            with pytest.raises(AttributeError):
                _ = socket.kline_stream
            socket.trade_stream(SYMBOL, print)
            return socket.get_subscription_topics()

    async with stream_server() as server:
        assert await in_thread(lambda: use(server.environment)) == [TRADES]
        assert all(peer.asked("auth") == [] for peer in server.peers)
