"""R8 to R13 of the fault table: answers that are odd, slow, or cut."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async import decode_rest
from bybit_async.drift import SchemaDriftWarning, forget_reports
from bybit_async.errors import AnswerLost, InsufficientBalance, OutcomeUnknown
from bybit_async.models.stream_public import SystemStatusData
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.simulator.exchange import Credentials
from bybit_async.stream.maintenance import OngoingMaintenance
from bybit_async.stream.settings import StreamSettings
from tests.faults.proxy import Toxics, proxy_to
from tests.faults.trading import AMEND, CANCEL, CREATE, OPEN, RESTING
from tests.steady import steady
from tests.transport.raw_server import OK, Request, http, now, raw_server

TIME = "/v5/market/time"
KEY: Credentials = {"api_key": "K", "api_secret": "S"}
ORDER = {
    "orderId": "1", "symbol": "BTCUSDT", "side": "Buy", "orderStatus": "New", "orderType": "Limit", "qty": "0.10",
}  # fmt: skip


def _answer(result: Any, **more: Any) -> bytes:
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now()} | more).encode()


def _page(number: int, cursor: str) -> bytes:
    rows = [ORDER | {"orderId": str(number)}] if number else []
    return http(_answer({"category": "spot", "list": rows, "nextPageCursor": cursor}))


@pytest.mark.parametrize(
    ("cursors", "found"),
    [(["a", "a", "a"], ["1", "2"]), (["a", "b", "a", "b"], ["1", "2", "3"]), (["a", ""], ["1", "2"]), ([""], ["1"])],
)
async def test_r08_pages_end_when_cursors_repeat(cursors: list[str], found: list[str]) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if not request.target.startswith(OPEN.encode()):
            writer.write(http(OK % now()))
            return
        number = server.count(OPEN)
        writer.write(_page(number, cursors[min(number, len(cursors)) - 1]))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        orders = [order async for order in bybit.trade.get_open_orders(category="spot")]
    assert [order.order_id for order in orders] == found


async def test_r08_an_empty_page_with_a_cursor_is_not_the_end() -> None:
    pages = [_page(1, "a"), _page(0, "b"), _page(3, "")]

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(pages.pop(0) if request.target.startswith(OPEN.encode()) else http(OK % now()))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        orders = [order async for order in bybit.trade.get_open_orders(category="spot")]
    assert [order.order_id for order in orders] == ["1", "3"]


async def test_r08_an_encoded_cursor_is_sent_back_as_it_came() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target.startswith(OPEN.encode()):
            writer.write(_page(server.count(OPEN), "p%3A1%2Cx" if server.count(OPEN) == 1 else ""))
        else:
            writer.write(http(OK % now()))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        assert len([order async for order in bybit.trade.get_open_orders(category="spot")]) == 2
    assert b"cursor=p%3A1%2Cx" in server.requests[-1].target


@pytest.mark.parametrize(
    "more",
    [
        {"retMsg": ""}, {"retMsg": "success"}, {"retMsg": None}, {"retExtInfo": ""}, {"retExtInfo": None},
        {"retCode": "0"}, {"time": None}, {"time": "1700000000000"}, {"unknown": [1]},
    ],
    ids=str,
)  # fmt: skip
async def test_r09_only_the_code_decides(more: dict[str, Any]) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        body = _answer({"orderId": "1", "orderLinkId": "a"}, **more)
        writer.write(http(OK % now()) if request.target == TIME.encode() else http(body))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        assert (await bybit.trade.place_order(**RESTING, order_link_id="a")).order_id == "1"


@pytest.mark.parametrize("result", [None, [], {}, ""])
@pytest.mark.filterwarnings("ignore::bybit_async.drift.SchemaDriftWarning")
async def test_r09_an_accepted_order_without_a_result_is_looked_up_not_lost(result: Any) -> None:
    order = {
        "orderId": "1", "orderLinkId": "mine", "symbol": "BTCUSDT", "orderStatus": "New", "side": "Buy",
        "orderType": "Limit", "qty": "0.01", "price": "20000",
    }  # fmt: skip

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        path = request.target.split(b"?")[0].decode()
        if request.method == "POST":
            order.setdefault("createdTime", str(now()))
            order.update({"qty": "2"} if path == AMEND else {}, updatedTime=str(now()))
            order.update({"orderStatus": "Cancelled"} if path == CANCEL else {})
            writer.write(http(_answer(result)))
        else:
            rows = {"list": [order], "nextPageCursor": ""}
            writer.write(http(OK % now()) if path == TIME else http(_answer(rows)))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        ack = await bybit.trade.place_order(**RESTING, order_link_id="mine")
        assert (ack.order_id, ack.order_link_id) == ("1", "mine")
        ids: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT", "order_id": "1"}
        changed = [await bybit.trade.amend_order(**ids, qty=2), await bybit.trade.cancel_order(**ids)]
        assert [ack.order_id for ack in changed] == ["1", "1"]
        assert [server.count(path) for path in (CREATE, AMEND, CANCEL)] == [1, 1, 1]


async def test_r09_a_refusal_with_an_empty_result_is_a_refusal() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        refusal = _answer({}, retCode="110007", retMsg="")
        writer.write(http(OK % now()) if request.target == TIME.encode() else http(refusal))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment, **KEY) as bybit:
        with pytest.raises(InsufficientBalance) as caught:
            await bybit.trade.place_order(**RESTING)
    assert caught.value.ret_code == 110007


def _orders(*rows: dict[str, Any]) -> Any:
    return decode_rest("GET", OPEN, _answer({"list": list(rows), "nextPageCursor": ""})).result


@pytest.mark.parametrize(
    ("text", "number"),
    [("", None), ("0.00000000", Decimal(0)), ("1e-8", Decimal("0.00000001")), ("194.10", Decimal("194.1"))],
)
def test_r10_numbers_survive_exactly(text: str, number: Decimal | None) -> None:
    [order] = _orders(ORDER | {"price": text})
    assert order.price == number
    assert number is None or isinstance(order.price, Decimal)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=0, max_value=10**20))
def test_r10_every_decimal_comes_out_as_it_went_in(number: Decimal) -> None:
    [order] = _orders(ORDER | {"qty": f"{number:f}"})
    assert order.qty == number
    assert f"{order.qty:f}" == f"{number:f}"


def test_r10_long_ids_stay_text() -> None:
    [order] = _orders(ORDER | {"orderId": "1523345467688903681"})
    assert order.order_id == "1523345467688903681"


@pytest.mark.parametrize("name", sorted(ORDER))
@pytest.mark.filterwarnings("ignore::bybit_async.drift.SchemaDriftWarning")
def test_r11_a_missing_or_empty_field_never_raises(name: str) -> None:
    without = {key: value for key, value in ORDER.items() if key != name}
    for row in (without, ORDER | {name: None}, ORDER | {name: ""}, ORDER | {name: "NotSeenBefore"}, ORDER | {name: 7}):
        [order] = _orders(row)
        assert all(
            str(getattr(order, field)) == value
            for field, value in (("symbol", "BTCUSDT"), ("side", "Buy"))
            if field != name
        )


def test_r11_new_fields_and_words_are_kept() -> None:
    forget_reports()
    with pytest.warns(SchemaDriftWarning):
        [order] = _orders(ORDER | {"orderStatus": "Levitating", "invented": {"a": 1}})
    assert order.order_status == "Levitating"


@asynccontextmanager
async def _proxied(**options: Any) -> AsyncIterator[tuple[Toxics, AsyncBybit, SimulatedExchange]]:
    async with SimulatedExchange(seed=7) as exchange, proxy_to(exchange.environment) as toxics:
        credentials = exchange.new_account(usdt="100000")
        async with AsyncBybit(environment=toxics.environment, **credentials, **options) as bybit:
            await bybit.market.get_server_time()
            yield toxics, bybit, exchange


async def test_r12_a_byte_at_a_time_is_an_answer() -> None:
    async with _proxied() as (toxics, bybit, _):
        toxics.slice = 1
        assert await bybit.get_server_time() > 0


async def test_r12_slow_bytes_do_not_outlast_the_deadline() -> None:
    async with _proxied(attempts=1) as (toxics, bybit, _):
        toxics.slice, toxics.pause = 1, 0.05
        async with steady() as clock:
            started = clock()
            with pytest.raises(AnswerLost):
                await bybit.market.get_server_time(timeout=0.5)
            assert clock() - started < 0.8


@pytest.mark.parametrize("limit", [0, 10, 100, 250])
@pytest.mark.parametrize("reset", [False, True])
async def test_r12_an_answer_cut_anywhere_loses_no_order(limit: int, reset: bool) -> None:
    async with _proxied() as (toxics, bybit, exchange):
        await bybit.trade.get_open_orders(category="spot")
        toxics.limit, toxics.reset = limit, reset
        ack = await bybit.trade.place_order(**RESTING)
        assert toxics.spent
        assert [order.order_id for order in exchange.orders] == [ack.order_id]


async def test_r12_a_silent_server_leaves_the_order_unknown_at_the_deadline() -> None:
    async with _proxied(on_unknown="raise") as (toxics, bybit, exchange):
        toxics.silent = True
        with pytest.raises(OutcomeUnknown):
            await bybit.trade.place_order(**RESTING, timeout=0.8)
        assert len(exchange.orders) == 1


async def test_r12_an_idle_connection_that_the_server_closed_is_replaced() -> None:
    async with _proxied(attempts=1) as (toxics, bybit, exchange):
        for _ in range(3):
            toxics.drop()
            async with asyncio.timeout(5):
                while bybit._rest.context.carrier._open:  # type: ignore[attr-defined]  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            await bybit.trade.place_order(**RESTING)
        assert toxics.connections == 4
        assert len(exchange.orders) == 3


async def test_r12_a_length_that_is_never_reached_and_chunks_that_never_end() -> None:
    for head in (b"Content-Length: 5000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"):

        async def answer(request: Request, writer: asyncio.StreamWriter, head: bytes = head) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n" + head)

        async with raw_server(answer) as server, AsyncBybit(environment=server.environment, attempts=1) as bybit:
            with pytest.raises(AnswerLost):
                await bybit.market.get_server_time(timeout=0.5)


async def test_r13_maintenance_is_an_event_of_the_status_stream() -> None:
    async with SimulatedExchange(seed=7) as exchange, AsyncBybit(environment=exchange.environment) as bybit:
        async with bybit.stream.system_status() as news:
            exchange.system_status.append(
                {
                    "id": "m1", "title": "upgrade", "state": "ongoing", "begin": "1700000000000",
                    "end": "1700000600000", "href": "", "serviceTypes": [2], "product": [1], "uidSuffix": [],
                    "maintainType": 1, "env": 1,
                }
            )  # fmt: skip
            async with asyncio.timeout(5):
                item = await anext(news)
    assert item.begin is not None
    assert (item.id, item.state, item.end) == ("m1", "ongoing", item.begin + 600_000)


def _maintenance(state: str, **fields: Any) -> dict[str, Any]:
    end = str(int(time.time() * 1000) + 600_000)
    return {
        "id": "m1", "title": "upgrade", "state": state, "begin": "1700000000000", "end": end, "href": "",
        "serviceTypes": [1], "product": [1], "uidSuffix": [], "maintainType": 1, "env": 1,
    } | fields  # fmt: skip


async def test_r13_reconnecting_is_slower_while_bybit_is_maintained() -> None:
    settings = StreamSettings(backoff=0.01, max_backoff=0.02, maintenance_backoff=0.6, proxy=None)
    async with (
        SimulatedExchange(seed=7) as exchange,
        AsyncBybit(environment=exchange.environment, stream_settings=settings) as bybit,
        bybit.stream.system_status() as news,
        bybit.stream.tickers("BTCUSDT", category="linear") as tickers,
        steady() as clock,
    ):
        await anext(tickers)

        async def away(*announced: dict[str, Any]) -> tuple[float, float]:
            """How long it took by the clock, and by the time in which the machine was not standing still."""
            for each in announced:
                exchange.system_status.append(each)
                async with asyncio.timeout(5):
                    await anext(news)
            with closing(bybit.stream.events()) as events:
                lost, at = 0, 0.0
                exchange.drop_connections("linear")
                async with asyncio.timeout(5):
                    async for event in events:
                        if event.kind == "lost":
                            lost, at = event.at_ns, clock()
                        if event.kind == "connected":
                            return (event.at_ns - lost) / 1e9, clock() - at
            raise AssertionError("the events ended")

        assert (await away())[1] < 0.5
        assert (await away(_maintenance("scheduled")))[1] < 0.5
        assert (await away(_maintenance("ongoing")))[0] >= 0.6
        assert (await away(_maintenance("completed")))[1] < 0.5


def test_r13_a_maintenance_whose_end_was_never_told_is_over_some_time() -> None:
    maintenance = OngoingMaintenance()
    assert not maintenance.ongoing(0)
    maintenance.take([SystemStatusData(id="a", state="ongoing", end=1_000), SystemStatusData(id="b", state="ongoing")])
    maintenance.take([SystemStatusData(id="b", state="canceled")])
    assert maintenance.ongoing(1_000)
    assert maintenance.ongoing(600_999)
    assert not maintenance.ongoing(601_000)
