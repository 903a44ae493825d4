"""pybit, taken from PyPI and untouched but for its addresses and one race of its own, believes this exchange."""

import asyncio
import copy
import queue
import threading
import time

import pybit.unified_trading
import pytest
from pybit import _websocket_trading
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.market.selection import default_instruments

from ..pybit_threads import closing, hold_messages_while_sending, in_thread
from .raw_client import eventually


@pytest.fixture
async def exchange():
    settings = MarketSettings(step=40)
    listed = default_instruments(settings, 7, int(time.time() * 1000))
    options = [entry.symbol for entry in listed if entry.category == "option" and entry.base == "BTC"]
    symbols = ["BTCUSDT", "ETHUSDT", "XRPUSDT", "BTCUSD", *options[:2]]
    chosen = [entry for entry in listed if entry.symbol in symbols]
    async with SimulatedExchange(seed=7, instruments=chosen, market=settings) as exchange:
        yield exchange


@pytest.fixture(autouse=True)
def _addresses(exchange, monkeypatch):
    hold_messages_while_sending(monkeypatch)
    place = exchange.environment
    monkeypatch.setattr(pybit.unified_trading, "PUBLIC_WSS", place.public_url + "/{CHANNEL_TYPE}")
    monkeypatch.setattr(pybit.unified_trading, "PRIVATE_WSS", place.private_url)
    monkeypatch.setattr(_websocket_trading, "TRADE_WSS", place.trade_url)


@pytest.fixture
def credentials(exchange):
    return exchange.new_account(usdt="100000", coins={"BTC": "1"})


@pytest.fixture
def http(exchange, credentials):
    session = HTTP(**credentials)
    session.endpoint = exchange.environment.rest_url
    yield session
    session.client.close()


def drained(messages, wanted, timeout=10.0):
    while True:
        message = messages.get(timeout=timeout)
        if wanted(message):
            return message


async def test_pybit_reads_the_market(http):
    def session():
        ticker = http.get_tickers(category="linear", symbol="BTCUSDT")["result"]["list"][0]
        book = http.get_orderbook(category="linear", symbol="BTCUSDT", limit=50)["result"]
        klines = http.get_kline(category="spot", symbol="BTCUSDT", interval="D", limit=30)["result"]["list"]
        instruments = http.get_instruments_info(category="linear")["result"]["list"]
        server = http.get_server_time()["result"]
        return ticker, book, klines, instruments, server

    ticker, book, klines, instruments, server = await in_thread(session)
    assert float(ticker["bid1Price"]) < float(ticker["ask1Price"])
    assert len(book["b"]) == len(book["a"]) == 50
    assert float(book["b"][0][0]) < float(book["a"][0][0])
    assert len(klines) == 30
    assert {entry["symbol"] for entry in instruments} == {"BTCUSDT", "ETHUSDT", "XRPUSDT"}
    assert int(server["timeSecond"]) > 0


async def test_pybit_trades_over_http(http, exchange, credentials):
    def session():
        price = float(http.get_tickers(category="linear", symbol="BTCUSDT")["result"]["list"][0]["lastPrice"])
        resting = http.place_order(
            category="linear", symbol="BTCUSDT", side="Buy", orderType="Limit", qty="0.01", price=str(int(price * 0.97))
        )["result"]["orderId"]
        before = http.get_open_orders(category="linear", symbol="BTCUSDT")["result"]["list"]
        http.amend_order(category="linear", symbol="BTCUSDT", orderId=resting, qty="0.02")
        amended = http.get_open_orders(category="linear", symbol="BTCUSDT")["result"]["list"]
        http.cancel_order(category="linear", symbol="BTCUSDT", orderId=resting)
        after = http.get_open_orders(category="linear", symbol="BTCUSDT")["result"]["list"]
        http.set_leverage(category="linear", symbol="BTCUSDT", buyLeverage="20", sellLeverage="20")
        http.place_order(category="linear", symbol="BTCUSDT", side="Buy", orderType="Market", qty="0.05")
        position = http.get_positions(category="linear", symbol="BTCUSDT")["result"]["list"][0]
        wallet = http.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]
        fills = http.get_executions(category="linear")["result"]["list"]
        return resting, before, amended, after, position, wallet, fills

    resting, before, amended, after, position, wallet, fills = await in_thread(session)
    assert [order["orderId"] for order in before] == [resting]
    assert before[0]["orderStatus"] == "New"
    assert amended[0]["qty"] == "0.02"
    assert all(order["orderStatus"] == "Cancelled" for order in after)
    assert (position["side"], position["size"], position["leverage"]) == ("Buy", "0.05", "20")
    assert sum(float(fill["execQty"]) for fill in fills) == pytest.approx(0.05)
    assert float(wallet["totalEquity"]) > 100_000
    assert exchange.account(credentials["api_key"]).positions


