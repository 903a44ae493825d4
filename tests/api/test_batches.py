from typing import Any

import pytest

from bybit_async.api.trade import Trade
from bybit_async.errors import InvalidParameter
from bybit_async.models.trade import CancelOrder, PlaceOrder
from tests.api.recorder import Recorder, answer


def order(link_id: str, category: Any = "linear") -> PlaceOrder:
    return PlaceOrder(
        category=category, symbol="BTCUSDT", side="Buy", order_type="Limit", qty="1", price="9", order_link_id=link_id
    )


def ack(order_id: str, link_id: str = "") -> dict[str, str]:
    return {"category": "linear", "symbol": "BTCUSDT", "orderId": order_id, "orderLinkId": link_id, "createAt": "5"}


OK = {"code": 0, "msg": "OK"}
POOR = {"code": 110007, "msg": "not enough"}


async def place(acks: list[dict[str, str]], ext: Any, *ids: str) -> Any:
    recorder = Recorder(answer({"list": acks}, ext=ext))
    return await Trade(recorder).place_batch_order(category="linear", request=[order(x) for x in ids])


async def test_each_order_has_its_outcome_in_the_order_given() -> None:
    result = await place([ack("1", "a"), ack("", ""), ack("3", "c")], {"list": [OK, POOR, OK]}, "a", "b", "c")
    assert [item.ok for item in result] == [True, False, True]
    assert [item.code for item in result] == [0, 110007, 0]
    assert result[1].message == "not enough"
    assert [item.order_link_id for item in result] == ["a", "b", "c"]
    assert [item.order_id for item in result] == ["1", None, "3"]
    assert not result.ok


async def test_orders_the_answer_says_nothing_about_are_unknown_not_refused() -> None:
    result = await place([ack("1", "a")], {"list": [OK]}, "a", "b")
    assert result[1].code is None
    assert not result[1].ok
    assert result[1].order_link_id == "b"


@pytest.mark.parametrize("ext", ["", None, {}, {"list": ""}, {"list": None}, {"list": [""]}])
async def test_an_empty_second_list_leaves_the_outcome_unknown(ext: Any) -> None:
    result = await place([ack("1", "a")], ext, "a")
    assert (result[0].order_id, result[0].code) == ("1", None)


async def test_the_category_is_sent_once_for_all() -> None:
    recorder = Recorder(answer({"list": [ack("1"), ack("2")]}, ext={"list": [OK, OK]}))
    orders = [CancelOrder(category="linear", symbol="BTCUSDT", order_id=str(n)) for n in (1, 2)]
    assert (await Trade(recorder).cancel_batch_order(category="linear", request=orders)).ok
    assert recorder.asked == [
        (
            "/v5/order/cancel-batch",
            {
                "category": "linear",
                "request": [{"symbol": "BTCUSDT", "orderId": "1"}, {"symbol": "BTCUSDT", "orderId": "2"}],
            },
        )
    ]


@pytest.mark.parametrize(
    ("category", "orders"),
    [
        ("linear", []),
        ("linear", [order(str(n)) for n in range(21)]),
        ("spot", [order(str(n), "spot") for n in range(11)]),
        ("linear", [order("1"), order("2", "spot")]),
    ],
)
async def test_a_batch_bybit_would_refuse_is_not_sent(category: Any, orders: list[PlaceOrder]) -> None:
    recorder = Recorder()
    with pytest.raises(InvalidParameter) as caught:
        await Trade(recorder).place_batch_order(category=category, request=orders)
    assert caught.value.parameter.startswith("request")
    assert recorder.asked == []


BUY: dict[str, Any] = {"symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "1", "price": 9}


@pytest.mark.parametrize(
    "item",
    [
        BUY,
        {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "1", "price": "9"},
        {**BUY, "category": "linear", "time_in_force": None},
    ],
)
async def test_dicts_are_taken_in_both_spellings(item: dict[str, Any]) -> None:
    recorder = Recorder(answer({"list": [ack("1", "a"), ack("2", "b")]}, ext={"list": [OK, OK]}))
    result = await Trade(recorder).place_batch_order(category="linear", request=[item, order("b")])
    assert result.ok
    [first, second] = recorder.asked[0][1]["request"]
    assert len(first.pop("orderLinkId")) == 35
    assert first == {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "1", "price": "9"}
    assert second["orderLinkId"] == "b"


async def test_dicts_amend_and_cancel_too() -> None:
    recorder = Recorder(*[answer({"list": [ack("1")]}, ext={"list": [OK]})] * 2)
    trade = Trade(recorder)
    await trade.amend_batch_order(category="linear", request=[{"symbol": "BTCUSDT", "orderId": "1", "qty": 2}])
    await trade.cancel_batch_order(category="linear", request=[{"symbol": "BTCUSDT", "order_id": "1"}])
    assert [asked["request"] for _, asked in recorder.asked] == [
        [{"symbol": "BTCUSDT", "orderId": "1", "qty": "2"}],
        [{"symbol": "BTCUSDT", "orderId": "1"}],
    ]


@pytest.mark.parametrize(
    ("item", "parameter", "cure"),
    [
        ({**BUY, "quantity": 1}, "request[1].quantity", "known: category, symbol, side"),
        ({**BUY, "ordertype": "Limit"}, "request[1].ordertype", "did you mean 'orderType'?"),
        ({**BUY, "timeinforce": "GTC"}, "request[1].timeinforce", "did you mean"),
        ({**BUY, "orderType": "Limit"}, "request[1].orderType", "twice"),
        ({**BUY, "side": "buy"}, "request[1].side", "did you mean 'Buy'?"),
        ({**BUY, "qty": None}, "request[1].qty", "is required"),
        ({k: v for k, v in BUY.items() if k != "side"}, "request[1].side", "is required"),
        ({**BUY, "qty": "x"}, "request[1].qty", "a number"),
        ({**BUY, "category": "spot"}, "request[1].category", "'linear'"),
        (CancelOrder(category="linear", symbol="BTCUSDT", order_id="1"), "request[1]", "a PlaceOrder or a dict"),
        ("BTCUSDT", "request[1]", "a PlaceOrder or a dict"),
    ],
)
async def test_a_wrong_item_is_named_and_nothing_is_sent(item: Any, parameter: str, cure: str) -> None:
    recorder = Recorder(answer({}))
    with pytest.raises(InvalidParameter) as caught:
        await Trade(recorder).place_batch_order(category="linear", request=[BUY, item])
    assert caught.value.parameter == parameter
    assert cure in str(caught.value)
    assert recorder.asked == []


@pytest.mark.parametrize("request_", [BUY, "x", None])
async def test_a_batch_is_a_list(request_: Any) -> None:
    with pytest.raises(InvalidParameter, match="a list of PlaceOrder or dicts"):
        await Trade(Recorder()).place_batch_order(category="linear", request=request_)
