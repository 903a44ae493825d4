"""The short version of ``tests/trials/soak.py``."""

from __future__ import annotations

from tests.trials.soak import soak


async def test_books_and_executions_survive_disconnects_at_random_moments() -> None:
    figures = await soak(symbols=6, disconnects=5, turns_between=3)
    assert figures.wrong_books == []
    assert figures.executions > 0
    assert (figures.missing_executions, figures.doubled_executions) == (0, 0)
    assert figures.recoveries > 0
    assert figures.dropped["fast"] == figures.dropped["block"] == 0
    assert figures.taken["fast"] > 0
