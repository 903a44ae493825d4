"""The journal: the same rules in SQLite and PostgreSQL, kept through crashes, full disks and many writers."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from uuid import uuid4

import pytest

from bybit_async.bot.errors import JournalError, JournalTooNew
from bybit_async.bot.journal import Journal, Put, open_store
from bybit_async.bot.journal.journal import event, meta
from bybit_async.bot.journal.tables import COLUMNS, VERSION


def postgres_url() -> str:
    """The address of a PostgreSQL for tests; skips by name where there is none."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = os.environ.get("BYBIT_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
    try:
        engine = sqlalchemy.create_engine(url, connect_args={"connect_timeout": 2})
        with engine.connect():
            pass
    except (sqlalchemy.exc.SQLAlchemyError, ModuleNotFoundError):
        pytest.skip("PostgreSQL is not running (BYBIT_TEST_POSTGRES names another address)")
    else:
        engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql", "sqlite through SQLAlchemy"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/journal.sqlite3"
    elif request.param == "postgresql":
        import sqlalchemy

        base, schema = postgres_url(), f"test_{uuid4().hex}"
        engine = sqlalchemy.create_engine(base)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"CREATE SCHEMA {schema}"))
        yield f"{base}?options=-csearch_path%3D{schema}"
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()
    else:
        pytest.importorskip("sqlalchemy")
        yield f"sqlite+pysqlite:///{tmp_path}/journal.sqlite3"


def execution(number: int, **changed) -> Put:
    row = dict.fromkeys(COLUMNS["executions"], "x") | {"exec_id": f"e{number}", "time_ms": number, "qty": "0.1000"}
    return Put("executions", row | changed)


def trade(name: str, **changed) -> Put:
    row = dict.fromkeys(COLUMNS["trades"]) | {"execution_id": name, "created_ms": 1, "updated_ms": 1, "reduce_only": 0}
    return Put("trades", row | changed)


def test_a_store_keeps_what_it_was_given(url):
    store = open_store(url)
    store.write([trade("a", status="pending"), execution(1), execution(2), meta("x", {"y": [1]})])
    store.write([trade("a", status="filled"), execution(1, qty="9")])
    store.close()
    again = open_store(url)
    assert [row["status"] for row in again.read("trades")] == ["filled"]
    # What has happened is never rewritten, and numbers come back as they went in.
    assert [row["qty"] for row in again.read("executions")] == ["0.1000", "0.1000"]
    assert [row["exec_id"] for row in again.read("executions", since=2)] == ["e2"]
    again.write([execution(number) for number in range(3, 10)])
    assert [row["exec_id"] for row in again.read("executions", limit=2)] == ["e8", "e9"]
    assert [row["exec_id"] for row in again.read("executions", since=9, limit=5)] == ["e9"]
    assert [row["exec_id"] for row in again.read("executions", since=4, only={"exec_id": ["e3", "e5"]})] == ["e5"]
    assert again.read("executions", only={"exec_id": []}) == []
    with pytest.raises(ValueError, match="no column"):
        again.read("executions", only={"nothing": ["1"]})
    again.close()


def test_a_batch_is_written_whole_or_not_at_all(url):
    store = open_store(url)
    with pytest.raises(JournalError):
        store.write([execution(1), execution(2, exec_id=None)])
    assert store.read("executions") == []
    store.write([execution(3)])
    assert [row["exec_id"] for row in store.read("executions")] == ["e3"]
    store.close()


async def test_many_tasks_write_in_order_and_in_few_commits(url):
    journal = Journal(open_store(url))
    await asyncio.gather(*(journal.write(execution(number)) for number in range(200)))
    for number in range(50):
        journal.post(trade("a", status=f"{number}"))
    await journal.flush()
    assert len(journal.read("executions")) == 200
    assert journal.read("trades")[0]["status"] == "49"
    assert journal.lag == 0
    await journal.aclose()
    await journal.aclose()
    with pytest.raises(JournalError, match="closed"):
        await journal.write(execution(1))


async def test_a_newer_journal_is_refused(url):
    store = open_store(url)
    await Journal(store).aclose()
    store = open_store(url)
    store.write([Put("meta", {"name": "version", "value": "3"})])
    store.close()
    with pytest.raises(JournalTooNew, match="version 3"):
        Journal(open_store(url))


def as_of_version_1(url: str) -> None:
    """Turn a new journal into what version 1 wrote."""
    store = open_store(url)
    added = ["DROP TABLE sessions", "DROP TABLE decisions", "DROP TABLE signals"]
    put = Put("meta", {"name": "version", "value": "1"})
    store.write([trade("a", status="filled")])
    store.change([*added, "ALTER TABLE trades DROP COLUMN arrived_ms"], [put])
    store.close()


