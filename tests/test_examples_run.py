"""The examples do what they say, on a simulated exchange."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange

EXAMPLES = Path(__file__).parent.parent / "examples"

# What each prints when it has done what it is for.
PRINTED = {
    "balances": r"equity \d+.*\n +BTC 0.5\n",
    "batch_orders": r"30000: accepted\n31000: accepted\n32000: refused, \d+\n",
    "blocking_script": r"Buy 0.01\d* Filled\n(Buy|Sell) ",
    "book_imbalance": r"imbalance [+-]0\.\d\d; one BTC would cost \d+",
    "bracket_order": r"0.01\d* at \d+.*, stop \d+.*, target \d+",
    "fault_drill": r"gateway errors: \d+(.|\n)*found, 1 order exists\nafter a gap in the book: .*stale: False",
    "funding_carry": r"BTCUSDT +[+-]\d",
    "grid": r"8 orders rest around \d+.*\n0 left",
    "hedge_mode": r"index 1: Buy 0.02 .*\nindex 2: Sell 0.01 ",
    "history_to_duckdb_and_polars": r"\[\(168, ",
    "liquidation_stream": r"Buy 0\.\d+ liquidated at \d+",
    "many_accounts": r"account 1: \S+\naccount 2: \S+\naccount 3: \S+",
    "option_chain": r"BTC-\S+-C\S* +iv 0\.\d+ delta \+0",
    "record_and_replay": r"20 frames recorded\n.*bought at \d+",
    "spread_quoting": r"BTC at \d+.*: bid for ETH at \d+",
    "threads": r"BTCUSDT: \d+.*\nETHUSDT: \d+",
    "tickers_in_a_dict": r"50 prices; BTCUSDT \d+",
    "trailing_stop": r"trailing by 500\nclosed at \d+",
    "web_service": r"200 .*BTCUSDT.*\n404 ",
}
BY_THEMSELVES = {"quote_both_sides", "watch_book", "bot_with_pytest"}
LONG = {"quote_both_sides"}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_does_what_it_is_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = load(name).main
    if inspect.iscoroutinefunction(main):
        asyncio.run(main())
    else:
        main()
    assert re.search(PRINTED[name], capsys.readouterr().out)


def test_every_example_is_run_and_short() -> None:
    found = {file.stem: len(file.read_text().splitlines()) for file in EXAMPLES.glob("*.py")}
    assert set(found) == {*PRINTED, *BY_THEMSELVES}
    assert [name for name, lines in found.items() if lines >= 60 and name not in LONG] == []


def test_the_tests_of_the_example_bot_pass() -> None:
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES.parent), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / "bot_with_pytest.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout


async def test_watch_book(capsys: pytest.CaptureFixture[str]) -> None:
    exchange = SimulatedExchange(seed=7, symbols=["BTCUSDT"])
    async with exchange, AsyncBybit(environment=exchange.environment) as bybit:
        await load("watch_book").watch(bybit, changes=3)
    assert capsys.readouterr().out.count("imbalance") == 3


async def test_quote_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        keys = exchange.new_account(usdt="10000")
        async with AsyncBybit(environment=exchange.environment, **keys) as bybit:
            await load("quote_both_sides").run(bybit, seconds=1.5)
        states = [order.status for order in exchange.orders]
    assert len(states) >= 2
    assert set(states) <= {"Cancelled", "Filled"}
    assert "done: 2 orders" in capsys.readouterr().out
