"""History and live helpers through the blocking twin."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal

import pytest

from bybit_async import Bybit, InvalidParameter
from bybit_async.simulator import MarketSettings, SimulatedExchange

from .ledger import assert_equals_ledger, ms


@pytest.fixture
async def exchange():
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], market=MarketSettings(step=100)) as exchange:
        yield exchange


async def in_a_thread(exchange, tmp_path, work):
    def run():
        with Bybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            return work(bybit)

    return await asyncio.to_thread(run)


async def test_history_is_downloaded_checked_and_read(exchange, tmp_path):
    def work(bybit):
        told = []
        coverage = bybit.data.download("BTCUSDT", "1h", "2024-01-01", "2024-02-01", progress=told.append)
        assert list(coverage) == [(ms("2024-01-01"), ms("2024-02-01"))]
        assert told[-1].rows == 31 * 24
        [report] = bybit.data.verify()
        assert report.sound
        with pytest.raises(InvalidParameter, match="interval"):
            bybit.data.fetch_klines("BTCUSDT", "7m", "2024-01-01", "2024-02-01")
        return bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-02-01")

    frame = await in_a_thread(exchange, tmp_path, work)
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2024-01-01"), ms("2024-02-01"), interval=60)


async def test_a_callback_may_block_call_the_session_and_stop_its_own_stream(exchange, tmp_path):
    def work(bybit):
        seen, threads, started, over, handles = [], set(), threading.Event(), threading.Event(), []

        def callback(ticker):
            threads.add(threading.current_thread())
            seen.append((ticker.last_price, bybit.data.get_current_price("BTCUSDT")))
            if len(seen) == 3:
                started.wait(20)
                bybit.data.stop_stream(handles[0])
                over.set()

        handles.append(bybit.data.start_ticker_stream("BTCUSDT", callback))
        started.set()
        assert over.wait(20)
        assert threading.current_thread() not in threads
        assert all(isinstance(price, Decimal) for pair in seen for price in pair)
        frames, enough = [], threading.Event()

        def keep(frame):
            frames.append(frame)
            enough.set()

        handle = bybit.data.start_klines_stream("BTCUSDT", "1m", callback=keep, candles=5)
        assert enough.wait(20)
        bybit.data.stop_stream(handle)
        assert len(frames[0]) == 5
        assert len(seen) == 3, "called after it was stopped"

    await in_a_thread(exchange, tmp_path, work)


async def test_async_callbacks_and_books_without_one_work_as_well(exchange, tmp_path):
    def work(bybit):
        enough = threading.Event()

        async def callback(ticker):
            enough.set()

        bybit.data.start_ticker_stream("BTCUSDT", callback)
        bybit.data.start_orderbook_stream("BTCUSDT")
        assert enough.wait(20)
        book = bybit.data.get_current_orderbook("BTCUSDT", depth=5)
        assert book.source == "stream"
        assert len(bybit.data.get_aggregated_orderbook("BTCUSDT", 5)) == 10
        with pytest.raises(InvalidParameter, match="callback"):
            bybit.data.start_ticker_stream("BTCUSDT", 5)

    await in_a_thread(exchange, tmp_path, work)
