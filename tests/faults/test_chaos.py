"""The chaos run in short: two minutes of the exchange in two seconds."""

from __future__ import annotations

from benchmarks.chaos import chaos


async def test_nothing_is_lost_doubled_or_left_unresolved() -> None:
    report = await chaos(2.0, orders=60)
    assert report.accepted > 20
    assert sum(report.faults.values()) > 5
    assert (report.lost, report.doubled, report.unresolved) == ([], [], [])
