"""Orders of the trading engine: types, flags, amendment, cancellation, refusals."""

from decimal import Decimal

import pytest

from .trading import LINEAR, SPOT, Desk, code_of

D = Decimal


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.engine.audit()


def test_a_limit_order_rests_and_a_later_one_trades_at_its_price(desk):
    resting = desk.limit(desk.a, "Buy", "0.1", "60000")
    taking = desk.limit(desk.b, "Sell", "0.04", "59990")
    assert (resting.status, resting.leaves) == ("PartiallyFilled", D("0.06"))
    assert (taking.status, taking.avg_price) == ("Filled", D(60000))
    # 0.04 x 60,000 = 2,400: the maker pays 0.02 %, the taker 0.055 %.
    assert desk.balance(desk.a) == D(100000) - D("0.48")
    assert desk.balance(desk.b) == D(100000) - D("1.32")


def test_a_market_order_without_a_counterparty_is_cancelled(desk):
    order = desk.market(desk.a, "Buy", "0.1")
    assert (order.status, order.reject_reason) == ("Cancelled", "EC_NoImmediateQtyToFill")


def test_a_market_order_does_not_slip_beyond_its_protection(desk):
    desk.limit(desk.a, "Sell", "0.1", "62900")
    desk.limit(desk.a, "Sell", "0.1", "63100")
    order = desk.market(desk.b, "Buy", "0.2")
    assert (order.status, order.filled, order.market_limit) == ("Cancelled", D("0.1"), D(63000))


def test_slippage_tolerance_narrows_the_protection(desk):
    desk.limit(desk.a, "Sell", "0.1", "60000")
    desk.limit(desk.a, "Sell", "0.1", "60001.1")
    slippage = {"slippageToleranceType": "TickSize", "slippageTolerance": "10"}
    assert desk.market(desk.b, "Buy", "0.2", **slippage).filled == D("0.1")
    too_wide = slippage | {"slippageTolerance": "10001"}
    assert code_of(desk.market, desk.b, "Buy", "0.2", **too_wide) == 110108


def test_post_only_is_cancelled_rather_than_taking(desk):
    desk.limit(desk.a, "Sell", "0.1", "60000")
    crossing = desk.limit(desk.b, "Buy", "0.1", "60000", timeInForce="PostOnly")
    assert (crossing.status, crossing.reject_reason) == ("Cancelled", "EC_PostOnlyWillTakeLiquidity")
    assert desk.limit(desk.b, "Buy", "0.1", "59999.9", timeInForce="PostOnly").status == "New"


def test_ioc_takes_what_there_is_and_fok_all_or_nothing(desk):
    desk.limit(desk.a, "Sell", "0.1", "60000")
    fok = desk.limit(desk.b, "Buy", "0.2", "60000", timeInForce="FOK")
    assert (fok.status, fok.filled) == ("Cancelled", 0)
    ioc = desk.limit(desk.b, "Buy", "0.2", "60000", timeInForce="IOC")
    assert (ioc.status, ioc.filled) == ("Cancelled", D("0.1"))
    desk.limit(desk.a, "Sell", "0.2", "60000")
    assert desk.limit(desk.b, "Buy", "0.2", "60000", timeInForce="FOK").status == "Filled"


def test_reduce_only_needs_something_to_reduce_and_is_cut_to_it(desk):
    assert code_of(desk.limit, desk.a, "Sell", "0.1", "60000", reduceOnly=True) == 110017
    desk.trade(desk.a, desk.b, "0.1", "60000")
    assert code_of(desk.limit, desk.a, "Buy", "0.1", "59000", reduceOnly=True) == 110017
    assert desk.limit(desk.a, "Sell", "5", "61000", reduceOnly=True).qty == D("0.1")


def test_reduce_only_orders_shrink_with_the_position_worst_price_first(desk):
    desk.trade(desk.a, desk.b, "0.3", "60000")
    near = desk.limit(desk.a, "Sell", "0.2", "61000", reduceOnly=True)
    far = desk.limit(desk.a, "Sell", "0.1", "62000", reduceOnly=True)
    desk.trade(desk.b, desk.a, "0.15", "60000")
    assert (far.status, far.cancel_type) == ("Cancelled", "CancelByReduceOnly")
    assert near.leaves == D("0.15")


