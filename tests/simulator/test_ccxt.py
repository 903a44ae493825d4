"""ccxt, taken from PyPI and untouched but for its addresses, believes the simulated exchange."""

import asyncio
import itertools

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange
from tests.simulator.ccxt_clients import SYMBOL, ccxt_async, ccxt_pro, redirect

ccxt = pytest.importorskip("ccxt")


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


async def test_ccxt_reads_what_is_known_of_contracts(rest):
    await rest.load_markets()
    assert (await rest.fetch_funding_rate(SYMBOL))["fundingRate"] is not None
    assert (await rest.fetch_open_interest(SYMBOL))["openInterestAmount"] > 0
    tiers = await rest.fetch_market_leverage_tiers(SYMBOL)
    assert [tier["maxLeverage"] for tier in tiers] == sorted((tier["maxLeverage"] for tier in tiers), reverse=True)
    for read in (rest.fetch_ohlcv, rest.fetch_mark_ohlcv, rest.fetch_index_ohlcv):
        assert len(await read(SYMBOL, "1d", limit=30)) == 30
    assert len(await rest.fetch_premium_index_ohlcv(SYMBOL, "1m", limit=30)) == 30
    trades = await rest.fetch_trades(SYMBOL)
    assert {trade["symbol"] for trade in trades} <= {SYMBOL}
    assert (await rest.fetch_bids_asks([SYMBOL]))[SYMBOL]["bid"] > 0
    assert (await rest.fetch_trading_fee(SYMBOL))["taker"] == 0.00055
    assert (await rest.fetch_trading_fees())[SYMBOL]["maker"] == 0.0002
    ratios = await rest.fetch_long_short_ratio_history(SYMBOL, "1h", limit=10)
    assert all(entry["longShortRatio"] > 0 for entry in ratios)
    assert {"BTC", "USDT"} <= set(await rest.fetch_currencies())


async def test_ccxt_places_amends_and_cancels_several_orders_at_once(rest):
    await rest.load_markets()
    price = round((await rest.fetch_ticker(SYMBOL))["last"] * 0.97)
    order = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": price}
    placed = await rest.create_orders([order, order])
    ids = [entry["id"] for entry in placed]
    await rest.edit_orders([{**order, "id": ids[0], "amount": 0.03}])
    opened = {entry["id"]: entry["amount"] for entry in await rest.fetch_open_orders(SYMBOL)}
    assert opened == {ids[0]: 0.03, ids[1]: 0.01}
    await rest.cancel_orders([ids[0]], SYMBOL)
    cancelled = await rest.fetch_canceled_orders(SYMBOL)
    assert [entry["id"] for entry in cancelled] == [ids[0]]
    await rest.create_order(SYMBOL, "limit", "buy", 0.01, price, {"timeInForce": "PO", "clientOrderId": "mine"})
    assert len(await rest.cancel_all_orders(SYMBOL)) == 2
    assert await rest.fetch_open_orders(SYMBOL) == []


async def test_ccxt_closes_a_position_by_its_exits_and_reads_what_became_of_it(rest):
    await rest.load_markets()
    price = (await rest.fetch_ticker(SYMBOL))["last"]
    bought = await rest.create_order(SYMBOL, "market", "buy", 0.1)
    fills = await rest.fetch_order_trades(bought["id"], SYMBOL)
    assert sum(fill["amount"] for fill in fills) == pytest.approx(0.1)
    await rest.create_trailing_amount_order(SYMBOL, "market", "sell", 0.1, None, 500)
    closing = {"reduceOnly": True}
    stop = await rest.create_order(
        SYMBOL, "market", "sell", 0.05, None, {"stopLossPrice": round(price * 0.9), **closing}
    )
    target = await rest.create_order(
        SYMBOL, "limit", "sell", 0.05, round(price * 1.1), {"takeProfitPrice": round(price * 1.1), **closing}
    )
    waiting = {entry["id"]: entry for entry in await rest.fetch_open_orders(SYMBOL, params={"trigger": True})}
    assert {stop["id"], target["id"]} < set(waiting)
    assert waiting[stop["id"]]["triggerPrice"] == round(price * 0.9)
    assert (await rest.fetch_positions([SYMBOL]))[0]["contracts"] == 0.1
    await rest.create_order(SYMBOL, "market", "sell", 0.1, None, closing)
    assert [entry["contracts"] for entry in await rest.fetch_positions([SYMBOL])] in ([], [0])
    closed = await rest.fetch_positions_history([SYMBOL])
    assert sum(entry["contracts"] for entry in closed) == pytest.approx(0.1)
    assert "trade" in {entry["type"] for entry in await rest.fetch_ledger("USDT")}
    with pytest.raises(ccxt.NoChange):
        await rest.set_position_mode(False, SYMBOL)


