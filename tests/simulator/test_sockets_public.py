"""The public channels: shapes of pongs and acknowledgements, limits, and every topic."""

import asyncio
import itertools

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange

from .raw_client import RawClient

START = 1_760_000_000_000
TOPICS_OF = {"linear": "BTCUSDT", "inverse": "BTCUSD", "spot": "BTCUSDT"}


async def test_a_pong_has_the_shape_of_its_channel(public):
    async with public.socket("spot") as socket:
        pong = await socket.ask(op="ping")
        assert {**pong, "conn_id": ""} == {"success": True, "ret_msg": "pong", "conn_id": "", "op": "ping"}
    for channel in ("linear", "inverse"):
        async with public.socket(channel) as socket:
            pong = await socket.ask(op="ping", req_id="7")
            assert {**pong, "conn_id": ""} == {
                "success": True,
                "ret_msg": "pong",
                "conn_id": "",
                "req_id": "7",
                "op": "ping",
            }
            assert (await socket.ask(op="ping"))["req_id"] == ""
    async with public.socket("option") as socket:
        pong = await socket.ask(op="ping", req_id="7")
        assert set(pong) == {"args", "op"}
        assert int(pong["args"][0]) > 0


async def test_an_acknowledgement_has_the_shape_of_its_channel(public):
    async with public.socket("spot") as socket:
        answer = await socket.ask(op="subscribe", args=["publicTrade.BTCUSDT"], req_id="a")
        assert {**answer, "conn_id": ""} == {
            "success": True,
            "ret_msg": "subscribe",
            "conn_id": "",
            "req_id": "a",
            "op": "subscribe",
        }
    async with public.socket("linear") as socket:
        answer = await socket.ask(op="subscribe", args=["publicTrade.BTCUSDT"])
        assert (answer["success"], answer["ret_msg"], answer["req_id"]) == (True, "", "")


async def test_unknown_and_repeated_topics_are_refused_and_the_others_live(public):
    async with public.socket("linear") as socket:
        answer = await socket.ask(op="subscribe", args=["tickers.BTCUSDT", "tickers.NOPE"], req_id="1")
        assert answer["success"] is False
        assert "tickers.NOPE" in answer["ret_msg"]
        assert (await socket.read())["topic"] == "tickers.BTCUSDT"
        answer = await socket.ask(op="subscribe", args=["tickers.BTCUSDT"])
        while "op" not in answer:
            answer = await socket.read()
        assert "already subscribed" in answer["ret_msg"]


async def test_argument_limits(public):
    async with public.socket("spot") as socket:
        answer = await socket.ask(op="subscribe", args=[f"kline.{i}.BTCUSDT" for i in range(11)])
        assert answer["success"] is False
    async with public.socket("linear") as socket:
        answer = await socket.ask(
            op="subscribe", args=["x" * 100 for _ in range(1)] + [f"{i}" * 500 for i in range(50)]
        )
        assert answer["success"] is False
    async with public.socket("option") as socket:
        answer = await socket.ask(op="subscribe", args=[f"tickers.{i}" for i in range(2001)])
        assert answer["success"] is False


@pytest.mark.parametrize(
    "text", ["", "junk", "[]", "{}", '{"op":"dance"}', '{"op":"subscribe"}', '{"op":"subscribe","args":[1]}']
)
async def test_nonsense_is_answered_and_the_socket_survives(public, text):
    async with public.socket("linear") as socket:
        await socket.socket.send_str(text)
        assert (await socket.read())["success"] is False
        assert (await socket.ask(op="ping"))["ret_msg"] == "pong"


