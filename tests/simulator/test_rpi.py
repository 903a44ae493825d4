"""Retail price improvement: quotes that only those who ask for them trade with."""

from decimal import Decimal

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.engine.wires import order_wire

from .raw_client import RawClient
from .trading import LINEAR, SPOT, Desk, code_of

D = Decimal


@pytest.fixture
def desk():
    """An approved maker (b) offers 1 at 60,000 by RPI; 1 at 60,000 and 1 at 60,001 are on sale for everybody."""
    desk = Desk(usdt="1000000")
    desk.b.rpi_maker = True
    desk.improving = desk.limit(desk.b, "Sell", "1", "60000", timeInForce="RPI")
    desk.limit(desk.b, "Sell", "1", "60000")
    desk.limit(desk.b, "Sell", "1", "60001")
    return desk


@pytest.mark.parametrize(("where", "code"), [(LINEAR, 110119), (SPOT, 170355)])
def test_only_approved_makers_place_rpi_orders(where, code):
    desk = Desk()
    assert code_of(desk.limit, desk.a, "Sell", "0.1", "61000", where, timeInForce="RPI") == code
    desk.a.rpi_maker = True
    order = desk.limit(desk.a, "Sell", "0.1", "61000", where, timeInForce="RPI")
    assert (order.status, order_wire(order)["timeInForce"]) == ("New", "RPI")
    assert code_of(desk.market, desk.a, "Sell", "0.1", where, timeInForce="RPI") == 10001


def test_rpi_orders_are_not_in_the_book(desk):
    assert desk.engine.listing(**LINEAR).depth(5)[1] == [(D(60000), D(1)), (D(60001), D(1))]
    assert desk.market(desk.a, "Buy", "2").avg_price == D("60000.5")
    assert desk.improving.filled == 0


def test_who_asks_trades_with_them_after_visible_orders_of_the_price(desk):
    first = desk.market(desk.a, "Buy", "1", rpiTakerAccess=True)
    assert (desk.improving.filled, order_wire(first)["rpiTakerAccess"]) == (0, False)
    order = desk.market(desk.a, "Buy", "1.5", rpiTakerAccess=True)
    # The RPI order's price is better than what is left of the book.
    assert order.filled_value == D(60000) + D("60001") / 2
    assert desk.improving.status == "Filled"
    wire = order_wire(order)
    assert (wire["rpiTakerAccess"], wire["rpiMatchedQty"]) == (True, "1")
    assert [trade.rpi for trade in desk.seen.trades] == [False, True, False]
    desk.engine.audit()


def test_the_limit_and_the_money_of_a_taker_bind_in_both_books(desk):
    spot = Desk(usdt="100000", btc="2")
    spot.b.rpi_maker = True
    spot.limit(spot.b, "Sell", "0.5", "60000", SPOT, timeInForce="RPI")
    spot.limit(spot.b, "Sell", "0.5", "60010", SPOT)
    order = spot.market(spot.a, "Buy", "36003", SPOT, marketUnit="quoteCoin", rpiTakerAccess=True)
    assert (order.status, order.filled) == ("Filled", D("0.600033"))
    limited = desk.limit(desk.a, "Buy", "5", "60000", timeInForce="IOC", rpiTakerAccess=True)
    assert limited.filled == 2


def test_fill_or_kill_counts_both_books(desk):
    order = {"timeInForce": "FOK", "rpiTakerAccess": True}
    assert desk.limit(desk.a, "Buy", "3.001", "60001", **order).filled == 0
    assert desk.limit(desk.a, "Buy", "3", "60001", timeInForce="FOK").filled == 0
    assert desk.limit(desk.a, "Buy", "3", "60001", **order).filled == 3


def test_rpi_orders_never_take_and_are_amended_and_cancelled_like_others(desk):
    crossing = desk.limit(desk.b, "Buy", "1", "60000", timeInForce="RPI")
    assert (crossing.status, crossing.reject_reason) == ("Cancelled", "EC_PostOnlyWillTakeLiquidity")
    desk.amend(desk.improving, price="59999", qty="0.4")
    order = desk.market(desk.a, "Buy", "0.1", rpiTakerAccess=True)
    assert (order.avg_price, desk.improving.leaves) == (D(59999), D("0.3"))
    desk.cancel(desk.improving)
    assert desk.market(desk.a, "Buy", "0.1", rpiTakerAccess=True).avg_price == 60000
    desk.engine.audit()


def test_a_delisting_ends_rpi_orders(desk):
    desk.engine.delist(**LINEAR)
    assert (desk.improving.status, desk.improving.resting) == ("Cancelled", None)
    desk.engine.audit()


async def test_simulated_makers_improve_prices_for_those_who_ask(session):
    async with SimulatedExchange(seed=7, manual=True, symbols=["BTCUSDT"]) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="10000000"))
        async with client.socket("linear") as socket:
            await socket.subscribe("orderbook.rpi.BTCUSDT", "publicTrade.BTCUSDT")
            book = (await socket.topic("orderbook.rpi.BTCUSDT", "snapshot"))["data"]
            assert all(D(price) > 0 and len(row) == 3 for row in book["a"] for price in row[:1])
            offered = sum(D(row[2]) for row in book["a"])
            assert offered > 0
            order = {**LINEAR, "side": "Buy", "orderType": "Market", "qty": "5", "rpiTakerAccess": True}
            placed = await client.done("/v5/order/create", **order)
            assert any(trade["RPI"] for trade in (await socket.topic("publicTrade.BTCUSDT"))["data"])
        [done] = (await client.result("/v5/order/history", category="linear", orderId=placed["orderId"]))["list"]
        assert (done["rpiTakerAccess"], D(done["rpiMatchedQty"])) == (True, offered)
        recent = (await client.result("/v5/market/recent-trade", **LINEAR, limit=60))["list"]
        assert sum(D(trade["size"]) for trade in recent if trade["isRPITrade"]) == offered
        await exchange.advance("1s")
        again = await client.result("/v5/market/rpi_orderbook", **LINEAR, limit=50)
        assert sum(D(row[2]) for row in again["a"]) > 0
        exchange.engine.audit()


async def test_an_account_is_approved_by_the_operator(session):
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(manual=True, symbols=["BTCUSDT"], market=settings) as exchange:
        keys = exchange.new_account(usdt="10000")
        client = RawClient(exchange, session, keys)
        path = "/v5/account/instruments-info"
        assert (await client.result(path, **LINEAR))["list"][0]["myRpiPermission"] is False
        exchange.allow_rpi(keys["api_key"])
        assert (await client.result(path, **LINEAR))["list"][0]["myRpiPermission"] is True
        price = str(round(exchange.engine.listing("linear", "BTCUSDT").mark_price) - 50)
        order = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price, "timeInForce": "RPI"}
        await client.done("/v5/order/create", **order)
        book = await client.result("/v5/market/rpi_orderbook", **LINEAR, limit=5)
        assert [[D(value) for value in row] for row in book["b"]] == [[D(price), 0, D("0.01")]]
        assert (await client.result("/v5/market/orderbook", **LINEAR, limit=5))["b"] == []
        # A visible order that reaches an RPI order does not trade with it, and hides it.
        seller = RawClient(exchange, session, exchange.new_account(usdt="10000"))
        await seller.done("/v5/order/create", **{**order, "side": "Sell", "timeInForce": "GTC"})
        book = await client.result("/v5/market/rpi_orderbook", **LINEAR, limit=5)
        assert (book["b"], [[D(value) for value in row] for row in book["a"]]) == ([], [[D(price), D("0.01"), 0]])
