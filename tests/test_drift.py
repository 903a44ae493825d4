"""Repairing what does not fit: what is required and missing is empty, in the way of its type."""

from __future__ import annotations

from typing import Any

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
