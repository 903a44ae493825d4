"""`bybit-async relay`: publish market data through Redis."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Annotated

import typer

from bybit_async import environments
from bybit_async.errors import BybitError, InvalidParameter, MissingCredentials
from bybit_async.logs import log_to_stderr
from bybit_async.secret import hidden
from bybit_async.transport.signing import Signer, signer_from


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("relay")(relay)


def relay(
    topics: Annotated[
        list[str] | None,
        typer.Argument(help="What to publish whether or not anyone asks, as linear:orderbook.50.BTCUSDT."),
    ] = None,
    redis: Annotated[str, typer.Option(help="The Redis server.", envvar="BYBIT_REDIS")] = "redis://127.0.0.1:6379/0",
    environment: Annotated[
        str, typer.Option(help="Whose market data: mainnet, testnet, demo, a region, or an address.")
    ] = "mainnet",
    private: Annotated[
        bool,
        typer.Option(
            "--private",
            help="Publish the private topics of an account, too: of the key in BYBIT_API_KEY and BYBIT_API_SECRET.",
        ),
    ] = False,
) -> None:
    """Publish market data through Redis until Ctrl-C; run two, and the second takes over when the first one dies.

    Consumers are sessions with ``stream_source=`` the same address. What they ask for is subscribed to, and what no one
    wants any more is left. Private topics go to sessions with the same key and ``private_source=``, over nothing else
    than TLS (rediss://), a Unix socket or a loopback address.
    """
    log_to_stderr("INFO")
    try:
        signer = _signer_of_the_process() if private else None
        asyncio.run(_relay(environments.find(environment, "--environment"), redis, topics or [], signer))
    except InvalidParameter as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except BybitError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _signer_of_the_process() -> Signer:
    signer = signer_from(os.environ.get("BYBIT_API_KEY"), hidden(os.environ.get("BYBIT_API_SECRET")))
    if signer is None:
        raise MissingCredentials("BYBIT_API_KEY", "is not set, nor is BYBIT_API_SECRET; --private needs both")
    return signer


async def _relay(environment: environments.Environment, redis: str, topics: list[str], signer: Signer | None) -> None:
    from bybit_async.relay import Relay

    relays = [Relay(environment, redis, topics=topics)]
    if signer is not None:
        relays.append(Relay(environment, redis, signer=signer))
    running = asyncio.gather(*(relay.run() for relay in relays))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        return
