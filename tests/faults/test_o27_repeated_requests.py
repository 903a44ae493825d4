"""O27 of the fault table: something on the way sends an order request twice, and passes on the second answer."""

from __future__ import annotations

import asyncio
import queue
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Literal

import pytest

from bybit_async.errors import DuplicateOrderLinkId, OrderNotFound, OutcomeUnknown, RequestRejected
from bybit_async.models.trade import AmendOrder, CancelOrder, PlaceOrder
from bybit_async.pybit import HTTP, WebSocketTrading
from bybit_async.session import AsyncBybit
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.wire import Response
from tests.faults.repeating import repeating_gateway, repeating_relay
from tests.faults.trading import CREATE, HISTORY, LINEAR, OPEN, RESTING

AMEND, CANCEL = "/v5/order/amend", "/v5/order/cancel"
SPOT: dict[str, Any] = {"category": "spot", "symbol": "BTCUSDT"}


class Place:
    def __init__(self, exchange: SimulatedExchange, bybit: AsyncBybit, gateway: Any, credentials: Any) -> None:
        self.exchange, self.bybit, self.trade, self.gateway = exchange, bybit, bybit.trade, gateway
        self.credentials = credentials

    def ledger(self, link: str | None = None) -> list[Any]:
        return [order for order in self.exchange.orders if link in (None, order.link_id)]

    def hide_orders(self) -> None:
        """Let the exchange know no order that is asked for."""
        empty = '{"retCode":0,"retMsg":"OK","result":{"list":[],"nextPageCursor":""},"retExtInfo":{},"time":0}'
        for path in (OPEN, HISTORY):
            self.exchange.faults.add(Rule(path=path, action="malform", body=empty))


@asynccontextmanager
async def behind_gateway(passing: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Place]:
    """A session behind the gateway; `passing` says how the exchange's time passes."""
    async with SimulatedExchange(
        seed=7, symbols=["BTCUSDT", "ETHUSDT"], rate_limits=False, host_limit=None, **passing or {}
    ) as exchange:
        credentials = exchange.new_account(usdt="10000000", coins={"BTC": "10"})
        async with (
            repeating_gateway(exchange.environment) as gateway,
            AsyncBybit(environment=gateway.environment, rate_limits=False, **credentials, **options) as bybit,
        ):
            yield Place(exchange, bybit, gateway, credentials)


@asynccontextmanager
async def behind_relay(*, rename: bool, **options: Any) -> AsyncIterator[Place]:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], rate_limits=False, host_limit=None) as exchange:
        credentials = exchange.new_account(usdt="10000000", coins={"BTC": "10"})
        async with (
            repeating_relay(exchange.environment, rename=rename) as (relay, environment),
            AsyncBybit(
                environment=environment, rate_limits=False, orders_via="websocket", **credentials, **options
            ) as bybit,
        ):
            yield Place(exchange, bybit, relay, credentials)


@pytest.mark.parametrize("where", [LINEAR, SPOT], ids=["linear", "spot"])
@pytest.mark.parametrize("link", [None, "mine"], ids=["generated", "chosen"])
async def test_o27_a_create_that_was_sent_twice_is_accepted(where: dict[str, Any], link: str | None) -> None:
    async with behind_gateway() as p:
        ack = await p.trade.place_order(**RESTING | where, order_link_id=link)
        [real] = p.ledger()
        assert (ack.order_id, ack.order_link_id) == (real.order_id, real.link_id)
        assert p.gateway.repeated[CREATE] == 1


@pytest.mark.parametrize("passing", [{"manual": True}, {"speed": 0.1}, {"speed": 20.0}], ids=str)
async def test_o27_it_is_known_when_a_request_left_however_the_exchanges_time_passes(passing: dict[str, Any]) -> None:
    # The window is one of exchange time, which passes faster than that of a machine that stands still for a moment.
    async with behind_gateway(passing, recv_window=60_000) as p:
        for number in range(4):
            # Time in which the two clocks come apart, before a request that meets an order of its own.
            await asyncio.sleep(0.02 * number)
            placed = await p.trade.place_order(**RESTING, order_link_id=f"link-{number}")
            await asyncio.sleep(0.02 * number)
            await p.trade.amend_order(**LINEAR, order_id=placed.order_id, price="20100")
            await p.trade.cancel_order(**LINEAR, order_id=placed.order_id)
        assert [(order.status, order.price) for order in p.ledger()] == [("Cancelled", 20100)] * 4


async def test_o27_a_generated_id_that_exists_is_accepted_although_no_question_is_allowed() -> None:
    async with behind_gateway(on_unknown="raise") as p:
        ack = await p.trade.place_order(**RESTING)
        [real] = p.ledger()
        assert (ack.order_id, ack.order_link_id) == ("", real.link_id)


