"""Conditional orders, take profit, stop loss and trailing stop."""

from decimal import Decimal

import pytest

from bybit_async.simulator.engine.wires import order_stream, order_wire

from .trading import LINEAR, SPOT, Desk, code_of

D = Decimal


@pytest.fixture
def desk():
    desk = Desk()
    # Liquidity wherever a trigger may lead.
    desk.maker = desk.engine.create_account(house=True, balances={"USDT": "100000000", "BTC": "1000"})
    for where in (LINEAR, SPOT):
        listing = desk.engine.listing(**where)
        for step in range(1, 40):
            desk.engine.house.quote(desk.maker, listing, "Buy", D(60000 - step * 100), D(5))
            desk.engine.house.quote(desk.maker, listing, "Sell", D(60000 + step * 100), D(5))
    desk.last("60000")
    yield desk
    desk.engine.audit()


def _last(desk, price, where=LINEAR):
    desk.engine.set_prices(where["category"], where["symbol"], last=price)


Desk.last = _last


def long(desk, qty="0.1"):
    desk.trade(desk.a, desk.b, qty, "60000")
    return desk.position(desk.a)


def exits(desk, account, kind):
    return [order for order in account.orders.values() if order.stop_order_type == kind]


def stop(desk, **request):
    return desk.engine.set_trading_stop(desk.a, LINEAR | {"positionIdx": 0} | request)


@pytest.mark.parametrize(
    ("by", "price"),
    [("LastPrice", {"last": "61000"}), ("MarkPrice", {"mark": "61000"}), ("IndexPrice", {"index": "61000"})],
)
def test_a_conditional_order_waits_for_the_price_it_names(desk, by, price):
    order = desk.market(desk.a, "Buy", "0.1", triggerPrice="61000", triggerDirection=1, triggerBy=by)
    assert (order.status, order.stop_order_type) == ("Untriggered", "Stop")
    others = {"last": "61000", "mark": "61000", "index": "61000"}
    name = next(iter(price))
    for other in others:
        if other != name:
            desk.engine.set_prices("linear", "BTCUSDT", **{other: "61000"})
            # Only the fund of other prices moved: the order must still wait.
            assert order.status == "Untriggered"
    desk.engine.set_prices("linear", "BTCUSDT", **price)
    assert (order.status, order.filled) == ("Filled", D("0.1"))


def test_a_falling_trigger_fires_at_or_below_its_price(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "58000", triggerPrice="59000", triggerDirection=2)
    desk.last("59000.1")
    assert order.status == "Untriggered"
    desk.last("59000")
    assert order.status == "New"
    assert order.resting is not None


def test_a_trigger_that_is_reached_already_is_refused(desk):
    rising = {"triggerPrice": "59000", "triggerDirection": 1}
    falling = {"triggerPrice": "61000", "triggerDirection": 2}
    assert code_of(desk.market, desk.a, "Buy", "0.1", **rising) == 110092
    assert code_of(desk.market, desk.a, "Buy", "0.1", **falling) == 110093


def test_the_triggered_state_is_shown_before_what_follows(desk):
    order = desk.market(desk.a, "Buy", "0.1", triggerPrice="61000", triggerDirection=1)
    desk.last("61000")
    shown = [wire["orderStatus"] for wire in desk.seen.orders(desk.a) if wire["orderId"] == order.order_id]
    assert shown == ["Untriggered", "Triggered", "Filled"]


def test_conditional_orders_take_no_margin_until_they_fire_and_are_cancelled_when_it_is_short(desk):
    order = desk.market(desk.a, "Buy", "50", triggerPrice="61000", triggerDirection=1)
    assert desk.engine.wallet(desk.a)["totalInitialMargin"] == "0"
    desk.last("61000")
    assert (order.status, order.cancel_type) == ("Cancelled", "CancelByCannotAffordOrderCost")


def test_ten_conditional_orders_per_symbol_are_the_most(desk):
    for number in range(10):
        desk.market(desk.a, "Buy", "0.1", triggerPrice=str(61000 + number), triggerDirection=1)
    assert code_of(desk.market, desk.a, "Buy", "0.1", triggerPrice="62000", triggerDirection=1) == 110009


def test_a_waiting_order_can_be_amended_and_cancelled(desk):
    order = desk.market(desk.a, "Buy", "0.1", triggerPrice="61000", triggerDirection=1)
    desk.amend(order, triggerPrice="62000", qty="0.2")
    assert code_of(desk.amend, order, triggerPrice="59000") == 110092
    desk.last("61500")
    assert order.status == "Untriggered"
    desk.cancel(order)
    desk.last("62500")
    assert (order.status, order.filled) == ("Cancelled", 0)


