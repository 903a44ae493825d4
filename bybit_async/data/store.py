"""The store: history on disk (or in an object store), one Parquet file for each month or day of a series."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bybit_async.data import parquet, scales
from bybit_async.data.columns import Table, absorb, join
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.errors import StoreDamaged, StoreTooNew
from bybit_async.data.files import files_at
from bybit_async.data.series import Series, series_of, unit_of_path

log = logging.getLogger("bybit_async.data")

_MARK = "_store.json"


class Listing(msgspec.Struct, frozen=True):
    """When an instrument began and, if it has, stopped to trade, and when that was asked for; milliseconds."""

    launched: int | None = None
    delivered: int | None = None
    asked: int = 0


class _Mark(msgspec.Struct):
    version: int


class Store:
    """History by series. All methods block; `Data` calls them in threads.

    Args:
        place: a folder, an fsspec address such as ``s3://bucket/history``, or None for the user's own data folder.

    Raises:
        StoreTooNew: on first use, when a newer version of the library wrote the store.
    """

    def __init__(self, place: str | os.PathLike[str] | None = None) -> None:
        self._files = files_at(place)
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
        units = series.units(start, end)
        # Files are read side by side: over a network each one costs a way there and back, here a core.
        tables: list[Table] = []
        covered: list[Span] = []
        with ThreadPoolExecutor(self._files.readers) as readers:
            for file in readers.map(lambda unit: self._read_if_sound(series, unit), units):
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
        found = (self._read_if_sound(series, unit) for unit in series.units(start, end))
        return Coverage(span for file in found if file for span in file[1]).within(start, end)

    def merge(self, series: Series, table: Table, coverage: Coverage) -> None:
        """Add rows, and say which ranges are complete with them; what was stored of those ranges before gives way.

        Each file changes as a whole: whoever is killed here leaves the old one or the new one.

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

    def renew_mark(self) -> None:
        """Write the store's mark anew when it is damaged; each file says itself which version wrote it."""
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
                found = self._read(series, unit)
                if found is not None:
                    self._files.write(series.path_of(unit), parquet.write_parquet(found[0], found[1] - gaps))

    def series(self) -> list[Series]:
        """Return every series of which something is stored."""
        self._check()
        found = {series for path in self._files.walk() if (series := series_of(path)) is not None}
        return sorted(found, key=str)

    def files(self, series: Series) -> Iterator[tuple[str, Span | None]]:
        """Iterate over a series' Parquet files, with the span that each is for; None for one that is none of ours."""
        for path in self._files.walk(series.folder):
            # A name with a dot is what a writer is at work on, or left when it was killed; its successor clears it.
            # What else lies there is nobody's rows, and whoever put it there may want it.
            if path.endswith(".parquet") and not path.rsplit("/", 1)[-1].startswith("."):
                yield path, unit_of_path(series, path)

    def read(self, path: str) -> tuple[Table, Coverage, int]:
        """Return the rows, the coverage and the bytes of one file; raises `StoreDamaged`."""
        content = self._files.read(path)
        if content is None:
            raise StoreDamaged(path, "is gone")
        return *parquet.read_parquet(path, content), len(content)

    def listing(self, category: str, symbol: str) -> Listing | None:
        """Return what is known of an instrument's life, or None."""
        self._check()
        content = self._files.read(_listing_path(category, symbol))
        try:
            return None if content is None else msgspec.json.decode(content, type=Listing)
        except msgspec.MsgspecError:
            return None

    def keep_listing(self, category: str, symbol: str, listing: Listing) -> None:
        """Remember an instrument's life."""
        self._files.write(_listing_path(category, symbol), msgspec.json.encode(listing))

    def _merge_unit(self, series: Series, unit: Span, table: Table, coverage: Coverage) -> None:
        self._mark()
        try:
            found = self._read(series, unit)
        except StoreDamaged:
            found = None
        if found is not None:
            kept = [found[0].cut(*span) for span in Coverage([unit]) - coverage]
            table = join([part for part in (*kept, table) if len(part)] or [table])
            coverage = coverage | found[1]
        self._write(series, unit, table.ordered(unique=series.about.unique), coverage)

    def _write(self, series: Series, unit: Span, table: Table, coverage: Coverage) -> None:
        path, known = series.path_of(unit), self._scales(series)
        wanted = scales.widest(known.columns, scales.scales_of(table))
        settled = known.settled and wanted == known.columns
        if not settled:
            wanted = self._spread(series, path, wanted)
        self._files.write(path, parquet.write_parquet(scales.raised(table, wanted), coverage))
        if not settled:
            self._keep_scales(series, scales.Scales(wanted, settled=True))

    def _spread(self, series: Series, path: str, wanted: dict[str, int]) -> dict[str, int]:
        """Bring every other file of a series to the widest scale that one of them has, and return it."""
        others = {other: found for other, unit in self.files(series) if unit and other != path
                  if (found := self._scales_in(other)) is not None}  # fmt: skip
        for found in others.values():
            wanted = scales.widest(wanted, found)
        # Whoever is killed from here on leaves word that it is not finished.
        self._keep_scales(series, scales.Scales(wanted))
        for other, found in others.items():
            if found != wanted:
                # One that is damaged stays so until it is repaired.
                with contextlib.suppress(StoreDamaged):
                    table, coverage, _ = self.read(other)
                    self._files.write(other, parquet.write_parquet(scales.raised(table, wanted), coverage))
        return wanted

    def _scales(self, series: Series) -> scales.Scales:
        content = self._files.read(scales.path_of(series))
        try:
            return scales.Scales() if content is None else msgspec.json.decode(content, type=scales.Scales)
        except msgspec.MsgspecError:
            return scales.Scales()

    def _keep_scales(self, series: Series, found: scales.Scales) -> None:
        self._files.write(scales.path_of(series), msgspec.json.encode(found))

    def _scales_in(self, path: str) -> dict[str, int] | None:
        content = self._files.read(path)
        try:
            return None if content is None else parquet.scales_in(path, content)
        except StoreDamaged:
            return None

    def _read(self, series: Series, unit: Span) -> tuple[Table, Coverage] | None:
        path = series.path_of(unit)
        content = self._files.read(path)
        return None if content is None else parquet.read_parquet(path, content)

    def _read_if_sound(self, series: Series, unit: Span) -> tuple[Table, Coverage] | None:
        try:
            return self._read(series, unit)
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
            self._marked = True
        self._checked = True

    def _mark(self) -> None:
        if not self._marked:
            self._files.write(_MARK, msgspec.json.encode(_Mark(parquet.VERSION)))
            self._marked = True


def _listing_path(category: str, symbol: str) -> str:
    from urllib.parse import quote

    return f"_listings/{category}/{quote(symbol, safe='')}.json"
