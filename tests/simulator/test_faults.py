"""Faults as data: each rule does what it says, where and when it says, and nothing else."""

import asyncio
import itertools
import json

import aiohttp
import pytest

from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.simulator.faults import Faults

from .raw_client import RawClient, eventually

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
CREATE = "/v5/order/create"
BUY = {**LINEAR, "side": "Buy", "orderType": "Market", "qty": "0.01"}
BOOK = "orderbook.50.BTCUSDT"


async def place(client):
    return await client.post(CREATE, **BUY)


@pytest.mark.parametrize(("action", "orders"), [("drop-before", 0), ("drop-after", 1), ("close", 0), ("reset", 0)])
async def test_a_request_without_an_answer_was_carried_out_or_not(client, exchange, action, orders):
    exchange.faults.add(Rule(path=CREATE, action=action, times=1))
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await place(client)
    assert len(exchange.orders) == orders
    assert (await place(client))["retCode"] == 0
    assert len(exchange.orders) == orders + 1


@pytest.mark.parametrize(("code", "executed"), [(10000, True), (10000, False), (10016, True), (10006, False)])
async def test_a_code_hides_what_really_happened(client, exchange, code, executed):
    exchange.faults.add(Rule(path=CREATE, action="code", code=code, executed=executed, nth=2))
    codes = [(await place(client))["retCode"] for _ in range(3)]
    assert codes == [0, code, 0]
    assert len(exchange.orders) == (3 if executed else 2)


async def test_html_with_a_status(client, exchange, session):
    exchange.faults.add(Rule(path="/v5/market/*", action="status", status=503))
    async with session.get(exchange.environment.rest_url + "/v5/market/time") as response:
        assert (response.status, response.content_type) == (503, "text/html")
    assert (await client.get("/v5/account/info"))["retCode"] == 0


@pytest.mark.parametrize("action", ["truncate", "malform"])
async def test_an_answer_that_is_not_json(public, exchange, action):
    exchange.faults.add(Rule(path="/v5/market/time", action=action))
    with pytest.raises(json.JSONDecodeError):
        await public.get("/v5/market/time")


async def test_an_answer_that_ends_too_early(public, exchange):
    exchange.faults.add(Rule(path="/v5/market/time", action="cut"))
    with pytest.raises(aiohttp.ClientPayloadError):
        await public.get("/v5/market/time")


async def test_slow_bytes_and_delays_arrive_whole(public, exchange):
    loop = asyncio.get_running_loop()
    exchange.faults.add(
        Rule(path="/v5/market/time", action="slow", milliseconds=1, nth=1),
        Rule(path="/v5/market/time", action="delay", milliseconds=60, nth=1),
        Rule(path="/v5/market/time", action="delay-reply", milliseconds=60, nth=1),
    )
    for _ in range(3):
        started = loop.time()
        assert (await public.get("/v5/market/time"))["retCode"] == 0
        assert loop.time() - started > 0.05
    assert [firing.rule.action for firing in exchange.faults.fired] == ["slow", "delay", "delay-reply"]


async def test_a_skewed_clock_refuses_good_timestamps(client, exchange):
    exchange.faults.add(Rule(path="*", action="skew", milliseconds=6_000))
    answer = await client.get("/v5/account/info")
    assert answer["retCode"] == 10002
    server = await client.get("/v5/market/time")
    assert int(server["result"]["timeNano"]) // 1_000_000 - exchange.clock.now_ms() > 5_000


async def test_a_half_open_request_ends_when_the_exchange_closes(session):
    async with SimulatedExchange(symbols=["BTCUSDT"]) as exchange:
        exchange.faults.add(Rule(path="/v5/market/time", action="half-open"))
        pending = asyncio.create_task(RawClient(exchange, session).get("/v5/market/time"))
        await eventually(lambda: exchange.faults.fired)
        assert not pending.done()
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await pending


@pytest.mark.parametrize("gone", [False, True])
async def test_an_answer_that_takes_years_of_candles_does_not_outlast_the_exchange(gone):
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange, aiohttp.ClientSession() as session:
        url = f"{exchange.environment.rest_url}/v5/market/kline?category=spot&symbol=BTCUSDT&interval=M"
        asking = asyncio.create_task(session.get(url))
        await eventually(lambda: exchange.requests)
        if gone:
            asking.cancel()
            await asyncio.wait({asking})
        # That it leaves no task behind is looked at after every test.
        await exchange.close()
        if not gone:
            assert (await asking).status == 503


async def updates(public, exchange, rule, count=12):
    async with public.socket("linear") as socket:
        await socket.subscribe(BOOK)
        exchange.faults.add(rule)
        return [(await socket.topic(BOOK))["data"]["u"] for _ in range(count)]


async def test_a_dropped_message_is_a_gap(public, exchange):
    seen = await updates(public, exchange, Rule(topic=BOOK, action="drop", nth=4))
    assert [newer - older for older, newer in itertools.pairwise(seen)].count(2) == 1


async def test_a_duplicate_and_a_reordered_message(public, exchange):
    seen = await updates(public, exchange, Rule(topic="orderbook.*", action="duplicate", nth=4))
    assert len(set(seen)) == len(seen) - 1
    exchange.faults.clear()
    seen = await updates(public, exchange, Rule(topic="orderbook.*", action="reorder", nth=4))
    assert seen != sorted(seen)
    assert len(set(seen)) == len(seen)


