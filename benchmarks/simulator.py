"""Prints what the simulated exchange does on one core: matching, the whole engine, REST orders, stream messages.

Run with `python -m benchmarks.simulator [orders]`. Figures are per second of the server's processor time, so that
another program on the machine does not change them; the clients run in a process of their own and are not counted.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import random
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

from bybit_async.simulator import SimulatedExchange
from bybit_async.simulator.engine import Engine, Listing, MarketFeed, NewOrder
from bybit_async.simulator.engine.catalogue import perpetuals
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.matching import MatchingBook, Resting, Side, Taking

CONNECTIONS = 8
SUBSCRIBERS = 200
SYMBOLS = ("BTCUSDT", "ETHUSDT")
TOPICS = [
    f"{topic}.{symbol}" for symbol in SYMBOLS for topic in ("orderbook.1", "orderbook.50", "publicTrade", "tickers")
]
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}

# -- in process


def book_orders(count: int) -> int:
    """Send limit orders around a wandering price; about half trade at once, old ones are cancelled."""
    rng = random.Random(1)
    book = MatchingBook()
    live: list[Resting] = []
    middle = 100_000
    for number in range(count):
        middle += rng.randint(-2, 2)
        side: Side = "Buy" if rng.random() < 0.5 else "Sell"
        offset = rng.randint(-5, 40)
        ticks = middle - offset if side == "Buy" else middle + offset
        lots = rng.randint(1, 100)
        taken = book.take(Taking(number % 50, side, lots, ticks), _ignore_fill, _ignore_drop, _no_guard).taken
        if taken < lots:
            resting = Resting(None, number % 50, side, ticks, lots - taken)
            book.add(resting)
            live.append(resting)
        if len(live) > 2_000:
            book.remove(live.pop(rng.randrange(len(live))))
        if not number % 100:
            book.drain_changes()
    return count


def engine_orders(count: int) -> int:
    """Place wire requests from four accounts; half rest and are cancelled, half trade."""
    engine = Engine(ExchangeClock(1_750_000_000_000, manual=True), seed=1)
    engine.add_sink(Sink())
    engine.set_prices("linear", "BTCUSDT", mark="60000", index="60000")
    accounts = [engine.create_account(balances={"USDT": "100000000"}) for _ in range(4)]
    rng = random.Random(2)
    for number in range(count):
        account = accounts[number % 4]
        request = {
            **LINEAR,
            "side": "Buy" if number % 2 else "Sell",
            "orderType": "Limit",
            "qty": f"0.{rng.randint(1, 99):03d}",
            "price": str(60_000 + rng.randint(-30, 30)),
        }
        order = engine.place(account, request)
        if order.is_live and rng.random() < 0.7:
            engine.cancel(account, {**LINEAR, "orderId": order.order_id})
    engine.audit()
    return count


def house_quotes(count: int) -> int:
    """Let a simulated maker replace quotes in a deep book."""
    engine = Engine(ExchangeClock(1_750_000_000_000, manual=True), seed=1)
    maker = engine.create_account(house=True)
    listing = engine.listing("linear", "BTCUSDT")
    rng = random.Random(3)
    live = []
    for _ in range(count):
        below = rng.randint(1, 2_000) * Decimal("0.1")
        order = engine.house.quote(maker, listing, "Buy", Decimal(60_000) - below, Decimal("0.5"))
        if order is not None:
            live.append(order)
        if len(live) > 1_000:
            engine.house.withdraw(live.pop(rng.randrange(len(live))))
    return count


def direct_orders(count: int) -> int:
    """Place, amend and cancel parsed orders that rest in an account's book, as a backtest does."""
    engine, listing = _one_contract()
    account = engine.create_account(balances={"USDT": "100000000"})
    feed = MarketFeed(engine, listing)
    feed.jump(Decimal(60_000))
    for number in range(count // 3):
        order = engine.place_order(account, NewOrder(listing, "Buy", Decimal("0.01"), Decimal(59_000 + number % 500)))
        engine.amend_order(order, price=Decimal(58_000 + number % 500))
        engine.cancel_order(order)
    engine.audit()
    return count // 3 * 3


def candle_steps(count: int, *, skipped: bool = False) -> int:
    """Move the price by one candle after another beside a position with a stop; `skipped` looks at no order."""
    engine, listing = _one_contract()
    account = engine.create_account(balances={"USDT": "100000000"})
    feed = MarketFeed(engine, listing)
    feed.jump(Decimal(60_000))
    engine.place_order(account, NewOrder(listing, "Buy", Decimal("0.1"), stop_loss=Decimal(30_000)))
    rng = random.Random(4)
    closed = Decimal(60_000)
    for _ in range(count):
        opened, closed = closed, closed + rng.randint(-20, 20)
        if skipped:
            feed.skip(closed)
        else:
            feed.candle(opened, max(opened, closed) + 5, min(opened, closed) - 5, closed)
        engine.clock.advance(60_000)
    engine.audit()
    return count


def _one_contract() -> tuple[Engine, Listing]:
    instruments = [instrument for instrument in perpetuals() if instrument.symbol == "BTCUSDT"]
    engine = Engine(ExchangeClock(1_750_000_000_000, manual=True), instruments, seed=1)
    return engine, engine.listing("linear", "BTCUSDT")


def _ignore_fill(maker: Resting, lots: int) -> None:
    del maker, lots


def _ignore_drop(maker: Resting, by_smp: bool) -> None:
    del maker, by_smp


def _no_guard(maker: Resting) -> int:
    return maker.lots


# -- over sockets: the server's side


async def rest_orders(count: int) -> tuple[int, float]:
    """Take signed orders over HTTP from clients that keep their connections; all rest, and are cancelled in heaps."""
    async with SimulatedExchange(seed=1, symbols=["BTCUSDT"], rate_limits=False, host_limit=None) as exchange:
        accounts = [exchange.new_account(usdt="100000000") for _ in range(CONNECTIONS)]
        price = f"{float(exchange.engine.listing('linear', 'BTCUSDT').mark_price or 0) * 0.97:.0f}"
        keys = [part for account in accounts for part in (account["api_key"], account["api_secret"])]
        child = await _clients("orders", exchange.port, count, price, *keys)
        await _line(child, b"ready")
        before = time.process_time()
        _go(child)
        await _line(child, b"done")
        elapsed = time.process_time() - before
        await child.wait()
        if len(exchange.orders) < count:
            raise RuntimeError(f"only {len(exchange.orders)} of {count} orders arrived")
        exchange.engine.audit()
    return count, elapsed


async def stream_messages(count: int) -> tuple[int, float]:
    """Move a market by hand and send books, trades and tickers to many subscribers, until `count` messages are out."""
    async with SimulatedExchange(seed=1, symbols=SYMBOLS, manual=True, connection_limit=None) as exchange:
        child = await _clients("subscribers", exchange.port)
        await _line(child, b"ready")
        connections = exchange.connections
        first = sum(connection.sent for connection in connections)
        before = time.process_time()
        sent = 0
        while sent < count:
            await exchange.advance(20)
            while any(connection.backlog for connection in connections):  # noqa: ASYNC110 - it never waits long
                await asyncio.sleep(0)
            sent = sum(connection.sent for connection in connections) - first
        elapsed = time.process_time() - before
        child.terminate()
        await child.wait()
    return sent, elapsed


async def _clients(*arguments: object) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.simulator", "--clients"),
        *map(str, arguments),
        stdin=pipe,
        stdout=pipe,
        cwd=Path(__file__).parent.parent,
    )


