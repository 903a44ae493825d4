"""Liquidation in steps, and the holes that random changes of the engine had fallen through."""

from decimal import Decimal

import pytest

from bybit_async.simulator.custody.liabilities import owed, repay
from bybit_async.simulator.engine.ledger import CLEARING, FEES, INSURANCE

from .trading import INVERSE, LINEAR, SPOT, Desk, code_of

D = Decimal
ETH = {"category": "linear", "symbol": "ETHUSDT"}
HOUR = 3_600_000


def leveraged(desk, account, leverage, where=LINEAR):
    desk.engine.set_leverage(account, where | {"buyLeverage": leverage, "sellLeverage": leverage})


@pytest.fixture
def large():
    """An isolated long position of 100 BTC at 25 times leverage: 6,000,000 USDT, in the third risk tier."""
    desk = Desk(usdt="400000", btc="0")
    desk.engine.deposit(desk.b, "USDT", "10000000")
    desk.engine.set_margin_mode(desk.a, "ISOLATED_MARGIN")
    leveraged(desk, desk.a, "25")
    desk.trade(desk.a, desk.b, "100", "60000")
    return desk


def test_a_large_position_is_reduced_to_the_next_lower_tier(large):
    large.limit(large.b, "Buy", "50", "58170")
    large.prices("58173")
    assert large.position(large.a).net == 100
    large.prices("58172")
    # 4,000,000 USDT are 68.761 BTC; these need 30,000 of margin and have 39,331.
    position = large.position(large.a)
    assert position.net == D("68.761")
    [step] = [e for e in large.a.executions if e.create_type == "CreateByLiq"]
    assert (step.exec_type, step.price, step.qty, step.is_maker) == ("Trade", D(58170), D("31.239"), False)
    assert position.margin == D(240_000) * D("0.68761")
    assert [entry.type for entry in large.a.log][-1] == "LIQUIDATION"
    large.engine.audit()


def test_a_step_that_is_not_enough_is_followed_by_the_next(large):
    large.limit(large.b, "Buy", "90", "57605")
    large.prices("57620")
    steps = [e.qty for e in large.a.executions if e.create_type == "CreateByLiq"]
    # 4,000,000 and 2,000,000 USDT are 69.420 and 34.710 BTC at 57,620.
    assert steps == [D("30.58"), D("34.71")]
    # The lowest tier is taken over as a whole, and leaves nothing of its margin.
    assert large.position(large.a).net == 0
    [bust] = [e for e in large.a.executions if e.exec_type == "BustTrade"]
    assert bust.qty == D("34.71")
    large.engine.audit()


def test_nothing_is_sold_below_the_price_that_leaves_nothing(large):
    large.limit(large.b, "Buy", "100", "57000")
    large.prices("58172")
    assert not [e for e in large.a.executions if e.create_type == "CreateByLiq"]
    [bust] = [e for e in large.a.executions if e.exec_type == "BustTrade"]
    assert bust.price == D(57600)
    assert large.balance(large.a) == D(400_000) - 1200 - 240_000


def test_a_large_inverse_position_is_reduced_in_contracts():
    desk = Desk(usdt="0", btc="10")
    desk.engine.deposit(desk.b, "BTC", "100")
    desk.engine.set_margin_mode(desk.a, "ISOLATED_MARGIN")
    leveraged(desk, desk.a, "25", INVERSE)
    # 200 BTC of value: the first tier ends at 150.
    desk.trade(desk.a, desk.b, "12000000", "60000", INVERSE)
    desk.limit(desk.b, "Buy", "9000000", "58040", INVERSE)
    desk.prices("58050", INVERSE)
    [step] = [e for e in desk.a.executions if e.create_type == "CreateByLiq"]
    # 150 BTC are 8,707,500 contracts at 58,050.
    assert step.qty == D(12_000_000 - 8_707_500)
    desk.engine.audit()


def test_only_the_orders_of_an_isolated_contract_end(large):
    ours = large.limit(large.a, "Buy", "0.1", "50000")
    other = large.limit(large.a, "Buy", "0.1", "2000", ETH)
    large.prices("57000")
    assert (ours.status, ours.cancel_type) == ("Cancelled", "CancelAllBeforeLiq")
    assert other.status == "New"


@pytest.fixture
def two():
    """Cross margin: 0.1 BTC and 2 ETH, 6,000 USDT each, with 1,000 USDT behind them."""
    desk = Desk(usdt="1000", btc="0")
    desk.engine.deposit(desk.b, "USDT", "100000")
    desk.engine.set_prices("linear", "ETHUSDT", mark="3000", index="3000")
    for where in (LINEAR, ETH):
        leveraged(desk, desk.a, "50", where)
    desk.trade(desk.a, desk.b, "0.1", "60000")
    desk.trade(desk.a, desk.b, "2", "3000", ETH)
    return desk


def test_cross_liquidation_stops_when_the_rest_can_be_carried(two):
    two.limit(two.b, "Buy", "2", "2999.9", ETH)
    orders = [two.limit(two.a, "Buy", "0.001", "50000"), two.limit(two.a, "Sell", "0.1", "4000", ETH)]
    two.prices("50600")
    assert two.position(two.a, ETH).net == 2
    # 1,000 - 2.4 of fees - 950 is less than 25.25 + 30 of maintenance margin.
    two.prices("50500")
    assert (two.position(two.a).net, two.position(two.a, ETH).net) == (D("0.1"), 0)
    assert [order.cancel_type for order in orders] == ["CancelAllBeforeLiq"] * 2
    assert two.balance(two.a) == D(1000) - D("2.4") - D("0.2") - D("5999.8") * D("0.00055")
    two.engine.audit()


