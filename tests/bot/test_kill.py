"""Twenty bots are killed, at every kind of moment and under faults; `tests.trials.kill` does it a thousand times."""

from __future__ import annotations

import pytest

from tests.trials.kill import kill_repeatedly
from tests.trials.kill_bot import MOMENTS


@pytest.mark.timeout(180)
async def test_killed_bots_lose_nothing_and_double_nothing():
    report = await kill_repeatedly(20, seed=3)
    assert report.rounds == 20
    assert len(set(report.moments) & set(MOMENTS)) >= 5
    assert report.orders > 20
    assert report.executions > 10
    assert report.lost == []
    assert report.doubled == []
    assert report.longest_bare < 5
