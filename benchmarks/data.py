"""History: wire to frame, cache to frame, bytes on disk and peak memory, beside ccxt and pybit on the same server.

    python -m benchmarks.data             # a year of one-minute candles
    python -m benchmarks.data --days 30

Every downloader runs in a process of its own, so that its memory is its own; the simulated exchange runs in another.
What ours returns is compared with the exchange's ledger row by row, and a second run must send no request: otherwise
this ends with exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    import pandas

    from bybit_async import AsyncBybit
    from bybit_async.simulator import SimulatedExchange

DAY = 86_400_000
MINUTE = 60_000
MEGABYTE = 1 << 20


def memory(line: str) -> int:
    """Return ``VmRSS`` (what this process uses) or ``VmHWM`` (the most it has used), in bytes."""
    # Not `getrusage`: its peak survives `exec`, so it would be that of the process which started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{line}:")[1].split()[0]) * 1024


async def serve() -> None:
    """Run the exchange until standard input ends; orders come on it: how many requests were served, the ledger."""
    from bybit_async.simulator import MarketSettings, SimulatedExchange

    quiet = MarketSettings(makers=None, step=60_000)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], market=quiet, host_limit=None) as exchange:
        print(exchange.environment.rest_url, flush=True)
        while order := (await asyncio.to_thread(sys.stdin.readline)).split():
            if order[0] == "ledger":
                save_ledger(exchange, int(order[1]), int(order[2]), order[3])
            print(exchange.requests, flush=True)


def save_ledger(exchange: SimulatedExchange, start: int, end: int, path: str) -> None:
    """Write the exchange's own candles: whole ticks, lots and units of turnover, as the float nearest to each."""
    import numpy as np

    quotation = exchange.market.quotations["linear", "BTCUSDT"]
    counts = quotation.last.minutes(start // MINUTE, end // MINUTE)
    instrument = quotation.instrument
    units = [instrument.tick] * 4 + [instrument.lot, quotation.turnover(1)]
    ratios = [unit.as_integer_ratio() for unit in units]
    above, below = (np.array(part, dtype=float) for part in zip(*ratios, strict=True))
    np.save(path, counts * above / below)


def correct(frame: pandas.DataFrame, ledger: str, start: int, end: int) -> bool:
    """Whether a frame is the exchange's ledger, row by row."""
    import numpy as np

    times = frame.index.to_numpy().astype("datetime64[ms]").astype(np.int64)
    same: bool = np.array_equal(times, np.arange(start, end, MINUTE))
    return same and bool(np.array_equal(frame.to_numpy(), np.load(ledger)))


def session(url: str, folder: str) -> AsyncBybit:
    from bybit_async import AsyncBybit
    from bybit_async.environments import Environment

    environment = Environment(name="simulated", rest_url=url, public_url="ws://none", private_url="ws://none")
    return AsyncBybit(environment=environment, data_dir=folder)


async def ours(url: str, start: int, end: int, folder: str, ledger: str) -> dict[str, float]:
    import pandas  # noqa: F401 - what is imported is not what a download costs
    import pyarrow.parquet  # noqa: F401

    from bybit_async.data import (
        data,  # noqa: F401
        read_candles,
    )

    async with session(url, folder) as bybit:
        before = memory("VmRSS")
        started = time.perf_counter()
        frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
        seconds = time.perf_counter() - started
        grown = memory("VmHWM") - before
        assert correct(frame, ledger, start, end), "not the exchange's candles"
        assert not frame.attrs["gaps"]
        from_disk, from_memory, to_arrays = [], [], []
        for _ in range(7):
            bybit.data.memory.clear()
            started = time.perf_counter()
            frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
            from_disk.append(time.perf_counter() - started)
            assert frame.attrs["source"] == "store"
            assert correct(frame, ledger, start, end), "the store has other candles"
            started = time.perf_counter()
            frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
            from_memory.append(time.perf_counter() - started)
            assert frame.attrs["source"] == "memory"
            started = time.perf_counter()
            arrays = read_candles("BTCUSDT", "1m", start, end, identity=bybit.environment.identity, data_dir=folder)
            to_arrays.append(time.perf_counter() - started)
            assert arrays.close.tolist() == frame["close"].tolist()
    return {
        "seconds": seconds,
        "peak": grown,
        "disk": median(from_disk),
        "memory": median(from_memory),
        "arrays": median(to_arrays),
        "close": float(frame["close"].sum()),
    }


async def again(url: str, start: int, end: int, folder: str, ledger: str) -> dict[str, float]:
    """Fetch what is stored already, as tomorrow's process does."""
    async with session(url, folder) as bybit:
        frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
    assert correct(frame, ledger, start, end), "the store has other candles"
    return {}


async def bare(url: str, start: int, end: int) -> dict[str, float]:
    """Fetch the same pages and read nothing: what the server and the way to it take of everybody's time."""
    import aiohttp

    query = {"category": "linear", "symbol": "BTCUSDT", "interval": "1", "limit": "1000"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=12)) as client:

        async def page(opened: int) -> int:
            span = {"start": str(opened), "end": str(min(opened + 1000 * MINUTE, end) - 1)}
            async with client.get(f"{url}/v5/market/kline", params=query | span) as answer:
                return len(await answer.read())

        started = time.perf_counter()
        sizes = await asyncio.gather(*(page(opened) for opened in range(start, end, 1000 * MINUTE)))
        return {"seconds": time.perf_counter() - started, "bytes": sum(sizes)}


