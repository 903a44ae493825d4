"""The option and status channels."""

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange

from .raw_client import RawClient


@pytest.fixture
async def options(session):
    async with SimulatedExchange(seed=7, market=MarketSettings(step=50)) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="1000000"))
        listed = await client.result("/v5/market/instruments-info", category="option", baseCoin="BTC")
        yield client, sorted(entry["symbol"] for entry in listed["list"])


async def test_acknowledgements_name_every_topic(options):
    client, symbols = options
    async with client.socket("option") as socket:
        topics = [f"tickers.{symbols[0]}", "tickers.NOPE", f"orderbook.25.{symbols[0]}"]
        answer = await socket.ask(op="subscribe", args=topics, req_id="x")
        assert set(answer) == {"success", "conn_id", "data", "type"}
        assert answer["type"] == "COMMAND_RESP"
        assert answer["success"] is False
        assert answer["data"] == {"failTopics": ["tickers.NOPE"], "successTopics": [topics[0], topics[2]]}
        seen = {(await socket.read())["topic"] for _ in range(2)}
        assert seen == {topics[0], topics[2]}


async def positions_of(client):
    return (await client.result("/v5/position/list", category="option"))["list"]


async def test_a_bought_option_moves_tickers_trades_and_greeks(options):
    client, symbols = options
    symbol = next(name for name in symbols if "-C-" in name)
    order = {"category": "option", "symbol": symbol, "side": "Buy", "orderType": "Market", "qty": "0.5"}
    async with client.socket("option") as public, client.socket("private") as private:
        await public.subscribe("publicTrade.BTC", f"tickers.{symbol}")
        first = await public.topic(f"tickers.{symbol}")
        assert {"bidPrice", "askPrice", "markPriceIv", "delta", "underlyingPrice"} <= set(first["data"])
        await private.login()
        await private.subscribe("greeks", "position")
        await client.done("/v5/order/create", **order, orderLinkId="o-1")
        trade = await public.topic("publicTrade.BTC")
        assert trade["data"][0]["s"] == symbol
        assert {"mP", "iP", "mIv", "iv"} <= set(trade["data"][0])
        greeks = await private.topic("greeks")
        assert 0 < float(greeks["data"][0]["totalDelta"]) <= 0.5
        (position,) = await positions_of(client)
        assert {name: float(position[name]) > 0 for name in ("delta", "gamma", "vega", "theta")} == {
            "delta": True, "gamma": True, "vega": True, "theta": False
        }  # fmt: skip
        await client.done("/v5/order/create", **{**order, "side": "Sell"}, reduceOnly=True, orderLinkId="o-2")
        (closed,) = (await client.result("/v5/position/get-closed-positions", category="option"))["list"]
        assert (closed["symbol"], closed["side"], closed["qty"]) == (symbol, "Buy", "0.5")
        recent = {"category": "option", "baseCoin": "BTC"}
        calls = (await client.result("/v5/market/recent-trade", **recent, optionType="Call"))["list"]
        puts = (await client.result("/v5/market/recent-trade", **recent, optionType="Put"))["list"]
        assert symbol in {trade["symbol"] for trade in calls}
        assert all("-P-" in trade["symbol"] for trade in puts)
        ticker = await public.until(
            lambda message: message["topic"].startswith("tickers") and message["data"]["volume24h"] != "0"
        )
        assert ticker["type"] == "snapshot"
        assert float(ticker["data"]["volume24h"]) >= 0.5


async def test_an_option_order_needs_a_link_id(options):
    client, symbols = options
    order = {"category": "option", "symbol": symbols[0], "side": "Buy", "orderType": "Market", "qty": "0.5"}
    assert (await client.post("/v5/order/create", **order))["retCode"] == 10001


async def test_an_option_order_can_name_its_price_by_volatility(options):
    client, _ = options
    tickers = (await client.result("/v5/market/tickers", category="option", baseCoin="BTC"))["list"]
    # The one whose price depends most on volatility: in the last hours of others a tenth of it is less than a tick.
    ticker = max((entry for entry in tickers if "-C-" in entry["symbol"]), key=lambda entry: float(entry["vega"]))
    where = {"category": "option", "symbol": ticker["symbol"]}
    order = {**where, "side": "Buy", "orderType": "Limit", "qty": "0.1", "timeInForce": "PostOnly"}
    fair, volatility = float(ticker["markPrice"]), float(ticker["markIv"])
    await client.done("/v5/order/create", **order, orderIv=str(volatility * 0.9), price="1", orderLinkId="iv-1")
    shown = (await client.result("/v5/order/realtime", **where))["list"][0]
    assert 5 <= float(shown["price"]) < fair
    assert float(shown["orderIv"]) == pytest.approx(volatility * 0.9)
    await client.done("/v5/order/amend", **where, orderLinkId="iv-1", orderIv=str(volatility * 0.8))
    amended = (await client.result("/v5/order/realtime", **where))["list"][0]
    assert float(amended["price"]) <= float(shown["price"])
    assert float(amended["orderIv"]) == pytest.approx(volatility * 0.8)
    assert (await client.post("/v5/order/create", **order, orderIv="much", orderLinkId="iv-2"))["retCode"] == 10001


async def test_option_tickers_over_rest(options):
    client, symbols = options
    found = await client.result("/v5/market/tickers", category="option", baseCoin="BTC")
    assert {entry["symbol"] for entry in found["list"]} == set(symbols)
    volatility = await client.result("/v5/market/historical-volatility", category="option", baseCoin="BTC", period=30)
    assert 0.2 < float(volatility[0]["value"]) < 1.5


async def test_system_status_is_told(exchange, public):
    entry = {"id": "1", "title": "maintenance", "state": "scheduled", "begin": "1", "end": "2"}
    async with public.socket("misc/status") as socket:
        await socket.subscribe("system.status")
        exchange.system_status.append(entry)
        assert (await socket.topic("system.status"))["data"] == [entry]
    assert (await public.result("/v5/system/status"))["list"] == [entry]
