"""An order book read by REST and the same book kept by a stream can be laid side by side, by `u` or by `seq`."""

import asyncio

import pytest

from bybit_async.simulator import SimulatedExchange

from .raw_client import RawClient

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.fixture
async def stage(session):
    async with SimulatedExchange(seed=7, manual=True, symbols=["BTCUSDT"]) as exchange:
        yield exchange, RawClient(exchange, session, exchange.new_account(usdt="100000"))


class Kept:
    """What a client that follows the documentation knows of one topic."""

    def __init__(self, topic):
        self.topic = topic
        self.sides = {"b": {}, "a": {}}
        self.versions = {}
        self.by_seq = {}

    def take(self, message):
        if message.get("topic") != self.topic:
            return
        data = message["data"]
        for name, side in self.sides.items():
            if message["type"] == "snapshot":
                side.clear()
            for price, *sizes in data[name]:
                if all(size == "0" for size in sizes):
                    side.pop(price, None)
                else:
                    side[price] = sizes
        shown = {name: self.best(name) for name in "ba"}
        self.versions[data["u"]] = self.by_seq[data["seq"]] = shown

    def best(self, name):
        rows = sorted(self.sides[name].items(), key=lambda row: float(row[0]), reverse=name == "b")
        return [[price, *sizes] for price, sizes in rows]


async def read_until_quiet(socket, kept):
    """Take in what has been sent: everything before the answer to a ping."""
    await socket.send(op="ping", req_id="q")
    while True:
        message = await socket.read()
        if message.get("ret_msg") == "pong":
            return
        kept.take(message)


@pytest.mark.parametrize("category", ["linear", "spot"])
async def test_a_book_by_rest_is_the_message_of_the_deepest_stream_with_the_same_u(stage, category):
    exchange, public = stage
    kept = Kept("orderbook.1000.BTCUSDT")
    async with public.socket(category) as socket:
        await socket.subscribe(kept.topic)
        for step in (20, 200, 130, 70, 410, 20, 20, 20):
            await exchange.advance(step)
            await read_until_quiet(socket, kept)
            book = await public.result("/v5/market/orderbook", category=category, symbol="BTCUSDT", limit=100)
            assert {name: book[name] for name in "ba"} == {
                name: rows[:100] for name, rows in kept.versions[book["u"]].items()
            }
            assert kept.by_seq[book["seq"]] == kept.versions[book["u"]]
            assert book["u"] == max(kept.versions), "it is as of the last message"


async def test_a_stream_that_begins_after_a_book_was_read_numbers_on(stage):
    exchange, public = stage
    book = await public.result("/v5/market/orderbook", **LINEAR, limit=50)
    again = await public.result("/v5/market/orderbook", **LINEAR, limit=50)
    assert again == book
    await exchange.advance("1s")
    later = await public.result("/v5/market/orderbook", **LINEAR, limit=50)
    assert (later["u"], later["seq"] > book["seq"]) == (book["u"] + 1, True)
    async with public.socket("linear") as socket:
        await socket.subscribe("orderbook.1000.BTCUSDT")
        first = (await socket.topic("orderbook.1000.BTCUSDT", "snapshot"))["data"]
        # The makers fill the book up once somebody wants it this deep: that may be the next version already.
        assert first["u"] in (later["u"], later["u"] + 1)
        await exchange.advance("1s")
        assert (await socket.topic("orderbook.1000.BTCUSDT", "delta"))["data"]["u"] == first["u"] + 1
    async with asyncio.timeout(5):
        while exchange.connections:  # noqa: ASYNC110 - the exchange tells nobody that a socket is gone
            await asyncio.sleep(0.01)
    await exchange.advance("1s")
    last = await public.result("/v5/market/orderbook", **LINEAR, limit=50)
    assert last["u"] > first["u"]
    assert last["cts"] == exchange.clock.now_ms()


async def test_a_shallower_stream_is_laid_beside_it_by_seq(stage):
    exchange, public = stage
    kept = Kept("orderbook.200.BTCUSDT")
    same = 0
    async with public.socket("linear") as socket:
        await socket.subscribe(kept.topic)
        for _ in range(30):
            await exchange.advance("20ms")
            await read_until_quiet(socket, kept)
            book = await public.result("/v5/market/orderbook", **LINEAR, limit=200)
            assert book["seq"] >= max(kept.by_seq), "what is read is never older than what has been pushed"
            if book["seq"] in kept.by_seq:
                assert {name: book[name] for name in "ba"} == kept.by_seq[book["seq"]]
                same += 1
    assert same > 3


async def test_the_rpi_book_has_three_columns_and_one_numbering_in_stream_and_rest(stage):
    exchange, public = stage
    kept = Kept("orderbook.rpi.BTCUSDT")
    async with public.socket("linear") as socket:
        await socket.subscribe(kept.topic)
        first = await socket.topic(kept.topic)
        assert (list(first), first["type"]) == (["topic", "ts", "type", "data", "cts"], "snapshot")
        kept.take(first)
        for _ in range(5):
            await exchange.advance("250ms")
            await read_until_quiet(socket, kept)
            book = await public.result("/v5/market/rpi_orderbook", **LINEAR, limit=50)
            assert {name: book[name] for name in "ba"} == kept.versions[book["u"]]
    assert len(kept.versions) > 5
    assert {len(row) for row in kept.best("b")} == {3}


@pytest.mark.parametrize("depth", ["1", "50", "1000", "full"])
async def test_a_newcomer_does_not_hide_a_reset_from_the_others(stage, depth):
    exchange, public = stage
    topic = f"orderbook.{depth}.BTCUSDT"
    async with public.socket("linear") as old, public.socket("linear") as new:
        await old.subscribe(topic)
        await exchange.advance("1s")
        exchange.hub.books.restart()
        await new.subscribe(topic)
        await public.result("/v5/market/orderbook", **LINEAR, limit=50)
        if depth == "full":
            await public.result("/v5/market/full_orderbook", **LINEAR)
        await exchange.advance("1s")
        for socket in (old, new):
            reset = await socket.until(lambda m: m.get("topic") == topic and m["data"]["u"] == 1)
            assert reset["type"] == ("delta" if depth == "full" else "snapshot")
            assert (await socket.topic(topic))["data"]["u"] == 2