async def test_pybit_reads_what_is_published_about_contracts(http):
    def session():
        linear = {"category": "linear", "symbol": "BTCUSDT"}
        return [
            http.get_mark_price_kline(**linear, interval="60", limit=10),
            http.get_index_price_kline(**linear, interval="60", limit=10),
            http.get_premium_index_price_kline(**linear, interval="60", limit=10),
            http.get_public_trade_history(**linear, limit=10),
            http.get_funding_rate_history(**linear, limit=10),
            http.get_open_interest(**linear, intervalTime="1h", limit=10),
            http.get_long_short_ratio(**linear, period="1h", limit=10),
            http.get_risk_limit(**linear),
            http.get_insurance(),
            http.get_rpi_orderbook(**linear, limit=10),
        ]

    answers = await in_thread(session)
    assert all(answer["retCode"] == 0 for answer in answers)
    assert [len(answer["result"]["list"]) for answer in answers[:3]] == [10] * 3
    assert [len(answer["result"]["list"]) for answer in answers[4:7]] == [10] * 3


async def test_pybit_places_conditional_and_batch_orders_and_exits(http):
    def session():
        linear = {"category": "linear", "symbol": "BTCUSDT"}
        price = float(http.get_tickers(**linear)["result"]["list"][0]["lastPrice"])
        at = {name: str(int(price * part)) for name, part in (("low", 0.9), ("under", 0.97), ("high", 1.1))}
        stop = http.place_order(
            **linear, side="Sell", orderType="Market", qty="0.01", triggerPrice=at["low"], triggerDirection=2
        )["result"]["orderId"]
        stops = http.get_open_orders(**linear, orderFilter="StopOrder")["result"]["list"]
        request = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": at["under"]}
        batch = http.place_batch_order(category="linear", request=[request, {**request, "qty": "0"}])
        http.place_order(
            **linear, side="Buy", orderType="Market", qty="0.02", takeProfit=at["high"], stopLoss=at["low"]
        )
        position = http.get_positions(**linear)["result"]["list"][0]
        http.set_trading_stop(**linear, tpslMode="Full", takeProfit="0", stopLoss="0", trailingStop="300")
        trailing = http.get_positions(**linear)["result"]["list"][0]
        http.cancel_all_orders(**linear)
        http.place_order(**linear, side="Sell", orderType="Market", qty="0.02", reduceOnly=True)
        closed = http.get_closed_pnl(category="linear")["result"]["list"]
        log = http.get_transaction_log(category="linear")["result"]["list"]
        return stop, stops, batch, at, position, trailing, closed, log

    stop, stops, batch, at, position, trailing, closed, log = await in_thread(session)
    assert [order["orderId"] for order in stops] == [stop]
    assert [item["code"] == 0 for item in batch["retExtInfo"]["list"]] == [True, False]
    assert (position["takeProfit"], position["stopLoss"]) == (at["high"], at["low"])
    assert (trailing["takeProfit"], trailing["trailingStop"]) == ("0", "300")
    assert [entry["closedSize"] for entry in closed] == ["0.02"]
    assert {"TRADE"} <= {entry["type"] for entry in log}


