"""Prices and sizes that are no numbers: a book never shows one, and says that it is stale."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.models.market.books import Level
from bybit_async.models.market.books import OrderBook as FullSnapshot
from bybit_async.state.full_order_book import FullOrderBook
from bybit_async.state.order_book import OrderBook
from bybit_async.state.rpi_order_book import RpiOrderBook

from .books import delta, rows, snapshot

ZEROS = ["0", "0.0", "0.000", "00", "000.00", "0.", ".0", "0E-8", "0e0", "0E+5", "-0", "0." + "0" * 30]
INVALID_SIZES = ["", ".", "x", "1x", "NaN", "nan", "sNaN", "Infinity", "-inf", "-1", "-1E-8", "1_0", " 1", "1 ",
                 "1.2.3", "٣", "1e", "0x1", "--1", None, 1, 1.5, [], True]  # fmt: skip
INVALID_PRICES = [*INVALID_SIZES, *ZEROS, "-5", "1e400", "1e-400"]


def book(depth: Any = 50) -> OrderBook:
    it = OrderBook("X", category="linear", depth=depth)
    assert it.apply(snapshot(1, [("100", "1"), ("99", "2")], [("101", "1")])) == "applied"
    return it


@pytest.mark.parametrize("price", ["100", "100.0"])
@pytest.mark.parametrize("zero", ZEROS)
def test_zero_deletes_in_any_spelling(zero: str, price: str) -> None:
    it = book()
    assert it.apply(delta(2, [(price, zero)])) == "applied"
    assert rows(it.bids()) == [(99, 2)]
    assert it.unknown_deletes == 0


@pytest.mark.parametrize("zero", ZEROS)
def test_a_zero_size_in_a_snapshot_is_no_level(zero: str) -> None:
    it = OrderBook("X", category="linear")
    assert it.apply(snapshot(1, [("100", zero), ("99", "2")])) == "applied"
    assert rows(it.bids()) == [(99, 2)]


@pytest.mark.parametrize("size", ["1e-8", "1E+2", "0.00000001", "007", "5.", ".5", "0" * 20 + "1", "9" * 40])
def test_a_positive_number_is_taken_in_any_spelling(size: str) -> None:
    it = book()
    assert it.apply(delta(2, [("100", size), ("98", size)])) == "applied"
    assert rows(it.bids()) == [(100, Decimal(size)), (99, 2), (98, Decimal(size))]


@pytest.mark.parametrize("price", ["100", "98"], ids=["a known price", "a new price"])
@pytest.mark.parametrize("size", INVALID_SIZES, ids=repr)
def test_any_other_size_makes_the_book_stale(size: Any, price: str) -> None:
    it = book()
    assert it.apply(delta(2, [(price, size)])) == "unreadable"
    assert it.stale_reason == "unreadable"
    assert rows(it.bids()) == [(100, 1), (99, 2)]
    assert it.apply(delta(3, [("100", "5")])) == "ignored"
    assert it.apply(snapshot(4)) == "reset"
    assert not it.stale


@pytest.mark.parametrize("size", ["1", "0"], ids=["a level", "a delete"])
@pytest.mark.parametrize("price", INVALID_PRICES, ids=repr)
def test_any_other_price_makes_the_book_stale(price: Any, size: str) -> None:
    for side in ("bids", "asks"):
        it = book()
        assert it.apply(delta(2, **{side: [(price, size)]})) == "unreadable"
        assert it.stale
        assert rows(it.bids() + it.asks()) == [(100, 1), (99, 2), (101, 1)]


@pytest.mark.parametrize(
    "row", [("NaN", "1"), ("-5", "1"), ("0", "1"), ("98", ""), ("98", "-1"), ("98", "NaN")], ids=repr
)
@pytest.mark.parametrize("kept", [[], [("97", "0E-8"), ("96", "1"), ("96.0", "2")]], ids=["plain", "with odd rows"])
def test_an_invalid_snapshot_leaves_the_book_as_it_was(row: tuple[str, str], kept: list[tuple[str, str]]) -> None:
    it = book()
    assert it.apply(snapshot(9, [("98", "1"), *kept, row])) == "unreadable"
    assert it.stale
    assert rows(it.bids()) == [(100, 1), (99, 2)]


@pytest.mark.parametrize("price", ["-5", "-0.25", "0"])
def test_spreads_may_be_worth_nothing_or_less(price: str) -> None:
    it = OrderBook("SOLUSDT_SOL/USDT", category="spread", depth=25)
    assert it.apply(snapshot(1, [("-7", "1")], [("3", "2")])) == "applied"
    assert it.apply(delta(2, [(price, "4")])) == "applied"
    assert rows(it.bids()) == [(Decimal(price), 4), (-7, 1)]
    assert it.apply(delta(3, [(price, "0")])) == "applied"
    assert rows(it.bids()) == [(-7, 1)]
    assert it.apply(delta(4, [("NaN", "1")])) == "unreadable"


@pytest.mark.parametrize("at", [1, 2], ids=["public size", "rpi size"])
@pytest.mark.parametrize("size", ["", "x", "NaN", "-1"])
def test_a_retail_book_with_an_invalid_size_is_stale(size: str, at: int) -> None:
    it = RpiOrderBook("X", category="linear")
    assert it.apply(snapshot(1, [("100", "1", "2")], [("101", "1", "0")])) == "applied"
    row = ["99", "1", "1"]
    row[at] = size
    assert it.apply(delta(2, [tuple(row)])) == "unreadable"
    assert it.stale
    assert all(level.size > 0 for level in it.bids() + it.rpi_bids())


def full(price: str = "100", size: str = "1") -> FullSnapshot:
    level = Level(price=Decimal(price), size=Decimal(size))
    return FullSnapshot(symbol="X", bids=[level], asks=[], ts=1, update_id=5, seq=50)


@pytest.mark.parametrize(("price", "size"), [("NaN", "1"), ("100", "NaN"), ("-1", "1"), ("100", "Infinity")])
@pytest.mark.parametrize("first", ["snapshot", "delta"])
def test_an_invalid_snapshot_by_rest_is_fetched_again(price: str, size: str, first: str) -> None:
    it = FullOrderBook("X", category="linear")
    if first == "delta":
        it.apply(delta(5, seq=50))
        assert it.load(full(price, size)) == "unreadable"
        it.apply(delta(6, seq=60))
    else:
        it.apply(delta(4, seq=40))
        assert it.load(full(price, size)) == "waiting"
        assert it.apply(delta(5, seq=50)) == "buffered"
        it.apply(delta(6, seq=60))
    assert it.stale
    assert it.needs_snapshot
    assert it.load(full()) in ("older", "applied")


_text = st.one_of(
    st.sampled_from([*ZEROS, *INVALID_PRICES, "100", "99.5", "101", "1e2", "100.00"]),
    st.text("0123456789.eE+-_ naifNIx", max_size=6),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
)
_rows = st.lists(st.tuples(_text, _text), max_size=4)


@given(kinds=st.lists(st.tuples(st.sampled_from(["snapshot", "delta"]), _rows, _rows), max_size=6))
@settings(max_examples=300)
def test_no_message_makes_a_book_show_what_is_no_positive_number(kinds: list[Any]) -> None:
    it = RpiOrderBook("X", category="linear")
    for u, (kind, bids, asks) in enumerate(kinds, 1):
        make = snapshot if kind == "snapshot" else delta
        it.apply(make(u, [(*row, row[1]) for row in bids], [(*row, row[1]) for row in asks]))
        for levels, highest in ((it.bids(), True), (it.asks(), False), (it.rpi_bids(), True), (it.rpi_asks(), False)):
            prices = [level.price for level in levels]
            assert all(level.price.is_finite() and level.price > 0 for level in levels)
            assert all(level.size.is_finite() and level.size > 0 for level in levels)
            assert prices == sorted(set(prices), reverse=highest)


@given(size=_text)
@settings(max_examples=300)
def test_a_size_is_taken_for_what_decimal_says_it_is(size: Any) -> None:
    it = book()
    outcome = it.apply(delta(2, [("100", size)]))
    try:
        plain = isinstance(size, str) and size.isascii() and not set(size) & set("_ ") and size[:1] != "+"
        number = Decimal(size) if plain else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or number < 0:
        assert outcome == "unreadable"
    elif abs(number.adjusted()) < 100 and len(size) < 100:
        assert outcome == "applied"
        assert rows(it.bids())[0] == ((100, number) if number else (99, 2))