async def test_a_stale_snapshot_goes_back(public, exchange):
    async with public.socket("linear") as socket:
        # The first message after a rule is in force is what is repeated.
        exchange.faults.add(Rule(topic=BOOK, action="stale", nth=5))
        await socket.subscribe(BOOK)
        first = await socket.topic(BOOK)
        for _ in range(3):
            await socket.topic(BOOK)
        assert await socket.topic(BOOK) == first


@pytest.mark.parametrize("action", ["close", "reset"])
async def test_a_message_can_end_its_connection(public, exchange, action):
    exchange.faults.add(Rule(topic=BOOK, action=action, nth=3))
    async with public.socket("linear") as socket:
        await socket.subscribe(BOOK)
        with pytest.raises(ConnectionError):
            await socket.until(lambda _: False)


async def test_a_half_open_socket_falls_silent(public, exchange):
    exchange.faults.add(Rule(topic=BOOK, action="half-open", nth=2))
    async with public.socket("linear") as socket:
        await socket.subscribe(BOOK)
        await socket.topic(BOOK)
        await eventually(lambda: exchange.faults.fired)
        await socket.send(op="ping")
        with pytest.raises(asyncio.TimeoutError):
            await socket.read(0.2)
        assert not socket.socket.closed


async def test_new_sockets_are_refused_a_few_times(client, exchange):
    exchange.faults.add(Rule(channel="private", action="refuse", times=2))
    for _ in range(2):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            async with client.socket("private"):
                pass
        assert caught.value.status == 503
    async with client.socket("linear"):
        pass
    async with client.socket("private") as socket:
        await socket.login()


async def test_order_entry_faults(client, exchange):
    exchange.faults.add(
        Rule(path="order.create", action="code", code=10019, nth=1),
        Rule(path="order.create", action="delay-reply", milliseconds=50, nth=1),
        Rule(path="order.create", action="duplicate", nth=1),
        Rule(path="order.create", action="drop-after", nth=1),
    )
    async with client.socket("trade") as socket:
        await socket.login()

        async def send(name):
            header = {"X-BAPI-TIMESTAMP": str(client.now())}
            await socket.send(op="order.create", args=[BUY], header=header, reqId=name)

        await send("a")
        refused = await socket.read()
        assert (refused["reqId"], refused["retCode"]) == ("a", 10019)
        assert exchange.orders == []
        await send("b")
        assert (await socket.read())["reqId"] == "b"
        await send("c")
        assert [(await socket.read())["reqId"] for _ in range(2)] == ["c", "c"]
        await send("d")
        await eventually(lambda: len(exchange.orders) == 3)
        await send("e")
        assert (await socket.read())["reqId"] == "e"
    assert len(exchange.orders) == 4


async def test_a_restart_resets_sockets_and_forgets_closed_orders(client, exchange):
    await place(client)
    assert (await client.result("/v5/order/realtime", **LINEAR, openOnly=1))["list"]
    async with client.socket("linear") as socket:
        await socket.subscribe(BOOK)
        await socket.topic(BOOK)
        exchange.faults.add(Rule(path="/v5/market/time", action="restart", times=1))
        await client.get("/v5/market/time")
        with pytest.raises(ConnectionError):
            await socket.until(lambda _: False)
    assert (await client.result("/v5/order/realtime", **LINEAR, openOnly=1))["list"] == []
    assert (await client.result("/v5/order/history", **LINEAR))["list"]
    async with client.socket("linear") as socket:
        await socket.subscribe(BOOK)
        assert (await socket.topic(BOOK))["data"]["u"] < 100


def test_probabilities_are_seeded_and_windows_respected():
    def fired(seed):
        faults = Faults(seed, start=1_000)
        faults.add(Rule(path="*", action="reset", probability=0.3))
        return [faults.find("request", "/x", 1_000 + i) is not None for i in range(50)]

    assert fired(1) == fired(1) != fired(2)
    assert 5 < sum(fired(1)) < 25
    faults = Faults(1, start=1_000)
    faults.add(Rule(path="*", action="reset", after=10, until=20))
    assert [faults.find("request", "/x", 1_000 + at) is not None for at in (9, 10, 19, 20)] == [
        False,
        True,
        True,
        False,
    ]


def test_rules_are_printable_and_survive_a_file(tmp_path):
    rules = [Rule(path=CREATE, action="code", code=10000, executed=True), Rule(topic="order*", action="drop", every=3)]
    faults = Faults(1, 0)
    faults.add(*rules)
    faults.save(tmp_path / "faults.json")
    copy = Faults(1, 0)
    copy.load(tmp_path / "faults.json")
    assert copy.rules == rules
    assert copy.find("request", CREATE, 5) == rules[0]
    assert "drop" in str(copy)
    assert CREATE in str(copy)


def test_an_action_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="reorder"):
        Faults(1, 0).add(Rule(path="/v5/*", action="reorder"))


async def test_latency_delays_every_answer_and_keeps_their_order(session):
    loop = asyncio.get_running_loop()
    async with SimulatedExchange(symbols=["BTCUSDT"], latency=40) as exchange:
        client = RawClient(exchange, session)
        started = loop.time()
        await client.get("/v5/market/time")
        assert loop.time() - started >= 0.04
        async with client.socket("linear") as socket:
            started = loop.time()
            for name in "abc":
                await socket.send(op="ping", req_id=name)
            assert [(await socket.read())["req_id"] for _ in range(3)] == ["a", "b", "c"]
            assert 0.04 <= loop.time() - started < 0.12
