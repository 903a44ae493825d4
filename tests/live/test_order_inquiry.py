"""Looking for lost outcomes, in virtual time: it ends, whatever Bybit does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bybit_async.api.trade.batches import AMEND_BATCH_ORDER, PLACE_BATCH_ORDER
from bybit_async.api.trade.orders import AMEND_ORDER, CANCEL_ALL_ORDERS, CANCEL_ORDER, PLACE_ORDER
from bybit_async.drift import SchemaDriftWarning, decode
from bybit_async.errors import (
    AnswerLost,
    DuplicateOrderLinkId,
    OrderNotFound,
    OutcomeUnknown,
    RequestRejected,
    SessionClosed,
)
from bybit_async.live.evidence import Finding, judge
from bybit_async.live.order_inquiry import OrderInquiry
from bybit_async.live.order_lookup import Wanted
from bybit_async.models.trade import Order, OrderPage, new_order_link_id
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response
from tests.virtual_time import run_virtual

PARAMS: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "mine"}
BATCH = {"category": "linear", "request": [{**PARAMS, "orderLinkId": f"link-{n}"} for n in range(20)]}
LOST = OutcomeUnknown("lost", order_link_id="mine")
GONE = OrderNotFound(110001, "not found")
UNCHANGED = RequestRejected(10001, "not modified")
EXISTS = DuplicateOrderLinkId(110072, "duplicate")


class Bybit:
    """Answers questions: not before their deadline, or with these orders."""

    def __init__(self, *orders: Order, silent: bool = False) -> None:
        self.orders = list(orders)
        self.silent = silent

    async def call(
        self, endpoint: Endpoint, params: Mapping[str, Any], *, timeout: float | None = None, **_: Any
    ) -> Response[Any]:
        if self.silent:
            await asyncio.sleep(timeout or 10)
            raise AnswerLost("nothing came")
        return Response(ret_code=0, result=OrderPage(rows=self.orders))


def resolver(bybit: Bybit) -> OrderInquiry:
    loop = asyncio.get_running_loop()
    return OrderInquiry(bybit, Clock(loop.time, lambda: 1_700_000_000 + loop.time()), recv_window=5000)


@pytest.mark.parametrize(
    ("endpoint", "params", "error"),
    [
        (PLACE_ORDER, PARAMS, LOST),
        (CANCEL_ORDER, PARAMS, LOST),
        (CANCEL_ORDER, PARAMS, GONE),
        (CANCEL_ALL_ORDERS, PARAMS, LOST),
        (PLACE_BATCH_ORDER, BATCH, LOST),
        (AMEND_ORDER, {**PARAMS, "price": "2"}, UNCHANGED),
    ],
)
def test_where_bybit_is_silent_it_ends_at_the_recv_window_two_seconds_and_a_question(
    endpoint: Endpoint, params: dict[str, Any], error: OutcomeUnknown | RequestRejected
) -> None:
    async def run() -> float:
        resolve = resolver(Bybit(silent=True))
        with pytest.raises(type(error)) as caught:
            await resolve(endpoint, params, error)
        assert caught.value is error
        ended = asyncio.get_running_loop().time()
        await resolve.aclose()
        return ended

    assert run_virtual(run()) <= 17.1


def test_an_id_that_exists_and_is_not_found_is_unknown_at_the_recv_window_two_seconds_and_a_question() -> None:
    async def run() -> float:
        resolve = resolver(Bybit(silent=True))
        with pytest.raises(OutcomeUnknown) as caught:
            await resolve(PLACE_ORDER, PARAMS, EXISTS)
        assert (caught.value.order_link_id, caught.value.reason, caught.value.__cause__) == ("mine", "110072", EXISTS)
        ended = asyncio.get_running_loop().time()
        await resolve.aclose()
        return ended

    assert run_virtual(run()) <= 17.1


def _order(**fields: Any) -> Order:
    known: dict[str, Any] = {"order_id": "1", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit"}
    return Order(**known | {"order_status": "New", "qty": Decimal(1), "order_link_id": "mine"} | fields)


def answered(endpoint: Endpoint, params: dict[str, Any], error: Any, *orders: Order) -> Response[Any]:
    async def run() -> Response[Any]:
        resolve = resolver(Bybit(*orders))
        try:
            return await resolve(endpoint, params, error)
        finally:
            await resolve.aclose()

    return run_virtual(run())


def test_o20_items_of_a_lost_batch_that_came_too_late_say_so() -> None:
    items = [{**PARAMS, "orderLinkId": link, "price": "2"} for link in ("open", "filled", "lost")]
    orders = [
        _order(order_id="1", order_link_id="open", price=Decimal(2)),
        _order(order_id="2", order_link_id="filled", order_status="Filled"),
    ]
    answer = answered(AMEND_BATCH_ORDER, {"category": "linear", "request": items}, LOST, *orders)
    assert [row.order_link_id for row in answer.result.rows] == ["open", "filled", "lost"]
    assert [code.get("code") for code in answer.ret_ext_info["list"]] == [0, 110008, None]
    assert "Filled" in answer.ret_ext_info["list"][1]["msg"]


def test_what_a_write_of_another_kind_became_is_not_known_here() -> None:
    other = msgspec.structs.replace(PLACE_ORDER, path="/v5/spread/order/create")
    for error in (LOST, EXISTS):
        with pytest.raises(type(error)) as caught:
            answered(other, PARAMS, error)
        assert caught.value is error


def test_an_id_that_was_generated_is_not_looked_for_elsewhere() -> None:
    generated = {**PARAMS, "orderLinkId": new_order_link_id()}
    with pytest.raises(OutcomeUnknown):
        answered(PLACE_ORDER, generated, EXISTS, _order(symbol="ETHUSDT"))


def test_an_id_that_an_order_of_another_symbol_has_is_a_duplicate() -> None:
    class Elsewhere(Bybit):
        async def call(self, endpoint: Endpoint, params: Mapping[str, Any], **_: Any) -> Response[Any]:
            found = [_order(symbol="ETHUSDT")] if "symbol" not in params else []
            return Response(ret_code=0, result=OrderPage(rows=found))

    async def run() -> float:
        resolve = resolver(Elsewhere())
        with pytest.raises(DuplicateOrderLinkId):
            await resolve(PLACE_ORDER, PARAMS, EXISTS)
        await resolve.aclose()
        return asyncio.get_running_loop().time()

    assert run_virtual(run()) < 1


def test_a_cancellation_that_was_refused_while_the_order_stays_open_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        answered(CANCEL_ORDER, PARAMS, GONE, _order())
    assert caught.value.__cause__ is GONE


def test_an_order_that_was_still_being_placed_is_waited_for() -> None:
    class Placing(Bybit):
        asked = 0

        async def call(self, endpoint: Endpoint, params: Mapping[str, Any], **_: Any) -> Response[Any]:
            self.asked += 1
            status: Any = "New" if self.asked < 3 else "Filled"
            return Response(ret_code=0, result=OrderPage(rows=[_order(order_status=status)]))

    async def run() -> None:
        resolve = resolver(Placing())
        with pytest.raises(OrderNotFound) as caught:
            await resolve(CANCEL_ORDER, PARAMS, OrderNotFound(110001, "not found"))
        assert caught.value.order_status == "Filled"
        await resolve.aclose()

    run_virtual(run())


def test_a_cancel_all_is_done_when_every_open_order_is_younger() -> None:
    young = _order(created_time=1_700_000_100_000)
    assert answered(CANCEL_ALL_ORDERS, PARAMS, LOST, young).result.success
    with pytest.raises(OutcomeUnknown):
        answered(CANCEL_ALL_ORDERS, PARAMS, LOST, young, _order(created_time=1_600_000_000_000))


@pytest.mark.parametrize("endpoint", [CANCEL_ORDER, PLACE_ORDER])
def test_a_refusal_that_names_no_order_stands(endpoint: Endpoint) -> None:
    params = {"category": "linear", "symbol": "BTCUSDT"} if endpoint is CANCEL_ORDER else PARAMS
    with pytest.raises(OrderNotFound) as caught:
        answered(endpoint, params, GONE, _order())
    assert caught.value is GONE


def test_a_lost_request_that_names_no_order_stays_unknown_without_a_question() -> None:
    with pytest.raises(OutcomeUnknown):
        answered(PLACE_ORDER, {"category": "linear", "symbol": "BTCUSDT"}, LOST, _order(order_link_id=None))


def test_closing_ends_the_questions_that_are_under_way_and_refuses_new_ones() -> None:
    async def run() -> None:
        resolve = resolver(Bybit(silent=True))
        asking = asyncio.create_task(resolve(PLACE_ORDER, PARAMS, LOST))
        await asyncio.sleep(1)
        await resolve.aclose()
        with pytest.raises(SessionClosed):
            await asking
        with pytest.raises(SessionClosed):
            await resolve._lookup.find(Wanted("linear", "BTCUSDT", "1", None))

    run_virtual(run())


MOST_PAGES = 3 * 10 * 20
"""Ten of each of three lists, in each of a dozen rounds or so."""


class Endless(Bybit):
    """Has one page of orders after the other."""

    pages = 0

    async def call(
        self, endpoint: Endpoint, params: Mapping[str, Any], *, timeout: float | None = None, **_: Any
    ) -> Response[Any]:
        self.pages += 1
        if self.pages > MOST_PAGES:
            return Response(ret_code=0, result=OrderPage(rows=[]))
        await asyncio.sleep(0.01)
        return Response(ret_code=0, result=OrderPage(rows=[], next_page_cursor=f"page-{self.pages}"))


def test_lists_that_never_end_are_left_after_ten_pages() -> None:
    async def run() -> None:
        bybit = Endless()
        resolve = resolver(bybit)
        asking = (resolve(PLACE_ORDER, {**PARAMS, "orderLinkId": f"link-{number}"}, LOST) for number in range(4))
        assert await asyncio.gather(*asking, return_exceptions=True) == [LOST] * 4
        assert bybit.pages < MOST_PAGES
        await resolve.aclose()

    run_virtual(run())


class Odd(Bybit):
    """Answers questions for one order with what breaks whoever reads it."""

    async def call(
        self, endpoint: Endpoint, params: Mapping[str, Any], *, timeout: float | None = None, **_: Any
    ) -> Response[Any]:
        if params.get("orderLinkId") == "odd":
            return Response(ret_code=0, result=None)
        return await super().call(endpoint, params, timeout=timeout)


def test_an_answer_that_breaks_the_search_for_one_order_says_nothing_of_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        row = b'[{"symbol":"BTCUSDT","side":"Buy","orderId":"1","orderLinkId":"mine","orderStatus":"New"}]'
        with pytest.warns(SchemaDriftWarning):
            orders: list[Order] = decode(row, list[Order])
        resolve = resolver(Odd(*orders))
        asking = (resolve(PLACE_ORDER, {**PARAMS, "orderLinkId": link}, LOST) for link in ("odd", "mine"))
        odd, found = await asyncio.gather(*asking, return_exceptions=True)
        assert odd is LOST
        assert not isinstance(found, BaseException)
        assert found.result.order_id == "1"
        assert asyncio.get_running_loop().time() > 6.9, "it was asked again, as long as the order may show up"
        await resolve.aclose()

    run_virtual(run())
    assert "could not be looked up" in caplog.text


@pytest.mark.parametrize(
    ("asked", "finding"),
    [
        ({"orderType": "Market", "price": "5"}, Finding.HAPPENED),
        ({"orderType": "Limit", "price": "5"}, Finding.NOT_SHOWN),
        ({"orderType": "Limit", "price": "1.0"}, Finding.HAPPENED),
        ({"price": "5"}, Finding.HAPPENED),
    ],
    ids=str,
)
def test_only_a_limit_order_is_known_by_its_price(asked: dict[str, str], finding: Finding) -> None:
    request = {"symbol": "X", "side": "Buy", "qty": "2", "orderLinkId": "mine"} | asked
    order = Order(
        order_id="1", order_link_id="mine", symbol="X", side="Buy", order_status="Filled",
        order_type=asked.get("orderType", "Market"), qty=Decimal(2), price=Decimal(1),
    )  # fmt: skip
    assert judge("create", order, request) is finding
