"""``python -m tests.mutation``: record which tests run which line, then sample changes and count the noticed ones."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import coverage

from tests.mutation.mutants import Mutant, mutants_of

ROOT = Path(__file__).parent.parent.parent
RECORD = ROOT / ".coverage.mutation"
ROOMS = ("transport", "stream", "state", "live", "data", "simulator", "bot")
_TESTS_AT_MOST = 40
_SECONDS = 120


def record(arguments: list[str]) -> int:
    """Run the tests with one context for each, and keep the result."""
    # Every room, not only those whose coverage pyproject.toml asks for.
    command = ["coverage", "run", f"--data-file={RECORD}", "--omit=tests/*", "-m", "pytest", "-q"]
    command += ["-p", "tests.mutation.recording", "-p", "no:xdist", *arguments]
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode


def sample(count: int, seed: int, rooms: tuple[str, ...]) -> int:
    """Print one line for each change and a table for the rooms; returns 1 when fewer than 92 % were noticed."""
    data = coverage.CoverageData(str(RECORD))
    data.read()
    chosen = _chosen(count, seed, rooms)
    noticed, asked = Counter[str](), Counter[str]()
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".*_cache", "__pycache__", ".hypothesis"))
        for number, mutant in enumerate(chosen, 1):
            room = mutant.path.parts[1]
            asked[room] += 1
            caught = _noticed(copy, mutant, _tests_of(data, mutant))
            noticed[room] += caught
            if not caught:
                survivors.append(mutant)
            print(f"{number:4} {'noticed ' if caught else 'SURVIVED'} {mutant}", flush=True)
    print()
    for room in sorted(asked):
        print(f"{room:10} {noticed[room]:4} of {asked[room]:4}")
    share = sum(noticed.values()) / max(1, sum(asked.values()))
    print(f"{'all':10} {sum(noticed.values()):4} of {sum(asked.values()):4}: {share:.1%}")
    return int(share < 0.92)


def _chosen(count: int, seed: int, rooms: tuple[str, ...]) -> list[Mutant]:
    every: list[Mutant] = []
    for room in rooms:
        for path in sorted((ROOT / "bybit_async" / room).rglob("*.py")):
            every += mutants_of(path.relative_to(ROOT), path.read_text())
    return random.Random(seed).sample(every, min(count, len(every)))


def _tests_of(data: coverage.CoverageData, mutant: Mutant) -> list[str]:
    contexts = data.contexts_by_lineno(str(ROOT / mutant.path)).get(mutant.line, [])
    tests = sorted(context for context in contexts if context)
    # Its own room's tests are the likeliest to notice, and the quickest.
    room = mutant.path.parts[1]
    tests.sort(key=lambda test: f"tests/{room}/" not in test)
    return tests[:_TESTS_AT_MOST]


def _noticed(copy: Path, mutant: Mutant, tests: list[str]) -> bool:
    if not tests:
        return False
    target = copy / mutant.path
    text = target.read_text()
    target.write_text(mutant.applied(text))
    try:
        return not _passes(copy, tests)
    finally:
        target.write_text(text)


def _passes(copy: Path, tests: list[str]) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
    with subprocess.Popen(
        command, cwd=copy, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        try:
            return run.wait(_SECONDS) == 0
        except subprocess.TimeoutExpired:
            # A change that makes a test hang was noticed.
            os.killpg(run.pid, signal.SIGKILL)
            return False


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record", help="run the tests and note which lines each runs")
    recording.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    sampling = commands.add_parser("sample", help="change lines at random and ask their tests")
    sampling.add_argument("--count", type=int, default=120)
    sampling.add_argument("--seed", type=int, default=1)
    sampling.add_argument("--rooms", default=",".join(ROOMS))
    given = parser.parse_args()
    if given.command == "record":
        return record(given.pytest)
    return sample(given.count, given.seed, tuple(given.rooms.split(",")))


if __name__ == "__main__":
    sys.exit(main())
