"""`bybit-async bot compare`: a recorded run beside its backtest."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from bybit_async.bot.errors import NothingToCompare
from bybit_async.errors import BybitError
from bybit_async.session import AsyncBybit

if TYPE_CHECKING:
    import pandas as pd

    from bybit_async.bot.comparing import Comparison
    from bybit_async.bot.comparing.comparison import SlippageSummary
    from bybit_async.bot.comparing.recorded import RecordedRun

DIFFERS = 1
NOT_COMPARED = 2
_SHOWN = 20
_BEYOND = 10


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("compare")(run_compare)


def run_compare(
    journal: Annotated[str, typer.Argument(help="The journal: a SQLite file, or the address of a database.")],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="[SYMBOL=]FILE", help="Candles, Parquet or CSV, instead of those of the exchange."),
    ] = None,
    exchange: Annotated[str, typer.Option(help="Whose candles: mainnet, testnet or a URL.")] = "mainnet",
    session: Annotated[str | None, typer.Option(help="How the id of the run begins; the newest, without it.")] = None,
    latency: Annotated[str, typer.Option(help="What the backtest assumes, as 250ms or 2s.")] = "250ms",
    spread: Annotated[int, typer.Option(min=1, help="Ticks between bid and ask in the backtest.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Repeat a recorded run as a backtest, and name the first difference and its cause.

    Exit code 0: no difference; 1: there is one; 2: it could not be compared.
    """
    from bybit_async.bot.backtesting import FillRule
    from bybit_async.bot.comparing import compare
    from bybit_async.bot.comparing.recorded import read_run

    try:
        run = read_run(journal, session)
        frames = _read(run, data) if data else asyncio.run(_fetch(run, exchange))
        found = compare(journal, frames, session=run.session, latency=latency, rule=FillRule(spread=spread))
    except (BybitError, ValueError, OSError) as error:
        _fail(str(error))
    if as_json:
        typer.echo(found.to_json())
    else:
        _show(Console(), found)
    raise typer.Exit(DIFFERS if found.differences else 0)


def _read(run: RecordedRun, given: list[str]) -> dict[str, pd.DataFrame]:
    found = {}
    for item in given:
        symbol, named, path = item.partition("=")
        if not named:
            if len(run.symbols) > 1:
                raise NothingToCompare(
                    f"--data {item}: whose? The run traded {', '.join(run.symbols)}; say SYMBOL=FILE"
                )
            symbol, path = run.symbols[0], item
        found[symbol] = _frame(Path(path))
    return found


def _frame(path: Path) -> pd.DataFrame:
    import pandas as pd

    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if not isinstance(frame.index, pd.DatetimeIndex):
        if "time" not in frame:
            raise NothingToCompare(f"--data {path}: it has no column named time")
        frame = frame.set_index("time")
        frame.index = pd.to_datetime(frame.index, utc=True)
    return frame


async def _fetch(run: RecordedRun, exchange: str) -> dict[str, pd.DataFrame]:
    from bybit_async.data import intervals

    if run.mode == "simulated":
        raise NothingToCompare("the market of a simulated run is gone: give its candles with --data FILE")
    interval = run.config.settings.trading.interval
    end = run.last_ms + _BEYOND * (intervals.length_of(interval) or 0)
    async with AsyncBybit(environment=exchange) as bybit:
        await bybit.get_server_time()
        until = min(end, intervals.floor(interval, bybit.clock.now_ms()))
        return {
            symbol: await bybit.data.fetch_klines(symbol, interval, run.shown_from_ms(symbol), until)
            for symbol in run.symbols
        }


def _show(console: Console, found: Comparison) -> None:
    console.print(str(found), style="green" if found.first is None else "red", markup=False)
    if found.differences:
        table = Table("cause", "what differs", title=f"{found.mode} run {found.session[:8]}")
        for difference in found.differences[:_SHOWN]:
            table.add_row(difference.cause, difference.words)
        console.print(table)
        counts = ", ".join(f"{count} {cause}" for cause, count in found.causes.items())
        console.print(f"all: {counts}; those after the first are often its consequences", markup=False)
    slippage = Table("slippage, bps", "orders", "median", "95 %", title="positive is worse")
    slippage.add_row("against the decision", *_cells(found.against_decision))
    slippage.add_row("against the backtest", *_cells(found.against_backtest))
    console.print(slippage)
    for note in [f"fills: {found.rule}", *(note for note in found.notes if not note.startswith("fills:"))]:
        console.print(note, style="dim", markup=False)


def _cells(summary: SlippageSummary) -> tuple[str, str, str]:
    middle, most = ("–" if value is None else f"{value:+.2f}" for value in (summary.median, summary.p95))
    return str(summary.orders), middle, most


def _fail(text: str) -> NoReturn:
    Console(stderr=True).print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(NOT_COMPARED)
