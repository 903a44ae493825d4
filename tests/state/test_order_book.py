from decimal import Decimal

import pytest

from bybit_async.errors import InvalidParameter
from bybit_async.state.order_book import OrderBook

from .books import delta, rows, snapshot

BIDS = (("100.5", "1"), ("100.0", "2"), ("99.5", "3"))
ASKS = (("101.0", "4"), ("101.5", "5"), ("102.0", "6"))


def book(depth=50, category="linear", **start):
    fresh = OrderBook("X", category=category, depth=depth)
    assert fresh.apply(snapshot(10, **({"bids": BIDS, "asks": ASKS} | start))) == "applied"
    return fresh


def test_a_new_book_is_stale_until_its_snapshot():
    fresh = OrderBook("X", category="linear", depth=50)
    assert fresh.stale
    assert fresh.stale_reason == "no snapshot"
    assert fresh.best_bid is None
    assert fresh.mid is None
    assert fresh.imbalance(5) is None


def test_b1_a_delta_before_the_snapshot_is_ignored():
    fresh = OrderBook("X", category="linear", depth=50)
    assert fresh.apply(delta(9, [("100", "1")])) == "ignored"
    assert fresh.stale
    assert fresh.bids() == []
    assert fresh.ignored == 1


def test_levels_are_inserted_resized_and_deleted_in_price_order():
    it = book()
    assert it.apply(delta(11, [("100.2", "9"), ("99.5", "0"), ("100.5", "7")], [("100.9", "8")])) == "applied"
    assert rows(it.bids()) == [
        (Decimal("100.5"), Decimal(7)),
        (Decimal("100.2"), Decimal(9)),
        (Decimal("100.0"), Decimal(2)),
    ]
    assert [str(level.price) for level in it.asks(2)] == ["100.9", "101.0"]
    assert (it.update_id, it.seq, it.ts, it.cts) == (11, 110, 1000, 999)


def test_prices_and_sizes_are_read_exactly_as_sent():
    it = book(bids=(("0.10000000000000000001", "0.300000000000000000"),), asks=(("0.2", "1"),))
    assert str(it.best_bid.price) == "0.10000000000000000001"
    assert str(it.best_bid.size) == "0.300000000000000000"


def test_b2_a_hole_in_the_numbering_makes_the_book_stale_until_a_snapshot():
    it = book()
    assert it.apply(delta(12, [("100.5", "0")])) == "gap"
    assert it.stale
    assert it.stale_reason == "gap"
    assert it.best_bid.price == Decimal("100.5")
    assert it.apply(delta(13)) == "ignored"
    assert it.apply(snapshot(20)) == "reset"
    assert not it.stale
    assert (it.gaps, it.resets, it.ignored) == (1, 1, 1)


def test_b2_a_number_that_goes_back_is_a_gap():
    it = book()
    assert it.apply(delta(11)) == "applied"
    assert it.apply(delta(10)) == "gap"
    assert it.stale


def test_b2_the_last_message_again_changes_nothing():
    it = book()
    again = delta(11, [("100.2", "9")])
    assert it.apply(again) == "applied"
    before = it.bids()
    assert it.apply(again) == "repeated"
    assert it.bids() == before
    assert not it.stale


def test_b2_the_last_number_with_another_sequence_is_a_gap():
    it = book()
    assert it.apply(delta(11)) == "applied"
    assert it.apply(delta(11, seq=9999)) == "gap"


def test_b3_a_snapshot_in_mid_stream_replaces_everything():
    it = book()
    assert it.apply(snapshot(1, [("50", "1")], [("51", "1")])) == "reset"
    assert not it.stale
    assert rows(it.bids()) == [(50, 1)]
    assert it.apply(delta(2, [("49", "1")])) == "applied"


def test_b4_deleting_an_unknown_level_is_counted_and_nothing_else():
    it = book()
    assert it.apply(delta(11, [("42", "0")], [("4242", "0")])) == "applied"
    assert it.unknown_deletes == 2
    assert len(it.bids()) == len(it.asks()) == 3


@pytest.mark.parametrize("bid", ["101.0", "101.00", "105"])
def test_b5_a_touched_or_crossed_book_is_stale(bid):
    it = book()
    assert it.apply(delta(11, [(bid, "1")])) == "crossed"
    assert it.stale_reason == "crossed"
    assert it.apply(delta(12, [(bid, "0")])) == "ignored"


def test_b5_a_crossed_snapshot_is_stale_too():
    it = book()
    assert it.apply(snapshot(11, [("102", "1")], [("101", "1")])) == "crossed"
    assert it.stale


def test_b5_a_delta_that_empties_a_side_makes_the_book_stale():
    it = book(bids=(("100", "1"),))
    assert it.apply(delta(11, [("100", "0")])) == "emptied"
    assert it.stale


def test_a_book_that_never_had_asks_is_not_stale_for_it():
    it = book(asks=())
    assert it.apply(delta(11, [("100", "9")])) == "applied"
    assert it.best_ask is None
    assert it.spread is None


def test_b6_depth_one_repeats_are_freshness_only():
    it = book(depth=1, bids=BIDS[:1], asks=ASKS[:1])
    assert it.apply(snapshot(10, BIDS[:1], ASKS[:1], ts=4000)) == "repeated"
    assert it.ts == 4000
    assert it.apply(snapshot(17, [("100.7", "1")], ASKS[:1])) == "applied"
    assert it.best_bid.price == Decimal("100.7")
    assert (it.gaps, it.resets, it.repeats) == (0, 0, 1)
    assert it.apply(snapshot(1)) == "reset"


