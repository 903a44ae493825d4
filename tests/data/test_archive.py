"""The archive of past days: trades and order books, and how they meet what REST still knows."""

from __future__ import annotations

import gzip
from decimal import Decimal

import msgspec
import numpy as np
import pandas as pd
import pytest
from aiohttp import web

from bybit_async import AnswerUnreadable, AsyncBybit
from bybit_async.data import trades_to_klines
from bybit_async.data.archive import Archive
from bybit_async.data.series import Series
from bybit_async.simulator import SimulatedExchange

from .ledger import ms, quotation_of

DAY = 86_400_000


@pytest.mark.parametrize(("symbol", "category"), [("BTCUSDT", "linear"), ("BTCUSD", "inverse"), ("BTCUSDT", "spot")])
async def test_candles_made_of_archived_trades_are_those_of_rest(bybit, symbol, category):
    start, end = "2024-02-01", "2024-02-02T06:00"
    trades = await bybit.data.fetch_trades(symbol, start, end, category=category)
    assert trades.attrs["gaps"] == []
    assert trades["id"].is_unique or category == "spot"
    made = trades_to_klines(trades, "5m")
    klines = await bybit.data.fetch_klines(symbol, "5m", start, end, category=category)
    for name in ("open", "high", "low", "close"):
        assert made[name].equals(klines[name])
    assert np.allclose(made["volume"], klines["volume"], rtol=1e-12)
    assert np.allclose(made["turnover"], klines["turnover"], rtol=0.02)


async def test_a_day_is_downloaded_once(bybit, exchange):
    await bybit.data.fetch_trades("BTCUSDT", "2024-02-01T10:00", "2024-02-01T11:00")
    sent = exchange.requests
    bybit.data.memory.clear()
    rest_of_the_day = await bybit.data.fetch_trades("BTCUSDT", "2024-02-01T11:00", "2024-02-02")
    assert exchange.requests == sent
    assert rest_of_the_day.index[0] == pd.Timestamp("2024-02-01T11:00", tz="UTC")


async def test_archive_and_rest_meet_at_midnight_without_a_double(tmp_path):
    now = ms("2024-05-05T23:59:58")
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], start=now, speed=2.0) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            async with bybit.stream.trades("BTCUSDT", category="linear") as seen:
                async for trade in seen:
                    if trade.time > ms("2024-05-06T00:00:00.5"):
                        break
            await bybit.market.get_server_time()
            trades = await bybit.data.fetch_trades("BTCUSDT", "2024-05-05T23:59")
            assert trades["id"].is_unique
            assert trades.index.is_monotonic_increasing
            midnight = pd.Timestamp("2024-05-06", tz="UTC")
            assert (trades.index < midnight).any()
            after = trades[trades.index >= midnight]
            known = {t["execId"] for t in exchange.hub.trades.recent("linear", ["BTCUSDT"], 1000)}
            assert set(after["id"]) <= known
            assert len(after)
            stored, coverage = bybit.data.store.load(bybit.data.store.series()[0], now - DAY, now + DAY)
            assert stored.times.max() < ms("2024-05-06")
            assert list(coverage)[-1][1] == ms("2024-05-06"), "a part of a day was stored as complete"


async def test_days_that_the_archive_has_not_are_stated_as_gaps(bybit):
    trades = await bybit.data.fetch_trades("BTCUSDT", "2019-12-30", "2020-01-02")
    assert trades.attrs["gaps"] == [("2019-12-30T00:00:00Z", "2020-01-01T00:00:00Z")]
    assert len(trades) > 1000


