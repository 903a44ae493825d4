"""History: what is stored is read, what is missing is fetched, and both come back as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from bybit_async.data import books, intervals, source
from bybit_async.data.cache import FrameCache
from bybit_async.data.columns import Table, join
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.download import OnProgress
from bybit_async.data.frames import Dtype, describe, frame_of
from bybit_async.data.series import Series
from bybit_async.data.store import Listing, Store
from bybit_async.data.supply import Supply
from bybit_async.data.times import span_of
from bybit_async.errors import InvalidParameter
from bybit_async.transport.clock import Clock
from bybit_async.wire import Time

if TYPE_CHECKING:
    import pandas


_ASKED_FOR = 60 * intervals.MINUTE
"""How long it is believed that an instrument still trades, in milliseconds."""


class History:
    """Frames of series by range; one download for each series at a time, whoever asks.

    Args:
        supply: fetches what is missing.
        clock: exchange time.
        ensure_clock: measures it unless it is known.
        store: where history is kept.
        cache: frames in memory.
    """

    def __init__(
        self,
        supply: Supply,
        clock: Clock,
        ensure_clock: Callable[[], Awaitable[None]],
        store: Store,
        cache: FrameCache,
    ) -> None:
        self._supply = supply
        self._clock = clock
        self._ensure_clock = ensure_clock
        self.store = store
        self.cache = cache
        self._locks: dict[Series, asyncio.Lock] = {}
        self._passed = 0

    async def span(self, start: Time, end: Time | None, series: Series | None = None) -> Span:
        """Read a range as a user gives it; asks for Bybit's clock only when the range may reach the present.

        What is stored of `series` up to `end` says as well that `end` has passed: then nothing is asked for.
        """
        high = None if end is None else span_of(start, end, 1 << 62)[1]
        # Far enough in the past no clock of a computer is wrong enough to matter; then no request is sent.
        recent = high is None or high > self._now() - intervals.DAY
        if recent and not self._clock.synced:
            stored = series is not None and high is not None and await self._has_passed(series, high)
            if not stored:
                await self._ensure_clock()
        return span_of(start, end, self._now())

    async def present(self) -> int:
        """Return exchange time in milliseconds; asks for it unless it is known."""
        if not self._clock.synced:
            await self._ensure_clock()
        return self._now()

    def has_been(self, time: int) -> None:
        """Take note that the exchange's clock has reached a time, in milliseconds, as one of its messages tells."""
        self._passed = self._supply.passed = max(self._passed, time)

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
            describe(frame, series, self._told(series, wanted, coverage), coverage, table, origin)
            if kept and not coverage.missing(*wanted):
                self.cache.put(key, frame)
            return frame

    async def fill(self, series: Series, span: Span, progress: OnProgress | None = None) -> Coverage:
        """Download what is missing of a range into the store, without a frame; return what is complete then."""
        wanted = self._closed(series, span)
        async with self._lock(series):
            covered = await asyncio.to_thread(self.store.covered, series, *wanted)
            await self._into_store(series, covered.missing(*wanted), progress)
            return await asyncio.to_thread(self.store.covered, series, *wanted)

    async def keep(self, series: Series, table: Table, coverage: Coverage) -> None:
        """Store rows, and forget the frames that they are missing from."""
        await asyncio.to_thread(self.store.merge, series, table, coverage)
        self.cache.forget(series)

    def _lock(self, series: Series) -> asyncio.Lock:
        return self._locks.setdefault(series, asyncio.Lock())

    def _now(self) -> int:
        return max(self._clock.now_ms(), self._passed)

    async def _has_passed(self, series: Series, time: int) -> bool:
        if time > self._now() + intervals.DAY:
            return False
        # Only what is final is stored, so the exchange's clock has been there, however wrong this computer's is.
        covered = await asyncio.to_thread(self.store.covered, series, time - 1, time)
        if covered:
            self.has_been(time)
        return bool(covered)

    def _closed(self, series: Series, span: Span) -> Span:
        """Return the part of a range whose rows are final, on the grid of the interval."""
        if series.interval == "all" or series.about.daily:
            return span
        start, end = (intervals.ceiling(series.interval, time) for time in span)
        return start, max(start, min(end, intervals.floor(series.interval, self._now())))

    def _told(self, series: Series, wanted: Span, coverage: Coverage) -> Span:
        """Return how far a frame reaches: events of the last minutes may still be told, which is no gap."""
        missing = list(coverage.missing(*wanted))
        if series.about.regular or series.about.daily or not missing:
            return wanted
        start, end = missing[-1]
        # Twice as long, since the answer that says so is older than the present.
        return (wanted[0], start) if end == wanted[1] and start >= self._now() - 2 * source.SETTLING else wanted

    async def _table(
        self, series: Series, wanted: Span, *, use_cache: bool, progress: OnProgress | None
    ) -> tuple[Table, Coverage, str]:
        if not use_cache:
            return *await self._past_the_store(series, wanted, progress), "bybit"
        table, covered = await asyncio.to_thread(self.store.load, series, *wanted)
        missing = covered.missing(*wanted)
        origin = "store"
        if missing:
            origin = "store and bybit" if table is not None and len(table) else "bybit"
            # What is there need not wait in memory for what is not.
            table = None
            recent = await self._into_store(series, missing, progress)
            table, covered = await asyncio.to_thread(self.store.load, series, *wanted)
            if recent:
                table = _joined([*([] if table is None else [table]), *recent], series).cut(*wanted)
        return (books.nothing(series) if table is None else table), covered, origin

    async def _into_store(self, series: Series, missing: Coverage, progress: OnProgress | None) -> list[Table]:
        """Download what is missing; return the rows that came with it and may not be stored as final yet."""
        recent: list[Table] = []
        if not missing:
            return recent
        # Before the first request: with a store that takes nothing, all of them would be for nothing.
        await asyncio.to_thread(self.store.writable, series)

        async def sink(table: Table, coverage: Coverage) -> None:
            span = (int(table.times[0]), int(table.times[-1]) + 1) if len(table) else (0, 0)
            early = coverage.missing(*span)
            recent.extend(part for bounds in early if len(part := table.cut(*bounds)))
            if early:
                parts = [table.cut(*bounds) for bounds in coverage]
                table = join([part for part in parts if len(part)] or [table.cut(0, 0)])
            await self.keep(series, table, coverage)

        await self._supply.fetch(series, missing, await self._listing(series, missing), sink, progress)
        return recent

    async def _past_the_store(
        self, series: Series, wanted: Span, progress: OnProgress | None
    ) -> tuple[Table, Coverage]:
        gathered: list[tuple[Table, Coverage]] = []

        async def sink(table: Table, coverage: Coverage) -> None:
            gathered.append((table, coverage))

        await self._supply.fetch(series, Coverage([wanted]), await self._supply.listing(series), sink, progress)
        covered = Coverage(span for _, part in gathered for span in part).within(*wanted)
        table = _joined([table for table, _ in gathered if len(table)], series)
        return table.cut(*wanted), covered

    async def _listing(self, series: Series, missing: Coverage) -> Listing:
        known = await asyncio.to_thread(self.store.listing, series.category, series.symbol)
        latest = max(end for _, end in missing)
        # One that traded when it was asked for may have ended since.
        if known is not None and (known.delivered is not None or latest <= known.asked + _ASKED_FOR):
            return known
        try:
            found = msgspec.structs.replace(await self._supply.listing(series), asked=self._now())
        except InvalidParameter:
            # Bybit forgets options once they are delivered.
            if known is None:
                raise
            return known
        await asyncio.to_thread(self.store.keep_listing, series.category, series.symbol, found)
        return found

    async def _with_recent_trades(
        self, series: Series, table: Table, coverage: Coverage, wanted: Span
    ) -> tuple[Table, Coverage]:
        # Never stored: tomorrow the archive has the whole day, and two sources in one day would need a seam.
        missing = coverage.missing(*wanted)
        if max(end for _, end in missing) <= self._now() - 2 * intervals.DAY:
            return table, coverage
        latest, known = await self._supply.recent_trades(series)
        fresh = known & missing
        return _joined([table, *(latest.cut(*span) for span in fresh)], series), coverage | fresh


def _joined(tables: Sequence[Table], series: Series) -> Table:
    full = [table for table in tables if len(table)]
    return join(full).ordered(unique=series.about.unique) if full else books.nothing(series)
