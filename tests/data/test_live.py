"""Callbacks of live data, and the price and book of the moment."""

from __future__ import annotations

import asyncio
import contextlib
from decimal import Decimal

import pandas as pd
import pytest

from bybit_async import AsyncBybit, InvalidParameter, SubscriptionRefused
from bybit_async.data.book_now import BookNow, aggregated
from bybit_async.data.intervals import grid
from bybit_async.data.series import Series
from bybit_async.models.market.books import Level
from bybit_async.simulator import MarketSettings, Rule, SimulatedExchange

from .ledger import MINUTE, ms


@pytest.fixture
async def exchange():
    settings = MarketSettings(step=100)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], market=settings) as exchange:
        yield exchange


class Calls:
    """Collects what a callback is called with."""

    def __init__(self, count=1):
        self.values = []
        self._count = count
        self._enough = asyncio.Event()

    def __call__(self, value):
        self.values.append(value)
        if len(self.values) >= self._count:
            self._enough.set()

    async def enough(self):
        async with asyncio.timeout(20):
            await self._enough.wait()


async def test_plain_and_async_callbacks_see_every_ticker_until_they_are_stopped(bybit):
    plain, later = Calls(3), Calls(3)

    async def slow(ticker):
        await asyncio.sleep(0)
        later(ticker)

    first = await bybit.data.start_ticker_stream("BTCUSDT", plain)
    second = await bybit.data.start_ticker_stream("BTCUSDT", slow)
    await plain.enough()
    await later.enough()
    assert all(ticker.last_price > 0 for ticker in plain.values + later.values)
    await bybit.data.stop_stream(first)
    seen = len(plain.values)
    third = Calls(3)
    await bybit.data.start_ticker_stream("BTCUSDT", third)
    await third.enough()
    assert len(plain.values) == seen, "called after it was stopped"
    await bybit.data.stop_stream(second)
    await bybit.data.stop_stream(second)


async def test_a_callback_that_raises_is_logged_and_called_again_and_troubles_nobody_else(bybit, caplog):
    calls, other = Calls(3), Calls(3)

    def broken(ticker):
        calls(ticker)
        raise ZeroDivisionError("in the callback")

    await bybit.data.start_ticker_stream("BTCUSDT", broken)
    await bybit.data.start_ticker_stream("BTCUSDT", other)
    await calls.enough()
    await other.enough()
    assert "in the callback" in caplog.text


async def test_what_is_stopped_at_once_has_given_its_topics_back(bybit, exchange):
    starts = [
        bybit.data.start_ticker_stream("BTCUSDT", print),
        bybit.data.start_klines_stream("BTCUSDT", "1m", print, candles=5),
        bybit.data.start_orderbook_stream("BTCUSDT"),
    ]
    for start in starts:
        await bybit.data.stop_stream(await start)
    async with asyncio.timeout(20):
        while any(connection.topics for connection in exchange.connections):
            await bybit.market.get_server_time()
    assert not bybit.data._running


async def test_a_callback_may_stop_its_own_stream(bybit):
    handles, ended = [], asyncio.Event()

    async def once(ticker):
        ended.set()
        await bybit.data.stop_stream(handles[0])

    handles.append(await bybit.data.start_ticker_stream("BTCUSDT", once))
    async with asyncio.timeout(20):
        await ended.wait()


async def test_an_unknown_symbol_is_refused_at_the_start(bybit):
    with pytest.raises(SubscriptionRefused):
        await bybit.data.start_ticker_stream("NOSUCHUSDT", print)
    with pytest.raises(InvalidParameter, match="candles"):
        await bybit.data.start_klines_stream("BTCUSDT", "1m", print, candles=0)


