"""The recorded capture, whole and damaged: a damaged one is never taken for a right one."""

from decimal import Decimal

import pytest

from bybit_async.state.order_book import OrderBook

from .books import capture, rows

FRAMES = capture()
pytestmark = pytest.mark.skipif(FRAMES is None, reason="the recorded capture is not part of the repository")
COUNT = len(FRAMES or [])


def replay(frames):
    book = OrderBook("XRPUSDT", category="linear", depth=500)
    for frame in frames:
        book.apply(frame)
    return book


def truth_at(update_id):
    """The levels after the message `update_id`, by the simplest model there is."""
    sides = {}, {}
    for frame in FRAMES:
        if frame.data.update_id > update_id:
            break
        for levels, changes in zip(sides, (frame.data.bids, frame.data.asks), strict=True):
            levels.update({Decimal(price): Decimal(size) for price, size in changes})
            for price in [price for price, size in levels.items() if not size]:
                del levels[price]
    return sorted(sides[0].items(), reverse=True), sorted(sides[1].items())


def assert_never_wrong(book):
    if not book.stale:
        assert (rows(book.bids()), rows(book.asks())) == truth_at(book.update_id)


def test_the_capture_ends_at_the_recorded_touch():
    book = replay(FRAMES)
    assert not book.stale
    assert rows([book.best_bid, book.best_ask]) == [
        (Decimal("1.9537"), Decimal(10605)),
        (Decimal("1.9538"), Decimal(6702)),
    ]
    assert len(book.bids()) == len(book.asks()) == 500
    assert book.unknown_deletes == 0
    assert book.seq == FRAMES[-1].data.seq


@pytest.mark.parametrize("line", range(COUNT))
def test_with_a_line_removed_it_ends_stale(line):
    book = replay(FRAMES[:line] + FRAMES[line + 1 :])
    # Nothing can tell that a last message is still to come: then the book is right as of the one before.
    assert book.stale or line == COUNT - 1
    assert_never_wrong(book)


@pytest.mark.parametrize("line", range(COUNT))
def test_with_a_line_repeated_at_once_it_ends_the_same(line):
    book = replay(FRAMES[: line + 1] + FRAMES[line:])
    assert not book.stale
    assert book.update_id == FRAMES[-1].data.update_id
    assert_never_wrong(book)


@pytest.mark.parametrize("line", range(COUNT - 1))
def test_with_a_line_repeated_later_it_is_never_wrong(line):
    for later in {line + 2, (line + COUNT) // 2 + 1, COUNT}:
        book = replay([*FRAMES[:later], FRAMES[line], *FRAMES[later:]])
        assert_never_wrong(book)
        if line:
            assert book.stale


@pytest.mark.parametrize("line", range(COUNT - 1))
def test_with_two_lines_swapped_it_ends_stale(line):
    swapped = list(FRAMES)
    swapped[line], swapped[line + 1] = swapped[line + 1], swapped[line]
    book = replay(swapped)
    assert_never_wrong(book)
    # With only the snapshot and the first delta swapped, that delta is missing and the next one shows it.
    assert book.stale


@pytest.mark.parametrize("line", range(1, COUNT))
def test_a_snapshot_after_the_damage_mends_it(line):
    book = replay(FRAMES[:line] + FRAMES[line + 1 :])
    book.mark_stale()
    for frame in FRAMES:
        book.apply(frame)
    assert not book.stale
    assert_never_wrong(book)