async def test_ccxt_moves_money(rest, exchange):
    await rest.load_markets()
    exchange.allow_withdrawals(rest.apiKey, "0xabc0000000000000000000000000000000000000")
    exchange.deposit(rest.apiKey, "USDT", "500")
    assert [entry["amount"] for entry in await rest.fetch_deposits("USDT")] == [500]
    assert (await rest.fetch_deposit_addresses_by_network("USDT"))["TRC20"]["address"]
    await rest.transfer("USDT", 10, "unified", "funding")
    assert [entry["amount"] for entry in await rest.fetch_transfers("USDT")] == [10]
    assert (await rest.fetch_balance({"type": "funding"}))["USDT"]["total"] == 510
    target = "0xabc0000000000000000000000000000000000000"
    await rest.withdraw("USDT", 50, target, params={"network": "ERC20", "accountType": "FUND"})
    (withdrawal,) = await rest.fetch_withdrawals("USDT")
    assert (withdrawal["amount"], withdrawal["status"], withdrawal["addressTo"]) == (50, "pending", target)
    await exchange.advance("61s")
    await rest.load_time_difference()
    assert (await rest.fetch_withdrawals("USDT"))[0]["status"] == "ok"
    quote = await rest.fetch_convert_quote("USDT", "BTC", 100)
    await rest.create_convert_trade(quote["id"], "USDT", "BTC", 100)
    await exchange.advance("1s")
    await rest.load_time_difference()
    trade = await rest.fetch_convert_trade(quote["id"], None, {"accountType": "eb_convert_uta"})
    assert (trade["fromAmount"], trade["toCurrency"]) == (100, "BTC")
    assert [entry["id"] for entry in await rest.fetch_convert_trade_history()] == [quote["id"]]
    exchange.engine.audit()


async def test_ccxt_trades_options():
    settings = MarketSettings(step=200)
    async with SimulatedExchange(seed=7, market=settings) as exchange:
        credentials = exchange.new_account(usdt="100000")
        settings = {"apiKey": credentials["api_key"], "secret": credentials["api_secret"], "enableRateLimit": False}
        client = redirect(ccxt_async.bybit(settings), exchange)
        try:
            markets = await client.load_markets()
            chain = await client.fetch_option_chain("BTC")
            symbol = sorted(chain)[0]
            assert markets[symbol]["optionType"] in ("call", "put")
            assert (await client.fetch_greeks(symbol))["delta"] is not None
            assert await client.fetch_volatility_history("BTC")
            book = await client.fetch_order_book(symbol)
            order = await client.create_order(symbol, "limit", "buy", 0.01, book["bids"][-1][0])
            opened = await client.fetch_open_orders(symbol)
            assert [entry["id"] for entry in opened] == [order["id"]]
            await client.cancel_order(order["id"], symbol)
        finally:
            await client.close()


