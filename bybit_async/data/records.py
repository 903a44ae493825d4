"""Small notes beside the rows: what is known of a series as a whole, and of an instrument's life."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.series import Series

RECORDS = "_series"
"""The folder of the records, in the same order as that of the rows."""


class SeriesRecord(msgspec.Struct, frozen=True):
    """What is known of a series beyond each of its files. It can be lost: then a hole may go unnoticed, and no more.

    Attributes:
        columns: how many decimals each column of numbers has in every file (see `scales`).
        settled: whether every file has that many by now.
        span: from the first to the last millisecond that was ever stored; what is missing in between was lost.
        absent: ranges that the exchange was asked for and does not have.
    """

    columns: dict[str, int] = {}
    settled: bool = False
    span: Span | None = None
    absent: list[Span] = []

    def reaching(self, coverage: Coverage) -> SeriesRecord:
        """Return a record whose span takes in what a file covers."""
        spans = [*coverage, *([self.span] if self.span else [])]
        if not spans:
            return self
        span = min(start for start, _ in spans), max(end for _, end in spans)
        return msgspec.structs.replace(self, span=span)

    def holes(self, coverage: Coverage) -> Coverage:
        """Return what is available between the first and the last row ever stored and is not covered."""
        span = self.reaching(coverage).span
        return Coverage() if span is None else coverage.missing(*span) - Coverage(self.absent)


class Lifetime(msgspec.Struct, frozen=True):
    """When an instrument began and, if it has, stopped trading, and when that was asked for; milliseconds."""

    launched: int | None = None
    delivered: int | None = None
    asked: int = 0


def record_path(series: Series) -> str:
    """Return where a series' record lies, below the store's root."""
    return f"{RECORDS}/{series.folder}/record.json"


def lifetime_path(series: Series) -> str:
    """Return where the life of a series' instrument is noted, below the store's root."""
    parts = (quote(part, safe="") for part in (series.identity, series.category, series.symbol))
    return f"_listings/{'/'.join(parts)}.json"
