"""Positions and margin: profit and loss, leverage, modes, liquidation, funding, delivery."""

from decimal import Decimal

import pytest

from bybit_async.simulator.engine.ledger import FEES, INSURANCE

from .trading import INVERSE, LINEAR, Desk, code_of

D = Decimal


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.engine.audit()


def leverage(desk, account, value, where=LINEAR):
    desk.engine.set_leverage(account, where | {"buyLeverage": value, "sellLeverage": value})


def test_linear_profit_is_the_price_difference_times_the_size(desk):
    desk.trade(desk.a, desk.b, "0.5", "60000")
    desk.trade(desk.a, desk.b, "0.5", "61000")
    assert desk.position(desk.a).avg_price == D(60500)
    before = desk.balance(desk.a)
    desk.trade(desk.b, desk.a, "0.4", "62000")
    # (62,000 - 60,500) x 0.4 = 600, less the taker fee on 24,800.
    assert desk.balance(desk.a) - before == D(600) - D("13.64")
    (record,) = desk.engine.closed_pnl(desk.a, LINEAR)
    # The opening fees were 60,500 x 0.0002; four tenths of them belong to the closed part.
    assert record.pnl == D(600) - D("13.64") - D("4.84")
    assert (record.closed_size, record.to_wire()["avgEntryPrice"]) == (D("0.4"), "60500")


def test_inverse_profit_is_counted_in_the_base_coin(desk):
    desk.trade(desk.a, desk.b, "60000", "60000", INVERSE)
    before = desk.balance(desk.a, "BTC")
    desk.trade(desk.b, desk.a, "60000", "62500", INVERSE)
    # 60,000 / 60,000 - 60,000 / 62,500 = 0.04 bitcoin, less the taker fee on 0.96.
    assert desk.balance(desk.a, "BTC") - before == D("0.04") - D("0.000528")


def test_one_way_trades_turn_a_position_and_realise_only_what_they_close(desk):
    desk.trade(desk.a, desk.b, "0.1", "60000")
    desk.trade(desk.b, desk.a, "0.3", "61000")
    position = desk.position(desk.a)
    assert (position.net, position.avg_price) == (D("-0.2"), D(61000))
    assert desk.engine.closed_pnl(desk.a, LINEAR)[0].closed_size == D("0.1")


def test_hedge_mode_keeps_both_sides_and_closing_orders_never_open(desk):
    desk.engine.switch_mode(desk.a, LINEAR | {"mode": 3})
    desk.limit(desk.b, "Sell", "1", "60000")
    desk.limit(desk.a, "Buy", "0.5", "60000", positionIdx=1)
    desk.limit(desk.b, "Buy", "1", "59990")
    desk.limit(desk.a, "Sell", "0.3", "59990", positionIdx=2)
    assert desk.position(desk.a, idx=1).net == D("0.5")
    assert desk.position(desk.a, idx=2).net == D("-0.3")
    desk.limit(desk.a, "Sell", "5", "59990", positionIdx=1)
    assert desk.position(desk.a, idx=1).net == 0
    assert code_of(desk.limit, desk.a, "Sell", "1", "60000", positionIdx=1) == 110017
    assert code_of(desk.limit, desk.a, "Sell", "1", "60000") == 10001


def test_position_mode_switches_only_when_nothing_is_open(desk):
    switch = LINEAR | {"mode": 3}
    order = desk.limit(desk.a, "Buy", "0.1", "59000")
    assert code_of(desk.engine.switch_mode, desk.a, switch) == 110028
    desk.cancel(order)
    desk.engine.switch_mode(desk.a, switch)
    assert code_of(desk.engine.switch_mode, desk.a, switch) == 110025
    desk.trade(desk.b, desk.engine.create_account(balances={"USDT": "10000"}), "0.1", "60000")
    assert code_of(desk.engine.switch_mode, desk.b, switch) == 110024
    assert code_of(desk.engine.switch_mode, desk.a, INVERSE | {"mode": 3}) == 110029
    coin = {"category": "linear", "coin": "USDT", "mode": 3}
    fresh = desk.engine.create_account()
    desk.engine.switch_mode(fresh, coin)
    assert fresh.is_hedged(desk.engine.listing("linear", "ETHUSDT"))
    desk.engine.switch_mode(fresh, LINEAR | {"mode": 0})
    assert not fresh.is_hedged(desk.engine.listing("linear", "BTCUSDT"))
    assert fresh.is_hedged(desk.engine.listing("linear", "ETHUSDT")), "a symbol's own mode is its own only"


