"""Spot trading: balances, locks, orders by value, fees in what is received."""

from decimal import Decimal

import pytest

from bybit_async.simulator.engine.wires import order_wire

from .trading import SPOT, Desk, code_of

D = Decimal


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.engine.audit()


def test_coins_change_hands_and_each_side_pays_its_fee_in_what_it_receives(desk):
    desk.limit(desk.a, "Buy", "0.5", "60000", SPOT)
    order = desk.limit(desk.b, "Sell", "0.5", "60000", SPOT)
    assert desk.balance(desk.a, "BTC") == D("2.5") - D("0.0005")
    assert desk.balance(desk.a) == D(70000)
    assert desk.balance(desk.b) == D(130000) - D(30)
    assert order_wire(order)["cumFeeDetail"] == {"USDT": "30"}
    entries = desk.engine.transaction_log(desk.a, {"type": "TRADE"})
    assert {(entry.currency, entry.change) for entry in entries} == {
        ("USDT", D(-30000)),
        ("BTC", D("0.4995")),
    }


def test_open_orders_lock_coins_and_give_them_back(desk):
    order = desk.limit(desk.a, "Buy", "1", "59000", SPOT)
    selling = desk.limit(desk.a, "Sell", "1.5", "61000", SPOT)
    assert desk.a.locked == {"USDT": D(59000), "BTC": D("1.5")}
    assert code_of(desk.limit, desk.a, "Buy", "1", "59000", SPOT) == 170131
    assert code_of(desk.limit, desk.a, "Sell", "0.6", "61000", SPOT) == 170131
    desk.amend(order, qty="0.5")
    assert desk.a.locked["USDT"] == D(29500)
    desk.cancel(order)
    desk.cancel(selling)
    assert desk.a.locked == {}


def test_a_better_price_than_the_limit_gives_the_difference_back(desk):
    desk.limit(desk.b, "Sell", "0.5", "59000", SPOT)
    order = desk.limit(desk.a, "Buy", "1", "60000", SPOT)
    assert order.filled_value == D(29500)
    assert desk.a.locked == {"USDT": D(30000)}


def test_a_market_buy_spends_a_value_and_never_more(desk):
    desk.limit(desk.b, "Sell", "0.01", "60000", SPOT)
    desk.limit(desk.b, "Sell", "0.01", "60100", SPOT)
    order = desk.market(desk.a, "Buy", "900", SPOT)
    assert (order.status, order.market_unit) == ("Filled", "quoteCoin")
    assert order.filled == D("0.014991")
    assert D("899.9") < order.filled_value <= D(900)
    assert order_wire(order)["cumExecValue"] == "899.9591"


def test_a_market_buy_by_value_that_empties_the_book_ends_partially(desk):
    desk.limit(desk.b, "Sell", "0.01", "60000", SPOT)
    order = desk.market(desk.a, "Buy", "900", SPOT)
    assert (order.status, order.filled_value) == ("PartiallyFilledCanceled", D(600))


def test_market_units_can_be_chosen(desk):
    desk.limit(desk.b, "Sell", "0.01", "60000", SPOT)
    assert desk.market(desk.a, "Buy", "0.004", SPOT, marketUnit="baseCoin").filled == D("0.004")
    desk.limit(desk.b, "Buy", "0.01", "59990", SPOT)
    sold = desk.market(desk.a, "Sell", "300", SPOT, marketUnit="quoteCoin")
    assert (sold.status, sold.filled) == ("Filled", D("0.005"))


def test_a_rejected_post_only_order_is_called_so(desk):
    desk.limit(desk.b, "Sell", "0.01", "60000", SPOT)
    order = desk.limit(desk.a, "Buy", "0.01", "60000", SPOT, timeInForce="PostOnly")
    assert (order.status, order.reject_reason) == ("Rejected", "EC_PostOnlyWillTakeLiquidity")
    assert desk.a.locked == {}


def test_a_cancelled_order_with_fills_is_partially_filled_canceled(desk):
    order = desk.limit(desk.a, "Buy", "0.02", "60000", SPOT)
    desk.limit(desk.b, "Sell", "0.01", "60000", SPOT)
    desk.cancel(order)
    assert (order.status, order.filled) == ("PartiallyFilledCanceled", D("0.01"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPE"}, 170121),
        ({"qty": "0.0000001"}, 170136),
        ({"qty": "0.0010001"}, 170137),
        ({"qty": "100"}, 170124),
        ({"qty": "3"}, 170131),
        ({"price": "60000.001"}, 170134),
        ({"price": "0.001"}, 170133),
        ({"price": "9999999.99"}, 170132),
        ({"price": "64000"}, 170193),
        ({"side": "Sell", "price": "50000"}, 170194),
        ({"qty": "0.00001"}, 170140),
        ({"orderType": "Market", "qty": "4"}, 170140),
        ({"orderFilter": "StopOrder"}, 170202),
        ({"isLeverage": 1}, 170036),
    ],
)
def test_bad_spot_orders_are_refused_with_bybits_code(desk, changes, code):
    request = SPOT | {"side": "Buy", "orderType": "Limit", "qty": "0.1", "price": "60000"} | changes
    assert code_of(desk.engine.place, desk.a, request) == code


def test_a_loss_elsewhere_ends_spot_orders_that_lost_their_cover(desk):
    order = desk.limit(desk.a, "Buy", "1.6", "60000", SPOT)
    contract = {"category": "linear", "symbol": "BTCUSDT"}
    desk.engine.deposit(desk.a, "USDT", "10000")
    desk.trade(desk.a, desk.b, "1", "60000", contract)
    desk.trade(desk.b, desk.a, "1", "57100", contract)
    assert order.status == "New"
    desk.engine.set_prices("linear", "BTCUSDT", mark="57100", index="60000")
    desk.trade(desk.a, desk.b, "1", "59000", contract)
    desk.engine.set_prices("linear", "BTCUSDT", mark="46000", index="60000")
    desk.trade(desk.b, desk.a, "1", "46000", contract)
    assert (order.status, order.cancel_type) == ("Cancelled", "CancelByCannotAffordOrderCost")
