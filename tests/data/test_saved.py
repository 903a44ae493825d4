"""Candles of one's own in the store, under an identity of their own, and stored history as arrays."""

from __future__ import annotations

import shutil
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async import InvalidParameter
from bybit_async.data import StoreIncomplete, load, read_candles, read_funding_rates, save
from bybit_async.data.coverage import Coverage
from bybit_async.data.saved import table_of_frame
from bybit_async.data.series import Series
from bybit_async.data.store import Store

from .ledger import assert_equals_ledger, ms

NAMES = ["open", "high", "low", "close", "volume", "turnover"]
MINE = {"identity": "my-model"}


def candles(start="2024-01-31T22:00", count=4, freq="h", price=1.5):
    index = pd.date_range(start, periods=count, freq=freq, tz="UTC", name="time")
    return pd.DataFrame({name: np.full(count, price) for name in NAMES}, index=index)


def refused(frame, said, **more):
    with pytest.raises(InvalidParameter, match=said) as refusal:
        save(frame, "BTCUSDT", "1h", data_dir="memory://nothing", **{**MINE, **more})
    return refusal.value.parameter


def test_what_is_saved_is_loaded_as_it_was(tmp_path):
    frame = candles()
    assert save(frame, "BTC-OWN", "1h", **MINE, data_dir=tmp_path) == Coverage(
        [(ms("2024-01-31T22:00"), ms("2024-02-01T02:00"))]
    )
    found = load("BTC-OWN", "60", **MINE, data_dir=tmp_path)
    pd.testing.assert_frame_equal(found, frame, check_freq=False, check_index_type=False)
    assert (found.attrs["identity"], found.attrs["source"], found.attrs["gaps"]) == ("my-model", "store", [])
    assert len(load("BTC-OWN", "1h", "2024-02-01", **MINE, data_dir=tmp_path)) == 2
    wider = load("BTC-OWN", "1h", "2024-01-31T20:00", "2024-02-01T03:00", **MINE, data_dir=tmp_path)
    assert wider.attrs["gaps"] == [
        ("2024-01-31T20:00:00Z", "2024-01-31T22:00:00Z"), ("2024-02-01T02:00:00Z", "2024-02-01T03:00:00Z"),
    ]  # fmt: skip


def test_candles_saved_again_give_way_and_the_others_stay(tmp_path):
    save(candles(), "X", "1h", **MINE, data_dir=tmp_path)
    save(candles("2024-01-31T23:00", 1, price=2), "X", "1h", **MINE, data_dir=tmp_path)
    assert load("X", "1h", **MINE, data_dir=tmp_path)["close"].tolist() == [1.5, 2, 1.5, 1.5]


def test_rows_in_any_order_and_zone_and_decimals_are_taken(tmp_path):
    frame = candles(price=1).astype(object)
    frame["close"] = [Decimal("1.00000000001"), 1, 1.0, np.int64(1)]
    frame["high"] = Decimal("1.1")
    frame = frame.iloc[::-1].tz_convert("Asia/Tokyo")
    save(frame, "X", "1h", **MINE, data_dir=tmp_path)
    exact = load("X", "1h", **MINE, data_dir=tmp_path, dtype="decimal")
    assert exact["close"].tolist() == [Decimal("1.00000000001"), 1, 1, 1]
    assert exact.index[0] == pd.Timestamp("2024-01-31T22:00", tz="UTC")


def test_other_prices_have_no_volume(tmp_path):
    save(candles()[NAMES[:4]], "X", "1h", **MINE, price="mark", data_dir=tmp_path)
    assert list(load("X", "1h", **MINE, price="mark", data_dir=tmp_path).columns) == NAMES[:4]
    assert len(load("X", "1h", **MINE, data_dir=tmp_path)) == 0


