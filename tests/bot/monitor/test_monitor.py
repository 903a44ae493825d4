"""What the monitor shows of a running bot, and what makes it red."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import re
import sqlite3
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from bybit_async.bot import OrderSide
from bybit_async.bot.monitor import METRICS, Snapshot
from bybit_async.bot.monitor.health import problems
from bybit_async.bot.monitor.memory import Curve, LogTail
from bybit_async.bot.monitor.pages import FILES, STATIC
from bybit_async.bot.monitor.panels import (
    BreakerRow,
    BreakersPanel,
    DataRow,
    StatePanel,
    StrategyRow,
    TrustPanel,
    UnknownOrder,
)
from bybit_async.bot.monitor.snapshot import mode_of, slippage_bps
from bybit_async.simulator import Rule
from tests.bot.monitor.monitoring import Monitored, monitored
from tests.bot.trading import until
from tests.certificates import certificate

D = Decimal


async def healthy(bot: Monitored) -> None:
    async with asyncio.timeout(10):
        while (await bot.health())[0] != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def red(bot: Monitored, panel: str, words: str) -> dict:
    """Wait until health is red for a reason, and return the snapshot that shows it in the right panel."""
    async with asyncio.timeout(10):
        while True:
            code, reasons = await bot.health()
            if any(words in reason for reason in reasons):
                break
            await asyncio.sleep(0.02)
    assert code == 503
    found = await bot.status()
    assert any(words in each["text"] and each["panel"] == panel for each in found["problems"]), found["problems"]
    return found


async def test_a_trade_is_seen_in_every_panel_that_it_concerns(tmp_path, caplog):
    caplog.set_level(logging.INFO, "bybit_async")
    async with monitored(tmp_path) as bot:
        await healthy(bot)
        done = await bot.trade("BUY", "0.02")
        resting = await bot.trade("BUY", "0.01", off="0.995", metadata={"order_type": "limit"})
        await bot.trade("BUY", "-1")
        assert (done.status.value, resting.status.value) == ("filled", "pending")
        # News of a fill and of the position that it makes come one after the other.
        await until(lambda: bot.monitor.snapshot().positions.rows)
        found = await bot.status()
        assert msgspec.convert(found, Snapshot, strict=False).healthy
        state, trust = found["state"], found["trust"]
        assert (state["engine"], state["mode"], state["account_id"]) == ("running", "PAPER", bot.bot.client.account_id)
        assert 0 < state["uptime"] < 60
        assert state["restart"] == {"orders": 0, "unknown": 0, "executions": 0, "adopted": {}, "stops": 0}
        assert trust["synced"] is True
        assert trust["journal_writes"] > 0
        (data,) = trust["data"]
        assert data["symbol"] == "BTCUSDT"
        assert None not in (data["price_age_ms"], data["candle_age_ms"], data["book_age_ms"])
        assert (data["book_stale"], data["too_old"]) == (False, False)
        account = bot.exchange.account(bot.bot.config.settings.exchange.api_key[:])
        (held,) = found["positions"]["rows"]
        (position,) = [each for each in account.positions.values() if each.size]
        assert (held["side"], D(held["size"])) == ("Buy", D("0.02"))
        assert D(held["stop_loss"]) == position.stop_loss.trigger_price
        assert found["positions"]["unprotected"] == 0
        assert D(held["value"]) == D(held["mark_price"]) * D("0.02")
        (order,) = [each for each in found["orders"]["open"] if not each["reduce_only"]]
        assert (order["order_link_id"], order["unknown"]) == (resting.execution_id, False)
        trade = next(each for each in found["orders"]["trades"] if each["execution_id"] == done.execution_id)
        assert D(trade["price"]) == done.fill_price
        expected = (done.fill_price - done.signal.price) / done.signal.price * 10_000
        assert trade["slippage_bps"] == pytest.approx(float(expected), abs=1e-3)
        strategies = {row["strategy_id"]: row for row in found["breakers"]["strategies"]}
        by_hand = strategies["by hand"]
        assert (by_hand["signals"], by_hand["refused"], by_hand["traded"]) == (3, 1, 2)
        assert by_hand["last_refusal"]
        assert strategies["book"]["active"] is True
        assert {row["name"] for row in found["latency"]["rows"]} == {"request", "decision", "order accepted"}
        assert any("filled" in line["text"] for line in found["latency"]["log"])
        assert found["equity"]["curve"][-1][1] == pytest.approx(float(found["equity"]["equity"]))


async def test_what_the_last_start_changed_is_shown(tmp_path):
    async with monitored(tmp_path) as bot:
        await bot.trade("BUY", "0.02")
        exchange = bot.bot.config.settings.exchange
        given = {"address": exchange.address, "api_key": exchange.api_key[:], "api_secret": exchange.api_secret[:]}
        await bot.engine.stop()
        from bybit_async import AsyncBybit

        async with AsyncBybit(environment=bot.exchange.environment, api_key=given["api_key"],
                              api_secret=given["api_secret"]) as other:  # fmt: skip
            await other.position.set_trading_stop(category="linear", symbol="BTCUSDT", stop_loss="0", position_idx=0)
            await other.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Sell", order_type="Market", qty="0.005", position_idx=0,
                reduce_only=True,
            )  # fmt: skip
        assert (await bot.status())["state"]["restart"] is None
        await bot.engine.start()
        restart = (await bot.status())["state"]["restart"]
        assert (restart["executions"], restart["stops"]) == (1, 1)


async def test_prometheus_reads_every_promised_metric(tmp_path):
    async with monitored(tmp_path) as bot:
        await bot.trade("BUY", "0.02")
        await until(lambda: bot.monitor.snapshot().positions.rows)
        answer = await bot.get("/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        promised = {metric.name.removesuffix("_total"): metric for metric in METRICS}
        assert set(families) == set(promised)
        for name, metric in promised.items():
            family = families[name]
            assert (family.type, family.documentation) == (metric.kind, metric.meaning)
            for sample in family.samples:
                assert set(sample.labels) == set(metric.labels)
                assert sample.name == metric.name
        empty = [name for name, family in families.items() if not family.samples]
        assert empty == ["bybit_bot_limit_remaining"]
        values = {sample.name: sample.value for family in families.values() for sample in family.samples}
        snapshot = bot.monitor.snapshot()
        assert values["bybit_bot_healthy"] == 1
        assert values["bybit_bot_position_value"] == pytest.approx(float(snapshot.positions.rows[0].value), rel=0.01)


def test_the_documentation_lists_exactly_these_metrics():
    page = (Path(__file__).parents[3] / "docs/bots/monitor.md").read_text()
    listed = re.findall(r"^\| `(bybit_bot_\w+)` \| (\w+) \|([^|]*)\|([^|]*)\|$", page, re.MULTILINE)
    labels = {metric.name: ", ".join(f"`{label}`" for label in metric.labels) for metric in METRICS}
    assert [(name, kind, label.strip(), meaning.strip()) for name, kind, label, meaning in listed] == [
        (metric.name, metric.kind, labels[metric.name], metric.meaning) for metric in METRICS
    ]


# What makes it red


async def test_a_stale_book_is_red(tmp_path):
    async with monitored(tmp_path) as bot:
        await healthy(bot)
        bot.exchange.refuse_connections()
        bot.exchange.drop_connections("linear")
        found = await red(bot, "trust", "the book of BTCUSDT is stale")
        assert found["trust"]["data"][0]["book_stale"] is True


async def test_an_unknown_order_is_red_until_it_is_known(tmp_path):
    async with monitored(tmp_path, engine={"order_timeout": 0.2}) as bot:
        await healthy(bot)
        # Orders, executions and positions: each of them would tell.
        hidden = Rule(path="/v5/[oep]*", action="status", status=502)
        bot.exchange.faults.add(Rule(path="/v5/order/create", nth=1, action="drop-after"), hidden)
        # The account's news would tell, too.
        bot.exchange.refuse_connections()
        bot.exchange.drop_connections("private")
        sending = asyncio.create_task(bot.trade("BUY"))
        found = await red(bot, "trust", "orders of unknown outcome: 1 (BTCUSDT)")
        (unknown,) = found["trust"]["unknown"]
        assert (unknown["symbol"], D(unknown["remaining"])) == ("BTCUSDT", D("0.01"))
        bot.exchange.faults.remove(hidden)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await until(lambda: not bot.monitor.snapshot().trust.unknown)


async def test_a_journal_that_lags_is_red_until_it_has_caught_up(tmp_path):
    async with monitored(tmp_path, monitor={"max_journal_lag": 0.3}) as bot:
        await healthy(bot)
        other = sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        trading = asyncio.create_task(bot.trade("BUY"))
        found = await red(bot, "trust", "the journal lags by")
        assert found["trust"]["journal_lag"] > 0.3
        other.execute("ROLLBACK")
        other.close()
        assert (await trading).status.value == "filled"
        await healthy(bot)


async def test_an_account_out_of_step_is_red(tmp_path):
    async with monitored(tmp_path) as bot:
        await healthy(bot)
        bot.exchange.refuse_connections()
        bot.exchange.drop_connections("private")
        assert (await red(bot, "trust", "the account is not synced"))["trust"]["synced"] is False


async def test_old_data_trip_the_breaker_and_both_are_red(tmp_path):
    async with monitored(tmp_path, risk={"max_data_age": 1.5}) as bot:
        await healthy(bot)
        bot.exchange.faults.add(Rule(topic="*", channel="linear", action="drop"))
        found = await red(bot, "trust", "data of BTCUSDT are too old")
        assert found["trust"]["data"][0]["too_old"] is True
        found = await red(bot, "breakers", "breaker tripped: stale_data")
        assert next(row for row in found["breakers"]["rows"] if row["name"] == "stale_data")["used"] > 1


STATE = StatePanel(engine="running", mode="LIVE", address="mainnet", version="0", settle_coin="USDT", started_ms=1)
TRUST = TrustPanel(synced=True, round_age=0.1)
BREAKERS = BreakersPanel()
DATA = DataRow(
    symbol="X", price_age_ms=1, candle_age_ms=None, book_age_ms=None, book_stale=None, too_old=False
)  # fmt: skip
BREAKER = BreakerRow(name="drawdown", value=0.1, limit=0.1, used=1.0, tripped=True, latched=True)
STRATEGY = StrategyRow(
    strategy_id="s", active=False, signals=0, refused=0, traded=0, last_refusal="", failure="hung", closed=0, pnl=D(0)
)


@pytest.mark.parametrize(
    ("state", "trust", "breakers", "found"),
    [
        ({}, {}, {}, None),
        ({"engine": "paused"}, {}, {}, None),
        ({"engine": "emergency_stopped"}, {}, {}, ("state", "emergency stopped")),
        ({"engine": "stopped", "started_ms": None}, {"synced": None}, {}, ("state", "stopped")),
        ({}, {"round_age": 3.1}, {}, ("state", "not looked at its account for 3 s")),
        ({}, {"synced": False}, {}, ("trust", "not synced")),
        ({}, {"synced": None}, {}, ("trust", "not synced")),
        ({}, {"data": (DATA,)}, {}, None),
        ({}, {"data": (msgspec.structs.replace(DATA, too_old=True),)}, {}, ("trust", "too old")),
        ({}, {"data": (msgspec.structs.replace(DATA, book_stale=True),)}, {}, ("trust", "stale")),
        ({}, {"unknown": (UnknownOrder("a", "X", "Buy", D(1)),)}, {}, ("trust", "unknown outcome: 1 (X)")),
        ({}, {"journal_healthy": False}, {}, ("trust", "does not take")),
        ({}, {"journal_lag": 2.0}, {}, None),
        ({}, {"journal_lag": 2.1}, {}, ("trust", "lags by 2.1 s")),
        ({}, {}, {"rows": (BREAKER,)}, ("breakers", "tripped: drawdown")),
        ({}, {}, {"strategies": (STRATEGY,)}, ("breakers", "it hung")),
    ],
)
def test_when_it_is_red(state, trust, breakers, found):
    told = problems(
        msgspec.structs.replace(STATE, **state), msgspec.structs.replace(TRUST, **trust),
        msgspec.structs.replace(BREAKERS, **breakers), max_journal_lag=2.0,
    )  # fmt: skip
    if found is None:
        assert told == ()
    else:
        (problem,) = told
        assert (problem.panel, found[1] in problem.text) == (found[0], True), problem


# Actions


async def test_pause_and_resume(tmp_path):
    async with monitored(tmp_path) as bot:
        assert (await bot.http.post("/pause")).json() == {"state": "paused"}
        assert bot.engine.state.value == "paused"
        assert (await bot.health())[0] == 200
        assert (await bot.http.post("/resume")).json() == {"state": "running"}
        await bot.engine.stop()
        refused = await bot.http.post("/pause")
        assert refused.status_code == 409
        assert "only a running one" in refused.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"confirm":"stop"}', b'{"confirm":""}', b'{"confirm":"STOP","x":1}', b"\xff", b"{" * 5000],
)
async def test_an_emergency_stop_has_to_be_typed(tmp_path, body):
    async with monitored(tmp_path, start=False) as bot:
        answer = await bot.http.post("/emergency-stop", content=body)
        assert answer.status_code in (400, 413)
        assert not (tmp_path / "emergency.json").exists()


async def test_an_emergency_stop_cancels_and_is_latched(tmp_path):
    async with monitored(tmp_path) as bot:
        await bot.trade("BUY", "0.01", off="0.995", metadata={"order_type": "limit"})
        answer = await bot.http.post("/emergency-stop", json={"confirm": "STOP", "reason": "smoke"})
        assert answer.json()["state"] == "emergency_stopped"
        await until(lambda: not bot.monitor.snapshot().orders.open)
        assert json.loads((tmp_path / "emergency.json").read_text())["reason"] == "monitor: smoke"
        await red(bot, "state", "emergency stopped")
        assert (await bot.http.post("/resume")).status_code == 409


# The stream


async def test_every_viewer_is_shown_the_same_and_a_slow_one_holds_up_nobody(tmp_path):
    async with monitored(tmp_path, start=False) as bot:
        url = bot.monitor.url.replace("http", "ws") + "/stream"
        protocols = ["bybit-async-monitor", f"token.{bot.token}"]
        async with connect(url, subprotocols=protocols, max_queue=1) as slow, connect(url, subprotocols=protocols) as a:
            async with connect(url, subprotocols=protocols) as b:
                await until(lambda: bot.monitor.viewers == 3)
                slow.transport.pause_reading()
                seen = [{await socket.recv() for _ in range(4)} for socket in (a, b)]
                assert len(seen[0] & seen[1]) >= 2
            await until(lambda: bot.monitor.viewers == 2)
            await a.send("nothing that a page has to say")
            await a.recv()
            slow.transport.abort()


async def test_it_is_served_over_tls(tmp_path):
    pem, key = certificate(tmp_path, "127.0.0.1")
    given = {"certificate": str(pem), "private_key": str(key)}
    async with monitored(tmp_path, start=False, monitor=given) as bot:
        assert bot.monitor.url.startswith("https://")
        import ssl

        context = ssl.create_default_context(cafile=str(pem))
        async with httpx.AsyncClient(verify=context) as http:
            assert (await http.get(bot.monitor.url + "/healthz")).status_code == 503


# Its parts


def test_a_curve_keeps_its_ends_and_stays_small():
    curve = Curve()
    curve.begin([(0, 1.0), (1, 2.0)], before_ms=6_000_000)
    for second in range(100_000):
        curve.add(7_200_000 + second * 1000, float(second))
        curve.add(7_200_000 + second * 1000 - 1, -1.0)
    points = curve.points
    assert len(points) <= 240
    assert points[0] == (3_600_000, 1.0)
    assert points[-1] == (7_200_000 + 99_999_000, 99_999.0)
    times = [time_ms for time_ms, _ in points]
    assert times == sorted(set(times))
    assert -1.0 not in {value for _, value in points}
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[1:-1])]
    assert max(gaps) <= 4 * min(gaps)


def test_the_log_keeps_the_last_fifty_lines_without_secrets():
    tail = LogTail(["hunter22"])
    logger = logging.Logger("bybit_async.somewhere")
    logger.addHandler(tail)
    for number in range(60):
        logger.info("line %d hunter22", number)
    try:
        raise ValueError("hunter22" + "x" * 1000)
    except ValueError:
        logger.exception("it failed")
    logger.warning("careful")
    assert len(tail.lines) == 50
    assert tail.lines[0].text == "careful"
    assert tail.lines[1].text.startswith("it failed: ValueError: ***xxx")
    assert len(tail.lines[1].text) == 500
    assert tail.lines[2].text == "line 59 ***"
    assert (tail.warnings, tail.errors) == (1, 1)


@pytest.mark.parametrize(
    ("address", "mode"),
    [("simulated", "PAPER"), ("testnet", "PAPER"), ("demo", "PAPER"), ("mainnet", "LIVE"), ("eu", "LIVE"),
     ("http://127.0.0.1:8100", "PAPER"), ("http://localhost:8100", "PAPER"), ("http://[::1]:1", "PAPER"),
     ("https://api.bybit.com", "LIVE"), ("https://api-testnet.bybit.com", "PAPER"),
     ("https://api-testnet.bybit.com.example", "LIVE"), ("https://10.0.0.1", "LIVE")],
)  # fmt: skip
def test_only_what_cannot_be_real_money_is_called_paper(address, mode):
    assert mode_of(address) == mode


@pytest.mark.parametrize(
    ("side", "decided", "traded", "bps"),
    [("Buy", "100", "100.5", 50.0), ("Buy", "100", "99", -100.0), ("Sell", "100", "99", 100.0),
     ("Sell", "100", None, None), ("Sell", "0", "99", None)],
)  # fmt: skip
def test_slippage_is_positive_when_it_was_worse(side, decided, traded, bps):
    assert slippage_bps(OrderSide(side), D(decided), None if traded is None else D(traded)) == bps


def test_the_page_is_small_and_asks_nobody_else():
    assert {name for name, _ in FILES.values()} == {path.name for path in STATIC.iterdir()}
    texts = {path.name: path.read_text() for path in STATIC.iterdir()}
    assert sum(len(text.encode()) for text in texts.values()) < 100_000
    for name, text in texts.items():
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), name
        assert "innerHTML" not in text
        assert " style=" not in text
