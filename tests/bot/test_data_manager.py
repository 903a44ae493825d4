"""Market data of the bot: whole, closed and young, or not there."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async import AsyncBybit, BybitError
from bybit_async.bot.candles import COLUMNS, Candles
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.data_manager import DataManager
from bybit_async.models.stream_public import KlineData
from bybit_async.simulator import MarketSettings, Rule, SimulatedExchange

MINUTE = 60_000


def row(value: float) -> list[float]:
    return [value] * len(COLUMNS)


class TestCandles:
    def test_what_comes_before_history_waits_for_it(self) -> None:
        candles = Candles("1", 10)
        assert not candles.put(5 * MINUTE, row(5))
        for minute in (3, 4):
            candles.put(minute * MINUTE, row(minute))
        candles.begin()
        assert candles.closes.tolist() == [3, 4, 5]
        assert candles.missing is None

    def test_a_gap_holds_back_what_follows(self) -> None:
        candles = Candles("1", 10)
        candles.put(0, row(0))
        candles.begin()
        assert not candles.put(2 * MINUTE, row(2))
        assert candles.missing == (MINUTE, 2 * MINUTE)
        assert candles.put(MINUTE, row(1))
        assert not candles.put(MINUTE, row(9))
        assert candles.closes.tolist() == [0, 1, 2]

    @settings(max_examples=40)
    @given(st.permutations(range(12)), st.integers(3, 12))
    def test_any_order_gives_the_same_frame(self, order: list[int], keep: int) -> None:
        candles = Candles("1", keep)
        for minute in range(3):
            candles.put(minute * MINUTE, row(minute))
        candles.begin()
        for minute in order:
            candles.put((minute + 3) * MINUTE, row(minute + 3))
        frame = candles.frame()
        assert frame["close"].tolist() == list(range(15 - keep, 15))
        assert frame.index.asi8.tolist() == [minute * MINUTE for minute in range(15 - keep, 15)]

    def test_a_frame_that_was_given_out_does_not_change(self) -> None:
        candles = Candles("60", 3)
        candles.put(0, row(0))
        candles.begin()
        given_out = candles.frame()
        assert candles.frame() is given_out
        for hour in range(1, 20):
            candles.put(hour * 60 * MINUTE, row(hour))
        assert given_out["close"].tolist() == [0]
        assert candles.frame()["close"].tolist() == [17, 18, 19]


class Client:
    """A client that is open."""

    def __init__(self, session: AsyncBybit) -> None:
        self.session = self.data_session = session

    async def initialize(self) -> None:
        """It is."""


@pytest.fixture
async def exchange():
    async with SimulatedExchange(seed=3, symbols=["BTCUSDT"], manual=True, market=MarketSettings(step=5_000)) as made:
        yield made


@pytest.fixture
async def data(exchange, tmp_path):
    config = ConfigurationManager.from_dict({"data": {"warm_up": 30}})
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path, timeout=60) as session:
        manager = DataManager(Client(session), config)
        manager.config = config
        yield manager
        await manager.stop()


class Closes:
    """Counts what the manager tells."""

    def __init__(self, data: DataManager) -> None:
        self.symbols: asyncio.Queue[str] = asyncio.Queue()
        data.on_close(self.symbols.put_nowait)

    async def wait(self) -> None:
        async with asyncio.timeout(30):
            await self.symbols.get()


def is_whole(frame: Any, minutes: int = 1) -> bool:
    return bool((np.diff(frame.index.as_unit("ms").asi8) == minutes * MINUTE).all())


async def test_history_then_news(exchange, data) -> None:
    assert data.frame("BTCUSDT") is None
    assert data.age_ms() is None
    closes = Closes(data)
    await data.start(["BTCUSDT"])
    await data.start(["BTCUSDT"])
    first = data.frame("BTCUSDT")
    assert len(first) == 30
    assert is_whole(first)
    assert data.closing_time(first) == exchange.clock.now_ms() // MINUTE * MINUTE
    await exchange.advance("1m")
    await closes.wait()
    after = data.frame("BTCUSDT")
    assert len(after) == 31
    assert is_whole(after)
    assert data.closing_time(after) == exchange.clock.now_ms() // MINUTE * MINUTE
    await data._session.get_server_time()
    truth = await data._session.data.fetch_klines("BTCUSDT", "1", after.index[0], use_cache=False)
    np.testing.assert_array_equal(after.to_numpy(), truth.to_numpy())
    assert data.closes("BTCUSDT").tolist() == after["close"].tolist()


async def test_what_was_missed_is_fetched_before_a_decision(exchange, data) -> None:
    await data.start(["BTCUSDT"])
    closes = Closes(data)
    exchange.refuse_connections()
    exchange.drop_connections()
    await exchange.advance("7m")
    exchange.refuse_connections(refuse=False)
    while data.frame("BTCUSDT") is None or len(data.frame("BTCUSDT")) < 37:
        await exchange.advance("10s")
        await data._session.get_server_time()
    assert is_whole(data.frame("BTCUSDT"))
    assert closes.symbols.qsize() >= 1


async def test_no_frame_while_a_gap_stays(exchange, data, caplog) -> None:
    await data.start(["BTCUSDT"])
    candles = data._candles["BTCUSDT"]
    exchange.refuse_connections()
    exchange.drop_connections()
    await exchange.advance("4m")
    await data._session.get_server_time()
    exchange.faults.add(Rule(action="code", path="/v5/market/kline", code=10001))
    with caplog.at_level(logging.WARNING, "bybit_async.bot.data_manager"):
        opened = candles.next_opening + 3 * MINUTE
        candles.put(opened, row(1.0))
        assert data.frame("BTCUSDT") is None
        await data._fill("BTCUSDT", candles.next_opening, opened)
    assert "cannot be fetched yet" in caplog.text
    assert data.frame("BTCUSDT") is None


async def test_old_news_is_no_news(exchange, data, monkeypatch) -> None:
    await data.start(["BTCUSDT"])
    now = data.now_ms()
    monkeypatch.setattr(data, "now_ms", lambda: now + 89_000)
    assert data.age_ms("BTCUSDT") < 90_000
    assert data.frame("BTCUSDT") is not None
    monkeypatch.setattr(data, "now_ms", lambda: now + 91_000)
    assert data.age_ms() >= 90_000
    assert data.frame("BTCUSDT") is None
    # The stream goes on, but no candle closes: that is as old as the candle that is due.
    data._heard["BTCUSDT"] = now + 300_000
    monkeypatch.setattr(data, "now_ms", lambda: now + 300_000)
    assert data.age_ms("BTCUSDT") > 180_000


async def test_books(exchange, data) -> None:
    told: asyncio.Queue[Any] = asyncio.Queue()
    data.on_book(lambda symbol, book: told.put_nowait((symbol, book)))
    assert data.book("BTCUSDT") is None
    await data.start(["BTCUSDT"], books=["BTCUSDT"])
    async with asyncio.timeout(30):
        while data.book("BTCUSDT") is None:
            await exchange.advance("1s")
            await asyncio.sleep(0.01)
        symbol, book = await told.get()
    assert symbol == "BTCUSDT"
    assert book.bids[0][0] < book.asks[0][0]
    assert data.book("BTCUSDT").time_ms <= data.now_ms()
    data.config.set("risk.max_data_age", 1e-9)
    await asyncio.sleep(0.002)
    assert data.book("BTCUSDT") is None


async def test_history_that_cannot_be_had(exchange, data) -> None:
    with pytest.raises(BybitError):
        await data.start(["NOSUCHUSDT"])
    assert data.symbols == []


async def test_news_that_was_long_on_its_way_is_old(exchange, data) -> None:
    await data.start(["BTCUSDT"])
    now = data.now_ms()
    start, one = now // MINUTE * MINUTE, Decimal(1)
    growing = KlineData(
        symbol="BTCUSDT", start=start, end=start + MINUTE - 1, interval="1", confirm=False, timestamp=now,
        open=one, high=one, low=one, close=one, volume=one, turnover=one, pushed_at=now - 50_000,
    )  # fmt: skip
    await data._take(growing)
    assert data.age_ms("BTCUSDT") >= 50_000
