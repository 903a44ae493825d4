"""Calls of the blocking twin: the same answers as the asynchronous session gives, from any thread."""

import asyncio
import threading
from decimal import Decimal

import pytest

from bybit_async import (
    AsyncBybit,
    Bybit,
    Hooks,
    InvalidParameter,
    MissingCredentials,
    RequestRejected,
    Response,
    SessionClosed,
)
from bybit_async.api.resource import Resource
from bybit_async.bridge.portal import CalledFromTheLoop
from bybit_async.models.market import ServerTime
from bybit_async.transport.endpoint import get

TIME = get("/v5/market/time", "copytrade.get_time", ServerTime, signed=False)


class CopyTrade(Resource):
    """A group that the library does not have."""

    async def get_time(self, *, timeout: float | None = None) -> ServerTime:
        answer: ServerTime = await self._call(TIME, timeout)
        return answer


def test_a_call_returns_what_the_asynchronous_one_returns(served):
    arguments = {"category": "linear", "symbol": "BTCUSDT"}

    async def asynchronous():
        async with AsyncBybit(environment=served.environment) as bybit:
            return await bybit.market.get_instruments_info(**arguments)

    with Bybit(environment=served.environment) as bybit:
        assert bybit.market.get_instruments_info(**arguments).first_page() == asyncio.run(asynchronous())


def test_an_order_is_placed_read_and_cancelled(bybit):
    [ticker] = bybit.market.get_tickers(category="linear", symbol="BTCUSDT")
    ack = bybit.trade.place_order(
        category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty="0.01",
        price=(ticker.last_price * Decimal("0.97")).quantize(Decimal(1)),
    )  # fmt: skip
    [order] = bybit.trade.get_open_orders(category="linear", symbol="BTCUSDT")
    assert order.order_id == ack.order_id
    bybit.trade.cancel_order(category="linear", symbol="BTCUSDT", order_id=ack.order_id)
    assert [o.order_id for o in bybit.trade.get_order_history(category="linear")] == [ack.order_id]


def test_errors_are_the_same_and_carry_their_traceback(bybit):
    with pytest.raises(RequestRejected) as caught:
        bybit.trade.place_order(
            category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty="1000", price="50000"
        )
    assert caught.value.ret_code in (110003, 110007)
    with pytest.raises(TypeError, match="category"):
        bybit.market.get_tickers()
    with pytest.raises(InvalidParameter):
        Bybit(testnet=True, demo=True)


def test_a_pager_is_an_iterator_over_all_pages(bybit):
    for _ in range(5):
        bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")
    pager = bybit.trade.get_order_history(category="linear", limit=2)
    first = next(pager)
    assert [first.order_id, *(order.order_id for order in pager)] == [
        order.order_id for page in bybit.trade.get_order_history(category="linear", limit=2).pages() for order in page
    ]
    assert len(list(bybit.trade.get_order_history(category="linear", limit=2))) == 5
    page = bybit.trade.get_order_history(category="linear", limit=2).first_page()
    assert len(page) == 2
    assert page.next_page_cursor


def test_any_endpoint_can_be_requested(bybit):
    answer = bybit.request("GET", "/v5/market/time", signed=False)
    assert isinstance(answer, Response)
    assert set(answer.result) == {"timeSecond", "timeNano"}


def test_without_with_and_with_close(served):
    bybit = Bybit(environment=served.environment)
    assert bybit.get_server_time() > 1_600_000_000_000
    bybit.close()
    bybit.close()
    with pytest.raises(SessionClosed):
        bybit.get_server_time()
    with pytest.raises(SessionClosed):
        list(bybit.market.get_instruments_info(category="linear"))


def test_a_session_that_is_dropped_ends_its_thread(served):
    bybit = Bybit(environment=served.environment)
    bybit.get_server_time()
    names = [thread for thread in threading.enumerate() if thread.name == "bybit_async"]
    market = bybit.market
    del bybit
    # The group alone keeps it alive.
    assert market.get_server_time().time_second > 0
    del market
    for thread in names:
        thread.join(5)
    assert not any(thread.is_alive() for thread in names)


def test_a_session_that_was_never_used_starts_no_thread():
    before = set(threading.enumerate())
    with_nothing = Bybit()
    assert set(threading.enumerate()) <= before
    with_nothing.close()
    with pytest.raises(SessionClosed):
        with_nothing.get_server_time()


async def test_it_works_inside_a_running_loop(served):
    with Bybit(environment=served.environment) as bybit:
        assert bybit.market.get_tickers(category="spot", symbol="BTCUSDT")[0].symbol == "BTCUSDT"


def test_credentials_are_verified(served, bybit):
    assert bybit.verify_credentials().api_key
    with Bybit(environment=served.environment) as public, pytest.raises(MissingCredentials):
        public.verify_credentials()
    with Bybit(environment=served.environment, api_key="unknown", api_secret="unknown") as stranger:
        with pytest.raises(RequestRejected):
            stranger.verify_credentials()


def test_a_session_is_built_from_the_environments_variables(served, monkeypatch):
    keys = served.account()
    monkeypatch.setenv("BYBIT_API_KEY", keys["api_key"])
    monkeypatch.setenv("BYBIT_API_SECRET", keys["api_secret"])
    with Bybit.from_env(environment=served.environment) as bybit:
        assert isinstance(bybit, Bybit)
        assert bybit.verify_credentials().api_key == keys["api_key"]
        assert keys["api_secret"] not in repr(bybit) + repr(bybit.trade)


def test_a_group_of_ones_own_is_attached(bybit):
    group = bybit.attach("copytrade", CopyTrade)
    assert group.get_time().time_second > 0
    assert bybit.copytrade is bybit.copytrade
    assert bybit.copytrade.get_time().time_second > 0
    with pytest.raises(InvalidParameter, match="taken"):
        bybit.attach("market", CopyTrade)


async def test_a_group_is_attached_to_the_asynchronous_twin(served):
    async with AsyncBybit(environment=served.environment) as bybit:
        group = bybit.attach("copytrade", CopyTrade)
        assert bybit.copytrade is group
        assert (await group.get_time()).time_second > 0
        assert await bybit.get_server_time() > 1_600_000_000_000


def test_hooks_run_and_cannot_deadlock_the_session(served):
    seen = []

    def on_response(event):
        seen.append(event.name)
        try:
            bybit.get_server_time()
        except CalledFromTheLoop as error:
            seen.append(error)

    with Bybit(environment=served.environment, hooks=Hooks(on_response=on_response)) as bybit:
        bybit.get_server_time()
    assert seen[0] == "market.get_server_time"
    assert isinstance(seen[1], CalledFromTheLoop)


def test_names_complete_and_groups_are_one_object(bybit):
    assert {"market", "trade", "stream", "request", "environment"} <= set(dir(bybit))
    assert "get_tickers" in dir(bybit.market)
    assert bybit.market is bybit.market
    assert bybit.environment.name == "simulated"
    with pytest.raises(AttributeError):
        _ = bybit.markets
    with pytest.raises(AttributeError):
        _ = bybit.market._nothing
