"""Looking after the store: finding what is damaged, double or missing, and fetching it again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from bybit_async.data.columns import Table
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.download import OnProgress
from bybit_async.data.errors import StoreDamaged, StoreError
from bybit_async.data.frames import gaps_of
from bybit_async.data.series import Series, unit_of_path
from bybit_async.data.store import Store
from bybit_async.errors import BybitError

if TYPE_CHECKING:
    from bybit_async.data.history import History


log: logging.Logger = logging.getLogger("bybit_async.data")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the store holds of one series, and what is wrong with it.

    Attributes:
        series: which one.
        rows: how many rows are readable.
        size: bytes on disk.
        coverage: ranges that are complete.
        damaged: files that cannot be read, or lie where they do not belong, with the reason.
        doubles: how many rows have the time of another.
        unordered: how many rows are older than the one before.
        gaps: ranges said to be complete whose rows are missing.
        holes: ranges between the first and the last row ever stored that no file covers.
        absent: such ranges that the exchange was asked for and does not have.
    """

    series: Series
    rows: int
    size: int
    coverage: Coverage
    damaged: dict[str, str]
    doubles: int
    unordered: int
    gaps: Coverage
    holes: Coverage
    absent: Coverage

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; what the exchange does not have is not wrong."""
        return not (self.damaged or self.doubles or self.unordered or self.gaps or self.holes)


async def verify(store: Store) -> list[Report]:
    """Read every file of the store and say what each series is like."""
    return await asyncio.to_thread(_verify, store)


def _verify(store: Store) -> list[Report]:
    return [_examine(store, series) for series in store.series()]


def _examine(store: Store, series: Series) -> Report:
    rows = size = doubles = unordered = 0
    covered: list[Span] = []
    damaged: dict[str, str] = {}
    gaps = Coverage()
    for path, unit in store.files(series):
        try:
            table, coverage, length = store.read(path)
            _belongs(path, unit, table, coverage)
        except StoreDamaged as error:
            damaged[path] = error.reason
            continue
        rows, size = rows + len(table), size + length
        covered += list(coverage)
        steps = np.diff(table.times)
        unordered += int((steps < 0).sum())
        doubles += int((steps == 0).sum()) if series.about.unique else 0
        for span in coverage:
            gaps |= gaps_of(series, table, span, coverage)
    whole, record = Coverage(covered), store.record(series)
    lost = Coverage(unit for path in damaged if (unit := unit_of_path(series, path)))
    return Report(
        series=series,
        rows=rows,
        size=size,
        coverage=whole,
        damaged=damaged,
        doubles=doubles,
        unordered=unordered,
        gaps=gaps,
        holes=record.holes(whole) - lost,
        absent=Coverage(record.absent) - whole,
    )


def _belongs(path: str, unit: Span | None, table: Table, coverage: Coverage) -> None:
    if unit is None:
        raise StoreDamaged(path, "is not a file of the store")
    if coverage - Coverage([unit]) or (len(table) and not unit[0] <= table.times.min() <= table.times.max() < unit[1]):
        raise StoreDamaged(path, "holds rows of another time")


async def repair(store: Store, history: History, identity: str, progress: OnProgress | None = None) -> list[Report]:
    """Drop an exchange's damaged files, fetch them, all gaps and all holes again, and verify once more.

    A series that is no longer available does not keep the others from being repaired; its error comes last.
    """
    await asyncio.to_thread(store.renew_mark)
    failures: list[BybitError] = []
    for report in await verify(store):
        if report.sound or report.series.identity != identity:
            continue
        try:
            await _mend(store, history, report, progress)
        except StoreError:
            raise
        except BybitError as error:
            log.error("%s could not be repaired: %s", report.series, error)
            failures.append(error)
    if failures:
        raise failures[0]
    return await verify(store)


async def _mend(store: Store, history: History, report: Report, progress: OnProgress | None) -> None:
    again = report.gaps | report.holes
    for path in report.damaged:
        unit = unit_of_path(report.series, path)
        if unit is not None:
            again |= Coverage([unit])
        await asyncio.to_thread(store.drop, path)
    if report.doubles or report.unordered:
        again |= report.coverage
    await asyncio.to_thread(store.forget, report.series, again)
    history.cache.forget(report.series)
    for span in again:
        await history.fill(report.series, span, progress)
