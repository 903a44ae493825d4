"""Prices and candles are a pure function of the seed, and candles of every interval fit together."""

import itertools
from decimal import Decimal

import numpy as np
import pytest

from bybit_async.simulator import SimulatedExchange
from bybit_async.simulator.engine.instruments import OptionTerms
from bybit_async.simulator.market.candles import INTERVALS, MinuteHistory, interval_floor, interval_next
from bybit_async.simulator.market.klines import candles
from bybit_async.simulator.market.options import value_option
from bybit_async.simulator.market.paths import DAY, MINUTE, Behaviour, PremiumPath, PricePath
from bybit_async.simulator.market.tape import Tape

from .raw_client import RawClient
from .trading import LINEAR

NOW = 1_760_000_123_456
LAUNCH = 1_585_526_400_000


def make_tape(seed=7, now=NOW):
    path = PricePath(seed, "BTC", 60_000.0, Behaviour())
    return Tape(MinuteHistory(seed, "linear/BTCUSDT", path.values, 0.1, volume=20_000), now)


@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour(drift=0.5, jumps_per_day=4, jump_size=0.1)])
def test_one_instant_has_the_same_price_alone_and_in_an_array(behaviour):
    path = PricePath(3, "ETH", 3_000.0, behaviour)
    times = np.arange(500, dtype=np.int64) * 7_919 + NOW
    assert [path.at(int(time)) for time in times] == path.values(times).tolist()


def test_premium_is_the_same_alone_and_in_an_array():
    path = PremiumPath(3, "linear/ETHUSDT")
    times = np.arange(500, dtype=np.int64) * 7_919 + NOW
    assert [path.at(int(time)) for time in times] == path.values(times).tolist()


def test_volatility_is_the_one_asked_for():
    path = PricePath(1, "BTC", 60_000.0, Behaviour(volatility=0.5))
    moves = np.diff(np.log(path.values(np.arange(3_000, dtype=np.int64) * DAY)))
    assert 0.4 < float(moves.std()) * 365**0.5 < 0.6


def test_another_seed_is_another_market():
    assert candles(make_tape(1), "1", start=None, end=None, limit=5, launch=LAUNCH) != candles(
        make_tape(2), "1", start=None, end=None, limit=5, launch=LAUNCH
    )


def test_the_same_seed_is_the_same_market_wherever_it_is_read_from():
    start = NOW // DAY * DAY - 40 * DAY
    whole = candles(make_tape(), "1", start=start, end=start + 999 * MINUTE, limit=1000, launch=LAUNCH)
    pieces = []
    tape = make_tape(now=NOW + 3 * DAY)
    for offset in range(0, 1000, 250):
        first = start + offset * MINUTE
        pieces = candles(tape, "1", start=first, end=first + 249 * MINUTE, limit=1000, launch=LAUNCH) + pieces
    assert whole == pieces


