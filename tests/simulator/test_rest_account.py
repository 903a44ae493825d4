"""Positions, settings, transfers and sub-accounts, as a client of the REST side sees them."""

import asyncio
import itertools

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.market.klines import candles

from .raw_client import RawClient

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
BUY = {**LINEAR, "side": "Buy", "orderType": "Market"}
SELL = {**BUY, "side": "Sell"}


async def test_a_closed_position_shows_in_closed_pnl_log_and_wallet(client, exchange):
    before = (await client.result("/v5/account/wallet-balance", accountType="UNIFIED", coin="USDT"))["list"][0]
    await client.done("/v5/order/create", **BUY, qty="0.1")
    await client.done("/v5/order/create", **SELL, qty="0.1", reduceOnly=True)
    closed = (await client.result("/v5/position/closed-pnl", **LINEAR))["list"]
    assert [entry["closedSize"] for entry in closed] == ["0.1"]
    after = (await client.result("/v5/account/wallet-balance", accountType="UNIFIED", coin="USDT"))["list"][0]
    log = (await client.result("/v5/account/transaction-log", category="linear"))["list"]
    change = float(after["coin"][0]["walletBalance"]) - float(before["coin"][0]["walletBalance"])
    assert sum(float(entry["change"]) for entry in log) == pytest.approx(change)
    assert float(closed[0]["closedPnl"]) == pytest.approx(change)
    exchange.engine.audit()


async def test_leverage_mode_and_exits_of_a_position(client):
    await client.done("/v5/position/set-leverage", **LINEAR, buyLeverage="25", sellLeverage="25")
    again = await client.post("/v5/position/set-leverage", **LINEAR, buyLeverage="25", sellLeverage="25")
    assert again["retCode"] == 110043
    await client.done("/v5/order/create", **BUY, qty="0.1")
    mark = float((await client.result("/v5/position/list", **LINEAR))["list"][0]["markPrice"])
    exits = {"takeProfit": str(round(mark * 1.1)), "stopLoss": str(round(mark * 0.9))}
    await client.done("/v5/position/trading-stop", **LINEAR, tpslMode="Full", positionIdx=0, **exits)
    position = (await client.result("/v5/position/list", **LINEAR))["list"][0]
    assert (position["leverage"], position["takeProfit"], position["stopLoss"]) == ("25", *exits.values())
    refused = await client.post("/v5/position/switch-mode", **LINEAR, mode=3)
    assert refused["retCode"] == 110024
    assert (await client.post("/v5/position/switch-isolated", **LINEAR, tradeMode=1))["retCode"] == 100028


async def test_too_far_prices_are_moved_or_refused_as_the_account_has_chosen(client):
    path = "/v5/account/user-setting-config"
    assert (await client.result(path))["lpaSpot"] is False
    assert (await client.result(path))["lpaPerp"] is False
    await client.done("/v5/account/set-limit-px-action", category="inverse", modifyEnable=False)
    await client.done("/v5/account/set-limit-px-action", category="spot", modifyEnable=True)
    assert [(await client.result(path))[name] for name in ("lpaSpot", "lpaPerp")] == [True, True]
    far = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "150000"}
    assert (await client.post("/v5/order/create", **far))["retCode"] == 110003
    await client.done("/v5/order/create", **{**far, "category": "spot"})
    assert (await client.post("/v5/account/set-limit-px-action", category="option", modifyEnable=True))["retCode"]
    assert (await client.post("/v5/account/set-limit-px-action", category="spot", modifyEnable="yes"))["retCode"]


async def test_spot_margin_is_off_and_a_position_never_traded_says_so(client):
    assert (await client.result("/v5/spot-margin-trade/state"))["spotMarginMode"] == "0"
    assert (await client.result("/v5/position/list", **LINEAR))["list"][0]["seq"] == -1
    spot = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "100"}
    assert (await client.post("/v5/order/create", **spot, isLeverage=1))["retCode"] == 170036


