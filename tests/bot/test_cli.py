"""`bybit-async bot`, as people type it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import yaml
from typer.testing import CliRunner

from bybit_async.bot import ConfigurationManager
from bybit_async.bot.configuration.checking import dotted_keys
from bybit_async.bot.engine.latch import Latch
from bybit_async.cli.app import app
from tests.bot.trading import another, exchange_with, running


def bot(*words: str):
    return CliRunner().invoke(app, ["bot", *map(str, words)])


def said(result) -> str:
    return " ".join((result.output + result.stderr).split())


def test_init_writes_every_key_with_what_it_means(tmp_path):
    path = tmp_path / "new" / "bot.yaml"
    assert bot("init", path).exit_code == 0
    text = path.read_text()
    read = yaml.safe_load(text)
    for key in dotted_keys():
        section, _, name = key.partition(".")
        assert not name or name in read[section], key
    config = ConfigurationManager(str(path))
    assert config.validate_config() == []
    untouched = ConfigurationManager.from_dict({"strategies": read["strategies"]})
    assert config.settings == untouched.settings
    assert "(fixed)" in text
    again = bot("init", path)
    assert (again.exit_code, "--force" in said(again)) == (1, True)
    assert bot("init", path, "--force").exit_code == 0


def test_a_wrong_configuration_is_told_whole(tmp_path):
    path = tmp_path / "bot.yaml"
    path.write_text("risk: {max_daily_loss: 7}\ntradng: {}\n")
    for command in ("check", "run", "status", "journal", "reset"):
        result = bot(command, path)
        assert result.exit_code == 1
        assert "max_daily_loss" in said(result)
        assert 'did you mean "trading"?' in said(result)
    missing = bot("check", tmp_path / "none.yaml")
    assert (missing.exit_code, "bot init" in said(missing)) == (1, True)


def test_check_asks_the_exchange_and_cuts_the_data(tmp_path):
    path = tmp_path / "bot.yaml"
    assert bot("init", path).exit_code == 0
    result = bot("check", path, "--simulated", "--candles", "150", "--cuts", "5")
    assert result.exit_code == 0, said(result)
    assert "trend: 5 cuts" in said(result)
    cheat = {
        "strategies": {"cheat": {"type": "tests.bot.test_cli:Cheat"}},
        "exchange": {"address": "simulated"},
    }
    path.write_text(yaml.safe_dump(cheat))
    caught = bot("check", path, "--candles", "150", "--cuts", "5")
    assert caught.exit_code == 1
    assert "look-ahead" in said(caught)


async def test_status_and_journal_show_what_was_traded(tmp_path):
    async with running(tmp_path) as trading:
        done = await trading.trade("BUY")
        values = {
            "exchange": {"address": trading.exchange.environment.rest_url, **trading.credentials},
            "journal": {"url": f"sqlite:///{tmp_path}/journal.sqlite3"},
            "engine": {"state_directory": str(tmp_path)},
        }
        path = tmp_path / "bot.yaml"
        path.write_text(yaml.safe_dump(values))
        # While it runs, too.
        await trading.engine._rooms.journal.flush()
        status = json.loads(bot("status", path, "--json").output)
        assert status["positions"] == {"BTCUSDT": "0.01"}
        assert (status["trades"], status["active"], status["emergency_stop"]) == (1, 0, None)
        (row,) = map(json.loads, bot("journal", path, "--json").output.splitlines())
        assert (row["execution_id"], row["status"]) == (done.execution_id, "filled")
        assert "filled" in bot("journal", path).output
        assert "BTCUSDT" in bot("status", path).output
        await trading.engine.emergency_stop("fire")
        await trading.engine.stop()
    assert json.loads(bot("status", path, "--json").output)["emergency_stop"] == "fire"
    assert "undone" in said(bot("reset", path))
    assert Latch(tmp_path).held is None
    unknown = bot("reset", path, "--breaker", "nonsense")
    assert (unknown.exit_code, "known:" in said(unknown)) == (1, True)


def test_status_before_the_first_run_says_so(tmp_path):
    path = tmp_path / "bot.yaml"
    path.write_text(f"journal: {{url: 'sqlite:///{tmp_path}/none.sqlite3'}}\nexchange: {{address: testnet}}\n")
    assert "has the bot been run" in said(bot("status", path))


async def test_run_trades_within_seconds_and_ends_in_order_when_told_to(tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from bybit_async.cli import main; main()", "bot", "run", "--simulated",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"running on simulated" in await asyncio.wait_for(process.stdout.readline(), 45)
    async with asyncio.timeout(45):
        async for line in process.stderr:
            told = json.loads(line)
            assert {"time", "level", "logger", "text"} <= set(told)
            if told["text"].endswith(": filled"):
                break
    process.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(process.communicate(), 45)
    assert process.returncode == 0, err
    assert out.startswith(b"stopped:")
    signals, orders, filled = (int(word) for word in out.split() if word.isdigit())
    assert min(signals, orders, filled) > 0
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "state"])


async def test_two_of_them_on_one_account_do_not_run(tmp_path):
    async with exchange_with() as exchange:
        credentials = exchange.new_account(usdt="1000")
        async with another(exchange, credentials, tmp_path):
            values = {"exchange": {"address": exchange.environment.rest_url, **credentials}}
            values["journal"] = {"url": f"sqlite:///{tmp_path}/second.sqlite3"}
            (tmp_path / "bot.yaml").write_text(yaml.safe_dump(values))
            result = await asyncio.to_thread(bot, "run", tmp_path / "bot.yaml", "--seconds", "1")
    assert result.exit_code == 1


from bybit_async.bot.strategies import CandleStrategy, Decision  # noqa: E402


class Cheat(CandleStrategy):
    """Knows tomorrow's price."""

    def indicators(self, data):
        return {"next": data["close"].shift(-1).ffill()}

    def decide(self, view):
        return Decision("BUY") if view["next"] > view["close"] else Decision("SELL")
