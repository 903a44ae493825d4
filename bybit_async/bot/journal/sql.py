"""The journal in any database that SQLAlchemy speaks to and that knows ``ON CONFLICT``, as PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import groupby

import sqlalchemy

from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal.tables import Only, Put, Row, Table, create_statements, put_statement, read_statement


class SqlStore:
    """Tables in a database.

    Args:
        url: SQLAlchemy's, as ``postgresql+psycopg://host/name``.

    Raises:
        JournalError: the database cannot be reached.
    """

    def __init__(self, url: str) -> None:
        with self._named("opened"):
            self._engine = sqlalchemy.create_engine(url, pool_pre_ping=True, pool_size=1, max_overflow=1)
            with self._engine.begin() as connection:
                for statement in create_statements():
                    connection.execute(sqlalchemy.text(statement))

    def write(self, puts: Sequence[Put]) -> None:
        """Write rows; see `Store`."""
        self.change((), puts)

    def change(self, statements: Sequence[str], puts: Sequence[Put]) -> None:
        """Change the tables and write rows; see `Store`."""
        with self._named("written"), self._engine.begin() as connection:
            for statement in statements:
                connection.execute(sqlalchemy.text(statement))
            for table, group in groupby(puts, key=lambda put: put.table):
                connection.execute(sqlalchemy.text(put_statement(table)), [dict(put.row) for put in group])

    def read(
        self, table: Table, *, since: int | None = None, limit: int | None = None, only: Only | None = None
    ) -> list[Row]:
        """Return rows; see `Store`."""
        statement, values = read_statement(table, since, limit, only)
        with self._named("read"), self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(sqlalchemy.text(statement), values).mappings()]

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _named(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlalchemy.exc.SQLAlchemyError, ModuleNotFoundError) as error:
            # The address may hold a password, and SQLAlchemy's own words hold statements with their values.
            cause = getattr(error, "orig", None) or type(error).__name__
            raise JournalError(f"the journal could not be {what}: {cause}") from None
