"""`bybit-async download`, `data` and `chart`, run as a user runs them, against the simulated exchange."""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from bybit_async import AsyncBybit
from bybit_async.cli import chart, data, download
from bybit_async.data import save
from bybit_async.data.series import Series

from .ledger import assert_equals_ledger, ms


@pytest.fixture
def command(exchange, tmp_path):
    """Run a command line; the exchange goes on meanwhile."""
    app = typer.Typer()
    for module in (chart, data, download):
        module.register(app)

    async def run(*words, exchange_too=True):
        place = ["--data-dir", str(tmp_path / "store")]
        where = ["--url", exchange.environment.rest_url] if exchange_too else []
        environment = {"COLUMNS": "200", "TERM": "dumb"}
        arguments = [str(word) for word in words] + place + where
        return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)

    return run


async def test_download_list_verify_and_export(command, exchange, tmp_path):
    days = ("--start", "2024-01-30", "--end", "2024-02-03")
    first = await command("download", "BTCUSDT", "ETHUSDT", "--interval", "5m", *days)
    assert first.exit_code == 0, first.output
    assert first.output.count("2024-02-03") == 2

    sent = exchange.requests
    assert (await command("download", "BTCUSDT", "ETHUSDT", "--interval", "5m", *days)).exit_code == 0
    assert exchange.requests == sent, "the second run asked for something"

    listed = await command("data", "ls", exchange_too=False)
    assert listed.exit_code == 0
    assert listed.output.count("1,152") == 2
    assert "klines" in listed.output
    assert listed.output.count("2024-01-30") == listed.output.count("2024-02-03") == 2, "a date was cut short"
    verified = await command("data", "verify", exchange_too=False)
    assert verified.exit_code == 0
    assert verified.output.count("sound") == 2

    for ending, read in [(".csv", pd.read_csv), (".parquet", pd.read_parquet), (".feather", pd.read_feather)]:
        out = tmp_path / f"btc{ending}"
        exported = await command("data", "export", "BTCUSDT", "--interval", "5m", *days, "--out", out)
        assert exported.exit_code == 0, exported.output
        frame = read(out)
        assert len(frame) == 1152
        assert list(frame.columns) == ["time", "open", "high", "low", "close", "volume", "turnover"]
    assert exchange.requests == sent


async def test_a_damaged_store_is_told_by_the_exit_code_and_repaired(command, tmp_path):
    await command("download", "BTCUSDT", "--interval", "1h", "--start", "2024-01-30", "--end", "2024-02-03")
    next((tmp_path / "store").rglob("*.parquet")).write_bytes(b"nothing")
    broken = await command("data", "verify", exchange_too=False)
    assert broken.exit_code == 1
    assert "cannot be read" in broken.output
    assert (await command("data", "repair")).exit_code == 0
    assert (await command("data", "verify", exchange_too=False)).exit_code == 0


async def test_a_symbol_that_does_not_exist_does_not_stop_the_others(command):
    days = ("--start", "2024-01-30", "--end", "2024-02-03", "--interval", "1h")
    result = await command("download", "NOSUCHUSDT", "BTCUSDT", *days)
    assert result.exit_code == 2
    assert "linear has no instrument 'NOSUCHUSDT'" in result.output
    listed = await command("data", "ls", exchange_too=False)
    assert "BTCUSDT" in listed.output


def wait_for_a_file(folder, process):
    while process.returncode is None and not any(folder.rglob("month.parquet")):
        time.sleep(0.005)


@pytest.mark.usefixtures("interruptible")
async def test_ctrl_c_stops_a_download_and_the_next_one_goes_on_from_there(exchange, tmp_path):
    words = ["download", "BTCUSDT", "--interval", "5m", "--start", "2022-01-01", "--end", "2024-01-01"]
    words += ["--url", exchange.environment.rest_url, "--data-dir", str(tmp_path)]
    program = [sys.executable, "-c", "from bybit_async.cli import main; main()", *words]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    await asyncio.to_thread(wait_for_a_file, tmp_path, process)
    process.send_signal(signal.SIGINT)
    output = (await process.communicate())[0].decode()
    assert process.returncode == 130, output
    assert "goes on from there" in output
    assert "Traceback" not in output

    sent = exchange.requests
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        kept = bybit.data.store.covered(
            Series("klines", "linear", "BTCUSDT", "5", exchange.environment.identity),
            ms("2022-01-01"),
            ms("2024-01-01"),
        )
        frame = await bybit.data.fetch_klines("BTCUSDT", "5m", "2022-01-01", "2024-01-01")
        assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2022-01-01"), ms("2024-01-01"), interval=5)
    windows_left = 24 * 9 - kept.total // (31 * 86_400_000) * 9 + 9
    assert exchange.requests - sent <= windows_left, "what was kept is asked for again"


@pytest.mark.parametrize("out", ["chart.html", "chart.png"])
async def test_a_chart_is_drawn(command, tmp_path, out):
    words = ("--interval", "4h", "--days", 10, "--sma", 5, "--sma", 20, "--out", tmp_path / out)
    drawn = await command("chart", "BTCUSDT", *words)
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / out).stat().st_size > 20_000


