"""The script of one exchange: which scenarios are played, and what has happened."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TypeAlias

import msgspec

from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.script.outages import Delisting, Halt, Maintenance, TickSizeChange
from bybit_async.simulator.script.scene import Happening, Scene, Stage
from bybit_async.simulator.script.turmoil import Crash, Squeeze, ThinBook
from bybit_async.simulator.venue import SimulatedVenue

AnyScene: TypeAlias = Crash | Squeeze | ThinBook | Halt | Delisting | TickSizeChange | Maintenance


class Script:
    """Scenes, each at its time; printing one shows them and what has happened so far.

        exchange.script.add(Crash(at="10s", coin="BTC", drop=0.3), Halt(at="2m", symbol="ETHUSDT"))
        await exchange.advance("5m")
        print(exchange.script)

    The same seed and script always make the same market.
    """

    def __init__(self, venue: SimulatedVenue) -> None:
        self._venue = venue
        self._start = venue.clock.now_ms()
        self._random = random.Random(f"{venue.seed}/script")
        self.scenes: list[Scene] = []
        self.happened: list[Happening] = []

    def __str__(self) -> str:
        lines = [f"{len(self.scenes)} scenes, {len(self.happened)} happenings"]
        lines += [f"  {scene}" for scene in self.scenes]
        lines += [f"  {event.time - self._start:>8} ms  {event.what}" for event in self.happened]
        return "\n".join(lines)

    def add(self, *scenes: Scene) -> None:
        """Have scenes played; one whose time has come already begins at once.

        Raises:
            ValueError: a scene is about something that the exchange does not list; the ones before it are added.
        """
        for scene in scenes:
            jitter = milliseconds_of(scene.jitter)
            late = int(self._random.random() * (jitter + 1)) if jitter else 0
            start = max(self._start + milliseconds_of(scene.at) + late, self._venue.clock.now_ms())
            scene.play(Stage(self._venue, len(self.scenes), start, self.happened))
            self.scenes.append(scene)
        self._venue.stir()

    def save(self, file: str | Path) -> None:
        """Write the scenes to a JSON file."""
        Path(file).write_bytes(msgspec.json.format(msgspec.json.encode(self.scenes)))

    def load(self, file: str | Path) -> None:
        """Have the scenes of a JSON file played.

        Raises:
            msgspec.ValidationError: the file does not hold scenes.
            ValueError: a scene is about something that the exchange does not list.
        """
        self.add(*msgspec.json.decode(Path(file).read_bytes(), type=list[AnyScene]))
