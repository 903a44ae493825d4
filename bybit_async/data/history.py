"""History: what is stored is read, what is missing is fetched, and both come back as one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from bybit_async.data import books, intervals, source
from bybit_async.data.cache import FrameCache
from bybit_async.data.columns import Table, join
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.division import Division, ProgressOfParts
from bybit_async.data.download import OnProgress
from bybit_async.data.exchange_time import ExchangeTime
from bybit_async.data.frames import Dtype, describe, frame_of
from bybit_async.data.records import Lifetime
from bybit_async.data.series import Series
from bybit_async.data.store import Store
from bybit_async.data.supply import Supply
from bybit_async.data.times import span_of
from bybit_async.errors import InvalidParameter
from bybit_async.wire import Time

if TYPE_CHECKING:
    import pandas


_ASKED_FOR = 60 * intervals.MINUTE
"""How long it is believed that an instrument still trades, in milliseconds."""


class History:
    """Frames of series by range; one download for each series at a time, however many ask.

    Args:
        supply: fetches what is missing.
        time: exchange time.
        store: where history is kept.
        cache: frames in memory.
        division: divides downloads among processes; None where this one downloads alone.
    """

    def __init__(
        self, supply: Supply, time: ExchangeTime, store: Store, cache: FrameCache, division: Division | None = None
    ) -> None:
        self._supply = supply
        self.time = time
        self.store = store
        self.cache = cache
        self._division = division
        self._locks: dict[Series, asyncio.Lock] = {}

    async def span(self, start: Time, end: Time | None, series: Series | None = None) -> Span:
        """Read a range as a user gives it; asks for the exchange's time only if the range may reach the present.

        What is stored of `series` up to `end` is proof as well that `end` has passed: then nothing is asked for.
        """
        high = None if end is None else span_of(start, end, 1 << 62)[1]
        # Far enough in the past no clock of a computer is wrong enough to matter; then no request is sent.
        if high is None or high > self.time.now() - intervals.DAY:
            stored = series is not None and high is not None and await self._has_passed(series, high)
            if not stored:
                await self.time.ask()
        return span_of(start, end, self.time.now())

    async def frame(
        self,
        series: Series,
        span: Span,
        *,
        dtype: Dtype = "float",
        use_cache: bool = True,
        unfinished: bool = False,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Return the rows of a range as a frame."""
        wanted = self._closed(series, span)
        key = (series, (wanted, dtype))
        kept = use_cache and not unfinished
        async with self._lock(series):
            held = self.cache.get(key) if kept else None
            if held is not None:
                held.attrs["source"] = "memory"
                return held
            table, coverage, origin = await self._table(series, wanted, use_cache=use_cache, progress=progress)
            if series.kind == "trades" and coverage.missing(*wanted):
                table, coverage = await self._with_recent_trades(series, table, coverage, wanted)
            elif unfinished and span[1] > wanted[1]:
                table = _joined([table, await self._supply.latest(series, wanted[1])], series)
            frame = await asyncio.to_thread(frame_of, table, dtype)
            describe(frame, series, self._reach(series, wanted, coverage), coverage, table, origin)
            if kept and not coverage.missing(*wanted):
                self.cache.put(key, frame)
            return frame

    async def fill(self, series: Series, span: Span, progress: OnProgress | None = None) -> Coverage:
        """Download what is missing of a range into the store, without a frame; return what is complete then."""
        wanted = self._closed(series, span)
        async with self._lock(series):
            covered = await asyncio.to_thread(self.store.covered, series, *wanted)
            missing = await self._obtainable(series, covered.missing(*wanted), wanted)
            await self._into_store(series, missing, progress)
            return await asyncio.to_thread(self.store.covered, series, *wanted)

    async def keep(self, series: Series, table: Table, coverage: Coverage) -> None:
        """Store rows, and forget the frames that they are missing from."""
        await asyncio.to_thread(self.store.merge, series, table, coverage)
        self.cache.forget(series)

    def _lock(self, series: Series) -> asyncio.Lock:
        return self._locks.setdefault(series, asyncio.Lock())

    async def _has_passed(self, series: Series, time: int) -> bool:
        if time > self.time.now() + intervals.DAY:
            return False
        # Only what is final is stored, so the exchange's clock has been there, however wrong this computer's is.
        covered = await asyncio.to_thread(self.store.covered, series, time - 1, time)
        if covered:
            self.time.has_passed(time)
        return bool(covered)

    def _closed(self, series: Series, span: Span) -> Span:
        """Return the part of a range whose rows are final, on the grid of the interval."""
        if series.interval == "all" or series.about.daily:
            return span
        start, end = (intervals.ceiling(series.interval, time) for time in span)
        return start, max(start, min(end, intervals.floor(series.interval, self.time.now())))

    def _reach(self, series: Series, wanted: Span, coverage: Coverage) -> Span:
        """Return how far a frame reaches: events of the last minutes may still be published, which is not a gap."""
        missing = list(coverage.missing(*wanted))
        if series.about.regular or series.about.daily or not missing:
            return wanted
        start, end = missing[-1]
        # Twice as long, since the answer that says so is older than the present.
        return (wanted[0], start) if end == wanted[1] and start >= self.time.now() - 2 * source.SETTLING else wanted

    async def _table(
        self, series: Series, wanted: Span, *, use_cache: bool, progress: OnProgress | None
    ) -> tuple[Table, Coverage, str]:
        if not use_cache:
            return *await self._past_the_store(series, wanted, progress), "exchange"
        table, covered = await asyncio.to_thread(self.store.load, series, *wanted)
        missing = await self._obtainable(series, covered.missing(*wanted), wanted)
        origin = "store"
        if missing:
            origin = "store and exchange" if table is not None and len(table) else "exchange"
            # What is there need not wait in memory for what is not.
            table = None
            recent = await self._into_store(series, missing, progress)
            table, covered = await asyncio.to_thread(self.store.load, series, *wanted)
            if recent:
                table = _joined([*([] if table is None else [table]), *recent], series).cut(*wanted)
        return (books.nothing(series) if table is None else table), covered, origin

    async def _into_store(self, series: Series, missing: Coverage, progress: OnProgress | None) -> list[Table]:
        """Download what is missing; return the rows that came with it and may not be stored as final yet."""
        if not missing:
            return []
        # Before the first request: with a store that takes nothing, all of them would be for nothing.
        await asyncio.to_thread(self.store.writable, series)
        if self._division is None:
            return await self._download(series, missing, progress)
        recent: list[Table] = []
        reported = None if progress is None else ProgressOfParts(progress)

        async def fetch(part: Coverage) -> None:
            span = min(start for start, _ in part), max(end for _, end in part)
            covered = await asyncio.to_thread(self.store.covered, series, *span)
            left = await self._obtainable(series, part - covered, span)
            if left:
                recent.extend(await self._download(series, left, reported))

        await self._division.each(series, missing, fetch)
        return recent

    async def _download(self, series: Series, missing: Coverage, progress: OnProgress | None) -> list[Table]:
        recent: list[Table] = []

        async def sink(table: Table, coverage: Coverage) -> None:
            span = (int(table.times[0]), int(table.times[-1]) + 1) if len(table) else (0, 0)
            early = coverage.missing(*span)
            recent.extend(part for bounds in early if len(part := table.cut(*bounds)))
            if early:
                parts = [table.cut(*bounds) for bounds in coverage]
                table = join([part for part in parts if len(part)] or [table.cut(0, 0)])
            await self.keep(series, table, coverage)

        absent = await self._supply.fetch(series, missing, await self._lifetime(series, missing), sink, progress)
        await asyncio.to_thread(self.store.note_absent, series, absent)
        return recent

    async def _obtainable(self, series: Series, missing: Coverage, wanted: Span) -> Coverage:
        if not missing or not series.about.daily:
            return missing
        return missing - await asyncio.to_thread(self.store.absent, series, *wanted)

    async def _past_the_store(
        self, series: Series, wanted: Span, progress: OnProgress | None
    ) -> tuple[Table, Coverage]:
        gathered: list[tuple[Table, Coverage]] = []

        async def sink(table: Table, coverage: Coverage) -> None:
            gathered.append((table, coverage))

        await self._supply.fetch(series, Coverage([wanted]), await self._supply.lifetime(series), sink, progress)
        covered = Coverage(span for _, part in gathered for span in part).within(*wanted)
        table = _joined([table for table, _ in gathered if len(table)], series)
        return table.cut(*wanted), covered

    async def _lifetime(self, series: Series, missing: Coverage) -> Lifetime:
        known = await asyncio.to_thread(self.store.lifetime, series)
        latest = max(end for _, end in missing)
        # One that traded when it was asked for may have ended since.
        if known is not None and (known.delivered is not None or latest <= known.asked + _ASKED_FOR):
            return known
        try:
            found = msgspec.structs.replace(await self._supply.lifetime(series), asked=self.time.now())
        except InvalidParameter:
            # Bybit forgets options once they are delivered.
            if known is None:
                raise
            return known
        await asyncio.to_thread(self.store.keep_lifetime, series, found)
        return found

    async def _with_recent_trades(
        self, series: Series, table: Table, coverage: Coverage, wanted: Span
    ) -> tuple[Table, Coverage]:
        # Never stored: tomorrow the archive has the whole day, and two sources in one day would need a seam.
        missing = coverage.missing(*wanted)
        if max(end for _, end in missing) <= self.time.now() - 2 * intervals.DAY:
            return table, coverage
        latest, known = await self._supply.recent_trades(series)
        fresh = known & missing
        return _joined([table, *(latest.cut(*span) for span in fresh)], series), coverage | fresh


def _joined(tables: Sequence[Table], series: Series) -> Table:
    full = [table for table in tables if len(table)]
    return join(full).ordered(unique=series.about.unique) if full else books.nothing(series)