async def test_a_chart_of_an_exchange_made_for_the_command(command, tmp_path):
    words = ("chart", "BTCUSDT", "--days", "3", "--out", tmp_path / "chart.png", "--simulated")
    drawn = await command(*words, exchange_too=False)
    assert drawn.exit_code == 0, drawn.output
    assert " candles in " in drawn.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("download", "BTCUSDT", "--start", "2024-02-01", "--end", "2024-01-01"), "start"),
        (("download", "BTCUSDT", "--start", "soon"), "start"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--interval", "7m"), "interval"),
        (("chart", "BTCUSDT", "--days", "3", "--out", "chart.gif"), "chart.gif"),
        (("data", "export", "BTCUSDT", "--start", "2024-02-01", "--out", "x.xls"), "x.xls"),
        (("data", "export", "BTCUSDT", "--start", "2024-02-01", "--out", "no/such/folder/x.csv"), "no folder"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--kind", "gossip"), "kind"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--kind", "trades", "--interval", "1m"), "interval"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--kind", "open-interest"), "interval"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--kind", "open-interest", "--interval", "1w"), "interval"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--kind", "orderbook-snapshots", "--depth", "0"), "depth"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--category", "moon"), "category"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--price", "fair"), "price"),
        (("download", "BTCUSDT", "--start", "2024-02-01", "--testnet"), "--environment"),
        (("data", "repair", "--testnet"), "--environment"),
        (("chart", "BTCUSDT", "--testnet"), "--environment"),
        (("data", "export", "BTCUSDT", "--start", "2024-02-01", "--out", "x.csv", "--testnet"), "--environment"),
    ],
)
async def test_bad_input_is_told_in_a_line_and_not_in_a_traceback(command, exchange, words, said):
    result = await command(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert "━" not in result.output, "a bar appeared before the argument was looked at"
    assert exchange.requests == 0


@pytest.mark.parametrize(
    ("kind", "options", "folder"),
    [
        ("klines", ("--interval", "1h"), "kind=klines"),
        ("klines", ("--interval", "1h", "--price", "mark"), "kind=mark_klines"),
        ("funding-rates", (), "kind=funding_rates"),
        ("open-interest", ("--interval", "1h"), "kind=open_interest"),
        ("long-short-ratio", ("--interval", "1d"), "kind=long_short_ratio"),
        ("trades", (), "kind=trades"),
        ("orderbook-snapshots", ("--every", "10m", "--depth", "2"), "kind=orderbook_snapshots"),
    ],
)
async def test_every_kind_is_downloaded(command, tmp_path, kind, options, folder):
    days = ("--start", "2024-01-31", "--end", "2024-02-02")
    done = await command("download", "BTCUSDT", "--kind", kind, *options, *days)
    assert done.exit_code == 0, done.output
    assert "2024-02-02" in done.output
    assert [path.name for path in (tmp_path / "store").glob("identity=*/kind=*")] == [folder]
    listed = await command("data", "ls", exchange_too=False)
    assert folder.removeprefix("kind=") in listed.output
    assert (await command("data", "verify", exchange_too=False)).exit_code == 0


async def test_exchanges_are_listed_apart_and_holes_are_shown(command, exchange, tmp_path):
    place = exchange.environment.rest_url.removeprefix("http://")
    await command("download", "BTCUSDT", "--interval", "1h", "--start", "2024-01-30", "--end", "2024-04-02")
    hours = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    frame = pd.DataFrame(1.0, index=hours, columns=["open", "high", "low", "close", "volume", "turnover"])
    save(frame, "BTCUSDT", "1h", identity="my-model", data_dir=tmp_path / "store")
    [lost] = (tmp_path / "store").rglob("month=02/month.parquet")
    lost.unlink()
    listed = await command("data", "ls", exchange_too=False)
    assert listed.exit_code == 0
    assert f"{place} in " in listed.output
    assert "my-model in " in listed.output
    missing = f"{place} klines linear BTCUSDT 60 from 2024-02-01 to 2024-03-01"
    assert f"missing: {missing}" in listed.output
    verified = await command("data", "verify", exchange_too=False)
    assert verified.exit_code == 1
    assert "hole from 2024-02-01 to 2024-03-01" in verified.output
    assert (await command("data", "repair")).exit_code == 0
    assert (await command("data", "verify", exchange_too=False)).exit_code == 0


@pytest.mark.parametrize("words", [("ls",), ("verify",), ("repair",)])
async def test_a_folder_that_does_not_exist_is_no_empty_store(command, tmp_path, words):
    result = await command("data", *words, exchange_too=words == ("repair",))
    assert result.exit_code == 1
    assert "there is no store in" in result.output.replace("\n", " ")
    assert not (tmp_path / "store").exists()


async def test_a_failure_that_is_no_argument_exits_with_one(command, exchange, tmp_path):
    (tmp_path / "store").write_text("a file where the store should be")
    result = await command("download", "BTCUSDT", "ETHUSDT", "--start", "2024-01-30", "--end", "2024-01-31")
    assert result.exit_code == 1
    assert result.output.count("cannot write to") == 2, "each symbol has its own error"
    assert exchange.requests == 0


async def test_an_empty_store_is_said_to_be(command, tmp_path):
    (tmp_path / "store").mkdir()
    for words in ("ls", "verify"):
        result = await command("data", words, exchange_too=False)
        assert result.exit_code == 0
        assert "nothing is stored" in result.output
