"""How long ``import`` takes, and how much memory, in a fresh process each time; Python's own start is left out."""

from __future__ import annotations

from benchmarks.processes import Run, rounds_of, turn
from benchmarks.tables import Answer, Column, tabulate

_MODULES = {
    "bybit_async": "bybit_async", "bybit_async, session and streams": "bybit_async.session,bybit_async.stream.streams",
    "pybit": "pybit.unified_trading", "ccxt.async_support": "ccxt.async_support", "ccxt.pro": "ccxt.pro",
    "typed-bybit": "typed_bybit", "aiohttp": "aiohttp", "httpx": "httpx", "websockets": "websockets.asyncio.client",
}  # fmt: skip
_COLUMNS = [Column("ms", "ms", 0), Column("mb", "MB", 1), Column("modules", "modules")]


def run(settings: Run) -> Answer:
    """Measure every package."""
    names = [name for name in _MODULES if not settings.quick or name in ("bybit_async", "pybit", "ccxt.async_support")]
    samples = rounds_of(settings, names, lambda name: turn("benchmarks.importing", _MODULES[name]))
    return Answer([tabulate("Import", _COLUMNS, samples, by="ms", descending=False)])
