"""Orders over the socket of the simulated exchange, and what happens to them without one."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from bybit_async.api.trade import Trade
from bybit_async.errors import DeadlineExceeded, DuplicateOrderLinkId, InvalidParameter, NotSent, OrderNotFound
from bybit_async.live.order_routing import OrderRouter, SocketOrders
from bybit_async.models.trade import AmendOrder, CancelOrder, OrderAck, PlaceOrder
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.orders.entry import OrderEntry
from bybit_async.transport.signing import HmacSigner
from bybit_async.wire import Response

WHERE = {"category": "linear", "symbol": "BTCUSDT"}
ORDER = {**WHERE, "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "20000"}


@asynccontextmanager
async def trading():
    async with SimulatedExchange(seed=7) as exchange:
        key = exchange.new_account(usdt="100000")
        async with AsyncBybit(environment=exchange.environment, **key) as bybit:
            entry = OrderEntry(
                exchange.environment, clock=bybit.clock, signer=HmacSigner(**key),
                pace=bybit._limits, ensure_clock=bybit._rest.ensure_clock,
            )  # fmt: skip
            try:
                yield exchange, bybit, entry
            finally:
                await entry.aclose()


async def test_the_socket_places_amends_and_cancels_as_rest_does():
    async with trading() as (_, bybit, entry):
        orders = SocketOrders(entry)
        await orders.connect()
        ack = await orders.place_order(**ORDER, order_link_id="a")
        assert ack.order_link_id == "a"
        await orders.amend_order(**WHERE, order_id=ack.order_id, price="21000")
        found = await bybit.trade.find_order(category="linear", order_id=ack.order_id)
        assert (found.price, found.order_link_id) == (Decimal(21000), "a")
        with pytest.raises(DuplicateOrderLinkId):
            await orders.place_order(**ORDER, order_link_id="a")
        await orders.cancel_order(**WHERE, order_link_id="a")
        with pytest.raises(OrderNotFound):
            await orders.cancel_order(**WHERE, order_link_id="a")
        with pytest.raises(InvalidParameter):
            await orders.cancel_all_orders(**WHERE)
        assert entry.connects == 1


async def test_batches_over_the_socket_are_answered_item_by_item():
    async with trading() as (_, _, entry):
        orders = SocketOrders(entry)
        good, bad = PlaceOrder(**ORDER, order_link_id="good"), PlaceOrder(**ORDER | {"qty": "100000"})
        placed = await orders.place_batch_order(category="linear", request=[good, bad])
        assert [item.ok for item in placed] == [True, False]
        amended = await orders.amend_batch_order(
            category="linear", request=[AmendOrder(**WHERE, order_link_id="good", price=21000)]
        )
        assert amended.ok
        cancelled = await orders.cancel_batch_order(
            category="linear", request=[CancelOrder(**WHERE, order_link_id="good"), CancelOrder(**WHERE, order_id="x")]
        )
        assert [item.ok for item in cancelled] == [True, False]


async def test_routed_orders_take_the_socket_and_everything_else_rest():
    async with trading() as (exchange, bybit, entry):
        router = OrderRouter(bybit._rest, entry, timeout=10)
        trade = Trade(router)
        before = exchange.requests
        ack = await trade.place_order(**ORDER)
        assert exchange.requests - before <= 1, "only the clock was asked for by REST"
        assert [order.order_id for order in await trade.get_open_orders(**WHERE)] == [ack.order_id]
        assert (entry.connects, router.fallbacks) == (1, 0)


async def test_what_was_certainly_not_sent_over_the_socket_goes_by_rest():
    async with trading() as (exchange, bybit, entry):
        router = OrderRouter(bybit._rest, entry, timeout=10)
        exchange.refuse_connections()
        ack = await Trade(router).place_order(**ORDER, order_link_id="a")
        assert ack.order_link_id == "a"
        assert (entry.connects, router.fallbacks) == (0, 1)
        assert len(exchange.orders) == 1


async def test_a_deadline_that_passed_is_not_tried_again_by_rest():
    asked = []

    class Rest:
        async def call(self, *_, **__):
            asked.append("rest")

    class Socket:
        def __init__(self, error, wait=0.0):
            self.error, self.wait = error, wait

        async def call(self, *_, **__):
            await asyncio.sleep(self.wait)
            raise self.error

    for error, wait in ((DeadlineExceeded("no time"), 0.0), (NotSent("no connection"), 0.02)):
        router = OrderRouter(Rest(), Socket(error, wait), timeout=10)
        with pytest.raises(type(error)):
            await Trade(router).place_order(**ORDER, timeout=0.01)
        assert router.fallbacks == 0
    assert asked == []


async def test_the_time_that_is_left_is_used_however_little_it_is():
    class Rest:
        async def call(self, *_, timeout, **__):
            assert 0 < timeout <= 0.5
            return Response(ret_code=0, result=OrderAck(order_id="1"))

    class Socket:
        async def call(self, *_, **__):
            raise NotSent("no connection")

    router = OrderRouter(Rest(), Socket(), timeout=10)
    assert (await Trade(router).place_order(**ORDER, timeout=0.5)).order_id == "1"
    assert router.fallbacks == 1


async def test_a_negative_timeout_is_refused():
    with pytest.raises(InvalidParameter, match="timeout"):
        await Trade(OrderRouter(None, None, timeout=10)).place_order(**ORDER, timeout=-1)
