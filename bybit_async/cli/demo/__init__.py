"""`bybit-async demo`: a bot's first day on a simulated exchange, checked to the last digit."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from bybit_async.cli.demo.day import Day
from bybit_async.cli.demo.screen import Screen
from bybit_async.simulator import SimulatedExchange


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("demo")(demo)


def demo(
    seed: Annotated[int, typer.Option(help="What the simulated market is made from.")] = 7,
    pace: Annotated[float, typer.Option(min=0.0, help="How long to watch between steps; 0 does not wait.")] = 1.0,
) -> None:
    """Trade on a simulated exchange through the same code that talks to Bybit; exit code 1 when anything is off."""
    raise typer.Exit(asyncio.run(run(seed=seed, pace=pace, console=Console())))


async def run(*, seed: int, pace: float, console: Console) -> int:
    """Play the day and return the exit code."""
    day = Day(pace=pace)
    screen = Screen(day, console)
    async with screen.live(), SimulatedExchange(seed=seed) as exchange:
        await day.play(exchange)
    screen.summary()
    return 0 if day.balanced else 1