def test_leverage_frees_margin_and_is_refused_when_it_would_not_fit(desk):
    desk.limit(desk.a, "Buy", "10", "60000")
    assert desk.engine.wallet(desk.a, ["USDT"])["coin"][0]["totalOrderIM"] == "60000"
    leverage(desk, desk.a, "20")
    assert desk.engine.wallet(desk.a, ["USDT"])["coin"][0]["totalOrderIM"] == "30000"
    assert code_of(leverage, desk, desk.a, "20") == 110043
    assert code_of(leverage, desk, desk.a, "101") == 110013
    assert code_of(leverage, desk, desk.a, "1.005") == 10001
    assert code_of(leverage, desk, desk.a, "1") == 110012
    uneven = LINEAR | {"buyLeverage": "5", "sellLeverage": "6"}
    assert code_of(desk.engine.set_leverage, desk.a, uneven) == 10001
    assert desk.engine.positions(desk.a, LINEAR)[0]["leverage"] == "20"


def test_orders_that_reduce_need_no_margin(desk):
    desk = Desk(usdt="1000", btc="0")
    desk.trade(desk.a, desk.b, "0.16", "60000")
    assert code_of(desk.limit, desk.a, "Buy", "0.01", "60000") == 110007
    desk.limit(desk.a, "Sell", "0.16", "60500")
    # Beyond the position the order opens a short one, which the account cannot afford.
    assert code_of(desk.limit, desk.a, "Sell", "0.2", "60500") == 110007


def test_high_leverage_limits_the_size_of_a_position(desk):
    desk.engine.deposit(desk.a, "USDT", "10000000")
    leverage(desk, desk.a, "100")
    assert code_of(desk.limit, desk.a, "Buy", "40", "60000") == 110090
    leverage(desk, desk.a, "25")
    desk.limit(desk.a, "Buy", "40", "60000")


def test_cross_margin_liquidates_at_the_bankruptcy_price_through_the_fund():
    desk = Desk(usdt="1000", btc="0")
    desk.engine.deposit(desk.b, "USDT", "100000")
    leverage(desk, desk.a, "100")
    desk.trade(desk.a, desk.b, "0.5", "60000")
    resting = desk.limit(desk.a, "Buy", "0.01", "50000")
    wire = desk.engine.positions(desk.a, LINEAR)[0]
    # 1,000 less 6 in fees carries 30,000 worth: (30,000 - 994) / (0.5 x 0.995).
    assert wire["liqPrice"] == "58303.5"
    desk.prices("58304")
    assert desk.position(desk.a).net == D("0.5")
    desk.prices("58303")
    assert desk.position(desk.a).net == 0
    assert (resting.status, resting.cancel_type) == ("Cancelled", "CancelAllBeforeLiq")
    assert abs(desk.balance(desk.a)) < D("0.000001")
    (bust,) = [e for e in desk.a.executions if e.exec_type == "BustTrade"]
    assert bust.price == D("58012.0")
    fund = desk.engine.accounts[INSURANCE]
    assert desk.position(fund).net == D("0.5")
    desk.engine.audit()
    desk.limit(desk.b, "Buy", "0.5", "58300")
    desk.prices("58302")
    assert desk.position(fund).net == 0
    # The fund sold at 58,300 what it took over at 58,012.
    assert desk.engine.ledger.balance(INSURANCE, "USDT") == D("144") - D("58300") / 2 * D("0.00055")
    desk.engine.audit()


def test_a_gap_below_zero_is_covered_by_the_fund_and_not_by_the_account():
    desk = Desk(usdt="1000", btc="0")
    desk.engine.deposit(desk.b, "USDT", "100000")
    leverage(desk, desk.a, "100")
    desk.trade(desk.a, desk.b, "0.5", "60000")
    desk.prices("50000")
    assert abs(desk.balance(desk.a)) < D("0.000001")
    assert desk.balance(desk.a) >= 0
    desk.limit(desk.b, "Buy", "0.5", "50000")
    desk.prices("50001")
    # The owner had 994 of the 5,000 that were lost.
    assert desk.engine.ledger.balance(INSURANCE, "USDT") == D("994") - D("5000") - D("13.75")
    desk.engine.audit()


