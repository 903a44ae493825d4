"""A public stream of half book deltas (50 levels), a third trades, the rest ticker deltas, on one core.

Everyone decodes, keeps the order book, reads its best prices after each change and calls a function of the user. This
library and its peers are used through their public interface: subscriptions, health checks and bounded buffers are on.
picows and websockets have no notion of Bybit; they are given this library's own decoder, book and tickers, so that
only the way from the socket to the user differs. Saturated: the server sends as fast as the client reads; the figure is
messages per second. Paced: one frame per TCP segment at 10,000 a second; the figure is the processor time per message.
Paced over TLS, as Bybit speaks: one frame per record too.
"""

from __future__ import annotations

from benchmarks.processes import Run, certificate, rounds_of, server, turn
from benchmarks.tables import Answer, Column, Goal, Table, goals_of, tabulate

_COLUMNS = [Column("rate", "messages/s"), Column("us", "µs per message", 2), Column("cpu", "cpu µs per message", 2)]
_NAMES = ("bybit_async, callback", "bybit_async, async for", "picows, same decode")
_LOOPS = ("asyncio", "uvloop")


def run(settings: Run) -> Answer:
    """Measure both paces."""
    with server("benchmarks.stream_server") as (port, _):
        saturated = _measure(settings, port, "saturated", "rate", descending=True)
        paced = _measure(settings, port, "paced", "cpu", descending=False)
    answer = Answer([saturated, paced], _saturated_goals(saturated) + _paced_goals(paced))
    if not settings.quick:
        with certificate() as files, server("benchmarks.stream_server", *files) as (port, _):
            answer.tables.append(_measure(settings, port, "paced", "cpu", descending=False, scheme="wss"))
    return answer


def _variants(settings: Run) -> list[str]:
    if settings.quick:
        ours = [f"{name} ({loop})" for name in ("bybit_async, callback", "picows, same decode") for loop in _LOOPS]
    else:
        ours = [f"{name} ({loop})" for name in (*_NAMES, "websockets, same decode") for loop in _LOOPS]
    return [*ours, "ccxt.pro (asyncio)", "pybit (threads)"]


def _measure(settings: Run, port: int, pace: str, by: str, *, descending: bool, scheme: str = "ws") -> Table:
    def one(variant: str) -> dict[str, float] | None:
        name, _, loop = variant.rpartition(" (")
        return turn("benchmarks.stream_clients", name, loop.rstrip(")"), port, settings.seconds, pace, scheme)

    variants = _variants(settings)
    if scheme == "wss":
        variants.remove("pybit (threads)")  # trusts no certificate of one's own
    samples = rounds_of(settings, variants, one)
    return tabulate(
        f"Public stream, {pace}{', TLS' if scheme == 'wss' else ''}", _COLUMNS, samples, by=by, descending=descending
    )


def _saturated_goals(table: Table) -> list[Goal]:
    ours = "bybit_async, callback"
    return goals_of(table, "rate", [
        ("stream, saturated, against pybit", f"{ours} (asyncio)", "pybit (threads)", 20),
        ("stream, saturated, against ccxt.pro", f"{ours} (asyncio)", "ccxt.pro (asyncio)", 8),
        ("stream, saturated, against picows", f"{ours} (asyncio)", "picows, same decode (asyncio)", 0.9),
        ("stream, saturated, uvloop, against picows", f"{ours} (uvloop)", "picows, same decode (uvloop)", 0.9),
    ])  # fmt: skip


def _paced_goals(table: Table) -> list[Goal]:
    ours = "bybit_async, callback"
    return goals_of(table, "cpu", [
        ("stream, paced, cpu against pybit", f"{ours} (asyncio)", "pybit (threads)", 0.25),
        ("stream, paced, cpu against ccxt.pro", f"{ours} (asyncio)", "ccxt.pro (asyncio)", 0.25),
        ("stream, paced, cpu against picows", f"{ours} (asyncio)", "picows, same decode (asyncio)", 1.15),
        ("stream, paced, uvloop, cpu against picows", f"{ours} (uvloop)", "picows, same decode (uvloop)", 1.15),
    ], at_most=True)  # fmt: skip
