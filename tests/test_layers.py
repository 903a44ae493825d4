"""The house plan's layer table, executed: imports point downwards only."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Collection
from functools import cache
from pathlib import Path

import pytest

import bybit_async

PACKAGE = Path(__file__).parent.parent / "bybit_async"

LEAVES = {
    "wire",
    "enums",
    "errors",
    "environments",
    "drift",
    "backoff",
    "event_loop",
    "in_process",
    "secret",
    "leases",
    "redis_address",
    "logs",
    "extras",
    "ret_codes",
}
STREAM_SEES = {"state", "models"} | {
    f"transport.{name}" for name in ("signing", "clock", "endpoint", "limits", "policy", "resolution", "tls")
}
ALLOWED: dict[str, set[str]] = {
    "environments": {"errors"},
    "errors": set(),
    "backoff": set(),
    "event_loop": {"errors"},
    "in_process": set(),
    "secret": set(),
    "enums": set(),
    "logs": {"errors"},
    "ret_codes": {"errors"},
    "extras": {"errors"},
    "__main__": {"cli"},
    "wire": {"errors", "display"},
    "display": set(),
    "drift": set(),
    "leases": {"errors", "redis_address", "secret"},
    "redis_address": {"errors", "secret"},
    "models": LEAVES,
    "transport": LEAVES | {"models"},
    "state": LEAVES | {"models"},
    "api": LEAVES | {"transport", "models"},
    "stream": LEAVES | STREAM_SEES,
    "live": LEAVES | {"api", "stream", "state", "models", "transport"},
    "data": LEAVES | {"api", "stream", "state", "models", "transport"},
    "session": LEAVES | {"api", "stream", "live", "data", "state", "models", "transport"}
    | {"session_options", "session_rooms"},
    "session_rooms": LEAVES | {"api", "stream", "live", "data", "state", "models", "transport", "session_options"},
    "session_options": LEAVES | {"stream", "transport"},
    "bridge": LEAVES | {"api", "stream", "live", "data", "state", "models", "transport"},
    "blocking": LEAVES | {"bridge", "session", "api", "stream", "live", "data", "models", "transport"},
    "pybit": LEAVES
    | {"blocking", "bridge", "session", "api", "stream", "live", "data", "state", "models", "transport"},
    # The bot stands on what the top level and the public packages offer; it paper trades on the simulated exchange.
    "bot": LEAVES
    | set(bybit_async.__all__)
    | {"session", "bridge", "api", "stream", "live", "data", "state", "models", "transport", "simulator"},
    "simulator": LEAVES | {"models"},
    "relay": LEAVES | {"session", "stream", "state", "models", "transport"},
    "cli": LEAVES | {"__version__", "relay", "session_options"}
    | {"session", "blocking", "bot", "simulator", "api", "stream", "live", "data", "state", "models", "transport"},
    "pytest_plugin": {"session", "simulator"},
    "": LEAVES | {"session", "blocking", "api", "stream", "live", "models", "transport"},
}  # fmt: skip


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imports_of(path: Path) -> set[str]:
    """Every module of ours that a file names, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import at line {node.lineno}"
            if node.module == "bybit_async":
                found |= {alias.name for alias in node.names}
            elif node.module and node.module.startswith("bybit_async."):
                found.add(node.module.removeprefix("bybit_async."))
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("bybit_async.") for a in node.names if a.name.startswith("bybit_async.")}
    return found


def covers(allowed: str, module: str) -> bool:
    return module == allowed or module.startswith(allowed + ".")


def test_imports_point_downwards() -> None:
    wrong: list[str] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        room = room_of(path)
        assert room in ALLOWED, f"{room} is missing from the layer table"
        beside = {module for module in imports_of(path) if not (room and covers(room, module))}
        wrong += [
            f"{path.relative_to(PACKAGE)} must not import {module}"
            for module in sorted(beside)
            if not any(covers(allowed, module) for allowed in ALLOWED[room])
        ]
    assert not wrong


def test_the_table_names_no_floor_twice() -> None:
    for room, allowed in ALLOWED.items():
        for other in allowed - {room}:
            back = ALLOWED.get(other.split(".")[0], set())
            assert room not in back, f"{room} and {other} import each other"


def test_no_modules_import_each_other() -> None:
    """Circles count wherever the import stands: under `TYPE_CHECKING` and inside functions, too."""
    modules = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    graph = {name: modules_named_by(path, modules) - {name} for name, path in modules.items()}
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_named_by(path: Path, modules: Collection[str]) -> set[str]:
    """Return the modules of ours that a file imports, or imports names from."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & set(modules) or {node.module}
    return found & set(modules)


def test_no_room_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "core", "misc"}
    assert not [path for path in PACKAGE.rglob("*") if path.stem in vague]


LINES = 400
FUNCTION_LINES = 60


def test_files_and_functions_stay_readable() -> None:
    """Signature, docstring and body count."""
    long: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        found = long.setdefault(path.relative_to(PACKAGE).as_posix(), [])
        if text.count("\n") > LINES:
            found.append(f"{text.count(chr(10))} lines")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > FUNCTION_LINES:
                    found.append(f"{node.name} has {length} lines")
    assert not {path: found for path, found in long.items() if found}


ALSO_IN_ANOTHER_ROOM = {
    "Account": "the domain of requests; the simulated exchange's own account",
    "Instrument": "what Bybit sends; what the simulated exchange trades",
    "Order": "what Bybit sends; what the simulated exchange matches",
    "OrderBook": "what Bybit sends; the book that its messages keep",
    "Position": "what Bybit sends; the domain of requests; what the simulated exchange holds",
    "RpiOrderBook": "what Bybit sends; the book that its messages keep",
}
"""The classes that share the field's one word with a class of another room."""


def test_no_class_shares_its_name() -> None:
    """Wherever a class is defined, inside functions and classes, too."""
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice.keys() == ALSO_IN_ANOTHER_ROOM.keys(), {
        name: found for name, found in twice.items() if name not in ALSO_IN_ANOTHER_ROOM
    }


def test_no_test_is_imported_by_another() -> None:
    """Nor does a test, or what tests share, import a benchmark."""
    tests = Path(__file__).parent
    from_tests, from_benchmarks = [], []
    for path in sorted(tests.rglob("*.py")):
        for node in ast.walk(parsed(path)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.Import | ast.ImportFrom):
                names += [alias.name for alias in node.names]
            from_tests += [f"{path}:{node.lineno}" for name in names if name.rpartition(".")[2].startswith("test_")]
            from_benchmarks += [f"{path}:{node.lineno}" for name in names if name.partition(".")[0] == "benchmarks"]
    assert from_tests == [], "move what several tests need to a module of its own"
    assert from_benchmarks == [], "what proves belongs to tests/trials, what measures to benchmarks"