async def test_pybit_administers_accounts_and_moves_money(http, exchange, credentials):
    exchange.allow_withdrawals(credentials["api_key"], "0xabc")
    exchange.deposit(credentials["api_key"], "USDT", "250")

    def session():
        uid = http.create_sub_uid(username="bot", memberType=1)["result"]["uid"]
        key = http.create_sub_api_key(subuid=int(uid), readOnly=0, permissions={"Spot": ["SpotTrade"]})["result"]
        http.modify_sub_api_key(apikey=key["apiKey"], readOnly=1)
        listed = http.get_sub_uid_list()["result"]["subMembers"]
        http.create_internal_transfer(
            transferId="t1", coin="USDT", amount="50", fromAccountType="UNIFIED", toAccountType="FUND"
        )
        master = http.get_api_key_information()["result"]["userID"]
        http.create_universal_transfer(
            transferId="t2", coin="USDT", amount="20", fromAccountType="FUND", toAccountType="UNIFIED",
            fromMemberId=master, toMemberId=int(uid),
        )  # fmt: skip
        deposits = http.get_deposit_records()["result"]["rows"]
        address = http.get_master_deposit_address(coin="USDT", chainType="ETH")["result"]["chains"]
        sent = http.withdraw(
            coin="USDT", chain="ETH", address="0xabc", amount="100", timestamp=exchange.clock.now_ms(),
            accountType="FUND",
        )["result"]["id"]  # fmt: skip
        http.cancel_withdrawal(id=sent)
        withdrawals = http.get_withdrawal_records(withdrawID=sent)["result"]["rows"]
        fund = http.get_coin_balance(accountType="FUND", coin="USDT")["result"]["balance"]
        http.freeze_sub_uid(subuid=int(uid), frozen=1)
        frozen = HTTP(api_key=key["apiKey"], api_secret=key["secret"])
        frozen.endpoint = http.endpoint
        with pytest.raises(InvalidRequestError) as caught:
            frozen.get_api_key_information()
        frozen.client.close()
        return uid, listed, deposits, address, withdrawals, fund, caught.value.status_code

    uid, listed, deposits, address, withdrawals, fund, code = await in_thread(session)
    assert [member["uid"] for member in listed] == [uid]
    assert [entry["amount"] for entry in deposits] == ["250"]
    assert deposits[0]["toAddress"] == address[0]["addressDeposit"]
    assert [entry["status"] for entry in withdrawals] == ["CancelByUser"]
    assert fund["walletBalance"] == "280"
    assert code == 10008
    exchange.engine.audit()


async def test_pybit_raises_the_exchanges_refusals(http):
    def refused():
        with pytest.raises(InvalidRequestError) as caught:
            http.place_order(
                category="linear", symbol="BTCUSDT", side="Buy", orderType="Limit", qty="100", price="50000"
            )
        return caught.value.status_code

    assert await in_thread(refused) in (110003, 110007)


async def test_pybit_receives_books_trades_and_tickers():
    books, trades, tickers = queue.Queue(), queue.Queue(), queue.Queue()

    def session():
        with closing(WebSocket(channel_type="linear", testnet=True, ping_timeout=0.2)) as socket:
            # pybit hands out the same dict every time: what is wanted of it is read at once.
            socket.orderbook_stream(50, "BTCUSDT", lambda message: books.put(copy.deepcopy(message["data"])))
            socket.trade_stream("BTCUSDT", trades.put)
            socket.ticker_stream("BTCUSDT", tickers.put)
            return [books.get(timeout=10) for _ in range(15)], trades.get(timeout=10), tickers.get(timeout=10)

    seen, trade, ticker = await in_thread(session)
    ids = [book["u"] for book in seen]
    assert ids == list(range(ids[0], ids[0] + 15))
    last = seen[-1]
    assert max(float(level[0]) for level in last["b"]) < min(float(level[0]) for level in last["a"])
    assert trade["data"][0]["s"] == "BTCUSDT"
    assert ticker["data"]["symbol"] == "BTCUSDT"


