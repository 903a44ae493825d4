"""Coarser candles, and frames of list answers."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from bybit_async import InvalidParameter
from bybit_async.data import resample, to_frame, trades_to_klines

START, END = "2024-01-29", "2024-03-04"


@pytest.mark.parametrize("interval", ["4h", "1d", "1w"])
async def test_resampled_candles_are_those_of_bybit(bybit, interval):
    fine = await bybit.data.fetch_klines("BTCUSDT", "1h", START, END)
    coarse = await bybit.data.fetch_klines("BTCUSDT", interval, START, END)
    made = resample(fine, interval)
    assert made.index.equals(coarse.index)
    for name in ("open", "high", "low", "close"):
        assert made[name].equals(coarse[name])
    assert np.allclose(made[["volume", "turnover"]], coarse[["volume", "turnover"]], rtol=1e-12)
    assert made.attrs["interval"] == coarse.attrs["interval"]


async def test_other_columns_keep_their_last_value_and_empty_intervals_do_not_come_out(bybit):
    fine = await bybit.data.fetch_klines("BTCUSDT", "1h", START, "2024-02-01")
    fine["signal"] = np.arange(len(fine), dtype=float)
    made = resample(fine.drop(fine.index[4:8]), "4h")
    assert len(made) == len(fine) // 4 - 1
    assert made["signal"].iloc[0] == 3.0
    assert made["signal"].iloc[1] == 11.0


async def test_months_and_bad_input(bybit):
    fine = await bybit.data.fetch_klines("BTCUSDT", "1d", "2024-01-01", "2024-03-01")
    assert [f"{time:%F}" for time in resample(fine, "1M").index] == ["2024-01-01", "2024-02-01"]
    with pytest.raises(InvalidParameter, match="interval"):
        resample(fine, "7m")
    with pytest.raises(InvalidParameter, match="frame"):
        resample(fine.reset_index(drop=True), "4h")


async def test_decimals_stay_exact(bybit):
    fine = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-02", dtype="decimal")
    made = resample(fine, "4h")
    assert made["volume"].iloc[0] == sum(fine["volume"].iloc[:4])
    assert made["high"].iloc[1] == max(fine["high"].iloc[4:8])
    assert isinstance(made["close"].iloc[0], Decimal)


async def test_candles_do_not_become_shorter(bybit):
    day = await bybit.data.fetch_klines("BTCUSDT", "1d", "2024-01-01", "2024-03-01")
    assert resample(day, "1d").equals(day)
    for shorter in ("1h", "12h"):
        with pytest.raises(InvalidParameter, match="longer than"):
            resample(day, shorter)
    with pytest.raises(InvalidParameter, match="trades"):
        trades_to_klines(day, "1d")


@pytest.mark.parametrize(
    ("own", "wanted", "fits"),
    [
        ("240", "360", False), ("3", "5", False), ("W", "M", False), ("M", "D", False), ("M", "W", False),
        ("3", "15", True), ("240", "720", True), ("D", "W", True), ("D", "M", True), ("M", "M", True), ("W", "W", True),
    ],
)  # fmt: skip
async def test_candles_that_lie_across_a_bound_of_the_longer_ones_are_not_cut(bybit, own, wanted, fits):
    frame = await bybit.data.fetch_klines("BTCUSDT", own, "2024-01-01", "2024-04-01")
    if not fits:
        with pytest.raises(InvalidParameter, match="across its bounds"):
            resample(frame, wanted)
        return
    made = resample(frame, wanted)
    theirs = await bybit.data.fetch_klines("BTCUSDT", wanted, "2024-01-01", "2024-04-01")
    pd.testing.assert_frame_equal(made, theirs, check_freq=False)


def test_no_trades_make_no_candles():
    nothing = pd.DataFrame({"price": [], "size": []}, index=pd.DatetimeIndex([], tz="UTC"), dtype=float)
    assert len(trades_to_klines(nothing, "1m")) == 0


def test_a_minute_without_trades_repeats_the_close_before_it():
    times = pd.to_datetime(["2024-01-01T00:00:10Z", "2024-01-01T00:00:50Z", "2024-01-01T00:02:01Z"])
    trades = pd.DataFrame({"price": [10.0, 12.0, 11.0], "size": [1.0, 2.0, 3.0]}, index=times)
    klines = trades_to_klines(trades, "1m")
    assert klines.to_numpy().tolist() == [
        [10.0, 12.0, 10.0, 12.0, 3.0, 34.0],
        [12.0, 12.0, 12.0, 12.0, 0.0, 0.0],
        [11.0, 11.0, 11.0, 11.0, 3.0, 33.0],
    ]


async def test_list_answers_become_frames(bybit):
    tickers = await bybit.market.get_tickers(category="linear")
    frame = tickers.to_frame()
    assert list(frame["symbol"]) == [ticker.symbol for ticker in tickers]
    assert frame["last_price"].tolist() == [float(ticker.last_price) for ticker in tickers]
    instruments = to_frame(await bybit.market.get_instruments_info(category="linear"))
    assert instruments["price_filter_tick_size"].dtype == "float64"
    assert len(to_frame([])) == 0
