"""`bybit-async chart`: candles as a page or a picture."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bybit_async.cli import FAILED, place
from bybit_async.cli import history_options as options
from bybit_async.data.chart import write_chart
from bybit_async.extras import require
from bybit_async.session import AsyncBybit


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("chart")(chart)


def chart(
    symbol: str,
    out: Annotated[Path, typer.Option(help="chart.html (interactive, offline) or chart.png.")] = Path("chart.html"),
    days: Annotated[float, typer.Option(min=0.01, help="How far back.")] = 30,
    sma: Annotated[list[int] | None, typer.Option(min=1, help="A moving average, in candles; may be repeated.")] = None,
    interval: options.Interval = "1h",
    category: options.Category = "linear",
    price: options.Price = "last",
    data_dir: options.DataDir = None,
    testnet: place.Testnet = False,
    demo: place.Demo = False,
    environment: place.Environment = None,
    simulated: place.Simulated = False,
) -> None:
    """Draw candles with moving averages."""
    require("chart", "Charts")
    console = Console()
    if out.suffix.lower() not in (".html", ".png"):
        raise typer.BadParameter(f"expected a name that ends with .html or .png, got {out.name!r}", param_hint="--out")
    session = place.Target(testnet, demo, environment, simulated).session(data_dir=data_dir)
    work = _draw(session, symbol, interval, days, out, averages=sma or [], category=category, price=price)
    try:
        count = options.run(console, work)
    except OSError as error:
        console.print(f"[red]cannot write {out}: {error.strerror or error}[/]")
        raise typer.Exit(FAILED) from None
    console.print(f"{count:,} candles in {out}")


async def _draw(
    session: AbstractAsyncContextManager[AsyncBybit],
    symbol: str,
    interval: str,
    days: float,
    out: Path,
    *,
    averages: list[int],
    category: str,
    price: str,
) -> int:
    async with session as bybit:
        now = datetime.fromtimestamp((await bybit.market.get_server_time()).time_nano / 1e9, UTC)
        frame = await bybit.data.fetch_klines(
            symbol, interval, now - timedelta(days=days), category=category, price=price  # type: ignore[arg-type]
        )  # fmt: skip
    write_chart(frame, out, averages=averages)
    return len(frame)
