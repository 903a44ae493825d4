from decimal import Decimal

import pytest

from bybit_async.errors import InvalidParameter
from bybit_async.models.trade import AmendOrder, CancelOrder, PlaceOrder, new_order_link_id

LIMIT = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.001", "price": "30000",
}  # fmt: skip


def test_numbers_of_every_kind_are_sent_in_plain_digits() -> None:
    order = PlaceOrder(
        **LIMIT | {"qty": 1e-05, "price": Decimal("3E+4"), "take_profit": 31000, "stop_loss": "29000.50"}
    )
    body = order.wire()
    assert [body[key] for key in ("qty", "price", "takeProfit", "stopLoss")] == [
        "0.00001", "30000", "31000", "29000.50",
    ]  # fmt: skip


def test_only_what_was_given_is_sent_under_bybits_names() -> None:
    order = PlaceOrder(**LIMIT, time_in_force="PostOnly", position_idx=0, reduce_only=False, order_link_id="a-1")
    assert order.wire() == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.001",
        "price": "30000",
        "timeInForce": "PostOnly",
        "orderLinkId": "a-1",
        "positionIdx": 0,
        "reduceOnly": False,
    }
    assert "category" not in order.batch_item()


def test_every_order_without_an_id_gets_its_own() -> None:
    first, second = PlaceOrder(**LIMIT), PlaceOrder(**LIMIT)
    assert first.order_link_id != second.order_link_id
    assert first.wire()["orderLinkId"] == first.order_link_id
    assert len(new_order_link_id()) <= 36


def test_an_option_order_is_priced_by_its_volatility_and_gets_an_id() -> None:
    body = PlaceOrder(
        category="option", symbol="BTC-26DEC25-90000-C", side="Sell", order_type="Limit", qty="1", order_iv="0.5"
    ).wire()
    assert body["orderIv"] == "0.5"
    assert body["orderLinkId"]


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"price": None}, "price"),
        ({"price": "0"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "cheap"}, "price"),
        ({"price": float("nan")}, "price"),
        ({"qty": "0"}, "qty"),
        ({"qty": "0.000"}, "qty"),
        ({"qty": "-0.1"}, "qty"),
        ({"qty": True}, "qty"),
        ({"qty": 0, "reduce_only": True}, "qty"),
        ({"order_link_id": "x" * 37}, "order_link_id"),
        ({"order_link_id": ""}, "order_link_id"),
        ({"order_link_id": "no spaces"}, "order_link_id"),
        ({"order_link_id": "line\n"}, "order_link_id"),
        ({"category": "futures"}, "category"),
        ({"side": "buy"}, "side"),
        ({"order_type": "limit"}, "order_type"),
        ({"symbol": ""}, "symbol"),
        ({"trigger_price": "soon"}, "trigger_price"),
    ],
)
def test_what_bybit_would_surely_refuse_is_refused_here(change: dict, parameter: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        PlaceOrder(**LIMIT | change)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    "change",
    [
        {"order_type": "Market", "price": None},
        {"price": None, "bbo_side_type": "Queue", "bbo_level": "1"},
        {"qty": "0", "reduce_only": True, "close_on_trigger": True},
        {"order_link_id": "x" * 36},
        {"order_link_id": "Ab_9-z"},
    ],
)
def test_unusual_orders_that_bybit_takes_are_let_through(change: dict) -> None:
    assert PlaceOrder(**LIMIT | change).wire()["symbol"] == "BTCUSDT"


def test_leverage_of_a_spot_order_is_sent_as_a_number() -> None:
    assert PlaceOrder(**LIMIT | {"category": "spot"}, is_leverage=True).wire()["isLeverage"] == 1


@pytest.mark.parametrize("request_type", [AmendOrder, CancelOrder])
def test_an_existing_order_must_be_named(request_type: type) -> None:
    with pytest.raises(InvalidParameter) as caught:
        request_type(category="linear", symbol="BTCUSDT")
    assert caught.value.parameter == "order_id"


def test_an_amendment_sends_zero_to_remove_a_stop_but_never_a_zero_quantity() -> None:
    body = AmendOrder(category="linear", symbol="BTCUSDT", order_id="1", take_profit=0, stop_loss="0").wire()
    assert body == {"category": "linear", "symbol": "BTCUSDT", "orderId": "1", "takeProfit": "0", "stopLoss": "0"}
    with pytest.raises(InvalidParameter, match="qty"):
        AmendOrder(category="linear", symbol="BTCUSDT", order_id="1", qty=0)
