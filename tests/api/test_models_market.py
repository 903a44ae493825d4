from decimal import Decimal

import pytest

from bybit_async.api.market import Market
from bybit_async.drift import decode
from bybit_async.errors import InvalidParameter
from bybit_async.models.market import InverseInstrument, Klines, LinearInstrument, OrderBook, SpotInstrument
from bybit_async.models.trade import PlaceOrder
from tests.api.recorder import Recorder, answer

LINEAR = {
    "symbol": "BTCUSDT", "status": "Trading", "baseCoin": "BTC", "quoteCoin": "USDT",
    "priceFilter": {"minPrice": "0.10", "maxPrice": "199999.80", "tickSize": "0.10"},
    "lotSizeFilter": {
        "maxOrderQty": "1190.000", "minOrderQty": "0.001", "qtyStep": "0.001", "maxMktOrderQty": "500.000",
        "minNotionalValue": "5",
    },
}  # fmt: skip
SPOT = {
    "symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "priceFilter": {"tickSize": "0.1"},
    "lotSizeFilter": {
        "basePrecision": "0.000001", "quotePrecision": "0.01", "minOrderAmt": "5", "maxLimitOrderQty": "83",
        "maxMarketOrderQty": "41.5", "postOnlyMaxLimitOrderSize": "100",
    },
}  # fmt: skip


@pytest.fixture
def linear() -> LinearInstrument:
    return read(LINEAR, LinearInstrument)


@pytest.fixture
def spot() -> SpotInstrument:
    return read(SPOT, SpotInstrument)


def read(document: dict, tp: type) -> object:
    import json

    return decode(json.dumps(document, separators=(",", ":")).encode(), tp)


def order(**change: object) -> PlaceOrder:
    plain = {
        "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.001",
        "price": "30000",
    }  # fmt: skip
    return PlaceOrder(**plain | change)


def test_klines_are_rows_with_names() -> None:
    klines = decode(b'{"symbol":"X","category":"linear","list":[["5","1","4","0.5","2","10","20"]]}', Klines)
    kline = klines[0]
    assert (kline.start, kline.open, kline.high, kline.low, kline.close) == (5, 1, 4, Decimal("0.5"), 2)
    assert (kline.volume, kline.turnover) == (10, 20)


def test_a_book_keeps_both_sides_best_first() -> None:
    body = b'{"s":"X","b":[["9","1"],["8","2"]],"a":[["10","3"]],"ts":1,"u":2,"seq":3,"cts":4}'
    book = decode(body, OrderBook)
    assert [(level.price, level.size) for level in book.bids] == [(9, 1), (8, 2)]
    assert (book.asks[0].price, book.update_id, book.cts) == (10, 2, 4)


@pytest.mark.parametrize(
    ("price", "side", "rounded"),
    [
        ("30000.07", None, "30000.10"),
        ("30000.04", None, "30000.00"),
        ("30000.07", "Buy", "30000.00"),
        ("30000.01", "Sell", "30000.10"),
        ("30000.10", "Sell", "30000.10"),
        (0.3, None, "0.30"),
    ],
)
def test_prices_round_to_the_tick(linear: LinearInstrument, price: object, side: object, rounded: str) -> None:
    assert str(linear.round_price(price, side)) == rounded


def test_sizes_round_down_to_the_step(linear: LinearInstrument, spot: SpotInstrument) -> None:
    assert str(linear.round_qty("0.0019999")) == "0.001"
    assert linear.round_qty("0.0009") == 0
    assert str(spot.round_qty(Decimal("1.23456789"))) == "1.234567"


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"price": "30000.05"}, "price"),
        ({"price": "200000"}, "price"),
        ({"qty": "0.0015"}, "qty"),
        ({"qty": "1191"}, "qty"),
        ({"qty": "501", "order_type": "Market", "price": None}, "qty"),
        ({"qty": "0.001", "price": "4000"}, "qty"),
        ({"symbol": "ETHUSDT"}, "symbol"),
    ],
)
def test_an_order_outside_the_rules_is_refused(linear: LinearInstrument, change: dict, parameter: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        linear.validate(order(**change))
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"order_type": "Market", "price": None},
        {"qty": "0.001", "price": "4000", "reduce_only": True},
        {"qty": "0", "reduce_only": True, "close_on_trigger": True},
    ],
)
def test_an_order_within_the_rules_passes(linear: LinearInstrument, change: dict) -> None:
    sound = order(**change)
    before = sound.to_dict()
    linear.validate(sound)
    assert sound.to_dict() == before, "nothing is rounded silently"


