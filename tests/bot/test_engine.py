"""The engine on a simulated exchange: one signal from its decision to its profit."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bybit_async.bot import EngineState, ExecutionStatus
from bybit_async.bot.errors import EngineRefused, ExchangeUnreachable, LeaseHeld
from bybit_async.bot.journal import open_store
from bybit_async.simulator import Rule
from tests.bot.trading import another, exchange_with, running, until

D = Decimal


def journal_of(folder: Path):
    return open_store(f"sqlite:///{folder}/journal.sqlite3", read_only=True)


async def test_a_signal_becomes_a_fill_with_its_stop_and_is_in_the_journal(tmp_path):
    async with running(tmp_path) as bot:
        price = await bot.price()
        stop, target = round(price * D("0.98"), 1), round(price * D("1.05"), 1)
        done = await bot.trade("BUY", stop_loss=stop, take_profit=target)
        assert done.status is ExecutionStatus.FILLED
        assert done.filled_quantity == D("0.01")
        assert done.order_id
        held = bot.positions()["BTCUSDT"]
        assert (held.size, held.stop_loss, held.take_profit) == (D("0.01"), stop, target)
        await bot.engine.stop()
    store = journal_of(tmp_path)
    trades, executions = store.read("trades"), store.read("executions")
    assert [(row["status"], D(row["filled_qty"])) for row in trades] == [("filled", D("0.01"))]
    assert sum(D(row["qty"]) for row in executions) == D("0.01")
    assert {row["execution_id"] for row in executions} == {done.execution_id}


async def test_a_round_trip_earns_what_the_ledger_says(tmp_path):
    async with running(tmp_path) as bot:
        told = []
        bot.engine.on_performance = lambda *args: told.append(args)
        opened = await bot.trade("BUY", "0.02")
        await bot.trade("SELL", "0.01")
        closed = await bot.trade("SELL", "0.01")
        assert closed.status is ExecutionStatus.FILLED
        assert bot.positions() == {}
        history = {trade.execution_id: trade for trade in bot.engine.get_trade_history()}
        earned = history[opened.execution_id].realized_pnl
        assert told == [("test", "BTCUSDT", earned)]
        wallet = (await bot.client.get_wallet_balance())["USDT"]["wallet_balance"]
        assert wallet == D(100_000) + earned
        assert history[closed.execution_id].realized_pnl is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"qty": "NaN"}, "quantity"),
        ({"qty": "-1"}, "quantity"),
        ({"qty": "0.0000001"}, "smallest order"),
        ({"action": "HOLD"}, "BUY or SELL"),
        ({"stop_off": "1.1"}, "wrong side"),
        ({"symbol": "NOPEUSDT", "price": D(1)}, "NOPEUSDT"),
        ({"off": "0.9"}, "away from the signal"),
        ({"timestamp": datetime(2020, 1, 1, tzinfo=UTC)}, "check the clock"),
        ({"timestamp": datetime.now(UTC) + timedelta(days=1)}, "check the clock"),
        ({"metadata": {"order_type": "stop"}}, "limit or market"),
        ({"metadata": {"reduce_only": True}}, "no position to reduce"),
    ],
)
async def test_a_bad_signal_is_refused_with_its_reason(engine_at_rest, given, reason):
    bot = engine_at_rest
    given = {"action": "BUY"} | given
    if off := given.pop("stop_off", None):
        given["stop_loss"] = await bot.price() * D(off)
    done = await bot.trade(given.pop("action"), **given)
    assert done.status is ExecutionStatus.REJECTED
    assert reason in done.rejection_reason
    assert done.order_id is None
    assert bot.exchange.orders == []


@pytest.fixture
async def engine_at_rest(tmp_path):
    async with running(tmp_path) as bot:
        yield bot


async def test_what_is_too_large_is_cut_to_the_limits(tmp_path):
    async with running(tmp_path, trading={"max_position_size": 0.01}) as bot:
        done = await bot.trade("BUY", "1")
        assert done.status is ExecutionStatus.FILLED
        assert done.filled_quantity * done.fill_price <= D(1001)
        again = await bot.trade("BUY", "1")
        assert again.status is ExecutionStatus.REJECTED


async def test_the_same_signal_is_traded_once(tmp_path):
    async with running(tmp_path) as bot:
        signal = await bot.signal("BUY")
        first, second = await asyncio.gather(*(bot.engine.process_trade_signal(signal) for _ in range(2)))
        third = await bot.engine.process_trade_signal(signal)
        assert ExecutionStatus.FILLED in (first.status, second.status)
        assert third.status is ExecutionStatus.FILLED
        assert bot.positions()["BTCUSDT"].size == D("0.01")


async def test_a_resting_order_is_cancelled_by_its_id(tmp_path):
    async with running(tmp_path) as bot:
        waiting = await bot.trade("BUY", off="0.97", metadata={"order_type": "limit"})
        assert waiting.status is ExecutionStatus.PENDING
        assert [trade.execution_id for trade in bot.engine.get_active_trades()] == [waiting.execution_id]
        assert bot.engine.get_engine_status()["active_trades_count"] == 1
        assert await bot.engine.cancel_trade(waiting.execution_id)
        assert not await bot.engine.cancel_trade(waiting.execution_id)
        assert not await bot.engine.cancel_trade("execution-123")
        assert bot.engine.get_active_trades() == []
        assert bot.engine.get_trade_history("BTCUSDT")[0].status is ExecutionStatus.CANCELLED
        assert bot.engine.get_trade_history("ETHUSDT") == []


async def test_stopping_cancels_what_waits_and_pausing_does_not(tmp_path):
    async with running(tmp_path) as bot:
        await bot.trade("BUY", off="0.97", metadata={"order_type": "limit"})
        await bot.engine.pause()
        refused = await bot.trade("BUY")
        assert (refused.status, refused.rejection_reason) == (ExecutionStatus.REJECTED, "the engine is paused")
        assert len(bot.resting()) == 1
        await bot.engine.resume()
        assert bot.engine.state is EngineState.RUNNING
        await bot.engine.stop()
        assert bot.resting() == []
        assert bot.engine.state is EngineState.STOPPED
        assert bot.engine.get_engine_status() == {"state": "stopped", "active_trades_count": 0}
        assert len(bot.engine.get_trade_history()) == 1


async def test_starting_twice_is_refused_and_stopping_twice_is_not(tmp_path):
    async with running(tmp_path) as bot:
        with pytest.raises(RuntimeError, match="running already"):
            await bot.engine.start()
        await bot.engine.stop()
        await bot.engine.stop()
        await bot.engine.start()
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED


async def test_an_exchange_that_is_not_there_is_a_connection_error(tmp_path):
    async with exchange_with() as exchange:
        credentials = exchange.new_account(usdt="1")
        gone = exchange.environment.rest_url
    async with exchange_with() as exchange:
        keys = exchange.new_account(usdt="1")
        async with another(exchange, keys, tmp_path, start=False, exchange={"address": gone, **credentials}) as bot:
            with pytest.raises(ConnectionError) as caught:
                await bot.engine.start()
            assert isinstance(caught.value, ExchangeUnreachable)
            assert bot.engine.state is EngineState.STOPPED
            await bot.engine.stop()


async def test_a_second_engine_on_the_account_is_refused(tmp_path):
    async with running(tmp_path) as bot:
        folder = tmp_path / "second"
        async with another(bot.exchange, bot.credentials, folder, start=False) as second:
            with pytest.raises(LeaseHeld):
                await second.engine.start()
            await bot.engine.stop()
            await second.engine.start()
            assert (await second.trade("BUY")).status is ExecutionStatus.FILLED


async def test_a_position_never_stays_bare(tmp_path):
    async with running(tmp_path) as bot:
        await bot.trade("BUY", stop_loss=(await bot.price()) * D("0.97"))
        decided = bot.positions()["BTCUSDT"].stop_loss
        trading = bot.client.session.position
        await trading.set_trading_stop(category="linear", symbol="BTCUSDT", stop_loss=0)
        await until(lambda: bot.positions()["BTCUSDT"].stop_loss is None)
        await until(lambda: bot.positions()["BTCUSDT"].stop_loss == decided, 5)


async def test_an_order_whose_answer_is_lost_is_followed_to_its_fill(tmp_path):
    async with running(tmp_path) as bot:
        bot.exchange.faults.add(Rule(path="/v5/order/create", nth=1, action="drop-after"))
        done = await bot.trade("BUY")
        assert done.status is ExecutionStatus.FILLED
        assert len(bot.exchange.orders) == 1 + 1  # the order, and the stop of its position


async def test_an_unknown_order_counts_at_its_worst_until_it_is_known(tmp_path):
    values = {"trading": {"max_position_size": 0.01, "symbols": ["BTCUSDT"]}, "engine": {"order_timeout": 0.2}}
    async with running(tmp_path, **values) as bot:
        bot.exchange.faults.add(Rule(path="/v5/order/create", nth=1, action="drop-before"))
        hidden = Rule(path="/v5/order/*", action="status", status=502)
        sending = asyncio.create_task(bot.trade("BUY", "0.015"))
        await until(lambda: bot.engine.get_active_trades())
        bot.exchange.faults.add(hidden)
        refused = await bot.trade("BUY", "0.015")
        assert refused.status is ExecutionStatus.REJECTED
        status = bot.engine.get_engine_status()
        assert status["worst_exposure"] > 700
        bot.exchange.faults.remove(hidden)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert bot.engine.get_active_trades()[0].status is ExecutionStatus.UNKNOWN


async def test_a_full_disk_means_that_nothing_is_sent(tmp_path, monkeypatch):
    from bybit_async.bot.errors import JournalError
    from bybit_async.bot.journal.sqlite import SqliteStore

    async with running(tmp_path) as bot:
        price = await bot.price()
        written = SqliteStore.write

        def full(self, puts):
            raise JournalError("database or disk is full")

        monkeypatch.setattr(SqliteStore, "write", full)
        done = await bot.trade("BUY", price=price)
        assert done.status is ExecutionStatus.REJECTED
        assert "disk is full" in done.rejection_reason
        assert bot.exchange.orders == []
        refused = await bot.trade("BUY", price=price)
        assert "not synced" in refused.rejection_reason
        monkeypatch.setattr(SqliteStore, "write", written)
        await until(lambda: bot.engine.get_engine_status()["synced"])
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED


async def test_hedge_mode_and_other_categories_are_refused(tmp_path):
    async with running(tmp_path, start=False, exchange={"category": "inverse"}) as bot:
        with pytest.raises(EngineRefused, match="linear"):
            await bot.engine.start()


async def test_orders_go_over_the_socket_where_so_configured(tmp_path):
    async with running(tmp_path, exchange={"orders_via": "websocket"}) as bot:
        done = await bot.trade("BUY")
        assert done.status is ExecutionStatus.FILLED
        assert any(connection.channel == "trade" for connection in bot.exchange.connections)


async def test_an_emergency_stop_of_a_stopped_engine_holds_for_the_next_start(tmp_path):
    async with running(tmp_path, start=False) as bot:
        await bot.engine.emergency_stop("before")
        assert bot.engine.state is EngineState.STOPPED
        await bot.engine.start()
        assert bot.engine.state is EngineState.EMERGENCY_STOPPED
        assert (await bot.trade("BUY")).status is ExecutionStatus.REJECTED


async def test_stopping_in_the_middle_of_an_order_waits_for_what_becomes_of_it(tmp_path):
    async with running(tmp_path) as bot:
        signal = await bot.signal("BUY")
        bot.exchange.faults.add(Rule(path="/v5/order/create", action="delay", milliseconds=400))
        trading = asyncio.create_task(bot.engine.process_trade_signal(signal))
        await until(lambda: bot.exchange.faults.fired)
        await bot.engine.stop()
        done = await trading
        assert done.status is ExecutionStatus.FILLED
        assert bot.engine.get_trade_history()[0].status is ExecutionStatus.FILLED
