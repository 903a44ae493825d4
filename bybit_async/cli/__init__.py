"""The `bybit-async` command."""

from __future__ import annotations

import sys

from bybit_async.errors import BybitError, InvalidParameter, MissingExtra
from bybit_async.extras import require

FAILED, INVALID, STOPPED = 1, 2, 130


def main() -> None:
    """Run the command line; what it needs beyond the library comes with the `cli` extra."""
    try:
        require("cli", "Commands")
        from bybit_async.cli.app import app

        app()
    except BybitError as error:
        print("\n".join([f"bybit-async: {error}", *error.__notes__]), file=sys.stderr)
        raise SystemExit(exit_code(error)) from None


def exit_code(error: BybitError) -> int:
    """Return how the command ends over an error: 2 when its usage or installation is to blame, else 1."""
    return INVALID if isinstance(error, InvalidParameter | MissingExtra) else FAILED