@pytest.mark.parametrize("interval", INTERVALS)
def test_candles_join_and_are_exact_sums_of_minutes(interval):
    tape = make_tape()
    found = candles(tape, interval, start=None, end=None, limit=6, launch=LAUNCH)
    assert len(found) == 6
    for (newer_start, newer), (older_start, older) in itertools.pairwise(found):
        assert newer[0] == older[3]
        assert interval_next(interval, older_start // MINUTE) == newer_start // MINUTE
    start, row = found[2]
    minutes = tape.minutes(start // MINUTE, interval_next(interval, start // MINUTE)).tolist()
    assert row == (
        minutes[0][0],
        max(m[1] for m in minutes),
        min(m[2] for m in minutes),
        minutes[-1][3],
        sum(m[4] for m in minutes),
        sum(m[5] for m in minutes),
    )


def test_weeks_begin_on_monday_and_months_on_the_first():
    monday = 1_759_708_800_000
    assert interval_floor("W", NOW // MINUTE) * MINUTE == monday
    assert interval_floor("M", NOW // MINUTE) * MINUTE == 1_759_276_800_000


def test_a_start_alone_reads_forward_and_an_end_alone_backward():
    tape = make_tape()
    start = NOW // MINUTE * MINUTE - 5_000 * MINUTE
    forward = candles(tape, "1", start=start, end=None, limit=10, launch=LAUNCH)
    assert [time for time, _ in forward] == [start + i * MINUTE for i in range(9, -1, -1)]
    backward = candles(tape, "1", start=None, end=start, limit=10, launch=LAUNCH)
    assert [time for time, _ in backward] == [start - i * MINUTE for i in range(10)]


def test_nothing_is_older_than_the_launch_or_newer_than_now():
    tape = make_tape()
    launch = NOW - 100 * DAY
    found = candles(tape, "M", start=0, end=NOW + 90 * DAY, limit=1000, launch=launch)
    assert found[-1][0] <= launch < found[-2][0]
    assert found[0][0] <= NOW


def test_recorded_minutes_continue_history():
    tape = make_tape()
    opening, high, low, _, _, _ = tape.current
    tape.record(NOW, high + 50, 3, 12)
    tape.record(NOW + MINUTE, low - 20, 1, 4)
    newest, before, history = candles(tape, "1", start=None, end=None, limit=3, launch=LAUNCH)
    assert before[1] == (opening, high + 50, low, high + 50, 3, 12)
    assert newest[1] == (high + 50, high + 50, low - 20, low - 20, 1, 4)
    assert history[1][3] == opening


def test_minutes_that_are_leapt_over_are_filled_without_a_gap():
    tape = make_tape()
    tape.record(NOW, tape.last + 500)
    tape.roll(NOW + 90 * MINUTE)
    found = candles(tape, "1", start=None, end=None, limit=91, launch=LAUNCH)
    assert all(newer[0] == older[3] for (_, newer), (_, older) in itertools.pairwise(found))
    assert all(row[2] <= min(row[0], row[3]) <= max(row[0], row[3]) <= row[1] for _, row in found)


def test_option_prices_respect_parity_and_bounds():
    expiry = NOW + 30 * DAY
    call = value_option(OptionTerms(Decimal(60_000), expiry, "Call"), 58_000.0, NOW, 0.6)
    put = value_option(OptionTerms(Decimal(60_000), expiry, "Put"), 58_000.0, NOW, 0.6)
    assert call.price - put.price == pytest.approx(58_000.0 - 60_000.0)
    assert 0 < call.delta < 1
    assert call.delta - put.delta == pytest.approx(1.0)


async def test_a_book_is_filled_when_somebody_looks_for_the_first_time():
    async with SimulatedExchange(manual=True, symbols=["BTCUSDT", "ETHUSDT"]) as exchange:
        linear = {symbol: exchange.engine.listing("linear", symbol) for symbol in ("BTCUSDT", "ETHUSDT")}
        await exchange.advance("10m")
        assert all(listing.asleep and listing.mark_price for listing in linear.values())
        assert exchange.engine.coin_price("ETH") == linear["ETHUSDT"].index_price
        bid, ask = linear["BTCUSDT"].best_bid(), linear["BTCUSDT"].best_ask()
        assert abs((bid + ask) / 2 / linear["BTCUSDT"].mark_price - 1) < 0.001
        assert (linear["BTCUSDT"].asleep, linear["ETHUSDT"].asleep) == (False, True)


async def test_candles_of_the_time_that_nobody_looked_at_are_like_history(session):
    async with SimulatedExchange(manual=True, symbols=["BTCUSDT"]) as exchange:
        await exchange.advance("10m")
        public = RawClient(exchange, session)
        rows = (await public.result("/v5/market/kline", **LINEAR, interval="1", limit=8))["list"][1:]
        assert all(float(row[5]) > 0 and row[1] != row[4] for row in rows)
