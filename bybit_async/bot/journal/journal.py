"""`Journal`: one thread that writes, in the order in which it was asked to, many rows to a commit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from typing import Any
from uuid import uuid4

from bybit_async.bot.errors import JournalError, JournalTooNew
from bybit_async.bot.journal.tables import VERSION, JournalStore, Only, Put, Row, Table, upgrade_statements
from bybit_async.extras import require

log: logging.Logger = logging.getLogger("bybit_async.bot.journal")

_RETRY_PAUSE = 0.5
_MOST_AT_ONCE = 500
_MOST_WAITING = 100_000


def open_store(url: str, *, read_only: bool = False) -> JournalStore:
    """Open what an address names: ``sqlite:///path``, or any other address of SQLAlchemy.

    Raises:
        JournalError: it cannot be opened.
        MissingExtra: the `sql` extra is needed.
    """
    if url.startswith("sqlite:///"):
        from bybit_async.bot.journal.sqlite import SqliteStore

        return SqliteStore(url.removeprefix("sqlite:///"), read_only=read_only)
    require("sql", "journals outside of SQLite files")
    from bybit_async.bot.journal.sql import SqlStore

    return SqlStore(url)


class _Job:
    __slots__ = ("done", "must_hold", "puts")

    def __init__(self, puts: Sequence[Put], *, must_hold: bool) -> None:
        self.puts = puts
        self.must_hold = must_hold
        self.done: Future[None] = Future()


class Journal:
    """Writes rows on a thread of its own; see `tables` for what they are.

    Args:
        store: where they go.

    Raises:
        JournalTooNew: a newer version wrote it.

    Attributes:
        writes: rows that were committed.
    """

    def __init__(self, store: JournalStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting = 0
        self._since: float | None = None
        self._failing = False
        self._closed = False
        self.writes: int = 0
        self._check_version()
        self._thread = threading.Thread(target=self._work, name="bybit_async journal", daemon=True)
        self._thread.start()

    def _check_version(self) -> None:
        found = {row["name"]: row["value"] for row in self._store.read("meta")}.get("version")
        if found is None:
            self._store.write([Put("meta", {"name": "version", "value": str(VERSION)})])
        elif not found.isdecimal():
            self._store.close()
            raise JournalError(f"the journal is damaged: its version is {found!r}")
        elif int(found) > VERSION:
            self._store.close()
            raise JournalTooNew(f"the journal is of version {found}, this program knows {VERSION}: update bybit_async")
        elif int(found) < VERSION:
            now = Put("meta", {"name": "version", "value": str(VERSION)})
            self._store.change(upgrade_statements(int(found)), [now])

    # Writing

    async def write(self, *puts: Put) -> None:
        """Write rows and return when they survive a crash.

        Raises:
            JournalError: they could not be written, and will not be.
        """
        job = self._put(puts, must_hold=False)
        await asyncio.wrap_future(job.done)

    def post(self, *puts: Put) -> None:
        """Write rows soon, after all that were asked for before; tried again for as long as it fails."""
        if puts:
            self._put(puts, must_hold=True)

    async def flush(self) -> None:
        """Wait until all that was posted is written."""
        await asyncio.wrap_future(self._put((), must_hold=True).done)

    def _put(self, puts: Sequence[Put], *, must_hold: bool) -> _Job:
        if self._closed:
            raise JournalError("the journal is closed")
        if self._waiting > _MOST_WAITING:
            raise JournalError(f"{self._waiting} rows wait for a journal that does not take them")
        job = _Job(puts, must_hold=must_hold)
        self._waiting += len(puts)
        if self._since is None:
            self._since = time.monotonic()
        self._jobs.put(job)
        return job

    @property
    def is_healthy(self) -> bool:
        """Whether the last attempt to write succeeded."""
        return not self._failing

    @property
    def lag(self) -> float:
        """Seconds that the oldest row has been waiting to be written; 0 when none is."""
        since = self._since
        return 0.0 if since is None or not self._waiting else time.monotonic() - since

    def _work(self) -> None:
        jobs: list[_Job] = []
        last = False
        while not last:
            last = self._take_in(jobs)
            self._commit(jobs)

    def _take_in(self, jobs: list[_Job]) -> bool:
        """Add the jobs that came in, and wait for one; returns whether no more will come."""
        # What could not be written is tried again after a pause, or along with what comes: a caller that waits for
        # certainty must not wait behind it.
        wait: float | None = _RETRY_PAUSE if jobs else None
        most = len(jobs) + _MOST_AT_ONCE
        with contextlib.suppress(queue.Empty):
            while len(jobs) < most:
                job = self._jobs.get(timeout=wait)
                if job is None:
                    return True
                jobs.append(job)
                wait = 0.0
        return False

    def _commit(self, jobs: list[_Job]) -> None:
        """Write the jobs; those that could not be written and must be are left in the list."""
        try:
            puts = [put for job in jobs for put in job.puts]
            if puts:
                with self._lock:
                    self._store.write(puts)
        except JournalError as error:
            self._failing = True
            log.error("%s", error)
            self._give_up(jobs, error)
        else:
            self._failing = self._failing and not puts
            self.writes += len(puts)
            self._finish(jobs, None)
            jobs.clear()

    def _give_up(self, jobs: list[_Job], error: JournalError) -> None:
        """End the jobs whose askers wait for certainty; what has happened already is kept and tried again."""
        failed = [job for job in jobs if not job.must_hold]
        self._finish(failed, error)
        jobs[:] = [job for job in jobs if job.must_hold]

    def _finish(self, jobs: Sequence[_Job], error: JournalError | None) -> None:
        self._waiting -= sum(len(job.puts) for job in jobs)
        self._since = None if self._waiting <= 0 else time.monotonic()
        for job in jobs:
            # The waiter may have been cancelled meanwhile.
            with contextlib.suppress(InvalidStateError):
                if error is None:
                    job.done.set_result(None)
                else:
                    job.done.set_exception(error)

    # Reading, while nothing is waiting to be written

    def read(
        self, table: Table, *, since: int | None = None, limit: int | None = None, only: Only | None = None
    ) -> list[Row]:
        """Return rows; see `JournalStore.read`."""
        with self._lock:
            return self._store.read(table, since=since, limit=limit, only=only)

    def meta(self) -> dict[str, Any]:
        """Return everything kept under a name."""
        return {row["name"]: json.loads(row["value"]) for row in self.read("meta")}

    # Its end

    async def aclose(self) -> None:
        """Write what is waiting and close the store. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        self._store.close()


def meta(name: str, value: Any) -> Put:
    """Return the row that keeps a plain value under a name."""
    return Put("meta", {"name": name, "value": json.dumps(value)})


def event(time_ms: int, kind: str, **detail: Any) -> Put:
    """Return the row that says what happened."""
    row = {"id": uuid4().hex, "time_ms": time_ms, "kind": kind, "detail": json.dumps(detail, default=str)}
    return Put("events", row)
