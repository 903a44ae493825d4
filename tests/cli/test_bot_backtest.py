"""`bybit-async bot backtest` and `sweep`, over the history of an exchange of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bybit_async.cli.app import app

CONFIG = """
exchange:
  address: simulated
trading:
  symbols: [BTCUSDT]
  interval: "15"
  max_position_size: 1.0
risk:
  max_volatility: 100.0
data:
  directory: {folder}
strategies:
  trend:
    type: crossover
    parameters: {{fast_period: 3, slow_period: 8}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "bot.yaml"
    path.write_text(CONFIG.format(folder=tmp_path / "history"))
    return path


DAYS = ["--start", "2024-03-01", "--end", "2024-03-03", "--candles", "5m"]


def test_a_backtest(config: Path, tmp_path: Path) -> None:
    page, told = tmp_path / "page.html", tmp_path / "result.json"
    wanted = ["bot", "backtest", str(config), *DAYS, "--html", str(page), "--json", str(told)]
    done = CliRunner().invoke(app, wanted)
    assert done.exit_code == 0, done.output
    assert "ambiguous fills" in done.output
    result = json.loads(told.read_text())
    assert {order["strategy_id"] for order in result["orders"]} == {"trend"}
    assert result["hash"] in page.read_text()
    assert any(fill["reason"] == "funding" for fill in result["fills"])


def test_a_sweep(config: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    wanted = ["bot", "sweep", str(config), "trend", *DAYS, "--set", "fast_period=2,3", "--set", "slow_period=8,13"]
    done = CliRunner().invoke(app, [*wanted, "--metric", "profit", "--csv", str(rows)])
    assert done.exit_code == 0, done.output
    assert "the best of 4 trials by profit is partly luck" in " ".join(done.output.split())
    assert len(rows.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["backtest", "CONFIG", "--start", "soon"], "start"),
        (["backtest", "CONFIG", *DAYS, "--latency", "0"], "expected milliseconds"),
        (["sweep", "CONFIG", "other", *DAYS, "--set", "fast_period=2"], "there is no strategy 'other'; known: trend"),
        (["sweep", "CONFIG", "trend", *DAYS, "--set", "fast_period"], "expected a name and values"),
        (["backtest", "nowhere.yaml", *DAYS], "nowhere.yaml"),
    ],
)
def test_what_cannot_be_done(config: Path, arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["bot", *(str(config) if each == "CONFIG" else each for each in arguments)])
    assert done.exit_code == 1
    assert says in " ".join(done.output.split())