async def test_o27_a_chosen_id_that_exists_is_unknown_where_no_question_is_allowed() -> None:
    async with behind_gateway(on_unknown="raise") as p:
        with pytest.raises(OutcomeUnknown) as caught:
            await p.trade.place_order(**RESTING, order_link_id="mine")
        assert (caught.value.order_link_id, caught.value.reason) == ("mine", "110072")
        assert isinstance(caught.value.__cause__, DuplicateOrderLinkId)


async def test_o27_an_order_that_exists_and_cannot_be_found_is_not_told_as_refused(soon_given_up: None) -> None:
    async with behind_gateway() as p:
        p.hide_orders()
        ack = await p.trade.place_order(**RESTING)
        assert (ack.order_id, ack.order_link_id) == ("", p.ledger()[0].link_id)
        with pytest.raises(OutcomeUnknown) as caught:
            await p.trade.place_order(**RESTING, order_link_id="mine")
        assert caught.value.order_link_id == "mine"


async def test_o27_an_id_that_was_acknowledged_before_is_a_duplicate_at_once() -> None:
    async with behind_gateway() as p:
        await p.trade.place_order(**RESTING, order_link_id="mine")
        with pytest.raises(DuplicateOrderLinkId):
            await p.trade.place_order(**RESTING, order_link_id="mine")
        assert len(p.ledger("mine")) == 1


@pytest.mark.parametrize("other", [{}, {"symbol": "ETHUSDT", "price": "1000", "qty": "0.1"}, {"category": "inverse"}])
async def test_o27_an_older_order_of_another_client_is_a_duplicate(other: dict[str, Any]) -> None:
    if other.get("category") == "inverse":
        other = {"category": "inverse", "symbol": "BTCUSD", "qty": "100"}
    async with SimulatedExchange(
        seed=7, symbols=["BTCUSDT", "ETHUSDT", "BTCUSD"], rate_limits=False, host_limit=None
    ) as exchange:
        credentials = exchange.new_account(usdt="10000000", coins={"BTC": "10"})
        async with AsyncBybit(environment=exchange.environment, **credentials) as first:
            await first.trade.place_order(**RESTING | other, order_link_id="mine")
        await exchange.advance("2s")
        async with (
            repeating_gateway(exchange.environment) as gateway,
            AsyncBybit(environment=gateway.environment, **credentials) as second,
        ):
            with pytest.raises(DuplicateOrderLinkId):
                await second.trade.place_order(**RESTING, order_link_id="mine")


@pytest.mark.parametrize("differs", [{"side": "Sell", "price": "200000"}, {"qty": "0.02"}, {"price": "20001"}])
async def test_o27_an_order_with_other_parameters_is_not_ours(differs: dict[str, Any]) -> None:
    async with behind_gateway() as p:
        gateway = p.gateway
        sent: list[bytes] = []
        send = gateway._send

        async def overtaken(request: bytes) -> bytes:
            # Another client takes the id between the sending of ours and its arrival.
            if not sent and request.startswith(b"POST"):
                sent.append(request)
                gateway.active = False
                async with AsyncBybit(environment=p.exchange.environment, **p.credentials) as other:
                    await other.trade.place_order(**RESTING | differs, order_link_id="mine")
            answer: bytes = await send(request)
            return answer

        gateway._send = overtaken
        with pytest.raises(DuplicateOrderLinkId):
            await p.trade.place_order(**RESTING, order_link_id="mine")
        assert len(p.ledger("mine")) == 1


@pytest.mark.parametrize("where", [LINEAR, SPOT], ids=["linear", "spot"])
async def test_o27_an_amendment_and_a_cancellation_that_were_sent_twice_are_accepted(where: dict[str, Any]) -> None:
    async with behind_gateway() as p:
        p.gateway.repeats = (AMEND, CANCEL)
        placed = await p.trade.place_order(**RESTING | where)
        amended = await p.trade.amend_order(**where, order_id=placed.order_id, price="20100")
        assert amended.order_id == placed.order_id
        [real] = p.ledger()
        assert real.price == 20100
        cancelled = await p.trade.cancel_order(**where, order_link_id=placed.order_link_id)
        assert cancelled.order_id == placed.order_id
        assert p.gateway.repeated == {AMEND: 1, CANCEL: 1}


