from decimal import Decimal

from bybit_async.state.rpi_order_book import RpiOrderBook

from .books import delta, rows, snapshot


def book():
    it = RpiOrderBook("X", category="linear")
    assert it.apply(snapshot(5, [("100", "1", "0"), ("99", "0", "7")], [("101", "2", "3")])) == "applied"
    return it


def test_public_and_rpi_sizes_are_read_apart():
    it = book()
    assert rows(it.bids()) == [(100, 1)]
    assert rows(it.rpi_bids()) == [(99, 7)]
    assert rows(it.asks()) == [(101, 2)]
    assert rows(it.rpi_asks()) == [(101, 3)]


def test_a_level_leaves_each_side_on_its_own():
    it = book()
    assert it.apply(delta(6, [("100", "1", "4"), ("99", "0", "0")], [("101", "2", "0")])) == "applied"
    assert rows(it.bids()) == [(100, 1)]
    assert rows(it.rpi_bids()) == [(100, 4)]
    assert it.rpi_asks() == []


def test_an_rpi_quote_beyond_the_public_touch_is_hidden_and_no_crossing():
    it = book()
    assert it.apply(delta(6, [("101", "0", "5"), ("100.5", "0", "6")])) == "applied"
    assert rows(it.rpi_bids(1)) == [(Decimal("100.5"), 6)]
    assert not it.stale


def test_b2_a_gap_changes_neither_part():
    it = book()
    assert it.apply(delta(7, [("98", "1", "1")])) == "gap"
    assert rows(it.rpi_bids()) == [(99, 7)]


def test_a_row_without_its_third_value_makes_it_stale():
    it = book()
    assert it.apply(delta(6, [("98", "1")])) == "unreadable"
    assert it.stale


def test_a_snapshot_replaces_retail_sizes_and_a_delta_does_not():
    it = book()
    assert it.apply(delta(6, [("98", "1", "4")])) == "applied"
    assert rows(it.rpi_bids()) == [(99, 7), (98, 4)]
    assert it.apply(snapshot(7, [("100", "1", "2")], [("101", "2", "0")])) == "reset"
    assert rows(it.rpi_bids()) == [(100, 2)]
    assert it.rpi_asks() == []
