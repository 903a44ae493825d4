"""The hard parts of a blocking session: interrupts, forks, exits, many threads, many sessions."""

import asyncio
import errno
import gc
import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from bybit_async import Bybit, BybitError, SessionClosed, TransportError
from bybit_async.bridge import portal as portal_module
from bybit_async.bridge.portal import Portal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def deaf():
    """An address that accepts connections and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def elsewhere(served, url):
    from msgspec.structs import replace

    return replace(served.environment, rest_url=url)


def interrupt_once(condition):
    def work():
        deadline = time.monotonic() + 10
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_cancels_the_call_and_the_session_stays_usable(served, deaf):
    started = time.monotonic()
    with Bybit(environment=elsewhere(served, deaf), timeout=30) as bybit:
        portal = bybit._link.portal
        thread = interrupt_once(lambda: len(portal._pending) == 1)
        with pytest.raises(KeyboardInterrupt):
            bybit.market.get_server_time()
        thread.join()
        assert time.monotonic() - started < 10
        assert portal._pending == set()
        # Nothing of the call is left on the loop, and its loop still takes calls.
        assert portal.run(lambda: [t.get_name() for t in asyncio.all_tasks() if "Call" in t.get_name()]) == []
        with pytest.raises(TransportError):
            bybit.market.get_server_time(timeout=0.05)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_stream_goes_on(bybit):
    with bybit.stream.orders() as orders:
        thread = interrupt_once(lambda: len(bybit._link.portal._pending) == 1)
        with pytest.raises(KeyboardInterrupt):
            next(orders)
        thread.join()
        bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")
        assert next(orders).symbol == "BTCUSDT"


def test_closing_ends_the_calls_of_other_threads(served, deaf):
    bybit = Bybit(environment=elsewhere(served, deaf), timeout=30)
    ended = queue.Queue()

    def call():
        try:
            bybit.market.get_server_time()
        except BybitError as error:
            ended.put(error)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(bybit._link.portal._pending) < 4:
        time.sleep(0.005)
    bybit.close()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert ended.qsize() == 4


def test_a_call_that_never_began_ends_when_the_loop_is_gone():
    portal = Portal()
    portal.run(lambda: None)
    blocked, release = threading.Event(), threading.Event()

    def block():
        blocked.set()
        release.wait(10)

    first = threading.Thread(target=portal.run, args=(block,))
    first.start()
    blocked.wait(5)
    errors = queue.Queue()

    def late():
        try:
            portal.run(asyncio.sleep, 60)
        except SessionClosed as error:
            errors.put(error)

    second = threading.Thread(target=late)
    second.start()
    while len(portal._pending) < 2:
        time.sleep(0.005)
    closer = threading.Thread(target=portal.close)
    closer.start()
    release.set()
    for thread in (first, second, closer):
        thread.join(10)
        assert not thread.is_alive()
    assert errors.qsize() == 1


FORK = """
    import os, sys, warnings
    warnings.simplefilter("ignore")
    from bybit_async import Bybit, Environment, SessionClosed
    place = Environment(name="here", rest_url=sys.argv[1], public_url="ws://x", private_url="ws://x")
    used, unused = Bybit(environment=place), Bybit(environment=place)
    used.get_server_time()
    child = os.fork()
    if child == 0:
        try:
            used.get_server_time()
        except SessionClosed as error:
            print("refused:", error)
        used.close()
        print("fresh:", unused.get_server_time() > 0)
        sys.exit(0)
    print("parent:", os.waitpid(child, 0)[1], used.get_server_time() > 0, flush=True)
"""

EXIT = """
    import sys, threading
    from bybit_async import Bybit, Environment
    place = Environment(name="here", rest_url=sys.argv[1], public_url=sys.argv[2], private_url="ws://x")
    bybit = Bybit(environment=place)
    print(bybit.get_server_time() > 0, flush=True)
    seen = threading.Event()
    stream = bybit.stream.on_tickers("BTCUSDT", category="linear", callback=lambda ticker: seen.set())
    print(seen.wait(10), flush=True)
    {end}
