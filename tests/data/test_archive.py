"""The archive of past days: trades and order books, and how they meet what REST still knows."""

from __future__ import annotations

import gzip
import io
import zipfile
from decimal import Decimal

import msgspec
import numpy as np
import pandas as pd
import pytest

from bybit_async import AnswerUnreadable, AsyncBybit
from bybit_async.data import archive_client, trades_to_klines
from bybit_async.data.archive import Archive
from bybit_async.data.series import Series
from bybit_async.simulator import SimulatedExchange

from .file_server import FileServer
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


SERIES = Series("trades", "linear", "BTCUSDT", "all", "mainnet")
PATH = "/trading/BTCUSDT/BTCUSDT2020-03-25.csv.gz"
OLD = b"""timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional
1585180700.0647,BTCUSDT,Sell,0.042,6698.5,ZeroMinusTick,c,28133700000.0,0.042,281.337
1585180699.9,BTCUSDT,Buy,1e-3,6698,MinusTick,b,28133700000.0,0.042,281.337
1585180699.9,BTCUSDT,Buy,2,6697.5,MinusTick,a,28133700000.0,0.042,281.337
"""


@pytest.fixture
async def files():
    async with FileServer() as files:
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
        for source in ("exchange", "memory"):
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


async def test_an_archive_that_stumbles_is_asked_again(files, monkeypatch):
    monkeypatch.setattr(archive_client, "FIRST_WAIT", 0.0)
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


async def test_a_gzip_of_nothing_is_a_day_without_trades_and_said_to_be(exchange, files, tmp_path, caplog):
    files.files[PATH] = gzip.compress(b"")
    files.files[PATH.replace("25", "26")] = gzip.compress(OLD.replace(b"158518", b"158526"))
    environment = msgspec.structs.replace(exchange.environment, archive_url=files.url)
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        trades = await bybit.data.fetch_trades("BTCUSDT", "2020-03-25", "2020-03-27")
        assert (trades["id"].tolist(), trades.attrs["gaps"]) == (["a", "b", "c"], [])
        assert f"{PATH} is empty" in caplog.text
        bybit.data.memory.clear()
        assert (await bybit.data.fetch_trades("BTCUSDT", "2020-03-25", "2020-03-27")).equals(trades)
    assert len(files.asked) == 2


@pytest.mark.parametrize("price", ["0.0000000412", "0.00000000001", "0.123456789012345678", "7"])
async def test_prices_of_any_tick_are_exact(files, price):
    files.files[PATH] = gzip.compress(f"timestamp,side,size,price,trdMatchID\n1585180699,Buy,1,{price},a\n".encode())
    table = await read(files)
    assert table.numbers["price"].decimals() == [Decimal(price)]


async def test_days_of_coarse_and_fine_ticks_agree_in_one_series(exchange, files, tmp_path):
    for day, price in (("25", "0.5"), ("26", "0.00000000041"), ("27", "2")):
        time = ms(f"2020-03-{day}") // 1000 + 1
        rows = f"timestamp,side,size,price,trdMatchID\n{time},Buy,1,{price},{day}\n"
        files.files[PATH.replace("25", day)] = gzip.compress(rows.encode())
    environment = msgspec.structs.replace(exchange.environment, archive_url=files.url)
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        trades = await bybit.data.fetch_trades("BTCUSDT", "2020-03-25", "2020-03-28", dtype="decimal")
        assert trades["price"].tolist() == [Decimal("0.5"), Decimal("0.00000000041"), Decimal(2)]
        assert trades["id"].tolist() == ["25", "26", "27"], "ids that are all digits are texts like all others"
        bybit.data.memory.clear()
        again = await bybit.data.fetch_trades("BTCUSDT", "2020-03-25", "2020-03-28", dtype="decimal")
        assert again.equals(trades)


MONTH = b"""id,timestamp,price,volume,side
1,1646092800000,43160,0.01,buy
2,1646179199999,43170,0.02,sell
3,1646179200000,43180,0.03,buy
"""