def test_a_resting_reduce_only_order_cannot_turn_the_position_within_one_sweep(desk):
    desk.trade(desk.a, desk.b, "0.1", "60000")
    desk.limit(desk.a, "Sell", "0.1", "61000")
    reducing = desk.limit(desk.a, "Sell", "0.1", "61001", reduceOnly=True)
    taker = desk.limit(desk.b, "Buy", "0.2", "61010", timeInForce="IOC")
    assert desk.position(desk.a).net == 0
    assert taker.filled == D("0.1")
    assert (reducing.status, reducing.filled) == ("Cancelled", 0)


@pytest.mark.parametrize(
    ("smp", "maker", "taker"),
    [
        ("CancelMaker", "Cancelled", "New"),
        ("CancelTaker", "New", "Cancelled"),
        ("CancelBoth", "Cancelled", "Cancelled"),
        ("None", "Filled", "Filled"),
    ],
)
def test_self_match_prevention_names_the_other_order(desk, smp, maker, taker):
    resting = desk.limit(desk.a, "Buy", "0.1", "60000")
    incoming = desk.limit(desk.a, "Sell", "0.1", "60000", smpType=smp)
    assert (resting.status, incoming.status) == (maker, taker)
    if maker == "Cancelled":
        assert (resting.cancel_type, resting.smp_order_id) == ("CancelBySmp", incoming.order_id)
    if taker == "Cancelled":
        assert incoming.cancel_type == "CancelBySmp"


def test_amending_the_price_loses_priority_and_shrinking_keeps_it(desk):
    first = desk.limit(desk.a, "Buy", "0.2", "59000")
    second = desk.limit(desk.b, "Buy", "0.2", "59000")
    desk.amend(first, qty="0.1")
    maker = desk.engine.create_account(house=True)
    listing = desk.engine.listing(**LINEAR)
    desk.engine.house.trade(maker, listing, "Sell", D("0.1"))
    assert (first.status, second.filled) == ("Filled", 0)
    third = desk.limit(desk.a, "Buy", "0.1", "59000")
    desk.amend(second, qty="0.3")
    desk.engine.house.trade(maker, listing, "Sell", D("0.1"))
    assert (third.status, second.filled) == ("Filled", 0)


def test_an_amended_price_may_trade_at_once(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "59000")
    desk.limit(desk.b, "Sell", "0.1", "60000")
    desk.amend(order, price="60000")
    assert order.status == "Filled"


def test_amendments_are_refused_with_the_order_left_as_it_was(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "59000")
    assert code_of(desk.amend, order, price="59000") == 10001
    assert code_of(desk.amend, order, price="59000.05") == 10001
    desk.a.moves_prices["linear"] = False
    assert code_of(desk.amend, order, price="70000") == 110003
    assert code_of(desk.amend, order, qty="1000") == 110007
    desk.market(desk.b, "Sell", "0.04")
    assert code_of(desk.amend, order, qty="0.04") == 110064
    assert (order.price, order.qty, order.leaves) == (D(59000), D("0.1"), D("0.06"))


def test_cancelling_is_final_and_unknown_orders_are_refused(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "59000", orderLinkId="mine-1")
    assert desk.engine.cancel(desk.a, LINEAR | {"orderLinkId": "mine-1"}) is order
    assert (order.status, order.cancel_type) == ("Cancelled", "CancelByUser")
    assert code_of(desk.cancel, order) == 110001
    assert code_of(desk.engine.cancel, desk.a, SPOT | {"orderId": "1"}) == 170213
    assert code_of(desk.engine.cancel, desk.a, LINEAR) == 10001
    other = desk.limit(desk.b, "Buy", "0.1", "59000")
    assert code_of(desk.engine.cancel, desk.a, LINEAR | {"orderId": other.order_id}) == 110001