async def test_a_journal_of_an_older_version_is_brought_up_to_date(url):
    as_of_version_1(url)
    journal = Journal(open_store(url))
    assert journal.meta()["version"] == VERSION
    assert [(row["status"], row["arrived_ms"]) for row in journal.read("trades")] == [("filled", None)]
    session = dict.fromkeys(COLUMNS["sessions"], "x") | {"started_ms": 5}
    await journal.write(trade("a", status="filled", arrived_ms=7), Put("sessions", session))
    assert [row["arrived_ms"] for row in journal.read("trades")] == [7]
    assert [row["id"] for row in journal.read("sessions", since=5)] == ["x"]
    await journal.aclose()
    again = Journal(open_store(url))
    assert [row["arrived_ms"] for row in again.read("trades")] == [7]
    await again.aclose()


def test_a_change_of_the_tables_is_made_whole_or_not_at_all(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/journal.sqlite3")
    with pytest.raises(JournalError):
        store.change(["ALTER TABLE trades ADD COLUMN more TEXT", "ALTER TABLE nothing ADD COLUMN x TEXT"], [])
    store.write([trade("a")])
    assert "more" not in store.read("trades")[0]
    store.close()


class Failing:
    """A store that fails as long as it is told to."""

    def __init__(self, store):
        self.store, self.fails, self.tried = store, False, 0

    def write(self, puts):
        self.tried += 1
        if self.fails:
            raise JournalError("disk full")
        self.store.write(puts)

    def read(self, *args, **options):
        return self.store.read(*args, **options)

    def close(self):
        self.store.close()


async def test_what_is_asked_for_fails_at_once_and_what_has_happened_waits(tmp_path, monkeypatch):
    monkeypatch.setattr("bybit_async.bot.journal.journal._RETRY_PAUSE", 0.01)
    store = Failing(open_store(f"sqlite:///{tmp_path}/j.sqlite3"))
    journal = Journal(store)
    store.fails = True
    journal.post(execution(1))
    with pytest.raises(JournalError, match="disk full"):
        await journal.write(trade("a"))
    assert not journal.is_healthy
    assert journal.lag > 0
    store.fails = False
    await journal.flush()
    assert journal.is_healthy
    assert [row["exec_id"] for row in journal.read("executions")] == ["e1"]
    assert journal.read("trades") == []
    await journal.aclose()


async def test_nobody_waits_for_certainty_behind_what_cannot_be_written(tmp_path, monkeypatch):
    store = open_store(f"sqlite:///{tmp_path}/j.sqlite3")
    journal = Journal(store)
    write, failed = store.write, asyncio.Event()
    loop = asyncio.get_running_loop()

    def full(puts):
        loop.call_soon_threadsafe(failed.set)
        raise JournalError("disk full")

    monkeypatch.setattr(store, "write", full)
    journal.post(execution(1))
    await asyncio.wait_for(failed.wait(), 5)
    with pytest.raises(JournalError, match="disk full"):
        await asyncio.wait_for(journal.write(trade("a")), 5)
    monkeypatch.setattr(store, "write", write)
    await asyncio.wait_for(journal.flush(), 5)
    assert [len(journal.read(table)) for table in ("executions", "trades")] == [1, 0]
    await journal.aclose()


async def test_what_was_written_survives_a_copy_of_the_files(tmp_path):
    """A file taken in the middle of it all, as after a loss of power, holds every acknowledged row."""
    journal = Journal(open_store(f"sqlite:///{tmp_path}/j.sqlite3"))
    for number in range(20):
        await journal.write(execution(number), event(number, "x", n=number))
    for suffix in ("", "-wal"):
        shutil.copy(f"{tmp_path}/j.sqlite3{suffix}", f"{tmp_path}/copy.sqlite3{suffix}")
    copy = open_store(f"sqlite:///{tmp_path}/copy.sqlite3")
    assert len(copy.read("executions")) == len(copy.read("events")) == 20
    copy.close()
    await journal.aclose()
    with sqlite3.connect(f"{tmp_path}/j.sqlite3") as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


def test_no_password_is_in_an_error():
    pytest.importorskip("sqlalchemy")
    with pytest.raises(JournalError) as caught:
        open_store("postgresql+psycopg://me:CANARY@127.0.0.1:1/none?connect_timeout=1")
    assert "CANARY" not in str(caught.value)


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    (tmp_path / "j.sqlite3").write_text("this is no database, it is a text that is longer than a header" * 20)
    with pytest.raises(JournalError, match=r"j\.sqlite3"):
        open_store(f"sqlite:///{tmp_path}/j.sqlite3")
