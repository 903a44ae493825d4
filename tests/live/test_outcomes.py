"""Looking for lost outcomes, in virtual time: it ends, whatever Bybit does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bybit_async.api.trade.batches import PLACE_BATCH_ORDER
from bybit_async.api.trade.orders import CANCEL_ALL_ORDERS, CANCEL_ORDER, PLACE_ORDER
from bybit_async.drift import SchemaDriftWarning, decode
from bybit_async.errors import AnswerLost, OrderNotFound, OutcomeUnknown
from bybit_async.live.outcomes import OutcomeResolver
from bybit_async.models.trade import Order, OrderPage
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response
from tests.virtual_time import run_virtual

PARAMS: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "mine"}
BATCH = {"category": "linear", "request": [{**PARAMS, "orderLinkId": f"link-{n}"} for n in range(20)]}
LOST = OutcomeUnknown("lost", order_link_id="mine")
GONE = OrderNotFound(110001, "not found")


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


def resolver(bybit: Bybit) -> OutcomeResolver:
    loop = asyncio.get_running_loop()
    return OutcomeResolver(bybit, Clock(loop.time, lambda: 1_700_000_000 + loop.time()), recv_window=5000)


@pytest.mark.parametrize(
    ("endpoint", "params", "error"),
    [
        (PLACE_ORDER, PARAMS, LOST),
        (CANCEL_ORDER, PARAMS, LOST),
        (CANCEL_ORDER, PARAMS, GONE),
        (CANCEL_ALL_ORDERS, PARAMS, LOST),
        (PLACE_BATCH_ORDER, BATCH, LOST),
    ],
)
def test_where_bybit_is_silent_it_ends_at_the_recv_window_two_seconds_and_a_question(
    endpoint: Endpoint, params: dict[str, Any], error: OutcomeUnknown | OrderNotFound
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
