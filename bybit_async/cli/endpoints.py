"""`bybit-async endpoints`: which endpoints there are."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bybit_async.api.registry import endpoints
from bybit_async.cli import FAILED
from bybit_async.cli.output import show_json


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("endpoints")(search)


def search(
    words: Annotated[list[str] | None, typer.Argument(help="Only those whose name or path has all of these.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the endpoints; exit code 1 when nothing matches. `bybit-async call NAME --help` shows their arguments."""
    wanted = [word.lower() for word in words or []]
    found = [each for each in endpoints() if all(word in f"{each.name} {each.path}".lower() for word in wanted)]
    if json:
        show_json([
            {"name": e.name, "method": e.method, "path": e.path, "signed": e.signed, "write": e.write} for e in found
        ])  # fmt: skip
    else:
        table = Table("name", "method", "path", "key", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        for each in found:
            table.add_row(each.name, each.method, each.path, "yes" if each.signed else "no")
        Console().print(table if found else f"no endpoint has {' and '.join(wanted)} in its name or path")
    if not found:
        raise typer.Exit(FAILED)
