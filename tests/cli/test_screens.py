"""`bybit-async watch`, `account` and `bot top`: what they show, within 80 columns and 24 lines."""

from __future__ import annotations

import asyncio
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from rich.console import Console, RenderableType
from typer.testing import CliRunner

from bybit_async import AsyncBybit
from bybit_async.bot.monitor.memory import LogLine
from bybit_async.bot.monitor.panels import Problem
from bybit_async.cli import account, bot_screen, bot_top, watch
from bybit_async.cli.app import app
from tests.bot.monitor.monitoring import monitored
from tests.bot.trading import exchange_with, until


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")


def drawn(renderable: RenderableType) -> str:
    console = Console(width=80, height=24, file=io.StringIO(), force_terminal=False)
    console.print(renderable)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("\n") <= 24, text
    return str(text)


def command(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


async def test_a_book_that_may_be_wrong_says_so() -> None:
    async with exchange_with("BTCUSDT", "ETHUSDT") as exchange, AsyncBybit(environment=exchange.environment) as bybit:
        market = watch.WatchedMarket(["BTCUSDT", "ETHUSDT"])
        following = [
            asyncio.create_task(market.follow_tickers(bybit, "linear")),
            asyncio.create_task(market.follow_trades(bybit, "linear")),
        ]
        async with (
            bybit.stream.order_book("BTCUSDT", category="linear") as one,
            bybit.stream.order_book("ETHUSDT", category="linear") as other,
        ):
            market.books = {"BTCUSDT": one, "ETHUSDT": other}
            await until(lambda: len(market.tickers) == 2 and market.trades["BTCUSDT"])
            text = drawn(watch.screen(market))
            assert format(one.bids()[1].price.normalize(), "f") in text
            assert "bps" in text
            assert "stale" not in text
            exchange.refuse_connections()
            exchange.drop_connections("linear")
            await until(lambda: one.stale)
            assert "BTCUSDT: stale" in drawn(watch.screen(market))
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


async def test_an_account_out_of_step_says_so() -> None:
    async with exchange_with() as exchange:
        keys = exchange.new_account(usdt="5000")
        async with AsyncBybit(environment=exchange.environment, **keys) as bybit, bybit.live_account() as live:
            for _ in range(9):
                await bybit.trade.place_order(
                    category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty="0.001", price="40000"
                )
            await bybit.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.002"
            )
            await until(lambda: live.positions.open and len(live.orders.open) == 9)
            text = drawn(account.screen(live, "here"))
            assert text.startswith("synced  equity")
            assert "BTCUSDT  Buy  0.002" in text
            assert "40000" in text
            assert "2 more" in text
            assert "none" in text  # the position has no stop
            exchange.refuse_connections()
            exchange.drop_connections("private")
            await until(lambda: not live.synced)
            assert "not synced: this may be old" in drawn(account.screen(live, "here"))


def test_both_run_on_an_exchange_of_their_own() -> None:
    watched = command("watch", "BTCUSDT", "--simulated", "--seconds", "1")
    assert watched.exit_code == 0, watched.output
    assert "bid size" in watched.output
    seen = command("account", "--simulated", "--seconds", "0.5")
    assert seen.exit_code == 0, seen.output
    assert "100000" in seen.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("watch", "NONSENSE", "--simulated"), "NONSENSE"),
        (("watch", "BTCUSDT", "--category", "futures"), "expected spot, linear or inverse"),
        (("watch",), "Missing argument"),
        (("account", "--testnet", "--simulated"), "give one of"),
        (("bot", "top"), "which bot?"),
        (("bot", "top", "--url", "http://127.0.0.1:1"), "which bot?"),
    ],
)
def test_what_is_wrong_is_told(words: tuple[str, ...], told: str) -> None:
    failed = command(*words)
    assert failed.exit_code != 0
    assert told in " ".join((failed.output + failed.stderr + str(failed.exception)).split())


async def test_top_reads_a_running_bot_by_its_configuration(tmp_path: Path) -> None:
    async with monitored(tmp_path) as bot:
        await bot.trade("BUY", "0.02")
        await until(lambda: bot.monitor.snapshot().positions.rows)
        values = {
            "exchange": {"address": bot.bot.config.settings.exchange.address},
            "engine": {"state_directory": str(tmp_path)},
            "monitor": {"address": bot.monitor.url.removeprefix("http://")},
        }
        path = tmp_path / "bot.yaml"
        path.write_text(yaml.safe_dump(values))
        shown = await asyncio.to_thread(command, "bot", "top", str(path), "--seconds", "1")
        assert shown.exit_code == 0, shown.output
        assert "PAPER running" in shown.output
        assert "healthy" in shown.output
        wrong = tmp_path / "wrong.token"
        wrong.write_text("x" * 43)
        wrong.chmod(0o600)
        url = bot.monitor.url
        refused = await asyncio.to_thread(
            command, "bot", "top", "--url", url, "--token-file", str(wrong), "--seconds", "1"
        )
        assert (refused.exit_code, "answers 401" in refused.output) == (1, True)
    gone = await asyncio.to_thread(command, "bot", "top", str(path), "--seconds", "1")
    assert (gone.exit_code, "no answer" in gone.output) == (1, True)


async def test_top_fits_however_much_there_is(tmp_path: Path) -> None:
    async with monitored(tmp_path) as bot:
        await bot.trade("BUY", "0.02")
        await until(lambda: bot.monitor.snapshot().positions.rows)
        snapshot = bot.monitor.snapshot()
        full = msgspec.structs.replace(
            snapshot,
            problems=tuple(Problem("trust", f"data of {number}USDT are too old") for number in range(30)),
            positions=msgspec.structs.replace(snapshot.positions, rows=snapshot.positions.rows * 20),
            orders=msgspec.structs.replace(snapshot.orders, trades=snapshot.orders.trades * 50),
            latency=msgspec.structs.replace(
                snapshot.latency, log=(LogLine(1, "error", "x", "[red]" + "y" * 200),) * 50
            ),
        )
        text = drawn(bot_screen.screen(full))
        assert "✖ data of 0USDT" in text
        assert "and 12 more" in text
        assert "[red]y" in text
        bare = msgspec.structs.replace(snapshot.positions.rows[0], stop_loss=None, size=Decimal("0.02"))
        shown = drawn(
            bot_screen.screen(
                msgspec.structs.replace(snapshot, positions=msgspec.structs.replace(snapshot.positions, rows=(bare,)))
            )
        )
        assert "none" in shown


async def test_top_runs_a_bot_of_its_own() -> None:
    console = Console(width=80, height=24, file=io.StringIO())
    assert await bot_top.show(console, bot_top.inside(None), seconds=1.0)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "PAPER running" in text
    assert "stale data" in text
