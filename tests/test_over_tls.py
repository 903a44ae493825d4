"""Everything over TLS, as in life: REST, public and private streams, order entry, history, the blocking twin."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bybit_async import AsyncBybit, Bybit
from bybit_async.errors import ConnectionFailed, NotSent, StreamError
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.settings import StreamSettings
from tests.certificates import contexts

LINEAR: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT"}
RESTING: dict[str, Any] = {**LINEAR, "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "10000"}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[tuple[SimulatedExchange, ssl.SSLContext]]:
    server, client = contexts(tmp_path, "127.0.0.1")
    async with SimulatedExchange(seed=7, ssl_context=server, symbols=["BTCUSDT"]) as exchange:
        yield exchange, client


async def test_a_day_over_tls(place: tuple[SimulatedExchange, ssl.SSLContext], tmp_path: Path) -> None:
    exchange, trusted = place
    addresses = exchange.environment
    assert addresses.rest_url.startswith("https://")
    assert addresses.public_url.startswith("wss://")
    async with (
        AsyncBybit(
            environment=addresses, ssl_context=trusted, data_dir=tmp_path, **exchange.new_account(usdt="10000")
        ) as bybit,
        bybit.stream.order_book("BTCUSDT", category="linear") as book,
        bybit.live_account(categories=("linear",), settle_coins=("USDT",)) as live,
    ):
        assert book.best_bid
        assert book.best_ask
        assert book.best_bid.price < book.best_ask.price
        by_request = await bybit.trade.place_order(**RESTING)
        assert await live.wait_order(order_id=by_request.order_id, status="New", timeout=10)
        by_socket = await bybit.order_entry.place_order(**RESTING)
        assert await live.wait_order(order_id=by_socket.order_id, status="New", timeout=10)
        frame = await bybit.data.fetch_klines("BTCUSDT", "1", "2024-10-01", "2024-10-02", category="linear")
        assert len(frame) == 1440
        exchange.drop_connections()
        after_drop = await bybit.trade.place_order(**RESTING)
        await live.wait_synced(timeout=10)
        assert await live.wait_order(order_id=after_drop.order_id, status="New", timeout=10)


async def test_the_blocking_twin_over_tls(place: tuple[SimulatedExchange, ssl.SSLContext]) -> None:
    exchange, trusted = place
    credentials = exchange.new_account(usdt="10000")

    def trade() -> str:
        with Bybit(environment=exchange.environment, ssl_context=trusted, **credentials) as bybit:
            return str(bybit.trade.place_order(**RESTING).order_id)

    assert await asyncio.to_thread(trade) in exchange.account(credentials["api_key"]).orders


async def test_an_unknown_certificate_gets_neither_a_request_nor_a_socket(
    place: tuple[SimulatedExchange, ssl.SSLContext],
) -> None:
    exchange, _ = place
    settings = StreamSettings(first_connect=0.2, backoff=0.01)
    async with AsyncBybit(
        environment=exchange.environment, attempts=1, stream_settings=settings, **exchange.new_account()
    ) as bybit:
        with pytest.raises(NotSent, match="certificate"):
            await bybit.market.get_server_time()
        with pytest.raises(StreamError):
            async with bybit.stream.order_book("BTCUSDT", category="linear"):
                pass
        with pytest.raises((ConnectionFailed, NotSent)):
            await bybit.order_entry.place_order(**RESTING)
    assert not exchange.connections


async def test_the_streams_own_context_comes_first(place: tuple[SimulatedExchange, ssl.SSLContext]) -> None:
    exchange, trusted = place
    nobody = ssl.create_default_context()
    async with AsyncBybit(
        environment=exchange.environment,
        ssl_context=nobody,
        transport=httpx.AsyncHTTPTransport(verify=trusted),
        stream_settings=StreamSettings(ssl_context=trusted),
    ) as bybit:
        await bybit.market.get_server_time()
        async with bybit.stream.order_book("BTCUSDT", category="linear") as book:
            assert book.best_bid
