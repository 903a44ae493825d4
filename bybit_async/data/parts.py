"""Parts: how writers who cannot lock each other out share a file.

An object store has no locks, so two writers who read the same file, add their rows and put it back would each lose what
the other added. There every writer first puts its rows into a part of its own, and then rewrites the file from the
file and all parts. Whichever file is put last, the parts still hold every row, so reading joins both, and the next
writer puts right what is missing. A part is removed once it is older than any writer can have been at work, and the
file holds its rows.

A part's name says which rows it has, so that readers of a file that holds them already need not open it.
"""

from __future__ import annotations

import time
import uuid

import msgspec

from bybit_async.data.columns import Table, join
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.files import Files
from bybit_async.data.parquet import read_parquet, write_parquet
from bybit_async.data.series import Series

LINGER = 900.0
"""Seconds that a part stays. A merge takes seconds; clocks of different machines may differ by minutes."""


class WriterPart(msgspec.Struct, frozen=True):
    """The rows of one range that one writer added.

    Attributes:
        path: where it lies, below the store's root.
        unit: the span of the file that it belongs to.
        span: the range that is complete with it.
        created: seconds since the epoch.
    """

    path: str
    unit: Span
    span: Span
    created: float


class PartGone(Exception):
    """Another writer removed a part that was listed: its rows are in the file by now, which has to be read again."""


class Parts:
    """The parts beside the files of a store that cannot be locked; none beside those of one that can."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def add(self, series: Series, unit: Span, table: Table, coverage: Coverage) -> None:
        """Put rows into parts, one for each complete range."""
        if self._files.locks:
            return
        for start, end in coverage:
            name = f"{int(time.time())}-{start}-{end}-{uuid.uuid4().hex}"
            content = write_parquet(table.cut(start, end), Coverage([(start, end)]), series.identity)
            self._files.write(f"{_folder(series)}/{unit[0]}-{unit[1]}/{name}.parquet", content)

    def of(self, series: Series) -> list[WriterPart]:
        """Return the parts of a series, oldest first."""
        if self._files.locks:
            return []
        found = (_part(path) for path in self._files.walk(_folder(series)))
        return sorted((part for part in found if part is not None), key=lambda part: part.created)

    def joined(
        self, found: tuple[Table, Coverage] | None, unit: Span, parts: list[WriterPart], *, unique: bool
    ) -> tuple[Table, Coverage] | None:
        """Return a file's rows with those that only its parts have.

        Raises:
            PartGone: one was removed since it was listed.
            StoreDamaged: one cannot be read.
        """
        for part in parts:
            if part.unit != unit or (found is not None and not found[1].missing(*part.span)):
                continue
            content = self._files.read(part.path)
            if content is None:
                raise PartGone(part.path)
            table, coverage = read_parquet(part.path, content)
            if found is not None:
                table, coverage = overlaid(found, unit, table, coverage)
            found = table.ordered(unique=unique), coverage
        return found

    def sweep(self, parts: list[WriterPart], unit: Span, coverage: Coverage) -> None:
        """Remove the parts of a file that hold nothing else than it, and that no writer can be at work with."""
        for part in parts:
            if part.unit == unit and not coverage.missing(*part.span) and part.created < time.time() - LINGER:
                self._files.remove(part.path)

    def remove(self, parts: list[WriterPart], unit: Span) -> None:
        """Remove every part of a file."""
        for part in parts:
            if part.unit == unit:
                self._files.remove(part.path)


def overlaid(found: tuple[Table, Coverage], unit: Span, table: Table, coverage: Coverage) -> tuple[Table, Coverage]:
    """Return a file's rows with others in place of those of the ranges that they are complete for; not in order."""
    kept = [found[0].cut(*outside) for outside in coverage.missing(*unit)]
    return join([part for part in (*kept, table) if len(part)] or [table]), found[1] | coverage


def _folder(series: Series) -> str:
    return f"_parts/{series.folder}"


def _part(path: str) -> WriterPart | None:
    *_, folder, name = path.split("/")
    try:
        first, last = map(int, folder.split("-"))
        created, start, end, _ = name.split("-")
        return WriterPart(path, (first, last), (int(start), int(end)), float(created))
    except ValueError:
        return None
