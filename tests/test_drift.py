"""Repairing what does not fit: what is required and missing is empty, in the way of its type."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import msgspec
import pytest

from bybit_async.drift import SchemaDriftWarning, forget_reports, repair
from bybit_async.wire import Wire


class Inner(Wire):
    word: str


class Outer(Wire):
    rows: list[int]
    table: dict[str, int]
    text: str
    inner: Inner
    number: int


def test_each_missing_field_is_empty_and_named_once() -> None:
    forget_reports()
    with pytest.warns(SchemaDriftWarning) as told:
        built: Any = repair(Outer, {})
    assert (built.rows, built.table, built.text, built.inner.word, built.number) == ([], {}, "", "", None)
    missing = {str(warning.message).split()[0] for warning in told}
    assert missing == {"Outer.rows", "Outer.table", "Outer.text", "Outer.inner", "Outer.number", "Inner.word"}
    repair(Outer, {})


class Pair(msgspec.Struct, array_like=True):
    price: str
    size: str


class Table(Wire):
    pairs: list[Pair]
    counts: dict[str, int]
    anything: Any = None
    either: int | str | None = None
    word: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"pairs": [["1", "2"]], "counts": {"x": "7"}}, ([("1", "2")], {"x": 7}, None, None, "a")),
        ({"pairs": [], "counts": {}, "anything": [1], "either": "x"}, ([], {}, [1], "x", "a")),
    ],
)
def test_what_fits_is_rebuilt_without_a_word(document: dict[str, Any], expected: Any) -> None:
    forget_reports()
    built: Any = repair(Table, document)
    pairs = [(pair.price, pair.size) for pair in built.pairs]
    assert (pairs, built.counts, built.anything, built.either, built.word) == expected


@pytest.mark.parametrize(
    ("document", "expected", "told"),
    [
        # How services spell "nothing": no news, but for a list that is none.
        ({"pairs": None, "counts": ""}, ([], {}), []),
        ({"pairs": "", "counts": []}, ([], {}), []),
        ({"pairs": {"price": "1", "size": "2"}, "counts": {}}, ([("1", "2")], {}), ["pairs"]),
        ({"pairs": [], "counts": [1]}, ([], [1]), ["counts"]),
        ({"pairs": [7], "counts": {}}, ([("", "")], {}), ["Pair", "Pair.price", "Pair.size"]),
    ],
)
def test_another_shape_is_kept_or_emptied(document: dict[str, Any], expected: Any, told: list[str]) -> None:
    forget_reports()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        built: Any = repair(Table, document)
    assert ([(pair.price, pair.size) for pair in built.pairs], built.counts) == expected
    assert [str(warning.message).split()[0].removeprefix("Table.") for warning in caught] == told


@pytest.mark.parametrize(
    ("name", "value", "kept", "told"),
    [("word", "c", "c", True), ("word", 7, "7", True), ("either", 1.5, 1.5, True), ("word", "b", "b", False)],
)
def test_a_word_that_is_not_documented_is_kept(name: str, value: Any, kept: Any, told: bool) -> None:
    forget_reports()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        built: Any = repair(Table, {"pairs": [], "counts": {}, name: value})
    assert getattr(built, name) == kept
    assert bool(caught) is told