def broken(column, value):
    frame = candles().astype(object)
    frame.iloc[1, NAMES.index(column)] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (candles().drop(columns="turnover"), "lacks turnover"),
        (candles().assign(sma=1.0), "not stored: sma"),
        (candles().tz_localize(None), r"tz_localize\('UTC'\)"),
        (candles().reset_index(), "DatetimeIndex"),
        ([1, 2], "DatetimeIndex"),
        (candles().iloc[:0], "at least one candle"),
        (pd.concat([candles(), candles()]), "twice"),
        (candles("2024-01-31T22:30"), "opens at 2024-01-31 22:30"),
        (candles("2024-01-31T22:00:00.0001"), "no candle of 60"),
        (broken("close", Decimal("1.4999999999999999999")), "more than 18 digits"),
        (broken("close", float("nan")), "column close holds nan at 2024-01-31 23:00"),
        (broken("volume", float("inf")), "column volume"),
        (broken("open", "soon"), "column open"),
        (broken("open", None), "column open"),
        (broken("low", 2.0), "2024-01-31T23:00"),
        (broken("high", 1.0), "2024-01-31T23:00"),
        (broken("volume", -1.0), "negative volume"),
        (broken("turnover", -1.0), "negative volume"),
    ],
    ids=range(18),
)
def test_a_frame_that_is_not_candles_is_refused_by_name(frame, said):
    assert refused(frame, said) == "frame"


@pytest.mark.parametrize("identity", ["mainnet", "testnet", "eu", "jp-testnet", "simulated-7-0", "127.0.0.1:80"])
def test_the_identity_of_an_exchange_is_not_ones_own(identity):
    assert refused(candles(), "choose a name of your own", identity=identity) == "identity"


def test_names_that_are_empty_or_unknown_are_refused():
    assert refused(candles(), "expected a name", identity=" ") == "identity"
    assert refused(candles(), "expected one of", category="moon") == "category"
    assert refused(candles(), "expected one of", price="fair") == "price"
    with pytest.raises(InvalidParameter, match="symbol"):
        load("", "1h", **MINE)
    with pytest.raises(InvalidParameter, match="dtype"):
        load("X", "1h", **MINE, dtype="text")


FINITE = st.floats(min_value=1e-9, max_value=1e9, allow_nan=False).map(lambda value: float(f"{value:.9g}"))


@settings(max_examples=50, deadline=None)
@given(st.lists(FINITE, min_size=1, max_size=20))
def test_floats_of_a_reasonable_length_come_back_as_they_were(prices):
    frame = candles(count=len(prices))
    for name in ("open", "high", "low", "close"):
        frame[name] = prices
    table, coverage = table_of_frame(frame, Series("klines", "linear", "X", "60", "mine"))
    assert table.numbers["close"].floats().tolist() == pytest.approx(prices, rel=1e-15, abs=max(prices) * 1e-16)
    assert coverage.total == len(prices) * 3_600_000


async def test_a_session_saves_and_loads_in_its_own_store_and_protects_its_exchange(bybit, exchange):
    own = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-31", "2024-02-02")
    await bybit.data.save(candles(), "BTCUSDT", "1h", **MINE)
    assert len(await bybit.data.load("BTCUSDT", "1h", **MINE)) == 4
    with pytest.raises(InvalidParameter, match="only downloads write there"):
        await bybit.data.save(candles(), "BTCUSDT", "1h", identity=exchange.environment.identity)
    bybit.data.memory.clear()
    again = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-31", "2024-02-02")
    pd.testing.assert_frame_equal(again, own)
    loaded = await bybit.data.load("BTCUSDT", "1h", identity=exchange.environment.identity)
    pd.testing.assert_frame_equal(loaded, own)


async def test_repair_leaves_candles_of_ones_own_alone(bybit, exchange):
    await bybit.data.save(candles(), "X", "1h", **MINE)
    await bybit.data.save(candles("2024-02-03"), "X", "1h", **MINE)
    [report] = await bybit.data.repair()
    assert report.holes.total == 46 * 3_600_000
    assert exchange.requests == 0


