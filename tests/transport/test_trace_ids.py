"""What an error and a log line tell of a request, so that one can ask about it: its trace id and order link ids."""

from __future__ import annotations

import asyncio
import logging
import pickle
from typing import Any

import pytest

from bybit_async.errors import AnswerUnreadable, BybitError, OutcomeUnknown, RequestRejected
from bybit_async.models.trade import CancelOrder, PlaceOrder
from bybit_async.session import AsyncBybit
from tests.faults.trading import RESTING, trading
from tests.transport.raw_server import OK, Request, http, now, raw_server

KEY, SECRET = "KEYKEYKEY", "SECRETSECRET"


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (b'{"retCode":10001,"retMsg":"no","result":{},"time":1}', RequestRejected),
        (b'{"retCode":10000,"retMsg":"timeout","result":{},"time":1}', OutcomeUnknown),
        (b"<html>", OutcomeUnknown),
    ],
)
async def test_an_error_carries_bybits_trace_id(answer: bytes, raised: type[BybitError]) -> None:
    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            writer.write(http(OK % now()))
        else:
            writer.write(http(answer, headers=b"Traceid: 38b7977cb6fee6eb\r\n"))

    async with raw_server(serve) as server:
        async with AsyncBybit(
            environment=server.environment, api_key=KEY, api_secret=SECRET, on_unknown="raise"
        ) as bybit:
            with pytest.raises(raised) as caught:
                await bybit.trade.place_order(**RESTING)
    assert caught.value.trace_id == "38b7977cb6fee6eb"
    assert pickle.loads(pickle.dumps(caught.value)).trace_id == "38b7977cb6fee6eb"


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (b"Traceid: abc-1\r\n", "trace id abc-1"),
        (b"", "trace id None"),
        (b"Traceid: \xff\r\n", "trace id None"),
        (b"Traceid: " + b"x" * 5000 + b"\r\n", "trace id " + "x" * 128),
    ],
)
async def test_the_log_line_of_a_request_names_it(header: bytes, shown: str, caplog: pytest.LogCaptureFixture) -> None:
    async def serve(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(OK % now(), headers=header))

    caplog.set_level(logging.DEBUG, "bybit_async.transport")
    async with raw_server(serve) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            await bybit.account.get_account_info()
    lines = [record.getMessage() for record in caplog.records if "/v5/account/info" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].endswith(shown)
    assert KEY not in caplog.text


async def test_an_order_over_the_socket_has_a_log_line_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bybit_async.stream")
    async with trading(orders_via="websocket") as t:
        await t.trade.place_order(**RESTING)
    [line] = [record.getMessage() for record in caplog.records if "trace id" in record.getMessage()]
    assert line.startswith("order.create: 0 in ")
    assert not line.endswith("None")


async def test_no_answer_has_no_trace_id_of_an_earlier_one() -> None:
    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            writer.write(http(OK % now(), headers=b"Traceid: earlier\r\n"))
        else:
            writer.close()

    async with raw_server(serve) as server:
        async with AsyncBybit(
            environment=server.environment, api_key=KEY, api_secret=SECRET, on_unknown="raise"
        ) as bybit:
            with pytest.raises(OutcomeUnknown) as caught:
                await bybit.trade.place_order(**RESTING)
    assert caught.value.trace_id is None


@pytest.mark.parametrize("code", [10001, 10016])
async def test_a_refusal_over_the_order_entry_socket_carries_it_too(code: int) -> None:
    async with trading(orders_via="websocket", on_unknown="raise") as t:
        t.fault(path="order.create", action="code", code=code)
        with pytest.raises((RequestRejected, OutcomeUnknown)) as caught:
            await t.trade.place_order(**RESTING)
        assert caught.value.trace_id


@pytest.mark.parametrize("via", ["rest", "websocket"])
async def test_a_lost_batch_names_every_order(via: Any) -> None:
    async with trading(orders_via=via, on_unknown="raise", timeout=1.0) as t:
        for path in ("/v5/order/create-batch", "order.create-batch", "/v5/order/cancel-batch", "order.cancel-batch"):
            t.fault(path=path, action="drop-after")
        orders = [PlaceOrder(**RESTING) for _ in range(3)]
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.place_batch_order(category="linear", request=orders)
        assert list(caught.value.order_link_ids) == [order.order_link_id for order in orders]
        assert {order.link_id for order in t.ledger()} == set(caught.value.order_link_ids)
        cancels = [CancelOrder(category="linear", symbol="BTCUSDT", order_id=order.order_id) for order in t.ledger()]
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.cancel_batch_order(category="linear", request=cancels)
        assert caught.value.order_link_ids == ()


async def test_a_lost_order_names_itself() -> None:
    async with trading(on_unknown="raise") as t:
        t.fault(path="/v5/order/create", action="drop-after")
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.place_order(**RESTING, order_link_id="mine")
        assert caught.value.order_link_ids == ("mine",)


@pytest.mark.parametrize("status", [408, 499])
async def test_a_gateway_that_gave_up_waiting_says_nothing_about_an_order(status: int) -> None:
    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b"", status=status) if request.method == "POST" else http(OK % now()))

    async with raw_server(serve) as server:
        async with AsyncBybit(
            environment=server.environment, api_key=KEY, api_secret=SECRET, on_unknown="raise"
        ) as bybit:
            with pytest.raises(OutcomeUnknown) as caught:
                await bybit.trade.place_order(**RESTING)
    assert isinstance(caught.value.__cause__, AnswerUnreadable)
