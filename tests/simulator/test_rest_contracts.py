"""What is published about contracts, and what an order would do before it is placed."""

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange

from .raw_client import RawClient

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
BUY = {**LINEAR, "side": "Buy", "orderType": "Market"}
DAY = 86_400_000


async def test_the_rpi_book_is_the_book_with_a_third_column(public):
    book = await public.result("/v5/market/rpi_orderbook", **LINEAR, limit=50)
    assert len(book["b"]) == len(book["a"]) == 50
    improved = [place for side in "ab" for place, level in enumerate(book[side]) if float(level[2])]
    assert 0 < len(improved) <= 6, "makers improve prices around the touch only"
    assert max(improved) < 10
    assert float(book["b"][0][0]) < float(book["a"][0][0])
    for limit in (0, 51):
        assert (await public.get("/v5/market/rpi_orderbook", **LINEAR, limit=limit))["retCode"] == 10001
    assert (await public.get("/v5/market/rpi_orderbook", **LINEAR))["retCode"] == 10001


async def test_every_contract_is_in_one_fee_group_and_pays_its_rates(client):
    groups = (await client.result("/v5/market/fee-group-info", productType="contract"))["list"]
    symbols = [symbol for group in groups for symbol in group["symbols"]]
    assert sorted(symbols) == ["BTCUSD", "BTCUSDT", "ETHUSDT", "XRPUSDT"]
    mine = (await client.result("/v5/account/fee-rate", **LINEAR))["list"][0]
    majors = next(group for group in groups if "BTCUSDT" in group["symbols"])
    assert majors["feeRates"]["pro"][0]["takerFeeRate"] == mine["takerFeeRate"]
    assert (await client.result("/v5/market/fee-group-info", productType="contract", groupId="7"))["list"] == []
    assert (await client.get("/v5/market/fee-group-info", productType="spot"))["retCode"] == 10001


async def test_the_adl_alert_shows_the_insurance_fund(public, exchange):
    (alert,) = (await public.result("/v5/market/adlAlert", symbol="BTCUSDT"))["list"]
    assert float(alert["balance"]) == exchange.insurance("USDT")
    assert len((await public.result("/v5/market/adlAlert"))["list"]) == 4
    assert (await public.get("/v5/market/adlAlert", symbol="NOPE"))["retCode"] == 10001


async def test_options_were_delivered_at_eight_at_the_price_of_that_minute(session):
    start = 1_767_225_600_000
    async with SimulatedExchange(seed=2, manual=True, start=start, market=MarketSettings(makers=None)) as exchange:
        client = RawClient(exchange, session)
        path, wanted = "/v5/market/new-delivery-price", {"category": "option", "baseCoin": "BTC"}
        before = (await client.result(path, **wanted))["list"]
        assert len(before) == 50
        assert all(int(row["deliveryTime"]) % DAY == 8 * 3_600_000 for row in before)
        last = before[0]
        assert int(last["deliveryTime"]) == start - 16 * 3_600_000
        candle = await client.result(
            "/v5/market/index-price-kline", **LINEAR, interval="1", start=int(last["deliveryTime"]), limit=1
        )
        assert float(candle["list"][0][1]) == pytest.approx(float(last["deliveryPrice"]), rel=1e-5)
        await exchange.advance("33h")
        after = (await client.result(path, **wanted))["list"]
        assert after[2:] == before[:48]
        # One expiry was listed for the second morning: the options' own delivery is what is shown.
        real = {
            entry["deliveryPrice"] for entry in exchange.delivered.of("option") if entry["symbol"].startswith("BTC-")
        }
        assert real == {after[0]["deliveryPrice"]}
        assert (await client.get(path, category="option", baseCoin="DOGE"))["retCode"] == 10001


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"qty": "0.0001"}, 10001),
        ({"symbol": "NOPE"}, 10001),
        ({"qty": "100"}, 110007),
        ({"reduceOnly": True}, 110017),
        ({"category": "spot"}, 10001),
        ({"triggerPrice": "1000", "triggerDirection": 2}, 10001),
    ],
)
async def test_a_pre_check_refuses_what_placing_would_refuse(client, exchange, changes, code):
    request = {**BUY, "qty": "0.1", **changes}
    answer = await client.post("/v5/order/pre-check", **request)
    assert (answer["retCode"], answer["result"]) == (code, {})
    if code == 110007:
        assert answer["retExtInfo"]["post_imr_e4"] > 10_000
    if "triggerPrice" not in changes and request["category"] != "spot":
        assert (await client.post("/v5/order/create", **request))["retCode"] == code
    assert exchange.orders == []


async def test_a_pre_check_foretells_the_margin_rates(client):
    tried = await client.done("/v5/order/pre-check", **BUY, qty="0.1", orderLinkId="mine")
    assert tried["orderLinkId"] == "mine"
    await client.done("/v5/order/create", **BUY, qty="0.1", orderLinkId="mine")
    wallet = (await client.result("/v5/account/wallet-balance", accountType="UNIFIED"))["list"][0]
    assert tried["postImrE4"] == pytest.approx(float(wallet["accountIMRate"]) * 10_000, abs=3)
    assert tried["postMmrE4"] == pytest.approx(float(wallet["accountMMRate"]) * 10_000, abs=3)


async def test_nothing_is_borrowed_so_the_quota_is_what_is_held(client):
    spot = {"category": "spot", "symbol": "BTCUSDT"}
    sell = await client.result("/v5/order/spot-borrow-check", **spot, side="Sell")
    assert (sell["borrowCoin"], sell["maxTradeQty"], sell["spotMaxTradeQty"]) == ("BTC", "2", "2")
    buy = await client.result("/v5/order/spot-borrow-check", **spot, side="Buy")
    assert (buy["borrowCoin"], buy["maxTradeAmount"]) == ("USDT", "100000")
    too_much = {**spot, "side": "Sell", "orderType": "Market", "qty": "2.1"}
    assert (await client.post("/v5/order/create", **too_much))["retCode"] == 170131


async def test_leverage_is_known_without_a_position(client):
    await client.done("/v5/position/set-leverage", **LINEAR, buyLeverage="25", sellLeverage="25")
    listed = (await client.result("/v5/position/symbol-info", category="linear"))["list"]
    assert {row["symbol"]: row["leverage"] for row in listed} == {"BTCUSDT": "25", "ETHUSDT": "10", "XRPUSDT": "10"}
    await client.done("/v5/position/switch-mode", **LINEAR, mode=3)
    hedged = (await client.result("/v5/position/symbol-info", **LINEAR))["list"]
    assert [(row["positionIdx"], row["side"]) for row in hedged] == [(1, "Buy"), (2, "Sell")]
