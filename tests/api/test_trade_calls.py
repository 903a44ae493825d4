from typing import Any

import pytest

from bybit_async.api.position import Position
from bybit_async.api.trade import Trade
from bybit_async.errors import InvalidParameter, RequestRejected
from tests.api.recorder import Recorder, answer


def order(order_id: str, link_id: str = "mine", status: str = "New") -> dict[str, Any]:
    return {
        "orderId": order_id, "orderLinkId": link_id, "symbol": "BTCUSDT", "side": "Buy", "orderStatus": status,
        "orderType": "Limit", "qty": "1", "price": "9",
    }  # fmt: skip


def orders(*rows: dict[str, Any]) -> bytes:
    return answer({"category": "linear", "list": list(rows), "nextPageCursor": ""})


ACK = answer({"orderId": "1", "orderLinkId": "mine"})


async def test_placing_sends_the_checked_order_and_returns_its_ids() -> None:
    recorder = Recorder(ACK)
    ack = await Trade(recorder).place_order(
        category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty=0.001, price=30000
    )
    ((path, body),) = recorder.asked
    assert path == "/v5/order/create"
    assert body.pop("orderLinkId").startswith("ba-")
    assert body == {
        "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001",
        "price": "30000",
    }  # fmt: skip
    assert (ack.order_id, ack.order_link_id) == ("1", "mine")


async def test_a_limit_order_without_price_is_not_sent() -> None:
    recorder = Recorder()
    with pytest.raises(InvalidParameter, match="price"):
        await Trade(recorder).place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty="1")
    assert recorder.asked == []


async def test_an_open_order_is_found_at_once() -> None:
    recorder = Recorder(orders(order("7")))
    found = await Trade(recorder).find_order(category="linear", order_link_id="mine")
    assert found is not None
    assert (found.order_id, found.is_open) == ("7", True)
    assert recorder.paths == ["/v5/order/realtime"]


async def test_an_old_order_is_found_in_history() -> None:
    recorder = Recorder(orders(), orders(order("8", "other")), orders(order("7", status="Filled")))
    found = await Trade(recorder).find_order(category="linear", order_link_id="mine")
    assert found is not None
    assert (found.order_id, found.is_open) == ("7", False)
    assert recorder.paths == ["/v5/order/realtime", "/v5/order/realtime", "/v5/order/history"]
    assert [params.get("openOnly") for _, params in recorder.asked] == [0, 1, None]


async def test_an_order_nobody_knows_is_none() -> None:
    assert await Trade(Recorder(orders(), orders(), orders())).find_order(category="spot", order_id="9") is None


async def test_finding_needs_an_id() -> None:
    with pytest.raises(InvalidParameter, match="order_id"):
        await Trade(Recorder()).find_order(category="spot")


def position(side: str, size: str, idx: int) -> dict[str, Any]:
    return {"symbol": "BTCUSDT", "side": side, "size": size, "positionIdx": idx}


async def test_closing_sells_a_long_and_buys_back_a_short_reduce_only() -> None:
    positions = answer({"list": [position("Buy", "0.5", 1), position("Sell", "2", 2)]})
    recorder = Recorder(positions, ACK, ACK)
    assert len(await Trade(recorder).close_position(category="linear", symbol="BTCUSDT")) == 2
    sent = [
        (body["side"], body["qty"], body["positionIdx"], body["reduceOnly"], body["orderType"])
        for path, body in recorder.asked
        if path == "/v5/order/create"
    ]
    assert sent == [("Sell", "0.5", 1, True, "Market"), ("Buy", "2", 2, True, "Market")]


async def test_closing_one_side_leaves_the_other() -> None:
    positions = answer({"list": [position("Buy", "0.5", 1), position("Sell", "2", 2)]})
    recorder = Recorder(positions, ACK)
    await Trade(recorder).close_position(category="linear", symbol="BTCUSDT", position_idx=2)
    assert recorder.asked[-1][1]["positionIdx"] == 2


async def test_closing_a_flat_position_sends_no_order() -> None:
    recorder = Recorder(answer({"list": [position("", "0", 0)]}))
    assert await Trade(recorder).close_position(category="linear", symbol="BTCUSDT") == []


@pytest.mark.parametrize(("code", "changed"), [(0, True), (110043, False), (34040, False)])
async def test_a_setting_that_is_there_already_is_no_error(code: int, changed: bool) -> None:
    recorder = Recorder(answer({}, code=code, message="leverage not modified"))
    setting = await Position(recorder).set_leverage(
        category="linear", symbol="BTCUSDT", buy_leverage=10, sell_leverage=10
    )
    assert setting.changed is changed


async def test_a_setting_that_is_refused_is_an_error() -> None:
    recorder = Recorder(answer({}, code=110013, message="too high"))
    with pytest.raises(RequestRejected) as caught:
        await Position(recorder).set_leverage(category="linear", symbol="BTCUSDT", buy_leverage=999, sell_leverage=999)
    assert caught.value.ret_code == 110013


async def test_cancelling_all_contracts_needs_to_know_which() -> None:
    recorder = Recorder(answer({"list": []}))
    with pytest.raises(InvalidParameter, match="symbol"):
        await Trade(recorder).cancel_all_orders(category="linear")
    await Trade(recorder).cancel_all_orders(category="spot")
    assert recorder.asked == [("/v5/order/cancel-all", {"category": "spot"})]


async def test_history_walks_its_windows_and_pages() -> None:
    week = 7 * 86_400_000
    pages = [
        answer({"list": [order("1")], "nextPageCursor": "next"}),
        answer({"list": [order("2")], "nextPageCursor": ""}),
        answer({"list": [order("3")], "nextPageCursor": ""}),
    ]
    recorder = Recorder(*pages)
    history = Trade(recorder).get_order_history(category="linear", start=0, end=week + 1)
    assert [row.order_id async for row in history] == ["1", "2", "3"]
    assert [(p["startTime"], p["endTime"], p.get("cursor")) for _, p in recorder.asked] == [
        (0, week - 1, None),
        (0, week - 1, "next"),
        (week, week + 1, None),
    ]


async def test_a_trading_stop_names_at_least_one_stop() -> None:
    recorder = Recorder(answer({}))
    with pytest.raises(InvalidParameter, match="take_profit or stop_loss or trailing_stop"):
        await Position(recorder).set_trading_stop(category="linear", symbol="BTCUSDT")
    await Position(recorder).set_trading_stop(category="linear", symbol="BTCUSDT", stop_loss=0)
    assert recorder.asked[0][1]["stopLoss"] == "0"