async def _line(child: asyncio.subprocess.Process, wanted: bytes) -> None:
    line = await child.stdout.readline() if child.stdout else b""
    if line.strip() != wanted:
        raise RuntimeError(f"the clients said {line!r}, not {wanted!r}")


def _go(child: asyncio.subprocess.Process) -> None:
    if child.stdin is not None:
        child.stdin.write(b"go\n")


# -- over sockets: the clients' side, in a process of its own


async def send_orders(port: int, count: int, price: str, *keys: str) -> None:
    """Send orders over one connection an account, each when the one before is answered."""
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in keys[::2]]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    share = count // len(streams)
    signers = zip(streams, keys[::2], keys[1::2], strict=True)
    await asyncio.gather(*(_send_orders(*stream, share, price, key, secret) for stream, key, secret in signers))
    print("done", flush=True)


async def _send_orders(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int, price: str, key: str, secret: str
) -> None:
    order = json.dumps({**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price})
    for number in range(count):
        await _post(reader, writer, "/v5/order/create", order, key, secret)
        if number % 100 == 99:
            await _post(reader, writer, "/v5/order/cancel-all", json.dumps(LINEAR), key, secret)
    writer.close()


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: str, key: str, secret: str
) -> None:
    stamp = str(int(time.time() * 1000))
    signature = hmac.new(secret.encode(), f"{stamp}{key}5000{body}".encode(), hashlib.sha256).hexdigest()
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-BAPI-API-KEY: {key}\r\nX-BAPI-TIMESTAMP: {stamp}\r\nX-BAPI-RECV-WINDOW: 5000\r\nX-BAPI-SIGN: {signature}"
        f"\r\n\r\n{body}".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    answer = await reader.readexactly(length)
    if not answer.startswith(b'{"retCode":0,'):
        raise RuntimeError(answer.decode())


