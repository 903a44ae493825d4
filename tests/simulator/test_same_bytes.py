"""The same seed, script, faults and requests: every byte is the same, of bodies, of headers and of frames."""

import json

import aiohttp
import pytest

from bybit_async.simulator import Crash, Rule, SimulatedExchange, ThinBook
from bybit_async.simulator.script import TickSizeChange

from .raw_client import RawClient

START = 1_760_000_000_000
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
PUBLIC = ["orderbook.1.BTCUSDT", "orderbook.50.BTCUSDT", "orderbook.200.ETHUSDT", "publicTrade.BTCUSDT"]
PUBLIC += ["tickers.BTCUSDT", "kline.1.BTCUSDT", "priceLimit.BTCUSDT", "insurance.USDT"]
PRIVATE = ["order", "execution", "execution.fast", "position", "wallet"]
SCENES = (
    Crash(coin="BTC", at="3s", drop=0.05, over="3s"),
    ThinBook(symbol="ETHUSDT", at="5s", lasting="4s"),
    TickSizeChange(symbol="ETHUSDT", at="9s", tick="0.05"),
)
FAULTS = (
    Rule(topic="orderbook.50.*", probability=0.1, action="drop"),
    Rule(topic="publicTrade.*", probability=0.1, action="duplicate"),
    Rule(topic="tickers.*", probability=0.1, action="reorder"),
    Rule(topic="orderbook.1.*", probability=0.02, action="stale"),
    Rule(topic="kline.*", every=9, action="truncate"),
    Rule(path="/v5/order/create", every=4, action="code", code=10016, executed=True),
    Rule(path="/v5/order/create", probability=0.3, action="code", code=10000),
    Rule(path="/v5/position/list", nth=2, action="malform"),
    Rule(path="order.create", every=3, action="code", code=10429),
    Rule(path="/v5/market/time", nth=1, action="status", status=503),
)
READ = (
    ("/v5/market/time", {}),
    ("/v5/market/orderbook", {**LINEAR, "limit": 200}),
    ("/v5/market/tickers", {"category": "linear"}),
    ("/v5/market/recent-trade", LINEAR),
    ("/v5/market/kline", {**LINEAR, "interval": "1", "limit": 200}),
    ("/v5/market/instruments-info", {"category": "linear"}),
    ("/v5/position/list", LINEAR),
    ("/v5/order/history", LINEAR),
    ("/v5/execution/list", LINEAR),
    ("/v5/account/wallet-balance", {"accountType": "UNIFIED"}),
    ("/v5/account/transaction-log", {}),
)


class Tape:
    """Keeps what a client reads, byte for byte."""

    def __init__(self, client):
        self.client = client
        self.bodies = []
        self.frames = {}

    async def rest(self, method, path, values):
        client = self.client
        payload = json.dumps(values) if method == "POST" else "&".join(f"{k}={v}" for k, v in values.items())
        url = client.exchange.environment.rest_url + path
        if method == "GET" and payload:
            url += "?" + payload
        data = payload if method == "POST" else None
        target = aiohttp.client.URL(url, encoded=True)
        headers = client.headers(payload)
        async with client.session.request(method, target, data=data, headers=headers) as response:
            # `Date` is that of the machine: it belongs to HTTP, not to the exchange.
            kept = {name: value for name, value in response.headers.items() if name != "Date"}
            self.bodies.append((path, response.status, kept, await response.read()))

    async def quiet(self, channel, socket):
        """Read what has been sent: everything before the answer to a ping."""
        await socket.send(op="ping", req_id="q", reqId="q")
        frames = self.frames.setdefault(channel, [])
        while True:
            frame = await socket.socket.receive(5)
            frames.append(frame.data)
            if '"pong"' in frame.data:
                return


async def session_of(session, seed):
    async with SimulatedExchange(
        seed=seed, manual=True, start=START, symbols=["BTCUSDT", "ETHUSDT"], script=SCENES
    ) as exchange:
        exchange.faults.add(*FAULTS)
        client = RawClient(exchange, session, exchange.new_account(usdt="20000"))
        tape = Tape(client)
        async with (
            client.socket("linear") as public,
            client.socket("private") as private,
            client.socket("trade") as trade,
        ):
            sockets = {"linear": public, "private": private, "trade": trade}
            for socket in (private, trade):
                await socket.login()
            await public.send(op="subscribe", args=PUBLIC, req_id="s")
            await private.send(op="subscribe", args=PRIVATE, req_id="s")
            for number in range(12):
                order = {**LINEAR, "side": "Buy" if number % 3 else "Sell", "orderType": "Market", "qty": "0.02"}
                await tape.rest("POST", "/v5/order/create", {**order, "takeProfit": "200000", "stopLoss": "20000"})
                await trade.send(
                    op="order.create", reqId=str(number), header={"X-BAPI-TIMESTAMP": str(client.now())}, args=[order]
                )
                for name, socket in sockets.items():
                    await tape.quiet(name, socket)
                await exchange.advance("1s")
                path, params = READ[number % len(READ)]
                await tape.rest("GET", path, params)
        await exchange.advance("8h")
        for path, params in READ:
            await tape.rest("GET", path, params)
        exchange.engine.audit()
        return tape, str(exchange.faults), str(exchange.script)


@pytest.mark.timeout(120)
async def test_the_same_seed_script_and_faults_are_the_same_bytes_twice(session):
    first, faults, script = await session_of(session, 5)
    second, *told = await session_of(session, 5)
    assert [faults, script] == told
    assert {line.split()[2] for line in faults.splitlines() if " ms " in line} >= {
        "drop", "duplicate", "reorder", "stale", "truncate", "code", "malform", "status"
    }  # fmt: skip
    assert second.bodies == first.bodies
    for channel, frames in first.frames.items():
        assert len(frames) > 20, channel
        assert second.frames[channel] == frames
    other, *_ = await session_of(session, 6)
    assert other.bodies != first.bodies
    assert other.frames["linear"] != first.frames["linear"]
