"""``python -m benchmarks.relay``: what a relay adds, what it costs, and whether shared limits hold.

Redis is started on a free port. A consumer keeps 200 books: connected to the server, connected over TLS as Bybit
demands it, and through the relay. Each message carries the moment at which it was made. Everybody shares the cores of
this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.processes import ROOT, certificate, cpu_seconds, free_port, wait_for
from benchmarks.relay_server import PER_SECOND
from bybit_async.simulator import SimulatedExchange

_LIMIT = 50
"""Reads of a wallet that one key may send in a second."""


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis; yields its address."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def _start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", *map(str, arguments)], cwd=ROOT, text=True, **options)


def _figures(process: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = process.communicate(timeout=180)
    found: dict[str, float] = json.loads(out.strip().splitlines()[-1])
    return found


def delay(seconds: float) -> None:
    """Measure the added delay and the processor time of everybody."""
    port, secure_port = free_port(), free_port()
    with redis_server() as redis, certificate() as files:
        server = _start("benchmarks.relay_server", port)
        secure = _start("benchmarks.relay_server", secure_port, *files)
        relay = _start("benchmarks.relay_clients", "relay", port, redis)
        try:
            wait_for(port)
            time.sleep(4)
            found: dict[str, dict[str, float]] = {}
            # One after the other: on two cores they would only wait for each other.
            for what, address in (("near", port), ("secure", secure_port), ("far", port)):
                before, made, began = cpu_seconds(relay.pid), cpu_seconds(server.pid), time.monotonic()
                arguments = (what, address, redis, seconds)
                found[what] = _figures(_start("benchmarks.relay_clients", *arguments, stdout=subprocess.PIPE))
                passed = time.monotonic() - began
                found[what]["relay"] = (cpu_seconds(relay.pid) - before) / passed
                found[what]["server"] = (cpu_seconds(server.pid) - made) / passed
            _print(found)
        finally:
            for process in (relay, server, secure):
                process.kill()


def _print(found: dict[str, dict[str, float]]) -> None:
    near, secure, far = found["near"], found["secure"], found["far"]
    named = (("direct consumer", near), ("direct consumer over TLS", secure), ("consumer of the relay", far))
    for name, figures in named:
        print(f"{name}: {figures['messages']:,.0f} of {PER_SECOND:,} messages/s,")
        print(f"  {figures['cpu']:.1f} µs of processor time each, {figures['median']:.2f} ms old when they come,")
        print(f"  {figures['p99']:.2f} ms at the 99th percentile")
    relay = far["relay"] / far["messages"] * 1e6
    added, worst = far["median"] - near["median"], far["p99"] - near["median"]
    print(f"the relay adds {added:.2f} ms at the median, {worst:.2f} ms at the 99th percentile")
    own = near["p99"] - near["median"]
    print(f"  of which {own:.2f} ms are between median and 99th percentile without a relay, too")
    print(f"the server that makes the messages takes {far['server']:.0%} of a core meanwhile")
    print("processor time beside a direct consumer's, and beside one over TLS:")
    print(f"  consumer of the relay {far['cpu'] / near['cpu']:.2f}, {far['cpu'] / secure['cpu']:.2f}")
    print(f"  relay {relay / near['cpu']:.2f}, {relay / secure['cpu']:.2f} ({relay:.1f} µs a message)")


async def limits(processes: int, requests: int) -> None:
    """Let processes of one key fire at once, and count refusals."""
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], host_limit=None) as exchange:
        keys = exchange.new_account(usdt="1000")
        port = int(exchange.environment.rest_url.rpartition(":")[2])
        with redis_server() as redis:
            arguments = ("share", port, redis, requests // processes, keys["api_key"], keys["api_secret"])
            started = [_start("benchmarks.relay_clients", *arguments, stdout=subprocess.PIPE) for _ in range(processes)]
            found = await asyncio.gather(*(asyncio.to_thread(_figures, process) for process in started))
    refused = sum(figures["refused"] for figures in found)
    took = max(figures["ended"] for figures in found) - min(figures["began"] for figures in found)
    print(f"{processes} processes, {requests} requests: {refused:.0f} refused for their rate, {took:.1f} s,")
    print(f"  {requests / took / _LIMIT:.1%} of the {_LIMIT} a second that are allowed")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relay", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["delay", "limits"], help="both by default")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    if given.what != "limits":
        delay(given.seconds)
    if given.what != "delay":
        asyncio.run(limits(4, 2000))


if __name__ == "__main__":
    main()
