"""Every documented field of every answer and message is there in every category, with the documented kind of value.

Each list is filled first: where nothing is shown nothing can be wrong, so an empty one counts as a fault.
"""

import json
import warnings
from collections import Counter

import pytest

from bybit_async import decode_rest, decode_stream
from bybit_async.drift import SchemaDriftWarning
from bybit_async.simulator import Crash, MarketSettings, SimulatedExchange
from bybit_async.simulator.market.selection import default_instruments

from .raw_client import RawClient
from .reference import Judge, answer_of, message_of

START = 1_760_000_000_000
ENOUGH = 20
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
INVERSE = {"category": "inverse", "symbol": "BTCUSD"}
SPOT = {"category": "spot", "symbol": "BTCUSDT"}
PERPETUALS = (LINEAR, INVERSE)
# Only futures with a date have these; those listed here are perpetual.
DATED = ("deliveryTime", "basisRate", "deliveryFeeRate", "basisRateYear")
OPTION_TRADE = ("mP", "iP", "mIv", "iv")
# Path (or page) and field: the categories that have it.
EXEMPT = {
    ("/v5/account/fee-rate", "baseCoin"): ("option",),
    ("/v5/account/fee-rate", "category"): ("spot", "option"),
    **{("/v5/market/recent-trade", name): ("option",) for name in OPTION_TRADE},
    **{("trade", name): ("option",) for name in ("id", *OPTION_TRADE)},
    ("trade", "L"): ("linear", "inverse"),
    **{("position", name): ("option",) for name in ("delta", "gamma", "vega", "theta")},
    **{("ticker", name): () for name in DATED},
    ("ticker", "predictedDeliveryPrice"): ("option",),
    # Numbers in the table, texts in the examples.
    ("/v5/market/risk-limit", "maintenanceMargin"): (),
    ("/v5/market/risk-limit", "initialMargin"): (),
    # A list where there are extra fees, which nobody pays here; an empty text everywhere else.
    ("execution", "extraFees"): (),
    # Called `data` in the example.
    ("adl-alert", "list"): (),
}


@pytest.fixture(scope="module")
def instruments():
    listed = default_instruments(MarketSettings(), 7, START)
    options = [entry.symbol for entry in listed if entry.category == "option" and entry.base == "BTC"]
    wanted = {"BTCUSDT", "BTCUSD", "BTCPERP", *options[:2]}
    return [entry for entry in listed if entry.symbol in wanted]


@pytest.fixture
async def world(instruments, session):
    """An exchange on which everything has happened once to one account."""
    async with SimulatedExchange(
        seed=7, manual=True, start=START, instruments=instruments, rate_limits=False
    ) as exchange:
        coins = {"BTC": "3", "USDC": "20000"}
        client = RawClient(exchange, session, exchange.new_account(usdt="200000", coins=coins))
        yield client, next(entry.symbol for entry in instruments if entry.category == "option")


async def price_of(client, where):
    (ticker,) = (await client.result("/v5/market/tickers", **where))["list"]
    return float(ticker["lastPrice"])


async def trade(client, option):
    """Place, fill, cancel and close in every category; exits wait in each that has them."""
    create = "/v5/order/create"
    for where, qty in ((LINEAR, "0.05"), (INVERSE, "100"), ({"category": "linear", "symbol": "BTCPERP"}, "0.05")):
        price = await price_of(client, where)
        at = {name: f"{price * part:.0f}" for name, part in (("low", 0.9), ("under", 0.97), ("high", 1.1))}
        await client.done(create, **where, side="Buy", orderType="Market", qty=qty, orderLinkId=f"in-{where['symbol']}")
        await client.done(create, **where, side="Sell", orderType="Market", qty=qty, reduceOnly=True)
        await client.done(
            create, **where, side="Buy", orderType="Market", qty=qty, takeProfit=at["high"], stopLoss=at["low"]
        )
        stop = {"triggerPrice": at["low"], "triggerDirection": 2}
        await client.done(create, **where, side="Sell", orderType="Market", qty=qty, **stop)
        limit = {"side": "Buy", "orderType": "Limit", "qty": qty, "price": at["under"]}
        order = await client.done(create, **where, **limit, takeProfit=at["high"], tpslMode="Full")
        await client.done("/v5/order/cancel", **where, orderId=order["orderId"])
        await client.done(create, **where, **limit)
    price = await price_of(client, SPOT)
    exits = {"takeProfit": f"{price * 1.1:.2f}", "stopLoss": f"{price * 0.9:.2f}"}
    await client.done(create, **SPOT, side="Buy", orderType="Market", qty="500", **exits)
    await client.done(create, **SPOT, side="Sell", orderType="Market", qty="0.001")
    await client.done(create, **SPOT, side="Buy", orderType="Limit", qty="0.001", price=f"{price * 0.97:.2f}")
    book = await client.result("/v5/market/orderbook", category="option", symbol=option, limit=1)
    order = {"category": "option", "symbol": option, "orderType": "Limit", "qty": "0.1"}
    ask, bid = book["a"][0][0], book["b"][0][0]
    await client.done(create, **order, side="Buy", price=ask, orderLinkId="o1")
    await client.done(create, **order, side="Sell", price=bid, orderLinkId="o2", timeInForce="IOC", reduceOnly=True)
    await client.done(create, **order, side="Buy", price=ask, orderLinkId="o3", timeInForce="IOC")
    await client.done(create, **order, side="Buy", price=bid, orderLinkId="o4")


