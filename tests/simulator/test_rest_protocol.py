"""The envelope, the signature, the limits and the pages: what every endpoint has in common."""

import json

import aiohttp
import pytest

from bybit_async.simulator import PortUnavailable, SimulatedExchange

from .raw_client import RawClient

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


async def test_the_envelope_has_the_five_fields_and_the_documented_headers(client):
    answer, response = await client.get_raw("/v5/order/realtime", **LINEAR)
    assert set(answer) == {"retCode", "retMsg", "result", "retExtInfo", "time"}
    assert response.headers["X-Bapi-Limit"] == "50"
    assert response.headers["X-Bapi-Limit-Status"] == "49"
    assert response.headers["X-Bapi-Limit-Reset-Timestamp"] == str(answer["time"])
    assert response.headers["Timenow"] == str(answer["time"])
    assert response.headers["Traceid"]


@pytest.mark.parametrize(
    ("offset", "code"), [(0, 0), (-5000, 10002), (-4900, 0), (999, 0), (1000, 10002), (1500, 10002)]
)
async def test_the_timestamp_must_lie_in_the_window(still, session, offset, code):
    client = RawClient(still, session, still.new_account())
    headers = client.headers("", timestamp=client.now() + offset - (1 if offset == -5000 else 0))
    async with session.get(still.environment.rest_url + "/v5/account/info", headers=headers) as response:
        assert (await response.json())["retCode"] == code


async def test_refused_signatures_carry_bybits_codes(exchange, session, client):
    assert (await RawClient(exchange, session).get("/v5/account/info"))["retCode"] == 10001
    wrong = RawClient(exchange, session, {"api_key": client.key, "api_secret": "wrong"})
    assert (await wrong.get("/v5/account/info"))["retCode"] == 10004
    unknown = RawClient(exchange, session, {"api_key": "nobody", "api_secret": "x"})
    assert (await unknown.get("/v5/account/info"))["retCode"] == 10003
    reader = RawClient(exchange, session, exchange.new_account(usdt="10", read_only=True))
    assert (await reader.get("/v5/account/info"))["retCode"] == 0
    order = {**LINEAR, "side": "Buy", "orderType": "Market", "qty": "0.01"}
    assert (await reader.post("/v5/order/create", **order))["retCode"] == 10005
    elsewhere = RawClient(exchange, session, exchange.new_account(ips=["10.0.0.1"]))
    assert (await elsewhere.get("/v5/account/info"))["retCode"] == 10010
    expired = RawClient(exchange, session, exchange.new_account(expires_at=1))
    assert (await expired.get("/v5/account/info"))["retCode"] == 33004


async def test_an_rsa_key_signs_too(exchange, session):
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    from base64 import b64encode

    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256

    private = generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    client = RawClient(exchange, session, exchange.new_account(rsa_public_key=pem.decode()))
    client.sign = lambda text: b64encode(private.sign(text.encode(), PKCS1v15(), SHA256())).decode()
    assert (await client.get("/v5/account/info"))["retCode"] == 0
    client.sign = lambda text: b64encode(b"x" * 256).decode()
    assert (await client.get("/v5/account/info"))["retCode"] == 10004


async def test_exactly_the_sent_bytes_are_signed(exchange, session, client):
    body = '{"category": "linear",  "symbol":"BTCUSDT", "buyLeverage":"7","sellLeverage":"7"}'
    url = exchange.environment.rest_url + "/v5/position/set-leverage"
    async with session.post(url, data=body, headers=client.headers(body)) as response:
        assert (await response.json())["retCode"] == 0
    async with session.post(url, data=body, headers=client.headers(json.dumps(json.loads(body)))) as response:
        assert (await response.json())["retCode"] == 10004


async def test_calls_beyond_the_limit_are_refused_with_a_reset_time(still, session):
    client = RawClient(still, session, still.new_account())
    for left in (4, 3, 2, 1, 0):
        answer, response = await client.get_raw("/v5/account/fee-rate", **LINEAR)
        assert (answer["retCode"], response.headers["X-Bapi-Limit-Status"]) == (0, str(left))
    answer, response = await client.get_raw("/v5/account/fee-rate", **LINEAR)
    assert answer["retCode"] == 10006
    assert int(response.headers["X-Bapi-Limit-Reset-Timestamp"]) == answer["time"] + 1000
    await still.advance("1s")
    assert (await client.get("/v5/account/fee-rate", **LINEAR))["retCode"] == 0


async def test_another_account_has_its_own_limit(still, session):
    first, second = (RawClient(still, session, still.new_account()) for _ in range(2))
    for _ in range(6):
        last = await first.get("/v5/account/fee-rate", **LINEAR)
    assert last["retCode"] == 10006
    assert (await second.get("/v5/account/fee-rate", **LINEAR))["retCode"] == 0


async def test_too_many_requests_from_one_address_are_shut_out_for_ten_minutes(session):
    async with SimulatedExchange(manual=True, symbols=["BTCUSDT"], host_limit=5) as exchange:
        url = exchange.environment.rest_url + "/v5/market/time"

        async def status():
            async with session.get(url) as response:
                return response.status

        assert [await status() for _ in range(6)] == [200] * 5 + [403]
        await exchange.advance("9m")
        assert await status() == 403
        await exchange.advance("61s")
        assert await status() == 200


