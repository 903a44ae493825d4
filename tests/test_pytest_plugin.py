"""The pytest plugin, run by a pytest of its own: installed by its entry point, as it is for its users."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
BOT = """
    from decimal import Decimal
    import pytest

    {mark}
    async def test_a_bot_buys(bybit, bybit_exchange):
        where = {{"category": "linear", "symbol": "BTCUSDT"}}
        ack = await bybit.trade.place_order(**where, side="Buy", order_type="Market", qty="0.01")
        page = await bybit.trade.get_executions(**where)
        assert sum(row.exec_qty for row in page.rows) == Decimal("0.01")
        assert [order.order_id for order in bybit_exchange.orders] == [ack.order_id]
"""


@pytest.fixture
def installed(pytester, monkeypatch):
    """A directory of tests that sees the package the way an installed one is seen, entry points included."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    info = pytester.mkdir("site") / "bybit_async_plugin-0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bybit_async_plugin\nVersion: 0.0\n")
    (info / "entry_points.txt").write_text("[pytest11]\n" + "".join(f"{n} = {m}\n" for n, m in points.items()))
    path = os.pathsep.join([str(ROOT), str(info.parent), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    # Otherwise a configuration in a folder above would count.
    pytester.makeini("[pytest]")
    return pytester


def run(pytester, *arguments):
    return pytester.runpytest_subprocess(
        "-W",
        "error",
        "--strict-markers",
        "-p",
        "no:cacheprovider",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
        *arguments,
    )


MARKERS = """
import pytest
from decimal import Decimal

pytestmark = pytest.mark.bybit_exchange(seed=5, symbols=["BTCUSDT"], manual=True, start=1_760_000_000_000)

async def test_module(bybit_exchange):
    assert (bybit_exchange.seed, bybit_exchange.clock.now_ms()) == (5, 1_760_000_000_000)

@pytest.mark.bybit_exchange(seed=6)
@pytest.mark.bybit_account(usdt="500", coins={"BTC": "2"})
async def test_nearest_marker_wins_field_by_field(bybit, bybit_exchange):
    assert bybit_exchange.seed == 6
    assert {key[1] for key in bybit_exchange.engine.listings} == {"BTCUSDT"}
    wallet = await bybit.account.get_wallet_balance(account_type="UNIFIED")
    held = {coin.coin: coin.wallet_balance for coin in wallet.rows[0].coin}
    assert held == {"USDT": Decimal(500), "BTC": Decimal(2)}

async def test_time_is_moved_by_hand(bybit, bybit_exchange):
    before = await bybit.market.get_server_time()
    await bybit_exchange.advance("8h")
    after = await bybit.market.get_server_time()
    assert after.time_nano - before.time_nano == 8 * 3600 * 10**9
"""
"""Markers say how the exchange and the account are made."""
OWN = """
import asyncio
import pytest

pytestmark = pytest.mark.bybit_exchange(symbols=["BTCUSDT"])
ports = []

@pytest.mark.parametrize("number", [1, 2])
async def test_one(bybit_exchange, number):
    assert not bybit_exchange.orders
    for port in ports:
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)
    ports.append(bybit_exchange.port)
"""
"""Every test has an exchange of its own, which ends with it."""
POSITIONAL = """
import pytest

@pytest.mark.bybit_exchange(7)
async def test_one(bybit_exchange): ...
"""


def test_the_fixtures_work_where_pytest_asyncio_is_strict(installed):
    installed.makepyfile(BOT.format(mark="@pytest.mark.asyncio"))
    run(installed, "-o", "asyncio_mode=strict").assert_outcomes(passed=1)


def test_everything_works_where_asyncio_is_automatic(installed):
    """One process for all files: each start of pytest costs seconds."""
    without_network = BOT.format(mark="@pytest.mark.bybit_exchange(network=False)")
    without_network += "        assert bybit_exchange.environment.rest_url.endswith('.in-process.invalid')\n"
    page = (ROOT / "docs" / "simulator" / "pytest.md").read_text()
    files = {
        "test_bot": (BOT.format(mark=""), 1),
        "test_without_network": (without_network, 1),
        "test_documented": ("\n".join(re.findall(r"```py\n(.*?)```", page, re.DOTALL)), 1),
        "test_markers": (MARKERS, 3),
        "test_own": (OWN, 2),
    }
    installed.makepyfile(**{name: text for name, (text, _) in files.items()}, test_positional=POSITIONAL)
    result = run(installed, "-v", "-o", "asyncio_mode=auto")
    result.assert_outcomes(passed=sum(passed for _, passed in files.values()), errors=1)
    for name, (_, passed) in files.items():
        assert sum(line.startswith(f"{name}.py::") and "PASSED" in line for line in result.outlines) == passed, name
    result.stdout.fnmatch_lines(["test_positional.py::test_one ERROR*", "*keyword arguments only*"])


def test_the_markers_are_listed(installed):
    run(installed, "--markers").stdout.fnmatch_lines(["*bybit_exchange(*", "*bybit_account(*"])


def test_a_run_that_needs_no_exchange_imports_none(installed):
    installed.makepyfile(
        """
        import sys

        def test_nothing():
            heavy = {"bybit_async.session", "bybit_async.simulator", "httpx", "aiohttp", "numpy", "pandas", "orjson"}
            assert "bybit_async.pytest_plugin" in sys.modules
            assert not heavy & set(sys.modules)
        """
    )
    run(installed).assert_outcomes(passed=1)


def test_without_pytest_asyncio_other_tests_still_run(installed, monkeypatch):
    (installed.path / "site" / "pytest_asyncio.py").write_text("raise ImportError('not installed')")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    installed.makepyfile("def test_nothing(): ...")
    installed.runpytest_subprocess("-p", "bybit_async.pytest_plugin").assert_outcomes(passed=1)
