from decimal import Decimal

import pytest

from bybit_async.models.market.books import Level
from bybit_async.models.market.books import OrderBook as Snapshot
from bybit_async.state.full_order_book import FullOrderBook

from .books import delta, rows


def rest(u, seq, bids=(("100", "1"),), asks=(("101", "1"),)):
    def levels(side):
        return [Level(price=Decimal(price), size=Decimal(size)) for price, size in side]

    return Snapshot(symbol="X", update_id=u, seq=seq, ts=5, cts=4, bids=levels(bids), asks=levels(asks))


def waiting(*messages):
    book = FullOrderBook("X", category="spot")
    for message in messages:
        assert book.apply(message) == "buffered"
    return book


def test_nothing_is_asked_for_before_the_first_delta():
    assert not FullOrderBook("X", category="spot").needs_snapshot
    assert waiting(delta(5)).needs_snapshot


def test_kept_deltas_follow_the_snapshot_that_matches_one_of_them():
    book = waiting(delta(5, [("99", "9")]), delta(6, [("98", "8")]), delta(7, [("100", "0"), ("97", "7")]))
    assert book.load(rest(6, 60)) == "applied"
    # The snapshot is what the book was after message 6: the two older ones must not be applied again.
    assert rows(book.bids()) == [(97, 7)]
    assert not book.stale
    assert book.update_id == 7
    assert book.apply(delta(8, [("96", "6")])) == "applied"
    assert rows(book.bids()) == [(97, 7), (96, 6)]


def test_a_snapshot_older_than_the_first_kept_delta_is_refused():
    book = waiting(delta(5))
    assert book.load(rest(4, 49)) == "older"
    assert book.needs_snapshot
    assert book.stale


def test_a_snapshot_with_the_same_seq_and_another_number_is_refused():
    book = waiting(delta(5), delta(6))
    assert book.load(rest(7, 60)) == "older"
    assert book.stale


def test_a_snapshot_between_two_kept_deltas_needs_the_next_number_to_follow():
    book = waiting(delta(5), delta(6))
    assert book.load(rest(5, 55)) == "applied"
    assert book.update_id == 6
    hole = waiting(delta(5), delta(6))
    assert hole.load(rest(4, 55)) == "older"


@pytest.mark.parametrize(("following", "stale"), [(8, False), (9, True)])
def test_a_snapshot_newer_than_everything_kept_waits_for_the_next_delta(following, stale):
    book = waiting(delta(5), delta(6))
    assert book.load(rest(7, 70)) == "waiting"
    assert not book.needs_snapshot
    assert book.stale
    outcome = book.apply(delta(following, [("99", "9")]))
    assert book.stale is stale
    assert outcome == ("buffered" if stale else "applied")
    assert book.needs_snapshot is stale


def test_deltas_the_waiting_snapshot_already_holds_are_dropped():
    book = waiting(delta(5))
    assert book.load(rest(7, 70)) == "waiting"
    assert book.apply(delta(6, [("42", "1")])) == "buffered"
    assert book.apply(delta(7, [("42", "1")])) == "applied"
    assert book.apply(delta(8, [("99", "9")])) == "applied"
    assert rows(book.bids()) == [(100, 1), (99, 9)]


def test_a_hole_among_kept_deltas_starts_over():
    book = waiting(delta(5), delta(7, [("99", "9")]))
    assert book.gaps == 1
    assert book.load(rest(5, 50)) == "older"
    assert book.load(rest(7, 70)) == "applied"


def test_a_kept_delta_whose_seq_went_back_is_dropped():
    book = waiting(delta(5))
    assert book.apply(delta(6, seq=49)) == "ignored"
    assert book.apply(delta(6)) == "buffered"


def test_a_hole_in_a_running_book_asks_for_a_snapshot_again():
    book = waiting(delta(5))
    assert book.load(rest(5, 50)) == "applied"
    assert book.apply(delta(4)) == "repeated"
    assert book.apply(delta(8, [("99", "9")])) == "gap"
    assert book.stale
    assert book.needs_snapshot
    assert book.load(rest(8, 80)) == "applied"
    assert rows(book.bids()) == [(100, 1)]


def test_number_one_empties_the_book_and_asks_for_a_snapshot():
    book = waiting(delta(5))
    book.load(rest(5, 50))
    assert book.apply(delta(1, seq=90)) == "reset"
    assert book.stale_reason == "restarted"
    assert book.bids() == []
    assert book.needs_snapshot
    assert book.load(rest(1, 90)) == "applied"
    assert book.apply(delta(1, seq=90)) == "repeated"
    assert book.apply(delta(2, seq=91)) == "applied"
    assert book.apply(delta(1, seq=95)) == "reset"


def test_a_drop_forgets_what_was_kept():
    book = waiting(delta(5))
    book.mark_stale()
    assert not book.needs_snapshot
    assert book.apply(delta(9)) == "buffered"
    assert book.load(rest(9, 90)) == "applied"


def test_a_snapshot_for_a_book_that_runs_changes_nothing():
    book = waiting(delta(5))
    book.load(rest(5, 50))
    assert book.load(rest(9, 90)) == "older"
    assert book.update_id == 5


def test_waiting_for_a_snapshot_keeps_a_bounded_number_of_deltas():
    book = waiting(*(delta(u) for u in range(2, 1502)))
    assert book.load(rest(400, 4000)) == "older"
    assert book.load(rest(1000, 10000)) == "applied"
    assert book.update_id == 1501


def test_a_message_without_a_number_makes_it_stale_and_does_not_raise():
    book = waiting(delta(5))
    book.load(rest(5, 50))
    assert book.apply(delta(None, seq=1)) == "unreadable"
    assert book.stale