def test_other_coins_back_a_loss_and_are_sold_in_liquidation():
    desk = Desk(usdt="100", btc="0.02")
    desk.engine.deposit(desk.b, "USDT", "100000")
    leverage(desk, desk.a, "50")
    desk.trade(desk.a, desk.b, "0.5", "60000")
    desk.engine.set_prices("linear", "BTCUSDT", mark="59000")
    assert desk.position(desk.a).net == D("0.5")
    desk.engine.set_prices("linear", "BTCUSDT", mark="57700")
    assert desk.position(desk.a).net == 0
    assert desk.balance(desk.a) >= 0
    assert desk.balance(desk.a, "BTC") < D("0.0001")
    desk.engine.audit()


def test_isolated_margin_loses_the_position_and_keeps_the_rest(desk):
    desk.engine.set_margin_mode(desk.a, "ISOLATED_MARGIN")
    assert code_of(desk.engine.set_margin_mode, desk.a, "ISOLATED_MARGIN") == 110026
    desk.trade(desk.a, desk.b, "1", "60000")
    paid = D("12")
    assert desk.position(desk.a).margin == D(6000)
    assert desk.engine.wallet(desk.a)["totalMarginBalance"] == ""
    assert desk.engine.positions(desk.a, LINEAR)[0]["liqPrice"] == "54271.4"
    desk.prices("54272")
    assert desk.position(desk.a).net == 1
    desk.prices("54271")
    assert desk.position(desk.a).net == 0
    assert desk.balance(desk.a) == D(100000) - paid - D(6000)


def test_margin_can_be_added_to_an_isolated_position_and_taken_back(desk):
    add = LINEAR | {"margin": "1000"}
    assert code_of(desk.engine.add_margin, desk.a, add) == 110015
    desk.engine.set_margin_mode(desk.a, "ISOLATED_MARGIN")
    assert code_of(desk.engine.add_margin, desk.a, add) == 110033
    desk.trade(desk.a, desk.b, "1", "60000")
    assert desk.engine.add_margin(desk.a, add).margin == D(7000)
    assert code_of(desk.engine.add_margin, desk.a, LINEAR | {"margin": "-1001"}) == 110078
    assert code_of(desk.engine.add_margin, desk.a, LINEAR | {"margin": "1000000"}) == 110012
    assert desk.engine.add_margin(desk.a, LINEAR | {"margin": "-1000"}).margin == D(6000)


def test_auto_add_margin_draws_from_the_free_balance(desk):
    auto = LINEAR | {"autoAddMargin": 1}
    assert code_of(desk.engine.set_auto_add_margin, desk.a, auto) == 110076
    desk.engine.set_margin_mode(desk.a, "ISOLATED_MARGIN")
    desk.trade(desk.a, desk.b, "1", "60000")
    desk.engine.set_auto_add_margin(desk.a, auto)
    desk.prices("54000")
    assert desk.position(desk.a).net == 1
    assert desk.position(desk.a).margin > D(6000)


def test_funding_moves_from_longs_to_shorts_every_eight_hours(desk):
    desk.trade(desk.a, desk.b, "1", "60000")
    before = desk.balance(desk.a), desk.balance(desk.b)
    desk.engine.set_funding_rate("linear", "BTCUSDT", "0.001")
    interval = 8 * 3_600_000
    to_next = interval - desk.clock.now_ms() % interval
    desk.clock.advance(to_next - 1)
    assert desk.balance(desk.a) == before[0]
    desk.clock.advance(1)
    assert desk.balance(desk.a) == before[0] - 60
    assert desk.balance(desk.b) == before[1] + 60
    (entry,) = desk.engine.transaction_log(desk.a, {"type": "SETTLEMENT"})
    assert (entry.to_wire()["funding"], entry.time_ms % interval) == ("-60", 0)
    (execution,) = desk.engine.executions(desk.a, LINEAR | {"execType": "Funding"})
    assert execution.fee == 60
    desk.clock.advance(2 * interval)
    assert desk.balance(desk.a) == before[0] - 180


def test_funding_rates_are_bounded(desk):
    desk.engine.set_funding_rate("linear", "BTCUSDT", "1")
    assert desk.engine.listing(**LINEAR).funding_rate == D("0.00375")


