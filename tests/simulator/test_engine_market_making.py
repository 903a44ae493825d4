"""Market maker protection: protected option quotes are pulled when too much of them was taken in too short a time."""

from decimal import Decimal

import pytest

from tests.simulator.options import CALL
from tests.simulator.options import desk as _desk

from .trading import code_of

D = Decimal
desk = _desk


@pytest.fixture
def guard(desk):
    """The protection of the maker, a."""
    desk.engine.approve_market_making(desk.a)
    desk.engine.measure_options_with(lambda _: (D("0.5"), D(100)))
    return desk.engine.market_making(desk.a, "BTC")


def quote(desk, side, qty, price, *, mmp=True):
    name = f"q{len(desk.a.link_ids)}"
    return desk.limit(desk.a, side, qty, price, CALL, orderLinkId=name, mmp=mmp)


def take(desk, side, qty):
    return desk.market(desk.b, side, qty, CALL, orderLinkId=f"t{len(desk.b.link_ids)}")


def test_only_approved_accounts_have_protected_quotes(desk):
    assert code_of(quote, desk, "Buy", "1", "1400") == 110065
    assert quote(desk, "Buy", "1", "1400", mmp=False).is_live


def test_quotes_are_pulled_when_the_quantity_reaches_the_limit(desk, guard):
    guard.qty_limit = D(2)
    bids = [quote(desk, "Buy", "1", price) for price in ("1495", "1490", "1485")]
    plain = quote(desk, "Buy", "1", "1480", mmp=False)
    take(desk, "Sell", "1")
    assert [order.status for order in bids] == ["Filled", "New", "New"]
    take(desk, "Sell", "1")
    assert [order.status for order in bids] == ["Filled", "Filled", "Cancelled"]
    assert (bids[2].cancel_type, bids[2].reject_reason) == ("CancelByMmpTriggered", "EC_CancelByMMP")
    assert plain.is_live


def test_quotes_are_rejected_until_the_freeze_is_over(desk, guard):
    guard.qty_limit, guard.frozen_period = D(1), 3_000
    quote(desk, "Sell", "1", "1505")
    take(desk, "Buy", "1")
    now = desk.clock.now_ms()
    wire = guard.to_wire("BTC", now)
    assert (wire["mmpFrozen"], wire["mmpFrozenUntil"]) == (True, str(now + 3_000))
    rejected = quote(desk, "Buy", "1", "1400")
    assert (rejected.status, rejected.reject_reason) == ("Rejected", "EC_CancelByMMP")
    assert quote(desk, "Buy", "1", "1395", mmp=False).is_live
    desk.clock.advance(3_000)
    assert quote(desk, "Buy", "1", "1400").is_live
    assert guard.to_wire("BTC", desk.clock.now_ms())["mmpFrozen"] is False


def test_a_freeze_without_an_end_waits_for_a_reset(desk, guard):
    guard.qty_limit, guard.frozen_period = D(1), 0
    quote(desk, "Sell", "1", "1505")
    take(desk, "Buy", "1")
    desk.clock.advance(3_600_000)
    assert quote(desk, "Buy", "1", "1400").status == "Rejected"
    guard.reset()
    assert quote(desk, "Buy", "1", "1400").is_live


def test_what_was_taken_before_the_window_does_not_count(desk, guard):
    guard.qty_limit = D(2)
    bids = [quote(desk, "Buy", "1", price) for price in ("1495", "1490", "1485")]
    take(desk, "Sell", "1")
    desk.clock.advance(guard.window)
    take(desk, "Sell", "1")
    assert bids[2].is_live


def test_delta_counts_with_its_sign_and_quantity_without(desk, guard):
    guard.delta_limit = D(1)
    bids = [quote(desk, "Buy", "1", price) for price in ("1495", "1490", "1485")]
    quote(desk, "Sell", "1", "1505")
    take(desk, "Sell", "1")
    take(desk, "Buy", "1")
    take(desk, "Sell", "1")
    assert bids[2].is_live, "half a bitcoin up, half down, half up again"
    take(desk, "Sell", "0.99")
    assert bids[2].is_live
    take(desk, "Sell", "0.01")
    assert not bids[2].is_live


def test_vega_has_a_limit_too(desk, guard):
    guard.vega_limit = D(150)
    bids = [quote(desk, "Buy", "1", price) for price in ("1495", "1490", "1485")]
    take(desk, "Sell", "1.5")
    assert [order.is_live for order in bids] == [False, False, False]


def test_quotes_that_take_do_not_count(desk, guard):
    guard.qty_limit = D(1)
    desk.limit(desk.b, "Sell", "2", "1505", CALL, orderLinkId="rest")
    resting = quote(desk, "Buy", "1", "1400")
    assert quote(desk, "Buy", "2", "1505").status == "Filled"
    assert resting.is_live
