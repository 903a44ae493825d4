"""What keeps a bot from trading without ending it, and what it leaves behind in the meantime."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from bybit_async.bot import EngineState, ExecutionStatus
from bybit_async.bot.engine import flows as flows_module
from bybit_async.bot.engine import lease as lease_module
from bybit_async.bot.errors import ConfigurationInvalid, EngineRefused, LeaseHeld
from bybit_async.simulator import Delisting, Rule
from tests.bot.trading import LINEAR, another, by_hand, crash, exchange_with, running, two_lives, until
from tests.servers.redis_server import needs_redis, running_redis

D = Decimal
RESTING = {"off": "0.995", "metadata": {"order_type": "limit"}}
LOSING = {"risk": {"max_consecutive_losses": 1, "max_volatility": 100.0}}


async def lose(bot):
    """Trip the breaker of losses in a row: fees alone make a round trip lose."""
    await bot.trade("BUY", "0.01", strategy_id="loser", metadata={"order_type": "market"})
    await until(lambda: "BTCUSDT" in bot.positions())
    await bot.trade("SELL", "0.01", strategy_id="loser", metadata={"order_type": "market"})
    await until(lambda: bot.risk.tripped)


# After a breaker


async def test_a_breaker_that_pauses_cancels_entries_and_keeps_exits(tmp_path):
    async with running(tmp_path, "BTCUSDT", "ETHUSDT", **LOSING) as bot:
        await bot.trade("BUY", "0.1", "ETHUSDT", metadata={"order_type": "market"})
        await until(lambda: "ETHUSDT" in bot.positions())
        leaving = await bot.trade("SELL", "0.1", "ETHUSDT", off="1.005", metadata={"order_type": "limit"})
        waiting = await bot.trade("BUY", "0.01", **RESTING)
        assert {order.link_id for order in bot.account.orders.values()} >= {leaving.execution_id, waiting.execution_id}
        await lose(bot)
        await until(lambda: not bot.resting())
        assert bot.engine.state is EngineState.PAUSED
        assert leaving.execution_id in {order.link_id for order in bot.account.orders.values()}
        assert bot.positions()["ETHUSDT"].stop_loss


async def test_entries_are_cancelled_however_often_that_fails(tmp_path):
    async with running(tmp_path, **LOSING) as bot:
        await bot.trade("BUY", "0.01", **RESTING)
        bot.exchange.faults.add(Rule(path="/v5/order/cancel", action="code", code=10016, times=6))
        await lose(bot)
        await until(lambda: not bot.resting(), 20)


async def test_a_breaker_flattens_where_so_configured(tmp_path):
    values = {"risk": LOSING["risk"] | {"on_breaker": "flatten"}}
    async with running(tmp_path, "BTCUSDT", "ETHUSDT", **values) as bot:
        await bot.trade("BUY", "0.1", "ETHUSDT", metadata={"order_type": "market"})
        await until(lambda: "ETHUSDT" in bot.positions())
        await lose(bot)
        await until(lambda: not bot.positions())
        assert bot.engine.state is EngineState.PAUSED
        assert not (tmp_path / "emergency.json").exists()


async def test_an_order_that_waits_for_its_turn_does_not_leave_after_an_emergency_stop(tmp_path):
    async with running(tmp_path, engine={"order_timeout": 0.5}) as bot:
        # A refusal for its rate makes the order wait for the next window before it is sent again.
        bot.exchange.faults.add(Rule(path="/v5/order/create", action="code", code=10006, times=1))
        signal = await bot.signal("BUY", metadata={"order_type": "market"})
        sending = asyncio.create_task(bot.engine.process_trade_signal(signal))
        await until(lambda: bot.exchange.faults.fired)
        stopping = asyncio.create_task(bot.engine.emergency_stop("test"))
        done = await sending
        assert done.status is ExecutionStatus.UNKNOWN
        await asyncio.sleep(1.5)
        assert not bot.exchange.orders
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)


# Modes and listings


async def test_hedge_mode_is_refused_at_the_start(tmp_path):
    async with running(tmp_path, start=False) as bot:
        async with by_hand(bot.exchange, bot.credentials) as bybit:
            await bybit.position.switch_position_mode(category="linear", symbol="BTCUSDT", mode=3)
        with pytest.raises(EngineRefused, match=r"BTCUSDT in hedge mode.*switch_position_mode"):
            await bot.engine.start()
        assert bot.engine.state is EngineState.STOPPED


async def test_a_change_to_hedge_mode_pauses_until_it_is_undone(tmp_path):
    async with running(tmp_path) as bot, by_hand(bot.exchange, bot.credentials) as bybit:
        await bybit.position.switch_position_mode(category="linear", symbol="BTCUSDT", mode=3)
        refused = await bot.trade("BUY")
        assert refused.status is ExecutionStatus.REJECTED
        await until(lambda: bot.engine.state is EngineState.PAUSED)
        with pytest.raises(EngineRefused, match="hedge mode"):
            await bot.engine.resume()
        await bybit.position.switch_position_mode(category="linear", symbol="BTCUSDT", mode=0)
        await until(lambda: not bot.engine.get_engine_status()["impediments"])
        assert bot.engine.state is EngineState.PAUSED
        await bot.engine.resume()
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED


async def test_a_delisted_symbol_does_not_stop_the_others(tmp_path):
    values = {"risk": {"max_data_age": 1.0}, "trading": {"symbols": ["BTCUSDT", "ETHUSDT"]}}
    async with running(tmp_path, "BTCUSDT", "ETHUSDT", **values) as bot:
        bot.exchange.script.add(Delisting(symbol="ETHUSDT"))
        await until(lambda: bot.exchange.script.happened)
        await until(lambda: "ETHUSDT" not in {each.symbol for each in bot.engine.view().data}, 20)
        await until(lambda: not any(reading.is_tripped for reading in bot.risk.readings()))
        gone = await bot.trade("BUY", "0.1", "ETHUSDT", price=D(3000))
        assert gone.status is ExecutionStatus.REJECTED
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED


# Positions of others


async def test_a_foreign_position_that_cannot_be_closed_pauses_and_is_tried_again(tmp_path):
    async with two_lives(tmp_path, engine={"on_foreign": "flatten"}) as (exchange, credentials, life):
        async with by_hand(exchange, credentials) as bybit:
            await bybit.trade.place_order(**LINEAR, side="Sell", order_type="Market", qty="0.05")
        exchange.faults.add(Rule(path="/v5/order/create", action="code", code=10016))
        async with life() as bot:
            assert bot.engine.state is EngineState.PAUSED
            assert any("could not be closed yet" in text for _, text in bot.alerts)
            with pytest.raises(EngineRefused, match="could not be closed"):
                await bot.engine.resume()
            exchange.faults.rules.clear()
            await until(lambda: not bot.positions())
            await until(lambda: not bot.engine.get_engine_status()["impediments"])
            await bot.engine.resume()
            assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED


# Transfers


@pytest.mark.parametrize("change", [100_000, -50_000])
async def test_what_comes_and_goes_is_neither_profit_nor_loss(tmp_path, change):
    values = {"risk": {"max_daily_loss": 0.01, "max_drawdown": 0.01}}
    async with running(tmp_path, **values) as bot:
        engine = bot.exchange.engine
        (engine.deposit if change > 0 else engine.withdraw)(bot.account, "USDT", abs(change))
        await until(lambda: bot.engine.portfolio().equity == 100_000 + change)
        await until(lambda: bot.risk.memory.flows)
        await until(lambda: bot.risk.memory.peak == bot.risk.memory.day_start == 100_000 + change)
        assert not bot.risk.tripped
        assert (await bot.trade("BUY")).status is ExecutionStatus.FILLED
        await bot.engine.stop()
        # While it is away, too, and each of them once.
        (engine.deposit if change > 0 else engine.withdraw)(bot.account, "USDT", 10_000)
        async with another(bot.exchange, bot.credentials, tmp_path, **values) as again:
            await until(lambda: len(again.risk.memory.flows) == 2)
            assert abs(again.risk.memory.peak - (100_000 + change + (10_000 if change > 0 else -10_000))) < 50
            assert not again.risk.tripped


async def test_a_transfer_that_is_not_explained_in_time_counts_as_a_loss(tmp_path, monkeypatch):
    monkeypatch.setattr(flows_module, "_LOGGED_WITHIN", 0.5)
    async with running(tmp_path, risk={"max_drawdown": 0.1}) as bot:
        bot.exchange.faults.add(
            Rule(path="/v5/account/transaction-log", action="malform", body='{"retCode":0,"result":{"list":[]}}')
        )
        bot.exchange.engine.withdraw(bot.account, "USDT", 50_000)
        await until(lambda: "drawdown" in bot.risk.tripped)


# The lease


def test_a_lease_is_kept_in_a_file_or_in_redis():
    from bybit_async.bot import ConfigurationManager

    with pytest.raises(ConfigurationInvalid, match=r"engine\.lease.*redis://.*or file") as caught:
        ConfigurationManager.from_dict({"engine": {"lease": "http://user:sesame@host"}}).settings  # noqa: B018
    assert "sesame" not in str(caught.value)


@needs_redis
async def test_a_second_engine_is_refused_wherever_it_runs_and_a_lost_lease_ends_trading(tmp_path, monkeypatch):
    monkeypatch.setattr(lease_module, "_LIFE", 1.5)
    with running_redis() as server:
        values = {"engine": {"lease": server.url}}
        async with exchange_with("BTCUSDT") as exchange:
            credentials = exchange.new_account(usdt="100000")
            async with another(exchange, credentials, tmp_path / "a", **values) as bot:
                token = bot.engine.get_engine_status()["lease_token"]
                async with another(exchange, credentials, tmp_path / "b", start=False, **values) as second:
                    with pytest.raises(LeaseHeld, match="process"):
                        await second.engine.start()
                    await bot.trade("BUY", "0.01", **RESTING)
                    server.kill()
                    await until(lambda: bot.engine.state is EngineState.PAUSED)
                    assert any("lease" in text for level, text in bot.alerts if level == "critical")
                    server.start()
                    await second.engine.start()
                    assert second.engine.get_engine_status()["lease_token"] > token
                    # Not even with the place of the lease back.
                    with pytest.raises(EngineRefused, match="lease"):
                        await bot.engine.resume()
                    assert (await bot.trade("BUY")).status is ExecutionStatus.REJECTED
                    assert len(bot.resting()) == 1


async def test_a_bot_that_crashed_starts_again_at_once(tmp_path):
    async with two_lives(tmp_path) as (_, _credentials, life):
        async with life() as bot:
            first = bot.engine.get_engine_status()["lease_token"]
            await crash(bot)
        async with life() as bot:
            assert bot.engine.get_engine_status()["lease_token"] > first
