import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.models.stream_private import OrderData
from bybit_async.models.trade import Order
from bybit_async.state.orders import FINAL, KnownOrders
from bybit_async.state.pushed import order_of


def order(status="New", *, filled=0, at=0, order_id="a", link="link-a", qty=10, **more):
    return Order(
        order_id=order_id, order_link_id=link, symbol="X", side="Buy", order_status=status, order_type="Limit",
        qty=Decimal(qty), price=Decimal(1), cum_exec_qty=Decimal(filled), leaves_qty=Decimal(qty - filled),
        updated_time=at, **more,
    )  # fmt: skip


def statuses(orders, reports):
    return [change.order.order_status for change in map(orders.apply, reports) if change]


def test_an_order_is_found_by_either_id_and_leaves_the_open_ones_when_final():
    orders = KnownOrders()
    assert orders.apply(order()).previous is None
    assert orders.find(order_link_id="link-a") is orders.find(order_id="a")
    assert [item.order_id for item in orders.open] == ["a"]
    change = orders.apply(order("Filled", filled=10, at=5))
    assert change.became_final
    assert change.previous.order_status == "New"
    assert orders.open == []
    assert "a" in orders
    assert len(orders) == 1
    assert orders.find(order_id="b") is orders.find(order_link_id="b") is orders.find() is None


def test_an_order_without_a_link_id_is_found_by_its_order_id_only():
    orders = KnownOrders()
    orders.apply(order(link=""))
    assert orders.find(order_id="a") is not None
    assert orders.find(order_link_id="") is None


def test_o16_a_late_new_after_the_fill_is_dropped():
    orders = KnownOrders()
    assert statuses(orders, [order("Filled", filled=10, at=5), order("New", at=1)]) == ["Filled"]
    assert orders.late == 1


def test_o16_less_executed_is_older_whatever_its_time():
    orders = KnownOrders()
    assert statuses(orders, [order("PartiallyFilled", filled=4, at=5), order("PartiallyFilled", filled=3, at=6)]) == [
        "PartiallyFilled"
    ]
    assert orders.find(order_id="a").cum_exec_qty == 4


def test_steps_within_one_millisecond_go_forward_only():
    orders = KnownOrders()
    reports = [order(status, at=7) for status in ("New", "Triggered", "Untriggered")]
    assert statuses(orders, reports) == ["New"]


def test_an_amended_price_is_a_change_and_its_repeat_is_none():
    orders = KnownOrders()
    orders.apply(order(at=1))
    amended = order(at=2, take_profit=Decimal(9))
    assert orders.apply(amended).order.take_profit == 9
    assert orders.apply(amended) is None
    assert orders.repeats == 1


def test_an_amended_price_of_a_partly_filled_order_is_a_change():
    orders = KnownOrders()
    orders.apply(order("PartiallyFilled", filled=4, at=1))
    assert orders.apply(order("PartiallyFilled", filled=4, at=2, take_profit=Decimal(9))).order.take_profit == 9
    assert orders.repeats == 0


def test_o17_an_order_without_fills_ends_once():
    orders = KnownOrders()
    assert statuses(orders, [order("Cancelled", at=1), order("Cancelled", at=2, take_profit=Decimal(9))]) == [
        "Cancelled"
    ]
    assert orders.repeats == 1


def test_o17_two_filled_messages_are_one_end_and_the_fill_is_kept():
    fill = order("Filled", filled=10, at=5, reject_reason="EC_NoError")
    lost = order("Filled", filled=10, at=6, cancel_type="CancelByUser", reject_reason="EC_OrigClOrdIDDoesNotExist")
    for reports in ([fill, lost], [lost, fill]):
        orders = KnownOrders()
        changes = [change for change in map(orders.apply, [order(), *reports]) if change]
        assert [change.became_final for change in changes] == [False, True]
        assert orders.find(order_id="a").reject_reason == "EC_NoError"


def test_o17_the_same_end_told_otherwise_changes_nothing():
    orders = KnownOrders()
    first = order("Filled", filled=10, at=5)
    assert statuses(orders, [first, order("Filled", filled=10, at=6, take_profit=Decimal(9))]) == ["Filled"]
    assert orders.find(order_id="a") is first
    assert orders.repeats == 1


@pytest.mark.parametrize("status", ["Cancelled", "PartiallyFilledCanceled"])
def test_o19_a_cancelled_order_keeps_its_fills(status):
    orders = KnownOrders()
    orders.apply(order(status, filled=4, at=5))
    assert orders.apply(order("PartiallyFilled", filled=4, at=4)) is None
    kept = orders.find(order_id="a")
    assert (kept.order_status, kept.cum_exec_qty) == (status, 4)


