"""How a range is asked for, window by window, and what an answer is complete for."""

from __future__ import annotations

import itertools
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from bybit_async.data import source
from bybit_async.data.columns import Table, numbers_of
from bybit_async.data.coverage import Coverage
from bybit_async.data.frames import gaps_of
from bybit_async.data.intervals import grid
from bybit_async.data.lifetimes import find_lifetime
from bybit_async.data.rows import RawRows
from bybit_async.data.series import Series

from .ledger import ms

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("interval", "most"), [("1", 1000), ("60", 1000), ("D", 31), ("W", 5), ("M", 1), ("all", 200 * 8)]
)
def test_windows_cover_a_range_once_and_none_crosses_into_the_next_file(interval, most):
    series = Series("funding_rates" if interval == "all" else "klines", "linear", "BTCUSDT", interval, "mainnet")
    start, end = ms("2023-12-31T23:00"), ms("2024-03-02T05:00")
    found = source.windows(series, Coverage([(start, end)]))
    assert (found[0][0], found[-1][1]) == (start, end)
    assert all(after[0] == before[1] for before, after in itertools.pairwise(found))
    assert all(series.unit_of(low) == series.unit_of(high - 1) for low, high in found)
    assert all(len(grid("60" if interval == "all" else interval, *window)) <= most for window in found)


class Caller:
    """Answers like Bybit: at most `most` rows of those in the range, the newest ones, newest first."""

    def __init__(self, times, most):
        self.times, self.most = times, most
        self.asked = []

    async def call(self, endpoint, params, *, timeout=None):
        low, high = params["startTime"], params["endTime"]
        self.asked.append((low, high))
        rows = [time for time in self.times if low <= time <= high][-self.most :][::-1]
        cells = ",".join(f'{{"fundingRateTimestamp":"{time}","fundingRate":"0.0001"}}' for time in rows)
        return SimpleNamespace(result=RawRows(f"[{cells}]".encode()), time=1 << 50, raw=b"")


@pytest.mark.parametrize(("count", "requests"), [(199, 1), (200, 1), (201, 2), (400, 2), (401, 3), (0, 1)])
async def test_a_window_that_overflows_is_asked_for_on_from_where_the_answer_began(count, requests):
    series = Series("funding_rates", "linear", "BTCUSDT", "all", "mainnet")
    times = [at * HOUR for at in range(1, count + 1)]
    caller = Caller(times, 200)
    answer = await source.fetch(caller, series, (HOUR, 2000 * HOUR))
    assert answer.table.times.tolist() == times
    assert (answer.requests, len(caller.asked)) == (requests, requests)
    oldest = [(count - 200 * i + 1) * HOUR for i in range(1, requests)]
    assert [high for _, high in caller.asked[1:]] == [time - 1 for time in oldest], "rows are asked for twice"


async def test_of_the_latest_trades_the_oldest_moment_may_be_cut_off():
    def trade(time, number):
        return SimpleNamespace(time=time, price=Decimal(1), size=Decimal(1), side="Buy", exec_id=str(number))

    class Trades:
        async def call(self, endpoint, params, *, timeout=None):
            newest_first = [trade(30, 4), trade(20, 3), trade(20, 2), trade(10, 1), trade(10, 0)]
            return SimpleNamespace(result=newest_first, time=25, raw=b"")

    table, coverage = await source.fetch_trades(Trades(), Series("trades", "linear", "BTCUSDT", "all", "mainnet"))
    assert table.texts["id"].tolist() == ["2", "3"], "of a moment that is cut, or of one that is not over"
    assert coverage == Coverage([(11, 25)])


def test_of_rows_with_the_same_time_the_last_one_given_counts():
    table = Table(np.array([3, 1, 1, 3, 2]), {"open": numbers_of([Decimal(price) for price in (1, 2, 3, 4, 5)])})
    ordered = table.ordered(unique=True)
    assert ordered.times.tolist() == [1, 2, 3]
    assert ordered.numbers["open"].decimals() == [3, 5, 4]


async def test_a_frame_in_memory_is_not_older_than_the_store(bybit):
    start, end = "2024-02-01", "2024-02-02"
    await bybit.data.fetch_klines("BTCUSDT", "1d", start, end)
    assert (await bybit.data.fetch_klines("BTCUSDT", "1d", start, end)).attrs["source"] == "memory"
    [series] = bybit.data.store.series()
    other = Table(np.array([ms(start)]), {name: numbers_of([Decimal(7)]) for name in series.about.numbers})
    await bybit.data._history.keep(series, other, Coverage([(ms(start), ms(end))]))
    frame = await bybit.data.fetch_klines("BTCUSDT", "1d", start, end)
    assert (frame.attrs["source"], frame["close"].tolist()) == ("store", [7.0])


async def test_the_latest_trades_fill_gaps_and_nothing_else(bybit, exchange, monkeypatch):
    midnight = exchange.clock.now_ms() // 86_400_000 * 86_400_000
    times = [midnight - 2000, midnight - 1000, midnight, midnight + 1000, midnight + 2000]
    texts = {name: np.array([name] * len(times), dtype=object) for name in ("side", "id")}
    numbers = {name: numbers_of([Decimal(1)] * len(times)) for name in ("price", "size")}

    async def recent(series):
        # They reach further back than the archive's last day, and on to what was not asked for.
        return Table(np.array(times), numbers, texts), Coverage([(midnight - 3000, midnight + 3000)])

    monkeypatch.setattr(bybit.data._history._supply, "recent_trades", recent)
    frame = await bybit.data.fetch_trades("BTCUSDT", midnight - 1500, midnight + 1500)
    fresh = frame[frame["id"] == "id"]
    assert fresh.index.asi8.tolist() == [midnight, midnight + 1000]
    assert frame.attrs["gaps"] == []
    assert frame.index[0] >= pd.Timestamp(midnight - 1500, unit="ms", tz="UTC")


async def test_a_spot_pair_began_with_its_oldest_month():
    class Spot:
        async def call(self, endpoint, params, *, timeout=None):
            months = [[str(ms(f"2024-0{month}-01")), "1"] for month in (5, 4, 3)]
            return SimpleNamespace(result={"list": months}, time=1, raw=b"")

        async def get_instruments_info(self, *, category, symbol, status):
            return [SimpleNamespace(symbol=symbol)]

    found = await find_lifetime(Spot(), Spot(), "spot", "BTCUSDT")
    assert (found.launched, found.delivered) == (ms("2024-03-01"), None)


@pytest.mark.parametrize("status", [None, "PreLaunch", "Delivering", "Closed"])
async def test_contracts_of_every_status_have_a_life(status):
    class Market:
        async def get_instruments_info(self, *, category, symbol, status):
            return [SimpleNamespace(symbol=symbol, launch_time=5)] if status == wanted else []

    wanted = status
    assert (await find_lifetime(None, Market(), "linear", "BTCUSDT")).launched == 5


def test_two_gaps_with_one_row_between_them_are_two():
    series = Series("klines", "linear", "BTCUSDT", "60", "mainnet")
    table = Table(np.array([0, 2 * HOUR, 4 * HOUR]), {})
    gaps = gaps_of(series, table, (0, 5 * HOUR), Coverage([(0, 5 * HOUR)]))
    assert list(gaps) == [(HOUR, 2 * HOUR), (3 * HOUR, 4 * HOUR)]