async def test_an_order_id_names_its_fills_whatever_else_is_asked(client):
    order = await client.done("/v5/order/create", **LINEAR, side="Buy", orderType="Market", qty="0.01")
    await client.done("/v5/order/create", **LINEAR, side="Buy", orderType="Market", qty="0.02", orderLinkId="mine")
    asked = {"category": "linear", "symbol": "ETHUSDT"}
    fills = await client.result("/v5/execution/list", **asked, orderId=order["orderId"], orderLinkId="mine")
    assert {fill["orderId"] for fill in fills["list"]} == {order["orderId"]}
    fills = await client.result("/v5/execution/list", **asked, orderLinkId="mine")
    assert sum(float(fill["execQty"]) for fill in fills["list"]) == pytest.approx(0.02)


async def test_margin_modes(client):
    assert (await client.result("/v5/account/info"))["marginMode"] == "REGULAR_MARGIN"
    await client.done("/v5/account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")
    assert (await client.result("/v5/account/info"))["marginMode"] == "ISOLATED_MARGIN"
    refused = await client.post("/v5/account/set-margin-mode", setMarginMode="PORTFOLIO_MARGIN")
    assert refused["retCode"] == 3400045
    assert refused["result"]["reasons"]


async def test_a_pre_check_places_nothing(client, exchange):
    answer = await client.done("/v5/order/pre-check", **BUY, qty="0.1")
    assert answer["postImrE4"] > answer["preImrE4"] == 0
    assert exchange.orders == []


async def test_money_moves_between_wallets_once(client, exchange):
    move = {"coin": "USDT", "amount": "250.5", "fromAccountType": "UNIFIED", "toAccountType": "FUND"}
    done = await client.done("/v5/asset/transfer/inter-transfer", transferId="t-1", **move)
    assert done == {"transferId": "t-1", "status": "SUCCESS"}
    again = await client.post("/v5/asset/transfer/inter-transfer", transferId="t-1", **move)
    assert again["retCode"] == 131214
    poor = await client.post("/v5/asset/transfer/inter-transfer", transferId="t-2", **{**move, "amount": "1e9"})
    assert poor["retCode"] == 131212
    fund = await client.result("/v5/asset/transfer/query-account-coin-balance", accountType="FUND", coin="USDT")
    assert fund["balance"]["walletBalance"] == "250.5"
    listed = await client.result("/v5/asset/transfer/query-inter-transfer-list")
    assert [entry["transferId"] for entry in listed["list"]] == ["t-1"]
    exchange.engine.audit()


async def test_a_sub_account_with_its_own_key_and_money(client, exchange, session):
    member = await client.done("/v5/user/create-sub-member", username="bot1", memberType=1)
    assert (await client.post("/v5/user/create-sub-member", username="bot1", memberType=1))["retCode"] in (10006, 31007)
    key = await client.done(
        "/v5/user/create-sub-api",
        subuid=int(member["uid"]),
        readOnly=0,
        permissions={"ContractTrade": ["Order", "Position"]},
    )
    sub = RawClient(exchange, session, {"api_key": key["apiKey"], "api_secret": key["secret"]})
    move = {"coin": "USDT", "amount": "1000", "fromAccountType": "UNIFIED", "toAccountType": "UNIFIED"}
    master = (await client.result("/v5/user/query-api"))["userID"]
    await client.done(
        "/v5/asset/transfer/universal-transfer",
        transferId="u",
        fromMemberId=master,
        toMemberId=int(member["uid"]),
        **move,
    )
    wallet = (await sub.result("/v5/account/wallet-balance", accountType="UNIFIED"))["list"][0]
    assert wallet["totalEquity"] == "1000"
    assert (await sub.result("/v5/user/query-api"))["parentUid"] == str(master)
    await sub.done("/v5/order/create", **BUY, qty="0.01")
    spot = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "10"}
    assert (await sub.post("/v5/order/create", **spot))["retCode"] == 10005
    await client.done("/v5/user/delete-sub-api", apikey=key["apiKey"])
    assert (await sub.get("/v5/account/info"))["retCode"] == 10003
    exchange.engine.audit()


