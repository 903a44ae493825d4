"""Corners of the order path: ids used before, clocks set right on the way, sockets that go while an order waits."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from bybit_async.api.trade import Trade
from bybit_async.api.trade.orders import CANCEL_ALL_ORDERS, PLACE_ORDER
from bybit_async.api.trade.reads import GET_OPEN_ORDERS
from bybit_async.errors import (
    AuthenticationError,
    ClockSkewed,
    ConnectionFailed,
    DeadlineExceeded,
    NotSent,
    OutcomeUnknown,
    RequestRejected,
)
from bybit_async.live.evidence import Finding, done_since, is_creation, judge
from bybit_async.live.order_inquiry import OrderInquiry
from bybit_async.live.order_routing import OrderRouter
from bybit_async.models.position import Position, PositionPage
from bybit_async.models.trade import CancelledOrders, Order, OrderAck, OrderPage, PlaceOrder, new_order_link_id
from bybit_async.stream.orders import late_answers as late_answers_module
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.resolution import FirstSending
from bybit_async.wire import Response
from tests.faults.trade_server import ORDER, Hours, TradeServer, opened, order_entry, outcome, place
from tests.faults.trading import CREATE, CREATE_BATCH, RESTING, trading
from tests.virtual_time import run_virtual

NOW = 1_700_000_000_000


@pytest.mark.parametrize("via", ["rest", "websocket"])
@pytest.mark.parametrize("on_unknown", ["resolve", "raise"])
async def test_o06_an_id_used_before_is_refused_in_a_batch_and_not_taken_for_its_own(via: Any, on_unknown: Any) -> None:
    async with trading(orders_via=via, on_unknown=on_unknown) as t:
        await t.trade.place_order(**RESTING, order_link_id="a")
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in "ab"]
        result = await t.trade.place_batch_order(category="linear", request=orders)
        assert [(item.ok, item.code) for item in result] == [(False, 110072), (True, 0)]
        assert len(t.ledger()) == 2


@pytest.mark.parametrize("via", ["rest", "websocket"])
async def test_o02_an_order_lost_after_the_clock_was_set_right_is_recognised_as_its_own(via: Any) -> None:
    async with trading(orders_via=via) as t:
        await t.bybit.market.get_server_time()
        if via == "websocket":
            await t.bybit.order_entry.connect()
        local = t.bybit.clock.monotonic
        t.bybit.clock.monotonic = lambda: local() + 3600
        for path in (CREATE, "order.create"):
            t.fault(path=path, action="drop-after", nth=2)
        ack = await t.trade.place_order(**RESTING, order_link_id="mine", timeout=2.0)
        assert [order.order_id for order in t.ledger("mine")] == [ack.order_id]


@pytest.mark.parametrize("status", [408, 520])
async def test_o05_a_gateway_that_gave_up_waiting_leaves_the_outcome_open(status: int) -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="status", status=status, times=1)
        with pytest.raises(OutcomeUnknown):
            await t.trade.place_order(**RESTING, on_unknown="raise")


@pytest.mark.parametrize("status", [404, 429])
async def test_o05_a_refusal_in_front_of_the_api_is_a_refusal(status: int) -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="status", status=status, times=1)
        with pytest.raises(RequestRejected) as caught:
            await t.trade.place_order(**RESTING)
        assert caught.value.status == status


async def test_r05_an_order_that_was_refused_and_finds_no_socket_any_more_is_told_as_refused() -> None:
    async with TradeServer() as server, opened(server) as (entry, trade):

        async def measure() -> None:
            if server.sockets:
                server._server.close()
                server.sockets[0].transport.abort()
                async with asyncio.timeout(5):
                    while entry._supervisor._all:  # noqa: ASYNC110
                        await asyncio.sleep(0.001)

        entry._ensure_clock = measure
        task = place(trade, "a")
        await (await server.take()).answer(10002)
        error = await outcome(task)
        assert isinstance(error, ClockSkewed)
        assert isinstance(error.__cause__, NotSent)


class _Pace:
    """Limits that do something while an order waits for its turn."""

    def __init__(self, meanwhile: Any) -> None:
        self._meanwhile = meanwhile

    async def slot(self, endpoint: Endpoint, params: Mapping[str, Any], deadline: float) -> None:
        await self._meanwhile()

    def learn(self, *_: Any) -> None:
        """Nothing is learned."""

    def refused(self, *_: Any) -> float:
        return 0.0


async def test_o08_an_order_whose_socket_goes_while_it_waits_for_its_turn_is_sent_over_another() -> None:
    async with TradeServer() as server:

        async def drop() -> None:
            if len(server.sockets) == 1:
                server.sockets[0].transport.abort()
                async with asyncio.timeout(5):
                    while entry._supervisor._all:  # noqa: ASYNC110
                        await asyncio.sleep(0.001)

        async with opened(server, pace=_Pace(drop)) as (entry, trade):
            task = place(trade, "a")
            request = await server.take()
            await request.answer()
            assert (await task).order_id == "id-a"
            assert request.socket is server.sockets[1]


async def test_o07_an_order_whose_turn_comes_after_its_deadline_is_not_sent() -> None:
    async def hold_up() -> None:
        time.sleep(1.05)  # noqa: ASYNC251  the loop stands still

    async with TradeServer() as server, opened(server, pace=_Pace(hold_up)) as (entry, trade):
        await entry.connect()
        with pytest.raises(DeadlineExceeded):
            await trade.place_order(**ORDER, timeout=1.0)
        assert server._received.empty()
        assert entry.pending == 0


@pytest.mark.parametrize(
    ("sent", "told"),
    [("8c1d", "8c1d"), ("x" * 4000, "x" * 128), ("a\nCRITICAL forged", None), ("\u202e", None), ("", None), (5, None)],
)
async def test_o10_a_trace_id_that_is_none_is_not_passed_on(sent: Any, told: str | None) -> None:
    async with order_entry() as (server, _, trade):
        task = place(trade, "a")
        await (await server.take()).answer(110007, header={"Traceid": sent})
        error = await outcome(task)
        assert isinstance(error, RequestRejected)
        assert error.trace_id == told


async def test_o07_of_many_given_up_orders_the_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_answers_module, "_REMEMBERED", 1)
    async with order_entry() as (server, entry, trade):
        await entry.connect()
        requests = []
        for link in "ab":
            task = place(trade, link)
            requests.append(await server.take())
            task.cancel()
            await outcome(task)
        for request in requests:
            await request.answer()
        last = place(trade, "c")
        await (await server.take()).answer()
        await last
        assert [late.order_link_id for late in entry.late] == ["b"]
        assert entry.unmatched == 1


async def test_w20_a_caller_that_is_cancelled_as_its_socket_goes_leaves_no_forgotten_exception() -> None:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    async with order_entry() as (server, entry, trade):
        task = place(trade, "a")
        await server.take()
        [line] = entry._supervisor._all
        assert line.reader is not None
        # After the one that tells the order that its connection is lost, in the same turn of the loop.
        line.reader.add_done_callback(partial(_cancel, task))
        server.sockets[0].transport.abort()
        assert isinstance(await outcome(task), asyncio.CancelledError)
        del task
    gc.collect()
    assert told == []


def _cancel(task: asyncio.Task[OrderAck], _: object) -> None:
    task.cancel()


async def test_o09_a_connection_that_was_replaced_is_closed_once_nothing_waits_on_it() -> None:
    hours = Hours()
    async with order_entry(settings=StreamSettings(rotate_after=3600), clock=hours.clock) as (server, _, trade):
        for link in "ab":
            task = place(trade, link)
            await (await server.take()).answer()
            await task
            hours.now += 3601
        async with asyncio.timeout(5):
            # The second order was the last one for the old connection.
            await server.sockets[0].wait_closed()
        task = place(trade, "c")
        request = await server.take()
        await request.answer()
        await task
        assert request.socket is server.sockets[1]


async def test_o01_after_a_success_the_wait_after_a_failure_is_short_again() -> None:
    async with TradeServer(auth_code=10004) as server:
        settings = StreamSettings(backoff=0.01, max_backoff=60.0)
        async with opened(server, settings=settings) as (entry, trade):
            while server.auths < 6:
                await outcome(place(trade, "refused"))
                await asyncio.sleep(0.01)
            server.auth_code = 0
            await entry._supervisor._begin()
            server.auth_code = 10004
            server.sockets[-1].transport.abort()
            async with asyncio.timeout(5):
                while entry._supervisor._all:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            assert isinstance(await outcome(place(trade, "refused")), AuthenticationError)
            assert entry._supervisor._not_before - asyncio.get_running_loop().time() < 0.5


def _order(**fields: Any) -> Order:
    known: dict[str, Any] = {
        "order_id": "1",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "order_status": "New",
        "order_type": "Limit",
    }
    return Order(**known | {"qty": Decimal(1), "order_link_id": "mine"} | fields)


@pytest.mark.parametrize(
    ("created", "finding"), [(NOW, Finding.HAPPENED), (NOW - 1, Finding.NOT_SHOWN), (None, Finding.HAPPENED)]
)
def test_o06_an_order_that_was_created_before_its_request_can_have_left_is_another_one(
    created: int | None, finding: Finding
) -> None:
    assert judge("create", _order(created_time=created), {}, NOW) is finding
    # Nobody else can have used an id that was generated for this order.
    assert judge("create", _order(created_time=created), {"orderLinkId": new_order_link_id()}, NOW) is Finding.HAPPENED


@pytest.mark.parametrize(
    ("synced", "moment", "after"),
    [(False, 10.0, NOW - 1_000), (True, 10.0, NOW - 5), (True, 4.0, NOW - 1_000)],
    ids=["clock unknown", "clock known", "clock known, but far ahead of the timestamp"],
)
def test_o06_a_request_can_have_left_as_long_before_its_timestamp_as_our_clock_may_be_ahead(
    synced: bool, moment: float, after: int
) -> None:
    now = [10.0]
    clock = Clock(lambda: now[0], lambda: NOW / 1000)
    if synced:
        clock.learn(10.0, 10.0, NOW)
    now[0] = moment
    first = FirstSending()
    assert first.after(clock) is None
    first.note(clock, NOW)
    first.note(clock, NOW + 50_000)
    assert (first.at, first.after(clock)) == (NOW, after)
    first.forget()
    assert first.after(clock) is None


@pytest.mark.parametrize("behind", [0, 3_600_000])
def test_o06_an_attempt_whose_timestamp_was_refused_left_when_the_clock_measured_since_says(behind: int) -> None:
    # A copy of it may have been carried out, so what it created is ours; what was created before it left is not,
    # however wrong the clock was then.
    now = [10.0]
    clock = Clock(lambda: now[0], lambda: NOW / 1000)
    clock.learn(10.0, 10.0, NOW - behind)
    first = FirstSending()
    first.note(clock, clock.now_ms())
    first.forget()
    clock.distrust()
    now[0] = 13.0
    clock.learn(13.0, 13.0, NOW + 3_000)
    first.note(clock, clock.now_ms())
    assert (first.at, first.after(clock)) == (NOW, NOW - 5)
    assert judge("create", _order(created_time=NOW), {}, first.allowed_from()) is Finding.HAPPENED


@pytest.mark.parametrize(
    ("request_", "same"),
    [({"side": "Buy", "orderType": "Limit", "qty": "1.0", "price": "20"}, True), ({"side": "Sell"}, False),
     ({"orderType": "Market", "price": "1"}, False), ({"qty": "2"}, False), ({"qty": "0"}, True),
     ({"orderType": "Limit", "price": "21"}, False), ({"symbol": "ETHUSDT"}, False), ({}, True)],
)  # fmt: skip
def test_o06_an_order_with_other_parameters_is_another_one(request_: dict[str, str], same: bool) -> None:
    order = _order(price=Decimal(20))
    assert is_creation(order, request_, None) is same


def test_o06_the_price_of_a_market_order_is_not_compared() -> None:
    order = _order(order_type="Market", price=Decimal(20))
    assert is_creation(order, {"orderType": "Market", "price": "1"}, None)


@pytest.mark.parametrize(
    ("kind", "order", "request_", "done"),
    [("cancel", {"order_status": "Cancelled"}, {}, True), ("cancel", {"order_status": "Filled"}, {}, False),
     ("cancel", {"order_status": "Cancelled", "cancel_type": "CancelByLiq"}, {}, False),
     ("cancel", {"order_status": "Cancelled", "cancel_type": "CancelByUser"}, {}, True),
     ("cancel", {"order_status": "Cancelled", "updated_time": NOW - 1}, {}, False),
     ("cancel", {"order_status": "Cancelled", "updated_time": None}, {}, False),
     ("amend", {}, {"qty": "1"}, True), ("amend", {}, {"qty": "2"}, False)],
)  # fmt: skip
def test_o27_what_an_order_shows_of_a_change_that_was_refused(
    kind: str, order: dict[str, Any], request_: dict[str, str], done: bool
) -> None:
    assert done_since(kind, _order(**{"updated_time": NOW, **order}), request_, NOW) is done
    assert not done_since(kind, _order(**{"updated_time": NOW, **order}), request_, None)


@pytest.mark.parametrize(
    ("field", "name", "was", "wanted"),
    [("triggerBy", "trigger_by", "LastPrice", "MarkPrice"), ("tpslMode", "tpsl_mode", "Full", "Partial"),
     ("takeProfit", "take_profit", Decimal(1), "2"), ("orderIv", "order_iv", None, "0.5")],
)  # fmt: skip
def test_o21_an_amendment_has_happened_when_every_field_of_it_is_there(
    field: str, name: str, was: Any, wanted: str
) -> None:
    request = {"qty": "1", field: wanted}
    assert judge("amend", _order(**{name: was}), request) is Finding.NOT_SHOWN
    assert judge("amend", _order(**{name: was, "order_status": "Filled"}), request) is Finding.TOO_LATE
    now = Decimal(wanted) if wanted[0].isdigit() else wanted
    assert judge("amend", _order(**{name: now}), request) is Finding.HAPPENED


class _Crowded:
    """Lists that are longer than anybody reads; orders are found there by their ids alone."""

    def __init__(self) -> None:
        self.pages = 0
        self.scopes: list[Mapping[str, Any]] = []

    async def call(self, endpoint: Endpoint, params: Mapping[str, Any], **_: Any) -> Response[Any]:
        link = params.get("orderLinkId")
        if link is not None:
            named = {"order_id": f"id-{link}", "order_link_id": link, "symbol": params["symbol"]}
            found = [_order(**named)] if endpoint is GET_OPEN_ORDERS else []
            return Response(ret_code=0, result=OrderPage(rows=found))
        self.pages += 1
        if "cursor" not in params:
            self.scopes.append(params)
        return Response(ret_code=0, result=OrderPage(rows=[], next_page_cursor=f"page-{self.pages}"))


def _search(links: str, symbols: list[str]) -> _Crowded:
    bybit = _Crowded()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        resolve = OrderInquiry(bybit, Clock(loop.time, lambda: NOW / 1000 + loop.time()), recv_window=500)
        lost = OutcomeUnknown("lost")
        asking = (
            resolve(PLACE_ORDER, {"category": "linear", "symbol": symbol, "orderLinkId": link}, lost)
            for link, symbol in zip(links, symbols, strict=True)
        )
        found = await asyncio.gather(*asking)
        assert [answer.result.order_id for answer in found] == [f"id-{link}" for link in links]
        await resolve.aclose()

    run_virtual(run())
    return bybit


def test_o08_what_is_not_among_the_first_pages_is_asked_for_by_itself_in_the_end() -> None:
    bybit = _search("abcd", ["BTCUSDT"] * 4)
    # Each list of each round is turned ten pages of, no more.
    assert bybit.pages == 10 * len(bybit.scopes)


def test_o08_orders_of_many_symbols_are_looked_for_under_every_settle_coin_they_may_have() -> None:
    bybit = _search("abcde", ["BTCUSDT", "ETHUSDT", "XRPUSDT", "BTCPERP", "BTC-26DEC26"])
    assert {scope.get("settleCoin") for scope in bybit.scopes} == {"USDT", "USDC"}


async def test_o14_the_answer_of_a_batch_with_fewer_rows_than_orders_is_made_whole() -> None:
    body = '{"retCode":0,"retMsg":"OK","result":{"list":[]},"retExtInfo":{"list":[{"code":110007},{}]},"time":0}'
    async with trading() as t:
        t.fault(path=CREATE_BATCH, action="malform", body=body)
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in "ab"]
        result = await t.trade.place_batch_order(category="linear", request=orders)
        assert [(item.code, item.order_link_id) for item in result] == [(110007, "a"), (0, "b")]
        [real] = t.ledger("b")
        assert [item.order_id for item in result] == [None, real.order_id]


class _Failing:
    """Answers as often as it is told to, then the answers get lost."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    async def call(self, endpoint: Endpoint, params: Mapping[str, Any], **_: Any) -> Response[Any]:
        if not self._answers:
            raise OutcomeUnknown("lost", order_link_id=params.get("orderLinkId"))
        return Response(ret_code=0, result=self._answers.pop(0))


