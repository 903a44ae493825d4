"""The matching book: price first, then time; sizes in whole lots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.simulator.engine.matching import MatchingBook, Resting, Taking


def rest(book, side, ticks, lots, owner=1, **extra):
    resting = Resting(None, owner, side, ticks, lots, **extra)
    book.add(resting)
    return resting


def take(book, side, lots, limit=None, owner=9, guard=None, **extra):
    fills, drops = [], []
    outcome = book.take(
        Taking(owner, side, lots, limit, **extra),
        lambda maker, traded: fills.append((maker, traded)),
        lambda maker, by_smp: drops.append((maker, by_smp)),
        guard or (lambda maker: maker.lots),
    )
    return outcome, fills, drops


def test_the_best_price_trades_first_and_the_oldest_of_a_price_before_the_younger():
    book = MatchingBook()
    worse = rest(book, "Sell", 102, 5)
    older = rest(book, "Sell", 101, 5)
    younger = rest(book, "Sell", 101, 5)
    outcome, fills, _ = take(book, "Buy", 12)
    assert outcome.taken == 12
    assert fills == [(older, 5), (younger, 5), (worse, 2)]
    assert book.depth("Sell", 5) == [(102, 3)]


def test_bids_trade_from_the_highest_down():
    book = MatchingBook()
    low, high = rest(book, "Buy", 99, 1), rest(book, "Buy", 100, 1)
    _, fills, _ = take(book, "Sell", 2)
    assert [maker for maker, _ in fills] == [high, low]


def test_an_order_stops_at_its_limit():
    book = MatchingBook()
    rest(book, "Sell", 101, 1)
    rest(book, "Sell", 103, 1)
    outcome, _, _ = take(book, "Buy", 5, limit=102)
    assert outcome.taken == 1
    assert book.best("Sell") == 103


def test_a_budget_is_spent_down_the_levels_and_never_exceeded():
    book = MatchingBook()
    rest(book, "Sell", 10, 3)
    rest(book, "Sell", 20, 10)
    outcome, fills, _ = take(book, "Buy", 1_000, budget=75)
    assert [traded for _, traded in fills] == [3, 2]  # 30 + 40, the last 5 buy nothing
    assert outcome.taken == 5


def test_shrinking_keeps_the_place_in_the_queue_and_growing_is_refused():
    book = MatchingBook()
    first, second = rest(book, "Buy", 100, 10), rest(book, "Buy", 100, 10)
    book.shrink(first, 4)
    with pytest.raises(ValueError, match="shrink"):
        book.shrink(first, 5)
    _, fills, _ = take(book, "Sell", 5)
    assert fills == [(first, 4), (second, 1)]


@pytest.mark.parametrize(
    ("smp", "taken", "dropped", "stopped"),
    [
        ("None", 5, 0, False),
        ("CancelMaker", 3, 1, False),
        ("CancelTaker", 0, 0, True),
        ("CancelBoth", 0, 1, True),
    ],
)
def test_self_match_prevention_decides_who_yields(smp, taken, dropped, stopped):
    book = MatchingBook()
    rest(book, "Sell", 100, 2, owner=9)
    rest(book, "Sell", 100, 3, owner=1)
    outcome, _, drops = take(book, "Buy", 5, smp=smp)
    assert outcome.taken == taken
    assert len(drops) == dropped
    assert all(by_smp for _, by_smp in drops)
    assert (outcome.stopped_by is not None) == stopped


def test_a_guarded_maker_trades_no_more_than_allowed_and_then_leaves():
    book = MatchingBook()
    guarded = rest(book, "Sell", 100, 10, guarded=True)
    other = rest(book, "Sell", 100, 10)
    outcome, fills, drops = take(book, "Buy", 8, guard=lambda maker: 3)
    assert fills == [(guarded, 3), (other, 5)]
    assert drops == [(guarded, False)]
    assert outcome.taken == 8
    assert book.depth("Sell", 1) == [(100, 5)]


def test_fillable_counts_what_take_would_trade():
    book = MatchingBook()
    rest(book, "Sell", 100, 5)
    rest(book, "Sell", 101, 5, owner=9)
    rest(book, "Sell", 102, 5)
    no_guard = lambda maker: maker.lots  # noqa: E731
    assert book.fillable(Taking(9, "Buy", 100, 101), no_guard) == 10
    assert book.fillable(Taking(9, "Buy", 100, 102, smp="CancelMaker"), no_guard) == 10
    assert book.fillable(Taking(9, "Buy", 100, 102, smp="CancelTaker"), no_guard) == 5


def test_changed_levels_are_reported_once_with_their_new_total():
    book = MatchingBook()
    first = rest(book, "Buy", 100, 5)
    rest(book, "Buy", 100, 2)
    rest(book, "Sell", 101, 7)
    assert book.drain_changes() == [("Buy", 100, 7), ("Sell", 101, 7)]
    book.remove(first)
    take(book, "Buy", 7, limit=101)
    assert book.drain_changes() == [("Buy", 100, 2), ("Sell", 101, 0)]
    assert book.drain_changes() == []


def test_removing_twice_says_so():
    book = MatchingBook()
    resting = rest(book, "Buy", 100, 5)
    assert book.remove(resting)
    assert not book.remove(resting)


@given(st.lists(st.tuples(st.sampled_from(["Buy", "Sell"]), st.integers(90, 110), st.integers(1, 20)), max_size=60))
def test_no_book_is_ever_crossed_and_no_lot_appears_or_vanishes(orders):
    book = MatchingBook()
    sent = traded = 0
    for side, ticks, lots in orders:
        sent += lots
        outcome, fills, _ = take(book, side, lots, limit=ticks)
        traded += 2 * outcome.taken
        prices = [maker.ticks for maker, _ in fills]
        assert prices == sorted(prices, reverse=side == "Sell")
        if outcome.taken < lots:
            rest(book, side, ticks, lots - outcome.taken)
    resting = sum(lots for side in ("Buy", "Sell") for _, lots in book.depth(side, 100))
    assert sent == traded + resting
    bid, ask = book.best("Buy"), book.best("Sell")
    assert bid is None or ask is None or bid < ask