async def test_endpoints_out_of_scope_are_named_and_unknown_paths_are_not_found(client, session, exchange):
    answer = await client.get("/v5/spot-margin-trade/position-tiers")
    assert answer["retCode"] == 10032
    assert "GET /v5/spot-margin-trade/position-tiers" in answer["retMsg"]
    async with session.get(exchange.environment.rest_url + "/v9/nothing") as response:
        assert response.status == 404


async def test_a_registered_answer_is_given(client, exchange):
    exchange.respond("/v5/spot-margin-trade/position-tiers", {"spotLeverage": "5"})
    answer = await client.get("/v5/spot-margin-trade/position-tiers")
    assert (answer["retCode"], answer["result"]) == (0, {"spotLeverage": "5"})


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/v5/market/tickers", {}, 10001),
        ("/v5/market/tickers", {"category": "linear", "symbol": "NOPE"}, 10001),
        ("/v5/market/kline", {"category": "linear", "symbol": "BTCUSDT", "interval": "7"}, 10001),
        ("/v5/market/kline", {"category": "linear", "symbol": "BTCUSDT", "interval": "1", "limit": "x"}, 10001),
        ("/v5/market/funding/history", {**LINEAR, "startTime": "1"}, 10001),
        ("/v5/order/realtime", {"category": "linear", "symbol": "BTCUSDT", "cursor": "garbage"}, 10001),
        ("/v5/account/wallet-balance", {"accountType": "SPOT"}, 10001),
        ("/v5/position/list", {"category": "linear"}, 10001),
    ],
)
async def test_bad_parameters_are_refused(client, path, params, code):
    assert (await client.get(path, **params))["retCode"] == code


async def test_cursors_walk_through_every_order_once(session):
    async with SimulatedExchange(seed=1, symbols=["BTCUSDT"], rate_limits=False) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        book = await client.result("/v5/market/orderbook", **LINEAR)
        price = str(int(float(book["b"][0][0]) * 0.96))
        request = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001", "price": price}
        placed = []
        for count in (20, 5):
            result = await client.done("/v5/order/create-batch", category="linear", request=[request] * count)
            placed += [item["orderId"] for item in result["list"]]
        seen, more = [], {}
        while True:
            page = await client.result("/v5/order/realtime", **LINEAR, limit=10, **more)
            seen += [order["orderId"] for order in page["list"]]
            more = {"cursor": page["nextPageCursor"]}
            if not more["cursor"]:
                break
            await client.done("/v5/order/create", category="linear", **request)
    assert len(seen) == len(set(seen)) == 25
    assert set(seen) == set(placed)


async def test_a_taken_port_is_named(exchange):
    with pytest.raises(PortUnavailable, match=str(exchange.port)) as caught:
        await SimulatedExchange(port=exchange.port).open()
    assert caught.value.port == exchange.port


async def test_closing_twice_is_harmless_and_ends_every_connection(session):
    exchange = SimulatedExchange(symbols=["BTCUSDT"])
    await exchange.open()
    socket = await session.ws_connect(exchange.environment.public_url + "/linear")
    await exchange.close()
    message = await socket.receive(5)
    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    await exchange.close()
    await socket.close()


async def test_an_empty_body_is_a_refusal_and_not_a_crash(exchange, session, client):
    url = exchange.environment.rest_url + "/v5/order/create"
    for body in ("", "[]", "{", '"x"'):
        async with session.post(url, data=body, headers=client.headers(body)) as response:
            assert (await response.json())["retCode"] == 10001


async def test_a_get_with_an_empty_object_for_a_body_is_forbidden(exchange, session):
    url = exchange.environment.rest_url + "/v5/market/time"
    async with session.get(url, data="{}") as response:
        assert response.status == 403
    async with session.get(url) as response:
        assert response.status == 200


async def test_history_is_given_in_windows_of_seven_days(session):
    async with SimulatedExchange(seed=1, manual=True, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        first = client.now()
        await client.done("/v5/order/create", **LINEAR, side="Buy", orderType="Market", qty="0.01")
        await exchange.advance("10d")
        await client.done("/v5/order/create", **LINEAR, side="Buy", orderType="Market", qty="0.02")
        newest = await client.result("/v5/order/history", **LINEAR)
        assert [order["qty"] for order in newest["list"]] == ["0.02"]
        oldest = await client.result("/v5/order/history", **LINEAR, startTime=first)
        assert [order["qty"] for order in oldest["list"]] == ["0.01"]
        wide = await client.get("/v5/order/history", **LINEAR, startTime=first, endTime=client.now())
        assert wide["retCode"] == 10001


async def test_too_many_new_sockets_are_refused(session):
    async with SimulatedExchange(manual=True, symbols=["BTCUSDT"], connection_limit=3) as exchange:
        client = RawClient(exchange, session)
        for _ in range(3):
            async with client.socket("linear"):
                pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with client.socket("linear"):
                pass
        await exchange.advance("6m")
        async with client.socket("linear") as socket:
            await socket.ask(op="ping")
