"""`bybit-async download`: history into the store."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bybit_async.cli import history_options as options
from bybit_async.data.coverage import Coverage
from bybit_async.data.intervals import date_text
from bybit_async.session import AsyncBybit

_AT_ONCE = 2
"""Symbols in flight: each has a dozen requests under way, and all share one rate limit."""


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("download")(download)


def download(
    symbols: Annotated[list[str], typer.Argument(help="As Bybit spells them: BTCUSDT ETHUSDT.")],
    start: Annotated[str, typer.Option(help="First day or time, UTC.")],
    end: Annotated[str | None, typer.Option(help="Exclusive; now, without it.")] = None,
    interval: options.Interval = "1m",
    category: options.Category = "linear",
    price: options.Price = "last",
    data_dir: options.DataDir = None,
    url: options.Url = None,
    testnet: options.Testnet = False,
) -> None:
    """Download candles into the store. What is there already is not asked for again; it can be stopped at any time."""
    console = Console()
    wanted = {"interval": interval, "start": start, "end": end, "category": category, "price": price}
    session = options.open_session(url=url, testnet=testnet, data_dir=data_dir)
    found = options.run(console, _download(console, session, list(dict.fromkeys(symbols)), wanted))
    console.print(_summary(found))


async def _download(
    console: Console, session: AsyncBybit, symbols: list[str], wanted: dict[str, Any]
) -> dict[str, Coverage]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    turns = asyncio.Semaphore(_AT_ONCE)
    async with session as bybit:
        with Progress(*columns, console=console) as bars:

            async def one(symbol: str) -> Coverage:
                bar = bars.add_task(symbol, total=None)
                async with turns:
                    coverage = await bybit.data.download(
                        symbol, progress=lambda step: bars.update(bar, completed=step.done, total=step.total), **wanted
                    )
                total = bars.tasks[bar].total or 1
                bars.update(bar, completed=total, total=total)
                return coverage

            async with asyncio.TaskGroup() as group:
                tasks = {symbol: group.create_task(_told(one(symbol))) for symbol in symbols}
    failures = [error for task in tasks.values() if isinstance(error := task.result(), BaseException)]
    if failures:
        raise failures[0]
    return {symbol: task.result() for symbol, task in tasks.items()}


async def _told(work: Any) -> Any:
    # One symbol that does not exist must not stop the others; its error is told when they are done.
    from bybit_async.errors import BybitError

    try:
        return await work
    except BybitError as error:
        return error


def _summary(found: dict[str, Coverage]) -> Table:
    table = Table("symbol", "complete from", "to (exclusive)")
    for symbol, coverage in found.items():
        spans = list(coverage) or [(0, 0)]
        for start, end in spans:
            table.add_row(symbol, *(("nothing", "") if not coverage else (date_text(start), date_text(end))))
    return table
