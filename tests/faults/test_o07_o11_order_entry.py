"""Order entry over a socket: O7 to O14 of the fault table, against a server that answers when it is told to."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any, NoReturn

import pytest

from bybit_async.api.market import Market
from bybit_async.api.trade import Trade
from bybit_async.environments import DEMO
from bybit_async.errors import (
    AuthenticationError,
    BybitError,
    DeadlineExceeded,
    InvalidParameter,
    MissingCredentials,
    NotSent,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    ServiceBusy,
    SessionClosed,
)
from bybit_async.models.trade import AmendOrder, CancelOrder, PlaceOrder
from bybit_async.stream.orders.entry import OrderEntry
from bybit_async.stream.orders.late_answers import LateAnswer
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.signing import HmacSigner
from bybit_async.wire import Limit
from tests.faults.trade_server import ORDER, Hours, opened, order_entry, outcome, place

from .trade_server import TradeServer


async def test_a_request_is_framed_as_documented_and_its_answer_is_what_rest_answers() -> None:
    async with order_entry(referer="bot") as (server, entry, trade):
        task = place(trade, "a")
        request = await server.take()
        assert request.frame["op"] == "order.create"
        assert set(request.frame) == {"reqId", "header", "op", "args"}
        assert len(request.frame["reqId"]) <= 36
        assert request.frame["header"]["X-BAPI-TIMESTAMP"].isdigit()
        assert request.frame["header"]["X-BAPI-RECV-WINDOW"] == "5000"
        assert request.frame["header"]["Referer"] == "bot"
        assert request.order == {
            "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "1", "price": "1",
            "orderLinkId": "a",
        }  # fmt: skip
        await request.answer()
        ack = await task
        assert (ack.order_id, ack.order_link_id) == ("id-a", "a")
        assert entry.pending == 0


async def test_amend_and_cancel_go_the_same_way() -> None:
    async with order_entry() as (server, _, trade):
        amending = asyncio.create_task(trade.amend_order(category="linear", symbol="BTCUSDT", order_id="x", price="2"))
        amend = await server.take()
        assert amend.frame["op"] == "order.amend"
        await amend.answer(data={"orderId": "x", "orderLinkId": ""})
        assert (await amending).order_link_id is None
        cancelling = asyncio.create_task(trade.cancel_order(category="linear", symbol="BTCUSDT", order_link_id="b"))
        cancel = await server.take()
        assert cancel.frame["op"] == "order.cancel"
        await cancel.answer(110001)
        assert isinstance(await outcome(cancelling), OrderNotFound)


async def test_o7_no_answer_is_an_unknown_outcome_with_the_order_link_id() -> None:
    async with order_entry() as (server, entry, trade):
        await entry.connect()
        task = place(trade, "a", timeout=0.5)
        late = await server.take()
        error = await outcome(task)
        assert isinstance(error, OutcomeUnknown)
        assert error.order_link_id == "a"
        # The late answer finds its request, and the connection goes on.
        await late.answer()
        second = place(trade, "b")
        await (await server.take()).answer()
        await second
        assert [(item.order_link_id, item.ret_code, item.op) for item in entry.late] == [("a", 0, "order.create")]
        assert entry.late[0].seconds > 0
        assert (entry.late_count, entry.unmatched, entry.connects) == (1, 0, 1)


async def test_o7_an_answer_that_is_read_in_the_same_turn_as_the_deadline_comes_counts() -> None:
    async with order_entry() as (server, entry, trade):
        await entry.connect()
        task = place(trade, "a", timeout=0.5)
        request = await server.take()
        await request.answer()
        time.sleep(0.6)  # noqa: ASYNC251  the fault itself
        assert (await task).order_id == "id-a"
        assert (entry.late_count, entry.unmatched) == (0, 0)


async def test_o7_a_cancelled_caller_leaves_nothing_behind() -> None:
    heard: list[LateAnswer] = []
    async with order_entry(on_late=heard.append) as (server, entry, trade):
        task = place(trade, "a")
        request = await server.take()
        task.cancel()
        assert isinstance(await outcome(task), asyncio.CancelledError)
        assert entry.pending == 0
        await request.answer()
        second = place(trade, "b")
        await (await server.take()).answer()
        await second
        assert [item.order_link_id for item in heard] == ["a"]


async def test_o8_a_drop_with_fifty_creates_in_flight_ends_all_of_them_as_unknown() -> None:
    async with order_entry() as (server, entry, trade):
        tasks = [place(trade, f"link-{number}") for number in range(50)]
        await server.take(50)
        server.sockets[0].transport.abort()
        errors = [await outcome(task) for task in tasks]
        assert all(isinstance(error, OutcomeUnknown) for error in errors)
        assert [error.order_link_id for error in errors] == [f"link-{number}" for number in range(50)]
        assert entry.pending == 0
        after = place(trade, "after")
        await (await server.take()).answer()
        assert (await after).order_link_id == "after"
        assert (entry.connects, server.auths) == (2, 2)


async def test_o8_closing_ends_what_waits_as_unknown_and_refuses_what_comes() -> None:
    async with order_entry() as (server, entry, trade):
        task = place(trade, "a")
        await server.take()
        await entry.aclose()
        assert isinstance(await outcome(task), OutcomeUnknown)
        with pytest.raises(SessionClosed):
            await trade.place_order(**ORDER)


async def test_o9_a_restarting_service_keeps_its_old_requests_and_gets_no_new_ones() -> None:
    async with order_entry() as (server, entry, trade):
        waiting = place(trade, "old")
        old = await server.take()
        refused = place(trade, "new")
        await (await server.take()).answer(10019)
        # The refused one is sent again, over another connection; the first is still answered over the old one.
        again = await server.take()
        assert again.order["orderLinkId"] == "new"
        assert again.socket is not old.socket
        assert again.frame["reqId"] != old.frame["reqId"]
        await again.answer()
        assert (await refused).order_id == "id-new"
        third = place(trade, "third")
        request = await server.take()
        assert request.socket is again.socket
        await request.answer()
        await third
        assert not waiting.done()
        await old.answer()
        assert (await waiting).order_id == "id-old"
        async with asyncio.timeout(5):
            await old.socket.wait_closed()
        assert entry.connects == 2


async def test_o9_a_second_refusal_of_a_restarting_service_ends_no_other_connection() -> None:
    async with order_entry() as (server, entry, trade):
        tasks = [place(trade, name) for name in "ab"]
        first, second = await server.take(2)
        await first.answer(10019)
        again = await server.take()
        await second.answer(10019)
        other = await server.take()
        assert again.socket is other.socket is not first.socket
        await again.answer()
        await other.answer()
        await asyncio.gather(*tasks)
        assert entry.connects == 2


async def test_o9_a_service_that_only_restarts_refuses_at_last() -> None:
    async with order_entry() as (server, _, trade):
        task = place(trade, "a")
        for _ in range(3):
            await (await server.take()).answer(10019)
        error = await outcome(task)
        assert isinstance(error, ServiceBusy)
        assert error.ret_code == 10019


async def test_o10_answers_in_any_order_reach_their_own_requests() -> None:
    async with order_entry() as (server, entry, trade):
        tasks = {f"link-{number}": place(trade, f"link-{number}") for number in range(20)}
        requests = await server.take(20)
        random.Random(1).shuffle(requests)
        for request in requests:
            await request.answer()
        for link, task in tasks.items():
            assert (await task).order_id == f"id-{link}"
        assert entry.unmatched == 0


async def test_o10_answers_that_belong_to_nothing_are_counted_and_disturb_nothing() -> None:
    async with order_entry() as (server, entry, trade):
        task = place(trade, "a")
        request = await server.take()
        await request.answer(req_id=None)
        await request.answer(req_id="stranger")
        await request.socket.send("[]")
        await request.answer()
        assert (await task).order_id == "id-a"
        await request.answer()
        second = place(trade, "b")
        await (await server.take()).answer()
        await second
        assert entry.unmatched == 3


async def test_o11_a_duplicate_request_id_leaves_the_outcome_of_that_call_unknown() -> None:
    async with order_entry() as (server, _, trade):
        first, second = place(trade, "a"), place(trade, "b")
        one, other = await server.take(2)
        assert one.frame["reqId"] != other.frame["reqId"]
        await one.answer(20006)
        await other.answer()
        error = await outcome(first if one.order["orderLinkId"] == "a" else second)
        # Ours are unique: something on the way sent it twice, and the first copy may have been taken.
        assert isinstance(error, OutcomeUnknown)
        assert error.reason == "20006"
        assert (await (second if one.order["orderLinkId"] == "a" else first)).order_id


@pytest.mark.parametrize("code", [10000, 10016, 170032, None])
async def test_o4_an_answer_that_says_nothing_is_an_unknown_outcome(code: int | None) -> None:
    async with order_entry() as (server, _, trade):
        task = place(trade, "a")
        await (await server.take()).answer(code)
        error = await outcome(task)
        assert isinstance(error, OutcomeUnknown)
        assert (error.order_link_id, error.reason) == ("a", str(code) if code else "AnswerUnreadable")


async def test_an_unknown_outcome_can_be_resolved() -> None:
    async with order_entry() as (server, entry, trade):
        asked: list[tuple[str, str, str]] = []

        async def resolve(endpoint: Endpoint, params: Mapping[str, Any], unknown: BybitError, *_: Any) -> NoReturn:
            assert isinstance(unknown, OutcomeUnknown)
            asked.append((endpoint.path, params["orderLinkId"], unknown.reason))
            raise unknown

        entry.resolution.resolver = resolve
        task = place(trade, "a")
        await (await server.take()).answer(10016)
        assert isinstance(await outcome(task), OutcomeUnknown)
        assert asked == [("/v5/order/create", "a", "10016")]


@pytest.mark.parametrize("failure", [SessionClosed("closed"), AuthenticationError(10005, "no"), NotSent("no network")])
async def test_a_question_that_cannot_be_asked_leaves_the_outcome_unknown(failure: Exception) -> None:
    async with order_entry() as (server, entry, trade):

        async def resolve(endpoint: Endpoint, params: Mapping[str, Any], unknown: BybitError, *_: Any) -> NoReturn:
            raise failure

        entry.resolution.resolver = resolve
        task = place(trade, "a")
        await (await server.take()).answer(10016)
        error = await outcome(task)
        assert isinstance(error, OutcomeUnknown)
        assert error.order_link_id == "a"


async def test_o12_a_mixed_batch_is_answered_order_by_order() -> None:
    async with order_entry() as (server, _, trade):
        orders = [PlaceOrder(**ORDER, order_link_id=link) for link in ("a", "b")]
        task = asyncio.create_task(trade.place_batch_order(category="linear", request=orders))
        request = await server.take()
        assert request.frame["op"] == "order.create-batch"
        assert [item["orderLinkId"] for item in request.order["request"]] == ["a", "b"]
        listed = [{"orderId": "1", "orderLinkId": "a", "createAt": "5"}, {"orderId": "", "orderLinkId": "b"}]
        codes = {"list": [{"code": 0, "msg": "OK"}, {"code": 110007, "msg": "no money"}]}
        await request.answer(data={"list": listed}, retExtInfo=codes)
        result = await task
        assert [(item.ok, item.code, item.order_link_id) for item in result] == [(True, 0, "a"), (False, 110007, "b")]
        assert (result[0].create_at, result[1].order_id) == (5, None)


async def test_batches_of_amendments_and_cancellations() -> None:
    async with order_entry() as (server, _, trade):
        where: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT", "order_id": "1"}
        amend, cancel = [AmendOrder(**where, qty=2)], [CancelOrder(**where)]
        for sending, op in (
            (trade.amend_batch_order(category="linear", request=amend), "order.amend-batch"),
            (trade.cancel_batch_order(category="linear", request=cancel), "order.cancel-batch"),
        ):
            task = asyncio.ensure_future(sending)
            request = await server.take()
            assert request.frame["op"] == op
            await request.answer(data={"list": []}, retExtInfo="")
            # O14: what cannot be paired has no code, and may have happened.
            assert [(item.code, item.order_id) for item in await task] == [(None, "1")]


class Limits(RateLimits):
    def __init__(self) -> None:
        super().__init__(Clock())
        self.slots: list[str] = []
        self.refusals: list[int | None] = []
        self.learned: list[Limit] = []

    async def slot(self, endpoint: Endpoint, params: Mapping[str, Any], deadline: float) -> None:
        self.slots.append(endpoint.path)

    def learn(self, endpoint: Endpoint, params: Mapping[str, Any], limit: Limit) -> None:
        self.learned.append(limit)

    def refused(self, endpoint: Endpoint, params: Mapping[str, Any], until: int | None) -> float:
        self.refusals.append(until)
        return 0.0


async def test_the_rate_limits_are_shared_with_rest() -> None:
    pace = Limits()
    async with order_entry(pace=pace) as (server, _, trade):
        task = place(trade, "a")
        header = {"X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "0", "X-Bapi-Limit-Reset-Timestamp": "1711001595208"}
        await (await server.take()).answer(10006, header=header)
        await (await server.take()).answer(header={"X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "9"})
        assert await task
        assert pace.slots == ["/v5/order/create"] * 2
        assert pace.refusals == [1711001595208]
        assert [(limit.total, limit.remaining) for limit in pace.learned] == [(10, 0), (10, 9)]


async def test_a_limit_of_the_session_without_pacing_is_the_callers() -> None:
    async with order_entry() as (server, _, trade):
        task = place(trade, "a")
        await (await server.take()).answer(20003)
        assert isinstance(await outcome(task), RateLimited)


async def test_a_wrong_clock_is_measured_anew_and_the_order_sent_again() -> None:
    async with order_entry() as (server, entry, trade):
        measured: list[int] = []

        async def measure() -> None:
            measured.append(1)

        entry._ensure_clock = measure
        task = place(trade, "a")
        await (await server.take()).answer(10002)
        await (await server.take()).answer()
        assert await task
        assert len(measured) == 2


async def test_without_a_server_nothing_is_sent_and_the_next_call_does_not_hammer_it() -> None:
    async with TradeServer() as server:
        pass
    async with opened(server) as (entry, trade):
        for _ in range(3):
            with pytest.raises(NotSent):
                await trade.place_order(**ORDER)
        assert entry.connects == 0


async def test_a_refused_key_is_an_authentication_error_for_every_caller() -> None:
    async with TradeServer(auth_code=10004) as server, opened(server) as (_, trade):
        errors = await asyncio.gather(*(trade.place_order(**ORDER) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(error, AuthenticationError) for error in errors)
        with pytest.raises(AuthenticationError):
            await trade.place_order(**ORDER)
        assert server.auths == 1


async def test_a_deadline_while_connecting_means_not_sent() -> None:
    async with TradeServer(auth_delay=0.5) as server, opened(server) as (entry, trade):
        with pytest.raises(DeadlineExceeded):
            await trade.place_order(**ORDER, timeout=0.05)
        await entry.connect()
        assert entry.connects == 1


async def test_a_clock_that_cannot_be_measured_in_time_means_not_sent() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async with TradeServer() as server:
        entry = OrderEntry(
            server.environment, clock=Clock(), signer=HmacSigner("key", "secret"), ensure_clock=never, timeout=5
        )
        async with asyncio.timeout(2):
            with pytest.raises(DeadlineExceeded):
                await Trade(entry).place_order(**ORDER, timeout=0.05)
        await entry.aclose()
        assert server.auths == 0


async def test_closing_while_connecting_ends_the_callers() -> None:
    async with TradeServer(auth_delay=0.3) as server, opened(server) as (entry, trade):
        task = place(trade, "a")
        await server.authenticating.wait()
        await entry.aclose()
        assert isinstance(await outcome(task), SessionClosed)


async def test_many_callers_share_one_connection() -> None:
    async with order_entry() as (server, entry, trade):
        tasks = [place(trade, f"link-{number}") for number in range(10)]
        for request in await server.take(10):
            await request.answer()
        await asyncio.gather(*tasks)
        assert (entry.connects, server.auths) == (1, 1)


async def test_an_old_connection_is_replaced_and_ends_with_its_last_answer() -> None:
    hours = Hours()
    settings = StreamSettings(rotate_after=3600)
    async with order_entry(settings=settings, clock=hours.clock) as (server, entry, trade):
        first = place(trade, "a")
        old = await server.take()
        hours.now += 3601
        second = place(trade, "b")
        meanwhile = await server.take()
        assert meanwhile.socket is old.socket
        async with asyncio.timeout(5):
            while entry.connects == 1:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        third = place(trade, "c")
        new = await server.take()
        assert new.socket is not old.socket
        for request in (old, meanwhile, new):
            await request.answer()
        assert [(await task).order_id for task in (first, second, third)] == ["id-a", "id-b", "id-c"]
        assert entry.connects == 2


@pytest.mark.parametrize("refused", [False, True])
async def test_no_order_waits_for_an_old_connection_to_be_replaced(refused: bool) -> None:
    hours = Hours()
    settings = StreamSettings(rotate_after=3600)
    async with order_entry(settings=settings, clock=hours.clock) as (server, _, trade):
        task = place(trade, "first")
        await (await server.take()).answer()
        await task
        hours.now += 3601
        server.auth_delay, server.auth_code = (0.0, 10004) if refused else (2.5, 0)
        for link in "abc":
            task = place(trade, link, timeout=2.0)
            await (await server.take()).answer()
            assert (await task).order_id == f"id-{link}"
            await asyncio.sleep(0.02)


async def test_what_the_socket_does_not_offer_is_refused_here() -> None:
    async with order_entry() as (_, entry, trade):
        with pytest.raises(InvalidParameter, match="not offered"):
            await trade.cancel_all_orders(category="linear", symbol="BTCUSDT")
        with pytest.raises(InvalidParameter, match="not offered"):
            await Market(entry).get_server_time()


def test_demo_has_no_order_entry_and_orders_need_a_key() -> None:
    with pytest.raises(InvalidParameter, match="demo"):
        OrderEntry(DEMO, clock=Clock(), signer=HmacSigner("key", "secret"))
    with pytest.raises(MissingCredentials):
        OrderEntry(DEMO, clock=Clock(), signer=None)
