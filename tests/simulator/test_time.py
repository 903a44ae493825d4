"""Moving time by hand: the same script gives the same bytes, and everything due on the way happens."""

import itertools

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.market.selection import default_instruments

from .raw_client import RawClient

START = 1_760_000_000_000
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.mark.parametrize(
    ("text", "expected"), [("8h", 28_800_000), ("1d 30m", 88_200_000), ("1.5s", 1_500), (250, 250), ("20ms", 20)]
)
def test_durations(text, expected):
    assert milliseconds_of(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "8", "8h x", -1])
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError, match=r"duration|backwards"):
        milliseconds_of(text)


async def recorded(session, seed):
    """Run one script against a manual exchange and return everything that it said."""
    said = []
    symbols = ["BTCUSDT", "BTCUSD"]
    async with SimulatedExchange(seed=seed, manual=True, start=START, symbols=symbols) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        async with client.socket("linear") as socket:
            await socket.subscribe("orderbook.50.BTCUSDT", "publicTrade.BTCUSDT", "tickers.BTCUSDT", "kline.1.BTCUSDT")
            for round_number in range(3):
                order = {**LINEAR, "side": "Buy", "orderType": "Market", "qty": "0.01"}
                said.append(await client.post("/v5/order/create", **order))
                await exchange.advance("2s")
                await socket.send(op="ping", req_id=str(round_number))
                await socket.until(lambda message: said.append(message) or message.get("ret_msg") == "pong")
        await exchange.advance("9h")
        for path in ("/v5/execution/list", "/v5/position/list"):
            said.append(await client.get(path, **LINEAR))
        said.append(await client.get("/v5/market/kline", **LINEAR, interval="15", limit=100))
        said.append(await client.get("/v5/account/transaction-log"))
    return [{**message, "conn_id": ""} if "conn_id" in message else message for message in said]


async def test_the_same_seed_and_script_are_the_same_bytes(session):
    first, second = await recorded(session, 5), await recorded(session, 5)
    assert len(first) > 30
    assert first == second
    assert first != await recorded(session, 6)


async def test_time_stands_still_unless_it_is_moved(session):
    async with SimulatedExchange(manual=True, start=START, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session)
        before = await client.get("/v5/market/tickers", **LINEAR)
        assert before["time"] == START
        assert await client.get("/v5/market/tickers", **LINEAR) == before
        await exchange.advance("1s")
        after = await client.get("/v5/market/tickers", **LINEAR)
        assert after["time"] == START + 1_000
        assert after["result"] != before["result"]


async def test_funding_is_paid_when_its_hour_comes(session):
    async with SimulatedExchange(seed=3, manual=True, start=START, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        await client.done("/v5/order/create", **LINEAR, side="Buy", orderType="Market", qty="0.1")
        ticker = (await client.result("/v5/market/tickers", **LINEAR))["list"][0]
        await exchange.advance("8h")
        fills = await client.result("/v5/execution/list", **LINEAR, execType="Funding")
        history = await client.result("/v5/market/funding/history", **LINEAR, limit=1)
        assert len(fills["list"]) == 1
        assert fills["list"][0]["feeRate"].lstrip("-") == history["list"][0]["fundingRate"].lstrip("-")
        assert history["list"][0]["fundingRateTimestamp"] == ticker["nextFundingTime"]
        assert history["list"][0]["fundingRate"] == ticker["fundingRate"]
        exchange.engine.audit()


async def test_candles_of_leapt_time_join_and_agree_with_the_last_price(session):
    async with SimulatedExchange(seed=3, manual=True, start=START, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session)
        await exchange.advance("3h")
        await exchange.advance("90s")
        page = await client.result("/v5/market/kline", **LINEAR, interval="1", limit=300)
        rows = page["list"]
        assert [int(newer[0]) - int(older[0]) for newer, older in itertools.pairwise(rows)] == [60_000] * 299
        assert all(newer[1] == older[4] for newer, older in itertools.pairwise(rows))
        assert sum(float(row[5]) > 0 for row in rows) > 250
        ticker = (await client.result("/v5/market/tickers", **LINEAR))["list"][0]
        assert float(ticker["lastPrice"]) == float(rows[0][4])
        assert abs(float(ticker["lastPrice"]) / float(ticker["markPrice"]) - 1) < 0.002


async def test_a_resting_order_is_filled_when_time_carries_the_price_through_it(session):
    async with SimulatedExchange(seed=3, manual=True, start=START, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="1000000"))
        listing = exchange.engine.listing("linear", "BTCUSDT")
        for side, factor in (("Buy", 0.998), ("Sell", 1.002)):
            price = f"{float(listing.mark_price) * factor:.1f}"
            await client.done("/v5/order/create", **LINEAR, side=side, orderType="Limit", qty="0.01", price=price)
        await exchange.advance("1d")
        filled = [order for order in exchange.orders if order.status == "Filled"]
        assert filled
        assert all(order.avg_price == order.price for order in filled)


async def test_options_expire_and_are_delivered(session):
    listed = [entry for entry in default_instruments(MarketSettings(), 3, START) if entry.base == "BTC"][:12]
    assert any(entry.option for entry in listed)
    async with SimulatedExchange(seed=3, manual=True, start=START, instruments=listed) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="1000000"))
        listed = await client.result("/v5/market/instruments-info", category="option", baseCoin="BTC")
        first = min(listed["list"], key=lambda entry: (int(entry["deliveryTime"]), entry["symbol"]))
        option = {"category": "option", "symbol": first["symbol"]}
        await client.done("/v5/order/create", **option, side="Buy", orderType="Market", qty="0.1", orderLinkId="o-1")
        position = (await client.result("/v5/position/list", **option))["list"][0]
        assert position["size"] == "0.1"
        await exchange.advance(int(first["deliveryTime"]) - exchange.clock.now_ms() + 60_000)
        record = await client.result("/v5/asset/delivery-record", **option)
        assert record["list"][0]["symbol"] == first["symbol"]
        prices = await client.result("/v5/market/delivery-price", **option)
        assert prices["list"][0]["deliveryPrice"] == record["list"][0]["deliveryPrice"]
        listed = await client.result("/v5/market/instruments-info", category="option", baseCoin="BTC")
        assert first["symbol"] not in {entry["symbol"] for entry in listed["list"]}
        exchange.engine.audit()


async def test_exchange_time_can_run_faster(session):
    async with SimulatedExchange(seed=3, speed=600, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session)
        async with client.socket("linear") as socket:
            await socket.subscribe("kline.1.BTCUSDT")
            closed = [await socket.until(lambda message: message["data"][0]["confirm"]) for _ in range(3)]
        starts = [message["data"][0]["start"] for message in closed]
        assert [newer - older for older, newer in itertools.pairwise(starts)] == [60_000] * 2