async def with_ccxt(url: str, start: int, end: int) -> dict[str, float]:
    import ccxt.async_support as ccxt
    import pandas as pd

    exchange = ccxt.bybit({"enableRateLimit": False, "options": {"fetchMarkets": {"types": ["linear"]}}})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
    exchange.has["fetchCurrencies"] = False
    try:
        await exchange.load_markets()
        before = memory("VmRSS")
        started = time.perf_counter()
        # With "until" it returns nothing but the last page of Bybit's, so it pages from `start` to the present.
        params = {"paginate": True, "paginationCalls": 100_000, "maxEntriesPerRequest": 1000}
        rows = await exchange.fetch_ohlcv("BTC/USDT:USDT", "1m", since=start, params=params)
        frame = pd.DataFrame(rows, columns=["time", "open", "high", "low", "close", "volume"])
        frame = frame[frame["time"] < end]
        frame = frame.set_index(pd.to_datetime(frame.pop("time"), unit="ms", utc=True))
        seconds = time.perf_counter() - started
    finally:
        await exchange.close()
    return {
        "seconds": seconds,
        "peak": memory("VmHWM") - before,
        "rows": len(frame),
        "close": float(frame["close"].sum()),
    }


def with_pybit(url: str, start: int, end: int) -> dict[str, float]:
    import pandas  # noqa: F401 - what is imported is not what a download costs
    from pybit.unified_trading import HTTP

    session = HTTP()
    session.endpoint = url
    before = memory("VmRSS")
    started = time.perf_counter()
    rows: list[list[str]] = []
    for opened in range(start, end, 1000 * MINUTE):
        last = min(opened + 999 * MINUTE, end - MINUTE)
        answer = session.get_kline(
            category="linear", symbol="BTCUSDT", interval="1", start=opened, end=last, limit=1000
        )
        rows += answer["result"]["list"][::-1]
    frame = pybit_frame(rows)
    return {
        "seconds": time.perf_counter() - started,
        "peak": memory("VmHWM") - before,
        "rows": len(frame),
        "close": float(frame["close"].sum()),
    }


def pybit_frame(rows: list[list[str]]) -> pandas.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=["time", "open", "high", "low", "close", "volume", "turnover"]).astype(float)
    return frame.set_index(pd.to_datetime(frame.pop("time"), unit="ms", utc=True))


def wire_to_frame(bodies: list[bytes]) -> dict[str, float]:
    """Return rows a second from the bytes of answers, a thousand candles each, to one frame, without any I/O."""
    import ccxt
    import msgspec
    import pandas as pd

    from bybit_async.api.market.klines import GET_KLINE
    from bybit_async.data.columns import join
    from bybit_async.data.frames import frame_of
    from bybit_async.data.rows import RawRows, read_rows
    from bybit_async.data.series import KINDS
    from bybit_async.transport.answer import read_answer

    endpoint = msgspec.structs.replace(GET_KLINE, result=RawRows)
    names = KINDS["klines"].numbers
    exchange = ccxt.bybit()

    def by_us() -> object:
        return frame_of(join([read_rows(read_answer(endpoint, body, {}).result, names) for body in bodies]))

    def by_ccxt() -> object:
        rows = []
        for body in bodies:
            page = exchange.parse_json(body.decode())["result"]["list"]
            rows += exchange.parse_ohlcvs(page, None, "1m", None, 1000)
        frame = pd.DataFrame(rows, columns=["time", "open", "high", "low", "close", "volume"])
        return frame.set_index(pd.to_datetime(frame.pop("time"), unit="ms", utc=True))

    def by_pybit() -> object:
        return pybit_frame([row for body in bodies for row in json.loads(body)["result"]["list"][::-1]])

    best = least({"ours": by_us, "ccxt": by_ccxt, "pybit": by_pybit})
    return {name: 1000 * len(bodies) / seconds for name, seconds in best.items()}


