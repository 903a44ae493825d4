"""Replay of candles: prices walk through them, orders fill on the way, and the candles come out as they went in."""

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

from bybit_async.simulator import RecordingError, SimulatedExchange

from .raw_client import RawClient

START = 1_760_000_040_000
RECORDED = 1_733_000_040_000
SPEC = {"category": "linear", "symbol": "BTCUSDT"}
ROWS = [
    (RECORDED, "60000", "60500.5", "59800", "60400", "12.5"),
    (RECORDED + 60_000, "60400", "60450", "59000.1", "59100", "40.003"),
    (RECORDED + 120_000, "58800", "59300", "58700", "59200", "8"),
]
D = Decimal


@pytest.fixture
async def stage(session):
    async with SimulatedExchange(seed=7, manual=True, start=START, symbols=["BTCUSDT"]) as exchange:
        yield exchange, RawClient(exchange, session, exchange.new_account(usdt="100000"))
        exchange.engine.audit()


def frame():
    index = pd.DatetimeIndex([datetime.fromtimestamp(row[0] / 1000, UTC) for row in ROWS], name="time")
    columns = ("open", "high", "low", "close", "volume")
    made = pd.DataFrame([[float(value) for value in row[1:]] for row in ROWS], index=index, columns=columns)
    made.attrs["symbol"] = "BTCUSDT"
    return made


async def candles(client):
    rows = (await client.result("/v5/market/kline", **SPEC, interval="1", start=START, limit=3))["list"]
    return [tuple(D(value) for value in row[1:6]) for row in reversed(rows)]


@pytest.mark.parametrize("source", ["rows", "frame"])
async def test_candles_come_out_as_they_went_in(stage, source):
    exchange, client = stage
    replay = exchange.replay(ROWS, symbol="BTCUSDT") if source == "rows" else exchange.replay(frame())
    await exchange.advance("179s")
    found = await candles(client)
    # The candle of the start began with what the simulated market had traded before.
    assert found[1:] == [tuple(map(D, row[1:])) for row in ROWS[1:-1]] + found[2:]
    assert found[0][3] == D(60400)
    await exchange.advance("2s")
    await replay.wait()
    assert (replay.finished, replay.played) == (True, 12)
    # A candle of the exchange opens where the last one closed, whatever gap there was.
    assert (await candles(client))[2] == tuple(map(D, ("59100", *ROWS[2][2:])))
    assert "candles, finished, 12 events" in repr(replay)


async def test_orders_fill_on_the_way_of_the_price(stage):
    exchange, client = stage
    exchange.replay(ROWS, symbol="BTCUSDT")
    order = {**SPEC, "side": "Buy", "orderType": "Limit", "qty": "0.01"}
    early = await client.done("/v5/order/create", **order, price="59900", stopLoss="58900", tpslMode="Full")
    await exchange.advance("59s")
    fills = (await client.result("/v5/execution/list", category="linear"))["list"]
    assert [(fill["orderId"], fill["execPrice"], fill["isMaker"]) for fill in fills] == [
        (early["orderId"], "59900", True)
    ]
    await exchange.advance("60s")
    assert len((await client.result("/v5/execution/list", category="linear"))["list"]) == 1
    await exchange.advance("2s")
    [stop, _] = (await client.result("/v5/execution/list", category="linear"))["list"]
    # The next candle opens below the stop: it fills there, not at its trigger.
    assert (stop["stopOrderType"], stop["execPrice"]) == ("StopLoss", "58800")


async def test_the_nearer_extreme_comes_first_and_each_at_its_third(stage):
    exchange, _ = stage
    # The high is nearer to the open, though the candle rises.
    row = (RECORDED, "60000", "60200", "59000", "60100", "1")
    exchange.replay([row, (RECORDED + 60_000, *row[1:])], symbol="BTCUSDT")
    seen = []
    for reached in (19_999, 20_000, 39_999, 40_000, 59_998, 59_999):
        exchange.clock.advance(START + reached - exchange.clock.now_ms())
        seen.append(exchange.engine.listing("linear", "BTCUSDT").last_price)
    assert seen == [D(60000), D(60200), D(60200), D(59000), D(59000), D(60100)]


