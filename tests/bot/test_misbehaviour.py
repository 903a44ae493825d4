"""Strategies that raise, hang or flood are stopped alone, by name, while the others trade on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from decimal import Decimal

import pytest

from bybit_async.bot import Bot, ConfigurationManager
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.bot.strategies import BaseStrategy, BookStrategy, Decision
from bybit_async.bot.strategies.interruption import NoGivingWay, interruptible
from tests.bot.trading import calm_closes, exchange_with, until

D = Decimal


class Steady(BookStrategy):
    """Holds a little, in turns."""

    def decide_on_book(self, symbol, bids, asks, position):
        return Decision("SELL", reduce_only=True) if position > 0 else Decision("BUY", quantity=D("0.01"))


class Raising(BookStrategy):
    def decide_on_book(self, symbol, bids, asks, position):
        return 1 / 0


class Looping(BookStrategy):
    """Never gives way, and keeps every exception that it can."""

    def decide_on_book(self, symbol, bids, asks, position):
        while True:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001
                continue


class Waiting(BaseStrategy):
    async def generate_signals(self, symbol, data):
        await asyncio.Event().wait()
        return []


class Flooding(BookStrategy):
    def decide_on_book(self, symbol, bids, asks, position):
        return [Decision("BUY", quantity=D("0.001"), price=bids[0][0] - number) for number in range(100)]


def configured(folder, exchange, strategies, **engine):
    own = "tests.bot.test_misbehaviour"
    return ConfigurationManager.from_dict(
        {
            "exchange": {"address": exchange.environment.rest_url, **exchange.new_account(usdt="100000")},
            "engine": {"state_directory": str(folder), "strategy_timeout": 0.4} | engine,
            "risk": {"max_consecutive_losses": 10_000},
            "data": {"warm_up": 5, "directory": f"{folder}/data"},
            "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
            "strategies": {
                name: {"type": f"{own}:{name.capitalize()}" if ":" not in name else name} for name in strategies
            },
        }
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [("raising", "raised ZeroDivisionError"), ("looping", "did not give way"), ("flooding", "signals within a minute")],
)
async def test_it_is_stopped_alone_and_named(tmp_path, name, reason):
    async with exchange_with("BTCUSDT") as exchange:
        alerts = []
        options = {"max_signals_per_minute": 50} if name == "flooding" else {"max_signals_per_minute": 100_000}
        bot = Bot(configured(tmp_path, exchange, [name, "steady"], **options))
        bot.alerts.post = lambda level, text: alerts.append((level, text))
        async with bot:
            bot.risk.closes_from(calm_closes, 60_000)
            await until(lambda: bot.strategies.failures)
            assert list(bot.strategies.failures) == [name]
            assert reason in bot.strategies.failures[name]
            traded = len(bot.engine.get_trade_history())
            if name != "flooding":
                await until(lambda: len(bot.engine.get_trade_history()) > traded + 1)
            assert bot.strategies.get_strategy("steady").active
        assert any(level == "critical" and name in text for level, text in alerts)


async def test_a_strategy_that_waits_for_ever_is_stopped(tmp_path):
    async with exchange_with("BTCUSDT") as exchange:
        async with Bot(configured(tmp_path, exchange, ["waiting"])) as bot:
            await bot.strategies.generate_all_signals(["BTCUSDT"])
            assert "took longer than 0.4 s" in bot.strategies.failures["waiting"]


@pytest.mark.parametrize("type_", ["crosover", "no.such.module:X", "decimal:Decimal", "decimal:Nothing"])
def test_a_class_that_does_not_exist_is_a_wrong_configuration(type_):
    config = ConfigurationManager.from_dict({"strategies": {"mine": {"type": type_}}})
    with pytest.raises(ConfigurationInvalid, match=r"strategies\.mine\.type"):
        Bot(config)


def test_parameters_that_do_not_fit_are_a_wrong_configuration():
    parameters = {"fast_period": 50, "slow_period": 10}
    config = ConfigurationManager.from_dict({"strategies": {"ma": {"type": "crossover", "parameters": parameters}}})
    with pytest.raises(ConfigurationInvalid, match="fast_period"):
        Bot(config)


async def test_interruptible_passes_everything_else_on():
    async def work(value):
        await asyncio.sleep(0)
        try:
            await asyncio.sleep(0.01)
        finally:
            value.append("ended")
        return len(value)

    assert await interruptible(work([1]), 1.0) == 2
    seen: list = []
    task = asyncio.create_task(_through(work(seen)))
    await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["ended"]

    async def failing():
        await asyncio.sleep(0)
        raise KeyError("x")

    with pytest.raises(KeyError):
        await interruptible(failing(), 1.0)


async def _through(work):
    return await interruptible(work, 1.0)


async def test_what_arrives_too_late_arrives_nowhere():
    async def just_in_time(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass

    interrupted = 0
    for number in range(8):
        try:
            await interruptible(just_in_time(0.15 + number / 100), 0.1)
        except NoGivingWay:
            interrupted += 1
        for _ in range(10_000):
            pass
    assert interrupted > 0


PROFILED = """
import asyncio, sys
from bybit_async.bot.strategies.interruption import interruptible

async def step():
    await asyncio.sleep(0)

async def main():
    for _ in range(3):
        await interruptible(step(), 5.0)

asyncio.run(main())
sys.setprofile(lambda *_: None)
(lambda: None)()
sys.setprofile(None)
print("went on")
"""


def test_a_program_can_be_profiled_after_a_strategy_was_watched() -> None:
    # In a process of its own: the interpreter would turn in a circle that nothing in it can end.
    ran = subprocess.run([sys.executable, "-c", PROFILED], capture_output=True, text=True, timeout=30, check=True)
    assert ran.stdout.strip() == "went on"
