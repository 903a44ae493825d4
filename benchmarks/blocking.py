"""What a blocking call costs over an asynchronous one, and what eight threads get out of one session, beside pybit.

Run ``python -m benchmarks.blocking``. A server of its own, in another process, answers a signed read (the wallet) with
a constant; all clients make the same call to it, in alternating rounds. Times are the fastest round of each, since
whatever else the machine does can only add to them; throughputs are medians. `--serve` is the server's part.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bybit_async import AsyncBybit, Bybit, Environment

ROUNDS = 20
CALLS = 150
THREADS = 8
WALLET = json.dumps(
    {
        "retCode": 0,
        "retMsg": "OK",
        "result": {"list": [{"accountType": "UNIFIED", "totalEquity": "1", "coin": [{"coin": "USDT", "equity": "1"}]}]},
        "retExtInfo": {},
        "time": 0,
    },
    separators=(",", ":"),
)


class Wallet(asyncio.Protocol):
    """Answers every request head it reads; the requests of this benchmark have no body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self.transport: Any = transport
        self.unread = b""

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        *heads, self.unread = (self.unread + data).split(b"\r\n\r\n")
        for asked in heads:
            now = time.time_ns()
            body = WALLET.replace('"time":0', f'"time":{now // 1_000_000}').encode()
            if b"/v5/market/time" in asked:
                result = f'{{"timeSecond":"{now // 10**9}","timeNano":"{now}"}}'
                body = b'{"retCode":0,"retMsg":"OK","result":%b,"retExtInfo":{},"time":%d}' % (
                    result.encode(),
                    now // 1_000_000,
                )
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            self.transport.write(head + body)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Wallet, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # The client closes our standard input when it is done.
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def server() -> Any:
    command = [sys.executable, "-m", "benchmarks.blocking", "--serve"]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        try:
            yield Environment(name="benchmark", rest_url=url, public_url="ws://unused", private_url="ws://unused")
        finally:
            process.communicate()


def timed(call: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls


def shared(call: Callable[[], object], calls: int) -> float:
    """Calls per second of all threads together."""
    threads = [threading.Thread(target=timed, args=(call, calls // THREADS)) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return calls / (time.perf_counter() - began)


class Asynchronous:
    """The asynchronous session, on a loop that only runs while it is measured."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._runner = asyncio.Runner()
        self._bybit = AsyncBybit(**options)

    def timed(self, calls: int) -> float:
        """Seconds per call."""

        async def measure() -> float:
            began = time.perf_counter()
            for _ in range(calls):
                await self._bybit.account.get_wallet_balance(account_type="UNIFIED")
            return (time.perf_counter() - began) / calls

        return self._runner.run(measure())

    def close(self) -> None:
        """Close the session and the loop."""
        self._runner.run(self._bybit.aclose())
        self._runner.close()


def pybit_session(environment: Environment) -> Any:
    from pybit.unified_trading import HTTP

    session = HTTP(api_key="key", api_secret="secret")
    session.endpoint = environment.rest_url
    return session


def measure(rounds: int, calls: int) -> dict[str, float]:
    with server() as environment:
        options = {"environment": environment, "api_key": "key", "api_secret": "secret", "rate_limits": False}
        asynchronous, bybit, theirs = Asynchronous(options), Bybit(**options), pybit_session(environment)

        def ours() -> object:
            return bybit.account.get_wallet_balance(account_type="UNIFIED")

        def pybits() -> object:
            return theirs.get_wallet_balance(accountType="UNIFIED")

        asynchronous.timed(50), timed(ours, 50), timed(pybits, 50)
        found: dict[str, list[float]] = {}
        for _ in range(rounds):
            found.setdefault("asynchronous call, µs", []).append(asynchronous.timed(calls) * 1e6)
            found.setdefault("blocking call, µs", []).append(timed(ours, calls) * 1e6)
            found.setdefault("pybit call, µs", []).append(timed(pybits, calls) * 1e6)
            found.setdefault("8 threads, one session, calls/s", []).append(shared(ours, calls * 4))
            found.setdefault("8 threads, pybit, calls/s", []).append(shared(pybits, calls * 2))
        asynchronous.close()
        bybit.close()
        theirs.client.close()
    return {name: statistics.median(values) if "/s" in name else min(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve())
        return
    found = measure(arguments.rounds, arguments.calls)
    found["overhead, µs (goal: 80 at most)"] = found["blocking call, µs"] - found["asynchronous call, µs"]
    ratio = found["8 threads, one session, calls/s"] / found["8 threads, pybit, calls/s"]
    found["8 threads, ratio to pybit (goal: 3 at least)"] = ratio
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:48} {value:12,.1f}")


if __name__ == "__main__":
    main()