async def listen(port: int) -> None:
    """Subscribe many sockets and swallow what they get."""
    handshake = (
        "GET /v5/public/linear HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    request = json.dumps({"op": "subscribe", "args": TOPICS}).encode()
    streams = []
    for _ in range(SUBSCRIBERS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(handshake.encode())
        await reader.readuntil(b"\r\n\r\n")
        # A mask of zeros leaves the text as it is.
        writer.write(bytes([0x81, 0xFE]) + len(request).to_bytes(2, "big") + bytes(4) + request)
        await reader.readuntil(b'"subscribe"')
        streams.append((reader, writer))
    print("ready", flush=True)
    await asyncio.gather(*(_swallow(reader) for reader, _ in streams))


async def _swallow(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 20):
        pass


# -- figures


def _measure(name: str, run: Callable[[int], int], count: int, unit: str = "orders/s") -> None:
    before = time.process_time()
    _show(name, run(count), time.process_time() - before, unit)


def _show(name: str, done: int, elapsed: float, unit: str) -> None:
    print(f"{name:<32} {done / elapsed:>10,.0f} {unit}", flush=True)


def main(wanted: int) -> None:
    _measure("matching, in process", book_orders, wanted * 4)
    _measure("engine, wire requests", engine_orders, wanted)
    _measure("engine, maker quotes", house_quotes, wanted)
    _measure("engine, parsed orders", direct_orders, wanted)
    _measure("engine, candles walked through", candle_steps, wanted // 4, "candles/s")
    _measure("engine, candles skipped", partial(candle_steps, skipped=True), wanted * 4, "candles/s")
    _show("REST, signed orders", *asyncio.run(rest_orders(wanted // CONNECTIONS * CONNECTIONS)), "orders/s")
    _show(f"streams, {SUBSCRIBERS} x {len(TOPICS)} topics", *asyncio.run(stream_messages(wanted * 10)), "messages/s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--clients"]:
        kind, port, *rest = sys.argv[2:]
        with contextlib.suppress(ConnectionError):
            if kind == "orders":
                asyncio.run(send_orders(int(port), int(rest[0]), rest[1], *rest[2:]))
            else:
                asyncio.run(listen(int(port)))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
