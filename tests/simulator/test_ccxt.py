"""ccxt, taken from PyPI and untouched but for its addresses, believes the simulated exchange."""

import asyncio
import itertools

import pytest

ccxt = pytest.importorskip("ccxt")
ccxt_async = pytest.importorskip("ccxt.async_support")
ccxt_pro = pytest.importorskip("ccxt.pro")

SYMBOL = "BTC/USDT:USDT"


def redirect(client, exchange):
    """Point every address of a ccxt client at the simulated exchange."""

    def local(tree):
        if isinstance(tree, dict):
            return {name: local(branch) for name, branch in tree.items()}
        path = tree.split("}", 1)[1] if "}" in tree else tree.split(".com", 1)[-1]
        scheme = "ws" if tree.startswith("ws") else "http"
        return f"{scheme}://127.0.0.1:{exchange.port}{path}"

    client.urls["api"] = local(client.urls["api"])
    client.options["fetchMarkets"]["types"] = ["spot", "linear", "inverse", "option"]
    client.options["fetchMarkets"]["options"] = {"baseCoins": {"BTC": 1}}
    return client


@pytest.fixture
async def rest(exchange):
    credentials = exchange.new_account(usdt="100000", coins={"BTC": "1"})
    settings = {"apiKey": credentials["api_key"], "secret": credentials["api_secret"], "enableRateLimit": False}
    client = redirect(ccxt_async.bybit(settings), exchange)
    yield client
    await client.close()


@pytest.fixture
async def pro(exchange):
    credentials = exchange.new_account(usdt="100000", coins={"BTC": "1"})
    settings = {"apiKey": credentials["api_key"], "secret": credentials["api_secret"], "enableRateLimit": False}
    client = redirect(ccxt_pro.bybit(settings), exchange)
    yield client
    await client.close()


async def test_ccxt_loads_markets_and_reads_them(rest):
    markets = await rest.load_markets()
    assert {"BTC/USDT", SYMBOL, "BTC/USD:BTC"} <= set(markets)
    assert markets[SYMBOL]["precision"]["price"] == 0.1
    ticker = await rest.fetch_ticker(SYMBOL)
    assert ticker["bid"] < ticker["ask"]
    book = await rest.fetch_order_book(SYMBOL, 50)
    assert len(book["bids"]) == len(book["asks"]) == 50
    candles = await rest.fetch_ohlcv(SYMBOL, "1h", limit=100)
    assert [newer[0] - older[0] for older, newer in itertools.pairwise(candles)] == [3_600_000] * 99
    rates = await rest.fetch_funding_rate_history(SYMBOL, limit=10)
    assert len(rates) == 10
    interest = await rest.fetch_open_interest_history(SYMBOL, "1h", limit=10)
    assert all(entry["openInterestAmount"] > 0 for entry in interest)
    assert (await rest.fetch_tickers([SYMBOL]))[SYMBOL]["last"] > 0


async def test_ccxt_trades(rest, exchange):
    await rest.load_markets()
    balance = await rest.fetch_balance()
    assert balance["USDT"]["total"] == 100_000
    await rest.set_leverage(15, SYMBOL)
    price = (await rest.fetch_ticker(SYMBOL))["last"]
    order = await rest.create_order(SYMBOL, "limit", "buy", 0.05, round(price * 0.97))
    opened = await rest.fetch_open_orders(SYMBOL)
    assert [entry["id"] for entry in opened] == [order["id"]]
    await rest.edit_order(order["id"], SYMBOL, "limit", "buy", 0.06, round(price * 0.96))
    assert (await rest.fetch_open_order(order["id"], SYMBOL))["amount"] == 0.06
    await rest.cancel_order(order["id"], SYMBOL)
    assert await rest.fetch_open_orders(SYMBOL) == []
    await rest.create_order(SYMBOL, "market", "buy", 0.1)
    position = await rest.fetch_position(SYMBOL)
    assert (position["contracts"], position["side"], position["leverage"]) == (0.1, "long", 15)
    trades = await rest.fetch_my_trades(SYMBOL)
    assert sum(trade["amount"] for trade in trades) == pytest.approx(0.1)
    closed = await rest.fetch_closed_orders(SYMBOL)
    assert closed[-1]["status"] == "closed"
    exchange.engine.audit()


async def test_ccxt_places_conditional_orders_and_exits(rest):
    await rest.load_markets()
    price = (await rest.fetch_ticker(SYMBOL))["last"]
    stop = await rest.create_order(
        SYMBOL, "market", "sell", 0.05, None, {"triggerPrice": round(price * 0.9), "triggerDirection": "descending"}
    )
    waiting = await rest.fetch_open_orders(SYMBOL, params={"trigger": True})
    assert [order["id"] for order in waiting] == [stop["id"]]
    await rest.cancel_order(stop["id"], SYMBOL, {"trigger": True})
    exits = {
        "takeProfit": {"triggerPrice": round(price * 1.05)},
        "stopLoss": {"triggerPrice": round(price * 0.95)},
    }
    await rest.create_order(SYMBOL, "market", "buy", 0.05, None, exits)
    position = await rest.fetch_position(SYMBOL)
    assert position["takeProfitPrice"] == round(price * 1.05)
    assert position["stopLossPrice"] == round(price * 0.95)


async def test_ccxt_trades_spot(rest):
    await rest.load_markets()
    await rest.create_market_buy_order_with_cost("BTC/USDT", 500)
    balance = await rest.fetch_balance()
    assert balance["BTC"]["total"] > 1
    assert balance["USDT"]["total"] < 99_501
    with pytest.raises(ccxt.InsufficientFunds):
        await rest.create_order("BTC/USDT", "limit", "sell", 50, 200_000)


async def test_ccxt_pro_watches_the_market(pro):
    await pro.load_markets()
    book = await pro.watch_order_book(SYMBOL, 50)
    for _ in range(5):
        book = await pro.watch_order_book(SYMBOL, 50)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert (await pro.watch_trades(SYMBOL))[-1]["symbol"] == SYMBOL
    assert (await pro.watch_ticker(SYMBOL))["last"] > 0
    assert (await pro.watch_ohlcv(SYMBOL, "1m"))[-1][4] > 0


async def test_ccxt_pro_watches_its_own_account_and_trades_over_the_socket(pro):
    await pro.load_markets()
    watching = asyncio.gather(pro.watch_orders(SYMBOL), pro.watch_my_trades(SYMBOL))
    # ccxt authenticates and subscribes lazily: orders are placed until the first one is told.
    for _ in range(50):
        await pro.create_order_ws(SYMBOL, "market", "buy", 0.01)
        done, _ = await asyncio.wait([watching], timeout=0.2)
        if done:
            break
    orders, trades = await asyncio.wait_for(watching, 10)
    assert orders[-1]["symbol"] == trades[-1]["symbol"] == SYMBOL
