"""Replay: the events of recordings, one after the other, in exchange time."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Generator, Iterator
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from bybit_async.simulator.instruments import Category
from bybit_async.simulator.replay.recording import BookFrame, Event, RecordingError, read
from bybit_async.simulator.replay.stand_in import StandIn

if TYPE_CHECKING:
    from bybit_async.simulator.clock import Timer
    from bybit_async.simulator.exchange import SimulatedExchange


class Replay:
    """One replay under way (`SimulatedExchange.replay` starts it).

    Attributes:
        played: how many events have been played.
        skipped: how many could not be, because the snapshot before them is missing.
        error: what ended the replay before its end, if anything did.
    """

    def __init__(
        self,
        exchange: SimulatedExchange,
        files: tuple[str | Path, ...],
        *,
        category: Category,
        symbol: str | None,
        speed: float,
    ) -> None:
        if speed <= 0:
            raise ValueError("speed must be positive")
        if not files:
            raise ValueError("a replay needs a recording")
        self._exchange = exchange
        self._category = category
        self._speed = speed
        self._paths = [Path(file) for file in files]
        self._readers = [read(path, symbol) for path in self._paths]
        self._done = asyncio.Event()
        self._timer: Timer | None = None
        self._stand_ins: dict[str, StandIn] = {}
        self._maker = exchange.engine.create_account(house=True)
        self._start = exchange.clock.now_ms()
        self.played = 0
        self.skipped = 0
        self.error: RecordingError | OSError | None = None
        try:
            first = [self._first(path, reader) for path, reader in zip(self._paths, self._readers, strict=True)]
        except BaseException:
            self._close_files()
            raise
        self._events = heapq.merge(*(_chain(*pair) for pair in first), key=attrgetter("time"))
        self._next = next(self._events)
        self._origin = self._next.time
        self._schedule()

    def __repr__(self) -> str:
        state = "finished" if self.finished else "playing"
        return f"Replay({', '.join(path.name for path in self._paths)}, {state}, {self.played} events)"

    @property
    def finished(self) -> bool:
        """Whether the recording is over, or was stopped; the last book stays until `stop`."""
        return self._done.is_set()

    @property
    def topics(self) -> list[str]:
        """The topics that are sent as they were recorded."""
        return sorted(topic for stand_in in self._stand_ins.values() for topic in stand_in.topics)

    async def wait(self) -> None:
        """Wait until the recording is over.

        Raises:
            RecordingError: a line could not be understood.
            OSError: a file could not be read.
        """
        await self._done.wait()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """End the replay and give its symbols back to the simulated makers; harmless when done before."""
        self._end()
        stand_ins, self._stand_ins = self._stand_ins, {}
        for stand_in in stand_ins.values():
            stand_in.leave()

    def _first(self, path: Path, reader: Generator[Event]) -> tuple[Event, Iterator[Event]]:
        event = next(reader, None)
        if event is None:
            raise RecordingError(path, 0, "no order book frame and no trade in it")
        listing = self._exchange.engine.listings.get((self._category, event.symbol))
        if listing is None or self._category == "option":
            raise RecordingError(path, 0, f"the exchange cannot replay {self._category} {event.symbol}")
        instrument = listing.instrument
        data = event.message["data"] if isinstance(event, BookFrame) else {}
        for price, _ in (*data.get("b", ()), *data.get("a", ())):
            if instrument.ticks_of(Decimal(price)) is None:
                raise RecordingError(path, 0, f"{price} lies between the ticks of {instrument.symbol} here")
        return event, reader

    def _schedule(self) -> None:
        self._timer = self._exchange.clock.call_at(self._moved(self._next.time), self._play)

    def _moved(self, time: int) -> int:
        """Return when (exchange time) what was recorded at `time` happens here."""
        return self._start + math.floor((time - self._origin) / self._speed)

    def _play(self) -> None:
        event = self._next
        listing = self._exchange.engine.listings.get((self._category, event.symbol))
        if listing is None:
            self.skipped += 1
        else:
            stand_in = self._stand_ins.get(event.symbol)
            if stand_in is None:
                stand_in = self._stand_ins[event.symbol] = StandIn(self._exchange, listing, self._maker)
            if self._perform(stand_in, event):
                self.played += 1
            else:
                self.skipped += 1
        try:
            self._next = next(self._events)
        except StopIteration:
            self._end()
        except (RecordingError, OSError) as error:
            # A timer has nobody to raise to: whoever waits is told.
            self.error = error
            self._end()
        else:
            self._schedule()

    def _perform(self, stand_in: StandIn, event: Event) -> bool:
        if not isinstance(event, BookFrame):
            stand_in.trade(event)
            return True
        message = {**event.message, "ts": self._moved(event.time)}
        if "cts" in message:
            message["cts"] = self._moved(message["cts"])
        return stand_in.book(event.topic, message)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._close_files()
        self._done.set()

    def _close_files(self) -> None:
        for reader in self._readers:
            reader.close()


def _chain(first: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield first
    yield from rest
