"""`bybit-async simulate`: the simulated exchange as a server of its own."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bybit_async.cli.drawing import drawn
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
    symbols: Annotated[str, typer.Option(help="List only these, separated by commas.")] = "",
    script: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Scenarios to play: a JSON file of scenes.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="How to misbehave: a JSON file of rules.")
    ] = None,
    replay: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A recording of a linear symbol to play; repeatable."),
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="Stop by itself after so long.")] = None,
) -> None:
    """Run a simulated exchange on this machine until Ctrl-C; any V5 client may trade on it."""
    console = Console()
    listed = [symbol for symbol in symbols.upper().replace(" ", "").split(",") if symbol] or None
    try:
        exchange = SimulatedExchange(port=port, seed=seed, speed=speed, symbols=listed)
        if script is not None:
            exchange.script.load(script)
        if faults is not None:
            exchange.faults.load(faults)
        asyncio.run(_serve(console, exchange, usdt=usdt, seconds=seconds, recordings=replay or []))
    except PortUnavailable as error:
        console.print(f"[red]{error}[/]; choose another with --port")
        raise typer.Exit(1) from None
    except ValueError as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None


async def _serve(
    console: Console, exchange: SimulatedExchange, *, usdt: str, seconds: float | None, recordings: list[Path]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with exchange:
        if recordings:
            exchange.replay(*recordings)
        keys = exchange.new_account(usdt=usdt)
        screen: AbstractAsyncContextManager[None] = nullcontext()
        if console.is_terminal:
            screen = drawn(lambda: _status(exchange, keys), console, per_second=2)
        else:
            console.print(_status(exchange, keys))
        async with screen:
            with suppress(TimeoutError):
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
    if exchange.script.scenes:
        happened = exchange.script.happened
        table.add_row("scenes", str(len(exchange.script.scenes)))
        table.add_row("last happening", happened[-1].what if happened else "none yet")
    return table
