"""On the way from the exchange: an order's acknowledgement leaves before what the order sets off."""

import asyncio

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange

from .raw_client import RawClient
from .trading import LINEAR

ORDER = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.01"}
ROUNDS = 20


@pytest.fixture
async def trader(session):
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(symbols=["BTCUSDT"], market=settings, rate_limits=False, latency=2) as exchange:
        yield RawClient(exchange, session, exchange.new_account(usdt="100000"))


async def _pushed(private, arrived):
    for _ in range(ROUNDS):
        message = await private.topic("order")
        arrived.append(("push", message["data"][0]["orderLinkId"]))


async def test_a_rest_acknowledgement_arrives_before_the_push(trader):
    arrived = []
    async with trader.socket("private") as private:
        await private.login()
        await private.subscribe("order")
        reading = asyncio.create_task(_pushed(private, arrived))
        for number in range(ROUNDS):
            await trader.done("/v5/order/create", **ORDER, price="50000", orderLinkId=f"o{number}")
            arrived.append(("acknowledged", f"o{number}"))
        await reading
    for number in range(ROUNDS):
        assert arrived.index(("acknowledged", f"o{number}")) < arrived.index(("push", f"o{number}"))


async def test_an_order_entry_acknowledgement_arrives_before_the_push(trader):
    arrived = []
    async with trader.socket("private") as private, trader.socket("trade") as trade:
        await private.login()
        await private.subscribe("order")
        await trade.login()
        reading = asyncio.create_task(_pushed(private, arrived))
        for number in range(ROUNDS):
            request = {**ORDER, "price": "50000", "orderLinkId": f"o{number}"}
            header = {"X-BAPI-TIMESTAMP": str(trader.now())}
            answer = await trade.ask(op="order.create", header=header, args=[request], reqId=f"r{number}")
            arrived.append(("acknowledged", answer["data"]["orderLinkId"]))
        await reading
    for number in range(ROUNDS):
        assert arrived.index(("acknowledged", f"o{number}")) < arrived.index(("push", f"o{number}"))


def test_a_negative_latency_is_refused():
    with pytest.raises(ValueError, match="latency: -1"):
        SimulatedExchange(latency=-1)
