"""European options: premium, seller's margin, expiry in cash."""

import pytest

from bybit_async.simulator.engine.ledger import FEES
from tests.simulator.options import CALL, D
from tests.simulator.options import desk as _desk

from .trading import START_MS, code_of

desk = _desk


def trade(desk, qty, price):
    desk.limit(desk.a, "Buy", qty, price, CALL, orderLinkId=f"a{len(desk.a.link_ids)}")
    return desk.limit(desk.b, "Sell", qty, price, CALL, orderLinkId=f"b{len(desk.b.link_ids)}")


def test_the_buyer_pays_the_premium_and_the_seller_receives_it(desk):
    order = trade(desk, "1", "1500")
    # The fee is 0.03 % of the underlying: 18 on each side.
    assert order.fees == {"USDT": D(18)}
    assert desk.balance(desk.a) == D(100000) - 1500 - 18
    assert desk.balance(desk.b) == D(100000) + 1500 - 18
    wallet = desk.engine.wallet(desk.a, ["USDT"])["coin"][0]
    assert wallet["equity"] == "99982"


def test_a_cheap_option_costs_at_most_seven_hundredths_of_its_premium(desk):
    assert trade(desk, "1", "100").fees == {"USDT": D(7)}


def test_the_seller_puts_up_margin_and_the_buyer_none(desk):
    trade(desk, "1", "1500")
    assert desk.engine.wallet(desk.a)["totalInitialMargin"] == "0"
    # 15 % of 60,000 at the money, plus the mark price.
    assert desk.engine.wallet(desk.b)["totalInitialMargin"] == "10500"
    assert desk.engine.wallet(desk.b)["totalMaintenanceMargin"] == "6000"


def test_a_seller_without_money_is_refused(desk):
    poor = desk.engine.create_account(balances={"USDT": "9000"})
    assert code_of(desk.limit, poor, "Sell", "1", "1500", CALL, orderLinkId="x") == 110007
    assert code_of(desk.limit, poor, "Buy", "10", "1500", CALL, orderLinkId="y") == 110007


def test_options_need_a_link_id_and_cross_margin(desk):
    assert code_of(desk.limit, desk.a, "Buy", "1", "1500", CALL) == 10001
    desk.engine.set_margin_mode(desk.a, "ISOLATED_MARGIN")
    assert code_of(desk.limit, desk.a, "Buy", "1", "1500", CALL, orderLinkId="z") == 110005


def test_selling_what_was_bought_realises_the_difference(desk):
    trade(desk, "1", "1500")
    desk.limit(desk.a, "Sell", "1", "2000", CALL, orderLinkId="out")
    desk.limit(desk.b, "Buy", "1", "2000", CALL, orderLinkId="back")
    assert desk.balance(desk.a) == D(100000) + 500 - 36
    (record,) = desk.engine.closed_pnl(desk.a, {"category": "option"})
    assert record.pnl == D(500) - 36
    (closed,) = desk.engine.closed_options(desk.a, {"category": "option"})
    assert closed.to_wire() | {"closeTime": 0, "openTime": 0} == {
        "symbol": CALL["symbol"],
        "side": "Buy",
        "totalOpenFee": "18.00000000",
        "deliveryFee": "0.00000000",
        "totalCloseFee": "18.00000000",
        "qty": "1",
        "closeTime": 0,
        "avgExitPrice": "2000.00000000",
        "deliveryPrice": "",
        "openTime": 0,
        "avgEntryPrice": "1500.00000000",
        "totalPnl": "464.00000000",
    }


def test_a_position_that_turns_ends_and_another_begins(desk):
    trade(desk, "1", "1500")
    desk.clock.advance(1_000)
    desk.limit(desk.a, "Sell", "0.4", "1600", CALL, orderLinkId="part")
    desk.limit(desk.b, "Buy", "0.4", "1600", CALL, orderLinkId="part")
    assert desk.engine.closed_options(desk.a, {"category": "option"}) == []
    desk.limit(desk.a, "Sell", "1", "1700", CALL, orderLinkId="turn")
    desk.limit(desk.b, "Buy", "1", "1700", CALL, orderLinkId="turn")
    (first,) = desk.engine.closed_options(desk.a, {"category": "option"})
    assert (first.side, first.qty, first.exit_value) == ("Buy", D(1), D("1660"))
    assert (first.opened_ms, first.closed_ms) == (START_MS, START_MS + 1_000)
    trade(desk, "0.4", "1700")
    second = desk.engine.closed_options(desk.a, {"category": "option"})[0]
    assert (second.side, second.qty, second.opened_ms) == ("Sell", D("0.4"), START_MS + 1_000)


def test_fifty_orders_for_the_options_on_one_coin_are_the_most(desk):
    for number in range(50):
        desk.limit(desk.a, "Buy", "0.01", "1000", CALL, orderLinkId=f"n{number}")
    assert code_of(desk.limit, desk.a, "Buy", "0.01", "1000", CALL, orderLinkId="n50") == 110020
    assert desk.limit(desk.a, "Buy", "0.01", "59000").is_live


@pytest.mark.parametrize(("index", "worth"), [("63000", 3000), ("59000", 0)])
def test_expiry_pays_what_the_option_is_worth(desk, index, worth):
    trade(desk, "1", "1500")
    order = desk.limit(desk.a, "Buy", "1", "1000", CALL, orderLinkId="rest")
    before = desk.balance(desk.a), desk.balance(desk.b)
    fees = desk.engine.ledger.balance(FEES, "USDT")
    desk.engine.set_prices("option", CALL["symbol"], index=index)
    listing = desk.engine.listing(**CALL)
    desk.clock.advance(listing.instrument.option.expiry_ms - desk.clock.now_ms())
    fee = D(index) * D("0.00015") if worth else D(0)
    assert desk.balance(desk.a) == before[0] + worth - fee
    assert desk.balance(desk.b) == before[1] - worth - fee
    assert desk.engine.ledger.balance(FEES, "USDT") == fees + 2 * fee
    assert (order.cancel_type, listing.status) == ("CancelByDelivery", "Closed")
    (delivery,) = desk.engine.deliveries(desk.a, {"category": "option"})
    assert (delivery.strike, delivery.price, delivery.side) == (D(60000), D(index), "Buy")
    assert desk.engine.positions(desk.a, {"category": "option"}) == []
    (closed,) = desk.engine.closed_options(desk.b, {"category": "option"})
    assert (closed.side, closed.delivery_price, closed.delivery_fee) == ("Sell", D(index), fee)
    assert closed.pnl == 1500 - worth - 18 - fee


def test_an_uncovered_seller_is_liquidated(desk):
    seller = desk.engine.create_account(balances={"USDT": "12000"})
    desk.limit(desk.a, "Buy", "1", "1500", CALL, orderLinkId="buy")
    desk.limit(seller, "Sell", "1", "1500", CALL, orderLinkId="sell")
    desk.engine.set_prices("option", CALL["symbol"], mark="9000", index="69000")
    assert seller.position(desk.engine.listing(**CALL), 0).net == 0
    assert [e.exec_type for e in seller.executions] == ["Trade", "BustTrade"]
    assert seller.balances["USDT"] >= 0
