"""What the commands about history share: where the exchange and the store are, and how failures are told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import typer
from rich.console import Console

from bybit_async.environments import Environment
from bybit_async.errors import BybitError
from bybit_async.session import AsyncBybit

T = TypeVar("T")

DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", envvar="BYBIT_DATA_DIR", help="Folder or address (s3://…) of the store."),
]
Url = Annotated[str | None, typer.Option("--url", help="Another exchange, as of `bybit-async simulate`.")]
Testnet = Annotated[bool, typer.Option("--testnet", help="Use the testnet.")]
Category = Annotated[str, typer.Option(help="spot, linear or inverse.")]
Interval = Annotated[str, typer.Option(help="As 1m, 4h, 1d, or in Bybit's spelling.")]
Price = Annotated[str, typer.Option(help="last, mark, index or premium.")]


def open_session(*, url: str | None, testnet: bool, data_dir: str | None) -> AsyncBybit:
    """Return a session without a key."""
    if url is None:
        return AsyncBybit(testnet=testnet, data_dir=data_dir)
    place = urlsplit(url)
    if place.scheme not in ("http", "https") or not place.netloc:
        raise typer.BadParameter(f"expected an address as http://127.0.0.1:8100, got {url!r}", param_hint="--url")
    socket = f"{'wss' if place.scheme == 'https' else 'ws'}://{place.netloc}/v5"
    environment = Environment(
        name=place.netloc,
        rest_url=f"{place.scheme}://{place.netloc}",
        public_url=f"{socket}/public",
        private_url=f"{socket}/private",
        archive_url=f"{place.scheme}://{place.netloc}",
    )
    return AsyncBybit(environment=environment, data_dir=data_dir)


def run(console: Console, work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; what goes wrong is said in a line, and Ctrl-C is no failure."""
    try:
        return asyncio.run(work)
    except BybitError as error:
        console.print(f"[red]{error}[/]", highlight=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("stopped; what was complete is kept, and the next run goes on from there")
        raise typer.Exit(130) from None
