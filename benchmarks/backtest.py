"""``python -m benchmarks.backtest``: backtests of a year of minutes, beside other engines where they are installed.

``--peers FOLDER`` names a folder with one environment for each of backtrader, backtesting and vectorbt, made as

    python -m venv FOLDER/backtrader && FOLDER/backtrader/bin/pip install backtrader pandas

The row ``candidates`` is our own again, with a strategy that says in numpy where it may want something. An engine
counts only if its trades are ours: the same prices at the same minutes, under the same fill rule. Every run is in a
process of its own; import, loading and compiling are apart from the run. Seconds are of the processor, those of sweeps
of the clock: they mean something only on a machine that does nothing else. ``--parts`` chooses what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

SCENES = {
    "hourly": "SMA 10/50 of hours",
    "minutely": "SMA 50/200 of minutes, asked at each, stop and target",
}
PEERS = ("backtrader", "backtesting", "vectorbt")
PARTS = ("engines", "decade", "sweep", "dask")
YEAR = 365 * 24 * 60
_ENGINES = Path(__file__).with_name("backtest_engines.py")


def candles(count: int, seed: int = 1) -> np.ndarray:
    """Make up minutes: a random walk on a tick of 0.1 whose volatility is 50 % a year."""
    draw = np.random.default_rng(seed)
    close = np.round(30_000 * np.exp(np.cumsum(draw.normal(0, 0.0007, count))), 1)
    opened = np.concatenate([[30_000.0], close[:-1]])
    high = np.round(np.maximum(opened, close) * (1 + np.abs(draw.normal(0, 0.0003, count))), 1)
    low = np.round(np.minimum(opened, close) * (1 - np.abs(draw.normal(0, 0.0003, count))), 1)
    top, bottom = np.maximum(high, np.maximum(opened, close)), np.minimum(low, np.minimum(opened, close))
    return np.stack([opened, top, bottom, close, np.ones(count)])


def run(engine: str, scene: str, path: str, python: str) -> dict[str, Any]:
    """Run one engine in a process of its own; an engine that fails says how."""
    own = engine in ("bybit_async", "decade")
    environment = {**os.environ, "PYTHONPATH": str(_ENGINES.parent.parent) if own else ""}
    done = subprocess.run(
        [python, str(_ENGINES), engine, scene, path], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr else "no answer"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def agree(ours: list[list[float]], theirs: list[list[float]]) -> str:
    """Return how two lists of trades compare, in words; the same if a float's last digits are all that differs."""
    for number, (left, right) in enumerate(zip(ours, theirs, strict=False)):
        if not np.allclose(left, right, rtol=1e-9):
            return f"trade {number + 1} differs: {left} and {right}"
    # The last one may still be open for one of them.
    return "the same" if abs(len(ours) - len(theirs)) <= 1 else f"{len(ours)} and {len(theirs)} trades"


def compare(path: str, peers: Path | None, rounds: int, only: list[str]) -> None:
    """Print a table for each scene."""
    for scene, title in SCENES.items():
        mine = [run("bybit_async", scene, path, sys.executable) for _ in range(rounds)]
        if "failed" in mine[0]:
            raise SystemExit(mine[0]["failed"])
        base = median(each["run"] for each in mine)
        print(f"\n{title}: {len(mine[0]['trades'])} trades")
        print(f"{'engine':14} {'run s':>8} {'ratio':>7} {'import s':>9} {'prepare s':>9} {'peak MB':>8}  trades")
        _line("bybit_async", mine, base, "")
        if scene == "minutely":
            fewer = [run("bybit_async", "candidates", path, sys.executable) for _ in range(rounds)]
            _line("  candidates", fewer, base, agree(mine[0]["trades"], fewer[0]["trades"]))
        for peer in only if peers is not None else ():
            python = peers / peer / "bin" / "python" if peers is not None else Path()
            if not python.exists():
                print(f"{peer:14} has no environment in {peers}")
                continue
            theirs = [run(peer, scene, path, str(python)) for _ in range(1 if peer == "backtrader" else rounds)]
            if "failed" in theirs[0]:
                print(f"{peer:14} failed: {theirs[0]['failed']}")
                continue
            _line(peer, theirs, base, agree(mine[0]["trades"], theirs[0]["trades"]))


