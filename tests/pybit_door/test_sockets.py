"""pybit's sockets and their interface here, side by side on one exchange."""

import asyncio
import copy
import itertools
import queue
import threading
import time

import pybit.unified_trading
import pytest

from bybit_async.pybit import WebSocket, WebSocketTrading
from bybit_async.pybit.exceptions import InvalidChannelTypeError, TopicMismatchError, UnauthorizedExceptionError
from bybit_async.simulator import Rule

from ..pybit_threads import closing, in_thread
from .shapes import assert_same_shape, shape

pytestmark = pytest.mark.usefixtures("pybit_addresses")


def drained(messages, wanted, timeout=10.0):
    while True:
        message = messages.get(timeout=timeout)
        if wanted(message):
            return message


def watch_public(socket):
    """Subscribe as pybit's examples do, and return the first messages of each topic."""
    books, trades, tickers, klines = (queue.Queue() for _ in range(4))
    socket.orderbook_stream(50, "BTCUSDT", lambda message: books.put(copy.deepcopy(message)))
    socket.trade_stream(symbol=["BTCUSDT"], callback=trades.put)
    socket.ticker_stream("BTCUSDT", lambda message: tickers.put(copy.deepcopy(message)))
    socket.kline_stream(interval=1, symbol="BTCUSDT", callback=klines.put)
    return (
        [books.get(timeout=10) for _ in range(15)],
        trades.get(timeout=10),
        [tickers.get(timeout=10) for _ in range(3)],
        klines.get(timeout=10),
    )


async def test_public_messages_are_the_same(exchange):
    def mine():
        with WebSocket("linear", environment=exchange.environment) as socket:
            return watch_public(socket)

    def pybits():
        with closing(pybit.unified_trading.WebSocket("linear", testnet=True, ping_timeout=0.2)) as socket:
            return watch_public(socket)

    mine_seen, their_seen = await asyncio.gather(in_thread(mine), in_thread(pybits))
    for own, their in zip(mine_seen[0], their_seen[0], strict=True):
        assert_same_shape(own, their)
    assert_same_shape(mine_seen[1], their_seen[1])
    for own, their in zip(mine_seen[2], their_seen[2], strict=True):
        assert_same_shape(own, their)
    assert_same_shape(mine_seen[3], their_seen[3])


async def test_books_are_sorted_and_follow_one_another(exchange):
    def session():
        books = queue.Queue()
        with WebSocket("linear", environment=exchange.environment) as socket:
            socket.orderbook_stream(50, "BTCUSDT", books.put)
            return [books.get(timeout=10) for _ in range(20)]

    seen = [message["data"] for message in await in_thread(session)]
    assert [book["u"] for book in seen] == list(range(seen[0]["u"], seen[0]["u"] + 20))
    for book in seen:
        bids, asks = ([float(price) for price, _ in book[side]] for side in ("b", "a"))
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]


def watch_account(socket, http):
    orders, fills, positions, wallets = (queue.Queue() for _ in range(4))
    socket.order_stream(orders.put)
    socket.execution_stream(fills.put)
    socket.position_stream(positions.put)
    socket.wallet_stream(wallets.put)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        # Neither interface tells when the topics are live: trade until something comes.
        http.place_order(category="linear", symbol="BTCUSDT", side="Sell", orderType="Market", qty="0.01")
        try:
            order = drained(orders, lambda message: message["data"][0]["orderStatus"] == "Filled", timeout=0.5)
        except queue.Empty:
            continue
        return order, fills.get(timeout=10), positions.get(timeout=10), wallets.get(timeout=10)
    raise AssertionError("no order was ever pushed")


async def test_private_messages_are_the_same(exchange, ours, credentials):
    def mine():
        with WebSocket(channel_type="private", environment=exchange.environment, **credentials) as socket:
            return watch_account(socket, ours)

    def pybits():
        options = {"channel_type": "private", "testnet": True, "ping_timeout": 0.2, **credentials}
        with closing(pybit.unified_trading.WebSocket(**options)) as socket:
            return watch_account(socket, ours)

    own = await in_thread(mine)
    their = await in_thread(pybits)
    for left, right in zip(own, their, strict=True):
        assert_same_shape(left, right)


def trade(socket):
    answers = queue.Queue()
    market = {"category": "linear", "symbol": "BTCUSDT"}
    socket.place_order(answers.put, **market, side="Buy", orderType="Market", qty="0.01")
    placed = answers.get(timeout=10)
    request = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "price": "30000", "qty": "0.01"}
    socket.place_batch_order(answers.put, answers.put, category="linear", request=[request, request])
    batch = answers.get(timeout=10)
    socket.place_order(None, answers.put, **market, side="Buy", orderType="Limit", qty="100", price="50000")
    refused = answers.get(timeout=10)
    return placed, batch, refused


