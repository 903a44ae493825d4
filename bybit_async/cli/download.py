"""`bybit-async download`: history into the store."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, cast

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from bybit_async.cli import history_options as options
from bybit_async.cli import place
from bybit_async.data.coverage import Coverage
from bybit_async.data.download import Progress as Step
from bybit_async.data.intervals import date_text
from bybit_async.data.requested import Requested, requested_series
from bybit_async.data.times import span_of
from bybit_async.errors import BybitError
from bybit_async.session import AsyncBybit

_AT_ONCE = 2
"""Symbols in flight: each has a dozen requests under way, and all share one rate limit."""
_FOR_EVER = 1 << 62


class DownloadRequest(msgspec.Struct, frozen=True):
    """What is downloaded of each symbol, as `Data.download` takes it."""

    kind: Requested
    interval: str | None
    start: str
    end: str | None
    category: Any
    price: Any
    every: str
    depth: int

    def check(self, symbol: str) -> None:
        """Refuse what can be refused without asking the exchange; raises `InvalidParameter`."""
        requested_series(
            self.kind, symbol, "",
            category=self.category, interval=self.interval, price=self.price, every=self.every, depth=self.depth,
        )  # fmt: skip
        span_of(self.start, self.end, _FOR_EVER)


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("download")(download)


def download(
    symbols: Annotated[list[str], typer.Argument(help="As Bybit spells them: BTCUSDT ETHUSDT.")],
    start: Annotated[str, typer.Option(help="First day or time, UTC.")],
    end: Annotated[str | None, typer.Option(help="Exclusive; now, without it.")] = None,
    kind: Annotated[
        str,
        typer.Option(help="klines, funding-rates, open-interest, long-short-ratio, trades or orderbook-snapshots."),
    ] = "klines",
    interval: Annotated[
        str | None,
        typer.Option(help="Of klines (1m without it), open interest and ratios: 1m, 4h, 1d, or in Bybit's spelling."),
    ] = None,
    category: options.Category = "linear",
    price: options.Price = "last",
    every: Annotated[str, typer.Option(help="Step of order book snapshots: 100ms, 1s, 1m.")] = "1m",
    depth: Annotated[int, typer.Option(help="Levels a side of order book snapshots, 1 to 200.")] = 10,
    data_dir: options.DataDir = None,
    leases: options.Leases = None,
    testnet: place.Testnet = False,
    demo: place.Demo = False,
    environment: place.Environment = None,
    simulated: place.Simulated = False,
) -> None:
    """Download history into the store. What is there already is not asked for again; it can be stopped at any time."""
    console = Console()
    spelled = cast(Requested, kind.replace("-", "_"))
    wanted = interval or ("1m" if spelled == "klines" else None)
    request = DownloadRequest(spelled, wanted, start, end, category, price, every, depth)
    distinct = list(dict.fromkeys(symbols))
    try:
        for symbol in distinct:
            request.check(symbol)
    except BybitError as error:
        options.fail(error)
    where = place.Target(testnet, demo, environment, simulated)
    session = where.session(data_dir=data_dir, data_leases=leases)
    found, errors = options.run(console, _download(console, session, distinct, request))
    if found:
        console.print(_summary(found))
    for symbol, failure in list(errors.items())[:-1]:
        console.print(f"[red]{symbol}: {escape(str(failure))}[/]", highlight=False)
    if errors:
        options.fail(list(errors.values())[-1])


async def _download(
    console: Console,
    session: AbstractAsyncContextManager[AsyncBybit],
    symbols: list[str],
    request: DownloadRequest,
) -> tuple[dict[str, Coverage], dict[str, BybitError]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    found: dict[str, Coverage] = {}
    errors: dict[str, BybitError] = {}
    turns = asyncio.Semaphore(_AT_ONCE)
    async with session as bybit:
        with Progress(*columns, console=console) as bars:

            async def one(symbol: str) -> None:
                try:
                    async with turns:
                        found[symbol] = await _download_one(bybit, bars, symbol, request)
                except BybitError as error:
                    # One symbol that does not exist must not stop the others.
                    errors[symbol] = error

            async with asyncio.TaskGroup() as group:
                for symbol in symbols:
                    group.create_task(one(symbol))
    return found, errors


async def _download_one(bybit: AsyncBybit, bars: Progress, symbol: str, request: DownloadRequest) -> Coverage:
    bar: TaskID | None = None

    def moved(step: Step) -> None:
        # Not before there is something to show: what is refused gets no bar.
        nonlocal bar
        bar = bars.add_task(symbol) if bar is None else bar
        bars.update(bar, completed=step.done, total=step.total)

    return await bybit.data.download(
        symbol, request.interval, request.start, request.end,
        kind=request.kind, category=request.category, price=request.price, every=request.every, depth=request.depth,
        progress=moved,
    )  # fmt: skip


def _summary(found: dict[str, Coverage]) -> Table:
    table = Table("symbol", "complete from", "to (exclusive)")
    for symbol, coverage in found.items():
        for start, end in coverage:
            table.add_row(symbol, date_text(start), date_text(end))
        if not coverage:
            table.add_row(symbol, "nothing", "")
    return table
