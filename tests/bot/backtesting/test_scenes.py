"""Twelve small scenes whose fills are reckoned by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bybit_async.bot.backtesting import FillRule, MissingData
from bybit_async.bot.strategies import View
from tests.bot.backtesting.scenes import D, at, free, scene, told

buy, sell = View.buy, View.sell
FLAT = (100.0, 100.0, 100.0, 100.0)


def test_1_an_order_decided_at_a_close_trades_at_the_next_open() -> None:
    result = scene({0: buy(D(10))}, [(100, 101, 99, 100), (103, 105, 102, 104)])
    # a quarter of a second after the close, at the open, and a tick more because it buys
    assert told(result) == [(at(1, 0.25), "Buy", D(104), D(10), "order")]
    # 10 at 104 cost 1.04 of fee, and are worth 104 in the end
    assert float(result.equity.iloc[-1]) == pytest.approx(10_000 - 1.04)
    assert result.profit.low == result.profit.high


def test_2_a_gap_through_a_stop_trades_at_the_open() -> None:
    result = scene({0: buy(D(10), stop_loss=95)}, [FLAT, FLAT, (90, 92, 89, 91)])
    # The open is there a millisecond after the candle's start.
    assert told(result)[1:] == [(at(2) + 1, "Sell", D(90), D(10), "stop")]
    trade = result.trades[0]
    # bought at 101, sold at 90: 110 lost, and 1.01 and 0.90 of fees
    assert (trade.pnl, trade.fees, trade.exit_reason) == (D("-111.910"), D("1.910"), "stop")


def test_3_a_stop_inside_a_candle_trades_at_its_price() -> None:
    result = scene({0: buy(D(10), stop_loss=95)}, [FLAT, FLAT, (100, 100, 93, 94)])
    # on the way from the open to the low
    assert told(result)[1][1:] == ("Sell", D(95), D(10), "stop")


def test_4_a_target_inside_a_candle() -> None:
    result = scene({0: buy(D(10), stop_loss=90, take_profit=110)}, [FLAT, FLAT, (100, 115, 99, 112)])
    assert told(result)[1][1:] == ("Sell", D(110), D(10), "target")
    # bought at 101 and sold at 110: 90, less 1.01 and 1.10
    assert result.trades[0].pnl == D("87.890")


def test_5_stop_and_target_in_one_candle_make_an_interval() -> None:
    rows = [FLAT, FLAT, (100, 111, 89, 100)]
    result = scene({0: buy(D(10), stop_loss=90, take_profit=110)}, rows)
    assert result.ambiguous_fills == 1
    # 110 lost and 1.01 + 0.90 paid, or 90 won and 1.01 + 1.10 paid
    assert result.profit == (pytest.approx(-111.91), pytest.approx(87.89))
    assert str(result).startswith("profit -111.9 … 87.9 USDT, 1 trades, 1 ambiguous fills")
    for path, reason in (("high-first", "target"), ("low-first", "stop"), ("nearest", "stop")):
        decided = scene({0: buy(D(10), stop_loss=90, take_profit=110)}, rows, rule=FillRule(path=path))
        assert decided.trades[0].exit_reason == reason
        assert decided.profit.low == decided.profit.high


def test_6_funding_on_the_hour_at_its_recorded_rate() -> None:
    times = pd.to_datetime([at(2)], unit="ms", utc=True)
    funding = pd.DataFrame({"funding_rate": [0.0005]}, index=times)
    result = scene({0: buy(D(10))}, [FLAT, (100, 104, 100, 104), (104, 104, 104, 104)], funding=funding)
    # 10 at the close of 104 that has just been: 1040 * 0.0005
    assert told(result)[1] == (at(2), "Buy", D(104), D(10), "funding")
    assert result.fills[1].fee == D("0.52")
    assert result.metrics["funding"] == pytest.approx(-0.52)
    short = scene({0: sell(D(10))}, [FLAT, FLAT, FLAT], funding=funding)
    assert short.metrics["funding"] == pytest.approx(0.5)


def test_7_more_than_the_depth_is_filled_in_part() -> None:
    result = scene({0: buy(D(10))}, [FLAT, FLAT, FLAT], rule=FillRule(depth=D(4)))
    assert told(result) == [(at(1, 0.25), "Buy", D(101), D(4), "order")]
    assert result.orders[0].qty == 10


def test_8_liquidation() -> None:
    config = free(trading={"enable_stop_loss": False})
    result = scene({0: sell(D(99))}, [FLAT, FLAT, (100, 250, 100, 240)], config=config)
    # 99 sold at 100 for a fee of 9.90: 9,990.10 are left. At 200 the loss is 9,900 and 0.5 % of 19,800 must stay,
    # which is 99: more than the 90.10 there are. It is bought back on the market, a tick higher and for a fee of 19.90,
    # which costs 10,018.90 in all: more than there is, so the insurance fund pays the rest.
    assert told(result)[1] == (at(2, 40), "Buy", D(201), D(99), "liquidation")
    assert float(result.equity.iloc[-1]) == pytest.approx(0.0, abs=1e-6)
    survives = scene({0: sell(D(99))}, [FLAT, FLAT, (100, 199, 100, 150)], config=config)
    assert len(survives.fills) == 1


def test_9_latency_across_a_candle() -> None:
    rows = [FLAT, (100, 120, 100, 120), (130, 140, 130, 140)]
    early = scene({0: buy(D(10))}, rows, latency="59s")
    # still within the next candle: at the last of its four prices that has come, its second extreme
    assert told(early) == [(at(1, 59), "Buy", D(121), D(10), "order")]
    late = scene({0: buy(D(10))}, rows, latency="61s")
    assert told(late) == [(at(2, 1), "Buy", D(131), D(10), "order")]


def test_10_a_limit_order_fills_when_the_price_has_passed_it() -> None:
    rows = [FLAT, (100, 100, 97, 99), (99, 99, 96, 98)]
    passed = scene({0: buy(D(10), price=97)}, rows)
    assert [fill[1:] for fill in told(passed)] == [("Buy", D(97), D(10), "order")]
    assert passed.fills[0].time_ms > at(2)
    assert passed.fills[0].is_maker
    touched = scene({0: buy(D(10), price=97)}, rows, rule=FillRule(touch=True))
    assert touched.fills[0].time_ms < at(2)
    assert touched.fills[0].price == D(97)


def test_11_what_the_exchange_or_the_risk_manager_refuses() -> None:
    result = scene({0: buy(D(10), stop_loss=99)}, [FLAT, (98, 98, 97, 98), FLAT])
    # the stop was right when it was decided on, and is above the price when the order arrives
    assert result.fills == []
    assert "StopLoss must be below" in result.orders[0].refused
    assert result.orders[0].sent_ms == at(1, 0.25)
    limited = scene(
        {0: buy(D(10))}, [FLAT, FLAT], config=free(risk={"max_drawdown": 1.0}, trading={"max_open_positions": 1})
    )
    assert len(limited.fills) == 1
    refused = scene({0: buy(D(10), stop_loss=101)}, [FLAT, FLAT])
    assert "wrong side" in refused.orders[0].refused
    assert refused.orders[0].sent_ms is None


def test_12_a_position_is_turned_in_two_orders() -> None:
    leaving = View("BTCUSDT", {"close": [100.0]}, position=D(10)).close()
    assert leaving is not None
    result = scene({0: buy(D(10)), 1: [leaving, sell(D(5))]}, [FLAT, FLAT, FLAT, FLAT])
    assert told(result) == [
        (at(1, 0.25), "Buy", D(101), D(10), "order"),
        (at(2, 0.25), "Sell", D(100), D(10), "order"),
        # decided when it is known that the first has traded, half a second after the close
        (at(2, 0.75), "Sell", D(100), D(5), "order"),
    ]
    assert result.trades[0].pnl == D(-10) - D("1.01") - D("1.00")
    assert [order.reduce_only for order in result.orders] == [False, True, False]


def rates(*settled: tuple[int, float]) -> pd.DataFrame:
    times = np.array([at(candle) for candle, _ in settled]).astype("datetime64[ms]")
    return pd.DataFrame({"funding_rate": [rate for _, rate in settled]}, index=pd.DatetimeIndex(times, tz="UTC"))


@pytest.mark.parametrize(
    ("settled", "words"),
    [
        ([(2, 0.001), (2, 0.001)], "not later than the one before"),
        ([(3, 0.001), (2, 0.001)], "not later than the one before"),
        ([(2, float("inf"))], "not a funding rate: inf"),
        ([(2, float("nan"))], "no funding is known"),
    ],
)
def test_fundings_are_paid_once_or_refused(settled: list[tuple[int, float]], words: str) -> None:
    with pytest.raises(MissingData, match=words):
        scene({0: View.buy(D(10))}, [(100, 100, 100, 100)] * 6, funding=rates(*settled))


@pytest.mark.parametrize(
    "given",
    [
        {"maker_fee": D("NaN")},
        {"taker_fee": 0.001},
        {"taker_fee": D(5)},
        {"depth": D("NaN")},
        {"depth": 0.5},
        {"spread": 1.5},
        {"latency": 2.5},
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_used_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(given))} "):
        FillRule(**given)


def test_a_balance_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="balance must be a number, not 'much'"):
        scene({}, [(100, 100, 100, 100)] * 3, balance="much")


def test_a_leverage_that_is_set_already() -> None:
    for leverage in (10, 20.0):
        assert len(scene({0: View.buy(D(10))}, [FLAT, FLAT], leverage=leverage).fills) == 1


def test_the_latency_of_the_rule_counts_unless_another_is_given() -> None:
    orders, rows = {0: View.buy(D(10))}, [FLAT, FLAT, FLAT]
    rule = FillRule(latency=61_000)
    assert scene(orders, rows, rule=rule).fills[0].time_ms == at(2, 1)
    assert scene(orders, rows, rule=rule, latency="2s").fills[0].time_ms == at(1, 2)


def test_an_order_whose_parts_are_opened_before_and_after_another_one_is_one_trade() -> None:
    # Ten in a book of four: six rest at 101 while the price goes up and two more are bought, and fill when it is back.
    orders = {
        0: View.buy(D(10), price=101),
        1: View.buy(D(2)),
        4: View.sell(D(4)),
        5: View.sell(D(4)),
        6: View.sell(D(4)),
    }
    high = (103.0, 103.0, 103.0, 103.0)
    rows = [FLAT, (104, 105, 100, 103), high, (103, 103, 100, 100), *[FLAT] * 5]
    result = scene(orders, rows, rule=FillRule(depth=D(4)), latency="50s")
    assert [(fill.qty, fill.price) for fill in result.fills] == [
        (4, 101),
        (2, 104),
        (6, 101),
        (4, 100),
        (4, 100),
        (4, 100),
    ]
    # The oldest goes first: four of the ten, the two, and the other six.
    assert [(trade.qty, trade.entry_price, trade.exit_price) for trade in result.trades] == [
        (2, 104, 100),
        (10, 101, 100),
    ]
    assert [trade.pnl + trade.fees for trade in result.trades] == [D(-8), D(-10)]
