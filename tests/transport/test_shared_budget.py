"""The budget and the breaker that processes of one machine share through a file."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import sqlite3
import sys
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.errors import HostBanned, InvalidParameter
from bybit_async.session import AsyncBybit
from bybit_async.transport import shared_budget
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import get
from bybit_async.transport.host_limit import Host, speed_of
from bybit_async.transport.limits import RateLimits, RateLimitSettings
from tests.steady import steady
from tests.transport.raw_server import OK, RawServer, Request, always_ok, http, now, raw_server

ROOT = Path(__file__).parents[2]
ENDPOINT = get("/v5/not/documented", "x.y", dict)
FAR = 1e9


@asynccontextmanager
async def asking(
    server: RawServer, file: Path | str, requests: int = 600, seconds: float = 5
) -> AsyncIterator[Process]:
    """A process that asks; killed in the end if it still runs."""
    url = server.environment.rest_url
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.transport.asking", url, str(file), str(requests), str(seconds),
        stdin=PIPE, stdout=PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


def go(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")


async def asked(process: Process) -> list[float]:
    """When it asked."""
    stdout, _ = await process.communicate(b"")
    times: list[float] = json.loads(stdout.decode().removeprefix("asked "))
    return times


def budget(file: Path, requests: int = 600, seconds: float = 5) -> RateLimitSettings:
    return RateLimitSettings(host_requests=requests, host_seconds=seconds, shared=file)


def session(server: RawServer, settings: RateLimitSettings | bool) -> AsyncBybit:
    return AsyncBybit(environment=server.environment, rate_limits=settings)


def most_in(times: list[float], window: float) -> int:
    return max(sum(start <= at < start + window for at in times) for start in times)


@pytest.mark.parametrize("shared", [True, False])
async def test_processes_together_stay_within_the_budget(tmp_path: Path, *, shared: bool) -> None:
    file = tmp_path / "budget" if shared else ""
    async with raw_server(always_ok) as server:
        processes = [asking(server, file, 60, 2) for _ in range(3)]
        async with processes[0] as one, processes[1] as two, processes[2] as three:
            for process in (one, two, three):
                assert await line(process) == "asking"
            for process in (one, two, three):
                go(process)
            await asyncio.sleep(4)
            times = await asyncio.gather(asked(one), asked(two), asked(three))
    counts = [len(each) for each in times]
    # A process that is held up asks late, and so sooner before its next turn.
    assert (most_in(sorted(itertools.chain(*times)), 2.0) <= 75) == shared
    assert min(counts) > max(counts) / 3, "each has its share"
    assert sum(counts) > 60, "and together they use it"


async def test_a_process_that_is_killed_holds_nobody_up(tmp_path: Path) -> None:
    file = tmp_path / "budget"
    async with raw_server(always_ok) as server, session(server, budget(file, 6000)) as bybit:
        for _ in range(5):
            async with asking(server, file, 6000) as process:
                assert await line(process) == "asking"
                go(process)
                await asyncio.sleep(0.05)
                process.kill()
                await process.wait()
            async with steady() as clock:
                started = clock()
                await asyncio.gather(*(bybit.market.get_server_time() for _ in range(20)))
                assert clock() - started < 1


_HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE hosts SET level = 1000000")
print("held", flush=True)
time.sleep(60)
"""


async def test_what_a_killed_process_had_begun_to_write_never_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_budget, "_PATIENCE", 30.0)
    file = tmp_path / "budget"
    async with raw_server(always_ok) as server, session(server, budget(file)) as bybit:
        await bybit.market.get_server_time()
        holder = await asyncio.create_subprocess_exec(sys.executable, "-c", _HOLD, str(file), stdout=PIPE)
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
        waiting = asyncio.create_task(bybit.market.get_server_time())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        holder.kill()
        # Long before its patience is at an end: it did not have to give the file up.
        async with asyncio.timeout(10):
            await waiting
        await holder.communicate()