@pytest.mark.parametrize(("channel", "symbol"), [("linear", "BTCUSDT"), ("inverse", "BTCUSD"), ("spot", "BTCUSDT")])
async def test_pybit_receives_every_public_topic(channel, symbol):
    got = {name: queue.Queue() for name in ("book", "deep", "rpi", "trade", "ticker", "candle", "limit")}

    def session():
        with closing(WebSocket(channel_type=channel, testnet=True, ping_timeout=0.2)) as socket:
            socket.orderbook_stream(1, symbol, lambda message: got["book"].put(copy.deepcopy(message)))
            socket.orderbook_stream(200, symbol, lambda message: got["deep"].put(copy.deepcopy(message)))
            socket.rpi_orderbook_stream(symbol, lambda message: got["rpi"].put(copy.deepcopy(message)))
            socket.trade_stream(symbol, got["trade"].put)
            socket.ticker_stream(symbol, got["ticker"].put)
            socket.kline_stream(1, symbol, got["candle"].put)
            socket.price_limit_stream(symbol, got["limit"].put)
            return {name: messages.get(timeout=10) for name, messages in got.items()}

    seen = await in_thread(session)
    assert [len(seen[name]["data"]["b"]) for name in ("book", "deep", "rpi")] == [1, 200, 50]
    assert {len(level) for level in seen["rpi"]["data"]["a"]} == {3}
    assert seen["trade"]["data"][0]["s"] == seen["ticker"]["data"]["symbol"] == symbol
    assert float(seen["candle"]["data"][0]["high"]) >= float(seen["candle"]["data"][0]["low"])
    assert float(seen["limit"]["data"]["sellLmt"]) < float(seen["limit"]["data"]["buyLmt"])


async def test_pybit_trades_options_and_receives_their_topics(http, exchange, credentials):
    symbol = next(name for category, name in exchange.engine.listings if category == "option")
    books, tickers, fills, greeks = (queue.Queue() for _ in range(4))

    def session():
        with (
            closing(WebSocket(channel_type="option", testnet=True, ping_timeout=0.2)) as public,
            closing(WebSocket(channel_type="private", testnet=True, ping_timeout=0.2, **credentials)) as private,
        ):
            public.orderbook_stream(25, symbol, lambda message: books.put(copy.deepcopy(message["data"])))
            public.ticker_stream(symbol, tickers.put)
            private.execution_stream(fills.put)
            private.greek_stream(greeks.put)
            book, ticker = books.get(timeout=10), tickers.get(timeout=10)
            order = {"category": "option", "symbol": symbol, "side": "Buy", "qty": "0.1", "orderType": "Limit"}
            # Neither topic tells when it is live: buy until it says so.
            for number in range(20):
                http.place_order(**order, price=book["a"][0][0], orderLinkId=f"o{number}", timeInForce="IOC")
                try:
                    fill = fills.get(timeout=0.5)
                except queue.Empty:
                    book = books.get(timeout=10)
                    continue
                return ticker, fill, greeks.get(timeout=10), http.get_positions(category="option")["result"]["list"]
            raise AssertionError("no fill was ever pushed")

    ticker, fill, greek, positions = await in_thread(session)
    assert ticker["data"]["symbol"] == fill["data"][0]["symbol"] == positions[0]["symbol"] == symbol
    assert greek["data"][0]["baseCoin"] == "BTC"


async def test_pybit_trades_spot_and_inverse(http, exchange):
    def session():
        spot = {"category": "spot", "symbol": "BTCUSDT"}
        http.place_order(**spot, side="Buy", orderType="Market", qty="500", marketUnit="quoteCoin")
        bought = http.get_order_history(**spot)["result"]["list"][0]
        price = float(http.get_tickers(**spot)["result"]["list"][0]["lastPrice"])
        bracket = http.place_order(
            **spot, side="Buy", orderType="Market", qty="0.01", marketUnit="baseCoin",
            takeProfit=f"{price * 1.1:.1f}", stopLoss=f"{price * 0.9:.1f}",
        )["result"]["orderId"]  # fmt: skip
        exits = http.get_open_orders(**spot)["result"]["list"]
        inverse = {"category": "inverse", "symbol": "BTCUSD"}
        http.set_leverage(**inverse, buyLeverage="3", sellLeverage="3")
        http.place_order(**inverse, side="Sell", orderType="Market", qty="100")
        position = http.get_positions(**inverse)["result"]["list"][0]
        http.place_order(**inverse, side="Buy", orderType="Market", qty="100", reduceOnly=True)
        fills = http.get_executions(**inverse)["result"]["list"]
        fees = http.get_fee_rates(category="spot", symbol="BTCUSDT")["result"]["list"][0]
        http.switch_position_mode(category="linear", coin="USDT", mode=3)
        linear = {"category": "linear", "symbol": "ETHUSDT", "orderType": "Market", "qty": "0.1"}
        http.place_order(**linear, side="Buy", positionIdx=1)
        http.place_order(**linear, side="Sell", positionIdx=2)
        hedged = http.get_positions(category="linear", symbol="ETHUSDT")["result"]["list"]
        return bought, bracket, exits, position, fills, fees, hedged

    bought, bracket, exits, position, fills, fees, hedged = await in_thread(session)
    assert (bought["orderStatus"], bought["marketUnit"]) == ("Filled", "quoteCoin")
    assert 499 < float(bought["cumExecValue"]) <= 500
    assert {order["stopOrderType"] for order in exits} == {"OcoOrder"}
    assert bracket not in {order["orderId"] for order in exits}
    assert (position["side"], position["size"], position["leverage"]) == ("Sell", "100", "3")
    assert {fill["side"] for fill in fills} == {"Buy", "Sell"}
    assert (fees["takerFeeRate"], fees["makerFeeRate"]) == ("0.001", "0.001")
    assert [(leg["positionIdx"], leg["side"]) for leg in hedged] == [(1, "Buy"), (2, "Sell")]
    exchange.engine.audit()