async def test_stored_candles_are_read_as_arrays(bybit, exchange, tmp_path):
    where = {"identity": exchange.environment.identity, "data_dir": tmp_path / "history"}
    span = ("2024-01-30", "2024-02-03")
    await bybit.data.download("BTCUSDT", "5m", *span)
    found = read_candles("BTCUSDT", "5m", *span, **where)
    assert (found.time.dtype, found.close.dtype, len(found), found.gaps) == (np.int64, np.float64, 4 * 288, Coverage())
    index = pd.DatetimeIndex(found.time.view("datetime64[ms]"), tz="UTC")
    frame = pd.DataFrame({name: getattr(found, name) for name in NAMES}, index=index)
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms(span[0]), ms(span[1]), interval=5)
    assert np.array_equal(read_candles("BTCUSDT", "5m", **where).time, found.time), "all of it, without a range"
    with pytest.raises(StoreIncomplete, match="2024-02-03 to 2024-02-04"):
        read_candles("BTCUSDT", "5m", span[0], "2024-02-04", **where)
    part = read_candles("BTCUSDT", "5m", span[0], "2024-02-04", **where, allow_gaps=True)
    assert (len(part), part.gaps) == (4 * 288, Coverage([(ms("2024-02-03"), ms("2024-02-04"))]))


async def test_a_lost_record_and_a_lost_month_are_no_reason_to_read_less_in_silence(bybit, exchange, tmp_path):
    where = {"identity": exchange.environment.identity, "data_dir": tmp_path / "history"}
    await bybit.data.download("BTCUSDT", "1h", "2024-01-20", "2024-03-10")
    shutil.rmtree(tmp_path / "history" / "_series")
    assert len(read_candles("BTCUSDT", "1h", **where)) == 50 * 24
    shutil.rmtree(next((tmp_path / "history").rglob("month=02")))
    with pytest.raises(StoreIncomplete, match="2024-02-01 to 2024-03-01"):
        read_candles("BTCUSDT", "1h", **where)


def test_nothing_stored_is_incomplete_and_not_an_empty_year(tmp_path):
    with pytest.raises(StoreIncomplete, match="every row"):
        read_candles("BTCUSDT", "1m", data_dir=tmp_path)
    with pytest.raises(StoreIncomplete, match="2024-01-01 to 2025-01-01"):
        read_candles("BTCUSDT", "1m", "2024-01-01", "2025-01-01", data_dir=tmp_path)
    nothing = read_candles("BTCUSDT", "1m", "2024-01-01", "2025-01-01", data_dir=tmp_path, allow_gaps=True)
    assert (len(nothing), nothing.gaps.total) == (0, 366 * 86_400_000)


def test_mark_prices_have_arrays_of_zeros_for_volume(tmp_path):
    save(candles()[NAMES[:4]], "X", "1h", **MINE, price="mark", data_dir=tmp_path)
    found = read_candles("X", "1h", **MINE, price="mark", data_dir=tmp_path)
    assert (found.close.tolist(), found.volume.tolist()) == ([1.5] * 4, [0.0] * 4)


async def test_fundings_are_read_at_the_times_they_were_settled(bybit, exchange, tmp_path):
    where = {"identity": exchange.environment.identity, "data_dir": tmp_path / "history"}
    frame = await bybit.data.fetch_funding_rates("BTCUSDT", "2024-01-30", "2024-02-03")
    found = read_funding_rates("BTCUSDT", "2024-01-30", "2024-02-03", **where)
    assert found.rate.tolist() == frame["funding_rate"].tolist()
    assert found.time.tolist() == [int(time.timestamp() * 1000) for time in frame.index]
    assert len(found) == 12
    with pytest.raises(StoreIncomplete):
        read_funding_rates("BTCUSDT", "2024-01-30", "2024-02-04", **where)


def test_a_store_lists_what_was_saved_by_identity(tmp_path):
    save(candles(), "X", "1h", **MINE, data_dir=tmp_path)
    save(candles(), "X", "1h", identity="other source/1", data_dir=tmp_path)
    assert [series.identity for series in Store(tmp_path).series()] == ["my-model", "other source/1"]