def test_cancel_all_takes_symbol_base_or_settle_coin_and_at_most_500(desk):
    for number in range(3):
        desk.limit(desk.a, "Buy", "0.001", str(50000 + number))
    desk.limit(desk.a, "Buy", "0.01", "2900", {"category": "linear", "symbol": "ETHUSDT"})
    assert code_of(desk.engine.cancel_all, desk.a, {"category": "linear"}) == 10001
    assert len(desk.engine.cancel_all(desk.a, {"category": "linear", "baseCoin": "ETH"})) == 1
    assert len(desk.engine.cancel_all(desk.a, {"category": "linear", "settleCoin": "USDT"})) == 3
    assert desk.a.orders == {}
    for symbol in ("BTCUSDT", "BTCPERP"):
        desk.engine.deposit(desk.a, "USDC", "1000000")
        for _ in range(300):
            desk.limit(desk.a, "Buy", "0.001", "50000", {"category": "linear", "symbol": symbol})
    assert len(desk.engine.cancel_all(desk.a, {"category": "linear", "baseCoin": "BTC"})) == 500
    assert len(desk.a.orders) == 100


def test_a_link_id_is_used_once_even_after_the_order_ended(desk):
    desk.cancel(desk.limit(desk.a, "Buy", "0.1", "59000", orderLinkId="once"))
    assert code_of(desk.limit, desk.a, "Buy", "0.1", "59000", orderLinkId="once") == 110072
    desk.limit(desk.a, "Buy", "0.001", "59000", SPOT, orderLinkId="once")
    assert code_of(desk.limit, desk.a, "Buy", "0.001", "59000", SPOT, orderLinkId="once") == 170141
    desk.limit(desk.b, "Buy", "0.1", "59000", orderLinkId="once")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"category": "futures"}, 10001),
        ({"symbol": "NOPEUSDT"}, 10001),
        ({"symbol": ""}, 10001),
        ({"side": "buy"}, 10001),
        ({"orderType": "Stop"}, 10001),
        ({"price": ""}, 10001),
        ({"price": "60000.05"}, 10001),
        ({"price": "-1"}, 10001),
        ({"price": "NaN"}, 10001),
        ({"qty": "0"}, 10001),
        ({"qty": "0.0005"}, 10001),
        ({"qty": "0.0015"}, 10001),
        ({"qty": "1e30"}, 10001),
        ({"qty": "2000"}, 10001),
        ({"qty": "1000"}, 110007),
        ({"orderLinkId": "a" * 37}, 10001),
        ({"orderLinkId": "a.b"}, 10001),
        ({"positionIdx": 1}, 10001),
        ({"timeInForce": "GTX"}, 10001),
        ({"timeInForce": "RPI"}, 110119),
        ({"orderType": "Market", "timeInForce": "PostOnly"}, 10001),
        ({"qty": "0.001", "price": "4000"}, 110094),
        ({"reduceOnly": True}, 110017),
        ({"triggerPrice": "61000"}, 10001),
        ({"triggerPrice": "61000", "triggerDirection": 3}, 10001),
        ({"takeProfit": "59000"}, 10001),
        ({"stopLoss": "61000"}, 10001),
        ({"takeProfit": "61000", "tpOrderType": "Limit", "tpLimitPrice": "61000"}, 10001),
    ],
)
def test_bad_derivative_orders_are_refused_with_bybits_code(desk, changes, code):
    request = LINEAR | {"side": "Buy", "orderType": "Limit", "qty": "0.1", "price": "60000"} | changes
    assert code_of(desk.engine.place, desk.a, request) == code
    assert desk.a.orders == {}


def test_batches_end_item_by_item(desk):
    good = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.1", "price": "59000"}
    results = desk.engine.place_batch(desk.a, "linear", [good, good | {"price": "1.05"}, good])
    assert [getattr(result, "code", 0) for result in results] == [0, 10001, 0]
    cancels = [{"symbol": "BTCUSDT", "orderId": results[0].order_id}, {"symbol": "BTCUSDT", "orderId": "x"}]
    assert [getattr(r, "code", 0) for r in desk.engine.cancel_batch(desk.a, "linear", cancels)] == [0, 110001]
    assert code_of(desk.engine.place_batch, desk.a, "linear", [good] * 21) == 10001
    assert code_of(desk.engine.place_batch, desk.a, "spot", [good] * 11) == 10001


