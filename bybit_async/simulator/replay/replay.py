"""Replay: the events of recordings, one after the other, in exchange time."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Generator, Iterator
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

from bybit_async.simulator.engine.clock import Timer
from bybit_async.simulator.engine.instruments import Category
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.replay.candles import CandleFills, CandlePrice, is_candles, read_candles
from bybit_async.simulator.replay.recording import BookFrame, RecordedTrade, RecordingError, read
from bybit_async.simulator.replay.stand_in import StandIn
from bybit_async.simulator.venue import SimulatedVenue

Event = BookFrame | RecordedTrade | CandlePrice


class Replay:
    """One replay under way (`SimulatedExchange.replay` starts it).

    Attributes:
        played: how many events have been played.
        skipped: how many could not be, because the snapshot before them is missing.
        error: what ended the replay before its end, if anything did.
    """

    def __init__(
        self,
        venue: SimulatedVenue,
        sources: tuple[Any, ...],
        *,
        category: Category,
        symbol: str | None,
        speed: float,
        fills: CandleFills,
    ) -> None:
        if speed <= 0:
            raise ValueError("speed must be positive")
        if not sources:
            raise ValueError("a replay needs a recording")
        self._venue = venue
        self._category = category
        self._speed = speed
        self._fills = fills
        self._paths = [source if is_candles(source) else Path(source) for source in sources]
        self._readers = [self._reader(path, symbol) for path in self._paths]
        self._done = asyncio.Event()
        self._timer: Timer | None = None
        self._stand_ins: dict[str, StandIn] = {}
        self._maker = venue.engine.create_account(house=True)
        self._start = venue.clock.now_ms()
        self.played: int = 0
        self.skipped: int = 0
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
        names = ", ".join(path.name if isinstance(path, Path) else "candles" for path in self._paths)
        return f"Replay({names}, {state}, {self.played} events)"

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

    def _reader(self, source: Any, symbol: str | None) -> Iterator[Event]:
        if isinstance(source, Path):
            return read(source, symbol)
        named = symbol or getattr(source, "attrs", {}).get("symbol")
        if not named:
            raise RecordingError("candles", 0, "no symbol: name it with `symbol`")
        listing = self._listing("candles", str(named))
        return read_candles(source, str(named), listing.instrument.tick, listing.instrument.lot)

    def _listing(self, source: Any, symbol: str) -> Listing:
        listing = self._venue.engine.listings.get((self._category, symbol))
        if listing is None or self._category == "option":
            raise RecordingError(source, 0, f"the exchange cannot replay {self._category} {symbol}")
        return listing

    def _first(self, path: Any, reader: Iterator[Event]) -> tuple[Event, Iterator[Event]]:
        event = next(reader, None)
        if event is None:
            raise RecordingError(path, 0, "no order book frame and no trade in it")
        instrument = self._listing(path, event.symbol).instrument
        data = event.message["data"] if isinstance(event, BookFrame) else {}
        for price, _ in (*data.get("b", ()), *data.get("a", ())):
            if instrument.ticks_of(Decimal(price)) is None:
                raise RecordingError(path, 0, f"{price} lies between the ticks of {instrument.symbol} here")
        return event, reader

    def _schedule(self) -> None:
        self._timer = self._venue.clock.call_at(self._moved(self._next.time), self._play)

    def _moved(self, time: int) -> int:
        """Return when (exchange time) what was recorded at `time` happens here."""
        return self._start + math.floor((time - self._origin) / self._speed)

    def _play(self) -> None:
        event = self._next
        listing = self._venue.engine.listings.get((self._category, event.symbol))
        if listing is None:
            self.skipped += 1
        else:
            stand_in = self._stand_ins.get(event.symbol)
            if stand_in is None:
                stand_in = self._stand_ins[event.symbol] = StandIn(self._venue, listing, self._maker, self._fills)
            if self._perform(stand_in, event):
                self.played += 1
            else:
                self.skipped += 1
        try:
            self._next = next(self._events)
        except StopIteration:
            self._end()
        except (RecordingError, OSError) as error:
            # A timer has no caller to raise to: the waiters get the error.
            self.error = error
            self._end()
        else:
            self._schedule()

    def _perform(self, stand_in: StandIn, event: Event) -> bool:
        if isinstance(event, CandlePrice):
            stand_in.candle_price(event)
            return True
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
            if isinstance(reader, Generator):
                reader.close()


def _chain(first: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield first
    yield from rest
