"""The private channel and order entry: logging in, what accounts are told, orders over a socket."""

import pytest

from .raw_client import RawClient

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
BUY = {**LINEAR, "side": "Buy", "orderType": "Market", "qty": "0.01"}


async def far_price(client):
    book = await client.result("/v5/market/orderbook", **LINEAR)
    return str(int(float(book["b"][0][0]) * 0.96))


async def test_logging_in_and_subscribing_have_their_own_shapes(client):
    async with client.socket("private") as socket:
        refused = await socket.ask(op="subscribe", args=["order"])
        assert refused["success"] is False
        answer = await socket.login()
        assert {**answer, "conn_id": ""} == {"success": True, "ret_msg": "", "op": "auth", "conn_id": ""}
        answer = await socket.ask(op="subscribe", args=["order", "wallet"], req_id="9")
        assert (answer["success"], answer["req_id"], answer["op"]) == (True, "9", "subscribe")
        pong = await socket.ask(op="ping", req_id="p")
        assert set(pong) == {"req_id", "op", "args", "conn_id"}
        assert (pong["req_id"], pong["op"]) == ("p", "pong")


@pytest.mark.parametrize("args", [[], ["key"], ["nobody", 9_999_999_999_999, "x"], None, ["k", "soon", "x"]], ids=str)
async def test_a_bad_login_is_refused(client, args):
    async with client.socket("private") as socket:
        answer = await socket.ask(op="auth", args=args)
        assert (answer["success"], answer["op"]) == (False, "auth")
        assert answer["ret_msg"]


async def test_a_login_that_expires_in_the_past_or_has_a_wrong_signature_is_refused(client):
    async with client.socket("private") as socket:
        past = client.now() - 1
        answer = await socket.ask(op="auth", args=[client.key, past, client.sign(f"GET/realtime{past}")])
        assert answer["success"] is False
        later = client.now() + 5_000
        answer = await socket.ask(op="auth", args=[client.key, later, client.sign(f"GET/realtime{past}")])
        assert answer["success"] is False


async def test_all_in_one_and_categorised_topics_do_not_mix(client):
    async with client.socket("private") as socket:
        await socket.login()
        assert (await socket.ask(op="subscribe", args=["order", "order.linear"]))["success"] is False
        assert (await socket.ask(op="subscribe", args=["order", "execution.linear"]))["success"] is True
        assert (await socket.ask(op="subscribe", args=["nothing"]))["success"] is False


async def test_an_order_is_told_through_every_topic(client):
    async with client.socket("private") as socket:
        await socket.login()
        await socket.subscribe("order", "execution", "execution.fast", "position", "wallet")
        placed = await client.done("/v5/order/create", **BUY, orderLinkId="mine-1")
        seen = {}
        while set(seen) != {"order", "execution", "execution.fast", "position", "wallet"}:
            message = await socket.read()
            seen.setdefault(message["topic"], message)
        assert seen["order"]["data"][0]["orderLinkId"] == "mine-1"
        assert seen["order"]["data"][0]["category"] == "linear"
        fill, fast = seen["execution"]["data"][0], seen["execution.fast"]["data"][0]
        assert fill["orderId"] == fast["orderId"] == placed["orderId"]
        assert fill["execId"] == fast["execId"]
        assert len(fast) < len(fill)
        assert seen["position"]["data"][0]["side"] == "Buy"
        assert {"id", "topic", "creationTime", "data"} == set(seen["wallet"])
        assert "id" not in seen["execution.fast"]


async def test_a_categorised_topic_holds_its_category_only(client):
    async with client.socket("private") as socket:
        await socket.login()
        await socket.subscribe("order.spot")
        await client.done("/v5/order/create", **BUY)
        spot = {"category": "spot", "symbol": "BTCUSDT", "side": "Sell", "orderType": "Market", "qty": "0.01"}
        placed = await client.done("/v5/order/create", **spot)
        message = await socket.read()
        assert message["topic"] == "order.spot"
        assert message["data"][0]["orderId"] == placed["orderId"]


async def test_accounts_are_told_about_themselves_only(client, exchange, session):
    other = RawClient(exchange, session, exchange.new_account(usdt="100000"))
    async with client.socket("private") as socket:
        await socket.login()
        await socket.subscribe("order")
        await other.done("/v5/order/create", **BUY)
        mine = await client.done("/v5/order/create", **BUY)
        message = await socket.read()
        assert {order["orderId"] for order in message["data"]} == {mine["orderId"]}


async def test_accounts_trade_with_each_other(still, session):
    maker, taker = (RawClient(still, session, still.new_account(usdt="100000")) for _ in range(2))
    price = str(int(still.engine.listing("linear", "BTCUSDT").mark_price))
    limit = {**LINEAR, "orderType": "Limit", "qty": "0.5", "price": price}
    await maker.done("/v5/order/create", **limit, side="Sell")
    await taker.done("/v5/order/create", **limit, side="Buy")
    for client, side in ((maker, "Sell"), (taker, "Buy")):
        position = (await client.result("/v5/position/list", **LINEAR))["list"][0]
        assert (position["side"], position["size"], position["avgPrice"]) == (side, "0.5", price)
    still.engine.audit()


