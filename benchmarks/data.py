"""History: wire to frame, cache to frame, bytes on disk and peak memory, beside ccxt and pybit on the same server.

    python benchmarks/data.py             # a year of one-minute candles
    python benchmarks/data.py --days 30

Every downloader runs in a process of its own, so that its memory is its own; the simulated exchange runs in another.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

DAY = 86_400_000
MINUTE = 60_000
MEGABYTE = 1 << 20


def peak() -> int:
    """Return the most memory that this process has used so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def serve() -> None:
    from bybit_async.simulator import MarketSettings, SimulatedExchange

    quiet = MarketSettings(makers=None, step=60_000)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], market=quiet, host_limit=None) as exchange:
        print(exchange.environment.rest_url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def ours(url: str, start: int, end: int, folder: str) -> dict[str, float]:
    import pandas  # noqa: F401 - what is imported is not what a download costs
    import pyarrow.parquet  # noqa: F401

    from bybit_async import AsyncBybit
    from bybit_async.data import data  # noqa: F401
    from bybit_async.environments import Environment

    environment = Environment(name="simulated", rest_url=url, public_url="ws://none", private_url="ws://none")
    async with AsyncBybit(environment=environment, data_dir=folder) as bybit:
        before = peak()
        started = time.perf_counter()
        frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
        seconds = time.perf_counter() - started
        grown = peak() - before
        assert len(frame) == (end - start) // MINUTE
        assert not frame.attrs["gaps"]
        from_disk, from_memory = [], []
        for _ in range(7):
            bybit.data.memory.clear()
            started = time.perf_counter()
            frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
            from_disk.append(time.perf_counter() - started)
            assert frame.attrs["source"] == "store"
            started = time.perf_counter()
            frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
            from_memory.append(time.perf_counter() - started)
            assert frame.attrs["source"] == "memory"
    return {
        "seconds": seconds,
        "peak": grown,
        "disk": median(from_disk),
        "memory": median(from_memory),
        "close": float(frame["close"].sum()),
    }


async def with_ccxt(url: str, start: int, end: int) -> dict[str, float]:
    import ccxt.async_support as ccxt
    import pandas as pd

    exchange = ccxt.bybit({"enableRateLimit": False, "options": {"fetchMarkets": {"types": ["linear"]}}})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
    exchange.has["fetchCurrencies"] = False
    try:
        await exchange.load_markets()
        before = peak()
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
        "peak": peak() - before,
        "rows": len(frame),
        "close": float(frame["close"].sum()),
    }


def with_pybit(url: str, start: int, end: int) -> dict[str, float]:
    import pandas as pd
    from pybit.unified_trading import HTTP

    session = HTTP()
    session.endpoint = url
    before = peak()
    started = time.perf_counter()
    rows: list[list[str]] = []
    for opened in range(start, end, 1000 * MINUTE):
        last = min(opened + 999 * MINUTE, end - MINUTE)
        answer = session.get_kline(
            category="linear", symbol="BTCUSDT", interval="1", start=opened, end=last, limit=1000
        )
        rows += answer["result"]["list"][::-1]
    frame = pybit_frame(pd, rows)
    return {
        "seconds": time.perf_counter() - started,
        "peak": peak() - before,
        "rows": len(frame),
        "close": float(frame["close"].sum()),
    }


def pybit_frame(pd, rows):  # noqa: ANN001, ANN201 - pandas is imported late
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
        return pybit_frame(pd, [row for body in bodies for row in json.loads(body)["result"]["list"][::-1]])

    works = {"ours": by_us, "ccxt": by_ccxt, "pybit": by_pybit}
    return {name: 1000 * len(bodies) / timed(work) for name, work in works.items()}


def timed(work) -> float:  # noqa: ANN001
    work()
    laps = []
    for _ in range(9):
        started = time.perf_counter()
        work()
        laps.append(time.perf_counter() - started)
    return min(laps)  # on a machine that others use too, the least disturbed one


def child(*words: str) -> dict[str, float]:
    """Run one part in a process of its own and return what it measured."""
    run = subprocess.run(
        [sys.executable, __file__, "--child", *words], capture_output=True, text=True, check=False, timeout=1800
    )
    if run.returncode:
        raise SystemExit(f"{words[0]} failed:\n{run.stderr[-2000:]}")
    return json.loads(run.stdout.splitlines()[-1])


@contextlib.contextmanager
def server():  # noqa: ANN201
    command = [sys.executable, __file__, "--child", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def pages(url: str, start: int, count: int) -> list[bytes]:
    from urllib.request import urlopen

    bodies = []
    for opened in range(start, start + count * 1000 * MINUTE, 1000 * MINUTE):
        query = f"category=linear&symbol=BTCUSDT&interval=1&start={opened}&end={opened + 999 * MINUTE}&limit=1000"
        with urlopen(f"{url}/v5/market/kline?{query}") as answer:
            bodies.append(answer.read())
    return bodies


def report(days: int) -> None:
    rows = days * 1440
    end = int(time.time() * 1000) // DAY * DAY
    span = (str(end - days * DAY), str(end))
    with server() as url, tempfile.TemporaryDirectory() as folder:
        wire = wire_to_frame(pages(url, int(span[0]), min(rows // 1000, 60)))
        child("pybit", url, *span)  # the server makes its history on first use; nobody shall pay for that
        found = {
            "ours": child("ours", url, *span, folder),
            "ccxt": child("ccxt", url, *span),
            "pybit": child("pybit", url, *span),
        }
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
    mine = found["ours"]
    for name, other in found.items():
        assert abs(other["close"] - mine["close"]) < 1e-6 * mine["close"], f"{name} has other candles"
    print(f"{rows:,} candles of one minute ({days} days), {sys.version.split()[0]}\n")
    print(f"{'':22}{'ours':>14}{'ccxt':>14}{'pybit+pandas':>14}   ours/ccxt")
    line("wire to frame, rows/s", wire, wire["ours"] / wire["ccxt"])
    rates = {name: rows / other["seconds"] for name, other in found.items()}
    line("download, rows/s", rates, rates["ours"] / rates["ccxt"])
    line("download, seconds", {name: other["seconds"] for name, other in found.items()}, None, places=1)
    peaks = {name: other["peak"] / MEGABYTE for name, other in found.items()}
    line("peak memory, MB", peaks, peaks["ours"] / peaks["ccxt"])
    print(f"\nfrom disk to frame {1000 * mine['disk']:.1f} ms ({rows / mine['disk']:,.0f} rows/s)")
    print(f"from memory        {1000 * mine['memory']:.2f} ms")
    print(f"on disk            {size / rows:.2f} bytes a candle")
    print("\nOurs keeps to Bybit's rate limits and stores what it fetches; the others do neither here.")


def line(name: str, values: dict[str, float], ratio: float | None, *, places: int = 0) -> None:
    cells = "".join(f"{values[who]:>14,.{places}f}" for who in ("ours", "ccxt", "pybit"))
    print(f"{name:22}{cells}" + (f"{ratio:>12.2f}" if ratio is not None else ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.child:
        report(options.days)
        return
    part, *words = options.child
    span = [int(word) for word in words[1:3]]
    if part == "serve":
        asyncio.run(serve())
    elif part == "ours":
        print(json.dumps(asyncio.run(ours(words[0], *span, words[3]))))
    elif part == "ccxt":
        print(json.dumps(asyncio.run(with_ccxt(words[0], *span))))
    else:
        print(json.dumps(with_pybit(words[0], *span)))


if __name__ == "__main__":
    main()
