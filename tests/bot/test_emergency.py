"""The emergency stop and the breakers: nothing is sent any more, nothing is left bare, and it holds."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

import pytest

from bybit_async.bot import EngineState, ExecutionStatus
from bybit_async.bot.errors import EngineRefused
from bybit_async.simulator import Rule
from tests.bot.trading import another, running, until

D = Decimal
RESTING = {"off": "0.97", "metadata": {"order_type": "limit"}}


async def test_it_cancels_entries_and_leaves_every_stop(tmp_path):
    async with running(tmp_path) as bot:
        await bot.trade("BUY")
        stop = bot.positions()["BTCUSDT"].stop_loss
        for number in range(5):
            await bot.trade("BUY", **RESTING | {"off": f"0.9{number + 3}"})
        assert len(bot.resting()) == 5
        await bot.engine.emergency_stop()
        assert bot.resting() == []
        assert bot.positions()["BTCUSDT"].stop_loss == stop
        assert any(order.stop_order_type == "StopLoss" for order in bot.account.orders.values())
        assert bot.engine.state is EngineState.EMERGENCY_STOPPED
        assert bot.risk.get_risk_summary()["current_state"]["emergency_stop_active"]
        refused = await bot.trade("BUY")
        assert (refused.status, refused.rejection_reason) == (
            ExecutionStatus.REJECTED,
            "the engine is emergency_stopped",
        )
        assert ("critical", "emergency stop: asked for") in bot.alerts


async def test_it_flattens_where_so_configured_and_whatever_fails_on_the_way(tmp_path):
    async with running(tmp_path, engine={"flatten_on_emergency": True}) as bot:
        await bot.trade("BUY")
        await bot.trade("BUY", **RESTING)
        for path in ("/v5/order/cancel", "/v5/order/realtime", "/v5/position/list", "/v5/order/create"):
            bot.exchange.faults.add(Rule(path=path, nth=1, action="code", code=10016))
        began = time.monotonic()
        await bot.engine.emergency_stop()
        assert time.monotonic() - began < 25
        assert bot.resting() == []
        assert bot.positions() == {}


async def test_it_holds_over_restarts_until_it_is_reset(tmp_path):
    async with running(tmp_path) as bot:
        await bot.trade("BUY")
        await bot.engine.emergency_stop("fire drill")
        for change in (bot.engine.resume, bot.engine.pause):
            with pytest.raises(EngineRefused, match="emergency_stopped"):
                await change()
        await bot.engine.stop()
        async with another(bot.exchange, bot.credentials, tmp_path) as again:
            assert again.engine.state is EngineState.EMERGENCY_STOPPED
            assert any("fire drill" in text for _, text in again.alerts)
            assert (await again.trade("BUY")).status is ExecutionStatus.REJECTED
            # Positions are looked after all the same.
            await again.client.session.position.set_trading_stop(category="linear", symbol="BTCUSDT", stop_loss=0)
            await until(lambda: again.positions()["BTCUSDT"].stop_loss is None)
            await until(lambda: again.positions()["BTCUSDT"].stop_loss)
            await again.engine.reset_emergency_stop()
            assert again.engine.state is EngineState.PAUSED
            await again.engine.resume()
            assert (await again.trade("BUY")).status is ExecutionStatus.FILLED


async def test_a_signal_on_its_way_does_not_leave_any_more(tmp_path, monkeypatch):
    async with running(tmp_path) as bot:
        signal = await bot.signal("BUY")
        submit = bot.engine._rooms.desk.submit
        written = asyncio.Event()

        async def slowly(plan, given):
            trade = await submit(plan, given)
            written.set()
            await asyncio.sleep(0.05)
            return trade

        monkeypatch.setattr(bot.engine._rooms.desk, "submit", slowly)
        trading = asyncio.create_task(bot.engine.process_trade_signal(signal))
        await written.wait()
        await bot.engine.emergency_stop()
        done = await trading
        assert done.status is ExecutionStatus.REJECTED
        assert bot.exchange.orders == []


@pytest.mark.parametrize("action", ["pause", "emergency_stop"])
async def test_a_breaker_stops_trading_and_holds_over_restarts(tmp_path, action):
    values = {"risk": {"on_breaker": action, "max_daily_loss": 0.0001}, "engine": {"flatten_on_emergency": True}}
    async with running(tmp_path, **values) as bot:
        await bot.trade("BUY", "0.1")
        await bot.trade("SELL", "0.1")
        await bot.trade("BUY", "0.1")
        await bot.trade("SELL", "0.1")
        wanted = EngineState.PAUSED if action == "pause" else EngineState.EMERGENCY_STOPPED
        await until(lambda: bot.engine.state is wanted)
        assert any("daily_loss" in text for level, text in bot.alerts if level == "critical")
        assert (await bot.trade("BUY")).status is ExecutionStatus.REJECTED
        await bot.engine.stop()
        async with another(bot.exchange, bot.credentials, tmp_path, **values) as again:
            await until(lambda: again.engine.state is wanted)
            assert "daily_loss" in again.engine.get_engine_status()["breakers"][0]
            if action == "pause":
                with pytest.raises(EngineRefused, match="daily_loss"):
                    await again.engine.resume()
                again.risk.reset("daily_loss")
                await again.engine.resume()
                assert again.engine.state is EngineState.RUNNING


@pytest.mark.parametrize("fault", ["stale prices", "private stream lost", "refused calls"])
async def test_what_is_not_known_stops_trading(tmp_path, fault):
    async with running(tmp_path, risk={"max_data_age": 0.5}) as bot:
        signal = await bot.signal("BUY")
        if fault == "stale prices":
            bot.exchange.faults.add(Rule(topic="tickers.*", action="drop"))
            await asyncio.sleep(0.8)
        elif fault == "private stream lost":
            bot.exchange.refuse_connections()
            bot.exchange.drop_connections("private")
            await until(lambda: not bot.engine.get_engine_status()["synced"])
        else:
            bot.exchange.faults.add(Rule(path="/v5/order/realtime", action="status", status=502))
            for _ in range(30):
                bot.client.calls.take(_failed())
        done = await bot.engine.process_trade_signal(signal)
        assert done.status is ExecutionStatus.REJECTED
        assert bot.exchange.orders == []


def _failed():
    from bybit_async import NotSent
    from bybit_async.transport.hooks import ResponseEvent

    return ResponseEvent("x", "GET", "/", 1, 0.1, error=NotSent("down"))
