"""`bybit-async simulate`: the simulated exchange as a server of its own."""

from __future__ import annotations

import asyncio
import signal
from contextlib import nullcontext, suppress
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from bybit_async.simulator import SimulatedExchange
from bybit_async.simulator.exchange import Credentials, PortUnavailable


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("simulate")(simulate)


def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8100,
    seed: Annotated[int, typer.Option(help="What the market is made from.")] = 0,
    speed: Annotated[float, typer.Option(min=0.001, help="How fast exchange time runs.")] = 1.0,
    usdt: Annotated[str, typer.Option(help="What the ready-made account holds.")] = "100000",
    seconds: Annotated[float | None, typer.Option(min=0.0, help="Stop by itself after so long.")] = None,
) -> None:
    """Run a simulated exchange on this machine until Ctrl-C; any V5 client may trade on it."""
    console = Console()
    try:
        asyncio.run(_serve(console, port=port, seed=seed, speed=speed, usdt=usdt, seconds=seconds))
    except PortUnavailable as error:
        console.print(f"[red]{error}[/]; choose another with --port")
        raise typer.Exit(1) from None


async def _serve(console: Console, *, port: int, seed: int, speed: float, usdt: str, seconds: float | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with SimulatedExchange(port=port, seed=seed, speed=speed) as exchange:
        keys = exchange.new_account(usdt=usdt)
        screen = Live(get_renderable=lambda: _status(exchange, keys), console=console, refresh_per_second=2)
        if not console.is_terminal:
            console.print(_status(exchange, keys))
        with screen if console.is_terminal else nullcontext(), suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
    console.print("stopped")


def _status(exchange: SimulatedExchange, keys: Credentials) -> Table:
    where = exchange.environment
    table = Table(title="Simulated exchange", show_header=False)
    table.add_row("REST", where.rest_url)
    table.add_row("public streams", f"{where.public_url}/{{spot,linear,inverse,option}}")
    table.add_row("private stream", where.private_url)
    table.add_row("order entry", where.trade_url or "")
    # The account is made up and lives as long as this process: showing its secret is what the command is for.
    table.add_row("api key", keys["api_key"])
    table.add_row("api secret", keys["api_secret"])
    table.add_section()
    table.add_row("requests served", str(exchange.requests))
    table.add_row("open sockets", str(len(exchange.connections)))
    table.add_row("orders so far", str(len(exchange.orders)))
    return table