def test_delisting_settles_at_the_mark_price_and_closes(desk):
    desk.trade(desk.a, desk.b, "1", "60000")
    order = desk.limit(desk.a, "Buy", "0.1", "50000")
    desk.prices("61000")
    before = desk.balance(desk.a)
    desk.engine.delist(**LINEAR)
    assert desk.balance(desk.a) == before + 1000
    assert (order.cancel_type, desk.position(desk.a).net) == ("CancelBySettle", 0)
    assert code_of(desk.limit, desk.a, "Buy", "0.1", "60000") == 110074
    (delivery,) = desk.engine.deliveries(desk.a, {"category": "linear"})
    assert delivery.to_wire()["deliveryRpl"] == "1000"


def test_withdrawals_leave_margin_and_open_orders_covered(desk):
    desk.trade(desk.a, desk.b, "1", "60000")
    desk.prices("70000")
    desk.engine.withdraw(desk.a, "BTC", "2")
    assert desk.engine.available(desk.a, "USDT") == D(100000) - 12 - 7000
    assert code_of(desk.engine.withdraw, desk.a, "USDT", "99000") == 110012
    desk.engine.withdraw(desk.a, "USDT", "92000")


def test_fees_end_up_with_the_exchange(desk):
    desk.trade(desk.a, desk.b, "1", "60000")
    assert desk.engine.ledger.balance(FEES, "USDT") == D(12) + D(33)


def test_the_wallet_adds_up(desk):
    desk.trade(desk.a, desk.b, "1", "60000")
    desk.prices("61000")
    desk.engine.set_prices("spot", "BTCUSDT", index="61000")
    wallet = desk.engine.wallet(desk.a)
    coins = {entry["coin"]: entry for entry in wallet["coin"]}
    assert D(coins["USDT"]["equity"]) == D(coins["USDT"]["walletBalance"]) + D(coins["USDT"]["unrealisedPnl"])
    assert D(wallet["totalEquity"]) == sum(D(entry["usdValue"]) for entry in coins.values())
    assert D(wallet["totalPerpUPL"]) == 1000
    assert D(wallet["totalMarginBalance"]) == D(wallet["totalWalletBalance"]) + 1000
    assert D(wallet["totalInitialMargin"]) == 6100
    assert D(wallet["totalMaintenanceMargin"]) == 305
    assert D(wallet["totalAvailableBalance"]) == D(wallet["totalMarginBalance"]) - 6100


def test_coins_that_back_a_debt_cannot_be_withdrawn():
    desk = Desk(usdt="100", btc="0.1")
    desk.engine.deposit(desk.b, "USDT", "100000")
    desk.trade(desk.a, desk.b, "0.5", "60000")
    desk.prices("57500")
    desk.trade(desk.b, desk.a, "0.5", "57500")
    owed = -desk.balance(desk.a)
    assert owed > D(1000)
    coin = desk.engine.wallet(desk.a, ["USDT"])["coin"][0]
    assert D(coin["borrowAmount"]) == owed
    assert code_of(desk.engine.withdraw, desk.a, "BTC", "0.09") == 110012
    desk.engine.withdraw(desk.a, "BTC", "0.07")
    desk.engine.audit()


def test_the_insurance_fund_can_be_given_capital(desk):
    fund = desk.engine.accounts[INSURANCE]
    desk.engine.deposit(fund, "USDT", "1000000")
    assert desk.engine.ledger.balance(INSURANCE, "USDT") == D(1000000)


def test_the_break_even_price_covers_the_fees_of_both_ways(desk):
    desk.trade(desk.a, desk.b, "1", "60000")
    price = D(desk.engine.positions(desk.a, LINEAR)[0]["breakEvenPrice"])
    gain = (price - 60000) - D(12) - price * D("0.00055")
    assert abs(gain) < D("0.0001")


def test_a_position_held_by_both_traders_never_changes_the_sum_of_equities(desk):
    def equity():
        accounts = (desk.a, desk.b)
        wallets = [desk.engine.wallet(account, ["BTC"])["coin"][0] for account in accounts]
        return sum(D(coin["equity"]) for coin in wallets)

    desk.trade(desk.a, desk.b, "77777", "60123.4", INVERSE)
    start = equity()
    for price in ("55000", "61111.1", "64000"):
        desk.prices(price, INVERSE)
        assert abs(equity() - start) <= D("0.00000002")
