"""Whether an acknowledgement belongs to its request, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from bybit_async.models.trade import BatchAck, BatchAcks, OrderAck
from bybit_async.models.trade.acknowledgements import contradiction

CREATE, CANCEL, BATCH = "/v5/order/create", "/v5/order/cancel", "/v5/order/create-batch"
LINK = {"orderLinkId": "mine"}
UNNAMED = OrderAck(order_id="", order_link_id="y")

SINGLE: list[tuple[str, dict[str, Any], Any, str | None]] = [
    (CREATE, LINK, OrderAck(order_id="1", order_link_id="mine"), None),
    (CREATE, LINK, {"orderId": "1", "orderLinkId": "mine"}, None),
    (CREATE, LINK, OrderAck(order_id="1", order_link_id="other"), "its orderLinkId is other, mine was sent"),
    (CREATE, LINK, {"orderId": "1", "orderLinkId": "other"}, "its orderLinkId is other, mine was sent"),
    # A link id that was left out contradicts nothing while the answer names an order.
    (CREATE, LINK, OrderAck(order_id="1"), None),
    (CREATE, LINK, OrderAck(order_id=""), "it names no order"),
    (CREATE, LINK, {}, "it names no order"),
    (CREATE, LINK, None, "it names no order"),
    (CREATE, {"symbol": "BTCUSDT"}, {}, None),
    (CANCEL, {"orderId": "1"}, OrderAck(order_id="1", order_link_id="any"), None),
    (CANCEL, {"orderId": "1"}, OrderAck(order_id="2", order_link_id="any"), "its orderId is 2, 1 was sent"),
    # Bybit goes by the order id where both are sent.
    (CANCEL, {"orderId": "1", "orderLinkId": "x"}, OrderAck(order_id="1", order_link_id="y"), None),
    (CANCEL, {"orderId": "1", "orderLinkId": "x"}, UNNAMED, "its orderLinkId is y, x was sent"),
    ("/v5/spread/order/create", LINK, {}, "it names no order"),
    ("/v5/earn/place-order", LINK, {"orderId": "1", "orderLinkId": "mine"}, None),
    ("/v5/earn/place-order", LINK, {"orderId": "1", "orderLinkId": "x"}, "its orderLinkId is x, mine was sent"),
    # Some services confirm without naming what.
    ("/v5/p2p/order/pay", {"orderId": "1"}, {}, None),
    (CANCEL, {"orderId": 1}, {"orderId": "1"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "sent", "result", "expected"), SINGLE)
def test_single_orders(path: str, sent: dict[str, Any], result: Any, expected: str | None) -> None:
    assert contradiction(path, sent, result) == expected


A, B = {"orderLinkId": "a"}, {"orderLinkId": "b"}
ROW_A, ROW_B = BatchAck(order_id="1", order_link_id="a"), BatchAck(order_id="2", order_link_id="b")
REFUSED = BatchAck()


@pytest.mark.parametrize(
    ("items", "result", "expected"),
    [
        ([A, B], BatchAcks(rows=[ROW_A, ROW_B]), None),
        ([A, B], BatchAcks(rows=[REFUSED, ROW_B]), None),
        ([A, B], BatchAcks(rows=[ROW_A]), None),
        ([A, B], {"list": [{"orderLinkId": "a"}, {"orderLinkId": "b"}]}, None),
        ([A, B], {"list": ""}, None),
        ([A, B], {}, None),
        ([A, B], BatchAcks(rows=[ROW_B, ROW_A]), "its orderLinkId is b, a was sent"),
        ([A, B], BatchAcks(rows=[REFUSED, ROW_A]), "its orderLinkId is a, b was sent"),
        ([A, B], {"list": [{"orderLinkId": "a"}, {"orderLinkId": "x"}]}, "its orderLinkId is x, b was sent"),
        ([A], BatchAcks(rows=[ROW_A, ROW_B]), "it names 2 orders, 1 were sent"),
        (["odd"], {"list": ["odd"]}, None),
    ],
)
def test_batches(items: list[Any], result: Any, expected: str | None) -> None:
    assert contradiction(BATCH, {"category": "linear", "request": items}, result) == expected


def test_a_long_id_is_not_repeated_in_full() -> None:
    assert len(contradiction(CREATE, LINK, {"orderLinkId": "x" * 10_000}) or "") < 200