async def test_the_klines_callback_gets_a_frame_that_moves_on_and_closed_candles_are_stored(tmp_path):
    start = ms("2024-05-05T12:00:57")
    async with manual_exchange(start) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            frames = Frames()
            handle = await bybit.data.start_klines_stream("BTCUSDT", "1m", frames, candles=30)
            frame = await frames.reaching(exchange, "12:04")
            await bybit.data.stop_stream(handle)
            assert len(frame) == 30
            assert list(frame.columns) == ["open", "high", "low", "close", "volume", "turnover"]
            assert_last_minutes(frame, exchange, "11:36", "12:04")
            assert len(frames.values) > 4

            series = Series("klines", "linear", "BTCUSDT", "1", exchange.environment.identity)
            table, coverage = bybit.data.store.load(series, start - 60 * MINUTE, start + 60 * MINUTE)
            [(low, high)] = list(coverage)
            assert table.times.tolist() == grid("1", low, high).tolist()
            assert high >= ms("2024-05-05T12:04")
            ticks = exchange.market.quotations["linear", "BTCUSDT"].last.minutes(low // MINUTE, high // MINUTE)
            assert table.numbers["close"].floats().tolist() == [t / 10.0 for t in ticks[:, 3].tolist()]


async def test_candles_missed_while_the_connection_was_lost_are_in_the_frame_and_in_the_store(tmp_path):
    start = ms("2024-05-05T12:00:30")
    async with manual_exchange(start) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            frames = Frames()
            await bybit.data.start_klines_stream("BTCUSDT", "1m", frames, candles=20)
            await lose_connection(exchange, "4m")
            frame = await frames.reaching(exchange, "12:04")
            assert_last_minutes(frame, exchange, "12:00", "12:04")
            series = Series("klines", "linear", "BTCUSDT", "1", exchange.environment.identity)
            stored, coverage = bybit.data.store.load(series, start, start + 300_000)
            assert stored.times.tolist() == [ms(f"2024-05-05T12:0{minute}") for minute in (1, 2, 3)]
            assert coverage.total == ms("2024-05-05T12:04") - start

            sent = exchange.requests
            frame = await frames.reaching(exchange, "12:07")
            assert_last_minutes(frame, exchange, "12:00", "12:07")
            assert exchange.requests == sent, "candles that came by the stream are asked for"


async def test_a_stream_goes_on_when_missed_candles_cannot_be_had_and_has_them_later(tmp_path, caplog):
    async with manual_exchange(ms("2024-05-05T12:00:30")) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            frames = Frames()
            await bybit.data.start_klines_stream("BTCUSDT", "1m", frames, candles=20, keep=False)
            exchange.faults.add(Rule(path="/v5/market/kline", action="code", code=10001, times=1))
            await lose_connection(exchange, "4m")
            frame = await frames.reaching(exchange, "12:04")
            assert "missed candles" in caplog.text
            assert pd.Timestamp("2024-05-05T12:02", tz="UTC") not in frame.index
            frame = await frames.reaching(exchange, "12:05")
            assert_last_minutes(frame, exchange, "12:00", "12:05")
            sent = exchange.requests
            await frames.reaching(exchange, "12:07")
            assert exchange.requests == sent, "what was made up for is asked for again"
            assert bybit.data.store.series() == []


@contextlib.asynccontextmanager
async def manual_exchange(start):
    market = MarketSettings(step=500)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], start=start, manual=True, market=market) as exchange:
        yield exchange


async def lose_connection(exchange, duration):
    exchange.refuse_connections()
    exchange.drop_connections()
    await exchange.advance(duration)
    exchange.refuse_connections(refuse=False)


class Frames:
    """Collects the frames of a stream of klines, and moves the exchange's time on until one is new enough."""

    def __init__(self):
        self.values = []
        self._told = asyncio.Event()

    def __call__(self, frame):
        self.values.append(frame)
        self._told.set()

    async def reaching(self, exchange, clock):
        wanted = pd.Timestamp(f"2024-05-05T{clock}", tz="UTC")
        async with asyncio.timeout(30):
            while not self.values or self.values[-1].index[-1] < wanted:
                self._told.clear()
                await exchange.advance("1s")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await self._told.wait()
        return self.values[-1]