def test_a_halted_listing_takes_no_orders(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "59000")
    desk.engine.set_status("linear", "BTCUSDT", "Halted")
    assert code_of(desk.amend, order, price="58000") == 110074
    desk.cancel(order)
    assert code_of(desk.limit, desk.a, "Buy", "0.1", "59000") == 110074
    desk.engine.set_status("linear", "BTCUSDT", "Trading")
    desk.limit(desk.a, "Buy", "0.1", "59000")


def test_the_501st_active_order_is_refused(desk):
    for _ in range(500):
        desk.limit(desk.a, "Buy", "0.001", "50000")
    assert code_of(desk.limit, desk.a, "Buy", "0.001", "50000") == 110020


def test_a_price_that_reaches_too_far_is_moved_for_futures_and_refused_for_spot_unless_told_otherwise(desk):
    bought = desk.limit(desk.a, "Buy", "0.1", "70000")
    assert (bought.status, bought.price) == ("New", D(63000))
    assert desk.limit(desk.a, "Sell", "0.1", "50000", timeInForce="PostOnly").cancel_type == "UNKNOWN"
    desk.amend(bought, price="59000")
    desk.amend(bought, price="90000")
    assert bought.price == D(63000)
    far = SPOT | {"side": "Sell", "orderType": "Limit", "qty": "0.1", "price": "50000"}
    assert code_of(desk.engine.place, desk.a, far) == 170194
    desk.a.moves_prices = {"spot": True, "linear": False, "inverse": False}
    assert desk.engine.place(desk.a, far).price == D(57000)
    assert code_of(desk.limit, desk.a, "Buy", "0.1", "70000") == 110003


def test_spot_counts_all_its_orders_together_and_each_kind_of_conditional_one(desk):
    spot = SPOT | {"side": "Buy", "orderType": "Limit", "qty": "0.0002", "price": "50000", "triggerPrice": "59000"}
    for kind in ("tpslOrder", "StopOrder"):
        for _ in range(30):
            desk.engine.place(desk.a, spot | {"orderFilter": kind})
        assert code_of(desk.engine.place, desk.a, spot | {"orderFilter": kind}) == 110009
    del spot["triggerPrice"]
    for number in range(440):
        desk.engine.place(desk.a, spot | {"symbol": "ETHUSDT", "qty": "0.01", "price": str(1000 + number)})
    assert code_of(desk.engine.place, desk.a, spot) == 170810
    assert desk.limit(desk.a, "Buy", "0.01", "59000").is_live, "contracts are counted for themselves"


def test_closed_orders_stay_findable_until_the_exchange_restarts(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "59000", orderLinkId="gone")
    desk.cancel(order)
    named = LINEAR | {"orderLinkId": "gone"}
    assert desk.engine.open_orders(desk.a, LINEAR) == []
    assert desk.engine.open_orders(desk.a, named) == [order]
    assert desk.engine.open_orders(desk.a, LINEAR | {"openOnly": "1"}) == [order]
    desk.engine.forget_closed_orders()
    assert desk.engine.open_orders(desk.a, named) == []
    assert desk.engine.order_history(desk.a, named) == [order]


