"""A simulated exchange on a loop of its own thread, so that tests may block."""

from __future__ import annotations

import threading

import pytest
from anyio.from_thread import start_blocking_portal

from bybit_async import Bybit
from bybit_async.simulator import MarketSettings, SimulatedExchange


class Served:
    """An exchange that runs elsewhere, and a way to call it there."""

    def __init__(self, portal, exchange):
        self.portal = portal
        self.exchange = exchange
        self.environment = exchange.environment

    def account(self, **balances):
        return self.portal.call(lambda: self.exchange.new_account(**(balances or {"usdt": "100000"})))


@pytest.fixture(scope="module")
def served():
    with start_blocking_portal() as portal:
        exchange = SimulatedExchange(
            seed=7, symbols=["BTCUSDT", "ETHUSDT"], market=MarketSettings(step=40), rate_limits=False, host_limit=None
        )
        with portal.wrap_async_context_manager(exchange):
            yield Served(portal, exchange)


@pytest.fixture
def bybit(served, tmp_path):
    with Bybit(environment=served.environment, rate_limits=False, data_dir=tmp_path, **served.account()) as bybit:
        yield bybit


@pytest.fixture(autouse=True)
def _no_thread_left():
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and "bybit_async" in thread.name]
    for thread in left:
        thread.join(5)
    assert not [thread for thread in left if thread.is_alive()]
