"""Signed orders over HTTP: how many a second, one after another and 50 at a time, and with what latency.

Each client places the same limit order with its own complete public call: for this library checks, rate limits,
signing, the retry envelope and the typed answer; for the others what they do by themselves. Raw aiohttp signs and
decodes into a Struct too. "raw protocol" is no client but the floor: one write, one read, no parser and no deadline.
Rates are calls per second of wall time on one core, `cpu` microseconds of that core per call. The server sits on
another core. Plain and TLS, connections kept.
"""

from __future__ import annotations

from contextlib import nullcontext

from benchmarks.processes import Run, certificate, rounds_of, server, turn
from benchmarks.tables import Answer, Column, Goal, Table, goals_of, ratio, tabulate

_COLUMNS = [
    Column("one", "calls/s, one at a time"), Column("one_cpu", "cpu µs", 1), Column("p50", "p50 µs"),
    Column("p99", "p99 µs"), Column("p999", "p99.9 µs"), Column("many", "calls/s, 50 in flight"),
    Column("many_cpu", "cpu µs", 1), Column("many_p99", "p99 ms", 2),
]  # fmt: skip
_ASYNC = ("bybit_async", "aiohttp, same work", "ccxt", "typed-bybit", "raw protocol")


def run(settings: Run) -> Answer:
    """Measure plain HTTP, and TLS unless it has to be quick."""
    plain = _measure(settings, "http")
    answer = Answer([plain], _plain_goals(plain))
    if not settings.quick:
        tls = _measure(settings, "https")
        answer.tables.append(tls)
        answer.goals += _tls_goals(plain, tls)
    return answer


def _variants(settings: Run) -> list[str]:
    if settings.quick:
        return [f"{name} ({loop})" for name in ("bybit_async", "aiohttp, same work", "ccxt")
                for loop in ("asyncio", "uvloop")] + ["typed-bybit (asyncio)", "pybit (threads)"]  # fmt: skip
    return [f"{name} ({loop})" for name in _ASYNC for loop in ("asyncio", "uvloop")] + ["pybit (threads)"]


def _measure(settings: Run, scheme: str) -> Table:
    with certificate() if scheme == "https" else nullcontext(()) as files:
        with server("benchmarks.http_server", *files) as (port, _):

            def one(variant: str) -> dict[str, float] | None:
                name, _, loop = variant.rpartition(" (")
                return turn("benchmarks.rest_clients", name, loop.rstrip(")"), port, settings.seconds, scheme)

            samples = rounds_of(settings, _variants(settings), one)
    return tabulate(f"Signed orders over {scheme}", _COLUMNS, samples, by="many")


def _plain_goals(table: Table) -> list[Goal]:
    a, u, pybit = "bybit_async (asyncio)", "bybit_async (uvloop)", "pybit (threads)"
    one = goals_of(table, "one", [
        ("order, one at a time, against pybit", a, pybit, 4),
        ("order, one at a time, against ccxt", a, "ccxt (asyncio)", 1.6),
        ("order, one at a time, against aiohttp doing the same", a, "aiohttp, same work (asyncio)", 1),
    ])  # fmt: skip
    many = goals_of(table, "many", [
        ("order, 50 in flight, against pybit", a, pybit, 8),
        ("order, 50 in flight, against ccxt", a, "ccxt (asyncio)", 2.2),
        ("order, 50 in flight, against aiohttp doing the same", a, "aiohttp, same work (asyncio)", 1),
        ("order, 50 in flight, uvloop, against pybit", u, pybit, 12),
        ("order, 50 in flight, uvloop, against ccxt", u, "ccxt (uvloop)", 3.5),
        ("order, 50 in flight, uvloop, against aiohttp doing the same", u, "aiohttp, same work (uvloop)", 1),
    ])  # fmt: skip
    return one + many


def _tls_goals(plain: Table, tls: Table) -> list[Goal]:
    found = []
    ours = "bybit_async (asyncio)"
    for key, what in (("one", "one at a time"), ("many", "50 in flight")):
        for theirs in ("pybit (threads)", "ccxt (asyncio)", "aiohttp, same work (asyncio)"):
            before, after = ratio(plain, ours, theirs, key), ratio(tls, ours, theirs, key)
            if before and after:
                name = theirs.partition(" (")[0].partition(",")[0]
                found.append(Goal(f"TLS, {what}: the ratio to {name} beside the plain one", after / before, 0.8))
    return found
