"""`bybit-async call`: any endpoint, from the command line."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from bybit_async.api.registry import endpoints
from bybit_async.cli import INVALID, STOPPED, place
from bybit_async.cli.output import show_csv, show_json, show_table
from bybit_async.cli.targets import arguments_of, described, find, method_of, parameters_of
from bybit_async.errors import InvalidParameter
from bybit_async.session import AsyncBybit
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.pages import Pager
from bybit_async.wire import Rows


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    # Its own --help shows the arguments of an endpoint.
    app.command("call", context_settings={"help_option_names": []})(call)


def _names(incomplete: str) -> list[str]:
    return [each.name for each in endpoints() if each.name.startswith(incomplete)]


def call(
    context: typer.Context,
    endpoint: Annotated[
        str | None,
        typer.Argument(help="market.get_tickers, get_tickers, or /v5/market/tickers.", autocompletion=_names),
    ] = None,
    words: Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="As category=linear.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON under Bybit's own names.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    columns: Annotated[str, typer.Option(help="Columns of the table, separated by commas.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every page, not only the first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before something is changed.")] = False,
    testnet: place.Testnet = False,
    demo: place.Demo = False,
    environment: place.Environment = None,
    simulated: place.Simulated = False,
    show_help: Annotated[bool, typer.Option("--help", "-h", help="Show this, or an endpoint's arguments.")] = False,
) -> None:
    """Call any endpoint. Keys come from BYBIT_API_KEY and BYBIT_API_SECRET."""
    if endpoint is None:
        typer.echo(context.get_help())
        raise typer.Exit(0 if show_help else INVALID)
    target = find(endpoint)
    if show_help:
        typer.echo(explained(target))
        return
    if json and csv:
        raise InvalidParameter("--csv", "give either --json or --csv")
    arguments = arguments_of(target, words or [])
    if target.write and not (yes or simulated):
        _confirm(target, arguments)
    where = place.Target(testnet, demo, environment, simulated)
    try:
        answer = asyncio.run(_answer(target, arguments, where, every=every))
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None
    if json:
        show_json(answer)
    elif csv:
        show_csv(_rows(answer))
    else:
        show_table(Console(), _rows(answer), [name for name in columns.split(",") if name])


async def _answer(target: Endpoint, arguments: dict[str, Any], where: place.Target, *, every: bool) -> Any:
    async with where.session(public=not target.signed) as bybit:
        made = method_of(target, bybit)(**arguments)
        if every and isinstance(made, Pager):
            return await _every_row(made)
        return await made if isinstance(made, Awaitable) else made


async def _every_row(pager: Pager[Any, Any]) -> list[Any]:
    rows: list[Any] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("0 rows")
        async for row in pager:
            rows.append(row)
            progress.update(task, description=f"{len(rows):,} rows")
    return rows


def _rows(answer: Any) -> list[Any]:
    if isinstance(answer, Rows):
        return answer.rows
    return answer if isinstance(answer, list) else [answer]


def _confirm(target: Endpoint, arguments: dict[str, Any]) -> None:
    shown = ", ".join(f"{name}={value}" for name, value in arguments.items())
    if not sys.stdin.isatty():
        raise InvalidParameter("--yes", f"{target.name} changes something; without a terminal to confirm, pass --yes")
    typer.confirm(f"{target.name}({shown}): go on?", abort=True, err=True)


def explained(target: Endpoint) -> str:
    """Return the help of one endpoint: what it does, and its arguments."""
    method = method_of(target, AsyncBybit())
    lines = [f"{target.name}: {target.method} {target.path}", "", inspect.getdoc(method) or "", ""]
    parameters = parameters_of(target)
    lines += ["Arguments (name=value):"] if parameters else ["No arguments."]
    for name, each in parameters.items():
        need = "required" if each.default is each.empty else "optional"
        lines.append(f"  {name:<24} {need:<9} {described(each.annotation)}")
    key = "needs a key" if target.signed else "public"
    limits = ", ".join(f"{kind} {count} in {seconds:g} s" for kind, (count, seconds) in target.limits.items())
    return "\n".join([*lines, "", f"{key}; limits: {limits or 'none documented'}"])
