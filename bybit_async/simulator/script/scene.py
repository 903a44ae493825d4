"""What every scenario has in common: when it begins, and the stage that it is played on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import msgspec

from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.engine.instruments import Category
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.market.noise import make_key
from bybit_async.simulator.venue import SimulatedVenue

Duration: TypeAlias = str | int
"""Text such as ``"90s"``, ``"8h"``, or milliseconds."""


class Happening(NamedTuple):
    """One thing that a script did: when (exchange time), and what."""

    time: int
    what: str


class Stage:
    """Where one scene is played: the exchange, the moment it begins, and the log of what happens."""

    def __init__(self, venue: SimulatedVenue, number: int, start: int, log: list[Happening]) -> None:
        self.venue = venue
        self.number = number
        self.start = start
        self._log = log

    def cue(self, offset: int, what: str, action: Callable[[], object]) -> None:
        """Have something happen `offset` milliseconds after the scene begins (before it, when negative)."""
        clock = self.venue.clock

        def happen() -> None:
            self._log.append(Happening(clock.now_ms(), what))
            action()

        # Notice that should have been given before the scene was added is given now.
        clock.call_at(max(self.start + offset, clock.now_ms()), happen)

    def key(self, name: str) -> int:
        """Return a number that depends on the seed, the scene's place in the script and a name."""
        return make_key(self.venue.seed, "script", self.number, name)

    def listing(self, category: Category, symbol: str) -> Listing:
        """Return a listing; raises `ValueError` when the exchange has none of that name."""
        found = self.venue.engine.listings.get((category, symbol))
        if found is None:
            raise ValueError(f"the exchange does not list {category} {symbol}")
        return found


class Scene(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="scene"):
    """One scenario; `at` is when it begins, after the exchange was started, plus up to `jitter` as the seed decides."""

    at: Duration = 0
    jitter: Duration = 0

    def __post_init__(self) -> None:
        for name in self.spans():
            milliseconds_of(getattr(self, name))

    def spans(self) -> tuple[str, ...]:
        """Return the names of the fields that are spans of time."""
        return "at", "jitter"

    def play(self, stage: Stage) -> None:
        """Arrange everything that is going to happen.

        Raises:
            ValueError: the exchange does not list what the scene is about.
        """
        raise NotImplementedError