async def test_order_books_are_looked_at_in_regular_steps(bybit, exchange):
    frame = await bybit.data.fetch_orderbook_snapshots(
        "BTCUSDT", "2024-02-01T01:00", "2024-02-01T02:00", every="10s", depth=3
    )
    assert len(frame) == 360
    assert (frame.index.diff().dropna() == pd.Timedelta("10s")).all()
    assert (frame["bid1_price"] < frame["ask1_price"]).all()
    assert (frame["bid2_price"] < frame["bid1_price"]).all()
    tick = float(quotation_of(exchange, "BTCUSDT").instrument.tick)
    assert np.allclose(frame["bid1_price"] - frame["bid3_price"], 2 * tick)
    klines = await bybit.data.fetch_klines("BTCUSDT", "1m", "2024-02-01T01:00", "2024-02-01T02:00")
    assert np.allclose(frame["bid1_price"].iloc[1::6], klines["open"], rtol=0.01)


async def test_index_candles_that_rest_has_not_come_from_the_archive(exchange, tmp_path):
    exchange.respond("/v5/market/index-price-kline", {"category": "inverse", "symbol": "BTCUSD", "list": []})
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        frame = await bybit.data.fetch_index_klines("BTCUSD", "1m", "2024-02-01", "2024-02-02", category="inverse")
        assert len(frame) == 1440
        quotation = quotation_of(exchange, "BTCUSD", "inverse")
        ticks = quotation.index.minutes(ms("2024-02-01") // 60_000, ms("2024-02-02") // 60_000)
        assert frame["close"].tolist() == [float(quotation.spell(int(close))) for close in ticks[:, 3]]
        sent = exchange.requests
        bybit.data.memory.clear()
        await bybit.data.fetch_index_klines("BTCUSD", "1m", "2024-02-01", "2024-02-02", category="inverse")
        assert exchange.requests == sent


async def test_index_candles_that_rest_begins_with_late_are_completed_across_midnight(exchange, tmp_path):
    start, end = ms("2024-02-01T16:00"), ms("2024-02-02T08:00")
    quotation = quotation_of(exchange, "BTCUSD", "inverse")
    ticks = quotation.index.minutes(start // 60_000, end // 60_000)
    expected = [float(quotation.spell(int(close))) for close in ticks[:, 3]]
    # Of the whole range REST has the last ten minutes only, and says something else of them than the archive.
    late = [[str(end - i * 60_000), "1", "1", "1", "1"] for i in range(1, 11)]
    exchange.respond("/v5/market/index-price-kline", {"category": "inverse", "symbol": "BTCUSD", "list": late})
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        frame = await bybit.data.fetch_index_klines("BTCUSD", "1m", start, end, category="inverse")
    assert frame.attrs["gaps"] == []
    assert frame["close"].tolist() == expected[:-10] + [1.0] * 10


class Files:
    """A small web server with the files that a test puts there."""

    def __init__(self):
        self.files = {}
        self.asked = []

    async def __aenter__(self):
        self._runner = web.ServerRunner(web.Server(self._answer))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    async def _answer(self, request):
        self.asked.append(request.path)
        answer = self.files.get(request.path, 404)
        if isinstance(answer, list):
            answer = answer.pop(0)
        return web.Response(status=answer) if isinstance(answer, int) else web.Response(body=answer)


SERIES = Series("trades", "linear", "BTCUSDT", "all")
PATH = "/trading/BTCUSDT/BTCUSDT2020-03-25.csv.gz"
OLD = b"""timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional
1585180700.0647,BTCUSDT,Sell,0.042,6698.5,ZeroMinusTick,c,28133700000.0,0.042,281.337
1585180699.9,BTCUSDT,Buy,1e-3,6698,MinusTick,b,28133700000.0,0.042,281.337
1585180699.9,BTCUSDT,Buy,2,6697.5,MinusTick,a,28133700000.0,0.042,281.337
"""


@pytest.fixture
async def files():
    async with Files() as files:
        yield files


async def read(files):
    archive = Archive(files.url)
    try:
        return await archive.trades(SERIES, (ms("2020-03-25"), ms("2020-03-26")))
    finally:
        await archive.aclose()


async def test_old_files_run_backwards_and_may_be_packed_twice(files):
    files.files[PATH] = gzip.compress(gzip.compress(OLD))
    table = await read(files)
    assert table.texts["id"].tolist() == ["a", "b", "c"]
    assert table.times.tolist() == [1585180699900, 1585180699900, 1585180700064]
    assert table.numbers["price"].floats().tolist() == [6697.5, 6698, 6698.5]
    assert table.numbers["size"].floats().tolist() == [2, 0.001, 0.042]


async def test_sizes_of_coins_that_cost_nothing_are_exact(files):
    rows = b"timestamp,side,size,price,trdMatchID\n1585180699.001,Buy,98765432109876.5,0.000000012,a\n"
    files.files[PATH] = gzip.compress(rows)
    table = await read(files)
    assert table.times.tolist() == [1585180699001]
    assert [n.decimals() for n in table.numbers.values()] == [[Decimal("0.000000012")], [Decimal("98765432109876.5")]]


async def test_no_millisecond_of_a_time_in_seconds_is_lost(files):
    """Seconds with decimals are no exact floats: some lie a little below the millisecond that they mean."""
    times = [1585180699_000 + step for step in range(1000)]
    rows = "".join(f"{time // 1000}.{time % 1000:03},Buy,1,1,{time}\n" for time in times)
    files.files[PATH] = gzip.compress(f"timestamp,side,size,price,trdMatchID\n{rows}".encode())
    assert (await read(files)).times.tolist() == times


async def test_a_day_without_a_trade_is_complete_and_empty(exchange, files, tmp_path):
    files.files[PATH] = gzip.compress(OLD.partition(b"\n")[0] + b"\n")
    environment = msgspec.structs.replace(exchange.environment, archive_url=files.url)
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        for source in ("bybit", "memory"):
            trades = await bybit.data.fetch_trades("BTCUSDT", "2020-03-25", "2020-03-26")
            assert (len(trades), trades.attrs["gaps"], trades.attrs["source"]) == (0, [], source)
    assert files.asked == [PATH]


async def test_a_day_that_was_not_there_yet_is_asked_for_again_and_found(exchange, files, tmp_path):
    environment = msgspec.structs.replace(exchange.environment, archive_url=files.url)
    day = ("BTCUSDT", "2020-03-25", "2020-03-26")
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        assert len(await bybit.data.fetch_trades(*day)) == 0
        files.files[PATH] = gzip.compress(OLD)
        trades = await bybit.data.fetch_trades(*day)
        assert trades["id"].tolist() == ["a", "b", "c"]
        assert trades.attrs["gaps"] == []
        asked = len(files.asked)
        assert (await bybit.data.fetch_trades(*day)).equals(trades)
        assert len(files.asked) == asked


async def test_an_archive_that_stumbles_is_asked_again(files):
    files.files[PATH] = [503, 500, gzip.compress(OLD)]
    assert len(await read(files)) == 3
    assert files.asked == [PATH] * 3


@pytest.mark.parametrize(
    "content",
    [b"<html>", gzip.compress(OLD)[:60], gzip.compress(b"a,b\n1,2\n"), b"\x1f\x8b\x00"],
    ids=["a page", "half of it", "another table", "a header"],  # packed bytes hold the time: no name for a test
)
async def test_a_file_that_is_none_is_unreadable_and_not_empty(files, content):
    files.files[PATH] = content
    with pytest.raises(AnswerUnreadable):
        await read(files)


async def test_what_is_not_there_is_none(files):
    assert await read(files) is None
    files.files[PATH] = 403
    assert await read(files) is None


async def test_without_an_archive_the_whole_range_is_a_gap(exchange, tmp_path):
    environment = msgspec.structs.replace(exchange.environment, archive_url="")
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        trades = await bybit.data.fetch_trades("BTCUSDT", "2024-02-01", "2024-02-02")
        assert len(trades) == 0
        assert trades.attrs["gaps"] == [("2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z")]
