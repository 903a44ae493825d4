"""One budget and one breaker for the processes of a machine, kept in a file.

The file is a SQLite database: its locks end with the process that holds them, and a process that dies in the middle of
a change leaves none. Times in it are of the machine's monotonic clock, which all its processes share.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

from bybit_async.backoff import Backoff
from bybit_async.errors import HostBanned
from bybit_async.transport.host_limit import Budget, Host, Speed, Turns

log: logging.Logger = logging.getLogger("bybit_async.transport")

_PATIENCE = 1.0
"""Seconds to wait for the file. A process that keeps it longer was stopped in the middle, and may never go on."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds without the file after it could not be used: other requests do not wait for it in vain."""

_LONGEST_BAN = 3600.0
"""A ban that ends later was noted before the machine was last started."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS hosts (host TEXT PRIMARY KEY,"
    " level REAL NOT NULL DEFAULT 0, at REAL NOT NULL DEFAULT 0,"
    " banned_until INTEGER NOT NULL DEFAULT 0, ban_ends REAL NOT NULL DEFAULT 0)"
)
_READ = "SELECT level, at, banned_until, ban_ends FROM hosts WHERE host = ?"
_DRAW = (
    "INSERT INTO hosts (host, level, at) VALUES (?, ?, ?)"
    " ON CONFLICT (host) DO UPDATE SET level = excluded.level, at = excluded.at"
)
_BAN = (
    "INSERT INTO hosts (host, banned_until, ban_ends) VALUES (?, ?, ?)"
    " ON CONFLICT (host) DO UPDATE SET banned_until = excluded.banned_until, ban_ends = excluded.ban_ends"
    " WHERE excluded.ban_ends > ban_ends OR ban_ends > ?"
)


class _State(NamedTuple):
    level: float = 0.0
    at: float = 0.0
    banned_until: int = 0
    ban_ends: float = 0.0


class SharedBudget:
    """Draws on the budget in a file; on the process's own while the file cannot be used.

    After a failure the file is left alone for a second, then ever longer, up to a minute.

    Args:
        path: the file; if it does not exist it is made, readable by its owner only.
        host: whose budget it is; it learns of bans that other processes met.
        speed: how fast the host may be asked by all of them.
        own: what is drawn on instead.
    """

    def __init__(self, path: str | os.PathLike[str], host: Host, speed: Speed, own: Budget) -> None:
        self._path = path
        self._host = host
        self._speed = speed
        self._own = own
        self._pauses = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        self._not_before = 0.0
        self._closed = False
        # A thread of its own: what waits for the file must hold up neither the loop nor the loop's other threads.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="bybit_async shared budget")
        self._connection: sqlite3.Connection | None = None

    def draw(self, now: float) -> bool:
        """Return False: the file is never looked at on the loop."""
        return False

    async def reserve(self, most: int) -> Turns:
        """Reserve turns; while the host has shut out any of the processes, all who ask get through to learn of it."""
        if time.monotonic() < self._not_before:
            return await self._own.reserve(most)
        try:
            turns = await asyncio.wrap_future(self._worker.submit(self._change, lambda state: self._draw(state, most)))
        except (sqlite3.Error, OSError) as error:
            self._complain(error)
            return await self._own.reserve(most)
        if self._pauses.failures:
            self._pauses.reset()
            log.info("the shared budget %s can be used again", self._path)
        return turns or Turns(most, 0.0)

    def ban(self, until: int, seconds: float) -> None:
        """Tell the other processes of a ban: when it ends in exchange milliseconds, and in how many seconds."""
        if not self._closed:
            self._worker.submit(self._note_ban, until, time.monotonic() + seconds)

    def close(self) -> None:
        """Close the file, after what is still to be written to it. Idempotent."""
        if not self._closed:
            self._closed = True
            self._worker.submit(self._disconnect)
            self._worker.shutdown(wait=False)

    # On the worker's thread.

    def _draw(self, state: _State, most: int) -> Turns | None:
        now = time.monotonic()
        if now < state.ban_ends < now + _LONGEST_BAN:
            error = HostBanned(403, "access too frequent, as another process learned", until=state.banned_until)
            self._host.close_until(error, lambda: time.monotonic() >= state.ban_ends)
            return None
        # What lies ahead was noted before the machine was last started.
        elapsed = now - state.at if state.at <= now else float("inf")
        level, turns = self._speed.reserve(state.level, elapsed, most)
        self._connected().execute(_DRAW, (self._host.name, level, now))
        return turns

    def _note_ban(self, until: int, ends: float) -> None:
        stale = time.monotonic() + _LONGEST_BAN

        def note(_: _State) -> None:
            self._connected().execute(_BAN, (self._host.name, until, ends, stale))

        try:
            self._change(note)
        except (sqlite3.Error, OSError) as error:
            self._complain(error)

    def _change(self, change: Callable[[_State], Turns | None]) -> Turns | None:
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        try:
            with closing(connection.execute(_READ, (self._host.name,))) as rows:
                row = rows.fetchone()
            result = change(_State(*row) if row else _State())
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        return result

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            # SQLite would make it readable by everyone; its journal gets the mode of the file.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                # The file may be lost with the machine: after that nothing in it is true any more.
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("PRAGMA journal_mode = TRUNCATE")
                connection.execute(_TABLE)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _complain(self, error: Exception) -> None:
        if not self._pauses.failures:
            log.warning("the shared budget %s cannot be used, this process paces itself alone: %s", self._path, error)
        self._not_before = time.monotonic() + self._pauses.next_wait()
