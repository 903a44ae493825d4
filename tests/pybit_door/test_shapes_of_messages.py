"""What pybit's callbacks are given: whole books and tickers, made of snapshots and deltas."""

from __future__ import annotations

from typing import Any

from bybit_async.pybit.books import shape_of


def book(kind: str, update: int, bids: list[list[str]], asks: list[list[str]]) -> dict[str, Any]:
    return {"topic": "t", "type": kind, "ts": 1, "data": {"s": "X", "b": bids, "a": asks, "u": update, "seq": update}}


def test_other_messages_are_given_as_they_came() -> None:
    shape = shape_of("publicTrade.BTCUSDT", "linear")
    message = {"topic": "publicTrade.BTCUSDT", "data": []}
    assert shape.take(message) is message
    shape.lost()
    assert not shape.broken


def test_a_ticker_is_whole_and_starts_anew_after_a_loss() -> None:
    shape = shape_of("tickers.BTCUSDT", "linear")
    delta = {"type": "delta", "data": {"lastPrice": "2"}}
    assert shape.take(delta) is None
    first = shape.take({"type": "snapshot", "data": {"lastPrice": "1", "symbol": "BTCUSDT"}})
    second = shape.take(delta)
    assert first is not None
    assert second is not None
    assert first["data"]["lastPrice"] == "1", "what was given before is not changed"
    assert second == {"type": "snapshot", "data": {"lastPrice": "2", "symbol": "BTCUSDT"}}
    shape.lost()
    assert shape.take(delta) is None


def test_a_book_is_sorted_and_withheld_while_it_has_a_gap() -> None:
    shape = shape_of("orderbook.50.BTCUSDT", "linear")
    assert shape.take(book("snapshot", 1, [["9", "1"], ["8", "1"]], [["10", "1"]])) is not None
    found = shape.take(book("delta", 2, [["8.5", "2"], ["9", "0"]], []))
    assert found is not None
    assert found["data"]["b"] == [["8.5", "2"], ["8", "1"]]
    assert shape.take(book("delta", 4, [], [])) is None
    assert shape.broken
    assert shape.take(book("snapshot", 9, [["7", "1"]], [["8", "1"]])) is not None
    assert not shape.broken
    shape.lost()
    assert shape.take(book("delta", 10, [], [])) is None


def test_a_book_with_rpi_orders_shows_both_sizes_of_a_level() -> None:
    shape = shape_of("orderbook.rpi.BTCUSDT", "linear")
    bids = [["9", "1", "2"], ["8", "0", "3"], ["7", "4", "0"]]
    found = shape.take(book("snapshot", 1, bids, [["10", "1", "0"]]))
    assert found is not None
    assert found["data"]["b"] == [["9", "1", "2"], ["8", "0", "3"], ["7", "4", "0"]]
    assert found["data"]["a"] == [["10", "1", "0"]]


def test_prices_of_spreads_may_be_negative_and_those_of_others_may_not() -> None:
    message = book("snapshot", 1, [["-9", "1"]], [["-8", "1"]])
    assert shape_of("orderbook.25.SPREAD", "spread").take(message) is not None
    other = shape_of("orderbook.50.BTCUSDT", "linear")
    assert other.take(message) is None
    assert other.broken
