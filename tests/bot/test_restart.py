"""What an engine makes of what it finds when it starts: its own orders, other people's positions, missing stops."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from bybit_async.bot import ExecutionStatus
from bybit_async.bot.engine import recovery
from bybit_async.bot.errors import EngineRefused, JournalError, JournalTooNew
from bybit_async.bot.journal import Put, open_store
from bybit_async.simulator import Rule
from tests.bot.trading import LINEAR, another, by_hand, crash, two_lives, until

D = Decimal


async def test_an_order_that_waits_is_found_again_and_its_later_fill_is_taken(tmp_path):
    async with two_lives(tmp_path) as (exchange, credentials, life):
        async with life() as bot:
            waiting = await bot.trade("BUY", off="0.97", metadata={"order_type": "limit"})
            await crash(bot)
        async with life() as bot:
            (found,) = bot.engine.get_active_trades()
            assert (found.execution_id, found.status) == (waiting.execution_id, ExecutionStatus.PENDING)
            assert found.signal.strategy_id == "test"
            await crash(bot)
        async with by_hand(exchange, credentials) as bybit:
            price = (await bybit.market.get_tickers(category="linear", symbol="BTCUSDT"))[0].last_price
            await bybit.trade.amend_order(**LINEAR, order_link_id=waiting.execution_id, price=round(price * D("1.01")))
        async with life() as bot:
            (done,) = bot.engine.get_trade_history()
            assert done.status is ExecutionStatus.FILLED
            assert done.filled_quantity == D("0.01")
            assert bot.positions()["BTCUSDT"].size == D("0.01")
            assert bot.engine.get_active_trades() == []


async def test_a_second_restart_writes_nothing(tmp_path):
    async with two_lives(tmp_path) as (exchange, credentials, life):
        async with by_hand(exchange, credentials) as bybit:
            await bybit.trade.place_order(**LINEAR, side="Sell", order_type="Market", qty="0.05")
        async with life() as bot:
            await bot.trade("BUY")
            await bot.trade("BUY", off="0.97", metadata={"order_type": "limit"})
            await crash(bot)
        for number in range(3):
            async with life() as bot:
                await bot.engine._rooms.journal.flush()
                written = bot.engine._rooms.journal.writes
                assert number == 0 or written == 0, f"restart {number} wrote {written} rows"
                await crash(bot)


async def test_a_position_closed_by_its_stop_meanwhile_is_booked_to_who_opened_it(tmp_path):
    async with two_lives(tmp_path) as (exchange, credentials, life):
        async with life() as bot:
            opened = await bot.trade("BUY")
            await crash(bot)
        async with by_hand(exchange, credentials) as bybit:
            await bybit.trade.close_position(**LINEAR)
        async with life() as bot:
            assert bot.positions() == {}
            (trade,) = bot.engine.get_trade_history()
            assert trade.execution_id == opened.execution_id
            wallet = (await bot.client.get_wallet_balance())["USDT"]["wallet_balance"]
            assert trade.realized_pnl == wallet - D(100_000)


async def test_an_order_that_somebody_cancelled_meanwhile_has_ended(tmp_path):
    async with two_lives(tmp_path) as (exchange, credentials, life):
        async with life() as bot:
            waiting = await bot.trade("BUY", off="0.97", metadata={"order_type": "limit"})
            await crash(bot)
        async with by_hand(exchange, credentials) as bybit:
            await bybit.trade.cancel_order(**LINEAR, order_link_id=waiting.execution_id)
        async with life() as bot:
            assert bot.engine.get_active_trades() == []
            (trade,) = bot.engine.get_trade_history()
            assert (trade.status, trade.rejection_reason) == (ExecutionStatus.CANCELLED, "EC_PerCancelRequest")


async def test_trades_that_have_not_ended_are_remembered_however_old(tmp_path, monkeypatch):
    async with two_lives(tmp_path) as (_, _, life):
        async with life() as bot:
            waiting = await bot.trade("BUY", off="0.97", metadata={"order_type": "limit"})
            opened = await bot.trade("BUY", "0.03")
            for _ in range(3):
                await bot.trade("SELL")
                await bot.trade("BUY")
            await crash(bot)
        store = open_store(f"sqlite:///{tmp_path}/journal.sqlite3", read_only=True)
        journal = recovery.Journal(store)
        past = recovery.remember(journal, keep=1)
        await journal.aclose()
        assert past.trades.get(waiting.execution_id) is not None
        assert len(past.trades) < 5
        assert opened.execution_id not in past.lots.openers or past.trades.get(opened.execution_id)


async def test_an_order_that_never_left_is_unknown_and_then_never_arrived(tmp_path, monkeypatch):
    async with two_lives(tmp_path, engine={"order_timeout": 0.1}) as (exchange, _, life):
        async with life() as bot:
            exchange.faults.add(Rule(path="/v5/order/create", action="drop-before"))
            sending = asyncio.create_task(bot.trade("BUY"))
            await until(lambda: exchange.faults.fired)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await crash(bot)
            exchange.faults.rules.clear()
        async with life() as bot:
            (trade,) = bot.engine.get_active_trades()
            assert trade.status is ExecutionStatus.UNKNOWN
            assert bot.engine.portfolio().worst_exposure > 0
            monkeypatch.setattr(bot.engine._rooms.recovery, "_patience_ms", 0)
            await until(lambda: not bot.engine.get_active_trades())
            assert bot.engine.get_trade_history()[0].status is ExecutionStatus.REJECTED
            assert bot.engine.portfolio().worst_exposure == 0
        assert exchange.orders == []


async def test_an_order_that_arrived_though_its_answer_was_lost_is_found(tmp_path):
    async with two_lives(tmp_path) as (exchange, _, life):
        async with life() as bot:
            signal = await bot.signal("BUY")
            exchange.faults.add(Rule(path="/v5/order/create", action="drop-after"))
            sending = asyncio.create_task(bot.engine.process_trade_signal(signal))
            await until(lambda: exchange.orders)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await crash(bot)
            exchange.faults.rules.clear()
        async with life() as bot:
            (trade,) = bot.engine.get_trade_history()
            assert trade.status is ExecutionStatus.FILLED
            again = await bot.engine.process_trade_signal(signal)
            assert again.execution_id == trade.execution_id
            assert bot.positions()["BTCUSDT"].size == D("0.01")


@pytest.mark.parametrize("policy", ["adopt", "flatten", "refuse"])
async def test_a_position_of_somebody_else(tmp_path, policy):
    async with two_lives(tmp_path, engine={"on_foreign": policy}) as (exchange, credentials, life):
        async with by_hand(exchange, credentials) as bybit:
            await bybit.trade.place_order(**LINEAR, side="Sell", order_type="Market", qty="0.05")
        async with life(start=False) as bot:
            if policy == "refuse":
                with pytest.raises(EngineRefused, match="BTCUSDT -0"):
                    await bot.engine.start()
                return
            await bot.engine.start()
            if policy == "flatten":
                await until(lambda: bot.positions() == {})
            else:
                held = bot.positions()["BTCUSDT"]
                await until(lambda: bot.positions()["BTCUSDT"].stop_loss)
                assert held.signed_size == D("-0.05")
                assert bot.positions()["BTCUSDT"].stop_loss > held.entry_price
            assert bot.engine.get_trade_history() == []


async def test_stops_that_vanished_are_laid_again_where_they_were(tmp_path):
    async with two_lives(tmp_path) as (exchange, credentials, life):
        async with life() as bot:
            stop = round(await bot.price() * D("0.97"), 1)
            await bot.trade("BUY", stop_loss=stop)
            await crash(bot)
        async with by_hand(exchange, credentials) as bybit:
            await bybit.position.set_trading_stop(**LINEAR, stop_loss=0)
        async with life() as bot:
            await until(lambda: bot.positions()["BTCUSDT"].stop_loss == stop)


async def test_a_position_whose_stop_was_passed_meanwhile_is_closed(tmp_path):
    async with two_lives(tmp_path) as (exchange, credentials, life):
        async with life() as bot:
            await bot.trade("BUY", stop_loss=round(await bot.price() * D("0.97"), 1))
            await crash(bot)
        async with by_hand(exchange, credentials) as bybit:
            await bybit.position.set_trading_stop(**LINEAR, stop_loss=0)
        store = open_store(f"sqlite:///{tmp_path}/journal.sqlite3")
        (row,) = store.read("trades")
        store.write([Put("trades", row | {"stop_loss": str(D(row["filled_value"]) / D(row["filled_qty"]) * 2)})])
        store.close()
        async with life() as bot:
            await until(lambda: bot.positions() == {})


async def test_the_journal_of_another_account_or_version_is_refused(tmp_path):
    async with two_lives(tmp_path) as (exchange, _, life):
        async with life() as bot:
            await crash(bot)
        stranger = exchange.new_account(usdt="1000")
        async with another(exchange, stranger, tmp_path, start=False) as bot:
            with pytest.raises(JournalError, match="another account"):
                await bot.engine.start()
        store = open_store(f"sqlite:///{tmp_path}/journal.sqlite3")
        store.write([Put("meta", {"name": "version", "value": "99"})])
        store.close()
        async with life(start=False) as bot:
            with pytest.raises(JournalTooNew, match="99"):
                await bot.engine.start()


def test_positions_and_lots_are_compared_both_ways():
    lots = recovery.Lots()
    lots.adopt("A", D(3), D(10))
    lots.adopt("B", D(-1), D(10))
    lots.adopt("A", D(-1), D(10))
    assert lots.size("A") == 2
    assert dict(recovery.differences([], lots)) == {"A": (D(-2), D(0)), "B": (D(1), D(0))}