async def test_o27_what_really_changes_nothing_stays_refused() -> None:
    async with behind_gateway() as p:
        p.gateway.active = False
        placed = await p.trade.place_order(**RESTING)
        for price in ("20000", "20100"):
            if price != "20000":
                await p.trade.amend_order(**LINEAR, order_id=placed.order_id, price=price)
            with pytest.raises(RequestRejected) as caught:
                await p.trade.amend_order(**LINEAR, order_id=placed.order_id, price=price)
            assert caught.value.ret_code == 10001
        await p.trade.cancel_order(**LINEAR, order_id=placed.order_id)
        with pytest.raises(OrderNotFound) as gone:
            await p.trade.cancel_order(**LINEAR, order_id=placed.order_id)
        assert gone.value.order_status == "Cancelled"


async def test_o27_an_amendment_back_to_what_was_is_accepted_when_it_was_sent_twice() -> None:
    async with behind_gateway() as p:
        p.gateway.repeats = (AMEND,)
        placed = await p.trade.place_order(**RESTING)
        for price in ("20100", "20000", "20100"):
            await p.trade.amend_order(**LINEAR, order_id=placed.order_id, price=price)
        assert p.gateway.repeated[AMEND] == 3


async def test_o27_an_order_that_was_cancelled_with_all_others_is_gone() -> None:
    async with behind_gateway() as p:
        p.gateway.active = False
        placed = await p.trade.place_order(**RESTING)
        await p.trade.cancel_all_orders(**LINEAR)
        with pytest.raises(OrderNotFound):
            await p.trade.cancel_order(**LINEAR, order_id=placed.order_id)


@pytest.mark.parametrize("links", [(None, None, None), ("a", "b", "c")], ids=["generated", "chosen"])
async def test_o27_batches_that_were_sent_twice_are_accepted(links: tuple[str | None, ...]) -> None:
    async with behind_gateway() as p:
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in links]
        placed = await p.trade.place_batch_order(category="linear", request=orders)
        assert [item.code for item in placed] == [0, 0, 0]
        assert [item.order_id for item in placed] == [order.order_id for order in p.ledger()]
        amends = [AmendOrder(**LINEAR, order_id=item.order_id, price="20100") for item in placed]
        amended = await p.trade.amend_batch_order(category="linear", request=amends)
        assert [item.code for item in amended] == [0, 0, 0]
        cancels = [CancelOrder(**LINEAR, order_id=item.order_id) for item in placed]
        cancelled = await p.trade.cancel_batch_order(category="linear", request=cancels)
        assert [(item.code, item.order_id) for item in cancelled] == [(0, order.order_id) for order in p.ledger()]


async def test_o27_a_batch_item_that_is_a_duplicate_stays_one() -> None:
    async with behind_gateway() as p:
        p.gateway.active = False
        await p.trade.place_order(**RESTING, order_link_id="a")
        p.gateway.active = True
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in ("a", "b")]
        placed = await p.trade.place_batch_order(category="linear", request=orders)
        assert [item.code for item in placed] == [110072, 0]
        assert placed[0].message


async def test_o27_batch_items_where_no_question_is_allowed() -> None:
    async with behind_gateway(on_unknown="raise") as p:
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in ("a", None)]
        placed = await p.trade.place_batch_order(category="linear", request=orders)
        assert [(item.unknown, item.ok) for item in placed] == [(True, False), (False, True)]


@pytest.mark.parametrize("rename", [False, True], ids=["same request id", "another request id"])
@pytest.mark.parametrize("link", [None, "mine"], ids=["generated", "chosen"])
async def test_o27_order_entry_too(rename: bool, link: str | None) -> None:
    async with behind_relay(rename=rename) as p:
        placed = await p.trade.place_order(**RESTING, order_link_id=link)
        [real] = p.ledger()
        assert (placed.order_id, placed.order_link_id) == (real.order_id, real.link_id)
        amended = await p.trade.amend_order(**LINEAR, order_id=placed.order_id, price="20100")
        assert amended.order_id == placed.order_id
        cancelled = await p.trade.cancel_order(**LINEAR, order_id=placed.order_id)
        assert cancelled.order_id == placed.order_id
        orders = [PlaceOrder(**RESTING) for _ in range(2)]
        batch = await p.trade.place_batch_order(category="linear", request=orders)
        assert [item.code for item in batch] == [0, 0]
        assert p.gateway.repeated == 4
        assert [order.status for order in p.ledger()] == ["Cancelled", "New", "New"]


@pytest.mark.parametrize(("via", "path"), [("rest", CREATE), ("websocket", "order.create")])
async def test_o27_an_order_whose_second_copy_came_too_late_is_ours(
    via: Literal["rest", "websocket"], path: str
) -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], rate_limits=False, host_limit=None) as exchange:
        credentials = exchange.new_account(usdt="10000000")
        async with AsyncBybit(environment=exchange.environment, orders_via=via, **credentials) as bybit:
            await bybit.trade.get_open_orders(**LINEAR)
            exchange.faults.add(
                Rule(path=path, action="code", code=10002, text="request expired", executed=True, nth=1)
            )
            # The next attempt leaves noticeably later than the order was created.
            exchange.faults.add(Rule(path="/v5/market/time", action="delay", milliseconds=30))
            ack = await bybit.trade.place_order(**RESTING, order_link_id="mine")
            assert [firing.rule.action for firing in exchange.faults.fired][:2] == ["code", "delay"]
            [real] = exchange.orders
            assert ack.order_id == real.order_id