def test_a_spot_market_buy_is_measured_in_the_quote_coin(spot: SpotInstrument) -> None:
    buy = {"category": "spot", "order_type": "Market", "price": None}
    spot.validate(order(**buy, qty="5.01"))
    with pytest.raises(InvalidParameter, match="below the minimum"):
        spot.validate(order(**buy, qty="4.99"))
    with pytest.raises(InvalidParameter, match="quote precision"):
        spot.validate(order(**buy, qty="5.001"))
    with pytest.raises(InvalidParameter, match="above the maximum"):
        spot.validate(order(**buy, qty="41.6", market_unit="baseCoin"))


def test_post_only_has_its_own_most(spot: SpotInstrument) -> None:
    large = {"category": "spot", "qty": "90"}
    spot.validate(order(**large, time_in_force="PostOnly"))
    with pytest.raises(InvalidParameter, match="above the maximum 83"):
        spot.validate(order(**large))


def test_an_inverse_order_is_worth_its_size() -> None:
    inverse = read(LINEAR | {"symbol": "BTCUSD"}, InverseInstrument)
    inverse.validate(order(category="inverse", symbol="BTCUSD", qty="5", price="0.10"))
    with pytest.raises(InvalidParameter, match="worth 4"):
        inverse.validate(order(category="inverse", symbol="BTCUSD", qty="4", price="30000"))


async def test_an_instrument_is_asked_for_once() -> None:
    recorder = Recorder(answer({"list": [LINEAR]}), answer({"list": [SPOT]}), answer({"list": [LINEAR]}))
    market = Market(recorder)
    first = await market.get_instrument("BTCUSDT")
    assert await market.get_instrument("BTCUSDT", "linear") is first
    assert isinstance(await market.get_instrument("BTCUSDT", "spot"), SpotInstrument)
    assert len(recorder.asked) == 2
    assert await market.get_instrument("BTCUSDT", fresh=True) == first
    assert len(recorder.asked) == 3


async def test_an_unknown_symbol_is_named() -> None:
    with pytest.raises(InvalidParameter, match="NOPE"):
        await Market(Recorder(answer({"list": []}))).get_instrument("NOPE")


async def test_option_tickers_need_a_symbol_or_coin_and_an_unknown_category_is_refused() -> None:
    market = Market(Recorder())
    with pytest.raises(InvalidParameter, match="symbol or base_coin"):
        await market.get_tickers(category="option")
    with pytest.raises(InvalidParameter, match="category"):
        await market.get_tickers(category="futures")  # type: ignore[call-overload]


async def test_tickers_have_the_shape_of_their_category() -> None:
    row = {"symbol": "X", "lastPrice": "1", "markPrice": "2", "indexPrice": "3", "bid1Iv": "0.5", "bid1Price": ""}
    recorder = Recorder(answer({"list": [row]}), answer({"list": [row]}))
    option = (await Market(recorder).get_tickers(category="option", symbol="X"))[0]
    assert (option.bid1_iv, option.bid1_price) == (Decimal("0.5"), None)
    assert not hasattr((await Market(recorder).get_tickers(category="spot"))[0], "bid1_iv")


async def test_volatility_is_walked_month_by_month_newest_first() -> None:
    month = 30 * 86_400_000
    rows = [answer([{"period": 7, "value": "0.5", "time": str(at)}]) for at in (month, 0)]
    recorder = Recorder(*rows)
    found = await Market(recorder).get_historical_volatility(start=0, end=month + 5)
    assert [row.time for row in found] == [month, 0]
    assert [(p["startTime"], p["endTime"]) for _, p in recorder.asked] == [(month, month + 5), (0, month - 1)]
    with pytest.raises(InvalidParameter, match="end"):
        await Market(recorder).get_historical_volatility(start=0)
