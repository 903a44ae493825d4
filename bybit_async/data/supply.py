"""Where missing ranges come from: REST for what it still has, the public archive for the rest."""

from __future__ import annotations

import logging
from functools import partial
from typing import cast

from bybit_async.api.market import Market
from bybit_async.api.resource import Caller
from bybit_async.data import books, intervals, source
from bybit_async.data.archive import Archive
from bybit_async.data.columns import Table, join
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.download import AT_ONCE, OnProgress, Sink, download
from bybit_async.data.exchange_time import ExchangeTime
from bybit_async.data.frames import gaps_of
from bybit_async.data.lifetimes import find_lifetime
from bybit_async.data.records import Lifetime
from bybit_async.data.series import Series
from bybit_async.enums import Category

log: logging.Logger = logging.getLogger("bybit_async.data")

_FILES_AT_ONCE = 2
"""Archive files in flight: a day of a busy market is large."""
_ARCHIVED_AFTER = 3 * intervals.DAY
"""How long after a day its file may still appear, in milliseconds."""


class Supply:
    """Fetches ranges of a series from Bybit.

    Args:
        caller: sends requests within the rate limits.
        market: the same, for what is asked for by its type.
        time: exchange time.
        archive: the public archive.
    """

    def __init__(self, caller: Caller, market: Market, time: ExchangeTime, archive: Archive) -> None:
        self._caller = caller
        self._market = market
        self._time = time
        self._archive = archive

    async def lifetime(self, series: Series) -> Lifetime:
        """Return when the series' instrument began and ended to trade; raises `InvalidParameter` for an unknown one."""
        category = cast(Category, series.category)
        found = await find_lifetime(self._caller, self._market, category, series.symbol)
        # A delivery that lies ahead may still be moved; only a past one is part of what is known.
        return found if (found.delivered or 0) <= self._time.now() else Lifetime(found.launched)

    async def fetch(
        self, series: Series, missing: Coverage, lifetime: Lifetime, sink: Sink, progress: OnProgress | None = None
    ) -> Coverage:
        """Fetch the parts of some ranges within the instrument's life, hand them to `sink`, return what is unavailable.

        That is what the archive's files for long past days lack, and days that it has no file for.
        """
        missing &= Coverage([_life(series, lifetime)])
        if series.about.daily:
            return await self._fetch_days(series, missing, sink, progress)
        windows = source.windows(series, missing)
        await download(series, windows, partial(self._window, series), sink, progress, at_once=AT_ONCE)
        return Coverage()

    async def latest(self, series: Series, opened: int) -> Table:
        """Return the rows from `opened` on, the unfinished one included."""
        until = intervals.step(series.interval, self._time.now())
        return (await source.fetch(self._caller, series, (opened, until))).table

    async def recent_trades(self, series: Series) -> tuple[Table, Coverage]:
        """Return the trades that REST still knows, and the range they are complete for."""
        return await source.fetch_trades(self._caller, series)

    async def _window(self, series: Series, window: Span) -> tuple[Table, Coverage]:
        answer = await source.fetch(self._caller, series, window)
        table, coverage = source.final(series, answer, window, self._time.messaged)
        if series.kind == "index_klines" and series.interval == "1" and self._archive.available:
            table = await self._with_archived_index(series, coverage, table)
        return table, coverage

    async def _with_archived_index(self, series: Series, coverage: Coverage, table: Table) -> Table:
        """Fill what REST left out from the days that the archive has; where both have a row it is REST's."""
        missing = [gap for span in coverage for gap in gaps_of(series, table.cut(*span), span, coverage)]
        days = sorted({intervals.day_of(time) for start, end in missing for time in (start, end - 1)})
        found = [await self._archive.index_klines(series, day) for day in days]
        parts = [part.cut(*gap) for part in found if part is not None for gap in missing]
        full = [part for part in (*parts, table) if len(part)]
        return join(full).ordered(unique=True) if full else table

    async def _fetch_days(self, series: Series, missing: Coverage, sink: Sink, progress: OnProgress | None) -> Coverage:
        # A day is read as a whole or not at all, and only once it is over: the archive gets it the day after.
        now = self._time.now()
        days = sorted({day for span in missing for day in series.units(*span) if day[1] <= now})
        if not self._archive.available or not days:
            return Coverage()
        absent: list[Span] = []

        async def read_day(day: Span) -> tuple[Table, Coverage]:
            table, coverage = await self._day(series, day)
            if coverage or day[1] <= now - _ARCHIVED_AFTER:
                absent.extend(coverage.missing(*day))
            return table, coverage

        await download(series, days, read_day, sink, progress, at_once=_FILES_AT_ONCE)
        return Coverage(absent)

    async def _day(self, series: Series, day: Span) -> tuple[Table, Coverage]:
        if series.kind == "trades":
            table = await self._archive.trades(series, day)
            found = None if table is None else (table, Coverage([day]))
        else:
            found = await self._archive.order_book(series, day)
        if found is None:
            log.info("%s: the archive has nothing for %s", series, intervals.date_text(day[0]))
            return books.nothing(series), Coverage()
        return found[0].cut(*day), found[1].within(*day)


def _life(series: Series, lifetime: Lifetime) -> Span:
    start = lifetime.launched or 0
    if series.interval != "all" and not series.about.daily:
        # The candle that an instrument was listed in opened before it.
        start = intervals.floor(series.interval, start)
    elif series.about.daily:
        start = intervals.day_of(start)[0]
    return start, lifetime.delivered or 1 << 62
