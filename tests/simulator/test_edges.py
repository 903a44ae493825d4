"""The edges of the protocol: demo, order entry limits, blocked regions, and what is out of scope."""

import json
from pathlib import Path

import aiohttp
import pytest

from bybit_async.simulator import MarketSettings, Rule, SimulatedExchange, SocketLimits
from bybit_async.simulator.rest.server import ROUTES

from .raw_client import RawClient

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
ORDER = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "1000"}
REFERENCE = Path(__file__).parents[3] / "shared" / "v5" / "rest.json"


def start(**options):
    settings = MarketSettings(makers=None)
    return SimulatedExchange(seed=1, manual=True, symbols=["BTCUSDT"], market=settings, **options)


@pytest.fixture
async def demo(session):
    async with start(demo=True) as exchange:
        yield RawClient(exchange, session, exchange.new_account(usdt="1000"))


async def request(socket, **changes):
    message = {
        "op": "order.create",
        "header": {"X-BAPI-TIMESTAMP": str(socket.client.now())},
        "args": [ORDER],
        **changes,
    }
    return await socket.ask(**message)


async def test_demo_has_no_order_entry_socket(demo, session):
    environment = demo.exchange.environment
    assert environment.trade_url is None
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await session.ws_connect(environment.private_url.replace("private", "trade"))
    assert caught.value.status == 404
    async with demo.socket("private") as socket:
        await socket.login()


async def test_demo_keeps_orders_for_seven_days(demo):
    other = RawClient(demo.exchange, demo.session, demo.exchange.new_account(usdt="1000"))
    price = str(demo.exchange.engine.listing("linear", "BTCUSDT").mark_price.quantize(1))
    await other.done("/v5/order/create", **{**ORDER, "side": "Sell", "qty": "0.001", "price": price})
    filled = demo.now()
    await demo.done("/v5/order/create", **LINEAR, side="Buy", orderType="Market", qty="0.001")
    await demo.exchange.advance("6d")
    history = await demo.result("/v5/order/history", **LINEAR, startTime=filled)
    assert [order["orderStatus"] for order in history["list"]] == ["Filled"]
    await demo.exchange.advance("1d")
    history = await demo.result("/v5/order/history", **LINEAR, startTime=filled)
    assert history["list"] == []


async def test_demo_offers_less_and_hands_out_money(demo):
    answer = await demo.get("/v5/asset/deposit/query-record")
    assert (answer["retCode"], "/v5/asset/deposit/query-record" in answer["retMsg"]) == (10032, True)
    spot = await demo.post("/v5/order/create-batch", category="spot", request=[{"symbol": "BTCUSDT"}])
    assert spot["retCode"] == 10032
    assert (await demo.get("/v5/market/tickers", **LINEAR))["retCode"] == 0
    path = "/v5/account/demo-apply-money"
    await demo.done(path, adjustType=0, utaDemoApplyMoney=[{"coin": "USDT", "amountStr": "100000"}])
    less = {"adjustType": 1, "utaDemoApplyMoney": [{"coin": "USDT", "amountStr": "500"}]}
    assert (await demo.post(path, **less))["retCode"] == 10006
    await demo.exchange.advance("1m")
    await demo.done(path, **less)
    await demo.exchange.advance("1m")
    wallet = (await demo.result("/v5/account/wallet-balance", accountType="UNIFIED"))["list"][0]
    assert wallet["totalEquity"] == "100500"
    greedy = await demo.post(path, utaDemoApplyMoney=[{"coin": "BTC", "amountStr": "16"}])
    assert greedy["retCode"] == 10001
    async with start() as exchange:
        client = RawClient(exchange, demo.session, exchange.new_account())
        refused = await client.post(path, utaDemoApplyMoney=[{"coin": "BTC", "amountStr": "1"}])
        assert refused["retCode"] == 10032


async def test_a_session_that_asks_too_often_is_told_20003(session):
    async with start(socket_limits=SocketLimits(requests=3)) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        async with client.socket("trade") as socket, client.socket("trade") as second:
            await socket.login()
            await second.login()
            codes = [(await request(socket))["retCode"] for _ in range(5)]
            assert codes == [0, 0, 0, 20003, 20003]
            assert (await request(second))["retCode"] == 0
            await exchange.advance("1s")
            assert (await request(socket))["retCode"] == 0
        assert len(exchange.orders) == 5