def least(works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least seconds of each: taken in turns, as others may use the machine meanwhile."""
    laps: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(10):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            laps[name].append(time.perf_counter() - started)
    return {name: min(taken) for name, taken in laps.items()}


def child(*words: str) -> dict[str, float]:
    """Run one part in a process of its own and return what it measured."""
    command = [sys.executable, "-m", "benchmarks.data", "--child", *words]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    if run.returncode:
        raise SystemExit(f"{words[0]} failed:\n{run.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return figures


class Server:
    """The exchange, in a process of its own."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.data", "--child", "serve"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # Both are pipes, as was asked for.
        self._orders, self._answers = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        self.url = self._answers.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.wait(30)
        self._answers.close()

    def ask(self, *words: object) -> int:
        """Give an order; return how many requests were served so far."""
        print(*words, file=self._orders, flush=True)
        return int(self._answers.readline())


def pages(url: str, start: int, count: int) -> list[bytes]:
    from urllib.request import urlopen

    bodies = []
    for opened in range(start, start + count * 1000 * MINUTE, 1000 * MINUTE):
        query = f"category=linear&symbol=BTCUSDT&interval=1&start={opened}&end={opened + 999 * MINUTE}&limit=1000"
        with urlopen(f"{url}/v5/market/kline?{query}") as answer:
            bodies.append(answer.read())
    return bodies


def report(days: int, laps: int) -> None:
    rows = days * 1440
    end = int(time.time() * 1000) // DAY * DAY
    span = (str(end - days * DAY), str(end))
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        ledger, store = f"{folder}/ledger.npy", f"{folder}/store-0"
        # The server makes its history on first use; nobody shall pay for that.
        server.ask("ledger", *span, ledger)
        child("bare", server.url, *span)
        wire = wire_to_frame(pages(server.url, int(span[0]), min(rows // 1000, 60)))
        found = download(server.url, span, folder, ledger, laps)
        sent = server.ask("requests")
        child("again", server.url, *span, store, ledger)
        assert server.ask("requests") == sent, "what was downloaded was asked for again"
        size = sum(path.stat().st_size for path in Path(store).rglob("*.parquet"))
    alone = found.pop("bare")["seconds"]
    mine = found["ours"]
    for name, other in found.items():
        assert abs(other["close"] - mine["close"]) < 1e-6 * mine["close"], f"{name} has other candles"
    print(f"{rows:,} candles of one minute ({days} days), {sys.version.split()[0]}")
    print("ours equals the exchange's ledger row by row; a second run sent no request\n")
    print(f"{'':22}{'ours':>14}{'ccxt':>14}{'pybit+pandas':>14}   ours/ccxt")
    line("wire to frame, rows/s", wire)
    line("download, rows/s", {name: rows / other["seconds"] for name, other in found.items()})
    line("download, seconds", {name: other["seconds"] for name, other in found.items()}, places=1)
    line("peak memory, MB", {name: other["peak"] / MEGABYTE for name, other in found.items()})
    print(f"\nthe server alone    {alone:.1f} s: the same pages, twelve at once, unread")
    print(f"from disk to frame  {1000 * mine['disk']:.1f} ms ({rows / mine['disk']:,.0f} rows/s)")
    print(f"from disk to arrays {1000 * mine['arrays']:.1f} ms, without a session")
    print(f"from memory         {1000 * mine['memory']:.2f} ms")
    print(f"on disk             {size / rows:.2f} bytes a candle")
    print("\nOurs keeps to Bybit's rate limits and stores what it fetches; the others do neither here.")


def download(url: str, span: tuple[str, str], folder: str, ledger: str, laps: int) -> dict[str, dict[str, float]]:
    """Let everybody download by turns; return the median of each figure."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in ("ours", "ccxt", "pybit", "bare")}
    for lap in range(laps):
        for name, figures in taken.items():
            words = [f"{folder}/store-{lap}", ledger] if name == "ours" else []
            figures.append(child(name, url, *span, *words))
    return {name: {key: median(lap[key] for lap in laps) for key in laps[0]} for name, laps in taken.items()}


def line(name: str, values: dict[str, float], *, places: int = 0) -> None:
    cells = "".join(f"{values[who]:>14,.{places}f}" for who in ("ours", "ccxt", "pybit"))
    print(f"{name:22}{cells}" + (f"{values['ours'] / values['ccxt']:>12.2f}" if values["ccxt"] else ""))


def measure(part: str, words: list[str]) -> dict[str, float]:
    """Run one part in this process."""
    url, span = words[0], (int(words[1]), int(words[2]))
    if part == "pybit":
        return with_pybit(url, *span)
    works: dict[str, Any] = {"ours": ours, "again": again, "ccxt": with_ccxt, "bare": bare}
    figures: dict[str, float] = asyncio.run(works[part](url, *span, *words[3:]))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--laps", type=int, default=3, help="downloads by each, in turns; the medians are printed")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.child:
        report(options.days, options.laps)
    elif options.child[0] == "serve":
        asyncio.run(serve())
    else:
        print(json.dumps(measure(options.child[0], options.child[1:])))


if __name__ == "__main__":
    main()