async def test_the_first_years_of_spot_are_read_from_monthly_files_fetched_once(exchange, files, tmp_path):
    files.files["/spot/BTCUSDT/BTCUSDT-2022-03.csv.gz"] = gzip.compress(MONTH)
    files.files["/spot/BTCUSDT/BTCUSDT_2022-03-04.csv.gz"] = gzip.compress(MONTH.replace(b"16461792", b"16463520"))
    environment = msgspec.structs.replace(exchange.environment, archive_url=files.url)
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        trades = await bybit.data.fetch_trades("BTCUSDT", "2022-03-01", "2022-03-05", category="spot")
        assert trades["id"].tolist() == ["1", "2", "3", "3"]
        assert trades["side"].tolist() == ["Buy", "Sell", "Buy", "Buy"]
        assert [f"{time:%m-%d}" for time in trades.index] == ["03-01", "03-01", "03-02", "03-04"]
        assert trades.attrs["gaps"] == []
    assert files.asked.count("/spot/BTCUSDT/BTCUSDT-2022-03.csv.gz") == 1


async def test_a_spot_day_that_is_in_no_file_is_none(files):
    archive = Archive(files.url)
    series = msgspec.structs.replace(SERIES, category="spot")
    assert await archive.trades(series, (ms("2022-03-01"), ms("2022-03-02"))) is None
    assert files.asked == ["/spot/BTCUSDT/BTCUSDT_2022-03-01.csv.gz", "/spot/BTCUSDT/BTCUSDT-2022-03.csv.gz"]
    await archive.aclose()


@pytest.mark.parametrize(
    ("symbol", "settled_in"), [("BTC-27MAR20-8000-C-USDT", "USDT"), ("BTC-27MAR20-8000-C", "USDC")]
)
async def test_option_trades_are_picked_from_the_file_of_their_coin(files, symbol, settled_in):
    rows = (
        "trade_id,trade_seq,timestamp,instrument_name,direction,price,amount,iv\n"
        f"x,1,1585180699001,{symbol},Sell,325,0.01,0.1\n"
        "y,2,1585180699002,BTC-27MAR20-9000-C-USDT,Buy,1,1,0.1\n"
        f"z,3,1585180699003,{symbol},Buy,326.5,0.02,0.1\n"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("trades.csv", rows)
    files.files[f"/trade/option/BTC/2020-03-25_BTC_{settled_in}.trades.csv.zip"] = packed.getvalue()
    archive = Archive(files.url)
    series = Series("trades", "option", symbol, "all", "mainnet")
    table = await archive.trades(series, (ms("2020-03-25"), ms("2020-03-26")))
    await archive.aclose()
    assert (table.texts["id"].tolist(), table.texts["side"].tolist()) == (["x", "z"], ["Sell", "Buy"])
    assert table.numbers["price"].floats().tolist() == [325, 326.5]
    assert table.numbers["size"].floats().tolist() == [0.01, 0.02]


async def test_a_partly_recorded_day_is_fetched_once_and_its_gaps_are_told(exchange, files, tmp_path):
    start = ms("2024-02-01")
    lines = [
        {"type": kind, "ts": start + at, "data": {"b": [["1", "1"]], "a": [["2", "1"]], "u": u}}
        for at, kind, u in ((3_600_000, "snapshot", 1), (3_601_000, "delta", 2), (3_605_000, "delta", 3))
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("first", msgspec.json.encode(lines[0]))
        file.writestr("second", b"\n".join(map(msgspec.json.encode, lines[1:])))
    files.files["/orderbook/linear/BTCUSDT/2024-02-01_BTCUSDT_ob200.data.zip"] = packed.getvalue()
    environment = msgspec.structs.replace(exchange.environment, archive_url=files.url)
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        for _ in range(2):
            frame = await bybit.data.fetch_orderbook_snapshots("BTCUSDT", "2024-02-01", "2024-02-02", every="1m")
            assert len(frame) == 1
            assert frame.attrs["coverage"] == [("2024-02-01T01:00:00Z", "2024-02-01T01:00:05Z")]
            assert frame.attrs["gaps"] == [
                ("2024-02-01T00:00:00Z", "2024-02-01T01:00:00Z"), ("2024-02-01T01:00:05Z", "2024-02-02T00:00:00Z"),
            ]  # fmt: skip
        assert len(files.asked) == 1, "there is no more of that day to be had"
        [report] = await bybit.data.verify()
        assert report.sound


async def test_what_is_not_there_is_none(files):
    assert await read(files) is None


async def test_without_an_archive_the_whole_range_is_a_gap(exchange, tmp_path):
    environment = msgspec.structs.replace(exchange.environment, archive_url="")
    async with AsyncBybit(environment=environment, data_dir=tmp_path) as bybit:
        trades = await bybit.data.fetch_trades("BTCUSDT", "2024-02-01", "2024-02-02")
        assert len(trades) == 0
        assert trades.attrs["gaps"] == [("2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z")]
