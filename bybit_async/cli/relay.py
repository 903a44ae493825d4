"""`bybit-async relay`: publish market data through Redis."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from bybit_async import environments
from bybit_async.errors import BybitError, InvalidParameter
from bybit_async.logs import log_to_stderr


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("relay")(relay)


def relay(
    topics: Annotated[
        list[str] | None,
        typer.Argument(help="What to publish whether or not somebody asks, as linear:orderbook.50.BTCUSDT."),
    ] = None,
    redis: Annotated[str, typer.Option(help="The Redis server.", envvar="BYBIT_REDIS")] = "redis://127.0.0.1:6379/0",
    environment: Annotated[
        str, typer.Option(help="Whose market data: mainnet, testnet, demo, a region, or an address.")
    ] = "mainnet",
) -> None:
    """Publish market data through Redis until Ctrl-C; run two, and the second takes over when the first one dies.

    Consumers are sessions with ``stream_source=`` the same address. What they ask for is subscribed to, and what nobody
    wants any more is left.
    """
    log_to_stderr("INFO")
    try:
        asyncio.run(_relay(environments.find(environment, "--environment"), redis, topics or []))
    except InvalidParameter as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except BybitError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


async def _relay(environment: environments.Environment, redis: str, topics: list[str]) -> None:
    from bybit_async.relay import Relay

    running = asyncio.ensure_future(Relay(environment, redis, topics=topics).run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        return