@pytest.mark.parametrize(("channel", "depth"), [("linear", 50), ("linear", 200), ("inverse", 50), ("spot", 1000)])
async def test_a_book_is_a_snapshot_and_then_changes_without_a_gap(public, exchange, channel, depth):
    symbol = TOPICS_OF[channel]
    topic = f"orderbook.{depth}.{symbol}"
    async with public.socket(channel) as socket:
        await socket.subscribe(topic)
        first = await socket.read()
        assert first["type"] == "snapshot"
        book = {side: dict(first["data"][side]) for side in "ba"}
        update, sequence = first["data"]["u"], first["data"]["seq"]
        for _ in range(15 if depth < 1000 else 5):
            message = await socket.topic(topic)
            assert message["type"] == "delta"
            data = message["data"]
            assert data["u"] == update + 1
            assert data["seq"] > sequence
            assert message["cts"] <= message["ts"]
            update, sequence = data["u"], data["seq"]
            for side in "ba":
                for price, size in data[side]:
                    if size == "0":
                        assert book[side].pop(price)
                    else:
                        book[side][price] = size
                assert len(book[side]) <= depth
            assert max(map(float, book["b"])) < min(map(float, book["a"]))
        listing = exchange.engine.listing(channel, symbol)
        if listing.seq == sequence:
            bids, asks = listing.depth(depth)
            assert {f"{price:f}": f"{size:f}" for price, size in bids} == book["b"]
            assert {f"{price:f}": f"{size:f}" for price, size in asks} == book["a"]


async def test_the_full_book_is_read_by_rest_and_kept_by_changes(public):
    async with public.socket("linear") as socket:
        await socket.subscribe("orderbook.full.BTCUSDT")
        buffered = [await socket.topic("orderbook.full.BTCUSDT") for _ in range(3)]
        assert {message["type"] for message in buffered} == {"delta"}
        snapshot = await public.result("/v5/market/full_orderbook", category="linear", symbol="BTCUSDT")
        assert snapshot["u"] >= buffered[-1]["data"]["u"]
        following = await socket.until(lambda message: message["data"]["u"] > snapshot["u"])
        assert following["data"]["u"] == snapshot["u"] + 1
        prices = {price for side in "ba" for price, _ in snapshot[side]}
        gone = {price for side in "ba" for price, size in following["data"][side] if size == "0"}
        assert gone <= prices


async def test_two_subscribers_of_one_book_see_one_numbering(public):
    async with public.socket("linear") as first, public.socket("linear") as second:
        await first.subscribe("orderbook.50.BTCUSDT")
        for _ in range(5):
            await first.topic("orderbook.50.BTCUSDT")
        await second.subscribe("orderbook.50.BTCUSDT")
        snapshot = await second.topic("orderbook.50.BTCUSDT", "snapshot")
        following = await second.topic("orderbook.50.BTCUSDT", "delta")
        assert following["data"]["u"] == snapshot["data"]["u"] + 1
        seen = await first.until(lambda message: message["data"]["u"] == following["data"]["u"])
        assert seen == following


async def test_the_first_level_is_always_a_snapshot_and_is_repeated_when_nothing_changes(still, session):
    from .raw_client import RawClient

    client = RawClient(still, session, still.new_account(usdt="100000"))
    order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
    price = int(still.engine.listing("linear", "BTCUSDT").mark_price)
    await client.done("/v5/order/create", **order, price=str(price - 100))
    async with client.socket("linear") as socket:
        await socket.subscribe("orderbook.1.BTCUSDT")
        first = await socket.read()
        assert first["type"] == "snapshot"
        await client.done("/v5/order/create", **order, price=str(price - 50))
        await still.advance("20ms")
        second = await socket.read()
        assert (second["type"], second["data"]["u"]) == ("snapshot", first["data"]["u"] + 1)
        assert second["data"]["b"] == [[f"{price - 50}.0", "0.010"]]
        await still.advance("3100ms")
        repeated = await socket.read()
        assert repeated["data"] == second["data"]
        assert repeated["ts"] > second["ts"]


async def test_the_order_of_keys_is_the_documented_one(public):
    expected = {
        ("spot", 50): ["topic", "ts", "type", "data", "cts"],
        ("linear", 1): ["topic", "ts", "type", "data", "cts"],
        ("linear", 50): ["topic", "type", "ts", "data", "cts"],
    }
    for (channel, depth), keys in expected.items():
        async with public.socket(channel) as socket:
            await socket.subscribe(f"orderbook.{depth}.BTCUSDT")
            assert list(await socket.topic(f"orderbook.{depth}.BTCUSDT")) == keys


