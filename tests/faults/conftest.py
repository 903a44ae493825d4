"""`pytest tests/faults --fault-report` prints which row of the fault table was tested, and what came of it.

A test that counts says so with ``record_property("figures", "...")``.
"""

from __future__ import annotations

from typing import Any

import pytest

from bybit_async.live import order_inquiry
from tests.faults.rows import ROWS, row_of

_results: dict[str, list[str]] = {}
_figures: dict[str, list[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-report", action="store_true", help="print each row of the fault table and its result")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    row = row_of(report.nodeid.rpartition("::")[2])
    if row is not None and (report.when == "call" or report.outcome != "passed"):
        _results.setdefault(row, []).append(report.outcome)
        _figures.setdefault(row, []).extend(str(value) for name, value in report.user_properties if name == "figures")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not config.getoption("--fault-report", default=False):
        return
    terminalreporter.section("fault table")
    for row, fault in ROWS.items():
        outcomes_of = _results.get(row, [])
        failed = sum(outcome != "passed" for outcome in outcomes_of)
        result = "no test" if not outcomes_of else f"{failed} of {len(outcomes_of)} failed" if failed else "passed"
        terminalreporter.write_line(f"{row:<4} {fault:<76} {result} ({len(outcomes_of)})")
        for figures in _figures.get(row, ()):
            terminalreporter.write_line(f"     {figures}")
    without = [row for row in ROWS if row not in _results]
    terminalreporter.write_line(f"{len(ROWS)} rows, without a test: {', '.join(without) or 'none'}")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes are given up on half a second after the recv window, not two seconds."""
    monkeypatch.setattr(order_inquiry, "_GRACE", 0.5)


@pytest.fixture
def soon_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes are given up on after a second, while the exchange takes requests for as long as ever."""
    make = order_inquiry.OrderInquiry.__init__

    def hurried(resolver: order_inquiry.OrderInquiry, *args: Any, **options: Any) -> None:
        make(resolver, *args, **options)
        resolver._patience = 1.0

    monkeypatch.setattr(order_inquiry.OrderInquiry, "__init__", hurried)