def test_cross_liquidation_of_two_positions_shares_what_is_left(two):
    two.prices("50500")
    assert (two.position(two.a).net, two.position(two.a, ETH).net) == (0, 0)
    first, second = [e for e in two.a.executions if e.exec_type == "BustTrade"]
    # 47.6 are left, for 30 and 25.25 of maintenance margin.
    assert (first.symbol, second.symbol) == ("ETHUSDT", "BTCUSDT")
    assert first.value == pytest.approx(6000 - D("47.6") * 30 / D("55.25"), abs=D("1e-9"))
    assert second.value == pytest.approx(5050 - D("47.6") * D("25.25") / D("55.25"), abs=D("1e-9"))
    assert abs(two.balance(two.a)) < D("1e-9")
    fund = two.engine.accounts[INSURANCE]
    assert (two.position(fund).net, two.position(fund, ETH).net) == (D("0.1"), 2)
    two.engine.audit()


# -- funding


def test_funding_counts_towards_the_profit_of_position_and_account(large):
    large.engine.set_margin_mode(large.b, "ISOLATED_MARGIN")
    large.engine.set_funding_rate("linear", "BTCUSDT", "0.0005")
    before = [(large.position(who).cum_realised, who.realised["USDT"]) for who in (large.a, large.b)]
    large.clock.advance(8 * HOUR)
    for who, (position, account), paid in zip((large.a, large.b), before, (D(-3000), D(3000)), strict=True):
        assert large.position(who).cum_realised - position == paid
        assert large.position(who).cur_realised == large.position(who).cum_realised
        assert who.realised["USDT"] - account == paid
        [wallet] = large.engine.wallet(who, ["USDT"])["coin"]
        assert D(wallet["cumRealisedPnl"]) == who.realised["USDT"]
    assert large.engine.ledger.balance(CLEARING, "USDT") == 0
    assert large.engine.ledger.balance(FEES, "USDT") == D(6_000_000) * (D("0.0002") + D("0.00055"))


# -- money


def test_a_debt_is_never_overpaid():
    desk = Desk(usdt="100", btc="1")
    desk.engine.deposit(desk.b, "USDT", "1000000")
    desk.trade(desk.a, desk.b, "1", "60000")
    # A price that does not divide the debt exactly.
    desk.prices("49999.7")
    desk.limit(desk.b, "Buy", "1", "49999.7")
    desk.market(desk.a, "Sell", "1", reduceOnly=True)
    debt = owed(desk.a)["USDT"]
    assert repay(desk.engine, desk.a, ["USDT"], debt + 1) == {"USDT": debt}
    assert (desk.balance(desk.a), owed(desk.a)) == (0, {})
    sold = D(1) - desk.balance(desk.a, "BTC")
    assert debt / D("49999.7") <= sold < debt / D("49999.7") + D("1e-11")
    assert repay(desk.engine, desk.a, ["USDT"]) == {}


def test_part_of_a_debt_can_be_paid():
    desk = Desk(usdt="100", btc="1")
    desk.engine.deposit(desk.b, "USDT", "1000000")
    desk.trade(desk.a, desk.b, "1", "60000")
    desk.prices("50000")
    desk.limit(desk.b, "Buy", "1", "50000")
    desk.market(desk.a, "Sell", "1", reduceOnly=True)
    debt = owed(desk.a)["USDT"]
    assert repay(desk.engine, desk.a, ["USDT"], D(400)) == {"USDT": D(400)}
    assert owed(desk.a) == {"USDT": debt - 400}


@pytest.mark.parametrize("amount", ["0.5", "0.000001", "0.999999999999"])
def test_less_than_one_coin_can_be_withdrawn(amount):
    desk = Desk()
    desk.engine.withdraw(desk.a, "BTC", amount)
    assert desk.balance(desk.a, "BTC") == D(2) - D(amount)
    assert [(entry.type, entry.change) for entry in desk.a.log][-1] == ("TRANSFER_OUT", -D(amount))
    assert code_of(desk.engine.withdraw, desk.a, "BTC", D(2) - D(amount) + D("1e-12")) == 110012
    for wrong in ("0", "-1", "1e-13"):
        assert code_of(desk.engine.withdraw, desk.a, "BTC", wrong) == 10001
    desk.engine.audit()


def test_what_margin_needs_cannot_be_withdrawn():
    desk = Desk(usdt="1000", btc="0")
    desk.trade(desk.a, desk.b, "0.1", "60000")
    # 600 of initial margin and 1.2 of fee stay.
    assert code_of(desk.engine.withdraw, desk.a, "USDT", "398.81") == 110012
    desk.engine.withdraw(desk.a, "USDT", "398.8")
    assert desk.engine.available(desk.a, "USDT") == 0


def test_coins_held_by_a_spot_order_cannot_be_withdrawn():
    desk = Desk(usdt="1000", btc="1")
    desk.limit(desk.a, "Sell", "0.7", "61000", SPOT)
    assert code_of(desk.engine.withdraw, desk.a, "BTC", "0.31") == 110012
    desk.engine.withdraw(desk.a, "BTC", "0.3")