async def test_contract_tickers_are_a_snapshot_and_then_what_changed(public):
    async with public.socket("linear") as socket:
        await socket.subscribe("tickers.BTCUSDT")
        snapshot = await socket.read()
        assert snapshot["type"] == "snapshot"
        assert {"lastPrice", "markPrice", "indexPrice", "fundingRate", "openInterest"} <= set(snapshot["data"])
        delta = await socket.topic("tickers.BTCUSDT")
        assert delta["type"] == "delta"
        assert delta["data"]["symbol"] == "BTCUSDT"
        assert 1 < len(delta["data"]) < len(snapshot["data"])


async def test_spot_tickers_are_always_whole(public):
    async with public.socket("spot") as socket:
        await socket.subscribe("tickers.BTCUSDT")
        messages = [await socket.topic("tickers.BTCUSDT") for _ in range(3)]
        assert {message["type"] for message in messages} == {"snapshot"}
        assert len({frozenset(message["data"]) for message in messages}) == 1


async def test_trades_of_the_stream_are_those_of_rest(public):
    async with public.socket("linear") as socket:
        await socket.subscribe("publicTrade.BTCUSDT")
        message = await socket.topic("publicTrade.BTCUSDT")
        trade = message["data"][0]
        assert set(trade) >= {"T", "s", "S", "v", "p", "L", "i", "BT", "seq"}
        rest = await public.result("/v5/market/recent-trade", category="linear", symbol="BTCUSDT", limit=1000)
        same = next(entry for entry in rest["list"] if entry["execId"] == trade["i"])
        assert (same["price"], same["size"], same["side"]) == (trade["p"], trade["v"], trade["S"])


async def test_a_candle_closes_once_and_is_what_rest_says_then(still, session):
    from .raw_client import RawClient

    client = RawClient(still, session)
    async with client.socket("linear") as socket:
        await socket.subscribe("kline.1.BTCUSDT")
        opened = (await socket.read())["data"][0]
        assert opened["confirm"] is False
        await still.advance("2m")
        closed = await socket.until(lambda message: message["data"][0]["confirm"])
        assert closed["data"][0]["start"] == opened["start"]
        following = await socket.until(lambda message: message["data"][0]["confirm"])
        assert following["data"][0]["start"] == closed["data"][0]["end"] + 1
        for entry in (closed["data"][0], following["data"][0]):
            rest = await client.result(
                "/v5/market/kline",
                category="linear",
                symbol="BTCUSDT",
                interval="1",
                start=entry["start"],
                end=entry["start"],
            )
            names = ("open", "high", "low", "close", "volume", "turnover")
            assert rest["list"] == [[str(entry["start"]), *(entry[name] for name in names)]]


async def test_price_limits_and_insurance(public):
    async with public.socket("linear") as socket:
        await socket.subscribe("priceLimit.BTCUSDT", "insurance.USDT")
        limit = await socket.topic("priceLimit.BTCUSDT")
        assert float(limit["data"]["sellLmt"]) < float(limit["data"]["buyLmt"])
        async with public.socket("linear") as other:
            await other.subscribe("insurance.USDT")
            fund = await other.read()
            assert {entry["symbols"] for entry in fund["data"]} == {"BTCUSDT", "ETHUSDT", "XRPUSDT"}


@pytest.mark.parametrize(
    ("channel", "pool", "symbols"), [("linear", "USDT", {"BTCUSDT"}), ("inverse", "inverse", {"BTCUSD"})]
)
async def test_adl_alerts_are_pushed_every_second(session, still, channel, pool, symbols):
    public, topic = RawClient(still, session), f"adlAlert.{pool}"
    async with public.socket(channel) as socket:
        await socket.subscribe(topic)
        first = await socket.topic(topic, "snapshot")
        assert {entry["s"] for entry in first["data"]} == symbols
        assert all((entry["b"], entry["mb"]) == (still.insurance(entry["c"]), "") for entry in first["data"])
        for second in (1, 2):
            await still.advance("1s")
            assert (await socket.topic(topic))["ts"] == first["ts"] + second * 1_000


async def test_channels_out_of_scope_are_named(session, exchange):
    url = exchange.environment.rest_url + "/v5/public/spread"
    async with session.get(url, headers={"Upgrade": "websocket", "Connection": "Upgrade"}) as response:
        assert (response.status, await response.text()) == (404, "not simulated: /v5/public/spread")


