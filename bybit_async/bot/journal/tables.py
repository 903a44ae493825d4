"""The tables of the journal, as data, and what a store has to do with them.

Numbers of money and size are text, so that they come back exactly as they went in; times are milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

VERSION = 2
"""Of the tables; a journal with a higher one is refused, one with a lower one is brought up to date."""

Table = Literal["meta", "trades", "executions", "events", "equity", "sessions", "decisions", "signals"]

COLUMNS: Mapping[Table, Mapping[str, str]] = {
    "meta": {"name": "TEXT", "value": "TEXT"},
    "trades": {
        "execution_id": "TEXT",
        "created_ms": "BIGINT",
        "updated_ms": "BIGINT",
        "strategy_id": "TEXT",
        "symbol": "TEXT",
        "side": "TEXT",
        "order_type": "TEXT",
        "qty": "TEXT",
        "price": "TEXT",
        "stop_loss": "TEXT",
        "take_profit": "TEXT",
        "reduce_only": "INTEGER",
        "signal": "TEXT",
        "status": "TEXT",
        "order_id": "TEXT",
        "filled_qty": "TEXT",
        "filled_value": "TEXT",
        "fees": "TEXT",
        "realized_pnl": "TEXT",
        "reason": "TEXT",
        "arrived_ms": "BIGINT",
    },
    "executions": {
        "exec_id": "TEXT",
        "order_id": "TEXT",
        "execution_id": "TEXT",
        "time_ms": "BIGINT",
        "symbol": "TEXT",
        "side": "TEXT",
        "kind": "TEXT",
        "price": "TEXT",
        "qty": "TEXT",
        "fee": "TEXT",
    },
    "events": {"id": "TEXT", "time_ms": "BIGINT", "kind": "TEXT", "detail": "TEXT"},
    "equity": {"time_ms": "BIGINT", "equity": "TEXT"},
    "sessions": {
        "id": "TEXT",
        "started_ms": "BIGINT",
        "mode": "TEXT",
        "version": "TEXT",
        "configuration": "TEXT",
        "instruments": "TEXT",
        "equity": "TEXT",
        "positions": "TEXT",
    },
    "decisions": {
        "session": "TEXT",
        "symbol": "TEXT",
        "closed_ms": "BIGINT",
        "asked_ms": "BIGINT",
        "first_ms": "BIGINT",
        "candles": "INTEGER",
        "digest": "TEXT",
        "candle": "TEXT",
    },
    "signals": {
        "session": "TEXT",
        "execution_id": "TEXT",
        "time_ms": "BIGINT",
        "strategy_id": "TEXT",
        "symbol": "TEXT",
        "decided_ms": "BIGINT",
        "signal": "TEXT",
        "refusal": "TEXT",
        "equity": "TEXT",
    },
}
"""`sessions`: what a run was made from; `decisions`: what strategies were shown; `signals`: what they wanted."""

ADDED: Mapping[int, Mapping[Table, Sequence[str]]] = {2: {"trades": ("arrived_ms",)}}
"""The columns that a version added to tables which were there before it."""

KEYS: Mapping[Table, tuple[str, ...]] = {
    "meta": ("name",),
    "trades": ("execution_id",),
    "executions": ("exec_id", "order_id"),
    "events": ("id",),
    "equity": ("time_ms",),
    "sessions": ("id",),
    "decisions": ("session", "symbol", "closed_ms"),
    "signals": ("session", "execution_id"),
}

NEVER_CHANGED: frozenset[Table] = frozenset({"executions", "events", "equity", "sessions", "decisions", "signals"})
"""What has happened: a row that is there already stays as it is."""

ORDERED_BY: Mapping[Table, str] = {
    "meta": "name",
    "trades": "created_ms, execution_id",
    "executions": "time_ms, exec_id, order_id",
    "events": "time_ms, id",
    "equity": "time_ms",
    "sessions": "started_ms, id",
    "decisions": "closed_ms, symbol, session",
    "signals": "time_ms, execution_id, session",
}
CLOCKS = ("created_ms", "time_ms", "started_ms", "closed_ms")
"""The columns that say when a row is of; a table's own is the first that it has."""

