"""The chaos run in short: two minutes of the exchange in two seconds."""

from __future__ import annotations

from collections import Counter

from tests.trials.bursts import blocked_loop, slow_answers
from tests.trials.chaos import chaos


async def test_nothing_is_lost_doubled_or_left_unresolved() -> None:
    report = await chaos(2.0, orders=60)
    assert report.accepted > 20
    assert sum(report.faults.values()) > 5
    assert (report.lost, report.doubled, report.unresolved) == ([], [], [])


async def test_orders_that_wait_for_a_connection_are_signed_when_they_have_one() -> None:
    # A hundred connections: the last twenty wait for two answers, longer than a signature holds.
    burst = await slow_answers(220, milliseconds=1000, recv_window=1500)
    assert (burst.outcomes, burst.stale, burst.lost) == (Counter(OrderAck=220), 0, [])


async def test_no_order_is_written_into_a_connection_that_died_while_the_loop_was_held_up() -> None:
    burst = await blocked_loop(200)
    assert (burst.outcomes, burst.stale, burst.lost) == (Counter(OrderAck=200), 0, [])