async def test_announcements_are_those_of_the_operator(client, exchange):
    exchange.announcements.append({"title": "New", "type": {"key": "new_crypto"}, "tags": ["Spot"]})
    found = await client.result("/v5/announcements/index", locale="en-US", type="new_crypto")
    assert (found["total"], found["list"][0]["title"]) == (1, "New")
    assert (await client.result("/v5/announcements/index", locale="en-US", type="delistings"))["total"] == 0


async def test_series_page_back_without_gap_or_overlap(public):
    seen, more = [], {}
    for _ in range(4):
        page = await public.result("/v5/market/open-interest", **LINEAR, intervalTime="1h", limit=50, **more)
        seen += [int(entry["timestamp"]) for entry in page["list"]]
        more = {"cursor": page["nextPageCursor"]}
    assert [newer - older for newer, older in itertools.pairwise(seen)] == [3_600_000] * 199
    rates = (await public.result("/v5/market/funding/history", **LINEAR, limit=30))["list"]
    times = [int(entry["fundingRateTimestamp"]) for entry in rates]
    assert [newer - older for newer, older in itertools.pairwise(times)] == [28_800_000] * 29


@pytest.mark.parametrize("interval", ["1", "60", "D"])
async def test_candles_of_a_year_ago_are_the_same_every_time(public, interval):
    end = public.now() - 365 * 86_400_000
    first = await public.result("/v5/market/kline", **LINEAR, interval=interval, end=end, limit=50)
    again = await public.result("/v5/market/kline", **LINEAR, interval=interval, end=end, limit=50)
    assert first == again
    assert len(first["list"]) == 50


@pytest.mark.parametrize(("category", "limit"), [("linear", 200), ("linear", 1000), ("spot", 500)])
async def test_a_book_is_as_deep_as_it_is_asked_for(public, category, limit):
    book = await public.result("/v5/market/orderbook", category=category, symbol="BTCUSDT", limit=limit)
    bids, asks = ([float(price) for price, _ in book[side]] for side in "ba")
    assert len(bids) == len(asks) == limit
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]


@pytest.mark.parametrize(("interval", "limit"), [("D", 500), ("720", 1000)])
async def test_years_of_candles_do_not_keep_others_waiting(session, interval, limit):
    async with SimulatedExchange(seed=1, symbols=["BTCUSDT"], market=MarketSettings(makers=None)) as exchange:
        client = RawClient(exchange, session)
        turns, done = 0, asyncio.Event()

        async def others():
            nonlocal turns
            while not done.is_set():
                turns += 1
                await asyncio.sleep(0)

        watcher = asyncio.create_task(others())
        found = await client.result("/v5/market/kline", **LINEAR, interval=interval, limit=limit)
        done.set()
        await watcher
        # Each chunk of history is a turn of its own: 500 days are 125 of them.
        assert turns > 100
        assert len(found["list"]) == limit


async def test_candles_are_the_same_read_in_steps_or_at_once(session):
    start = 1_767_225_600_000
    async with SimulatedExchange(seed=1, manual=True, start=start, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session)
        for interval, limit in (("5", 200), ("240", 40), ("D", 40), ("M", 3)):
            stepped = (await client.result("/v5/market/kline", **LINEAR, interval=interval, limit=limit))["list"]
            async with SimulatedExchange(seed=1, manual=True, start=start, symbols=["BTCUSDT"]) as other:
                quotation = other.market.quotations["linear", "BTCUSDT"]
                launch = quotation.instrument.launch_ms
                rows = candles(quotation.last, interval, start=None, end=None, limit=limit, launch=launch)
            assert [row[:5] for row in stepped] == [
                [str(opened), *map(quotation.spell, row[:4])] for opened, row in rows
            ]