@pytest.mark.parametrize(("touch", "low", "fills"), [(True, "59900", 1), (False, "59900", 0), (False, "59899.9", 1)])
async def test_whether_a_touch_fills_is_said(stage, touch, low, fills):
    exchange, client = stage
    exchange.replay([(RECORDED, "60000", "60500", low, "60100", "1")], symbol="BTCUSDT", touch=touch)
    await client.done("/v5/order/create", **SPEC, side="Buy", orderType="Limit", qty="0.01", price="59900")
    await exchange.advance("60s")
    assert len((await client.result("/v5/execution/list", category="linear"))["list"]) == fills


async def test_spread_and_depth_are_those_asked_for(stage):
    exchange, client = stage
    exchange.replay(ROWS, symbol="BTCUSDT", spread=3, depth=D("0.5"))
    book = await client.result("/v5/market/orderbook", **SPEC, limit=5)
    assert (book["b"], book["a"]) == ([["59999.9", "0.500"]], [["60000.2", "0.500"]])


async def test_a_market_order_trades_around_the_price_of_the_candle(stage):
    exchange, client = stage
    exchange.replay(ROWS, symbol="BTCUSDT")
    await exchange.advance("59999ms")
    await client.done("/v5/order/create", **SPEC, side="Buy", orderType="Market", qty="0.01")
    [fill] = (await client.result("/v5/execution/list", category="linear"))["list"]
    assert fill["execPrice"] == "60400.1"
    book = await client.result("/v5/market/orderbook", **SPEC, limit=5)
    assert ([row[0] for row in book["b"]], [row[0] for row in book["a"]]) == (["60400.0"], ["60400.1"])


async def test_subscribers_see_trades_and_candles(stage):
    exchange, client = stage
    async with client.socket("linear") as socket:
        await socket.subscribe("publicTrade.BTCUSDT", "kline.1.BTCUSDT")
        exchange.replay(ROWS, symbol="BTCUSDT")
        prices = []
        while len(prices) < 4:
            await exchange.advance("15s")
            message = await socket.topic("publicTrade.BTCUSDT")
            prices += [trade["p"] for trade in message["data"]]
        assert prices[:4] == ["60000.0", "59800.0", "60500.5", "60400.0"]


async def test_twice_as_fast(stage):
    exchange, _ = stage
    replay = exchange.replay(ROWS, symbol="BTCUSDT", speed=2)
    await exchange.advance("90s")
    await replay.wait()
    assert exchange.engine.listing("linear", "BTCUSDT").last_price == D(59200)


async def test_after_the_candles_the_market_goes_on(stage):
    exchange, client = stage
    replay = exchange.replay(ROWS, symbol="BTCUSDT")
    await exchange.advance("200s")
    book = await client.result("/v5/market/orderbook", **SPEC, limit=50)
    assert (len(book["b"]), book["b"][0][0]) == (1, "59200.0")
    replay.stop()
    await exchange.advance("1s")
    assert len((await client.result("/v5/market/orderbook", **SPEC, limit=50))["b"]) == 50


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no candle"),
        ([ROWS[1], ROWS[0]], "line 2: .*after"),
        ([(RECORDED, "60000", "59000", "58000", "58500", "1")], "line 1: .*fit"),
        ([(RECORDED, "60000", "61000", "0", "58500", "1")], "line 1: .*fit"),
        ([(RECORDED, "60000", "61000", "59000", "60500", "-1")], "line 1: .*fit"),
        ([(RECORDED, "x", "61000", "59000", "60500", "1")], "line 1: .*not understood"),
        ([(RECORDED, "60000", "61000")], "line 1: a row is"),
        (["60000"], "line 1: a row is"),
        (frame().drop(columns=["high", "volume"]), "no column high, volume"),
        (frame().reset_index(drop=True), "index must be times"),
    ],
)  # fmt: skip
async def test_what_is_no_candle_is_refused(stage, rows, reason):
    exchange, _ = stage
    with pytest.raises(RecordingError, match=reason):
        exchange.replay(rows, symbol="BTCUSDT")


async def test_a_symbol_is_needed_that_the_exchange_lists(stage):
    exchange, _ = stage
    with pytest.raises(RecordingError, match="name it with `symbol`"):
        exchange.replay(ROWS)
    with pytest.raises(RecordingError, match="cannot replay linear XRPUSDT"):
        exchange.replay(ROWS, symbol="XRPUSDT")
