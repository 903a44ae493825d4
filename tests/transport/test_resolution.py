"""What becomes of a write whose answer was lost, where the question about it fails or leaves something open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bybit_async.errors import BybitError, DuplicateOrderLinkId, OutcomeUnknown, RateLimited, SessionClosed
from bybit_async.models.trade import BatchAck, BatchAcks, OrderAck
from bybit_async.transport.clock import Clock
from bybit_async.transport.copies import Acknowledged
from bybit_async.transport.endpoint import Endpoint, post
from bybit_async.transport.resolution import FirstSending, Resolution
from bybit_async.wire import Response

CREATE = post("/v5/order/create", "trade.place_order", OrderAck)
BATCH = post("/v5/order/create-batch", "trade.place_batch_order", BatchAcks, batch="request")
TWO = {"category": "linear", "request": [{"orderLinkId": "a"}, {"orderLinkId": "b"}]}
UNSAID = Response(
    ret_code=0,
    result=BatchAcks(rows=[BatchAck(order_id="1", order_link_id="a")]),
    ret_ext_info={"list": [{"code": 0, "msg": "OK"}]},
)
"""The answer to a batch of two that speaks of the first only."""


def asking(answer: Response[Any] | BybitError) -> tuple[Resolution, list[Mapping[str, Any]]]:
    """A resolution whose questions are answered so, and what it was asked about."""
    asked: list[Mapping[str, Any]] = []

    async def resolver(endpoint: Endpoint, params: Mapping[str, Any], *_: Any) -> Response[Any]:
        asked.append(params)
        if isinstance(answer, BybitError):
            raise answer
        return answer

    resolution = Resolution(Clock())
    resolution.resolver = resolver
    return resolution, asked


async def sending(answer: Response[Any] | BybitError) -> Response[Any]:
    if isinstance(answer, BybitError):
        raise answer
    return answer


@pytest.mark.parametrize("failure", [SessionClosed(), RateLimited(10006, "too many", method="GET", path="/v5/order")])
async def test_a_duplicate_that_nobody_can_be_asked_about_is_unknown(failure: BybitError) -> None:
    resolution, _ = asking(failure)
    duplicate = DuplicateOrderLinkId(110072, "duplicate", method="POST", path=CREATE.path)
    with pytest.raises(OutcomeUnknown) as caught:
        await resolution.of(sending(duplicate), CREATE, {"orderLinkId": "mine"}, FirstSending(), ask=True)
    assert (caught.value.order_link_id, caught.value.reason) == ("mine", "110072")
    assert caught.value.__cause__ is duplicate


async def test_a_batch_whose_open_item_cannot_be_found_out_stays_as_it_came() -> None:
    resolution, asked = asking(OutcomeUnknown("who knows"))
    assert await resolution.of(sending(UNSAID), BATCH, TWO, FirstSending(), ask=True) is UNSAID
    assert [params["request"] for params in asked] == [[{"orderLinkId": "b"}]]


@pytest.mark.parametrize("code", [{}, {"code": 0}, {"code": 110007, "msg": "not enough"}])
async def test_a_batchs_open_item_takes_the_code_that_was_found_out(code: dict[str, Any]) -> None:
    found = Response(ret_code=0, result=BatchAcks(rows=[BatchAck(order_id="2")]), ret_ext_info={"list": [code]})
    resolution, _ = asking(found)
    answer = await resolution.of(sending(UNSAID), BATCH, TWO, FirstSending(), ask=True)
    assert [row.order_id for row in answer.result.rows] == (["1", "2"] if code else ["1"])
    assert answer.ret_ext_info["list"] == [{"code": 0, "msg": "OK"}, *([code] if code else [])]


def test_of_the_acknowledged_orders_the_last_two_thousand_are_remembered() -> None:
    known = Acknowledged()
    for number in range(2_001):
        ack = Response(ret_code=0, result=OrderAck(order_id=f"id-{number}", order_link_id=f"link-{number}"))
        known.note(CREATE, {"orderLinkId": f"link-{number}", "qty": "1"}, ack)
    assert [known.created(f"link-{number}") for number in (0, 1, 2_000)] == [False, True, True]
    assert [known.already(f"id-{number}", {"qty": "1"}) for number in (0, 1, 2_000)] == [False, True, True]
