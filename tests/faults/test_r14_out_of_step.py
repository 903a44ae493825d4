"""R14 of the fault table: answers out of step with their requests, as a gateway that repeats them leaves behind."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bybit_async.errors import BybitError, OutcomeUnknown
from bybit_async.models.trade import PlaceOrder
from bybit_async.session import AsyncBybit
from tests.faults.gateway import KEY, Gateway, accepted
from tests.faults.trading import CREATE, CREATE_BATCH, LINEAR, RESTING
from tests.transport.raw_server import Request, http, now, raw_server


def another_copy(*, whole: bool) -> Any:
    """The answer, followed in the same segment by another copy of it, or by the beginning of one."""

    def twice(request: Request) -> bytes:
        answer = http(accepted(request))
        return answer + (answer if whole else answer[:40])

    return twice


def anothers(request: Request) -> bytes:
    """The acknowledgement of another order."""
    return http(accepted(request).replace(b'"id-', b'"id-not-').replace(b'LinkId":"', b'LinkId":"not-'))


def nobodys(request: Request) -> bytes:
    return http(b'{"retCode":0,"retMsg":"OK","result":{},"retExtInfo":{},"time":%d}' % now())


@pytest.mark.parametrize("whole", [True, False])
async def test_r14_a_connection_with_bytes_beyond_the_answer_is_not_used_again(whole: bool) -> None:
    gateway = Gateway({"first": another_copy(whole=whole)})
    async with raw_server(gateway) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        ack = await bybit.trade.place_order(**RESTING, order_link_id="first")
        assert ack.order_link_id == "first"
        with pytest.raises(BybitError) as caught:
            await bybit.trade.place_order(**RESTING, order_link_id="refused-second")
        assert getattr(caught.value, "ret_code", None) == 110007
        third = await bybit.trade.place_order(**RESTING, order_link_id="third")
        assert (third.order_id, third.order_link_id) == ("id-third", "third")
    # One for the clock and the first order, one for the others.
    assert server.connections == 2


@pytest.mark.filterwarnings("ignore::bybit_async.drift.SchemaDriftWarning")
@pytest.mark.parametrize("odd", [anothers, nobodys])
@pytest.mark.parametrize("carrier", ["own", "httpx"])
async def test_r14_anothers_acknowledgement_is_no_answer_the_order_is_looked_up(odd: Any, carrier: str) -> None:
    gateway = Gateway({"mine": odd})
    transport = httpx.AsyncHTTPTransport() if carrier == "httpx" else None
    async with raw_server(gateway) as server:
        async with AsyncBybit(environment=server.environment, transport=transport, **KEY) as bybit:
            ack = await bybit.trade.place_order(**RESTING, order_link_id="mine")
            assert (ack.order_id, ack.order_link_id) == ("id-mine", "mine")
            body = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "20000"}
            raw: Any = await bybit.request("POST", CREATE, {**body, "orderLinkId": "mine"})
            assert raw.result == {"orderId": "id-mine", "orderLinkId": "mine"}
            with pytest.raises(OutcomeUnknown) as caught:
                await bybit.trade.place_order(**RESTING, order_link_id="mine", on_unknown="raise")
    assert (caught.value.order_link_id, caught.value.reason) == ("mine", "AnswerMismatched")
    assert server.count(CREATE) == 3


async def test_r14_after_such_an_answer_no_kept_connection_is_trusted() -> None:
    gateway = Gateway({"mine": anothers})
    async with raw_server(gateway) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        await bybit.market.get_server_time()
        await asyncio.gather(bybit.market.get_server_time(), bybit.market.get_server_time())
        assert server.connections == 2
        await bybit.trade.place_order(**RESTING, order_link_id="mine")
        # The lookup that followed had to connect again.
        assert server.connections == 3


async def test_r14_anothers_batch_is_no_answer_either() -> None:
    gateway = Gateway({"batch": anothers})
    async with raw_server(gateway) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in ("a", "b")]
        result = await bybit.trade.place_batch_order(category="linear", request=orders)
        assert [(item.ok, item.order_id) for item in result] == [(True, "id-a"), (True, "id-b")]
    assert server.count(CREATE_BATCH) == 1


async def test_r14_bytes_that_arrive_while_a_connection_is_idle_end_it() -> None:
    writers: list[asyncio.StreamWriter] = []
    gateway = Gateway({})

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await gateway(request, writer)

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        await bybit.trade.place_order(**RESTING, order_link_id="first")
        late = Request()
        late.body = b'{"orderLinkId":"first"}'
        writers[-1].write(http(accepted(late)))
        # Not a turn of the loop between: what has arrived is still unread when the next order takes the connection.
        ack = await bybit.trade.place_order(**RESTING, order_link_id="second")
        assert (ack.order_id, server.connections) == ("id-second", 2)
