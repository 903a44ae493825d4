"""What has only just ended is shown, and not stored as final until it is."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
import pytest

from bybit_async import AsyncBybit
from bybit_async.data import source
from bybit_async.data.columns import Numbers, Table
from bybit_async.data.coverage import Coverage
from bybit_async.data.series import Series
from bybit_async.simulator import MarketSettings, SimulatedExchange

from .ledger import MINUTE, assert_equals_ledger, ms

HOUR = 60 * MINUTE


@contextlib.asynccontextmanager
async def session(tmp_path, start):
    market = MarketSettings(makers=None)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], manual=True, start=start, market=market) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            yield exchange, bybit


@pytest.mark.parametrize("clock", ["2024-05-31T12:00:01", "2024-06-01T00:00:01"])
async def test_a_candle_that_is_revised_right_after_its_end_is_stored_as_it_became(tmp_path, clock):
    """Also when it is the only one that is missing, or the last one of a file."""
    now = ms(clock)
    opened = now // MINUTE * MINUTE - MINUTE
    async with session(tmp_path, now) as (exchange, bybit):
        await bybit.data.fetch_klines("BTCUSDT", "1m", opened - 5 * MINUTE, opened)
        params = {"category": "linear", "symbol": "BTCUSDT", "interval": "1", "start": opened, "end": opened}
        answer = await bybit.request("GET", "/v5/market/kline", params=params, signed=False)
        early = {**answer.result, "list": [[str(opened), "1", "1", "1", "1", "1", "1"]]}
        exchange.respond("/v5/market/kline", early)
        first = await bybit.data.fetch_klines("BTCUSDT", "1m", opened - 5 * MINUTE, opened + MINUTE)
        assert len(first) == 6
        assert first["close"].iloc[-1] == 1.0
        assert first.attrs["gaps"] == []
        [series] = bybit.data.store.series()
        table, coverage = bybit.data.store.load(series, opened - 5 * MINUTE, opened + MINUTE)
        assert (len(table), coverage) == (5, Coverage([(opened - 5 * MINUTE, opened)])), "stored while it may change"
        del exchange._server.rest.fixtures["/v5/market/kline"]
        await exchange.advance("6s")
        await bybit.market.get_server_time()
        later = await bybit.data.fetch_klines("BTCUSDT", "1m", opened - 5 * MINUTE, opened + MINUTE)
        assert_equals_ledger(later, exchange, "BTCUSDT", opened - 5 * MINUTE, opened + MINUTE)
        table, coverage = bybit.data.store.load(series, opened - 5 * MINUTE, opened + MINUTE)
        assert (len(table), coverage.total) == (6, 6 * MINUTE)


async def test_a_funding_that_is_told_late_is_not_missed_for_ever(tmp_path):
    settled = ms("2024-05-31T08:00")
    async with session(tmp_path, settled + 2_000) as (exchange, bybit):
        span = {"startTime": settled - 24 * HOUR, "endTime": settled + 1000}
        params = {"category": "linear", "symbol": "BTCUSDT", **span}
        answer = await bybit.request("GET", "/v5/market/funding/history", params=params, signed=False)
        [newest, *older] = answer.result["list"]
        assert int(newest["fundingRateTimestamp"]) == settled
        exchange.respond("/v5/market/funding/history", {**answer.result, "list": older})
        start = settled - 24 * HOUR
        first = await bybit.data.fetch_funding_rates("BTCUSDT", start)
        assert first.index[-1] == pd.Timestamp(settled - 8 * HOUR, unit="ms", tz="UTC")
        assert first.attrs["gaps"] == []
        assert pd.Timestamp(first.attrs["end"]) < pd.Timestamp(settled, unit="ms", tz="UTC"), "no word of the latest"
        del exchange._server.rest.fixtures["/v5/market/funding/history"]
        second = await bybit.data.fetch_funding_rates("BTCUSDT", start)
        assert second.index[-1] == pd.Timestamp(settled, unit="ms", tz="UTC")
        # It is known that the next one is an hour away at least.
        assert pd.Timestamp(second.attrs["end"]) > pd.Timestamp(settled, unit="ms", tz="UTC")


def answered(times, at):
    values = np.arange(len(times), dtype=np.int64)
    return source.WindowAnswer(Table(np.array(times, dtype=np.int64), {"open": Numbers(values, 0)}), at)


@pytest.mark.parametrize(
    ("after", "passed", "until"),
    [(0, 0, 9), (1, 0, 9), (4_999, 0, 9), (5_000, 0, 10), (59_999, 0, 10), (1, 10 * MINUTE, 10), (1, 99 * MINUTE, 10)],
)
def test_candles_are_final_a_little_after_their_end_or_when_a_message_has_told_so(after, passed, until):
    series = Series("klines", "linear", "BTCUSDT", "1", "mainnet")
    answer = answered(range(0, 12 * MINUTE, MINUTE), 10 * MINUTE + after)
    table, coverage = source.final(series, answer, (0, 12 * MINUTE), passed)
    assert table.times.tolist() == list(range(0, 10 * MINUTE, MINUTE)), "the growing candle is no row"
    assert coverage == Coverage([(0, until * MINUTE)])


@pytest.mark.parametrize(
    ("last", "at", "until"),
    [
        (8 * HOUR, 8 * HOUR + 1, 8 * HOUR + 1),
        (8 * HOUR, 9 * HOUR - 1, 9 * HOUR - 1),
        (8 * HOUR, 9 * HOUR, 9 * HOUR - 10 * MINUTE),
        (8 * HOUR, 16 * HOUR + 1, 16 * HOUR + 1 - 10 * MINUTE),
        (8 * HOUR, 99 * HOUR, 20 * HOUR),
    ],
)
def test_fundings_are_complete_up_to_where_another_one_may_still_be_told(last, at, until):
    series = Series("funding_rates", "linear", "BTCUSDT", "all", "mainnet")
    table, coverage = source.final(series, answered([0, last], at), (0, 20 * HOUR))
    assert table.times.tolist() == [0, last]
    assert coverage == Coverage([(0, until)])


@pytest.mark.parametrize("end", [None, "2024-06-03T12:00"])
async def test_a_clock_that_has_leapt_since_the_last_request_is_asked_and_not_assumed(tmp_path, end):
    start = ms("2024-05-31T12:00")
    async with session(tmp_path, start) as (exchange, bybit):
        await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-05-31")
        await exchange.advance("3d")
        frame = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-05-31", end)
        assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2024-05-31"), ms("2024-06-03T12:00"), interval=60)
        assert frame.attrs["gaps"] == []
        await exchange.advance("1h")
        trades = await bybit.data.fetch_trades("BTCUSDT", "2024-06-02", "2024-06-03")
        assert trades.attrs["gaps"] == [], "yesterday's file is there once yesterday is over"
