"""Servers and clients in processes of their own, each on its core, taking turns."""

from __future__ import annotations

import gc
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

ROOT = Path(__file__).parent.parent
_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SERVER_CORE = _CORES[0] if _CORES else 0
CLIENT_CORE = _CORES[-1] if _CORES else 0

# The same allocator thresholds for every client: with glibc's own, reads of 256 kB cost page faults in some processes
# and none in others, which moves a fast client's figure by half for no reason of its own.
_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "67108864",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_TOP_PAD_": "67108864",
}


class Run(msgspec.Struct, frozen=True):
    """How thoroughly to measure.

    Attributes:
        rounds: how often every client has its turn.
        quick: shorter turns and fewer variants, for a run under a minute.
    """

    rounds: int = 5
    quick: bool = False

    @property
    def seconds(self) -> float:
        """How long one phase of a turn lasts."""
        return 0.25 if self.quick else 0.8


def start(core: int, module: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start ``python -m module`` on a core."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    if _CORES:
        command = ["taskset", "-c", str(core), *command]
    return subprocess.Popen(command, cwd=ROOT, text=True, env={**os.environ, **_ENVIRONMENT}, **options)


@contextmanager
def server(module: str, *arguments: object) -> Iterator[tuple[int, int]]:
    """Run a server on the server's core; yields its port and process id."""
    port = free_port()
    process = start(SERVER_CORE, module, port, *arguments)
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def unverified() -> ssl.SSLContext:
    """Return a context that trusts whatever a server of these benchmarks shows."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def certificate() -> Iterator[tuple[str, str]]:
    """Make a certificate of our own for 127.0.0.1."""
    with tempfile.TemporaryDirectory() as folder:
        key, cert = Path(folder, "key"), Path(folder, "cert")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "9",
             "-subj", "/CN=127.0.0.1"],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        yield str(cert), str(key)


def turn(module: str, *arguments: object, timeout: float = 60.0) -> dict[str, float] | None:
    """Let a client measure itself on the client's core; None, with its last words on stderr, when it failed."""
    process = start(CLIENT_CORE, module, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    lines = out.strip().splitlines()
    if process.returncode != 0 or not lines:
        print(f"failed: {' '.join(map(str, arguments))}\n{err[-600:]}", file=sys.stderr)
        return None
    sample: dict[str, float] = json.loads(lines[-1])
    return sample


def rounds_of(run: Run, names: Sequence[str], measure: Callable[[str], Mapping[str, float] | None]) -> Any:
    """Let every client have its turn in every round, beginning with another one each time."""
    found: dict[str, list[Mapping[str, float]]] = {name: [] for name in names}
    for number in range(run.rounds):
        at = number * 7 % len(names) if names else 0
        for name in [*names[at:], *names[:at]]:
            if len(found[name]) == number:  # one that failed before is left out
                sample = measure(name)
                if sample is not None:
                    found[name].append(sample)
    return found


def timed(run: Run, cases: Mapping[str, Callable[[], object]], *, per: int = 1) -> dict[str, list[dict[str, float]]]:
    """Time functions in this process, in turns; samples hold the microseconds per call, divided by `per`."""
    target = 0.02 if run.quick else 0.1
    repeats = {name: _repeats(case, target) for name, case in cases.items()}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in cases}
    for _ in range(max(run.rounds, 3)):
        for name, case in cases.items():
            gc.collect()
            began = time.perf_counter()
            for _ in range(repeats[name]):
                case()
            found[name].append({"us": (time.perf_counter() - began) / repeats[name] / per * 1e6})
    return found


def _repeats(case: Callable[[], object], target: float) -> int:
    case()
    count, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < target / 10 or not count:
        case()
        count += 1
    return max(1, int(target * count / spent))


def pin(core: int = CLIENT_CORE) -> None:
    """Keep this process on one core."""
    if _CORES:
        os.sched_setaffinity(0, {core})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 15.0) -> None:
    """Wait until something listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the server did not start")


def cpu_seconds(pid: int) -> float:
    """Return the processor time another process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(sample: Mapping[str, float]) -> None:
    """End a client: print its figures and leave at once, whatever still runs."""
    print(json.dumps(sample), flush=True)
    os._exit(0)


__all__ = ["Run", "median", "pin", "report", "rounds_of", "server", "timed", "turn"]