def orders_of(option):
    for category in ("linear", "inverse", "spot", "option"):
        settle = {"settleCoin": "USDT"} if category == "linear" else {}
        yield "/v5/order/realtime", {"category": category, **settle}, 0
        yield "/v5/order/history", {"category": category}, 0
        yield "/v5/execution/list", {"category": category}, 0
    for category in ("linear", "inverse", "option"):
        settle = {"settleCoin": "USDC"} if category == "linear" else {}
        yield "/v5/position/list", {"category": category, **settle}, 0
        yield "/v5/position/closed-pnl", {"category": category}, 0
    yield "/v5/position/get-closed-positions", {"category": "option"}, 0
    for where in (LINEAR, INVERSE, SPOT, {"category": "option", "baseCoin": "BTC"}):
        yield "/v5/account/fee-rate", where, 0
        yield "/v5/market/recent-trade", where, 0
    yield "/v5/account/transaction-log", {}, 0
    yield "/v5/account/wallet-balance", {"accountType": "UNIFIED"}, 0
    yield "/v5/asset/coin-greeks", {}, 0
    yield "/v5/account/option-asset-info", {}, 0
    yield "/v5/account/mmp-state", {"baseCoin": "BTC"}, 0
    yield "/v5/asset/settlement-record", {"category": "linear"}, 0
    yield "/v5/position/move-history", {}, 0
    for category, part in (("linear", 0), ("inverse", 0), ("option", 1), ("spot", 2)):
        base = {"baseCoin": "BTC"} if category == "option" else {}
        yield "/v5/market/instruments-info", {"category": category}, part
        yield "/v5/market/tickers", {"category": category, **base}, part
        if category != "option":
            yield "/v5/account/instruments-info", {"category": category}, min(part, 1)
    for where in PERPETUALS:
        yield "/v5/market/risk-limit", where, 0
        yield "/v5/market/open-interest", {**where, "intervalTime": "1h"}, 0
        yield "/v5/market/account-ratio", {**where, "period": "1h"}, 0
        yield "/v5/market/funding/history", where, 0
        yield "/v5/position/symbol-info", where, 0
        yield "/v5/market/orderbook", where, 0
    yield "/v5/market/orderbook", {"category": "option", "symbol": option}, 0
    yield "/v5/market/new-delivery-price", {"category": "option", "baseCoin": "BTC"}, 0


async def ask(client, judge, path, params, part):
    answer = await client.get(path, **params)
    category = params.get("category", "")
    name = f"{path} {category}"
    if answer["retCode"]:
        judge.found.append(f"{name}: {answer['retCode']} {answer['retMsg']}")
        return
    judge.judge(name, answer_of("GET", path, part), answer["result"], category)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            decode_rest("GET", path, json.dumps(answer).encode(), params)
        except SchemaDriftWarning as drift:
            judge.found.append(f"{name}: {drift}")


async def test_answers_in_every_category(world):
    client, option = world
    await trade(client, option)
    exchange, account = client.exchange, client.exchange.account(client.key)
    exchange.allow_market_making(client.key)
    uid = int((await client.done("/v5/user/create-sub-member", username="sub", memberType=1))["uid"])
    move = {"transferId": "t", "coin": "BTC", "amount": "0.1", "fromAccountType": "UNIFIED"}
    await client.done(
        "/v5/asset/transfer/universal-transfer",
        **move,
        toAccountType="UNIFIED",
        fromMemberId=account.uid,
        toMemberId=uid,
    )
    leg = {**INVERSE, "price": str(round(await price_of(client, INVERSE))), "side": "Sell", "qty": "10"}
    moved = await client.done("/v5/position/move-positions", fromUid=str(account.uid), toUid=str(uid), list=[leg])
    assert moved["status"] == "Processing"
    await exchange.advance("8h")
    judge = Judge(EXEMPT)
    for path, params, part in orders_of(option):
        await ask(client, judge, path, params, part)
    client.exchange.engine.delist("linear", "BTCPERP")
    for path in ("/v5/asset/delivery-record", "/v5/market/delivery-price"):
        await ask(client, judge, path, {"category": "linear"}, 0)
    assert not judge.found, "\n".join(judge.found)


