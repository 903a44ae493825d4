"""What is fetched equals the exchange's own record, and nothing is fetched twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from bybit_async import AsyncBybit, InvalidParameter
from bybit_async.simulator import Delisting, MarketSettings, SimulatedExchange

from .ledger import MINUTE, assert_equals_ledger, ms

START, END = "2024-01-20", "2024-02-12"


@pytest.mark.timeout(120)
async def test_the_turn_of_a_leap_year_in_minutes_equals_the_exchanges_own_ledger_row_by_row_and_is_fetched_once(
    bybit, exchange
):
    start, end = "2023-11-10", "2024-03-10"
    frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
    assert len(frame) == 121 * 1440
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms(start), ms(end))
    assert frame.attrs["gaps"] == []

    sent = exchange.requests
    bybit.data.memory.clear()
    again = await bybit.data.fetch_klines("BTCUSDT", "1m", start, end)
    assert exchange.requests == sent, "what was downloaded is asked for again"
    assert again.attrs["source"] == "store"
    pd.testing.assert_frame_equal(frame, again)


@pytest.mark.parametrize(("interval", "minutes"), [("3m", 3), ("1h", 60), ("240", 240), ("1d", 1440)])
async def test_longer_intervals_are_the_sums_of_the_minutes(bybit, exchange, interval, minutes):
    frame = await bybit.data.fetch_klines("BTCUSD", interval, START, END, category="inverse")
    assert_equals_ledger(frame, exchange, "BTCUSD", ms(START), ms(END), category="inverse", interval=minutes)


async def test_weeks_and_months_open_when_bybits_do(bybit):
    weeks = await bybit.data.fetch_klines("BTCUSDT", "1w", "2024-01-03", "2024-02-10")
    assert [f"{time:%F}" for time in weeks.index] == [
        "2024-01-08",
        "2024-01-15",
        "2024-01-22",
        "2024-01-29",
        "2024-02-05",
    ]
    months = await bybit.data.fetch_klines("BTCUSDT", "1M", "2023-11-15", "2024-03-01")
    assert [f"{time:%F}" for time in months.index] == ["2023-12-01", "2024-01-01", "2024-02-01"]


async def test_only_what_is_missing_is_fetched(bybit, exchange):
    await bybit.data.fetch_klines("BTCUSDT", "1m", "2024-02-01", "2024-02-02")
    sent = exchange.requests
    frame = await bybit.data.fetch_klines("BTCUSDT", "1m", "2024-01-31", "2024-02-03")
    assert exchange.requests - sent == 4, "a day on each side is two pages each"
    assert frame.attrs["source"] == "store and exchange"
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2024-01-31"), ms("2024-02-03"))


async def test_the_end_is_exclusive_and_times_may_be_given_in_any_spelling(bybit):
    texts = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01T00:00", "2024-01-01T03:00Z")
    assert [time.hour for time in texts.index] == [0, 1, 2]
    for start, end in [
        (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 3, tzinfo=UTC)),
        (ms("2024-01-01"), ms("2024-01-01T03:00")),
        (date(2024, 1, 1), "1704078000000"),
        ("2023-12-31T23:00:01", "2024-01-01T02:00:01"),
    ]:
        frame = await bybit.data.fetch_klines("BTCUSDT", "1h", start, end)
        assert frame.index.equals(texts.index)


async def test_the_unfinished_candle_comes_only_when_asked_for_and_is_never_stored(bybit, exchange):
    start = exchange.clock.now_ms() - 10 * MINUTE
    frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start)
    opened = exchange.clock.now_ms() // MINUTE * MINUTE
    assert frame.index[-1].timestamp() * 1000 in (opened - MINUTE, opened - 2 * MINUTE)
    growing = await bybit.data.fetch_klines("BTCUSDT", "1m", start, include_unfinished=True)
    assert growing.index[-1].timestamp() * 1000 >= opened
    assert growing.index.is_monotonic_increasing
    assert growing.index.is_unique
    stored, _ = bybit.data.store.load(bybit.data.store.series()[0], start, start + 20 * MINUTE)
    assert stored.times.max() < exchange.clock.now_ms() // MINUTE * MINUTE


async def test_a_candle_is_final_by_the_exchanges_clock_not_by_ours(tmp_path):
    # Far behind our own clock: by ours, all of it would be long finished.
    past = ms("2024-05-05T12:00:30")
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], manual=True, start=past, market=settings) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            frame = await bybit.data.fetch_klines("BTCUSDT", "1m", "2024-05-05T11:58", "2024-05-05T12:10")
            assert [f"{time:%H:%M}" for time in frame.index] == ["11:58", "11:59"]
            await exchange.advance("5m")
            await bybit.market.get_server_time()
            later = await bybit.data.fetch_klines("BTCUSDT", "1m", "2024-05-05T11:58", "2024-05-05T12:10")
            assert [f"{time:%H:%M}" for time in later.index] == ["11:58", "11:59", *(f"12:0{i}" for i in range(5))]
            assert_equals_ledger(later, exchange, "BTCUSDT", ms("2024-05-05T11:58"), ms("2024-05-05T12:05"))


async def test_before_the_listing_there_is_nothing_and_the_gap_is_stated(bybit, exchange):
    frame = await bybit.data.fetch_klines("BTCUSDT", "1d", "2019-06-01", "2020-01-11")
    assert f"{frame.index[0]:%F}" == "2020-01-01"
    assert len(frame) == 10
    assert frame.attrs["gaps"] == [("2019-06-01T00:00:00Z", "2020-01-01T00:00:00Z")]
    sent = exchange.requests
    assert (await bybit.data.fetch_klines("BTCUSDT", "1d", "2019-06-01", "2020-01-11")).equals(frame)
    assert exchange.requests == sent, "the years before the listing are asked for again"


async def test_after_the_delivery_there_is_nothing_and_nothing_is_asked_for(exchange, tmp_path):
    answer = await life_of(exchange, delivered=ms("2024-02-10T08:00"))
    exchange.respond("/v5/market/instruments-info", answer)
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        frame = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-02-09", "2024-05-01")
        assert frame.index[-1] == pd.Timestamp("2024-02-10T07:00", tz="UTC")
        assert frame.attrs["gaps"] == [("2024-02-10T08:00:00Z", "2024-05-01T00:00:00Z")]
        sent = exchange.requests
        again = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-02-09", "2024-05-01")
        assert again.equals(frame)
        assert exchange.requests == sent, "a market that is gone is asked for again"


async def test_a_market_that_ends_later_is_noticed(tmp_path):
    start = ms("2024-06-01")
    ending = Delisting(at="30m", symbol="BTCUSDT")
    market = MarketSettings(makers=None)
    async with SimulatedExchange(
        seed=7, manual=True, start=start, symbols=["BTCUSDT"], market=market, script=[ending]
    ) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            await bybit.data.fetch_klines("BTCUSDT", "1m", start - 600_000, start)
            assert bybit.data.store.lifetime(bybit.data.store.series()[0]).delivered is None
            await exchange.advance("3h")
            await bybit.market.get_server_time()
            frame = await bybit.data.fetch_klines("BTCUSDT", "1m", start - 600_000)
            assert frame.index[-1] == pd.Timestamp("2024-06-01T00:29", tz="UTC")
            assert frame.attrs["gaps"][0][0] == "2024-06-01T00:30:00Z"
            # Once it is gone altogether, what is known of it stays known.
            next(tmp_path.glob("_listings/*/linear/BTCUSDT.json")).write_text('{"launched":1577836800000}')
            exchange.respond("/v5/market/instruments-info", {"category": "linear", "list": [], "nextPageCursor": ""})
            assert len(await bybit.data.fetch_klines("BTCUSDT", "5m", start - 600_000, start)) == 2
            with pytest.raises(InvalidParameter, match="symbol"):
                await bybit.data.fetch_klines("ETHUSDT", "5m", start - 600_000, start)


async def test_the_candle_of_the_listing_opened_before_it(exchange, tmp_path):
    answer = await life_of(exchange, delivered=0)
    answer["list"][0]["launchTime"] = str(ms("2024-02-10T08:20"))
    exchange.respond("/v5/market/instruments-info", answer)
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        frame = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-02-10", "2024-02-11")
        assert frame.index[0] == pd.Timestamp("2024-02-10T08:00", tz="UTC")
        assert frame.attrs["gaps"] == [("2024-02-10T00:00:00Z", "2024-02-10T08:00:00Z")]


async def test_a_delivery_that_lies_ahead_is_not_remembered_since_it_may_be_moved(exchange, tmp_path):
    exchange.respond("/v5/market/instruments-info", await life_of(exchange, delivered=ms("2099-02-10")))
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
        await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-02-09", "2024-02-10")
        known = bybit.data.store.lifetime(bybit.data.store.series()[0])
    assert (known.launched, known.delivered) == (ms("2020-01-01"), None)


async def life_of(exchange, delivered):
    async with AsyncBybit(environment=exchange.environment) as bybit:
        params = {"category": "linear", "symbol": "BTCUSDT"}
        answer = (await bybit.request("GET", "/v5/market/instruments-info", params=params, signed=False)).result
    answer["list"][0]["deliveryTime"] = str(delivered)
    return answer


async def test_what_is_stored_up_to_an_hour_ago_needs_no_request_in_a_new_session(exchange, tmp_path):
    # What ended a moment ago is not stored as final yet.
    end = (exchange.clock.now_ms() - 60_000) // 3_600_000 * 3_600_000
    for session in range(2):
        sent = exchange.requests
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            frame = await bybit.data.fetch_klines("BTCUSDT", "5m", end - 86_400_000, end)
            assert_equals_ledger(frame, exchange, "BTCUSDT", end - 86_400_000, end, interval=5)
            assert (exchange.requests == sent) == (session == 1)
            later = await bybit.data.fetch_klines("BTCUSDT", "5m", end - 86_400_000, end + 86_400_000)
            assert later.index[: len(frame)].equals(frame.index), "a later end than the present is the present"


async def test_of_events_as_well_nothing_is_asked_for_in_the_future(bybit, exchange):
    now = exchange.clock.now_ms()
    await bybit.data.fetch_funding_rates("BTCUSDT", now - 5 * 86_400_000)
    sent = exchange.requests
    fundings = await bybit.data.fetch_funding_rates("BTCUSDT", now - 5 * 86_400_000, "2999-01-01")
    assert exchange.requests - sent <= 2
    assert pd.Timestamp(fundings.attrs["end"]) <= pd.Timestamp(exchange.clock.now_ms() + 60_000, unit="ms", tz="UTC")
    assert fundings.attrs["gaps"] == []


async def test_every_price_has_candles(bybit, exchange):
    for price in ("mark", "index", "premium"):
        frame = await bybit.data.fetch_klines("BTCUSDT", "5m", "2024-02-01", "2024-02-02", price=price)
        assert list(frame.columns) == ["open", "high", "low", "close"]
        assert len(frame) == 288
    method = await bybit.data.fetch_premium_klines("BTCUSDT", "5m", "2024-02-01", "2024-02-02")
    assert method.equals(frame)
    assert (frame["low"] < 0.001).all(), "a premium is a small fraction"


async def test_fundings_beyond_one_page_are_complete_at_every_funding_interval(tmp_path):
    from dataclasses import replace

    from bybit_async.simulator.engine.catalogue import default_catalogue

    now = ms("2024-06-01")
    [instrument] = [i for i in default_catalogue(now) if i.key == ("linear", "BTCUSDT")]
    hourly = replace(instrument, funding_interval_min=60)
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(seed=7, manual=True, start=now, instruments=[hourly], market=settings) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            frame = await bybit.data.fetch_funding_rates("BTCUSDT", "2024-03-15", "2024-05-20")
            expected = np.arange(ms("2024-03-15"), ms("2024-05-20"), 3_600_000)
            assert np.array_equal(frame.index.asi8, expected)
            quotation = exchange.market.quotations["linear", "BTCUSDT"]
            rate = exchange.market.funding_rate(quotation, int(expected[77]))
            assert frame["funding_rate"].iloc[77] == float(rate)


async def test_statistics_come_in_their_intervals(bybit):
    interest = await bybit.data.fetch_open_interest("BTCUSDT", "1h", "2024-01-01", "2024-01-15")
    assert len(interest) == 14 * 24
    ratio = await bybit.data.fetch_long_short_ratio("BTCUSDT", "4h", "2024-01-01", "2024-01-15")
    assert np.allclose(ratio.sum(axis=1), 1)
    with pytest.raises(InvalidParameter, match="interval"):
        await bybit.data.fetch_open_interest("BTCUSDT", "1m", "2024-01-01", "2024-01-15")


async def test_decimals_are_exact_and_plain(bybit, exchange):
    frame = await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-01", "2024-01-02", dtype="decimal")
    page = await bybit.market.get_kline(symbol="BTCUSDT", interval="60", start="2024-01-01", end="2024-01-01T23:59")
    for time, kline in zip(frame.itertuples(), reversed(page), strict=True):
        assert (time.open, time.close, time.volume, time.turnover) == (
            kline.open, kline.close, kline.volume, kline.turnover,
        )  # fmt: skip
        assert isinstance(time.close, Decimal)


async def test_without_the_cache_nothing_is_stored(bybit, exchange, tmp_path):
    frame = await bybit.data.fetch_klines("BTCUSDT", "1h", START, END, use_cache=False)
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms(START), ms(END), interval=60)
    assert not (tmp_path / "history").exists()


async def test_tasks_that_want_the_same_share_one_download_and_own_their_frames(bybit, exchange):
    frames = await asyncio.gather(
        *(bybit.data.fetch_klines("BTCUSDT", "1m", "2024-02-01", "2024-02-04") for _ in range(6))
    )
    assert exchange.requests <= 8, "five pages, the listing and the time"
    frames[0].loc[:, "close"] = 0.0
    assert (frames[1]["close"] > 0).all(), "a change in one frame shows in another"
    fresh = await bybit.data.fetch_klines("BTCUSDT", "1m", "2024-02-01", "2024-02-04")
    assert (fresh["close"] > 0).all(), "a change in a frame reached the memory"


async def test_progress_is_told_after_each_window(bybit):
    told = []
    await bybit.data.fetch_klines("BTCUSDT", "1m", "2024-02-01", "2024-02-04", progress=told.append)
    assert [step.done for step in told] == [1, 2, 3, 4, 5]
    assert {step.total for step in told} == {5}
    assert told[-1].rows == 3 * 1440


async def test_a_download_that_is_cancelled_keeps_what_it_had(bybit, exchange):
    stopped = asyncio.Event()
    task = asyncio.create_task(
        bybit.data.fetch_klines(
            "BTCUSDT", "30m", "2023-01-01", "2024-06-01", progress=lambda p: stopped.set() if p.done == 8 else None
        )
    )
    await stopped.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [series] = bybit.data.store.series()
    covered = bybit.data.store.covered(series, ms("2023-01-01"), ms("2024-06-01"))
    assert covered.total >= 90 * 86_400_000, "what came in order before is kept"
    frame = await bybit.data.fetch_klines("BTCUSDT", "30m", "2023-01-01", "2024-06-01")
    assert_equals_ledger(frame, exchange, "BTCUSDT", ms("2023-01-01"), ms("2024-06-01"), interval=30)


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        (("BTCUSDT", "1m", "2024-02-02", "2024-02-01"), "start"),
        (("BTCUSDT", "1m", "2024-02-02", "2024-02-02"), "start"),
        (("BTCUSDT", "1m", "2999-01-01"), "start"),
        (("BTCUSDT", "1m", "2999-01-01", "2999-01-02"), "start"),
        (("BTCUSDT", "1m", "next week"), "start"),
        (("BTCUSDT", "1m", "2024-02-01", datetime(2024, 2, 2)), "end"),
        (("NOSUCHUSDT", "1m", "2024-02-01", "2024-02-02"), "symbol"),
        (("BTCUSDT", "7m", "2024-02-01", "2024-02-02"), "interval"),
        (("BTCUSDT", "soon", "2024-02-01", "2024-02-02"), "interval"),
    ],
)
async def test_bad_input_is_refused_by_name(bybit, arguments, parameter):
    with pytest.raises(InvalidParameter) as refusal:
        await bybit.data.fetch_klines(*arguments)
    assert refusal.value.parameter == parameter


async def test_bad_words_are_refused_by_name(bybit):
    with pytest.raises(InvalidParameter, match="category"):
        await bybit.data.fetch_klines("BTCUSDT", "1m", START, END, category="perp")
    with pytest.raises(InvalidParameter, match="category"):
        await bybit.data.fetch_klines("BTCUSDT", "1m", START, END, category="option")
    with pytest.raises(InvalidParameter, match="price"):
        await bybit.data.fetch_klines("BTCUSDT", "1m", START, END, price="middle")
    with pytest.raises(InvalidParameter, match="dtype"):
        await bybit.data.fetch_klines("BTCUSDT", "1m", START, END, dtype="int")


async def test_instruments_come_as_a_frame(bybit):
    frame = await bybit.data.fetch_instruments(category="linear")
    assert list(frame.index) == ["BTCUSDT", "ETHUSDT"]
    assert frame.loc["BTCUSDT", "price_filter_tick_size"] == 0.1
    assert frame.loc["BTCUSDT", "launch_time"] == pd.Timestamp("2020-01-01", tz="UTC")
