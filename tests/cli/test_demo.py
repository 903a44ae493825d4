"""The demo, as a newcomer starts it."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
from decimal import Decimal
from typing import Any

import httpx
import pytest
from rich.console import Console

from bybit_async.cli.demo import run
from bybit_async.cli.demo.day import Day
from bybit_async.cli.demo.screen import Screen, levels
from bybit_async.cli.drawing import drawn
from bybit_async.models.position import Position
from bybit_async.models.stream_private import PositionData
from bybit_async.simulator import SimulatedExchange


async def test_the_day_balances_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    code = await run(seed=7, pace=0, console=Console(width=200))
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "Everything balanced" in printed.splitlines()[-1]
    assert "fills once: yes" in printed


async def test_the_screen_draws_book_tickers_and_account() -> None:
    console = Console(width=160, record=True, force_terminal=True, file=open("/dev/null", "w"))  # noqa: SIM115, ASYNC230
    with console.file:
        assert await run(seed=3, pace=0, console=console) == 0
        drawn = console.export_text()
    for expected in ("BTCUSDT book", "Tickers", "equity", "Every connection cut"):
        assert expected in drawn


@pytest.mark.parametrize(
    "position",
    [
        Position(symbol="BTCUSDT", position_idx=0, side="Buy", size=Decimal("0.02"), avg_price=Decimal(61234)),
        PositionData(symbol="BTCUSDT", side="Buy", size=Decimal("0.02"), entry_price=Decimal(61234)),
    ],
    ids=["from REST", "from the stream"],
)
def test_the_screen_draws_a_position_wherever_it_comes_from(position: Any) -> None:
    day = Day(pace=0)
    day.seen.position = position
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(Screen(day, console)._draw())
    drawn = console.export_text()
    assert "Buy 0.02" in drawn
    assert "61234" in drawn


async def test_a_small_terminal_shows_the_account_and_every_step() -> None:
    console = Console(width=80, height=24, record=True, force_terminal=True, file=io.StringIO())
    day = Day(pace=0)
    screen = Screen(day, console)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT", "ETHUSDT", "SOLUSDT"]) as exchange:
        await day.play(exchange)
    screen.summary()
    lines = console.export_text().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for expected in ("Account", "equity", "profit", *(step.title for step in day.steps)):
        assert expected in text
    assert len(day.steps) == 7


@pytest.mark.parametrize(("height", "shown"), [(10, 1), (24, 3), (30, 6), (60, 8)])
def test_the_book_leaves_room_for_the_steps(height: int, shown: int) -> None:
    assert levels(height, steps=7) == shown


async def test_a_screen_that_can_not_be_drawn_is_told() -> None:
    def fail() -> str:
        raise KeyError("mine")

    console = Console(force_terminal=True, file=io.StringIO())
    with pytest.raises(KeyError, match="mine"):
        async with drawn(fail, console, per_second=8):
            pass


async def test_a_day_that_goes_wrong_is_not_balanced() -> None:
    day = Day(pace=0, patience=0.5)
    async with SimulatedExchange(seed=7, symbols=["ETHUSDT"]) as exchange:
        await day.play(exchange)
    assert not day.balanced
    assert day.steps[-1].ok is False


@pytest.mark.usefixtures("interruptible")
@pytest.mark.usefixtures("interruptible")
async def test_the_simulate_command_serves_until_it_is_told_to_stop() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from bybit_async.cli import main; main()", "simulate", "--port", "0", "--seconds", "20",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = b""
        while b"http://" not in url:
            url = await asyncio.wait_for(process.stdout.readline(), 20)
            assert url or not process.stdout.at_eof(), "the command ended early"
        address = "http://" + url.decode().split("http://")[1].split()[0]
        async with httpx.AsyncClient(base_url=address) as client:
            assert (await client.get("/v5/market/time")).json()["retCode"] == 0
        process.send_signal(signal.SIGINT)
        rest = await asyncio.wait_for(process.stdout.read(), 20)
        assert await process.wait() == 0
        assert b"stopped" in rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_taken_port_is_named() -> None:
    async with SimulatedExchange(seed=1) as exchange:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from bybit_async.cli import main; main()", "simulate", "--port", str(exchange.port),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        printed, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert str(exchange.port).encode() in printed
