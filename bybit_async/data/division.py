"""One download, many processes: what is missing is cut into months, and each is fetched by the holder of its lease."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable

import msgspec

from bybit_async.data import intervals
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.download import OnProgress, Progress
from bybit_async.data.series import Series
from bybit_async.errors import LeaseTaken
from bybit_async.leases import hold, place_at
from bybit_async.secret import Secret, hidden

_LIFE = 10.0
"""Seconds after which the month of a process that died is fetched by another one."""

_DENSE = 60 * intervals.MINUTE
"""Up to this interval, in milliseconds, a month is one request at least."""

Fetch = Callable[[Coverage], Awaitable[None]]
"""Fetches what is still missing of a part: another process may have been there before."""


class Division:
    """Divides what is missing of a series among all processes that keep history in the same place.

    Args:
        leases: where the leases are kept; see `bybit_async.leases.hold`.
        store: the address of the store. Those who share one must write it alike.

    Raises:
        InvalidParameter: `leases` is no folder and no address of Redis.
        MissingExtra: Redis is meant, and the ``redis`` extra is not installed.
    """

    def __init__(self, leases: str | os.PathLike[str], store: str) -> None:
        self._leases: Secret = hidden(os.fspath(leases))
        place_at(self._leases, parameter="data_leases")
        self._store = hashlib.blake2b(store.encode(), digest_size=8).hexdigest()

    async def each(self, series: Series, missing: Coverage, fetch: Fetch) -> None:
        """Have every part fetched, here or elsewhere: what others are at work on is waited for.

        Raises:
            LeaseUnavailable: the leases cannot be had. What was fetched until then is kept.
        """
        parts = _parts(series, missing)
        # First what nobody has begun, then what others have: most of it is complete by the time they let go of it.
        for wait in (0.0, float("inf")):
            taken: list[Span] = []
            for part in parts:
                name = f"history {self._store} {series.folder.replace('/', ' ')} {intervals.date_text(part[0])}"
                # Two at once would store the same rows twice, which costs requests and spoils nothing.
                lease = hold(self._leases, name, life=_LIFE, wait=wait, fleeting=True)
                try:
                    async with lease:
                        await fetch(missing & Coverage([part]))
                except LeaseTaken:
                    taken.append(part)
            parts = taken


def _parts(series: Series, missing: Coverage) -> list[Span]:
    """Return the months, or for sparse series the years, that something is missing of."""
    length = intervals.length_of(series.interval) if series.interval != "all" else None
    dense = series.about.daily or (length is not None and length <= _DENSE)
    part_of = intervals.month_of if dense else intervals.year_of
    found: dict[Span, None] = {}
    for start, end in missing:
        while start < end:
            part = part_of(start)
            found[part] = None
            start = part[1]
    return list(found)


class ProgressOfParts:
    """Reports the progress of one download after another as one: `total` grows with each part that is begun here."""

    def __init__(self, report: OnProgress) -> None:
        self._report = report
        self._before = (0, 0, 0)
        self._latest = (0, 0, 0)

    def __call__(self, progress: Progress) -> None:
        """Report it as part of the whole."""
        if progress.done == 1:
            done, total, rows = self._before = self._latest
        else:
            done, total, rows = self._before
        self._latest = done + progress.done, total + progress.total, rows + progress.rows
        done, total, rows = self._latest
        self._report(msgspec.structs.replace(progress, done=done, total=total, rows=rows))
