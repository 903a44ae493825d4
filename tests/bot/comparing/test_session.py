"""A bot on a simulated exchange that runs fast, and the comparison of what it did; and the command."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from typing import Any

from typer.testing import CliRunner

from bybit_async import AsyncBybit
from bybit_async.bot import Bot, BybitClient, ConfigurationManager, compare
from bybit_async.bot.sessions import Sessions
from bybit_async.cli.app import app
from bybit_async.transport.clock import Clock
from tests.bot.comparing.recording import Recorder, candles, configuration
from tests.bot.trading import exchange_with, until

SPEED = 240


class Fast(BybitClient):
    """A client whose clock runs as fast as the exchange's."""

    async def _new_sessions(self, stack: AsyncExitStack) -> Sessions:
        sessions = await super()._new_sessions(stack)
        Clock.__init__(sessions.trading.clock, monotonic=lambda: time.monotonic() * SPEED)
        return sessions


async def test_a_simulated_session_differs_only_in_latency_and_fills(tmp_path):
    async with exchange_with("BTCUSDT", speed=SPEED, connection_limit=None) as exchange:
        values: dict[str, Any] = {
            "exchange": {
                "address": exchange.environment.rest_url, "recv_window": 60_000, **exchange.new_account(usdt="100000")
            },
            "trading": {"max_signal_age": 3600.0},
            "risk": {
                "max_data_age": 3600.0, "max_clock_error": 1e9, "max_daily_loss": 0.9, "max_drawdown": 0.9,
                "max_consecutive_losses": 1_000_000, "max_volatility": 100.0, "max_error_rate": 1.0,
            },
            "engine": {"state_directory": str(tmp_path), "max_signals_per_minute": 100_000, "strategy_timeout": 60.0},
            "data": {"warm_up": 30, "keep": 500, "directory": str(tmp_path / "data")},
            "journal": {"url": f"sqlite:///{tmp_path}/journal.sqlite3"},
            "strategies": {"trend": {"type": "crossover", "parameters": {"fast_period": 2, "slow_period": 5}}},
        }  # fmt: skip
        async with Bot(ConfigurationManager.from_dict(values), client=Fast) as bot:
            await until(lambda: sum(bool(t.filled_quantity) for t in bot.engine.get_trade_history()) > 3, timeout=60)
            end = exchange.clock.now_ms()
            await until(lambda: exchange.clock.now_ms() > end + 3 * 60_000)
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path / "seen") as bybit:
            frame = await bybit.data.fetch_klines("BTCUSDT", "1", end - 4 * 3_600_000, end + 120_000)
    found = compare(tmp_path / "journal.sqlite3", frame)
    assert found.mode == "live"
    assert found.orders > 2
    assert set(found.causes) <= {"latency", "fill"}, found.differences
    assert found.against_decision.orders > 2
    assert not any("not those that the bot saw" in note for note in found.notes)


def typed(*words: str):
    return CliRunner().invoke(app, ["bot", "compare", *words])


async def test_the_command_names_the_first_difference_and_exits_with_it(tmp_path):
    run = Recorder(candles(), configuration())
    path = await run.write(tmp_path)
    file = tmp_path / "candles.parquet"
    candles().to_parquet(file)
    same = await asyncio.to_thread(typed, path, "--data", str(file))
    assert (same.exit_code, "no difference" in same.output) == (0, True), same.output + same.stderr
    candles().to_csv(tmp_path / "candles.csv")
    wide = await asyncio.to_thread(typed, path, "--data", f"BTCUSDT={tmp_path}/candles.csv", "--spread", "61")
    assert wide.exit_code == 1
    said = " ".join(wide.output.split())
    assert "first: fill" in said
    assert "against the backtest" in said
    plain = await asyncio.to_thread(typed, path, "--data", str(file), "--json")
    assert json.loads(plain.output)["orders"] == len(run.tables["signals"])


async def test_what_cannot_be_compared_exits_with_2(tmp_path):
    run = Recorder(candles(), configuration())
    path = await run.write(tmp_path)
    gone = await asyncio.to_thread(typed, path)
    assert (gone.exit_code, "--data FILE" in gone.stderr) == (2, True)
    absent = await asyncio.to_thread(typed, str(tmp_path / "nothing.sqlite3"))
    assert absent.exit_code == 2
    bare = tmp_path / "bare.csv"
    bare.write_text("open,close\n1,2\n")
    assert (await asyncio.to_thread(typed, path, "--data", str(bare))).exit_code == 2


async def test_candles_of_a_live_run_come_from_the_exchange(tmp_path):
    async with exchange_with("BTCUSDT", start=1_760_000_040_000 + 600 * 60_000) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            frame = await bybit.data.fetch_klines("BTCUSDT", "1", 1_760_000_040_000, 1_760_000_040_000 + 260 * 60_000)
        run = Recorder(frame, configuration())
        run.tables["sessions"][0]["mode"] = "live"
        path = await run.write(tmp_path)
        found = await asyncio.to_thread(typed, path, "--exchange", exchange.environment.rest_url, "--json")
        assert found.exit_code == 0, found.output + found.stderr
        assert json.loads(found.output)["decisions"] > 100