def test_o19_an_end_that_knows_of_more_fills_corrects_one_that_does_not():
    orders = KnownOrders()
    orders.apply(order("Cancelled", filled=0, at=5))
    change = orders.apply(order("Cancelled", filled=4, at=5))
    assert change.order.cum_exec_qty == 4
    assert not change.became_final
    assert orders.apply(order("Cancelled", filled=0, at=9)) is None


def test_an_unknown_status_is_no_end():
    orders = KnownOrders()
    orders.apply(order("Suspended"))
    assert len(orders.open) == 1


def test_memory_is_bounded_and_a_late_report_revives_nothing():
    orders = KnownOrders(keep=3)
    for number in range(10):
        orders.apply(order("Filled", filled=10, order_id=str(number), link=f"link-{number}"))
    assert [item.order_id for item in orders] == ["7", "8", "9"]
    assert orders.find(order_link_id="link-0") is None
    assert orders.apply(order("New", order_id="0", link="link-0")) is None
    assert orders.late == 1
    for number in range(10, 100):
        orders.apply(order("Filled", filled=10, order_id=str(number)))
    assert len(orders._forgotten) == 30


def test_open_orders_are_never_forgotten():
    orders = KnownOrders(keep=1)
    for number in range(10):
        orders.apply(order(order_id=str(number)))
    assert len(orders.open) == 10


def test_a_pushed_order_becomes_the_same_order_that_rest_answers_with():
    pushed = OrderData(
        category="spot", symbol="X", order_id="a", side="Buy", order_status="New", order_type="Limit",
        qty=Decimal(10), price=Decimal(1), is_leverage="1", cum_exec_qty=Decimal(0), updated_time=3,
    )  # fmt: skip
    made = order_of(pushed)
    assert isinstance(made, Order)
    assert (made.is_leverage, made.category, made.updated_time, made.order_link_id) == (True, "spot", 3, None)


def life(number, path):
    """The reports of one order's life, in order."""
    reports, at, filled = [], number, 0
    for step in path:
        at += 1
        filled = 10 if step == "Filled" else filled + 2 if step == "PartiallyFilled" else filled
        reports.append(order(step, filled=filled, at=at, order_id=str(number), link=f"link-{number}"))
    return reports


PATHS = [
    ["New", "Filled"],
    ["Untriggered", "Triggered", "New", "PartiallyFilled", "PartiallyFilled", "Cancelled"],
    ["New", "New", "PartiallyFilled", "PartiallyFilledCanceled"],
    ["Rejected"],
    ["New", "PartiallyFilled", "New"],
]


@given(paths=st.lists(st.sampled_from(PATHS), min_size=1, max_size=4), data=st.data())
def test_any_order_of_any_repeated_reports_ends_the_same(paths, data):
    lives = [life(number * 100, path) for number, path in enumerate(paths)]
    reports = list(itertools.chain(*lives))
    repeated = data.draw(st.lists(st.sampled_from(reports), max_size=6))
    shuffled = data.draw(st.permutations(reports + repeated))
    straight, mixed = KnownOrders(), KnownOrders()
    for report in reports:
        straight.apply(report)
    ends, executed = {}, {}
    for report in shuffled:
        change = mixed.apply(report)
        if change is None:
            continue
        known = change.order.order_id
        assert not (ends.get(known) and change.order.order_status not in FINAL)
        assert change.order.cum_exec_qty >= executed.get(known, 0) or change.became_final
        ends[known] = ends.get(known, 0) + change.became_final
        executed[known] = change.order.cum_exec_qty
    assert {item.order_id: item for item in mixed} == {item.order_id: item for item in straight}
    assert all(ends[item.order_id] == 1 for item in mixed if item.order_status in FINAL)


def test_an_order_link_id_that_was_used_again_stays_with_the_newer_order():
    orders = KnownOrders(keep=1)
    orders.apply(order("Filled", filled=10, order_id="a", link="mine"))
    orders.apply(order(order_id="b", link="mine"))
    orders.apply(order("Filled", filled=10, order_id="c", link="other"))
    assert "a" not in orders
    assert orders.find(order_link_id="mine").order_id == "b"


def test_the_order_link_ids_of_forgotten_orders_are_forgotten():
    orders = KnownOrders(keep=10)
    for number in range(100):
        orders.apply(order("Filled", filled=10, order_id=f"o{number}", link=f"l{number}"))
    assert len(orders._links) == 10
