"""The changes that are made to lines: each kind occurs, and each leaves a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.mutants import mutants_of

_PATH = Path("bybit_async/example.py")


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("x = a < b", "a <= b"),
        ("x = a is None", "a is not None"),
        ("x = a + b", "(a - b)"),
        ("x = a and b", "(a) or (b)"),
        ("x = not a", "bool(a)"),
        ("x = f(True)", "False"),
        ("x = f(3)", "4"),
        ("f(a)", "pass"),
        ("raise a", "pass"),
    ],
)
def test_each_kind_of_change_is_made(line: str, after: str) -> None:
    assert after in {mutant.after for mutant in mutants_of(_PATH, line)}


def test_a_change_replaces_only_its_own_characters() -> None:
    text = "if ä and b:\n    c(1)\n"
    assert {mutant.applied(text) for mutant in mutants_of(_PATH, text)} == {
        "if not (ä and b):\n    c(1)\n",
        "if (ä) or (b):\n    c(1)\n",
        "if ä and b:\n    pass\n",
        "if ä and b:\n    c(2)\n",
    }


def test_annotations_are_left_alone() -> None:
    assert mutants_of(_PATH, "x: Literal[1]") == []
