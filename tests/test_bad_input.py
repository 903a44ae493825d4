"""What goes wrong first for a newcomer: each a clear, typed error that names the parameter or carries the code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bybit_async import (
    AsyncBybit,
    AuthenticationError,
    InvalidParameter,
    MissingCredentials,
    RequestRejected,
    SessionClosed,
    SubscriptionRefused,
)
from bybit_async.simulator import SimulatedExchange
from bybit_async.simulator.exchange import PortUnavailable


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as running:
        yield running


@pytest.fixture
async def bybit(exchange: SimulatedExchange) -> AsyncIterator[AsyncBybit]:
    async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="1000")) as session:
        yield session


ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "50000",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"category": "futures"}, "category"),
        ({"side": "Long"}, "side"),
        ({"order_type": "Stop"}, "order_type"),
        ({"price": None}, "price"),
        ({"qty": "much"}, "qty"),
        ({"qty": float("nan")}, "qty"),
        ({"qty": -1}, "qty"),
        ({"price": True}, "price"),
        ({"order_link_id": "x" * 37}, "order_link_id"),
        ({"order_link_id": "a.b"}, "order_link_id"),
    ],
)
async def test_what_is_certainly_wrong_is_refused_unsent(
    exchange: SimulatedExchange, bybit: AsyncBybit, change: dict[str, Any], parameter: str
) -> None:
    with pytest.raises(InvalidParameter) as caught:
        await bybit.trade.place_order(**{**ORDER, **change})
    assert caught.value.parameter == parameter
    assert exchange.requests == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"qty": "0.0001"}, 10001),
        ({"symbol": "NOSUCHUSDT"}, 10001),
        ({"qty": "1"}, 110007),
    ],
)
async def test_what_the_exchange_refuses_carries_its_code(bybit: AsyncBybit, change: dict[str, Any], code: int) -> None:
    with pytest.raises(RequestRejected) as caught:
        await bybit.trade.place_order(**{**ORDER, **change})
    assert caught.value.ret_code == code
    assert caught.value.path == "/v5/order/create"
    assert caught.value.ret_msg


async def test_a_quantity_below_the_lot_is_named_by_the_instrument(bybit: AsyncBybit) -> None:
    from bybit_async.models.trade import PlaceOrder

    instrument = await bybit.market.get_instrument("BTCUSDT", category="linear")
    with pytest.raises(InvalidParameter) as caught:
        instrument.validate(PlaceOrder(**{**ORDER, "qty": "0.0001"}))
    assert caught.value.parameter == "qty"


async def test_a_private_call_without_keys(exchange: SimulatedExchange) -> None:
    async with AsyncBybit(environment=exchange.environment) as bybit:
        with pytest.raises(MissingCredentials) as caught:
            await bybit.account.get_wallet_balance(account_type="UNIFIED")
        assert caught.value.parameter == "api_key"
        with pytest.raises(MissingCredentials):
            async with bybit.stream.orders():
                pass
        with pytest.raises(MissingCredentials):
            _ = bybit.order_entry


@pytest.mark.parametrize("wrong", ["api_key", "api_secret"])
async def test_wrong_keys(exchange: SimulatedExchange, wrong: str) -> None:
    keys = {**exchange.new_account(usdt="1"), wrong: "WRONGWRONGWRONG"}
    async with AsyncBybit(environment=exchange.environment, **keys) as bybit:  # type: ignore[arg-type]
        with pytest.raises(AuthenticationError) as caught:
            await bybit.account.get_wallet_balance(account_type="UNIFIED")
        assert caught.value.ret_code in (10003, 10004)
        assert "WRONG" not in str(caught.value) + repr(caught.value)
        with pytest.raises(AuthenticationError):
            async with bybit.stream.orders():
                pass


async def test_a_symbol_that_does_not_exist_on_a_stream(bybit: AsyncBybit) -> None:
    with pytest.raises(SubscriptionRefused) as caught:
        async with bybit.stream.trades("NOSUCHUSDT", category="linear"):
            pass
    assert caught.value.topic == "publicTrade.NOSUCHUSDT"


@pytest.mark.parametrize(("depth", "category"), [(51, "linear"), (50, "moon"), (1000, "option")])
async def test_a_topic_that_cannot_exist_is_refused_here(bybit: AsyncBybit, depth: int, category: Any) -> None:
    with pytest.raises(InvalidParameter):
        async with bybit.stream.order_book("BTCUSDT", category=category, depth=depth):
            pass


async def test_a_closed_session(exchange: SimulatedExchange) -> None:
    async with AsyncBybit(environment=exchange.environment) as bybit:
        pass
    with pytest.raises(SessionClosed):
        await bybit.market.get_tickers(category="linear")
    with pytest.raises(SessionClosed):
        _ = bybit.stream
    with pytest.raises(SessionClosed):
        async with bybit:
            pass
    await bybit.aclose()


async def test_a_taken_port(exchange: SimulatedExchange) -> None:
    with pytest.raises(PortUnavailable) as caught:
        async with SimulatedExchange(port=exchange.port):
            pass
    assert caught.value.port == exchange.port
    assert str(exchange.port) in str(caught.value)


def test_variables_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "KEY")
    monkeypatch.setenv("BYBIT_API_SECRET", "SECRET")
    monkeypatch.setenv("BYBIT_TESTNET", "yes")
    assert AsyncBybit.from_env().environment.name == "testnet"
    monkeypatch.setenv("BYBIT_TESTNET", "perhaps")
    with pytest.raises(InvalidParameter) as caught:
        AsyncBybit.from_env()
    assert caught.value.parameter == "BYBIT_TESTNET"
    monkeypatch.setenv("BYBIT_TESTNET", "")
    monkeypatch.setenv("BYBIT_REGION", "eu")
    assert AsyncBybit.from_env().environment.rest_url == "https://api.bybit.eu"
    monkeypatch.delenv("BYBIT_API_SECRET")
    with pytest.raises(MissingCredentials):
        AsyncBybit.from_env()
