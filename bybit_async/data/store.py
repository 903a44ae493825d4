"""The store: history on disk (or in an object store), one Parquet file for each month or day of a series."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bybit_async.data import parquet, scales
from bybit_async.data.columns import Table, absorb
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.errors import StoreDamaged, StoreMissing, StoreTooNew, StoreTooOld
from bybit_async.data.files import files_at
from bybit_async.data.parts import PartGone, Parts, WriterPart, overlaid
from bybit_async.data.records import Lifetime, SeriesRecord, lifetime_path, record_path
from bybit_async.data.series import Series, series_of, unit_of_path
from bybit_async.extras import require

log: logging.Logger = logging.getLogger("bybit_async.data")

_MARK = "_store.json"


class _Mark(msgspec.Struct):
    version: int


class Store:
    """History by series. All methods block; `Data` calls them in threads.

    Args:
        place: a folder, an fsspec address such as ``s3://bucket/history``, or None for the user's own data folder.

    Raises:
        StoreTooNew: on first use, if a newer version of the library wrote the store.
        StoreTooOld: on first use, if it was written before stores recorded which exchange their rows are of.
    """

    def __init__(self, place: str | os.PathLike[str] | None = None) -> None:
        require("data", "Stores of history")
        self._files = files_at(place)
        self._parts = Parts(self._files)
        self._checked = False
        self._marked = False

    @property
    def address(self) -> str:
        """The folder or address."""
        return self._files.address

    def load(self, series: Series, start: int, end: int) -> tuple[Table | None, Coverage]:
        """Return what is stored of a range: its rows (None without a file), and which of it is complete.

        A damaged file counts as not there, and is logged.
        """
        self._check()
        units, parts = series.units(start, end), self._parts.of(series)
        # Files are read side by side: over a network each one costs a way there and back, here a core.
        tables: list[Table] = []
        covered: list[Span] = []
        with ThreadPoolExecutor(self._files.readers) as readers:
            for file in readers.map(lambda unit: self._read_if_sound(series, unit, parts), units):
                if file is not None:
                    tables.append(file[0].cut(start, end))
                    covered += file[1]
        # Years of rows need not be there twice, in parts and as a whole.
        file = None
        table = absorb(tables).ordered(unique=series.about.unique) if tables else None
        return table, Coverage(covered).within(start, end)

    def covered(self, series: Series, start: int, end: int) -> Coverage:
        """Return which part of a range is complete; memory does not grow with the range."""
        self._check()
        parts = self._parts.of(series)
        found = (self._read_if_sound(series, unit, parts) for unit in series.units(start, end))
        return Coverage(span for file in found if file for span in file[1]).within(start, end)

    def merge(self, series: Series, table: Table, coverage: Coverage) -> None:
        """Add rows, and say which ranges are complete with them; what was stored of those ranges before gives way.

        Each file changes as a whole: a writer that is killed leaves the old one or the new one.

        Raises:
            StoreUnwritable: nothing can be written.
        """
        self._check()
        for span in coverage:
            for unit in series.units(*span):
                with self._files.lock(series.folder):
                    self._merge_unit(series, unit, table.cut(*unit), coverage.within(*unit))

    def writable(self, series: Series) -> None:
        """Find out before anything is fetched whether it can be kept; raises `StoreUnwritable`."""
        self._check()
        with self._files.lock(series.folder):
            self._mark()

    def absent(self, series: Series, start: int, end: int) -> Coverage:
        """Return what of a range was asked for and is unavailable, in files that hold the rest of what there was.

        A file that was not there at all may still come, so a day without a row is never among them.
        """
        known = Coverage(self.record(series).absent).within(start, end)
        return known & Coverage(unit for _, unit in self.files(series) if unit) if known else known

    def note_absent(self, series: Series, absent: Coverage) -> None:
        """Note that the exchange was asked for ranges and does not have them."""
        if not absent:
            return
        with self._files.lock(series.folder):
            known = self.record(series)
            spans = list(Coverage([*known.absent, *absent]))
            if spans != known.absent:
                self._keep_record(series, msgspec.structs.replace(known, absent=spans))

    def must_exist(self) -> None:
        """Raise `StoreMissing` if there is nothing in the store's place: a mistyped folder is not an empty store."""
        if not self._files.exists():
            raise StoreMissing(f"there is no store in {self.address}: nothing was downloaded there yet")

    def renew_mark(self) -> None:
        """Write the store's mark again if it is damaged; each file says itself which version wrote it."""
        try:
            self._check()
        except StoreDamaged:
            self._files.write(_MARK, msgspec.json.encode(_Mark(parquet.VERSION)))

    def drop(self, path: str) -> None:
        """Remove one file."""
        series = series_of(path)
        with self._files.lock(series.folder if series else path):
            self._files.remove(path)

    def forget(self, series: Series, gaps: Coverage) -> None:
        """Declare ranges incomplete, so that they are fetched again; their rows stay until then."""
        for unit in {unit for span in gaps for unit in series.units(*span)}:
            with self._files.lock(series.folder):
                parts = self._parts.of(series)
                found = self._read(series, unit, parts)
                if found is not None:
                    content = parquet.write_parquet(found[0], found[1] - gaps, series.identity)
                    self._files.write(series.path_of(unit), content)
                # They would bring back what was just declared incomplete.
                self._parts.remove(parts, unit)

    def series(self) -> list[Series]:
        """Return every series of which something is stored."""
        self._check()
        found = {series for path in self._files.walk() if (series := series_of(path)) is not None}
        return sorted(found, key=str)

    def files(self, series: Series) -> Iterator[tuple[str, Span | None]]:
        """Iterate over a series' Parquet files, with the span that each is for; None for one that is not the store's.

        Among them are files that exist only as parts so far.
        """
        paths = {series.path_of(part.unit) for part in self._parts.of(series)} | {*self._files.walk(series.folder)}
        for path in sorted(paths):
            # A name with a dot is what a writer is at work on, or left when it was killed; its successor clears it.
            # Other files in there hold no rows, and someone may want them.
            if path.endswith(".parquet") and not path.rsplit("/", 1)[-1].startswith("."):
                yield path, unit_of_path(series, path)

    def read(self, path: str) -> tuple[Table, Coverage, int]:
        """Return the rows, the coverage and the bytes of one file; raises `StoreDamaged`."""
        series = series_of(path)
        unit = unit_of_path(series, path) if series else None
        parts = self._parts.of(series) if series and unit else []
        content = self._files.read(path)
        if series and unit and parts:
            found = self._read(series, unit, parts)
        else:
            found = None if content is None else parquet.read_parquet(path, content)
        if found is None:
            raise StoreDamaged(path, "is gone")
        return *found, len(content or b"")

    def record(self, series: Series) -> SeriesRecord:
        """Return what is known of a series as a whole; nothing if its record is missing or damaged."""
        content = self._files.read(record_path(series))
        try:
            return SeriesRecord() if content is None else msgspec.json.decode(content, type=SeriesRecord)
        except msgspec.MsgspecError:
            return SeriesRecord()

    def reach(self, series: Series) -> Span | None:
        """Return the first and the last millisecond ever stored of a series, or None if nothing was."""
        known = self.record(series)
        if known.span is None:
            units = [unit for _, unit in self.files(series) if unit]
            if units:
                known = known.reaching(self.covered(series, units[0][0], units[-1][1]))
        return known.span

    def lifetime(self, series: Series) -> Lifetime | None:
        """Return what is known of the life of a series' instrument, or None."""
        self._check()
        content = self._files.read(lifetime_path(series))
        try:
            return None if content is None else msgspec.json.decode(content, type=Lifetime)
        except msgspec.MsgspecError:
            return None

    def keep_lifetime(self, series: Series, lifetime: Lifetime) -> None:
        """Remember the life of a series' instrument."""
        self._files.write(lifetime_path(series), msgspec.json.encode(lifetime))

    def _merge_unit(self, series: Series, unit: Span, table: Table, coverage: Coverage) -> None:
        self._mark()
        self._parts.add(series, unit, table, coverage)
        found: tuple[Table, Coverage] | None
        # In this order: a part that is removed meanwhile is in the file, if that is read afterwards.
        parts = self._parts.of(series)
        try:
            found = self._read(series, unit, parts)
        except StoreDamaged:
            found = None
        if found is not None:
            table, coverage = overlaid(found, unit, table, coverage)
        self._write(series, unit, table.ordered(unique=series.about.unique), coverage)
        self._parts.sweep(parts, unit, coverage)

    def _write(self, series: Series, unit: Span, table: Table, coverage: Coverage) -> None:
        path, known = series.path_of(unit), self.record(series)
        wanted = scales.widest(known.columns, scales.scales_of(table))
        settled = known.settled and wanted == known.columns
        if not settled:
            wanted = self._spread(series, path, wanted)
        self._files.write(path, parquet.write_parquet(scales.raised(table, wanted), coverage, series.identity))
        record = msgspec.structs.replace(known, columns=wanted, settled=True).reaching(coverage)
        if record != known:
            self._keep_record(series, record)

    def _spread(self, series: Series, path: str, wanted: dict[str, int]) -> dict[str, int]:
        """Bring every other file of a series to the widest scale that one of them has, and return it."""
        others = {other: found for other, unit in self.files(series) if unit and other != path
                  if (found := self._scales_in(other)) is not None}  # fmt: skip
        for found in others.values():
            wanted = scales.widest(wanted, found)
        # If this writer is killed from here on, the next one knows that it was not finished.
        self._keep_record(series, msgspec.structs.replace(self.record(series), columns=wanted, settled=False))
        for other, found in others.items():
            if found != wanted:
                # One that is damaged stays so until it is repaired.
                with contextlib.suppress(StoreDamaged):
                    table, coverage, _ = self.read(other)
                    content = parquet.write_parquet(scales.raised(table, wanted), coverage, series.identity)
                    self._files.write(other, content)
        return wanted

    def _keep_record(self, series: Series, record: SeriesRecord) -> None:
        # It can be made again from the files, so no disk need be waited for.
        self._files.write(record_path(series), msgspec.json.encode(record), durable=False)

    def _scales_in(self, path: str) -> dict[str, int] | None:
        content = self._files.read(path)
        try:
            return None if content is None else parquet.scales_in(path, content)
        except StoreDamaged:
            return None

    def _read(self, series: Series, unit: Span, parts: list[WriterPart]) -> tuple[Table, Coverage] | None:
        path = series.path_of(unit)
        while True:
            content = self._files.read(path)
            found = None if content is None else parquet.read_parquet(path, content)
            try:
                return self._parts.joined(found, unit, parts, unique=series.about.unique)
            except PartGone:
                parts = self._parts.of(series)

    def _read_if_sound(self, series: Series, unit: Span, parts: list[WriterPart]) -> tuple[Table, Coverage] | None:
        try:
            return self._read(series, unit, parts)
        except StoreDamaged as error:
            log.warning("%s", error)
            return None

    def _check(self) -> None:
        if self._checked:
            return
        content = self._files.read(_MARK)
        if content is not None:
            try:
                version: int | str = msgspec.json.decode(content, type=_Mark).version
            except msgspec.ValidationError:
                # Whole, but not as this version writes it.
                version = f"{content[:80]!r}"
            except msgspec.DecodeError as error:
                raise StoreDamaged(_MARK, f"is no mark of a store ({error})") from error
            if isinstance(version, str) or version > parquet.VERSION:
                raise StoreTooNew(
                    f"{self.address} was written by a newer version of this library (layout {version}, "
                    f"this one knows {parquet.VERSION}); it was not touched"
                )
            if version < parquet.VERSION:
                raise StoreTooOld(
                    f"{self.address} was written by an older version of this library, which did not record which "
                    "exchange its rows are of; choose another data_dir. It was not touched"
                )
            self._marked = True
        self._checked = True

    def _mark(self) -> None:
        if not self._marked:
            self._files.write(_MARK, msgspec.json.encode(_Mark(parquet.VERSION)))
            self._marked = True