async def test_orders_over_the_socket_are_answered_the_same(exchange, credentials):
    def mine():
        with WebSocketTrading(environment=exchange.environment, **credentials) as socket:
            return trade(socket)

    def pybits():
        options = {"testnet": True, "ping_timeout": 0.2, **credentials}
        with closing(pybit.unified_trading.WebSocketTrading(**options)) as socket:
            # pybit sends at once, authenticated or not.
            deadline = time.monotonic() + 5
            while not socket.auth and time.monotonic() < deadline:
                time.sleep(0.01)
            return trade(socket)

    own = await in_thread(mine)
    their = await in_thread(pybits)
    for left, right in zip(own, their, strict=True):
        assert shape(left) == shape(right)
    assert [answer["retCode"] for answer in own] == [answer["retCode"] for answer in their]


async def test_callbacks_survive_a_failing_one_and_never_overlap(exchange, caplog):
    inside, most, calls = 0, 0, 0
    enough = threading.Event()

    def callback(message):
        nonlocal inside, most, calls
        inside += 1
        most = max(most, inside)
        calls += 1
        time.sleep(0.002)
        inside -= 1
        if calls > 20:
            enough.set()
        if calls % 3 == 0:
            raise ValueError("mine")

    def session():
        with WebSocket("linear", environment=exchange.environment) as socket:
            socket.orderbook_stream(50, "BTCUSDT", callback)
            socket.ticker_stream("BTCUSDT", callback)
            assert enough.wait(10)

    await in_thread(session)
    assert most == 1
    assert "mine" in caplog.text


async def test_a_lost_connection_comes_back_with_whole_books(exchange):
    books = queue.Queue()

    def watch():
        with WebSocket("linear", environment=exchange.environment) as socket:
            socket.orderbook_stream(50, "BTCUSDT", books.put)
            first = books.get(timeout=10)["data"]
            asyncio.run_coroutine_threadsafe(drop(), loop).result(5)
            later = drained(books, lambda message: message["data"]["u"] > first["u"] + 20)["data"]
            assert socket.is_connected()
            return later

    async def drop():
        assert exchange.drop_connections("linear") == 1

    loop = asyncio.get_running_loop()
    later = await in_thread(watch)
    assert len(later["b"]) == len(later["a"]) == 50


async def test_topics_are_listed_ended_and_not_doubled(exchange):
    def session():
        with WebSocket("linear", environment=exchange.environment) as socket:
            socket.trade_stream("BTCUSDT", print)
            with pytest.raises(Exception, match="already subscribed"):
                socket.trade_stream("BTCUSDT", print)
            assert socket.get_subscription_topics() == ["publicTrade.BTCUSDT"]
            socket.unsubscribe("publicTrade.BTCUSDT")
            assert socket.get_subscription_topics() == []
            with pytest.raises(TopicMismatchError):
                socket.order_stream(print)

    await in_thread(session)


def test_wrong_channels_and_missing_keys_are_refused_as_pybit_does():
    with pytest.raises(InvalidChannelTypeError):
        WebSocket("futures")
    with pytest.raises(UnauthorizedExceptionError):
        WebSocket("private")
    with pytest.raises(UnauthorizedExceptionError):
        WebSocketTrading(testnet=True)


async def test_nothing_is_given_of_a_book_that_misses_a_message(exchange):
    exchange.faults.add(Rule(topic="orderbook.50.BTCUSDT", nth=6, action="drop"))
    books = queue.Queue()

    def watch():
        with WebSocket("linear", environment=exchange.environment) as socket:
            socket.orderbook_stream(50, "BTCUSDT", books.put)
            return [books.get(timeout=10)["data"] for _ in range(20)]

    seen = await in_thread(watch)
    numbers = [book["u"] for book in seen]
    jumps = [later - earlier for earlier, later in itertools.pairwise(numbers) if later != earlier + 1]
    assert len(jumps) == 1
    assert len(exchange.faults.fired) == 1
    for book in seen:
        assert len(book["b"]) == len(book["a"]) == 50
        assert float(book["b"][0][0]) < float(book["a"][0][0])


async def test_an_order_whose_answer_is_lost_is_reported_once_and_exists_at_most_once(exchange, credentials):
    exchange.faults.add(Rule(path="order.create", nth=1, action="reset"))
    answers = queue.Queue()

    def send():
        with WebSocketTrading(recv_window=3000, environment=exchange.environment, **credentials) as socket:
            order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "0.01"}
            socket.place_order(lambda m: answers.put(("fine", m)), lambda m: answers.put(("error", m)), **order)
            first = answers.get(timeout=20)
            socket.place_order(lambda m: answers.put(("fine", m)), lambda m: answers.put(("error", m)), **order)
            return first, answers.get(timeout=20)

    (kind, message), (after, _) = await in_thread(send)
    orders = list(exchange.orders)
    if kind == "fine":
        assert message["data"]["orderId"] in {order.order_id for order in orders}
        assert len(orders) == 2
    else:
        assert message["retCode"] == 10016
        assert message["data"]["orderLinkId"]
        assert len(orders) <= 2
    assert after == "fine"
    assert answers.empty()