async def test_an_error_of_the_second_closing_order_names_the_first() -> None:
    sides: list[tuple[Any, Any]] = [("Buy", 1), ("Sell", 2)]
    rows = [Position(symbol="BTCUSDT", side=side, size=Decimal(1), position_idx=at) for side, at in sides]
    trade = Trade(_Failing(PositionPage(rows=rows), OrderAck(order_id="first", order_link_id="mine")))
    with pytest.raises(OutcomeUnknown) as caught:
        await trade.close_position(category="linear", symbol="BTCUSDT")
    [_, note] = caught.value.__notes__
    assert "first" in note
    assert "mine" in note


@pytest.mark.parametrize(("rounds", "notes"), [(0, []), (1, ["500 orders were asked to be cancelled before"])])
async def test_o22_an_error_of_a_later_round_tells_what_was_cancelled_before(rounds: int, notes: list[str]) -> None:
    full = CancelledOrders(rows=[OrderAck(order_id=str(number)) for number in range(500)])
    with pytest.raises(OutcomeUnknown) as caught:
        await Trade(_Failing(*[full] * rounds)).cancel_all_orders(category="spot", until_none_left=True)
    assert caught.value.__notes__[1:] == notes


async def test_o22_orders_that_stay_although_they_are_cancelled_are_not_asked_for_for_ever() -> None:
    full = CancelledOrders(rows=[OrderAck(order_id=str(number)) for number in range(500)])
    trade = Trade(_Failing(full, full, OrderPage(rows=[])))
    result = await trade.cancel_all_orders(category="spot", until_none_left=True)
    assert (len(result), result.remaining) == (500, [])


