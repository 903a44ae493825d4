"""The examples do what they say, on a simulated exchange."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange

EXAMPLES = Path(__file__).parent.parent / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_watch_book(capsys: pytest.CaptureFixture[str]) -> None:
    async with SimulatedExchange(seed=7) as exchange, AsyncBybit(environment=exchange.environment) as bybit:
        await load("watch_book").watch(bybit, changes=3)
    assert capsys.readouterr().out.count("imbalance") == 3


async def test_quote_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    async with SimulatedExchange(seed=7) as exchange:
        keys = exchange.new_account(usdt="10000")
        async with AsyncBybit(environment=exchange.environment, **keys) as bybit:
            await load("quote_both_sides").run(bybit, seconds=1.5)
        states = [order.status for order in exchange.orders]
    assert len(states) >= 2
    assert set(states) <= {"Cancelled", "Filled"}
    assert "done: 2 orders" in capsys.readouterr().out
