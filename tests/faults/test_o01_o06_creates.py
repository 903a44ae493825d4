"""O1 to O6 of the fault table: a new order whose answer does not say what became of it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import msgspec
import pytest

from bybit_async.errors import AnswerUnreadable, DuplicateOrderLinkId, NotSent, OutcomeUnknown
from bybit_async.session import AsyncBybit
from bybit_async.simulator.exchange import Credentials
from bybit_async.wire import Response
from tests.faults.trading import CREATE, HISTORY, OPEN, RESTING, TAKING, trading
from tests.steady import steady
from tests.transport.raw_server import OK, Request, http, now, raw_server

KEY: Credentials = {"api_key": "K", "api_secret": "S"}


async def test_o01_a_refused_connection_is_not_sent() -> None:
    async with trading(attempts=2) as t:
        await t.bybit.market.get_server_time()
        closed = msgspec.structs.replace(t.exchange.environment, rest_url="http://127.0.0.1:1")
        async with AsyncBybit(environment=closed, attempts=2, **KEY) as bybit:
            with pytest.raises(NotSent):
                await bybit.trade.place_order(**RESTING)
        assert t.ledger() == []


async def test_o01_an_unknown_host_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with raw_server(_silent) as server:
        environment = msgspec.structs.replace(server.environment, rest_url="http://nowhere.invalid")
        async with AsyncBybit(environment=environment, attempts=1, **KEY) as bybit:
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
            with pytest.raises(NotSent, match="not known"):
                await bybit.trade.place_order(**RESTING)


async def test_o01_a_failed_tls_handshake_is_not_sent() -> None:
    async def plain(request: Request, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("a request arrived")

    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server, raw_server(plain) as raw:
        port = server.sockets[0].getsockname()[1]
        environment = msgspec.structs.replace(raw.environment, rest_url=f"https://127.0.0.1:{port}")
        async with AsyncBybit(environment=environment, attempts=1, **KEY) as bybit:
            with pytest.raises(NotSent):
                await bybit.trade.place_order(**RESTING)


@pytest.mark.parametrize("action", ["drop-after", "reset", "close", "cut", "truncate"])
@pytest.mark.parametrize("order", [RESTING, TAKING], ids=["resting", "filled"])
async def test_o02_an_order_whose_answer_was_lost_is_found(action: str, order: dict[str, Any]) -> None:
    async with trading() as t:
        t.fault(path=CREATE, action=action, executed=True, nth=1)
        ack = await t.trade.place_order(**order, order_link_id="mine")
        [real] = t.ledger()
        assert (ack.order_id, ack.order_link_id) == (real.order_id, "mine")
        assert t.sent[CREATE] == 1


async def test_o02_an_order_that_never_arrived_stays_unknown_and_is_not_sent_again(impatient: None) -> None:
    async with trading(recv_window=1000) as t, steady() as clock:
        t.fault(path=CREATE, action="drop-before", nth=1)
        started, began = asyncio.get_running_loop().time(), clock()
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.place_order(**RESTING, order_link_id="mine")
        assert asyncio.get_running_loop().time() - started > 1.4
        assert clock() - began < 4
        assert (caught.value.order_link_id, caught.value.reason) == ("mine", "AnswerLost")
        assert t.ledger() == []
        assert t.sent[CREATE] == 1
        assert t.sent[HISTORY] > 2


async def test_o02_nothing_is_asked_when_the_call_says_raise() -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="drop-after")
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.place_order(**RESTING, on_unknown="raise")
        assert caught.value.order_link_id
        [real] = t.ledger()
        assert real.link_id == caught.value.order_link_id
        assert t.sent[OPEN] == t.sent[HISTORY] == 0


async def test_o02_a_call_can_resolve_in_a_session_that_raises() -> None:
    async with trading(on_unknown="raise") as t:
        t.fault(path=CREATE, action="drop-after", times=1)
        ack = await t.trade.place_order(**RESTING, on_unknown="resolve")
        assert [order.order_id for order in t.ledger()] == [ack.order_id]


async def test_o02_a_raw_create_carries_an_order_link_id_too() -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="drop-after", times=1)
        body = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
        answer: Response[Any] = await t.bybit.request("POST", CREATE, {**body, "price": "20000"})
        [real] = t.ledger()
        assert answer.result == {"orderId": real.order_id, "orderLinkId": real.link_id}
        assert real.link_id


@pytest.mark.parametrize("code", [10003, 10005, 10016, 403])
async def test_o02_a_refused_question_does_not_make_the_order_refused(code: int, soon_given_up: None) -> None:
    async with trading(attempts=1) as t:
        t.fault(path=CREATE, action="drop-after")
        for path in (OPEN, HISTORY):
            t.fault(path=path, action="status" if code == 403 else "code", code=code, status=403)
        with pytest.raises(OutcomeUnknown):
            await t.trade.place_order(**RESTING, order_link_id="mine")
        assert len(t.ledger("mine")) == 1


async def test_o03_an_order_that_appears_late_is_waited_for() -> None:
    async with trading() as t:
        await t.bybit.market.get_server_time()
        t.fault(path=CREATE, action="delay", milliseconds=2500)
        ack = await t.trade.place_order(**RESTING, order_link_id="mine", timeout=0.8)
        assert [order.order_id for order in t.ledger("mine")] == [ack.order_id]


async def test_o03_after_the_window_it_is_unknown_and_not_failed(impatient: None) -> None:
    async with trading(recv_window=500) as t:
        await t.bybit.market.get_server_time()
        t.fault(path=CREATE, action="delay", milliseconds=10_000)
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.place_order(**RESTING, order_link_id="mine", timeout=0.8)
        assert caught.value.order_link_id == "mine"


@pytest.mark.parametrize("code", [10000, 10016, 170007, 170146])
async def test_o04_an_ambiguous_code_of_an_order_that_was_taken(code: int) -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="code", code=code, executed=True)
        ack = await t.trade.place_order(**RESTING)
        assert [order.order_id for order in t.ledger()] == [ack.order_id]


@pytest.mark.parametrize("code", [10000, 10016])
async def test_o04_an_ambiguous_code_of_an_order_that_was_not_taken(code: int, soon_given_up: None) -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="code", code=code)
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.place_order(**RESTING)
        assert caught.value.reason == str(code)
        assert t.ledger() == []
        assert t.sent[CREATE] == 1


@pytest.mark.parametrize(
    ("answer", "status", "first"),
    [
        (http(b"<html>Bad Gateway</html>", status=502), 502, b"<html>"),
        (http(b"", status=503), 503, b""),
        (http(b"upstream timed out", status=504), 504, b"upstream"),
        (http(b""), 200, b""),
        (http(b'{"retCode":0,"retMsg":"OK","resu'), 200, b'{"retCode"'),
    ],
)
async def test_o05_what_is_no_answer_keeps_its_status_and_first_bytes(answer: bytes, status: int, first: bytes) -> None:
    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(OK % now()) if request.target == b"/v5/market/time" else answer)

    async with raw_server(reply) as server:
        async with AsyncBybit(environment=server.environment, on_unknown="raise", attempts=1, **KEY) as bybit:
            with pytest.raises(OutcomeUnknown) as caught:
                await bybit.trade.place_order(**RESTING)
            with pytest.raises(AnswerUnreadable) as read:
                await bybit.trade.get_open_orders(category="spot")
        assert server.count(CREATE) == 1
    for error in (caught.value.__cause__, read.value):
        assert isinstance(error, AnswerUnreadable)
        assert error.status == status
        assert error.body.startswith(first)


@pytest.mark.parametrize(
    ("where", "code"),
    [({}, 110072), ({"category": "spot", "symbol": "BTCUSDT"}, 170141)],
    ids=["linear", "spot"],
)
async def test_o06_a_duplicate_after_our_own_attempt_means_that_it_exists(where: dict[str, Any], code: int) -> None:
    async with trading() as t:
        # Refused for its rate, and carried out all the same: the repetition meets the order of the first attempt.
        t.fault(path=CREATE, action="code", code=10006, executed=True, nth=1)
        ack = await t.trade.place_order(**RESTING | where, order_link_id="mine")
        assert t.sent[CREATE] == 2
        assert [order.order_id for order in t.ledger("mine")] == [ack.order_id]
        with pytest.raises(DuplicateOrderLinkId) as caught:
            await t.trade.place_order(**RESTING | where, order_link_id="mine")
        assert caught.value.ret_code == code


async def test_o06_the_general_code_for_duplicates_too() -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="code", code=10006, executed=True, nth=1)
        t.fault(path=CREATE, action="code", code=10014, nth=1)
        ack = await t.trade.place_order(**RESTING, order_link_id="mine")
        assert [order.order_id for order in t.ledger("mine")] == [ack.order_id]


@pytest.mark.parametrize("via", ["rest", "websocket"])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [({"action": "drop-before"}, OutcomeUnknown), ({"action": "code", "code": 10006}, DuplicateOrderLinkId)],
    ids=["lost", "refused, and sent again"],
)
async def test_o06_an_older_order_of_the_same_id_is_not_taken_for_the_new_one(
    via: Any, fault: dict[str, Any], outcome: type[OutcomeUnknown | DuplicateOrderLinkId], soon_given_up: None
) -> None:
    async with trading(orders_via=via, timeout=2.0) as t:
        old = await t.trade.place_order(**RESTING, order_link_id="mine")
        await t.exchange.advance("5s")
        await t.bybit.market.get_server_time()
        for path in (CREATE, "order.create"):
            t.fault(path=path, times=1, **fault)
        with pytest.raises(outcome) as caught:
            await t.trade.place_order(**RESTING, order_link_id="mine")
        assert [order.order_id for order in t.ledger("mine")] == [old.order_id]
        if isinstance(caught.value, OutcomeUnknown):
            assert caught.value.sent_at is not None
            assert abs(caught.value.sent_at - t.exchange.clock.now_ms()) < 5_000


async def _silent(request: Request, writer: asyncio.StreamWriter) -> None:
    """Say nothing."""