async def test_accounts_of_one_group_do_not_trade_with_each_other(still, session):
    first, second = (RawClient(still, session, still.new_account(usdt="10000", smp_group=7)) for _ in range(2))
    price = f"{still.engine.listing('linear', 'BTCUSDT').mark_price:.1f}"
    order = {"category": "linear", "symbol": "BTCUSDT", "orderType": "Limit", "qty": "0.01", "price": price}
    resting = await first.done("/v5/order/create", **order, side="Buy")
    taking = await second.done("/v5/order/create", **order, side="Sell", smpType="CancelMaker")
    listed = await first.result("/v5/order/realtime", category="linear", symbol="BTCUSDT", openOnly=1)
    (ended,) = listed["list"]
    assert (ended["orderStatus"], ended["cancelType"]) == ("Cancelled", "CancelBySmp")
    assert (ended["smpGroup"], ended["smpOrderId"]) == (7, taking["orderId"])
    assert await first.result("/v5/account/smp-group") == {"smpGroup": 7}
    await first.done("/v5/order/create", **order, side="Buy")
    fills = await second.result("/v5/execution/list", category="linear")
    assert [fill["orderId"] for fill in fills["list"]] == [taking["orderId"]], "an order that does not ask trades"
    assert resting["orderId"] == ended["orderId"]


async def test_orders_over_the_socket(client, exchange):
    async with client.socket("trade") as socket:
        early = await socket.ask(op="order.create", args=[BUY], header={"X-BAPI-TIMESTAMP": str(client.now())})
        assert early["retCode"] == 10004
        answer = await socket.login()
        assert (answer["retCode"], answer["op"]) == (0, "auth")
        again = await socket.ask(op="auth", args=[client.key, 0, ""])
        assert again["retCode"] == 20001
        pong = await socket.ask(op="ping")
        assert {**pong, "connId": "", "data": []} == {
            "retCode": 0,
            "retMsg": "OK",
            "op": "pong",
            "data": [],
            "connId": "",
        }
        limit = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": await far_price(client)}

        async def send(op, values, req_id=None):
            extra = {} if req_id is None else {"reqId": req_id}
            header = {"X-BAPI-TIMESTAMP": str(client.now())}
            return await socket.ask(op=op, args=[values], header=header, **extra)

        placed = await send("order.create", limit, "r-1")
        assert (placed["reqId"], placed["retCode"], placed["op"]) == ("r-1", 0, "order.create")
        assert placed["header"]["X-Bapi-Limit"] == "10"
        order = {**LINEAR, "orderId": placed["data"]["orderId"]}
        assert (await send("order.amend", {**order, "qty": "0.02"}, "r-2"))["retCode"] == 0
        assert (await send("order.cancel", order))["data"] == placed["data"]
        gone = await send("order.cancel", order)
        assert gone["retCode"] == 110001
        assert "reqId" not in gone
        assert (await send("order.create", limit, "r-1"))["retCode"] == 20006
        assert (await send("order.dance", limit))["retCode"] == 10404
        assert (await send("order.create", {**limit, "category": "nope"}))["retCode"] == 10404
        late = await socket.ask(op="order.create", args=[limit], header={"X-BAPI-TIMESTAMP": str(client.now() - 9_000)})
        assert late["retCode"] == 10002


async def test_a_batch_over_the_socket_has_a_code_for_each_item(client):
    price = await far_price(client)
    good = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price}
    async with client.socket("trade") as socket:
        await socket.login()
        answer = await socket.ask(
            op="order.create-batch",
            header={"X-BAPI-TIMESTAMP": str(client.now())},
            args=[{"category": "linear", "request": [good, {**good, "qty": "0.0001"}, good]}],
            reqId="b",
        )
    assert answer["retCode"] == 0
    assert [item["code"] for item in answer["retExtInfo"]["list"]] == [0, 10001, 0]
    assert [bool(item["orderId"]) for item in answer["data"]["list"]] == [True, False, True]


async def test_a_batch_beyond_the_limit_is_partly_placed(still, session):
    client = RawClient(still, session, still.new_account(usdt="100000"))
    price = str(int(still.engine.listing("linear", "BTCUSDT").mark_price) - 1_000)
    item = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price}
    answer, response = await client.post_raw("/v5/order/create-batch", category="linear", request=[item] * 13)
    assert answer["retCode"] == 0
    assert [entry["code"] for entry in answer["retExtInfo"]["list"]] == [0] * 10 + [10006] * 3
    assert response.headers["X-Bapi-Limit-Status"] == "0"
    assert len(still.orders) == 10


async def test_disconnection_protection_cancels_orders_after_the_window(still, session):
    client = RawClient(still, session, still.new_account(usdt="100000"))
    price = str(int(still.engine.listing("linear", "BTCUSDT").mark_price) - 1_000)
    await client.done("/v5/order/disconnected-cancel-all", product="DERIVATIVES", timeWindow=10)
    await client.done("/v5/order/create", **LINEAR, side="Buy", orderType="Limit", qty="0.01", price=price)
    async with client.socket("private") as guard:
        await guard.login()
        await guard.subscribe("dcp.future")
        async with client.socket("private") as second:
            await second.login()
            await second.subscribe("dcp.future")
        await still.advance("15s")
        assert still.orders[0].is_live
        still.drop_connections("private")
        with pytest.raises(ConnectionError):
            await guard.read()
    await still.advance("9s")
    assert still.orders[0].is_live
    await still.advance("2s")
    assert (still.orders[0].status, still.orders[0].cancel_type) == ("Cancelled", "CancelByDCP")