@pytest.mark.parametrize(
    ("channel", "paces"),
    [
        ("linear", {"orderbook.1": 10, "orderbook.50": 20, "orderbook.200": 100, "orderbook.1000": 200,
                    "orderbook.rpi": 100, "tickers": 100, "priceLimit": 300}),
        ("spot", {"orderbook.1": 10, "orderbook.50": 20, "orderbook.200": 200, "orderbook.1000": 200, "tickers": 50}),
    ],
)  # fmt: skip
async def test_topics_are_pushed_at_their_documented_pace(session, channel, paces):
    # Something changes every ten milliseconds: only the pace decides when it is told. A fixed start, because prices
    # follow from seed and time, and in some seconds the best ones hardly move.
    settings = MarketSettings(step=10)
    async with SimulatedExchange(seed=7, start=START, manual=True, symbols=["BTCUSDT"], market=settings) as exchange:
        public = RawClient(exchange, session)
        async with public.socket(channel) as socket:
            await socket.subscribe(*(f"{topic}.BTCUSDT" for topic in paces))
            times = {f"{topic}.BTCUSDT": [] for topic in paces}
            for _ in range(100):
                await exchange.advance("10ms")
            await socket.send(op="ping", req_id="q")
            while (message := await socket.read()).get("ret_msg") != "pong":
                times[message["topic"]].append(message["ts"])
        for topic, pace in paces.items():
            told = sorted(set(times[f"{topic}.BTCUSDT"][1:]))
            gaps = [later - earlier for earlier, later in itertools.pairwise(told)]
            assert min(gaps) >= pace, topic
            assert len(told) >= min(1_000 // pace, 50) // 2, topic


async def test_many_trades_of_one_order_are_told_in_messages_of_1024(still, session):
    maker = still.engine.create_account(house=True)
    listing = still.engine.listing("linear", "BTCUSDT")
    for _ in range(1_500):
        still.engine.house.quote(
            maker, listing, "Sell", listing.mark_price.quantize(listing.instrument.tick), listing.instrument.lot
        )
    client = RawClient(still, session, still.new_account(usdt="1000000"))
    async with client.socket("linear") as socket:
        await socket.subscribe("publicTrade.BTCUSDT")
        order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "1.5"}
        await client.done("/v5/order/create", **order)
        told = [(await socket.topic("publicTrade.BTCUSDT"))["data"] for _ in range(2)]
    assert [len(trades) for trades in told] == [1_024, 476]
    assert len({trade["seq"] for trades in told for trade in trades}) == 1
    assert len({trade["i"] for trades in told for trade in trades}) == 1_500


async def test_an_unsubscribed_topic_falls_silent(public):
    async with public.socket("linear") as socket:
        await socket.subscribe("orderbook.50.BTCUSDT", "tickers.BTCUSDT")
        await socket.topic("orderbook.50.BTCUSDT")
        await socket.send(op="unsubscribe", args=["orderbook.50.BTCUSDT"], req_id="u")
        await socket.until(lambda message: message.get("op") == "unsubscribe")
        for _ in range(5):
            assert (await socket.read())["topic"] == "tickers.BTCUSDT"


async def test_an_idle_connection_is_cut_and_a_pinging_one_is_not(still, session):
    from .raw_client import RawClient

    client = RawClient(still, session, still.new_account())
    async with client.socket("private", "?max_active_time=30s") as idle, client.socket("private") as patient:
        await still.advance("61s")
        with pytest.raises(ConnectionError):
            await idle.read()
        assert (await patient.ask(op="ping"))["op"] == "pong"
        await still.advance("9m")
        assert (await patient.ask(op="ping"))["op"] == "pong"
        await still.advance("11m")
        with pytest.raises(ConnectionError):
            await patient.read()


async def test_dropped_connections_end_with_or_without_a_close_frame(public, exchange):
    async with public.socket("linear") as abrupt, public.socket("spot") as polite:
        await abrupt.ask(op="ping")
        await polite.ask(op="ping")
        assert exchange.drop_connections("linear") == 1
        assert exchange.drop_connections("spot", close_frame=True) == 1
        with pytest.raises(ConnectionError):
            await abrupt.read()
        with pytest.raises(ConnectionError):
            await polite.read()
        assert polite.socket.close_code == 1012
        assert abrupt.socket.close_code == 1006