class _Asked:
    """Keeps what it was asked, and knows orders in one list only."""

    def __init__(self, *orders: Order, open_only: int | None = None) -> None:
        self._orders = list(orders)
        self._open_only = open_only
        self.asked: list[Mapping[str, Any]] = []

    async def call(self, endpoint: Endpoint, params: Mapping[str, Any], **_: Any) -> Response[Any]:
        self.asked.append(params)
        here = endpoint is GET_OPEN_ORDERS and params.get("openOnly") == self._open_only
        return Response(ret_code=0, result=OrderPage(rows=self._orders if here else []))


def _settled(bybit: _Asked, endpoint: Endpoint, params: Mapping[str, Any]) -> Response[Any]:
    async def run() -> Response[Any]:
        loop = asyncio.get_running_loop()
        resolve = OrderInquiry(bybit, Clock(loop.time, lambda: NOW / 1000 + loop.time()), recv_window=500)
        answer = await resolve(endpoint, params, OutcomeUnknown("lost"))
        await resolve.aclose()
        return answer

    return run_virtual(run())


def test_o24_an_order_that_ended_just_now_is_found_although_history_lags() -> None:
    bybit = _Asked(_order(order_status="Cancelled"), open_only=1)
    answer = _settled(bybit, PLACE_ORDER, {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "mine"})
    assert answer.result.order_id == "1"


