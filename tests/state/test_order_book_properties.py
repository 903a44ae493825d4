"""Against the simplest model there is: a dict from Decimal to Decimal."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.state.ladder import Ladder
from bybit_async.state.order_book import OrderBook

from .books import delta, rows, snapshot

_numbers = st.decimals(min_value="0.0001", max_value="99999", places=4, allow_nan=False)


@st.composite
def spelled(draw, values=_numbers):
    """A number in one of the spellings it can have on the wire."""
    text = format(draw(values), "f")
    if "." in text and draw(st.booleans()):
        text = text.rstrip("0").rstrip(".") or "0"
    return text + ("." if "." not in text else "") + "0" * draw(st.integers(1, 3)) if draw(st.booleans()) else text


_few = st.sampled_from([Decimal(price).scaleb(-2) for price in range(19400, 19440)])
_prices = st.one_of(spelled(_few), spelled(), st.sampled_from(["0.123456789012345671", "0.123456789012345672", "0.1"]))
_sizes = st.one_of(st.sampled_from(["0", "0.0", "0.000"]), spelled())
_levels = st.lists(st.tuples(_prices, _sizes), max_size=8)


class Model:
    def __init__(self):
        self.levels = {}
        self.unknown_deletes = 0

    def change(self, levels):
        for price, size in levels:
            if Decimal(size):
                self.levels[Decimal(price)] = Decimal(size)
            elif self.levels.pop(Decimal(price), None) is None:
                self.unknown_deletes += 1


@given(highest=st.booleans(), start=_levels, changes=st.lists(_levels, max_size=8))
@settings(max_examples=200)
def test_a_ladder_is_a_sorted_dict(highest, start, changes):
    ladder, model = Ladder(best_is_highest=highest), Model()
    ladder.replace([])
    ladder.change(start)
    model.change(start)
    for levels in changes:
        ladder.change(levels)
        model.change(levels)
        expected = sorted(model.levels.items(), reverse=highest)
        assert [(Decimal(price), Decimal(size)) for price, size in ladder] == expected
        assert ladder.top() == list(ladder)
        assert ladder.top(3) == list(ladder)[:3]
        assert len(ladder) == len(model.levels)
        assert ladder.unknown_deletes == model.unknown_deletes
        for price, size in expected:
            found = ladder.size_at(format(price, "f"))
            assert found is not None
            assert Decimal(found) == size


def test_a_ladder_remembers_prices_that_left_only_for_a_while():
    ladder = Ladder(best_is_highest=True)
    ladder.change([("1", "1"), ("2", "2")])
    for price in range(3, 1000):
        ladder.change([(str(price), "1")])
        ladder.change([(str(price), "0")])
    assert len(ladder._known) < 100
    ladder.change([("2.0", "3"), ("1", "0")])
    assert ladder.top() == [("2.0", "3")]
    assert ladder.unknown_deletes == 0


@given(levels=st.lists(st.tuples(_prices, _sizes), max_size=30, unique_by=lambda level: Decimal(level[0])))
def test_a_snapshot_in_any_order_is_the_same_as_its_levels_one_by_one(levels):
    at_once, one_by_one = Ladder(best_is_highest=True), Ladder(best_is_highest=True)
    at_once.replace(levels)
    one_by_one.change(levels)
    assert at_once.top() == one_by_one.top()


@given(data=st.data())
@settings(max_examples=60)
def test_a_book_is_right_or_stale_after_any_messages(data):
    book = OrderBook("X", category="linear", depth=50)
    bids, asks, u = Model(), Model(), None
    for seq in range(data.draw(st.integers(1, 12))):
        number = data.draw(st.one_of(st.just((u or 0) + 1), st.integers(1, 9)))
        below, above = data.draw(_levels), data.draw(_levels)
        if data.draw(st.booleans()):
            bids, asks, u = Model(), Model(), number
            message = snapshot(number, below, above, seq=seq)
        else:
            u = number if u is not None and number == u + 1 else None
            message = delta(number, below, above, seq=seq)
        bids.change(below)
        asks.change(above)
        book.apply(message)
        crossed = bids.levels and asks.levels and max(bids.levels) >= min(asks.levels)
        if crossed:
            u = None
            assert book.stale
        if not book.stale:
            assert book.update_id == number
            assert rows(book.bids()) == sorted(bids.levels.items(), reverse=True)
            assert rows(book.asks()) == sorted(asks.levels.items())