async def test_o27_raw_requests_too() -> None:
    async with behind_gateway() as p:
        body = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
        answer: Response[Any] = await p.bybit.request("POST", CREATE, {**body, "price": "20000"})
        [real] = p.ledger()
        assert answer.result == {"orderId": real.order_id, "orderLinkId": real.link_id}


@pytest.mark.parametrize("link", [{}, {"orderLinkId": "mine"}], ids=["generated", "chosen"])
async def test_o27_the_pybit_door_too(link: dict[str, str]) -> None:
    async with behind_gateway() as p:

        def trade() -> dict[str, Any]:
            with HTTP(environment=p.gateway.environment, **p.credentials) as http:
                found: dict[str, Any] = http.place_order(
                    category="linear",
                    symbol="BTCUSDT",
                    side="Buy",
                    orderType="Limit",
                    qty="0.01",
                    price="20000",
                    **link,
                )
                return found

        answer = await asyncio.to_thread(trade)
        [real] = p.ledger()
        assert answer["result"] == {"orderId": real.order_id, "orderLinkId": real.link_id}


async def test_o27_the_trading_socket_of_the_pybit_door_too() -> None:
    async with behind_relay(rename=True) as p:

        def trade() -> list[dict[str, Any]]:
            given: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
            order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "20000"}
            with WebSocketTrading(environment=p.bybit.environment, **p.credentials) as socket:
                say = [lambda message, kind=kind: given.put((kind, message)) for kind in ("accepted", "refused")]
                socket.place_order(*say, category="linear", **order, orderLinkId="one")
                first = given.get(timeout=10)
                batch = [{**order, "orderLinkId": link} for link in ("two", "three")]
                socket.place_batch_order(*say, category="linear", request=batch)
                second = given.get(timeout=10)
            assert [kind for kind, _ in (first, second)] == ["accepted", "accepted"]
            return [first[1], second[1]]

        placed, batch = await asyncio.to_thread(trade)
        one, two, three = p.ledger()
        assert placed["data"] == {"orderId": one.order_id, "orderLinkId": "one"}
        assert [row["orderId"] for row in batch["data"]["list"]] == [two.order_id, three.order_id]
        assert [code["code"] for code in batch["retExtInfo"]["list"]] == [0, 0]


async def test_o27_the_pybit_door_is_not_given_a_refusal_where_the_order_may_live(soon_given_up: None) -> None:
    async with behind_relay(rename=True) as p:
        p.hide_orders()

        def trade() -> dict[str, Any]:
            given: queue.Queue[dict[str, Any]] = queue.Queue()
            with WebSocketTrading(environment=p.bybit.environment, **p.credentials) as socket:
                order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "20000"}
                socket.place_order(print, given.put, category="linear", **order, orderLinkId="mine")
                return given.get(timeout=10)

        message = await asyncio.to_thread(trade)
        assert (message["retCode"], message["data"]) == (10016, {"orderLinkId": "mine"})
        assert len(p.ledger("mine")) == 1


async def test_o27_of_two_hundred_requests_none_is_refused_and_none_done_twice(
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(7)
    async with behind_gateway() as p:
        spoils = p.gateway._spoils
        p.gateway._spoils = lambda method, path: chance.random() < 0.5 and spoils(method, path)

        async def one(number: int) -> str:
            link = f"link-{number}" if number % 2 else None
            placed = await p.trade.place_order(**RESTING, order_link_id=link)
            await p.trade.amend_order(**LINEAR, order_id=placed.order_id, price="20100")
            await p.trade.amend_order(**LINEAR, order_link_id=placed.order_link_id, qty="0.02")
            cancelled = await p.trade.cancel_order(**LINEAR, order_id=placed.order_id)
            return cancelled.order_id

        ended = await asyncio.gather(*(one(number) for number in range(50)))
        real = p.ledger()
        assert sorted(ended) == sorted(order.order_id for order in real)
        assert {(order.status, order.price, order.qty) for order in real} == {("Cancelled", 20100, Decimal("0.02"))}
        repeated = sum(p.gateway.repeated.values())
        assert repeated > 60
        record_property("figures", f"200 requests, {repeated} of them sent twice: 0 refused, 0 unknown, 0 done twice")
