"""The `bybit-async` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; what it needs beyond the library comes with the `cli` extra."""
    try:
        from bybit_async.cli.app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("bybit_async"):
            raise
        print(f"bybit-async needs {error.name}: pip install 'bybit_async[cli]'", file=sys.stderr)
        raise SystemExit(2) from None
    app()
