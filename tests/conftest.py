"""Shared by every test: own folders, no task left behind, and slow machines are no failure."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.faults.rows import ROWS, row_of

# How long an example takes says something about the machine, not about the code.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("default"), max_examples=2000)
settings.load_profile("default")

_FOLDERS = ("XDG_DATA_HOME", "XDG_STATE_HOME")

_MEASURED = {"api", "blocking", "faults", "live", "relay", "state", "stream", "transport"}
"""Folders whose tests count for the coverage of the client core, as the files beside this one do.

Being measured doubles the processor time of a test that trades on the simulated exchange.
"""


@pytest.hookimpl(optionalhook=True)  # The mutation tool runs without xdist.
def pytest_xdist_auto_num_workers() -> int:
    """Say what ``-n auto`` means: many tests wait for sockets, timers and processes, and leave their core to others."""
    asked = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(asked) if asked else cores + 2


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    # Tests take between a millisecond and a minute: a worker that has none left takes some of another's.
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"


def pytest_configure(config: pytest.Config) -> None:
    for row, fault in ROWS.items():
        config.addinivalue_line("markers", f"{row}: {fault}")
    config.addinivalue_line("markers", "no_cover: pytest-cov measures nothing meanwhile")


def pytest_itemcollected(item: pytest.Item) -> None:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    if not folder.endswith(".py") and folder not in _MEASURED:
        item.add_marker("no_cover")
    row = row_of(item.name)
    if row is not None:
        item.add_marker(row)


@pytest.fixture(autouse=True, scope="session")
def _no_latency() -> Iterator[None]:
    # Milliseconds on thousands of calls: tests that are about latency ask for it.
    try:
        from bybit_async.simulator import exchange
    except ImportError:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "DEFAULT_LATENCY", 0.0)
        yield


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[str]]:
    # Also for fixtures that live longer than a test. Variables of the user's own would change what tests see.
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "BYBIT_API_KEY",
            "BYBIT_API_SECRET",
            "BYBIT_TESTNET",
            "BYBIT_DEMO",
            "BYBIT_REGION",
            "BYBIT_DATA_DIR",
        ):
            patch.delenv(name, raising=False)
        for name in _FOLDERS:
            patch.setenv(name, str(home))
        yield (str(home / str(number)) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_folders_of_each(_own_folders: Iterator[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # Only named, not made: few of thousands of tests store anything.
    folder = next(_own_folders)
    for name in _FOLDERS:
        monkeypatch.setenv(name, folder)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    # `log_to_stderr` is for programs, which call it once and for good.
    logger = logging.getLogger("bybit_async")
    level, handlers, propagate = logger.level, list(logger.handlers), logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    if logger.level != level:
        logger.setLevel(level)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Interrupts reach the test and the processes that it starts, although `nohup` or a shell's ``&`` ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _watch_tasks(request: pytest.FixtureRequest) -> None:
    # Only where a loop runs anyway: making one for each of thousands of plain tests would cost more than they do.
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("no_task_left_behind")


@pytest.fixture
async def no_task_left_behind() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    # A turn lets tasks that were cancelled at the very end finish.
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"tasks outlive the test: {left}"
