"""A simulated exchange, pybit pointed at it, and pybit's interface of this library beside it."""

from __future__ import annotations

import pybit.unified_trading
import pytest
from pybit import _websocket_trading

from bybit_async.pybit import HTTP
from bybit_async.simulator import MarketSettings, SimulatedExchange

from ..pybit_threads import hold_messages_while_sending


@pytest.fixture
async def exchange():
    settings = MarketSettings(step=40)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], market=settings) as exchange:
        yield exchange


@pytest.fixture
def pybit_addresses(exchange, monkeypatch):
    hold_messages_while_sending(monkeypatch)
    place = exchange.environment
    monkeypatch.setattr(pybit.unified_trading, "PUBLIC_WSS", place.public_url + "/{CHANNEL_TYPE}")
    monkeypatch.setattr(pybit.unified_trading, "PRIVATE_WSS", place.private_url)
    monkeypatch.setattr(_websocket_trading, "TRADE_WSS", place.trade_url)


@pytest.fixture
def credentials(exchange):
    return exchange.new_account(usdt="100000", coins={"BTC": "1"})


@pytest.fixture
def theirs(exchange, credentials):
    session = pybit.unified_trading.HTTP(**credentials)
    session.endpoint = exchange.environment.rest_url
    yield session
    session.client.close()


@pytest.fixture
def ours(exchange, credentials):
    with HTTP(environment=exchange.environment, **credentials) as session:
        yield session
