"""The journal in a SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal.tables import Only, Put, Row, Table, create_statements, put_statement, read_statement


class SqliteStore:
    """A file in WAL mode, synchronised with every commit: what was written survives the loss of power.

    Args:
        path: the file; its folder is made where it is missing. ``:memory:`` keeps nothing.
        read_only: open it for reading while a bot may be writing.

    Raises:
        JournalError: it cannot be opened, or is not a journal.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        self._path = str(path)
        with self._named("opened"):
            if read_only:
                self._db = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, check_same_thread=False)
            else:
                if self._path != ":memory:":
                    Path(self._path).parent.mkdir(parents=True, exist_ok=True)
                self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                # In KiB: rows are written once and read at the start, so a cache that grows with the file is a waste.
                self._db.execute("PRAGMA cache_size = -256")
                if not self._db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]:
                    self._db.execute("BEGIN IMMEDIATE")
                    for statement in create_statements():
                        self._db.execute(statement)
                    self._db.execute("COMMIT")
            self._db.row_factory = sqlite3.Row

    def write(self, puts: Sequence[Put]) -> None:
        """Write rows; see `Store`."""
        self.change((), puts)

    def change(self, statements: Sequence[str], puts: Sequence[Put]) -> None:
        """Change the tables and write rows; see `Store`."""
        with self._named("written"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for statement in statements:
                    self._db.execute(statement)
                for table, group in groupby(puts, key=lambda put: put.table):
                    self._db.executemany(put_statement(table), [put.row for put in group])
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def read(
        self, table: Table, *, since: int | None = None, limit: int | None = None, only: Only | None = None
    ) -> list[Row]:
        """Return rows; see `Store`."""
        statement, values = read_statement(table, since, limit, only)
        with self._named("read"):
            return [dict(row) for row in self._db.execute(statement, values)]

    def close(self) -> None:
        """Let go of it."""
        self._db.close()

    @contextlib.contextmanager
    def _named(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"the journal {self._path} could not be {what}: {error}") from error