async def test_ccxt_pro_watches_the_market(pro):
    await pro.load_markets()
    book = await pro.watch_order_book(SYMBOL, 50)
    for _ in range(5):
        book = await pro.watch_order_book(SYMBOL, 50)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert (await pro.watch_trades(SYMBOL))[-1]["symbol"] == SYMBOL
    assert (await pro.watch_ticker(SYMBOL))["last"] > 0
    assert (await pro.watch_ohlcv(SYMBOL, "1m"))[-1][4] > 0
    assert (await pro.watch_ticker("BTC/USD:BTC"))["last"] > 0
    assert (await pro.watch_bids_asks([SYMBOL]))[SYMBOL]["ask"] > 0
    assert await pro.watch_trades_for_symbols([SYMBOL, "ETH/USDT:USDT"])
    assert (await pro.watch_order_book_for_symbols([SYMBOL, "ETH/USDT:USDT"], 50))["bids"]
    assert await pro.un_watch_order_book(SYMBOL, {"limit": 50})


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USD:BTC"])
async def test_ccxt_pro_watches_spot_and_inverse(pro, symbol):
    await pro.load_markets()
    for limit in (1, 50, 200, 1000):
        book = await pro.watch_order_book(symbol, limit)
        assert 0 < len(book["bids"]) <= limit
        assert book["bids"][0][0] < book["asks"][0][0]
        await pro.un_watch_order_book(symbol, {"limit": limit})
    assert (await pro.watch_trades(symbol))[-1]["symbol"] == symbol
    assert (await pro.watch_ticker(symbol))["last"] > 0
    assert (await pro.watch_ohlcv(symbol, "5m"))[-1][4] > 0


async def test_ccxt_trades_inverse_and_hedged(rest, exchange):
    await rest.load_markets()
    inverse = "BTC/USD:BTC"
    await rest.set_leverage(4, inverse)
    await rest.create_order(inverse, "market", "sell", 100)
    position = await rest.fetch_position(inverse)
    assert (position["side"], position["contracts"], position["leverage"]) == ("short", 100, 4)
    await rest.create_order(inverse, "market", "buy", 100, None, {"reduceOnly": True})
    assert (await rest.fetch_position(inverse))["contracts"] in (0, None)
    await rest.set_position_mode(True, SYMBOL)
    await rest.create_order(SYMBOL, "market", "buy", 0.01, None, {"hedged": True})
    await rest.create_order(SYMBOL, "market", "sell", 0.02, None, {"hedged": True})
    legs = {leg["side"]: leg["contracts"] for leg in await rest.fetch_positions([SYMBOL])}
    assert legs == {"long": 0.01, "short": 0.02}
    await rest.set_margin_mode("isolated")
    with pytest.raises(ccxt.BaseError, match="110026"):
        await rest.set_margin_mode("isolated")
    assert (await rest.private_get_v5_account_info())["result"]["marginMode"] == "ISOLATED_MARGIN"
    exchange.engine.audit()


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


async def test_ccxt_pro_amends_and_cancels_over_the_socket_and_follows_its_balance(pro):
    await pro.load_markets()
    price = round((await pro.fetch_ticker(SYMBOL))["last"] * 0.97)
    order = await pro.create_order_ws(SYMBOL, "limit", "buy", 0.01, price)
    await pro.edit_order_ws(order["id"], SYMBOL, "limit", "buy", 0.02, price)
    assert (await pro.fetch_open_order(order["id"], SYMBOL))["amount"] == 0.02
    await pro.cancel_order_ws(order["id"], SYMBOL)
    assert await pro.fetch_open_orders(SYMBOL) == []
    # The first answer is what REST says; the next comes over the stream.
    await pro.watch_positions([SYMBOL])
    watching = asyncio.gather(pro.watch_positions([SYMBOL]), pro.watch_balance())
    for _ in range(50):
        await pro.create_order_ws(SYMBOL, "market", "buy", 0.01)
        done, _ = await asyncio.wait([watching], timeout=0.2)
        if done:
            break
    positions, balance = await asyncio.wait_for(watching, 10)
    assert positions[-1]["side"] == "long"
    assert balance["USDT"]["total"] < 100_000
