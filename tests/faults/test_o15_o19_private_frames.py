"""O16 to O19 of the fault table: private frames as they come over the wire, in the wrong order, twice, and mixed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bybit_async.live.account_state import AccountState
from bybit_async.stream.router import decode_stream

ORDER = {
    "category": "linear", "symbol": "BTCUSDT", "orderId": "a", "orderLinkId": "link", "side": "Buy", "qty": "10",
    "orderType": "Limit", "price": "1", "positionIdx": 0, "rejectReason": "EC_NoError", "cancelType": "UNKNOWN",
    "avgPrice": "", "isLeverage": "", "createdTime": "1",
}  # fmt: skip
EXECUTION = {
    "category": "linear", "symbol": "BTCUSDT", "orderId": "a", "orderLinkId": "link", "side": "Buy", "execPrice": "1",
    "execQty": "5", "execType": "Trade", "markIv": "", "extraFees": [],
}  # fmt: skip


def order(status: str, filled: int, at: int, **more: str) -> dict[str, Any]:
    return ORDER | {"orderStatus": status, "cumExecQty": str(filled), "updatedTime": str(at)} | more


def execution(number: int, at: int = 5) -> dict[str, Any]:
    return EXECUTION | {"execId": str(number), "execTime": str(at)}


def push(state: AccountState, topic: str, *rows: dict[str, Any]) -> list[Any]:
    frame = json.dumps({"topic": topic, "id": "1", "creationTime": 7, "data": rows}, separators=(",", ":")).encode()
    return state.take_message(decode_stream("private", frame))


def test_o16_a_fill_before_new_and_an_old_new_after_it() -> None:
    state = AccountState()
    [filled] = push(state, "order", order("Filled", 10, 9))
    assert filled.became_final
    assert filled.previous_order is None
    assert push(state, "order", order("New", 0, 5)) == []
    assert push(state, "order.linear", order("PartiallyFilled", 5, 8)) == []
    kept = state.orders.find(order_link_id="link")
    assert kept is not None
    assert kept.order_status == "Filled"


def test_o16_in_one_frame() -> None:
    state = AccountState()
    rows = [order("New", 0, 5), order("Filled", 10, 9), order("PartiallyFilled", 5, 8)]
    assert [event.order.order_status for event in push(state, "order", *rows)] == ["New", "Filled"]


def test_o17_two_filled_messages_of_a_cancel_that_lost_the_race() -> None:
    state = AccountState()
    lost = {"cancelType": "CancelByUser", "rejectReason": "EC_OrigClOrdIDDoesNotExist"}
    push(state, "order", order("New", 0, 5))
    first = push(state, "order", order("Filled", 10, 9))
    second = push(state, "order", order("Filled", 10, 10, **lost))
    assert [event.became_final for event in first + second] == [True]
    kept = state.orders.find(order_id="a")
    assert kept is not None
    assert kept.reject_reason == "EC_NoError"


def test_o18_several_executions_in_one_frame_and_again_after_a_reconnect() -> None:
    state = AccountState()
    first = push(state, "execution", execution(1), execution(2))
    again = push(state, "execution", execution(2), execution(3), execution(1))
    assert [event.execution.exec_id for event in first + again] == ["1", "2", "3"]
    assert state.executions.repeats == 2


@pytest.mark.parametrize("status", ["Cancelled", "PartiallyFilledCanceled"])
def test_o19_what_was_filled_before_the_cancel_counts(status: str) -> None:
    state = AccountState()
    push(state, "order", order("PartiallyFilled", 4, 5))
    [ended] = push(state, "order", order(status, 4, 6, cancelType="CancelByUser"))
    assert ended.became_final
    assert ended.order.cum_exec_qty == 4
    assert not ended.order.is_open


def test_o26_a_cancel_by_disconnection_protection_keeps_its_reason() -> None:
    state = AccountState()
    [ended] = push(state, "order", order("Cancelled", 0, 6, cancelType="CancelByDCP"))
    assert ended.order.cancel_type == "CancelByDCP"


def test_frames_of_other_topics_change_nothing() -> None:
    assert push(AccountState(), "greeks", {"baseCoin": "BTC", "totalDelta": "1"}) == []