"""


def run_program(text, *arguments):
    program = textwrap.dedent(text)
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", program, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_is_told_and_may_start_its_own(served):
    done = run_program(FORK, served.environment.rest_url)
    assert done.returncode == 0, done.stderr
    assert "refused: this session was used before the process forked" in done.stdout
    assert "fresh: True" in done.stdout
    assert "parent: 0 True" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "del bybit", "bybit.close()"])
def test_the_interpreter_exits_in_silence(served, end):
    began = time.monotonic()
    done = run_program(EXIT.replace("{end}", end), served.environment.rest_url, served.environment.public_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["True", "True"]
    assert time.monotonic() - began < 20


def test_sixteen_threads_share_one_session(bybit):
    errors, done = queue.Queue(), queue.Queue()

    def trader():
        ack = bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.001")
        [order] = bybit.trade.get_order_history(category="linear", order_id=ack.order_id)
        assert order.order_link_id == ack.order_link_id
        return ack.order_id

    def reader():
        [ticker] = bybit.market.get_tickers(category="linear", symbol="ETHUSDT")
        assert ticker.symbol == "ETHUSDT"
        assert len(list(bybit.market.get_instruments_info(category="linear"))) == 2

    def watcher():
        with bybit.stream.tickers("BTCUSDT", category="linear", timeout=20) as tickers:
            assert next(tickers).symbol == "BTCUSDT"
        with bybit.stream.order_book("ETHUSDT", category="linear", depth=50) as book:
            assert book.read(lambda book: book.best_bid.price < book.best_ask.price)

    def listener():
        seen = threading.Event()
        with bybit.stream.on_tickers("BTCUSDT", category="linear", callback=lambda ticker: seen.set()):
            assert seen.wait(20)

    def work(task):
        try:
            for _ in range(5):
                done.put(task())
        except BaseException as error:  # noqa: BLE001  the main thread judges it
            errors.put(error)

    threads = [threading.Thread(target=work, args=(task,)) for task in (trader, reader, watcher, listener) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(45)
    assert not any(thread.is_alive() for thread in threads)
    assert list(errors.queue) == []
    orders = [order for order in done.queue if order is not None]
    assert len(set(orders)) == len(orders) == 20
    assert bybit._link.portal._pending == set()


def descriptors():
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_a_thousand_sessions_leave_nothing_behind(served):
    def open_and_close(number):
        bybit = Bybit(environment=served.environment)
        bybit.get_server_time()
        if number % 100 == 0:
            with bybit.stream.trades("BTCUSDT", category="linear"):
                pass
        if number % 3:
            bybit.close()

    def settled(wanted):
        deadline = time.monotonic() + 10
        while threading.active_count() > wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        return threading.active_count()

    for number in range(100):
        open_and_close(number)
    gc.collect()
    threads = settled(threading.active_count() - 1) if threading.active_count() > 3 else threading.active_count()
    before = descriptors(), resident()
    for number in range(900):
        open_and_close(number)
    gc.collect()
    assert settled(threads) <= threads
    # The exchange's ends close when it hears of it.
    deadline = time.monotonic() + 10
    while descriptors() > before[0] + 2:
        assert time.monotonic() < deadline, f"{descriptors()} descriptors, {before[0]} before"
        time.sleep(0.01)
    assert resident() - before[1] < 8_000_000


def test_a_loop_that_cannot_start_fails_the_call_and_the_next_one_tries_again(served, monkeypatch):
    run = portal_module.anyio.run

    def no_files(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    bybit = Bybit(environment=served.environment)
    monkeypatch.setattr(portal_module.anyio, "run", no_files)
    with pytest.raises(OSError, match="Too many open files"):
        bybit.market.get_server_time()
    monkeypatch.setattr(portal_module.anyio, "run", run)
    assert bybit.market.get_server_time()
    bybit.close()


def test_a_call_that_comes_while_the_loop_ends_is_told_so():
    portal = Portal()
    loop = portal.run(asyncio.get_running_loop)
    late = []

    def call():
        try:
            portal.run(time.monotonic)
        except SessionClosed as error:
            late.append(error)

    # The loop's own thread closes it, so that nobody waits there; the calls come in its last turns.
    callers = [threading.Thread(target=call, daemon=True) for _ in range(20)]
    loop.call_soon_threadsafe(portal.close)
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(5)
    assert not any(caller.is_alive() for caller in callers)
    assert portal._pending == set()