Row = dict[str, Any]
Only = Mapping[str, Sequence[str]]


class Put(NamedTuple):
    """One row to write: a new one, or in place of the one with the same key."""

    table: Table
    row: Mapping[str, Any]


class JournalStore(Protocol):
    """A place for the tables. It is used by one thread at a time."""

    def write(self, puts: Sequence[Put]) -> None:
        """Write rows, all or none; when it returns they survive a crash.

        Raises:
            JournalError: they could not be written.
        """

    def read(
        self, table: Table, *, since: int | None = None, limit: int | None = None, only: Only | None = None
    ) -> list[Row]:
        """Return rows, oldest first.

        Args:
            table: which.
            since: those at or after this time, in milliseconds.
            limit: the newest so many of them.
            only: those that have one of these values in these columns.

        Raises:
            JournalError: they could not be read.
            ValueError: the table has no such column.
        """

    def change(self, statements: Sequence[str], puts: Sequence[Put]) -> None:
        """Carry out what changes the tables, and write rows: all or nothing.

        Raises:
            JournalError: it could not be done.
        """

    def close(self) -> None:
        """Let go of it. Idempotent."""


def create_statements() -> list[str]:
    """Return what makes the tables where they are missing."""
    made = []
    for table, columns in COLUMNS.items():
        keys = KEYS[table]
        spelled = ", ".join(f"{name} {kind}{' NOT NULL' if name in keys else ''}" for name, kind in columns.items())
        made.append(f"CREATE TABLE IF NOT EXISTS {table} ({spelled}, PRIMARY KEY ({', '.join(keys)}))")
    made.append("CREATE INDEX IF NOT EXISTS trades_by_time ON trades (created_ms)")
    made.append("CREATE INDEX IF NOT EXISTS executions_by_time ON executions (time_ms)")
    return made


def upgrade_statements(version: int) -> list[str]:
    """Return what brings the tables of an older version up to this one."""
    made = [
        f"ALTER TABLE {table} ADD COLUMN {name} {COLUMNS[table][name]}"
        for later, tables in sorted(ADDED.items())
        if later > version
        for table, names in tables.items()
        for name in names
    ]
    return made + create_statements()


def put_statement(table: Table) -> str:
    """Return what writes one row, its values named after the columns."""
    columns, keys = list(COLUMNS[table]), KEYS[table]
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    if table in NEVER_CHANGED:
        action = "NOTHING"
    else:
        action = "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    return f"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT ({', '.join(keys)}) DO {action}"


def read_statement(table: Table, since: int | None, limit: int | None, only: Only | None) -> tuple[str, Row]:
    """Return what reads rows, and its values."""
    values: Row = {}
    conditions = []
    clock = next((name for name in CLOCKS if name in COLUMNS[table]), None)
    if since is not None and clock is not None:
        conditions.append(f"{clock} >= :since")
        values["since"] = since
    for column, wanted in (only or {}).items():
        if column not in COLUMNS[table]:
            raise ValueError(f"{table} has no column {column!r}")
        names = {f"{column}_{number}": value for number, value in enumerate(wanted)}
        conditions.append(f"{column} IN ({', '.join(f':{name}' for name in names) or 'NULL'})")
        values |= names
    where, order = f" WHERE {' AND '.join(conditions)}" if conditions else "", ORDERED_BY[table]
    if limit is None:
        return f"SELECT * FROM {table}{where} ORDER BY {order}", values
    backwards = ", ".join(f"{name} DESC" for name in order.split(", "))
    newest = f"SELECT * FROM {table}{where} ORDER BY {backwards} LIMIT :limit"
    return f"SELECT * FROM ({newest}) AS newest ORDER BY {order}", values | {"limit": limit}
