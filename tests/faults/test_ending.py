"""A session that ends in the middle of everything: nothing hangs, nothing is left, and no order is called failed."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from bybit_async.errors import BybitError, OutcomeUnknown
from bybit_async.session import AsyncBybit
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.stream.settings import StreamSettings
from tests.faults.trading import CREATE, LINEAR, OPEN, RESTING, trading
from tests.steady import steady

DESCRIPTORS = Path("/proc/self/fd")


def _sockets() -> int:
    count = 0
    for entry in DESCRIPTORS.iterdir():
        try:
            count += os.readlink(entry).startswith("socket:")
        except FileNotFoundError:
            continue
    return count


def _ours() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("bybit_async")]


@pytest.mark.parametrize("via", ["rest", "websocket"])
async def test_closing_with_calls_in_flight_ends_every_one_at_once(via: Any) -> None:
    async with trading(orders_via=via, rate_limits=True) as t, steady() as clock:
        await t.trade.place_order(**RESTING)
        t.fault(path="*", action="half-open", executed=True)
        calls: list[asyncio.Task[Any]]
        calls = [asyncio.create_task(t.trade.place_order(**RESTING, timeout=30)) for _ in range(30)]
        calls += [asyncio.create_task(t.bybit.request("GET", OPEN, LINEAR, timeout=30)) for _ in range(10)]
        await asyncio.sleep(0.1)
        started = clock()
        await t.bybit.aclose()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert clock() - started < 2
        assert all(isinstance(outcome, BybitError) for outcome in outcomes)
        assert _ours() == []
        # What arrived is called unknown, not failed.
        unknown = {outcome.order_link_id for outcome in outcomes if isinstance(outcome, OutcomeUnknown)}
        assert {order.link_id for order in t.ledger()[1:]} <= unknown


async def test_closing_while_connecting_or_backing_off_ends_at_once() -> None:
    async with trading(attempts=10) as t, steady() as clock:
        t.fault(path=OPEN, action="code", code=10429)
        call = asyncio.create_task(t.bybit.request("GET", OPEN, LINEAR, timeout=30))
        while not t.sent[OPEN] > 2:  # noqa: ASYNC110 - it counts what was sent
            await asyncio.sleep(0.01)
        started = clock()
        await t.bybit.aclose()
        with pytest.raises(BybitError):
            await call
        assert clock() - started < 0.5


async def test_a_host_that_never_answers_the_handshake_does_not_hold_up_the_end() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with trading() as t, steady() as clock:
            from msgspec.structs import replace

            environment = replace(t.exchange.environment, rest_url=f"https://127.0.0.1:{port}")
            bybit = AsyncBybit(environment=environment)
            call = asyncio.create_task(bybit.market.get_server_time(timeout=30))
            await asyncio.sleep(0.1)
            started = clock()
            await bybit.aclose()
            with pytest.raises(BybitError):
                await call
            assert clock() - started < 1
            assert _ours() == []


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="needs /proc")
async def test_many_sessions_leave_no_socket_and_no_task() -> None:
    async with SimulatedExchange(seed=7, rate_limits=False, host_limit=None) as exchange:
        credentials = exchange.new_account(usdt="100000")
        before = 0
        for number in range(22):
            bybit = AsyncBybit(
                environment=exchange.environment, orders_via="websocket", stream_settings=StreamSettings(proxy=None),
                **credentials,
            )  # fmt: skip
            async with bybit, bybit.live_account(categories=("linear",)):
                await asyncio.gather(*(bybit.trade.get_open_orders(**LINEAR) for _ in range(5)))
                await bybit.trade.place_order(**RESTING)
            await asyncio.sleep(0.01)
            assert _ours() == []
            if number == 1:
                before = _sockets()
        async with asyncio.timeout(5):
            # The exchange's ends close when it hears of it.
            while _sockets() > before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", range(8))
async def test_cancellation_at_any_moment_leaves_nothing_behind(seed: int) -> None:
    dice = random.Random(seed)
    async with trading(orders_via="websocket" if seed % 2 else "rest", timeout=1.0) as t:
        t.bybit._inquiry._patience = 0.1
        t.exchange.faults.add(Rule(path="/v5/*", probability=0.3, action="drop-after"))
        loop = asyncio.get_running_loop()
        for _ in range(25):
            call: Any = dice.choice(
                [
                    lambda: t.trade.place_order(**RESTING),
                    lambda: t.bybit.request("GET", OPEN, LINEAR),
                    lambda: t.trade.cancel_all_orders(**LINEAR),
                ]
            )
            task = asyncio.create_task(call())
            loop.call_later(dice.random() * 0.03, task.cancel)
            await asyncio.wait({task}, timeout=2)
            assert task.done()
            if not task.cancelled():
                assert task.exception() is None or isinstance(task.exception(), BybitError)
        t.exchange.faults.clear()
        # The session still works, and no answer of a cancelled call met another one.
        ack = await t.trade.place_order(**RESTING, order_link_id="after")
        assert [order.order_id for order in t.ledger("after")] == [ack.order_id]
    assert _ours() == []


async def test_cancellation_at_each_step_of_a_call() -> None:
    async with trading() as t:
        for turns in range(40):
            task = asyncio.create_task(t.trade.place_order(**RESTING, order_link_id=f"link-{turns}"))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=1)
            assert task.done()
        await t.trade.get_open_orders(**LINEAR)
        links = [order.link_id for order in t.ledger()]
        assert len(links) == len(set(links))
        assert t.sent[CREATE] <= 40


def test_a_loop_that_is_shut_down_leaves_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with asyncio.Runner(debug=True) as runner:
            exchange = SimulatedExchange(seed=7, host_limit=None)
            runner.run(exchange.open())

            async def abandon() -> None:
                bybit = AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="100000"))
                async with bybit:
                    exchange.faults.add(Rule(path=CREATE, action="half-open"))
                    tasks = [asyncio.create_task(bybit.trade.place_order(**RESTING)) for _ in range(5)]
                    await asyncio.sleep(0.05)
                    for task in tasks:
                        task.cancel()

            runner.run(abandon())
            runner.run(exchange.close())
        gc.collect()


_SCRIPT = """
import asyncio, sys
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange

async def main():
    async with SimulatedExchange(seed=7, host_limit=None, rate_limits=False) as exchange:
        credentials = exchange.new_account(usdt="100000")
        async with AsyncBybit(environment=exchange.environment, orders_via=sys.argv[1], **credentials) as bybit:
            async with bybit.live_account(categories=("linear",)) as account:
                async def trade():
                    while True:
                        await bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy",
                                                      order_type="Limit", qty="0.01", price="20000")
                async def look():
                    async for event in account.events():
                        pass
                print("ready", flush=True)
                await asyncio.gather(trade(), trade(), look())

try:
    asyncio.run(main(), debug=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("via", ["rest", "websocket"])
@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_the_program_quietly(via: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-X", "dev", "-c", _SCRIPT, via],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=15)
    finally:
        process.kill()
        process.wait()
    assert "interrupted" in output
    for word in ("never retrieved", "was destroyed", "ResourceWarning", "Traceback"):
        assert word not in errors, errors
