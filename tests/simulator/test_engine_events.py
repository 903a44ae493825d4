"""What sinks are told, in which order; ids by seed; the clock; pages."""

from decimal import Decimal

import pytest

from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.wires import order_wire
from bybit_async.simulator.rest.pages import cut

from .trading import LINEAR, SPOT, START_MS, Desk, Recorder, code_of

D = Decimal


def test_a_fill_is_told_as_order_execution_position_wallet():
    desk = Desk()
    desk.limit(desk.a, "Buy", "0.1", "60000")
    desk.seen.events.clear()
    desk.limit(desk.b, "Sell", "0.1", "60000")
    for account in (desk.a, desk.b):
        kinds = [kind for kind, uid, _ in desk.seen.events if uid == account.uid]
        assert kinds == ["order", "execution", "position", "wallet"]
    assert [(trade.side, trade.qty) for trade in desk.seen.trades] == [("Sell", D("0.1"))]


def test_several_executions_of_one_order_come_together():
    desk = Desk()
    desk.limit(desk.a, "Sell", "0.1", "60000")
    desk.limit(desk.a, "Sell", "0.1", "60001")
    desk.seen.events.clear()
    order = desk.market(desk.b, "Buy", "0.2")
    fills = [wire for kind, uid, wire in desk.seen.events if kind == "execution" and uid == desk.b.uid]
    assert [wire["execPrice"] for wire in fills] == ["60000", "60001"]
    assert len({wire["execId"] for wire in fills}) == 2
    assert {wire["seq"] for wire in fills} == {desk.engine.listing(**LINEAR).seq}
    assert [wire["orderStatus"] for wire in desk.seen.orders(desk.b)] == ["Filled"]
    assert order_wire(order)["avgPrice"] == "60000.5"


def test_level_changes_rebuild_the_book():
    desk = Desk()
    book = {}
    first = desk.limit(desk.a, "Buy", "0.1", "59000")
    desk.limit(desk.a, "Buy", "0.2", "59000")
    desk.limit(desk.b, "Sell", "0.3", "61000")
    desk.amend(first, qty="0.05")
    desk.limit(desk.b, "Sell", "0.25", "59000")
    desk.limit(desk.b, "Buy", "0.1", "61000")
    for change in desk.seen.levels:
        if change.qty:
            book[change.side, change.price] = change.qty
        else:
            book.pop((change.side, change.price))
    bids, asks = desk.engine.listing(**LINEAR).depth(10)
    assert book == {("Buy", price): qty for price, qty in bids} | {("Sell", price): qty for price, qty in asks}
    assert book == {("Sell", D(61000)): D("0.2")}


def test_the_sequence_grows_with_every_change_of_the_book():
    desk = Desk()
    listing = desk.engine.listing(**LINEAR)
    marks = [listing.seq]
    order = desk.limit(desk.a, "Buy", "0.2", "59000")
    marks.append(listing.seq)
    desk.amend(order, qty="0.1")
    marks.append(listing.seq)
    desk.cancel(order)
    marks.append(listing.seq)
    assert marks == sorted(set(marks))


def test_a_refused_order_tells_nothing():
    desk = Desk()
    desk.seen.events.clear()
    assert code_of(desk.limit, desk.a, "Buy", "1000", "60000") == 110007
    assert desk.seen.events == []


def test_house_accounts_trade_silently():
    desk = Desk()
    maker = desk.engine.create_account(house=True)
    quote = desk.engine.house.quote(maker, desk.engine.listing(**LINEAR), "Sell", D(60000), D("0.1"))
    desk.market(desk.b, "Buy", "0.1")
    assert not desk.engine.house.withdraw(quote)
    assert {uid for _, uid, _ in desk.seen.events} <= {desk.a.uid, desk.b.uid}
    assert desk.engine.audit().positions == 2


@pytest.mark.parametrize(("price", "qty"), [("60000.05", "0.1"), ("60000", "0.0001")])
def test_quotes_off_the_grid_are_a_programming_error(price, qty):
    desk = Desk()
    maker = desk.engine.create_account(house=True)
    with pytest.raises(ValueError, match="off the"):
        desk.engine.house.quote(maker, desk.engine.listing(**LINEAR), "Buy", D(price), D(qty))


def test_the_same_calls_give_the_same_events():
    def run():
        desk = Desk()
        desk.trade(desk.a, desk.b, "0.1", "60000")
        desk.limit(desk.a, "Buy", "0.01", "60000", SPOT)
        desk.market(desk.b, "Sell", "0.01", SPOT)
        return desk.seen.events

    assert run() == run()


def test_removed_sinks_hear_no_more():
    desk = Desk()
    other = Recorder()
    desk.engine.add_sink(other)
    desk.engine.remove_sink(other)
    desk.limit(desk.a, "Buy", "0.1", "59000")
    assert other.events == []
    assert desk.seen.events


def test_the_audit_notices_money_out_of_nowhere():
    desk = Desk()
    desk.a.balances["USDT"] += 1
    with pytest.raises(AssertionError, match="all USDT"):
        desk.engine.audit()


def test_the_audit_notices_a_forgotten_lock():
    desk = Desk()
    desk.limit(desk.a, "Buy", "0.01", "59000", SPOT)
    desk.a.locked.clear()
    with pytest.raises(AssertionError, match="locked"):
        desk.engine.audit()


def test_timers_run_in_order_and_see_their_own_time():
    clock = ExchangeClock(START_MS, manual=True)
    seen = []
    clock.call_at(START_MS + 20, lambda: seen.append(("late", clock.now_ms() - START_MS)))
    clock.call_at(START_MS + 10, lambda: seen.append(("early", clock.now_ms() - START_MS)))
    gone = clock.call_later(15, lambda: seen.append(("cancelled", 0)))
    gone.cancel()

    def again():
        seen.append(("again", clock.now_ms() - START_MS))
        if clock.now_ms() < START_MS + 300:
            clock.call_later(100, again)

    clock.call_later(100, again)
    assert clock.advance(250) == 4
    assert seen == [("early", 10), ("late", 20), ("again", 100), ("again", 200)]
    assert clock.now_ms() == START_MS + 250


def test_a_scaled_clock_leaps_and_does_not_run_backwards():
    clock = ExchangeClock(START_MS, speed=1000.0)
    before = clock.now_ms()
    clock.advance(3_600_000)
    assert clock.now_ms() >= before + 3_600_000
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_pages_neither_repeat_nor_skip_when_new_items_arrive():
    items = list(range(10, 0, -1))
    first, cursor = cut(items, "4", None)
    items.insert(0, 11)
    second, cursor = cut(items, "4", cursor)
    third, last = cut(items, "4", cursor)
    assert first + second + third == list(range(10, 0, -1))
    assert last == ""
    assert code_of(cut, items, "4", "nonsense") == 10001
    assert code_of(cut, items, "0", "") == 10001
