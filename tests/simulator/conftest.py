"""Fixtures of the simulated exchange's own tests."""

import aiohttp
import pytest

from bybit_async.simulator import Cadences, MarketSettings, SimulatedExchange

from .raw_client import RawClient


@pytest.fixture
async def exchange():
    """A lively exchange with a few symbols of every product."""
    symbols = ["BTCUSDT", "ETHUSDT", "BTCUSD", "XRPUSDT"]
    async with SimulatedExchange(seed=7, symbols=symbols, market=MarketSettings(step=40)) as exchange:
        yield exchange


@pytest.fixture
async def still():
    """An exchange whose time stands still, with books that nobody but the test fills."""
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(
        seed=7, manual=True, symbols=["BTCUSDT", "BTCUSD"], market=settings, cadences=Cadences()
    ) as exchange:
        yield exchange


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(exchange, session):
    """A signed client with money."""
    return RawClient(exchange, session, exchange.new_account(usdt="100000", coins={"BTC": "2"}))


@pytest.fixture
def public(exchange, session):
    """A client without keys."""
    return RawClient(exchange, session)
