"""The simulated exchange for code without an event loop."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import pytest

from bybit_async import AsyncBybit, Bybit, CalledFromTheLoop
from bybit_async.errors import InsufficientBalance
from bybit_async.event_loop import check_can_answer
from bybit_async.pybit import HTTP
from bybit_async.simulator import BlockingExchange, PortUnavailable, Rule, SimulatedExchange

ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "20000",
}  # fmt: skip


def local(**options: Any) -> SimulatedExchange:
    return SimulatedExchange(**{"seed": 7, "symbols": ["BTCUSDT"]} | options)


def test_trading_without_an_event_loop() -> None:
    with local() as exchange, Bybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
        ack = bybit.trade.place_order(**ORDER)
        assert [order.order_id for order in exchange.orders] == [ack.order_id]
        assert exchange.environment.rest_url.endswith(str(exchange.port))
        exchange.faults.add(Rule(path="/v5/order/create", action="code", code=110007))
        with pytest.raises(InsufficientBalance):
            bybit.trade.place_order(**ORDER)
        [fired] = exchange.faults.fired
        assert fired.rule.code == 110007


def test_time_and_prices_are_in_the_hands_of_the_caller() -> None:
    with local(manual=True, start=1_700_000_000_000) as exchange:
        assert exchange.clock.now_ms() == 1_700_000_000_000
        exchange.advance("8h")
        assert exchange.clock.now_ms() == 1_700_000_000_000 + 8 * 3_600_000
        exchange.clock.note = "set there"
        assert exchange.run(lambda there: there.clock.note) == "set there"
        exchange.market.follow(("linear", "BTCUSDT"), 12345.0)
        with Bybit(environment=exchange.environment) as bybit:
            exchange.advance("5s")
            [ticker] = bybit.market.get_tickers(category="linear", symbol="BTCUSDT")
            assert abs(float(ticker.last_price) - 12345) < 200


def test_it_runs_on_a_thread_of_its_own_that_ends_with_it() -> None:
    before = threading.active_count()
    with local() as exchange:
        ident = exchange.run(lambda _: threading.get_ident())
        assert ident != threading.get_ident()
        assert exchange.new_account != exchange.deposit
        assert "restart" in dir(exchange)
        assert "add" in dir(exchange.faults)
        assert "thread" in repr(exchange.faults)
        assert str(exchange.port) in repr(exchange)
    assert threading.active_count() == before
    assert "closed" in repr(exchange)
    exchange.close()
    for use in (lambda: exchange.orders, lambda: exchange.advance("1s")):
        with pytest.raises(RuntimeError, match="closed"):
            use()


def test_what_it_does_not_have_is_said_at_once() -> None:
    with local() as exchange:
        for name in ("nothing", "_heart"):
            with pytest.raises(AttributeError, match=name):
                getattr(exchange, name)


def test_a_port_that_is_taken_leaves_no_thread() -> None:
    with local() as first:
        before = threading.active_count()
        with pytest.raises(PortUnavailable), local(port=first.port):
            pass
        assert threading.active_count() == before


def test_the_arguments_are_those_of_the_exchange() -> None:
    for name in ("new_account", "advance"):
        ours, theirs = (inspect.signature(getattr(cls, name)) for cls in (BlockingExchange, SimulatedExchange))
        assert list(ours.parameters.values()) == list(theirs.parameters.values()), name


async def test_it_works_beside_an_event_loop_as_in_a_notebook() -> None:
    with local() as exchange:
        with Bybit(environment=exchange.environment) as bybit:
            assert bybit.get_server_time()
        async with AsyncBybit(environment=exchange.environment) as session:
            assert await session.get_server_time()


async def test_a_blocking_call_to_an_exchange_of_the_same_loop_says_so_at_once() -> None:
    async with local() as exchange:
        account = exchange.new_account(usdt="1000")
        bybit = Bybit(environment=exchange.environment, **account)
        for call in (bybit.__enter__, bybit.get_server_time, lambda: bybit.trade.place_order(**ORDER)):
            with pytest.raises(CalledFromTheLoop, match="AsyncBybit") as caught:
                call()
            assert "to_thread" in str(caught.value)
            assert "with SimulatedExchange" in str(caught.value)
        assert exchange.orders == []
        with pytest.raises(CalledFromTheLoop):
            HTTP(environment=exchange.environment).get_server_time()
        # From another thread nothing is in the way.
        assert await asyncio.to_thread(bybit.get_server_time)
        await asyncio.to_thread(bybit.close)
    check_can_answer(exchange.environment.rest_url)


def test_a_loop_that_nobody_runs_cannot_answer_either() -> None:
    loop = asyncio.new_event_loop()
    exchange = local()
    try:
        loop.run_until_complete(exchange.open())
        with pytest.raises(CalledFromTheLoop):
            Bybit(environment=exchange.environment).get_server_time()
    finally:
        loop.run_until_complete(exchange.close())
        loop.close()