def test_o22_a_lost_cancel_all_is_looked_up_by_what_lists_of_orders_know() -> None:
    bybit = _Asked()
    asked = {"category": "linear", "symbol": "BTCUSDT", "orderFilter": "StopOrder", "stopOrderType": "Stop"}
    assert _settled(bybit, CANCEL_ALL_ORDERS, asked).result.success
    [question] = bybit.asked
    assert "stopOrderType" not in question
    assert question["orderFilter"] == "StopOrder"


async def test_o01_what_goes_by_rest_instead_has_only_the_time_that_is_left() -> None:
    given: list[float | None] = []

    class Rest:
        async def call(self, *_: Any, timeout: float | None = None, **__: Any) -> Response[Any]:
            given.append(timeout)
            return Response(ret_code=0, result=OrderAck(order_id="1"))

    class Socket:
        async def call(self, *_: Any, **__: Any) -> Response[Any]:
            await asyncio.sleep(0.2)
            raise NotSent("no connection")

    router = OrderRouter(Rest(), Socket(), timeout=10.0)  # type: ignore[arg-type]
    await Trade(router).place_order(**ORDER, timeout=5.0)
    await Trade(router).place_order(**ORDER)
    assert given[0] is not None
    assert given[1] is not None
    assert given[0] < 4.9
    assert 5.0 < given[1] < 9.9


async def test_w05_a_socket_whose_key_was_refused_is_closed_at_once() -> None:
    async with TradeServer(auth_code=10004) as server, opened(server) as (_, trade):
        assert isinstance(await outcome(place(trade, "a")), AuthenticationError)
        async with asyncio.timeout(1):
            await server.sockets[0].wait_closed()


async def test_w20_a_socket_that_goes_while_an_order_is_being_written_leaves_no_forgotten_exception() -> None:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    async with order_entry() as (server, entry, trade):
        await entry.connect()
        [line] = entry._supervisor._all

        async def stuck(_: object) -> None:
            server.sockets[0].transport.abort()
            assert line.reader is not None
            await asyncio.wait({line.reader})
            await asyncio.sleep(0)
            raise ConnectionFailed("the connection is gone")

        line._connection.send = stuck  # type: ignore[assignment, method-assign]
        assert isinstance(await outcome(place(trade, "a")), OutcomeUnknown)
    gc.collect()
    assert told == []