async def test_an_address_that_asks_too_often_is_told_10403_on_every_session(session):
    async with start(socket_limits=SocketLimits(host_requests=3)) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        async with client.socket("trade") as socket, client.socket("trade") as second:
            await socket.login()
            await second.login()
            codes = [(await request(one))["retCode"] for one in (socket, second) * 3]
            assert codes == [0, 0, 0, 10403, 10403, 10403]


async def test_too_many_sessions_of_one_account_are_refused_with_10003(session):
    async with start(socket_limits=SocketLimits(sessions=1)) as exchange:
        client = RawClient(exchange, session, exchange.new_account())
        other = RawClient(exchange, session, exchange.new_account())
        async with client.socket("trade") as socket, client.socket("trade") as second, other.socket("trade") as third:
            await socket.login()
            await third.login()
            expires = client.now() + 10_000
            sign = client.sign(f"GET/realtime{expires}")
            assert (await second.ask(op="auth", args=[client.key, expires, sign]))["retCode"] == 10003
            assert (await request(second))["retCode"] == 10004


@pytest.mark.parametrize("code", [429, 10003, 10016, 10019, 10403, 10429, 20003])
async def test_a_rule_gives_any_socket_code_with_its_own_words(session, code):
    async with start() as exchange:
        exchange.faults.add(Rule(path="order.create", nth=1, action="code", code=code))
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        async with client.socket("trade") as socket:
            await socket.login()
            answer = await request(socket, reqId="a")
            assert (answer["retCode"], answer["reqId"], answer["op"]) == (code, "a", "order.create")
            assert exchange.orders == []
            assert (await request(socket, reqId="b"))["retCode"] == 0


async def test_order_entry_answers_carry_the_limit_headers(session):
    async with start() as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        async with client.socket("trade") as socket:
            await socket.login()
            left = []
            for _ in range(11):
                answer = await request(socket)
                left.append(answer["header"]["X-Bapi-Limit-Status"])
            assert left == [str(number) for number in range(9, -1, -1)] + ["0"]
            assert answer["retCode"] == 10006
            assert int(answer["header"]["X-Bapi-Limit-Reset-Timestamp"]) == client.now() + 1_000
            assert {"Timenow", "Traceid", "X-Bapi-Limit"} <= set(answer["header"])


async def test_a_blocked_region_reads_a_page_not_json(session):
    async with start() as exchange:
        exchange.faults.add(Rule(path="*", action="status", status=403, times=1))
        url = exchange.environment.rest_url + "/v5/market/time"
        async with session.get(url) as response:
            assert (response.status, response.content_type) == (403, "text/html")
            assert "country" in await response.text()
        exchange.faults.add(Rule(path="*", action="status", status=503, times=1))
        async with session.get(url) as response:
            assert "503 Service Unavailable" in await response.text()
        exchange.faults.add(Rule(channel="linear", action="status", status=403, times=1))
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(exchange.environment.public_url + "/linear")
        assert caught.value.status == 403


async def test_a_restricted_service_is_10009_by_rule(session):
    async with start() as exchange:
        exchange.faults.add(Rule(path="/v5/order/create", action="code", code=10009, text="Service Restricted"))
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        answer = await client.post("/v5/order/create", **ORDER)
        assert (answer["retCode"], answer["retMsg"]) == (10009, "Service Restricted")


async def test_every_documented_endpoint_is_simulated_or_says_that_it_is_not(session):
    if not REFERENCE.exists():
        pytest.skip("the reference data is not here")
    documented = {(entry["method"], entry["path"]) for entry in json.loads(REFERENCE.read_text())}
    async with start(host_limit=None) as exchange:
        client = RawClient(exchange, session, exchange.new_account())
        wrong = []
        for method, path in sorted(documented - set(ROUTES)):
            answer = await (client.get if method == "GET" else client.post)(path)
            if answer["retCode"] != 10032 or f"not simulated: {method} {path}" not in answer["retMsg"]:
                wrong.append((method, path, answer))
        assert wrong == []