async def test_pybit_receives_its_own_orders_fills_position_and_wallet(http, credentials, exchange):
    orders, fills, positions, wallets = (queue.Queue() for _ in range(4))
    wanted = {"order", "execution", "position", "wallet"}
    ready = threading.Event()

    async def watch():
        await eventually(lambda: any(wanted <= connection.topics for connection in exchange.connections))
        ready.set()

    def session():
        with closing(WebSocket(channel_type="private", testnet=True, ping_timeout=0.2, **credentials)) as socket:
            socket.order_stream(orders.put)
            socket.execution_stream(fills.put)
            socket.position_stream(positions.put)
            socket.wallet_stream(wallets.put)
            ready.wait(10)
            http.place_order(category="linear", symbol="BTCUSDT", side="Sell", orderType="Market", qty="0.01")
            order = drained(orders, lambda message: message["data"][0]["orderStatus"] == "Filled")
            return order, fills.get(timeout=10), positions.get(timeout=10), wallets.get(timeout=10)

    (order, fill, position, wallet), _ = await asyncio.gather(in_thread(session), watch())
    assert order["topic"] == "order"
    assert fill["data"][0]["symbol"] == "BTCUSDT"
    assert position["data"][0]["side"] == "Sell"
    assert wallet["data"][0]["accountType"] == "UNIFIED"


async def test_pybit_places_orders_over_the_trading_socket(credentials, exchange):
    answers = queue.Queue()

    def session():
        with closing(WebSocketTrading(testnet=True, ping_timeout=0.2, **credentials)) as socket:
            socket.place_order(
                answers.put,
                answers.put,
                category="linear",
                symbol="BTCUSDT",
                side="Buy",
                orderType="Market",
                qty="0.01",
            )
            placed = answers.get(timeout=10)
            request = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "price": "1", "qty": "0.01"}
            socket.place_batch_order(answers.put, answers.put, category="linear", request=[request, request])
            batch = answers.get(timeout=10)
            linear = {"category": "linear", "symbol": "BTCUSDT"}
            price = str(int(exchange.engine.listing(*linear.values()).mark_price * 97 // 100))
            resting = {**linear, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price}
            socket.place_order(answers.put, answers.put, **resting)
            name = answers.get(timeout=10)["data"]["orderId"]
            socket.amend_order(answers.put, answers.put, **linear, orderId=name, qty="0.02")
            amended = answers.get(timeout=10)
            socket.cancel_order(answers.put, answers.put, **linear, orderId=name)
            return placed, batch, amended, answers.get(timeout=10)

    placed, batch, amended, cancelled = await in_thread(session)
    assert (amended["op"], amended["retCode"]) == ("order.amend", 0)
    assert (cancelled["op"], cancelled["retCode"]) == ("order.cancel", 0)
    ended = next(order for order in exchange.orders if order.order_id == cancelled["data"]["orderId"])
    assert (ended.status, str(ended.qty)) == ("Cancelled", "0.02")
    assert placed["retCode"] == 0
    assert placed["op"] == "order.create"
    assert [order.order_id for order in exchange.orders if order.order_id == placed["data"]["orderId"]]
    assert len(batch["data"]["list"]) == len(batch["retExtInfo"]["list"]) == 2
