"""`bybit-async data`: what is in the store, whether it is sound, and how it gets out."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bybit_async.cli import FAILED, place
from bybit_async.cli import history_options as options
from bybit_async.data.intervals import date_text, time_text
from bybit_async.data.store import Store
from bybit_async.data.upkeep import Report, verify
from bybit_async.session import AsyncBybit

if TYPE_CHECKING:
    import pandas

_WRITERS = {".csv": "to_csv", ".parquet": "to_parquet", ".json": "to_json", ".feather": "to_feather"}
_ARGUMENTS: dict[str, dict[str, Any]] = {
    ".csv": {"index": False},
    ".json": {"orient": "records", "lines": True, "date_format": "iso"},
}


def register(app: typer.Typer) -> None:
    """Add the sub-commands."""
    commands = typer.Typer(no_args_is_help=True, help="Look after downloaded history.")
    commands.command("ls")(list_series)
    commands.command("verify")(verify_store)
    commands.command("repair")(repair_store)
    commands.command("export")(export)
    app.add_typer(commands, name="data")


def list_series(data_dir: options.DataDir = None) -> None:
    """List what is stored, of each exchange by itself, and what is missing in between."""
    console = Console()
    reports = _reports(console, data_dir)
    address = Store(data_dir).address
    for identity in dict.fromkeys(report.series.identity for report in reports):
        console.print(
            _listing(f"{identity} in {address}", [each for each in reports if each.series.identity == identity])
        )
    for report in reports:
        for start, end in report.holes | report.gaps:
            console.print(f"missing: {report.series} from {time_text(start)} to {time_text(end)}", highlight=False)
    if not reports:
        console.print(f"nothing is stored in {address}")


def _listing(title: str, reports: list[Report]) -> Table:
    # Narrow enough for a terminal of eighty columns: a date that is cut short is of no use.
    names = ("kind", "category", "symbol", "interval", "from", "to", "rows", "bytes")
    table = Table(*names, title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for report in reports:
        series = report.series
        spans = list(report.coverage)
        ends = (date_text(spans[0][0]), date_text(spans[-1][1])) if spans else ("", "")
        table.add_row(
            series.kind, series.category, series.symbol, series.interval, *ends, f"{report.rows:,}", f"{report.size:,}"
        )
    return table


def verify_store(data_dir: options.DataDir = None) -> None:
    """Check every file; exit code 1 if something is damaged, double or missing."""
    console = Console()
    _show(console, _reports(console, data_dir))


def repair_store(
    data_dir: options.DataDir = None,
    testnet: place.Testnet = False,
    demo: place.Demo = False,
    environment: place.Environment = None,
    simulated: place.Simulated = False,
) -> None:
    """Remove what is damaged, and download it, every gap and every hole again."""
    console = Console()
    session = place.Target(testnet, demo, environment, simulated).session(data_dir=data_dir)

    async def work() -> list[Report]:
        async with session as bybit:
            bybit.data.store.must_exist()
            return await bybit.data.repair()

    _show(console, options.run(console, work()))


def export(
    symbol: str,
    out: Annotated[Path, typer.Option(help="A file that ends with .csv, .parquet, .json or .feather.")],
    start: Annotated[str, typer.Option(help="First day or time, UTC.")],
    end: Annotated[str | None, typer.Option(help="Exclusive; now, without it.")] = None,
    interval: options.Interval = "1m",
    category: options.Category = "linear",
    price: options.Price = "last",
    data_dir: options.DataDir = None,
    testnet: place.Testnet = False,
    demo: place.Demo = False,
    environment: place.Environment = None,
    simulated: place.Simulated = False,
) -> None:
    """Write candles to one file; what is missing in the store is downloaded first."""
    console = Console()
    writer = _WRITERS.get(out.suffix)
    if writer is None:
        raise typer.BadParameter(f"expected {', '.join(_WRITERS)}, got {out.name!r}", param_hint="--out")
    if not out.resolve().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    session = place.Target(testnet, demo, environment, simulated).session(data_dir=data_dir)
    frame = options.run(console, _fetch(session, symbol, interval, start, end, category=category, price=price))
    table = frame.reset_index()
    write = getattr(table, writer)
    try:
        write(out, **_ARGUMENTS.get(out.suffix, {}))
    except OSError as error:
        console.print(f"[red]cannot write {out}: {error.strerror or error}[/]")
        raise typer.Exit(FAILED) from None
    console.print(f"{len(frame):,} rows in {out}")


async def _fetch(
    session: AbstractAsyncContextManager[AsyncBybit],
    symbol: str,
    interval: str,
    start: str,
    end: str | None,
    *,
    category: str,
    price: str,
) -> pandas.DataFrame:
    async with session as bybit:
        return await bybit.data.fetch_klines(
            symbol, interval, start, end, category=category, price=price  # type: ignore[arg-type]
        )  # fmt: skip


def _reports(console: Console, data_dir: str | None) -> list[Report]:
    async def work() -> list[Report]:
        store = Store(data_dir)
        store.must_exist()
        return await verify(store)

    return options.run(console, work())


def _show(console: Console, reports: list[Report]) -> None:
    for report in reports:
        problems = [f"{path}: {reason}" for path, reason in report.damaged.items()]
        problems += [f"gap from {time_text(start)} to {time_text(end)}" for start, end in report.gaps]
        problems += [f"hole from {time_text(start)} to {time_text(end)}" for start, end in report.holes]
        problems += [f"{report.doubles} doubles"] if report.doubles else []
        problems += [f"{report.unordered} rows out of order"] if report.unordered else []
        known = [f"{time_text(start)} to {time_text(end)}" for start, end in report.absent]
        sound = f"sound; the exchange has nothing of {', '.join(known)}" if known else "sound"
        text = f"[red]{escape('; '.join(problems))}[/]" if problems else sound
        console.print(f"{report.series}: {text}", highlight=False)
    if not reports:
        console.print("nothing is stored here")
    if not all(report.sound for report in reports):
        raise typer.Exit(FAILED)
