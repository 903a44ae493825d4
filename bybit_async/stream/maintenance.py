"""What Bybit announces about its maintenance, as far as reconnecting is concerned. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bybit_async.models.stream_public import SystemStatusData

_OVERDUE_MS = 600_000
"""A maintenance whose end was announced and never reported, because the news of it was lost, counts as over then."""


class OngoingMaintenance:
    """Which maintenances are going on, as far as the status stream says; without a subscriber nothing is known."""

    def __init__(self) -> None:
        self._ends: dict[str, int | None] = {}

    def take(self, items: Iterable[SystemStatusData]) -> None:
        """Take what was pushed."""
        for item in items:
            self._ends.pop(item.id, None)
            if item.state == "ongoing":
                self._ends[item.id] = item.end

    def ongoing(self, now_ms: int) -> bool:
        """Say whether any is going on, in milliseconds of the exchange's clock."""
        return any(end is None or now_ms < end + _OVERDUE_MS for end in self._ends.values())
