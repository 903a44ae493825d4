"""Answers as a table, as JSON, or as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bybit_async.wire import cells_of

_WIDEST = 40


def show_json(answer: Any) -> None:
    """Print what Bybit answered under its own names; numbers stay the text that they were."""
    print(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def show_csv(rows: Sequence[Any]) -> None:
    """Print a line for each row; a field of a nested object is called ``outer_inner``."""
    flat = [_cells(row) for row in rows]
    names = list(dict.fromkeys(name for cells in flat for name in cells))
    writer = csv.DictWriter(sys.stdout, names, restval="", lineterminator="\n")
    writer.writeheader()
    for cells in flat:
        writer.writerow({name: "" if value is None else value for name, value in cells.items()})


def show_table(console: Console, rows: Sequence[Any], columns: Sequence[str] = ()) -> None:
    """Print as many columns as the terminal is wide; a single row stands upright."""
    flat = [{name: _text(value) for name, value in _cells(row).items()} for row in rows]
    if not flat:
        console.print("nothing")
        return
    if len(flat) == 1 and not columns:
        table = Table("field", "value", box=SIMPLE_HEAD)
        for name, text in flat[0].items():
            table.add_row(name, text)
        console.print(table)
        return
    names = list(columns) or [name for name in flat[0] if any(cells.get(name) for cells in flat)]
    shown = list(columns) or _fitting(names, flat, console.width)
    table = Table(*shown, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for cells in flat:
        table.add_row(*(cells.get(name, "") for name in shown))
    console.print(table)
    if len(shown) < len(names):
        console.print(f"{len(names) - len(shown)} more columns: --columns chooses, --json and --csv show all")


def _fitting(names: Sequence[str], flat: Sequence[dict[str, str]], width: int) -> list[str]:
    room = width
    found: list[str] = []
    for name in names:
        room -= min(_WIDEST, max(len(name), *(len(cells.get(name, "")) for cells in flat))) + 1
        if room < 0 and found:
            break
        found.append(name)
    return found


def _cells(row: Any) -> dict[str, Any]:
    if isinstance(row, msgspec.Struct):
        return cells_of(row)
    return dict(row) if isinstance(row, dict) else {"value": row}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict | msgspec.Struct):
        return msgspec.json.encode(value).decode()
    return str(value)
