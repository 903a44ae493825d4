"""``python -m benchmarks``: every question, or those that are named.

Programs of their own are ``python -m benchmarks.blocking``, ``data``, ``in_process``, ``monitor`` and ``simulator``.
What proves rather than measures (chaos, soak, kills, a long day) is in ``tests/trials``.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from benchmarks.processes import Run
from benchmarks.tables import Answer, goals_text

QUESTIONS = ("rest", "stream", "books", "decode", "fanout", "scaling", "memory", "import_time")
_PACKAGES = (
    "bybit_async", "pybit", "ccxt", "typed-bybit", "aiohttp", "picows", "websockets", "uvloop", "msgspec", "httptools",
)  # fmt: skip


def machine() -> dict[str, str]:
    """Say where and with what was measured."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    found = {"date": time.strftime("%Y-%m-%d"), "cpu": model, "cores": str(os.cpu_count()),
             "system": platform.platform(terse=True), "python": platform.python_version()}  # fmt: skip
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    if hasattr(os, "getloadavg"):
        found["load before"] = f"{os.getloadavg()[0]:.2f}"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(QUESTIONS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="one short round, under a minute in all")
    parser.add_argument("--rounds", type=int, help="rounds instead of 5 (1 with --quick)")
    parser.add_argument("--json", type=Path, help="write every sample here")
    given = parser.parse_args()
    unknown = set(given.names) - set(QUESTIONS)
    if unknown:
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    settings = Run(rounds=given.rounds or (1 if given.quick else 5), quick=given.quick)
    where = machine()
    print("\n".join(f"{key}: {value}" for key, value in where.items()))
    answers: dict[str, Answer] = {}
    for name in given.names or QUESTIONS:
        began = time.monotonic()
        answers[name] = importlib.import_module(f"benchmarks.{name}").run(settings)
        for table in answers[name].tables:
            print(table.text(), flush=True)
        print(f"\n({name}: {time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    goals = [goal for answer in answers.values() for goal in answer.goals]
    if goals:
        print(goals_text(goals))
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode({"machine": where, "answers": answers})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
