"""The sub-commands, one module each; a module is imported when its command is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer import Typer
from typer.core import TyperGroup

from bybit_async import __version__
from bybit_async.errors import nearest

COMMANDS: dict[str, str] = {
    "demo": "Trade on a simulated exchange, checked to the last digit.",
    "simulate": "Run a simulated exchange for other programs.",
    "endpoints": "Search the endpoints of the API.",
    "call": "Call any endpoint.",
    "explain": "Say what an error or a return code means.",
    "download": "Download history into the store.",
    "data": "Look after downloaded history.",
    "chart": "Draw candles as a page or a picture.",
    "relay": "Publish market data through Redis for many processes.",
    "watch": "Watch books, trades and tickers.",
    "account": "Watch balances, positions and open orders.",
    "bot": "Write a trading bot's configuration, check it, run it.",
}
"""Each command and what it does; its module has the same name and a function `register`."""

_EPILOG = (
    "Exit codes: 0 done; 1 it failed or was refused; 2 wrong usage, or an extra is missing; 130 interrupted. "
    "NO_COLOR=1 turns colours off."
)


class _Commands(TyperGroup):
    """A group that knows its commands without importing them, so that help and completion are quick.

    Contexts and commands are of click, which newer versions of typer carry within them: neither name is imported here.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        made = typer.Typer(rich_markup_mode=None)
        import_module(f"bybit_async.cli.{cmd_name}").register(made)
        command = typer.main.get_command(made)
        return command.commands[cmd_name] if isinstance(command, TyperGroup) else command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        near = None if args[0] in COMMANDS else nearest(args[0], COMMANDS)
        if near is not None:
            ctx.fail(f"No such command {args[0]!r}: did you mean {near!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app: Typer = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # locals may hold secrets
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bybit_async {__version__}")
        raise typer.Exit


@app.callback(help="Bybit V5 from the command line, and a simulated exchange to try it on.")
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    del version