PUBLIC = {
    "linear": ("BTCUSDT", [
        ("public/orderbook", "orderbook.1.{}", 0), ("public/orderbook", "orderbook.50.{}", 0),
        ("public/full-ob", "orderbook.full.{}", 0), ("public/orderbook-rpi", "orderbook.rpi.{}", 0),
        ("public/trade", "publicTrade.{}", 0), ("public/ticker", "tickers.{}", 0), ("public/kline", "kline.1.{}", 0),
        ("public/all-liquidation", "allLiquidation.{}", 0), ("public/order-price-limit", "priceLimit.{}", 0),
        ("public/insurance-pool", "insurance.USDT", 0), ("public/adl-alert", "adlAlert.USDT", 0),
    ]),
    "spot": ("BTCUSDT", [
        ("public/orderbook", "orderbook.200.{}", 0), ("public/trade", "publicTrade.{}", 0),
        ("public/ticker", "tickers.{}", 2), ("public/kline", "kline.5.{}", 0),
        ("public/order-price-limit", "priceLimit.{}", 0),
    ]),
    "inverse": ("BTCUSD", [("public/ticker", "tickers.{}", 0), ("public/trade", "publicTrade.{}", 0)]),
    "option": ("", [
        ("public/orderbook", "orderbook.25.{}", 0), ("public/ticker", "tickers.{}", 1),
        ("public/trade", "publicTrade.BTC", 0),
    ]),
}  # fmt: skip
PRIVATE = {
    "order": "private/order",
    "execution": "private/execution",
    "execution.fast": "private/fast-execution",
    "position": "private/position",
    "wallet": "private/wallet",
    "greeks": "private/greek",
}


async def read_all(socket):
    """Read what has been sent: everything before the answer to a ping."""
    await socket.send(op="ping", req_id="q")
    frames = []
    while True:
        frame = (await socket.socket.receive(5)).data
        message = json.loads(frame)
        if message.get("op") in ("ping", "pong"):
            return frames
        if "topic" in message:
            frames.append((message, frame))


def hold(judge, channel, pages, frames):
    """Hold the first messages of each topic of one socket against its page."""
    seen = Counter()
    for message, frame in frames:
        seen[message["topic"]] += 1
        if seen[message["topic"]] > ENOUGH:
            continue
        page, part = pages[message["topic"]]
        fields = message_of(page, part)
        rows = message["data"] if isinstance(message["data"], list) else [message["data"]]
        if message.get("type") != "delta" or "ticker" not in page:
            for row in rows:
                judge.judge(
                    f"{page.split('/')[1]} {message['topic']}",
                    fields,
                    {**message, "data": [row]},
                    row.get("category", channel),
                )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                decode_stream(channel, frame.encode() if isinstance(frame, str) else frame)
            except SchemaDriftWarning as drift:
                judge.found.append(f"{message['topic']}: {drift}")


async def test_messages_of_every_topic(world, session):
    client, option = world
    exchange = client.exchange
    poor = RawClient(exchange, session, exchange.new_account(usdt="1000"))
    await poor.done("/v5/position/set-leverage", **LINEAR, buyLeverage="100", sellLeverage="100")
    await poor.done("/v5/order/create", **LINEAR, side="Buy", orderType="Market", qty="0.5")
    judge = Judge(EXEMPT)
    heard = set()
    for channel, (symbol, topics) in PUBLIC.items():
        pages = {topic.format(symbol or option): (page, part) for page, topic, part in topics}
        async with client.socket(channel) as public, client.socket("private") as private:
            await private.login()
            await private.subscribe(*PRIVATE)
            await public.send(op="subscribe", args=list(pages))
            if channel == "linear":
                await trade(client, option)
                exchange.script.add(Crash(coin="BTC", at="0s", drop=0.05, over="2s"))
            elif channel == "option":
                order = {"category": "option", "symbol": option, "qty": "0.1", "orderType": "Market"}
                await client.done("/v5/order/create", **order, side="Buy", orderLinkId="o9")
            await exchange.advance("4s")
            frames = await read_all(public)
            hold(judge, channel, pages, frames)
            heard |= {message["topic"] for message, _ in frames}
            hold(judge, "private", {topic: (page, 0) for topic, page in PRIVATE.items()}, await read_all(private))
        assert set(pages) <= heard, set(pages) - heard
    assert not judge.found, "\n".join(judge.found)
