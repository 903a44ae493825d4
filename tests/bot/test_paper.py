"""Paper trading: live public data, a simulated account, and nothing private asked of the live exchange."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bybit_async import AsyncBybit
from bybit_async.bot import Bot, ConfigurationManager, ExecutionStatus
from bybit_async.bot.engine.places import journal_url
from bybit_async.bot.errors import LeaseHeld
from bybit_async.bot.paper import PaperMarket, paper_account
from bybit_async.cli.app import app
from bybit_async.models.stream_public import TradeData
from bybit_async.simulator import Rule, SimulatedExchange
from tests.bot.trading import another, exchange_with, until

D = Decimal
SPEC = {"category": "linear", "symbol": "BTCUSDT"}
KEY = ("linear", "BTCUSDT")
PUBLIC = ("/v5/market/", "/v5/announcements/", "/v5/system/")


def levels(*pairs):
    return [(D(price), D(size)) for price, size in pairs]


BIDS, ASKS = levels(("60000", "1"), ("59999", "2")), levels(("60000.1", "0.005"), ("60000.2", "0.5"))


class Stage:
    """A live exchange whose book is set by hand, and a paper account on it."""

    def __init__(self, live, exchange, session):
        self.live = live
        self.market = live.feed("BTCUSDT")
        self.exchange: SimulatedExchange = exchange
        self.bybit: AsyncBybit = session

    def change(self, bids=BIDS, asks=ASKS, **prices):
        """Set the live book and prices."""
        self.market.book(bids, asks)
        if prices:
            self.market.prices(**{name: D(price) for name, price in prices.items()})

    async def show(self, bids=BIDS, asks=ASKS, **prices):
        """Set the live book and wait until it lies in the paper exchange."""
        self.change(bids, asks, **prices)
        await until(lambda: self.book() == (dict(bids), dict(asks)))

    def book(self):
        """What others offer on the paper exchange."""
        listing = self.exchange.engine.listings[KEY]
        sides = []
        for side in ("Buy", "Sell"):
            found = {}
            for resting in listing.resting.orders(side):
                if resting.order.account.house:
                    price = listing.instrument.price_of(resting.ticks)
                    found[price] = found.get(price, 0) + resting.lots * listing.instrument.lot
            sides.append(found)
        return tuple(sides)

    async def place(self, side, qty, price=None, **more):
        kind = {"order_type": "Market"} if price is None else {"order_type": "Limit", "price": price}
        ack = await self.bybit.trade.place_order(**SPEC, side=side, qty=qty, **kind, **more)
        return next(order for order in self.exchange.orders if order.order_id == ack.order_id)

    def fills(self):
        [account] = {order.account for order in self.exchange.orders}
        return [(fill.side, fill.price, fill.qty) for fill in account.executions]


@asynccontextmanager
async def stage(**risk):
    async with exchange_with("BTCUSDT") as live:
        config = ConfigurationManager.from_dict(
            {"exchange": {"address": live.environment.rest_url, "paper": True}, "risk": risk}
        )
        async with AsyncBybit(environment=live.environment) as session:
            await session.get_server_time()
            async with (
                paper_account(config.settings, session) as made,
                AsyncBybit(
                    environment=made.exchange.environment, api_key=made.api_key, api_secret=made.api_secret
                ) as bybit,
            ):
                found = Stage(live, made.exchange, bybit)
                await found.show(last="60000", mark="60000", index="60000")
                yield found
                made.exchange.engine.audit()


async def test_a_market_order_walks_the_book_that_was_received():
    async with stage() as at:
        await at.place("Buy", "0.02")
        assert at.fills() == [("Buy", D("60000.1"), D("0.005")), ("Buy", D("60000.2"), D("0.015"))]
        beyond = await at.place("Buy", "0.7")
        assert (beyond.is_live, beyond.filled) == (False, D("0.485"))
        # The next book brings back what only this account has taken.
        await at.show(BIDS, levels(("60000.1", "0.006"), ("60000.2", "0.5")))


async def test_a_limit_order_waits_behind_what_was_there_until_trades_or_the_book_cross_it():
    async with stage() as at:
        order = await at.place("Buy", "0.2", "60000")
        at.market.trade("Sell", D("60000"), D("0.4"))
        await at.show(levels(("60000", "0.6"), ("59999", "2")))
        assert order.filled == 0
        # The market leaves it behind as the best bid: whoever sells now sells to it.
        await at.show(levels(("59999", "2")))
        at.market.trade("Sell", D("59999"), D("0.05"))
        await until(lambda: order.filled == D("0.05"))
        at.change(levels(("59998", "2")), levels(("59999.5", "0.1"), ("60000.1", "1")))
        await until(lambda: order.filled == D("0.15"))
        assert {price for _, price, _ in at.fills()} == {D("60000")}


async def test_a_trade_from_before_the_order_does_not_fill_it():
    async with stage() as at:
        order = await at.place("Buy", "0.2", "60000")
        market = at.exchange.engine.listings[KEY]
        at.live.faults.add(Rule(topic="publicTrade.*", action="delay", milliseconds=700))
        await at.show(levels(("59999", "2")))
        at.market.trade("Sell", D("59999"), D("0.05"))
        traded = at.live.clock.now_ms()
        # The two clocks are as close as an answer is quick.
        await until(lambda: at.exchange.clock.now_ms() > traded + 20)
        late = await at.place("Buy", "0.1", "59999.5")
        await until(lambda: market.last_price == D("59999"))
        assert (order.filled, late.filled) == (0, 0)


@pytest.mark.parametrize("by", ["LastPrice", "MarkPrice"])
async def test_a_stop_goes_by_the_received_price_and_trades_the_received_book(by):
    async with stage() as at:
        await at.place("Buy", "0.004", stop_loss="59500", sl_trigger_by=by)
        await at.show(levels(("59400", "1")), levels(("59401", "1")))
        assert len(at.fills()) == 1
        if by == "MarkPrice":
            at.market.prices(mark=D("59450"))
        else:
            at.market.trade("Sell", D("59400"), D("0.01"))
        await until(lambda: len(at.fills()) == 2)
        assert at.fills()[1] == ("Sell", D("59400"), D("0.004"))


@pytest.mark.parametrize("how", ["lost", "silent"])
async def test_nothing_fills_while_the_market_is_not_known(how):
    async with stage(max_data_age=1.0) as at:
        await at.place("Buy", "0.004", stop_loss="59500")
        waiting = await at.place("Buy", "0.1", "60000")
        silence = Rule(topic="*", channel="linear", action="drop")
        if how == "lost":
            at.live.refuse_connections()
            at.live.drop_connections()
        else:
            at.live.faults.add(silence)
        await until(lambda: at.book() == ({}, {}))
        # A crash that nobody here sees: neither the stop nor the limit order may trade at what was before it.
        at.market.trade("Sell", D("60000"), D("1"))
        at.market.book(levels(("59000", "1")), levels(("59001", "1")))
        at.market.trade("Sell", D("59000"), D("0.01"))
        refused = await at.place("Buy", "0.01")
        assert (refused.status, waiting.filled, len(at.fills())) == ("Cancelled", 0, 1)
        at.live.refuse_connections(refuse=False)
        at.live.faults.remove(silence)
        # The first news after the silence: without any, nobody could know that it has ended.
        at.change(levels(("59000", "0.9")), levels(("59001", "1")))
        await until(lambda: waiting.filled == D("0.1"))
        at.market.trade("Sell", D("59000"), D("0.01"))
        await until(lambda: len(at.fills()) == 3)
        assert at.fills()[2][:2] == ("Sell", D("59000"))


async def test_prices_that_come_without_a_book_wait_for_one():
    async with SimulatedExchange(seed=7, manual=True, symbols=["BTCUSDT"]) as exchange:
        account = exchange.account(exchange.new_account(usdt="20000")["api_key"])
        market = PaperMarket(exchange, exchange.feed("BTCUSDT"), account)
        market.prices(last=D(60000), mark=D(60000), index=D(60000))
        market.book(BIDS, ASKS)
        order = {**SPEC, "side": "Buy", "qty": "0.004"}
        exchange.engine.place(account, {**order, "orderType": "Market", "stopLoss": "59500"})
        waiting = exchange.engine.place(account, {**order, "orderType": "Limit", "price": "59800"})
        market.lose()
        now = exchange.clock.now_ms()
        market.trade(TradeData(time=now, symbol="BTCUSDT", side="Sell", size=D(1), price=D(59000), exec_id="1"))
        market.prices(mark=D(59000))
        assert (waiting.filled, len(account.executions)) == (0, 1)
        market.book(levels(("59390", "5")), levels(("59400", "5")))
        assert waiting.filled == D("0.004")
        assert [(fill.side, fill.price) for fill in account.executions][-1] == ("Sell", D(59390))
        exchange.engine.audit()


async def test_a_book_that_does_not_fit_the_instrument_is_no_book(caplog):
    async with stage() as at:
        order = await at.place("Buy", "0.1", "60000")
        changed = replace(at.live.engine.listings[KEY].instrument, tick=D("0.01"))
        at.live.engine.replace_instrument(changed)
        at.change(levels(("59990.01", "1")), levels(("59990.02", "1")))
        await until(lambda: "59990.0" in caplog.text)
        assert at.book() == ({}, {})
        assert (order.is_live, order.filled) == (True, 0)
        at.change(levels(("59990", "1")), levels(("59990.1", "1")))
        await until(lambda: order.filled == D("0.1"))


async def test_a_symbol_is_fed_by_one_alone():
    exchange = SimulatedExchange(symbols=["BTCUSDT"])
    with pytest.raises(RuntimeError, match="open"):
        exchange.feed("BTCUSDT")
    async with exchange:
        exchange.feed("BTCUSDT")
        for symbol in ("BTCUSDT", "ETHUSDT"):
            with pytest.raises(ValueError, match=symbol):
                exchange.feed(symbol)


async def test_positions_pay_the_live_funding_rate():
    async with stage() as at:
        at.live.engine.set_funding_rate(*KEY, "0.0007")
        listing = at.exchange.engine.listings[KEY]
        await until(lambda: listing.funding_rate == D("0.0007"))
        assert listing.next_funding_ms == at.live.engine.listings[KEY].next_funding_ms


async def test_the_whole_bot_trades_on_paper_and_asks_nothing_private(tmp_path):
    async with exchange_with("BTCUSDT") as live:
        live.faults.add(Rule(path="*", action="delay", milliseconds=0))
        keys = live.new_account(usdt="5")
        async with another(live, keys, tmp_path, exchange={"paper": True, "simulated_balance": 20_000.0}) as bot:
            done = await bot.trade("BUY", "0.005")
            assert done.status is ExecutionStatus.FILLED
            portfolio = bot.engine.portfolio()
            assert portfolio is not None
            assert portfolio.equity == pytest.approx(D(20_000), abs=5)
            assert {socket.channel for socket in live.connections} == {"linear"}
        asked = {firing.name for firing in live.faults.fired}
        assert asked
        assert not {path for path in asked if not path.startswith(PUBLIC)}
        assert live.orders == []
        assert journal_url(bot.config.settings).endswith("journal.paper.sqlite3")
        assert (tmp_path / "journal.paper.sqlite3").exists()
        assert not (tmp_path / "journal.sqlite3").exists()


async def test_the_stale_data_breaker_sees_a_lost_market_and_trading_goes_on_afterwards(tmp_path):
    async with exchange_with("BTCUSDT") as live:
        keys = live.new_account(usdt="5")
        async with another(live, keys, tmp_path, exchange={"paper": True}, risk={"max_data_age": 1.0}) as bot:
            live.refuse_connections()
            live.drop_connections()
            await until(lambda: bot.engine.portfolio().data_age_ms > 1_000)
            signal = await bot.signal("BUY", "0.005")
            refused = await bot.engine.process_trade_signal(signal)
            assert refused.status is ExecutionStatus.REJECTED
            live.refuse_connections(refuse=False)
            await until(lambda: bot.engine.portfolio().data_age_ms < 1_000, timeout=20)
            if bot.engine.state.value == "paused":
                await bot.engine.resume()
            await until(lambda: bot.risk.tripped == {})
            assert (await bot.trade("BUY", "0.005")).status is ExecutionStatus.FILLED


async def test_each_start_is_a_new_account_and_the_journal_of_the_last_one_is_kept(tmp_path):
    async with exchange_with("BTCUSDT") as live:
        keys = live.new_account(usdt="5")
        async with another(live, keys, tmp_path, exchange={"paper": True}) as bot:
            assert (await bot.trade("BUY", "0.005")).status is ExecutionStatus.FILLED
            async with another(live, keys, tmp_path, start=False, exchange={"paper": True}) as second:
                with pytest.raises(LeaseHeld):
                    await second.engine.start()
        async with another(live, keys, tmp_path, exchange={"paper": True}) as bot:
            assert bot.positions() == {}
            assert bot.engine.get_trade_history() == []
        [kept] = tmp_path.glob("journal.paper.2*.sqlite3")
        with sqlite3.connect(kept) as database:
            assert database.execute("SELECT count(*) FROM trades").fetchone() == (1,)


async def test_strategies_see_the_live_candles(tmp_path):
    async with exchange_with("BTCUSDT") as live:
        config = ConfigurationManager.from_dict(
            {
                "exchange": {"address": live.environment.rest_url, "paper": True},
                "journal": {"url": f"sqlite:///{tmp_path}/journal.sqlite3"},
                "engine": {"state_directory": str(tmp_path)},
                "data": {"warm_up": 30, "directory": str(tmp_path / "data")},
            }
        )
        async with Bot(config) as bot, AsyncBybit(environment=live.environment) as bybit:
            frame = bot.data.frame("BTCUSDT")
            assert frame is not None
            rows = await bybit.market.get_kline(**SPEC, interval="1", limit=20)
            closed = {row.start: float(row.close) for row in rows.rows[1:]}
            seen = dict(zip(frame.index.as_unit("ms").asi8.tolist(), frame["close"], strict=True))
            assert {start: seen.get(start) for start in list(closed)[2:]} == dict(list(closed.items())[2:])


async def test_the_command_line_runs_and_checks_on_paper(tmp_path):
    async with exchange_with("BTCUSDT") as live:
        path = tmp_path / "bot.yaml"
        values = {
            "exchange": {"address": live.environment.rest_url, "api_key": "k", "api_secret": "s"},
            "journal": {"url": f"sqlite:///{tmp_path}/journal.sqlite3"},
            "engine": {"state_directory": str(tmp_path)},
            "data": {"directory": str(tmp_path / "data")},
            "strategies": {"trend": {"type": "crossover"}},
        }
        path.write_text(yaml.safe_dump(values))

        async def typed(*words: str) -> str:
            result = await asyncio.to_thread(CliRunner().invoke, app, ["bot", *words])
            assert result.exit_code == 0, result.output + result.stderr
            return " ".join(result.output.split())

        assert "no problems" in await typed("check", str(path), "--paper", "--candles", "120", "--cuts", "3")
        program = [sys.executable, "-m", "bybit_async", "bot", "run", str(path), "--paper", "--seconds", "0.2"]
        process = await asyncio.create_subprocess_exec(*program, stdout=PIPE, stderr=PIPE)
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        assert "running on paper, the market of http://127.0.0.1" in " ".join(out.decode().split())
        assert json.loads(await typed("status", str(path), "--paper", "--json"))["trades"] == 0


def test_what_cannot_be_traded_on_paper_is_refused_and_named(monkeypatch):
    def problems(**exchange):
        return ConfigurationManager.from_dict({"exchange": {"paper": True, **exchange}}).validate_config()

    assert "no live market" in problems()[0]
    assert problems(address="mainnet") == []
    assert "linear contracts only" in problems(address="mainnet", category="spot")[0]
    url = {"url": "postgresql+psycopg://host/name"}
    other = ConfigurationManager.from_dict({"exchange": {"paper": True, "address": "testnet"}, "journal": url})
    assert "sqlite" in other.validate_config()[0]


@pytest.mark.parametrize(("address", "expected"), [(None, "mainnet"), ("simulated", "mainnet"), ("testnet", "testnet")])
def test_paper_uses_the_market_of_the_configuration_and_no_key(monkeypatch, tmp_path: Path, address, expected):
    monkeypatch.setenv("BYBIT_API_KEY", "key")
    monkeypatch.setenv("BYBIT_API_SECRET", "secret")
    path = tmp_path / "bot.yaml"
    path.write_text(yaml.safe_dump({"exchange": {} if address is None else {"address": address}}))
    config = ConfigurationManager(str(path))
    config.use_paper()
    for _ in range(2):
        exchange = config.settings.exchange
        assert (exchange.address, exchange.mode, exchange.api_key, exchange.api_secret) == (expected, "paper", "", "")
        config.reload()
