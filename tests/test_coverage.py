"""The gate on the coverage of the client core: which rooms it covers, and what may be left out of it."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]
CORE = {
    "transport", "stream", "state", "live", "wire.py", "drift.py", "errors.py", "session.py",
    "session_options.py", "session_rooms.py", "backoff.py", "event_loop.py", "secret.py", "ret_codes.py",
}  # fmt: skip
_PRAGMA = re.compile(r"#\s*pragma: no (?:cover|branch)\b(.*)")
_REASON = re.compile(r" - \w+(?:\s+\S+){2,}")


def measured(path: Path) -> bool:
    return not any(fnmatch(path.relative_to(ROOT).as_posix(), pattern) for pattern in SETTINGS["run"]["omit"])


def test_the_client_core_is_measured_by_branches() -> None:
    assert SETTINGS["run"]["branch"] is True
    assert SETTINGS["run"]["source"] == ["bybit_async"]
    package = ROOT / "bybit_async"
    rooms = {path.relative_to(package).parts[0] for path in package.rglob("*.py") if measured(path)}
    assert rooms >= CORE
    assert all(measured(path) for room in CORE for path in [package / room, *(package / room).rglob("*.py")])


def test_the_pipeline_measures_with_the_command_of_the_readme() -> None:
    pipeline = (ROOT / ".ci" / "run").read_text()
    assert re.search(r'^export PYTEST_ADDOPTS="--cov\b', pipeline, re.MULTILINE)


def test_what_no_test_reaches_says_why() -> None:
    found = [
        (path, number, match[1])
        for path in sorted((ROOT / "bybit_async").rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := _PRAGMA.search(line))
    ]
    silent = [f"{path.relative_to(ROOT)}:{number}" for path, number, rest in found if not _REASON.fullmatch(rest)]
    assert not silent, "write the reason behind it: # pragma: no cover - only on Windows"