def _line(engine: str, found: list[dict[str, Any]], base: float, trades: str) -> None:
    took = median(each["run"] for each in found)
    others = (median(each[key] for each in found) for key in ("import", "prepare"))
    apart = " ".join(f"{value:9.2f}" for value in others)
    memory = median(each["megabytes"] for each in found)
    print(f"{engine:14} {took:8.2f} {took / base:6.1f}x {apart} {memory:8.0f}  {trades}")


def _sweep(path: str, sets: int, **how: Any) -> tuple[float, list[str]]:
    """Sweep on what `how` names; return the seconds it took and the hashes of all runs."""
    from bybit_async.bot import ConfigurationManager, MovingAverageCrossoverStrategy, sweep

    grid = {"fast_period": list(range(5, 5 + sets // 10)), "slow_period": list(range(50, 100, 5))}
    options: Any = {"interval": "60", "config": ConfigurationManager.from_dict({}), **how}
    frame = _frame(path)
    began = time.perf_counter()
    found = sweep(MovingAverageCrossoverStrategy, grid, frame, **options)
    return time.perf_counter() - began, [row.hash for row in found.rows]


def scaling(path: str, sets: int) -> None:
    """Print how much faster a sweep is on two processes."""
    (one, hashes), (two, same) = (_sweep(path, sets, workers=workers) for workers in (1, 2))
    print(f"\nsweep of {len(hashes)} parameter sets: {one:.1f} s on one process, {two:.1f} s on two, ", end="")
    print(f"{one / two:.2f} times as fast, results {'the same' if hashes == same else 'DIFFER'}")


def cluster(path: str, sets: int) -> None:
    """Print what Dask's local cluster costs beside two processes of our own; its start is apart."""
    from dask.distributed import Client, LocalCluster

    plain, hashes = _sweep(path, sets, workers=2)
    began = time.perf_counter()
    # The package tells type checkers nothing.
    made: Any = LocalCluster
    connected: Any = Client
    with made(n_workers=2, threads_per_worker=1, dashboard_address=None) as here, connected(here) as client:
        started = time.perf_counter() - began
        on_cluster, same = _sweep(path, sets, executor=client.get_executor())
    print(f"\nsweep of {len(hashes)} parameter sets: {plain:.1f} s on two processes, ", end="")
    print(
        f"{on_cluster:.1f} s on two workers of Dask (started in {started:.1f} s): {on_cluster / plain - 1:+.0%}, ",
        end="",
    )
    print(f"results {'the same' if hashes == same else 'DIFFER'}")


def decade(path: str, scene: str) -> None:
    """Print time and memory of ten times as many candles, in a process of its own."""
    found = run("decade", scene, path, sys.executable)
    if "failed" in found:
        raise SystemExit(found["failed"])
    print(f"\nten times as many candles: {found['run']:.2f} s, {found['megabytes']:.0f} MB at most")


def _frame(path: str) -> Any:
    from benchmarks.backtest_engines import frame_of

    return frame_of(path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest", description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder with an environment for each of the other engines")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(PEERS), choices=PEERS, help="engines to compare with")
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=PARTS, help="all by default")
    parser.add_argument("--quick", action="store_true", help="a month instead of a year, 40 parameter sets")
    given = parser.parse_args()
    print(f"date: {time.strftime('%Y-%m-%d')}, python {platform.python_version()}, {os.cpu_count()} cores, ", end="")
    print(f"load before {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/candles.npy"
        np.save(path, candles(30 * 24 * 60 if given.quick else YEAR))
        sets = 40 if given.quick else 200
        if "engines" in given.parts:
            compare(path, given.peers, given.rounds, given.only)
        if "decade" in given.parts:
            decade(path, "minutely" if given.quick else "hourly")
        if "sweep" in given.parts:
            scaling(path, sets)
        if "dask" in given.parts:
            cluster(path, sets)


if __name__ == "__main__":
    main()