async def test_a_file_that_is_held_for_ever_delays_by_a_second_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "budget"
    async with (
        raw_server(always_ok) as server,
        session(server, budget(file)) as bybit,
        session(server, False) as other,
        steady() as clock,
    ):
        await bybit.market.get_server_time()
        with closing(sqlite3.connect(file, isolation_level=None)) as holder, caplog.at_level(logging.WARNING):
            holder.execute("BEGIN IMMEDIATE")
            served, started, began = 0, time.monotonic(), clock()
            waiting = asyncio.gather(*(bybit.market.get_server_time() for _ in range(3)))
            while not waiting.done():
                await other.market.get_server_time()
                served += 1
            assert time.monotonic() - started > 0.9
            assert clock() - began < 4
            assert served > 5, "the loop went on meanwhile"
            await bybit.market.get_server_time()
            assert len([record for record in caplog.records if "shared budget" in record.message]) == 1
        began = clock()
        await bybit.market.get_server_time()
        assert clock() - began < 0.9


@pytest.mark.parametrize("content", [b"this is no database, whatever it may be" * 100, b""])
async def test_a_file_that_is_something_else_does_no_harm(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "budget"
    file.write_bytes(content)
    async with raw_server(always_ok) as server, session(server, budget(file)) as bybit:
        answers = await asyncio.gather(*(bybit.market.get_server_time() for _ in range(5)))
    assert len(answers) == 5


async def test_a_ban_that_one_process_meets_stops_the_others(tmp_path: Path) -> None:
    file = tmp_path / "budget"

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        banned = request.target == b"/v5/shut"
        writer.write(http(b"access too frequent", status=403) if banned else http(OK % now()))

    async with raw_server(answer) as server, session(server, budget(file)) as bybit:
        async with asking(server, file) as other:
            assert await line(other) == "asking"
            go(other)
            with pytest.raises(HostBanned) as caught:
                await bybit.request("GET", "/v5/shut", signed=False)
            assert await line(other) == f"banned until {caught.value.until}"
        served = len(server.requests)
        async with asking(server, file) as late:
            assert await line(late) == f"banned until {caught.value.until}"
        assert len(server.requests) == served


def _two(file: Path) -> tuple[RateLimits, RateLimits]:
    """Two sets of limits that share nothing but the file, as those of two processes."""
    made = [RateLimits(Clock(), settings=budget(file), host=Host("https://host")) for _ in range(2)]
    return made[0], made[1]


async def _until_banned(limits: RateLimits) -> None:
    # Some may leave with turns that were reserved before.
    for _ in range(600):
        await limits.slot(ENDPOINT, {}, FAR)


async def test_a_ban_is_learned_from_the_file(tmp_path: Path) -> None:
    first, second = _two(tmp_path / "budget")
    until = now() + 30_000
    for limits in (first, second):
        await limits.slot(ENDPOINT, {}, FAR)
    first.ban(HostBanned(403, "too frequent", until=until))
    with pytest.raises(HostBanned) as caught:
        await _until_banned(second)
    assert caught.value.until == until
    for limits in (first, second):
        await limits.aclose()


async def test_a_ban_that_cannot_be_written_still_stops_this_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "budget"
    file.write_bytes(b"this is no database, whatever it may be" * 100)
    limits, _ = _two(file)
    limits.ban(HostBanned(403, "too frequent", until=now() + 30_000))
    with pytest.raises(HostBanned):
        await limits.slot(ENDPOINT, {}, FAR)
    await limits.aclose()
    async with asyncio.timeout(5):
        while "cannot be used, this process paces itself alone" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_ban_that_arrives_after_closing_is_for_nobody_else(tmp_path: Path) -> None:
    first, second = _two(tmp_path / "budget")
    await first.slot(ENDPOINT, {}, FAR)
    await first.aclose()
    await first.aclose()
    first.ban(HostBanned(403, "too frequent", until=now() + 30_000))
    assert first.banned_until is not None
    await second.slot(ENDPOINT, {}, FAR)
    await second.aclose()


async def test_a_ban_from_before_the_machine_was_started_anew_is_none(tmp_path: Path) -> None:
    file = tmp_path / "budget"
    async with raw_server(always_ok) as server, session(server, budget(file)) as bybit:
        await bybit.market.get_server_time()
        with closing(sqlite3.connect(file)) as written, written:
            later = time.monotonic() + 90_000
            written.execute("UPDATE hosts SET level = 600, at = ?, banned_until = 9, ban_ends = ?", (later, later))
        started = time.monotonic()
        await bybit.market.get_server_time()
        assert time.monotonic() - started < 1


async def test_nothing_is_left_open(tmp_path: Path) -> None:
    file = tmp_path / "budget"
    async with raw_server(always_ok) as server:
        async with session(server, budget(file)) as bybit:
            await bybit.market.get_server_time()
        async with asyncio.timeout(5):
            while any("shared budget" in thread.name for thread in threading.enumerate()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert not [name for name in _open_files() if name.startswith(str(file))]


def _open_files() -> list[str]:
    found = []
    for descriptor in Path("/proc/self/fd").glob("*"):  # nothing on systems that have none
        with suppress(OSError):
            found.append(os.readlink(descriptor))
    return found


async def test_without_a_file_nothing_of_it_is_loaded() -> None:
    check = (
        "import asyncio, sys, bybit_async\n"
        "async def main():\n    async with bybit_async.AsyncBybit(): pass\n"
        "asyncio.run(main())\nassert 'bybit_async.transport.shared_budget' not in sys.modules\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", check, cwd=ROOT)
    assert await process.wait() == 0


def test_a_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter) as caught:
        budget(tmp_path / "missing" / "budget")
    assert caught.value.parameter == "shared"


@given(
    requests=st.integers(6, 60),
    pauses=st.lists(st.tuples(st.floats(0, 2), st.integers(1, 20)), min_size=1, max_size=60),
)
def test_no_reservation_ever_passes_the_budget(requests: int, pauses: list[tuple[float, int]]) -> None:
    speed, level, at, times = speed_of(requests, 5.0), 0.0, 0.0, []
    for pause, wanted in pauses:
        level, turns = speed.reserve(level, pause, wanted)
        at += pause
        assert 1 <= turns.number <= wanted
        times += [at + turns.wait] * turns.number
    assert most_in(times, 5.0) <= requests


_READ = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT * FROM hosts").fetchall()
print("reading", flush=True)
time.sleep(600)
"""


@asynccontextmanager
async def stuck_reader(file: Path) -> AsyncIterator[None]:
    """A process that was stopped while it reads the file: it holds a shared lock for ever."""
    reader = await asyncio.create_subprocess_exec(sys.executable, "-c", _READ, str(file), stdout=PIPE)
    assert reader.stdout is not None
    assert await reader.stdout.readline() == b"reading\n"
    try:
        yield
    finally:
        reader.kill()
        await reader.communicate()


async def test_a_stuck_reader_is_waited_for_once_not_by_every_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    change = shared_budget.SharedBudget._change

    def count(self: shared_budget.SharedBudget, what: Any) -> Any:
        nonlocal tried
        tried += 1
        return change(self, what)

    monkeypatch.setattr(shared_budget, "_PATIENCE", 0.05)
    file = tmp_path / "budget"
    async with raw_server(always_ok) as server, session(server, budget(file)) as bybit:
        await bybit.market.get_server_time()
        monkeypatch.setattr(shared_budget.SharedBudget, "_change", count)
        async with stuck_reader(file):
            for _ in range(40):
                await bybit.market.get_server_time()
            # The connection was made with the longer patience, which is spent once or twice, not forty times.
            assert tried <= 3
        shared = bybit._limits._budget
        assert isinstance(shared, shared_budget.SharedBudget)
        shared._not_before = 0.0
        await bybit.market.get_server_time()
        assert shared._pauses.failures == 0


async def test_a_file_is_left_alone_ever_longer_while_it_cannot_be_used(tmp_path: Path) -> None:
    waits = []
    file = tmp_path / "budget"
    file.write_bytes(b"this is no database, whatever it may be" * 100)
    async with raw_server(always_ok) as server, session(server, budget(file)) as bybit:
        shared = bybit._limits._budget
        assert isinstance(shared, shared_budget.SharedBudget)
        for _ in range(9):
            shared._not_before = 0.0
            asked = time.monotonic()
            await bybit.market.get_server_time()
            waits.append(shared._not_before - asked)
    assert [round(wait) for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "budget"
    before = os.umask(0)
    try:
        async with raw_server(always_ok) as server, session(server, budget(file)) as bybit:
            await bybit.market.get_server_time()
    finally:
        os.umask(before)
    assert _modes(tmp_path) == {"budget": "0o600"}


def _modes(folder: Path) -> dict[str, str]:
    return {each.name: oct(each.stat().st_mode & 0o777) for each in folder.iterdir() if each.stat().st_size}