def test_each_category_keeps_its_own_last_500_closed_orders(desk):
    gone = desk.limit(desk.a, "Buy", "0.1", "59000")
    desk.cancel(gone)
    spot = SPOT | {"side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "50000"}
    for _ in range(501):
        order = desk.engine.place(desk.a, spot)
        desk.engine.cancel(desk.a, SPOT | {"orderId": order.order_id})
    assert desk.engine.open_orders(desk.a, LINEAR | {"openOnly": 1}) == [gone]
    assert len(desk.engine.open_orders(desk.a, SPOT | {"openOnly": 1})) == 500
    other = {"category": "linear", "symbol": "ETHUSDT", "orderId": gone.order_id}
    assert desk.engine.open_orders(desk.a, other) == [gone], "an order id counts for more than a symbol"


def test_disconnection_protection_cancels_the_products_it_covers(desk):
    future = desk.limit(desk.a, "Buy", "0.1", "59000")
    spot = desk.limit(desk.a, "Buy", "0.01", "59000", SPOT)
    assert desk.engine.disconnected(desk.a, ["DERIVATIVES"]) == 1
    assert (future.cancel_type, spot.status) == ("CancelByDCP", "New")


def test_a_changed_tick_ends_resting_orders(desk):
    from dataclasses import replace

    order = desk.limit(desk.a, "Buy", "0.1", "59000.1")
    instrument = desk.engine.listing(**LINEAR).instrument
    desk.engine.replace_instrument(replace(instrument, tick=D("0.5")))
    assert order.status == "Cancelled"
    assert code_of(desk.limit, desk.a, "Buy", "0.1", "59000.1") == 10001
    assert desk.limit(desk.a, "Buy", "0.1", "59000.5").status == "New"


def test_a_cancel_that_lost_the_race_shows_the_fill_a_second_time(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "60000")
    desk.limit(desk.b, "Sell", "0.1", "60000")
    named = LINEAR | {"orderId": order.order_id}
    assert desk.engine.cancel_too_late(desk.a, named) is order
    shown = [(wire["orderStatus"], wire["cancelType"], wire["rejectReason"]) for wire in desk.seen.orders(desk.a)]
    assert shown[-2:] == [
        ("Filled", "UNKNOWN", "EC_NoError"),
        ("Filled", "CancelByUser", "EC_OrigClOrdIDDoesNotExist"),
    ]
    assert order.cancel_type == "UNKNOWN"


def test_exit_prices_of_a_resting_order_can_be_amended_until_it_trades(desk):
    order = desk.limit(desk.a, "Buy", "0.2", "60000", takeProfit="61000")
    desk.amend(order, takeProfit="62000", stopLoss="59000")
    assert (order.exit_plan.take_profit, order.exit_plan.stop_loss) == (D(62000), D(59000))
    desk.amend(order, takeProfit="0")
    assert order.exit_plan.take_profit is None
    assert code_of(desk.amend, order, stopLoss="60500") == 10001
    desk.limit(desk.b, "Sell", "0.1", "60000")
    assert code_of(desk.amend, order, stopLoss="58000") == 110059


def test_best_bid_and_offer_orders_take_their_price_from_the_book(desk):
    desk.limit(desk.a, "Buy", "0.1", "59990")
    desk.limit(desk.a, "Sell", "0.1", "60010")
    request = LINEAR | {"side": "Buy", "orderType": "Limit", "qty": "0.1"}
    queued = desk.engine.place(desk.b, request | {"bboSideType": "Queue", "bboLevel": "1"})
    taking = desk.engine.place(desk.b, request | {"bboSideType": "Counterparty", "bboLevel": "1"})
    assert (queued.price, taking.price, taking.status) == (D(59990), D(60010), "Filled")


def test_money_moves_between_accounts_only_when_it_is_free(desk):
    desk.engine.treasury.transfer(desk.a, desk.b, "USDT", D(99000))
    assert desk.balance(desk.b) == D(199000)
    desk.limit(desk.a, "Buy", "0.015", "59000", SPOT)
    assert code_of(desk.engine.treasury.transfer, desk.a, desk.b, "USDT", D(200)) == 110012
    assert code_of(desk.engine.deposit, desk.a, "USDT", "0.0000000000001") == 10001


def test_fee_rates_are_those_that_are_charged(desk):
    (rate,) = desk.engine.fee_rates(desk.a, LINEAR)
    assert rate == {"symbol": "BTCUSDT", "takerFeeRate": "0.00055", "makerFeeRate": "0.0002"}
    options = desk.engine.fee_rates(desk.a, {"category": "option"})
    assert {entry["baseCoin"] for entry in options} == {"BTC", "ETH"}


def test_before_a_delisting_only_reducing_orders_are_taken(desk):
    desk.trade(desk.a, desk.b, "0.1", "60000")
    desk.engine.set_status("linear", "BTCUSDT", "Trading", reduce_only=True)
    assert code_of(desk.limit, desk.a, "Buy", "0.1", "59000") == 110023
    assert desk.limit(desk.a, "Sell", "0.1", "61000", reduceOnly=True).status == "New"
