"""What a strategy, a callback, an exchange or a person should not do, and what the engine does then."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from bybit_async import RequestRejected
from bybit_async.bot import EngineState, ExecutionStatus, OrderSide, OrderType, SignalStrength, TradeSignal
from bybit_async.bot.engine.decisions import problem_of
from bybit_async.bot.engine.desk import _row
from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal import Journal, open_store
from bybit_async.simulator import Halt, Rule
from tests.bot.trading import another, running, until

D = Decimal


def signal_with(**given):
    base = {
        "strategy_id": "test", "symbol": "BTCUSDT", "action": "BUY", "quantity": D("0.01"), "price": D(50_000),
        "confidence": 0.8, "strength": SignalStrength.STRONG, "timestamp": datetime.now(UTC),
    }  # fmt: skip
    return TradeSignal(**{**base, **given})


@pytest.mark.parametrize(
    "given",
    [
        {"price": 50_000.0},
        {"price": None},
        {"price": "50000"},
        {"price": D("sNaN")},
        {"price": D("1e999999")},
        {"quantity": D("1e-999999")},
        {"stop_loss": 49_000.0},
        {"action": None},
        {"symbol": None},
        {"symbol": "\ud800"},
        {"strategy_id": 7},
        {"timestamp": None},
        {"timestamp": datetime.min},
        {"confidence": None},
        {"confidence": "0.8"},
        {"confidence": float("nan")},
        {"confidence": D("sNaN")},
        {"strength": "STRONG"},
        {"metadata": None},
        {"metadata": {"note": "\ud800"}},
    ],
    ids=lambda given: "-".join(f"{name}={value!r}"[:40] for name, value in given.items()),
)
async def test_a_malformed_signal_is_refused_by_name_whatever_state_the_engine_is_in(given, engine_of):
    (name,) = given
    assert problem_of(signal_with(**given)).startswith(name)
    refused = await engine_of.process_trade_signal(signal_with(**given))
    assert refused.status is ExecutionStatus.REJECTED
    assert name in refused.rejection_reason


@pytest.fixture
async def engine_of(tmp_path):
    async with running(tmp_path, start=False) as bot:
        yield bot.engine


@pytest.mark.parametrize("confidence", [np.float64(0.8), np.float32(0.5), D("0.8"), Fraction(1, 2), True, 1], ids=repr)
async def test_a_journal_can_be_read_again_whatever_kind_of_number_a_strategy_is_confident_in(tmp_path, confidence):
    async with running(tmp_path) as bot:
        signal = await bot.signal("BUY")
        signal.confidence = confidence
        assert (await bot.engine.process_trade_signal(signal)).status is ExecutionStatus.FILLED
        await bot.engine.stop()
        async with another(bot.exchange, bot.credentials, tmp_path) as again:
            (known,) = again.engine.get_trade_history()
            assert known.signal.confidence == pytest.approx(float(confidence))


async def test_a_malformed_signal_does_not_disturb_a_running_engine(tmp_path):
    async with running(tmp_path) as bot:
        for given in ({"price": 50_000.0}, {"metadata": None}, {"timestamp": None}):
            assert (await bot.engine.process_trade_signal(signal_with(**given))).status is ExecutionStatus.REJECTED
        assert bot.engine.get_engine_status()["refused_count"] == 3
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED


async def test_an_alert_that_raises_does_not_keep_the_emergency_stop_from_cancelling(tmp_path):
    async with running(tmp_path) as bot:
        await bot.trade("BUY", off="0.97", metadata={"order_type": "limit"})
        assert bot.resting()

        def broken(level, text):
            raise RuntimeError("the webhook is gone")

        bot.engine.on_alert = broken
        await bot.engine.emergency_stop()
        assert bot.resting() == []
        assert bot.engine.state is EngineState.EMERGENCY_STOPPED


async def test_a_performance_callback_that_raises_loses_no_execution(tmp_path):
    async with running(tmp_path) as bot:

        def broken(strategy_id, symbol, pnl):
            raise RuntimeError("a strategy's bookkeeping failed")

        bot.engine.on_performance = broken
        for action in ("BUY", "SELL", "BUY"):
            assert (await bot.trade(action)).status is ExecutionStatus.FILLED
        rows = bot.engine._rooms.journal
        await rows.flush()
        assert len(rows.read("executions")) == 3
        assert bot.risk.memory.losses == 1


async def test_news_that_cannot_be_taken_end_trading_but_not_the_following(tmp_path, monkeypatch):
    async with running(tmp_path) as bot:
        await bot.trade("BUY")
        journal = bot.engine._rooms.journal
        with monkeypatch.context() as patched:

            def full(*puts):
                patched.undo()
                raise JournalError("too much is waiting")

            patched.setattr(journal, "post", full)
            await bot.client.place_order("BTCUSDT", OrderSide.SELL, OrderType.MARKET, D("0.001"))
            await until(lambda: not bot.engine.portfolio().synced)
        refused = await bot.trade("BUY")
        assert (refused.status, "not synced" in refused.rejection_reason) == (ExecutionStatus.REJECTED, True)
        await bot.client.place_order("BTCUSDT", OrderSide.SELL, OrderType.MARKET, D("0.001"))
        await until(lambda: bot.engine._rooms.desk.lots.size("BTCUSDT") == D("0.008"))
        await bot.engine.stop()
        async with another(bot.exchange, bot.credentials, tmp_path) as again:
            assert again.engine.portfolio().synced
            assert (await again.trade("SELL", "0.008")).status is ExecutionStatus.FILLED
            await until(lambda: again.engine._rooms.desk.lots.symbols == [])


TWO = {"BTCUSDT": "0.01", "ETHUSDT": "0.2"}


@asynccontextmanager
async def holding_both(folder, **values):
    async with running(folder, *TWO, **values) as bot:
        for symbol, size in TWO.items():
            assert (await bot.trade("BUY", size, symbol)).status is ExecutionStatus.FILLED
        await until(lambda: len(bot.positions()) == 2)
        yield bot


def refusing(call, symbol):
    async def refused(group, **given):
        if given["symbol"] == symbol and given.get("stop_loss") != 0:
            raise RequestRejected(110017, "not now")
        return await call(group, **given)

    return refused


@pytest.mark.parametrize("stubborn", TWO)
async def test_a_stop_that_cannot_be_laid_leaves_no_other_position_bare(tmp_path, monkeypatch, stubborn):
    async with holding_both(tmp_path) as bot:
        position = bot.client.session.position
        kind = type(position)
        monkeypatch.setattr(kind, "set_trading_stop", refusing(kind.set_trading_stop, stubborn))
        guard = bot.engine._rooms.guard
        await position.set_trading_stop(category="linear", symbol=stubborn, stop_loss=0, position_idx=0)
        await until(lambda: bot.positions()[stubborn].stop_loss is None)
        other = next(symbol for symbol in TWO if symbol != stubborn)
        laid = guard.laid
        await position.set_trading_stop(category="linear", symbol=other, stop_loss=0, position_idx=0)
        await until(lambda: guard.laid > laid and bot.positions()[other].stop_loss, timeout=5)
        assert bot.positions()[stubborn].stop_loss is None


@pytest.mark.parametrize("stubborn", TWO)
async def test_a_position_that_cannot_be_closed_keeps_no_other_from_being_flattened(tmp_path, monkeypatch, stubborn):
    async with holding_both(tmp_path, engine={"flatten_on_emergency": True}) as bot:
        kind = type(bot.client.session.trade)
        monkeypatch.setattr(kind, "place_order", refusing(kind.place_order, stubborn))
        stopping = asyncio.create_task(bot.engine.emergency_stop())
        await until(lambda: list(bot.positions()) == [stubborn], timeout=5)
        monkeypatch.undo()
        await stopping
        assert bot.positions() == {}


async def test_what_was_executed_counts_before_the_position_is_told(tmp_path):
    async with running(tmp_path, trading={"max_position_size": 0.1, "symbols": ["BTCUSDT"]}) as bot:
        bot.exchange.faults.add(Rule(topic="position*", action="delay", milliseconds=2_000))
        for number in range(5):
            await bot.trade("BUY", "0.1", strategy_id=f"strategy {number}", metadata={"order_type": "market"})
        assert bot.positions() == {}
        position = await until(lambda: bot.positions().get("BTCUSDT"))
        assert position.value / bot.engine.portfolio().equity < D("0.102")
        await until(lambda: bot.engine.portfolio().orders == () or not bot.engine.portfolio().unknown_orders)


async def test_a_signal_for_a_symbol_without_a_price_does_not_stop_the_others(tmp_path):
    async with running(tmp_path, *TWO, trading={"symbols": ["BTCUSDT"]}, exchange={"timeout": 1.0}) as bot:
        bot.exchange.faults.add(Rule(topic="tickers.ETHUSDT", action="drop"))
        assert "no price of ETHUSDT" in (await bot.trade("BUY", "0.1", "ETHUSDT")).rejection_reason
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED
        bot.exchange.faults.clear()
        assert (await bot.trade("BUY", "0.1", "ETHUSDT")).status is ExecutionStatus.FILLED


async def test_it_starts_with_a_position_in_a_halted_symbol_and_looks_after_the_others(tmp_path):
    async with holding_both(tmp_path) as bot:
        await bot.client.session.position.set_trading_stop(category="linear", symbol="ETHUSDT", stop_loss=0)
        await bot.engine.stop()
        await bot.client.aclose()
        bot.exchange.script.add(Halt(symbol="BTCUSDT"))
        await until(lambda: bot.exchange.script.happened)
        options = {"trading": {"symbols": ["ETHUSDT"]}, "exchange": {"timeout": 1.0}}
        async with another(bot.exchange, bot.credentials, tmp_path, **options) as again:
            await until(lambda: again.positions()["ETHUSDT"].stop_loss is not None)
            assert "stale_data" in (await again.trade("BUY", "0.1", "ETHUSDT")).rejection_reason


async def test_an_emergency_stop_that_was_reset_closes_nothing_any_more(tmp_path):
    async with running(tmp_path, engine={"flatten_on_emergency": True}) as bot:
        await bot.trade("BUY")
        down = Rule(path="/v5/order/create", action="code", code=10006)
        bot.exchange.faults.add(down)
        stopping = asyncio.create_task(bot.engine.emergency_stop())
        await until(lambda: bot.exchange.faults.fired)
        await bot.engine.reset_emergency_stop()
        await stopping
        bot.exchange.faults.remove(down)
        await bot.engine.resume()
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED
        assert [task for task in asyncio.all_tasks() if "emergency stop" in task.get_name()] == []
        assert bot.positions()


async def test_prices_that_were_long_on_their_way_are_too_old(tmp_path):
    async with running(tmp_path, risk={"max_data_age": 1.0}) as bot:
        bot.exchange.faults.add(Rule(topic="tickers.*", action="delay", milliseconds=3_000))
        prices = bot.engine._rooms.prices
        seen = prices.quote("BTCUSDT")
        await until(lambda: bot.engine._rooms.now_ms() - prices.quote("BTCUSDT").time_ms > 1_500)
        await until(lambda: prices.quote("BTCUSDT").time_ms > seen.time_ms + 500)
        refused = await bot.trade("BUY", price=prices.quote("BTCUSDT").mark)
        assert "s old, at most 1 s" in refused.rejection_reason


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE trades SET signal = '{'", "is damaged"),
        ("UPDATE trades SET filled_qty = 'some'", "is damaged"),
        ("UPDATE trades SET status = 'lost'", "is damaged"),
        ("UPDATE meta SET value = 'abc' WHERE name = 'version'", "its version is 'abc'"),
    ],
)
async def test_a_damaged_journal_is_refused_in_words(tmp_path, statement, words):
    async with running(tmp_path) as bot:
        await bot.trade("BUY")
        await bot.engine.stop()
        with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as file:
            file.execute(statement)
            file.commit()
        with pytest.raises(JournalError, match=words):
            await bot.engine.start()
        assert bot.engine.state is EngineState.STOPPED


async def test_no_execution_is_counted_twice_however_many_a_restart_brings_back(tmp_path):
    async with running(tmp_path) as bot:
        await bot.trade("BUY")
        (first,) = bot.engine._rooms.desk.account.executions
        await bot.engine.stop()
        busy = [
            msgspec.structs.replace(
                first, exec_id=f"{n}", side=("Sell", "Buy")[n % 2], exec_time=first.exec_time + 1 + n // 100
            )
            for n in range(4_000)
        ]
        journal = Journal(open_store(f"sqlite:///{tmp_path}/journal.sqlite3"))
        journal.post(*(_row(execution, None) for execution in busy))
        await journal.aclose()
        await bot.engine.start()
        desk = bot.engine._rooms.desk
        taken = []
        take, desk.lots.take = desk.lots.take, lambda *given, **named: taken.append(given) or take(*given, **named)
        fresh = [msgspec.structs.replace(execution, exec_id=f"new {execution.exec_id}") for execution in busy[:2_500]]
        for execution in sorted([*fresh, *busy], key=lambda item: item.exec_time):
            desk.take_execution(execution)
        assert len(taken) == len(fresh)