def test_a_waiting_order_can_be_told_to_watch_another_price(desk):
    order = desk.market(desk.a, "Buy", "0.1", triggerPrice="61000", triggerDirection=1)
    assert code_of(desk.amend, order, triggerBy="LastPrice") == 10001
    assert code_of(desk.amend, order, triggerBy="Nonsense") == 10001
    desk.amend(order, triggerBy="MarkPrice")
    assert order_wire(order)["triggerBy"] == "MarkPrice"
    desk.last("61500")
    assert order.is_waiting
    desk.engine.set_prices(*LINEAR.values(), mark="61000")
    assert not order.is_waiting
    other = desk.market(desk.a, "Buy", "0.1", triggerPrice="62000", triggerDirection=1)
    desk.engine.set_prices(*LINEAR.values(), index="63000")
    assert code_of(desk.amend, other, triggerBy="IndexPrice") == 110092
    assert other.trigger_by == "LastPrice"


def test_cancelling_all_stop_orders_includes_exits_unless_they_are_left_out(desk):
    long(desk)
    stop(desk, takeProfit="70000", stopLoss="50000")
    waiting = desk.market(desk.a, "Buy", "0.1", triggerPrice="61000", triggerDirection=1)
    resting = desk.limit(desk.a, "Buy", "0.1", "59000")
    stops = {**LINEAR, "orderFilter": "StopOrder"}
    assert desk.engine.cancel_all(desk.a, {**stops, "stopOrderType": "Stop"}) == [waiting]
    assert {order.stop_order_type for order in desk.engine.cancel_all(desk.a, stops)} == {"TakeProfit", "StopLoss"}
    assert list(desk.a.orders.values()) == [resting]


def test_close_on_trigger_with_quantity_zero_closes_the_whole_position(desk):
    position = long(desk, "0.3")
    flags = {"reduceOnly": True, "closeOnTrigger": True, "triggerPrice": "59000", "triggerDirection": 2}
    order = desk.market(desk.a, "Sell", "0", **flags)
    assert order.qty == D("0.3")
    desk.last("58999")
    assert (order.status, position.net) == ("Filled", 0)


def test_full_take_profit_and_stop_loss_follow_the_position_and_end_with_it(desk):
    position = long(desk)
    stop(desk, takeProfit="62000", stopLoss="58000")
    (gain,), (loss,) = exits(desk, desk.a, "TakeProfit"), exits(desk, desk.a, "StopLoss")
    assert (gain.qty, gain.trigger_direction, loss.trigger_direction) == (D("0.1"), 1, 2)
    desk.trade(desk.a, desk.b, "0.2", "60000")
    assert (gain.qty, loss.qty) == (D("0.3"), D("0.3"))
    assert {order_wire(gain)["tpslMode"], order_stream(loss)["tpslMode"]} == {"Full"}
    wire = desk.engine.positions(desk.a, LINEAR)[0]
    assert (wire["takeProfit"], wire["stopLoss"]) == ("62000", "58000")
    desk.last("62000")
    assert (gain.status, position.net) == ("Filled", 0)
    assert (loss.status, loss.cancel_type) == ("Cancelled", "CancelByTpSlTsClear")
    assert desk.engine.positions(desk.a, LINEAR)[0]["takeProfit"] == "0"


def test_stops_on_the_wrong_side_or_without_position_or_unchanged_are_refused(desk):
    assert code_of(stop, desk, takeProfit="62000") == 10001
    long(desk)
    assert code_of(stop, desk, takeProfit="59000") == 10001
    assert code_of(stop, desk, stopLoss="61000") == 10001
    assert code_of(stop, desk, takeProfit="62000.05") == 10001
    stop(desk, takeProfit="62000")
    assert code_of(stop, desk, takeProfit="62000") == 34040
    stop(desk, takeProfit="0")
    assert desk.a.orders == {}


def test_partial_exits_end_each_other(desk):
    position = long(desk, "0.3")
    stop(desk, tpslMode="Partial", takeProfit="62000", stopLoss="58000", tpSize="0.1", slSize="0.1")
    (gain,), (loss,) = exits(desk, desk.a, "PartialTakeProfit"), exits(desk, desk.a, "PartialStopLoss")
    assert {order_wire(gain)["tpslMode"], order_stream(loss)["tpslMode"]} == {"Partial"}
    desk.last("58000")
    assert (loss.status, position.net) == ("Filled", D("0.2"))
    (closed,) = desk.engine.closed_pnl(desk.a, LINEAR)
    assert closed.order_price == loss.market_limit, "a market order is shown with the price that protects it"
    assert (gain.status, gain.cancel_type) == ("Cancelled", "CancelByOCOTpCanceledBySlTriggered")
    sizes = {"tpSize": "0.1", "slSize": "0.2"}
    assert code_of(stop, desk, tpslMode="Partial", takeProfit="62000", stopLoss="57000", **sizes) == 10001
    assert code_of(stop, desk, tpslMode="Partial", takeProfit="62000", tpSize="1") == 110058


def test_a_partial_limit_exit_rests_at_its_limit_price(desk):
    long(desk)
    limit = {"tpOrderType": "Limit", "tpLimitPrice": "62050"}
    stop(desk, tpslMode="Partial", takeProfit="62000", tpSize="0.1", **limit)
    desk.last("62000")
    (gain,) = exits(desk, desk.a, "PartialTakeProfit")
    assert (gain.status, gain.price, gain.reduce_only) == ("New", D(62050), True)


