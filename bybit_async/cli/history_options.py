"""What the commands about history share: where the exchange and the store are, and how failures are reported.

Exit codes: 0 done, 1 failed, 2 an argument is invalid, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from bybit_async.cli import STOPPED, exit_code
from bybit_async.errors import BybitError

T = TypeVar("T")

DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", envvar="BYBIT_DATA_DIR", help="Folder or address (s3://…) of the store."),
]
Leases = Annotated[
    str | None,
    typer.Option(
        "--leases",
        envvar="BYBIT_DATA_LEASES",
        help="Divide the work among all processes with the same store and this: redis://…, or a folder.",
    ),
]
Category = Annotated[str, typer.Option(help="spot, linear, inverse or option.")]
Interval = Annotated[str, typer.Option(help="As 1m, 4h, 1d, or in Bybit's spelling.")]
Price = Annotated[str, typer.Option(help="last, mark, index or premium.")]


def fail(error: BybitError) -> NoReturn:
    """Report an error in a line and exit: 2 for an argument that is invalid, 1 for everything else."""
    # Soft wrapping leaves a command that is to be copied in one piece.
    console = Console(stderr=True)
    console.print(f"[red]{escape(str(error))}[/]", highlight=False, soft_wrap=True)
    for note in error.__notes__:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(exit_code(error)) from None


def run(console: Console, work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; what goes wrong is reported in a line, and Ctrl-C is not a failure."""
    try:
        return asyncio.run(work)
    except BybitError as error:
        fail(error)
    except KeyboardInterrupt:
        console.print("stopped; what was complete is kept, and the next run goes on from there")
        raise typer.Exit(STOPPED) from None
