"""The sub-commands, one file each."""

from __future__ import annotations

import typer

from bybit_async.cli import chart, data, demo, download, simulate

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold secrets
    help="Bybit V5 from the command line, and a simulated exchange to try it on.",
)
for command in (demo, simulate, download, data, chart):
    command.register(app)