def test_an_order_brings_its_exits_when_it_fills(desk):
    order = desk.limit(desk.a, "Buy", "0.2", "60000", takeProfit="63000", stopLoss="59000", orderLinkId="parent")
    assert desk.a.orders == {order.order_id: order}
    desk.limit(desk.b, "Sell", "0.1", "60000")
    (gain,), (loss,) = exits(desk, desk.a, "TakeProfit"), exits(desk, desk.a, "StopLoss")
    assert (gain.qty, gain.parent_link_id, loss.create_type) == (D("0.1"), "parent", "CreateByStopLoss")


def test_partial_exits_of_an_order_cover_exactly_what_has_filled(desk):
    plan = {"takeProfit": "63000", "stopLoss": "59000", "tpslMode": "Partial"}
    desk.limit(desk.a, "Buy", "0.2", "60000", **plan)
    desk.limit(desk.b, "Sell", "0.05", "60000")
    desk.limit(desk.b, "Sell", "0.15", "60000")
    assert sum(order.qty for order in exits(desk, desk.a, "PartialTakeProfit")) == D("0.2")
    assert sum(order.qty for order in exits(desk, desk.a, "PartialStopLoss")) == D("0.2")


def test_a_trailing_stop_follows_the_price_up_and_fires_on_the_way_back(desk):
    position = long(desk)
    stop(desk, trailingStop="500")
    (trailing,) = exits(desk, desk.a, "TrailingStop")
    desk.last("61000")
    assert trailing.trigger_price == D(60500)
    desk.last("60600")
    assert trailing.trigger_price == D(60500)
    assert position.net
    desk.last("60500")
    assert (trailing.status, position.net) == ("Filled", 0)


def test_a_trailing_stop_waits_for_its_active_price(desk):
    position = long(desk)
    stop(desk, trailingStop="500", activePrice="61000")
    desk.last("59000")
    assert position.net
    desk.last("61200")
    desk.last("60700")
    assert position.net == 0


def test_exits_of_a_position_that_turned_do_not_act_on_the_new_one(desk):
    position = long(desk)
    stop(desk, stopLoss="58000")
    desk.trade(desk.b, desk.a, "0.3", "60000")
    assert position.net == D("-0.2")
    assert exits(desk, desk.a, "StopLoss") == []


def test_spot_conditional_orders_hold_coins_only_as_tpsl_orders(desk):
    falling = {"triggerPrice": "59000"}
    desk.limit(desk.a, "Sell", "0.5", "58000", SPOT, orderFilter="StopOrder", **falling)
    assert desk.a.locked == {}
    order = desk.limit(desk.a, "Sell", "0.5", "58000", SPOT, orderFilter="tpslOrder", **falling)
    assert desk.a.locked == {"BTC": D("0.5")}
    desk.cancel(order)
    assert (order.status, desk.a.locked) == ("Deactivated", {})


def test_a_filled_spot_order_leaves_a_pair_of_which_one_ends_the_other(desk):
    desk.last("60000", SPOT)
    order = desk.limit(desk.a, "Buy", "0.01", "60100", SPOT, takeProfit="63000", stopLoss="59000")
    assert order.status == "Filled"
    gain, loss = exits(desk, desk.a, "OcoOrder")
    # One thousandth of the bitcoin went to the fee, so a little less can be sold.
    assert gain.qty == loss.qty == D("0.00999")
    assert desk.a.locked == {"BTC": D("0.00999")}
    desk.last("59000", SPOT)
    assert (loss.status, gain.status) == ("Filled", "Deactivated")
    assert desk.a.locked == {}


def test_exits_of_a_conditional_order_are_judged_by_its_trigger_price(desk):
    conditional = {"triggerPrice": "61000", "triggerDirection": 1}
    order = desk.market(desk.a, "Buy", "0.1", **conditional, takeProfit="62000", stopLoss="60050")
    assert order.status == "Untriggered"
    assert code_of(desk.market, desk.a, "Buy", "0.1", **conditional, takeProfit="60900") == 10001
    desk.last("61000")
    assert len(exits(desk, desk.a, "TakeProfit")) == 1


def test_a_halted_listing_triggers_nothing_until_it_reopens(desk):
    order = desk.market(desk.a, "Buy", "0.1", triggerPrice="61000", triggerDirection=1)
    desk.engine.set_status("linear", "BTCUSDT", "Halted")
    desk.last("61000")
    assert order.status == "Untriggered"
    desk.engine.set_status("linear", "BTCUSDT", "Trading")
    assert order.status == "Filled"


def test_cancelling_one_of_a_bound_pair_cancels_both(desk):
    long(desk, "0.3")
    stop(desk, tpslMode="Partial", takeProfit="62000", stopLoss="58000", tpSize="0.1", slSize="0.1")
    (gain,), (loss,) = exits(desk, desk.a, "PartialTakeProfit"), exits(desk, desk.a, "PartialStopLoss")
    desk.cancel(gain)
    assert loss.status == "Cancelled"