def test_b6_a_repeat_after_a_drop_makes_a_depth_one_book_trusted_again():
    it = book(depth=1)
    it.mark_stale()
    assert it.stale_reason == "dropped"
    assert it.apply(snapshot(10, BIDS, ASKS)) in ("applied", "reset")
    assert not it.stale


def test_the_first_reason_for_distrust_is_kept():
    it = book()
    it.apply(delta(20))
    it.mark_stale("dropped")
    assert it.stale_reason == "gap"


@pytest.mark.parametrize("bad", [[("price", "1")], [(None, "1")]])
def test_an_unreadable_level_makes_the_book_stale_and_does_not_raise(bad):
    it = book()
    assert it.apply(delta(11, bad)) == "unreadable"
    assert it.stale


@pytest.mark.parametrize("bad", [[("price", "1"), ("97", "2")], [("98", "1"), ("price", "2")], [(None, "1")]])
def test_a_book_that_met_an_unreadable_snapshot_can_be_read_as_it_last_was(bad):
    it = book()
    before = it.bids(), it.asks(), it.best_bid, it.best_ask
    assert it.apply(snapshot(50, bids=bad)) == "unreadable"
    assert (it.bids(), it.asks(), it.best_bid, it.best_ask) == before


def test_two_spellings_of_a_price_are_one_level():
    it = book(bids=(("194.10", "1"),), asks=(("195", "1"),))
    it.apply(delta(11, [("194.1", "5")]))
    assert rows(it.bids()) == [(Decimal("194.1"), 5)]
    assert it.depth_at("194.100") == 5
    it.apply(delta(12, [("190", "1"), ("194.100", "0")]))
    assert rows(it.bids()) == [(190, 1)]


def test_a_snapshot_that_spells_one_price_twice_keeps_one_level():
    it = book(bids=(("194.10", "1"), ("194.1", "2")), asks=(("195", "1"),))
    assert len(it.bids()) == 1
    it.apply(delta(11, [("194", "1"), ("194.1", "0")]))
    assert rows(it.bids()) == [(194, 1)]


def test_a_size_of_zero_deletes_however_it_is_spelled():
    it = book()
    it.apply(delta(11, [("100.0", "0.000"), ("99.5", "0.0")]))
    assert rows(it.bids()) == [(Decimal("100.5"), 1)]


def test_prices_that_differ_beyond_a_double_are_different_levels():
    low, high = "0.123456789012345671", "0.123456789012345672"
    assert float(low) == float(high)
    it = book(bids=(("0.1", "1"), (low, "2")), asks=(("0.2", "1"),))
    assert it.apply(delta(11, [(high, "3")])) == "applied"
    assert [level.size for level in it.bids()] == [3, 2, 1]
    assert it.depth_at(low) == 2
    assert it.apply(delta(12, [(low, "0")])) == "applied"
    assert [level.size for level in it.bids()] == [3, 1]
    assert it.apply(delta(13, asks=[(high, "1")])) == "crossed"


def test_a_long_unknown_price_deletes_no_neighbour():
    it = book(bids=(("0.1", "1"),), asks=(("0.2", "1"),))
    it.apply(delta(11, [("0.10000000000000000001", "0")]))
    assert it.unknown_deletes == 1
    assert it.depth_at("0.1") == 1
    assert it.depth_at("0.10000000000000000001") == 0


def test_negative_prices_of_spreads_are_in_order():
    it = book(category="spread", bids=(("-1.5", "1"), ("-2", "2")), asks=(("-0.5", "1"), ("0", "2")))
    assert it.apply(delta(11, [("-1", "1")], [("-0.7", "1")])) == "applied"
    assert [str(level.price) for level in it.bids()] == ["-1", "-1.5", "-2"]
    assert [str(level.price) for level in it.asks()] == ["-0.7", "-0.5", "0"]


def test_mid_spread_depth_vwap_and_imbalance():
    it = book()
    assert it.mid == Decimal("100.75")
    assert it.spread == Decimal("0.5")
    assert it.depth_at(100) == 2
    assert it.depth_at(Decimal("101.5")) == 5
    assert it.depth_at("7") == 0
    assert it.vwap("Buy", 4) == Decimal("101.0")
    assert it.vwap("Buy", 9) == (4 * Decimal("101.0") + 5 * Decimal("101.5")) / 9
    assert it.vwap("Sell", "1.5") == (Decimal("100.5") + Decimal("0.5") * 100) / Decimal("1.5")
    assert it.vwap("Sell", 7) is None
    assert it.vwap("Sell", 0) is None
    assert it.imbalance(1) == (Decimal(1) - 4) / 5
    assert it.imbalance(3) == (Decimal(6) - 15) / 21
    with pytest.raises(InvalidParameter, match="qty"):
        it.vwap("Buy", "much")


def test_the_frame_has_both_sides_best_first():
    frame = book().to_frame(2)
    assert frame["side"].tolist() == ["Buy", "Buy", "Sell", "Sell"]
    assert frame["price"].tolist() == [100.5, 100.0, 101.0, 101.5]
    assert frame["size"].dtype == "float64"
    assert book().to_frame().shape == (6, 3)


def test_rows_are_given_as_they_were_sent():
    it = book(bids=(("100.50", "1.0"), ("99.5", "3")), asks=(("101.0", "04"),))
    assert it.wire_rows() == ([("100.50", "1.0"), ("99.5", "3")], [("101.0", "04")])


def test_its_repr_says_whether_it_is_stale():
    it = book()
    assert "u=10" in repr(it)
    it.mark_stale()
    assert "dropped" in repr(it)