def assert_last_minutes(frame, exchange, start, end):
    """All candles but the growing one are there without a hole, and the last ones are those of the exchange."""
    assert (frame.index.diff().dropna() == pd.Timedelta("1min")).all(), "the frame has a hole"
    first, last = (ms(f"2024-05-05T{clock}") // MINUTE for clock in (start, end))
    ticks = exchange.market.quotations["linear", "BTCUSDT"].last.minutes(first, last)
    assert frame["close"].iloc[first - last - 1 : -1].tolist() == [tick / 10.0 for tick in ticks[:, 3].tolist()]


async def test_the_price_comes_from_the_stream_while_one_runs_and_else_by_rest(bybit, exchange):
    by_rest = await bybit.data.get_current_price("BTCUSDT")
    assert isinstance(by_rest, Decimal)
    calls = Calls()
    handle = await bybit.data.start_ticker_stream("BTCUSDT", calls)
    await calls.enough()
    sent = exchange.requests
    assert await bybit.data.get_current_price("BTCUSDT") == calls.values[-1].last_price
    assert exchange.requests == sent
    await bybit.data.get_current_price("BTCUSDT", max_age=0.0)
    assert exchange.requests == sent + 1, "a price that is too old was taken"
    sent = exchange.requests
    await bybit.data.stop_stream(handle)
    await bybit.data.get_current_price("BTCUSDT")
    assert exchange.requests == sent + 1, "the price of a stream that has ended was taken for the present one"


async def test_the_book_tells_its_age_and_source(bybit, exchange):
    book = await bybit.data.get_current_orderbook("BTCUSDT", depth=10)
    assert (book.source, len(book.bids), len(book.asks)) == ("rest", 10, 10)
    assert 0 <= book.age < 5
    calls = Calls()
    await bybit.data.start_orderbook_stream("BTCUSDT", calls)
    await calls.enough()
    sent = exchange.requests
    live = await bybit.data.get_current_orderbook("BTCUSDT", depth=10)
    assert live.source == "stream"
    assert live.bids[0].price < live.asks[0].price
    assert exchange.requests == sent
    assert (await bybit.data.get_current_orderbook("BTCUSDT", depth=10, max_age=0.0)).source == "rest"


async def test_a_stream_that_is_not_deep_enough_does_not_answer_for_the_whole_book(bybit):
    calls = Calls()
    await bybit.data.start_orderbook_stream("BTCUSDT", calls, depth=50)
    await calls.enough()
    assert (await bybit.data.get_current_orderbook("BTCUSDT", depth=50, max_age=60)).source == "stream"
    assert (await bybit.data.get_current_orderbook("BTCUSDT", depth=51, max_age=60)).source == "rest"


async def test_a_book_outlives_another_stream_of_the_same_symbol(bybit):
    first, second = Calls(), Calls()
    handle = await bybit.data.start_orderbook_stream("BTCUSDT", first, depth=50)
    await first.enough()
    await bybit.data.start_orderbook_stream("BTCUSDT", second, depth=200)
    await second.enough()
    await bybit.data.stop_stream(handle)
    assert (await bybit.data.get_current_orderbook("BTCUSDT", depth=100, max_age=60)).source == "stream"


async def test_the_aggregated_book_sums_from_the_best_level_on(bybit):
    frame = await bybit.data.get_aggregated_orderbook("BTCUSDT", 20)
    for side, ascending in (("Buy", False), ("Sell", True)):
        levels = frame[frame["side"] == side]
        assert len(levels) == 20
        assert levels["price"].is_monotonic_increasing == ascending
        assert levels["cum_size"].iloc[-1] == pytest.approx(levels["size"].sum())
        assert levels["cum_value"].iloc[-1] == pytest.approx((levels["size"] * levels["price"]).sum())
    joined = await bybit.data.get_aggregated_orderbook("BTCUSDT", 20, step="5")
    assert (joined["price"] % 5 == 0).all()
    assert joined[joined["side"] == "Buy"]["price"].max() <= joined[joined["side"] == "Sell"]["price"].min()
    with pytest.raises(InvalidParameter, match="step"):
        await bybit.data.get_aggregated_orderbook("BTCUSDT", 20, step=0)


def test_levels_are_joined_away_from_the_touch():
    """Whoever trades against a joined level must not find it better than the levels that it is made of."""
    levels = {side: [Level(price=Decimal(price), size=Decimal(1)) for price in prices] for side, prices in
              (("bids", ("100", "99.9", "95.1", "95")), ("asks", ("100.1", "104.9", "105", "105.1")))}  # fmt: skip
    frame = aggregated(BookNow("BTCUSDT", age=0.0, source="rest", **levels), Decimal(5))
    assert frame[["side", "price", "size", "cum_size", "cum_value"]].to_numpy().tolist() == [
        ["Buy", 100.0, 1.0, 1.0, 100.0], ["Buy", 95.0, 3.0, 4.0, 385.0],
        ["Sell", 105.0, 3.0, 3.0, 315.0], ["Sell", 110.0, 1.0, 4.0, 425.0],
    ]  # fmt: skip


async def test_everything_ends_with_the_session(exchange, tmp_path):
    calls = Calls()
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        await bybit.data.start_ticker_stream("BTCUSDT", calls)
        await bybit.data.start_klines_stream("BTCUSDT", "1m", calls, candles=5)
        await bybit.data.start_orderbook_stream("BTCUSDT", calls)
        await calls.enough()
    seen = len(calls.values)
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as other:
        later = Calls(3)
        await other.data.start_ticker_stream("BTCUSDT", later)
        await later.enough()
    assert len(calls.values) == seen, "called after the session had ended"