async def test_liquidations_are_published(still, session):
    from .raw_client import RawClient

    linear = {"category": "linear", "symbol": "BTCUSDT"}
    long, other = (RawClient(still, session, still.new_account(usdt=money)) for money in ("1000", "1000000"))
    mark = still.engine.listing("linear", "BTCUSDT").mark_price
    for client in (long, other):
        await client.done("/v5/position/set-leverage", **linear, buyLeverage="100", sellLeverage="100")
    price = {"orderType": "Limit", "qty": "0.5", "price": str(int(mark))}
    await other.done("/v5/order/create", **linear, side="Sell", **price)
    await long.done("/v5/order/create", **linear, side="Buy", **price)
    async with long.socket("linear") as socket, long.socket("private") as private:
        await socket.subscribe("allLiquidation.BTCUSDT")
        await private.login()
        await private.subscribe("execution")
        # Time stands still: the market does not move the mark price back.
        still.engine.set_prices("linear", "BTCUSDT", mark=int(mark) * 95 // 100, index=int(mark) * 95 // 100)
        still.settle()
        entry = (await socket.topic("allLiquidation.BTCUSDT"))["data"][0]
        assert (entry["s"], entry["S"], entry["v"]) == ("BTCUSDT", "Buy", "0.5")
        assert (await private.topic("execution"))["data"][0]["execType"] == "BustTrade"
    still.engine.audit()


async def test_a_client_that_does_not_read_is_cut_off_and_others_are_served(public, exchange):
    from .raw_client import eventually

    async with public.socket("linear") as deaf, public.socket("linear") as healthy:
        await deaf.subscribe("tickers.BTCUSDT")
        await healthy.subscribe("publicTrade.BTCUSDT")
        connection = next(entry for entry in exchange.connections if "tickers.BTCUSDT" in entry.topics)
        deaf.socket._reader._protocol.pause_reading()
        message = {"topic": "tickers.BTCUSDT", "padding": "x" * 100_000}

        def flooded():
            for _ in range(20):
                exchange.hub.publish("linear", "tickers.BTCUSDT", message)
            return connection not in exchange.connections

        await eventually(flooded)
        assert (await healthy.topic("publicTrade.BTCUSDT"))["data"]


async def test_whoever_comes_after_everybody_left_is_shown_what_is_now(session):
    topics = ("orderbook.50.BTCUSDT", "tickers.BTCUSDT", "kline.1.BTCUSDT")
    async with SimulatedExchange(seed=7, manual=True, symbols=["BTCUSDT"]) as exchange:
        public = RawClient(exchange, session)
        async with public.socket("linear") as socket:
            await socket.subscribe(*topics)
            for topic in topics:
                await socket.topic(topic)
            await exchange.advance("2s")
        async with asyncio.timeout(5):
            while exchange.connections:  # noqa: ASYNC110  the exchange tells nobody that a socket is gone
                await asyncio.sleep(0.01)
        await exchange.advance("10m")
        async with public.socket("linear") as socket:
            await socket.subscribe(*topics)
            book = (await socket.topic("orderbook.50.BTCUSDT", "snapshot"))["data"]
            truth = await public.result("/v5/market/orderbook", category="linear", symbol="BTCUSDT", limit=50)
            assert [book[name] for name in ("b", "a", "seq")] == [truth[name] for name in ("b", "a", "seq")]
            ticker = (await socket.topic("tickers.BTCUSDT", "snapshot"))["data"]
            listed = await public.result("/v5/market/tickers", category="linear", symbol="BTCUSDT")
            assert {name: ticker[name] for name in ("lastPrice", "bid1Price", "volume24h")} == {
                name: listed["list"][0][name] for name in ("lastPrice", "bid1Price", "volume24h")
            }
            candle = (await socket.topic("kline.1.BTCUSDT"))["data"][0]
            await exchange.advance("1s")
            assert (await socket.topic("kline.1.BTCUSDT"))["data"][0]["start"] >= candle["start"]
