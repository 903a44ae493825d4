"""The house plan's layer table, executed: imports point downwards only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "bybit_async"

LEAVES = {"wire", "enums", "errors", "environments", "drift"}
STREAM_SEES = {"state", "models"} | {f"transport.{name}" for name in ("signing", "clock", "endpoint", "outcome", "tls")}
ALLOWED: dict[str, set[str]] = {
    "environments": {"errors"},
    "errors": set(),
    "enums": set(),
    "wire": {"errors"},
    "drift": set(),
    "models": LEAVES,
    "transport": LEAVES | {"models"},
    "state": LEAVES | {"models"},
    "api": LEAVES | {"transport", "models"},
    "stream": LEAVES | STREAM_SEES,
    "live": LEAVES | {"api", "stream", "state", "models", "transport"},
    "data": LEAVES | {"api", "stream", "state", "models", "transport"},
    "session": LEAVES | {"api", "stream", "live", "data", "state", "models", "transport"},
    "bridge": LEAVES | {"api", "stream", "live", "data", "state", "models", "transport"},
    "blocking": LEAVES | {"bridge", "session", "api", "stream", "live", "data", "models", "transport"},
    "blocking_stub": {"bridge", "session"},
    "pybit": LEAVES
    | {"blocking", "bridge", "session", "api", "stream", "live", "data", "state", "models", "transport"},
    "bot": LEAVES | {"session", "api", "stream", "live", "data", "state", "models", "transport"},
    "simulator": LEAVES | {"models"},
    "cli": LEAVES
    | {"session", "blocking", "bot", "simulator", "api", "stream", "live", "data", "state", "models", "transport"},
    "pytest_plugin": {"session", "simulator"},
    "": LEAVES | {"session", "blocking", "api", "stream", "transport"},
}  # fmt: skip


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imports_of(path: Path) -> set[str]:
    """Every module of ours that a file names, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
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


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    room = room_of(path)
    assert room in ALLOWED, f"{room} is missing from the layer table"
    for module in imports_of(path):
        if room and covers(room, module):
            continue
        assert any(covers(allowed, module) for allowed in ALLOWED[room]), f"{room} must not import {module}"


def test_the_table_names_no_floor_twice() -> None:
    for room, allowed in ALLOWED.items():
        for other in allowed - {room}:
            back = ALLOWED.get(other.split(".")[0], set())
            assert room not in back, f"{room} and {other} import each other"


def test_no_room_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "core", "misc"}
    assert not [path for path in PACKAGE.rglob("*") if path.stem in vague]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 500, f"{path} has over 500 lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1
                assert length <= 60, f"{path}:{node.lineno} {node.name} has {length} lines"
