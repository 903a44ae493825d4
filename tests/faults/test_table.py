"""Every row of the fault table has a test, and the table is the one that was agreed on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.rows import ROWS, row_of

AGREED = Path(__file__).resolve().parents[3] / "shared" / "FAULTS.md"
_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def test_every_row_has_a_test() -> None:
    names = [name for file in Path(__file__).parent.glob("test_*.py") for name in _TEST.findall(file.read_text())]
    covered = {row_of(name) for name in names}
    assert [row for row in ROWS if row not in covered] == []
    assert covered - {None} <= set(ROWS), "a test is called after a row that does not exist"


def test_a_row_is_run_by_its_marker(request: pytest.FixtureRequest) -> None:
    registered = {line.partition(":")[0] for line in request.config.getini("markers")}
    assert registered >= set(ROWS)
    for item in request.session.items:
        row = row_of(item.name)
        assert [mark for mark in ROWS if item.get_closest_marker(mark)] == ([] if row is None else [row]), item.name


@pytest.mark.skipif(not AGREED.exists(), reason="the agreed table is not here")
def test_no_row_is_missing_from_the_list() -> None:
    agreed = re.findall(r"^\| ([OWBR]\d+) \|", AGREED.read_text(), re.MULTILINE)
    assert [row for row in ROWS if row in agreed] == agreed
