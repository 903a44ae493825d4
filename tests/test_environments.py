"""Where a session talks to: names, addresses, and the variables of the process."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, get_type_hints

import pytest

from bybit_async import AsyncBybit, Bybit, Environment, InvalidParameter, MissingCredentials, environments
from bybit_async.session_options import SessionOptions
from bybit_async.simulator import SimulatedExchange

VARIABLES = ("API_KEY", "API_SECRET", "TESTNET", "DEMO", "REGION", "ENVIRONMENT", "DATA_DIR")


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in VARIABLES:
        monkeypatch.delenv(f"BYBIT_{name}", raising=False)
    return monkeypatch


async def test_an_address_is_enough_for_requests_streams_and_order_entry() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        keys = exchange.new_account(usdt="10000")
        address = exchange.environment.rest_url
        async with AsyncBybit(environment=address, orders_via="websocket", **keys) as bybit:
            async with bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book:
                await book.updated()
            async with bybit.stream.orders():
                ack = await bybit.trade.place_order(
                    category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
                )
            assert bybit.environment == environments.find(address)
        assert [order.order_id for order in exchange.orders] == [ack.order_id]


async def test_the_blocking_session_takes_an_address() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:

        def ask() -> str:
            with Bybit(environment=exchange.environment.rest_url) as bybit:
                return bybit.market.get_tickers(category="linear", symbol="BTCUSDT")[0].symbol

        assert await asyncio.to_thread(ask) == "BTCUSDT"


@pytest.mark.parametrize("address", ["http://127.0.0.1:8100", "http://127.0.0.1:8100/", " http://127.0.0.1:8100 "])
def test_everything_is_found_on_the_address(address: str) -> None:
    place = environments.find(address)
    assert place == Environment(
        name="127.0.0.1:8100",
        rest_url="http://127.0.0.1:8100",
        public_url="ws://127.0.0.1:8100/v5/public",
        private_url="ws://127.0.0.1:8100/v5/private",
        trade_url="ws://127.0.0.1:8100/v5/trade",
        archive_url="http://127.0.0.1:8100",
    )


def test_an_address_with_tls_has_sockets_with_tls() -> None:
    assert environments.find("https://exchange.example").trade_url == "wss://exchange.example/v5/trade"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("mainnet", environments.MAINNET),
        ("testnet", environments.TESTNET),
        ("demo", environments.DEMO),
        ("eu", environments.REGIONS["eu"]),
        ("https://api.bybit.com", environments.MAINNET),
        ("https://API-testnet.bybit.com/", environments.TESTNET),
        ("https://api-demo.bybit.com", environments.DEMO),
        ("https://api.bybit.eu", environments.REGIONS["eu"]),
        (environments.DEMO, environments.DEMO),
    ],
)
def test_names_and_addresses_of_bybit_are_known(given: Any, place: Environment) -> None:
    assert AsyncBybit(environment=given).environment == place


@pytest.mark.parametrize(
    ("given", "cure"),
    [
        ("127.0.0.1:8100", "http://127.0.0.1:8100"),
        ("localhost", "http://localhost"),
        ("ws://127.0.0.1:8100", "http://127.0.0.1:8100"),
        ("http://", "http://127.0.0.1:8100"),
        ("http://127.0.0.1:port", "http://127.0.0.1:8100"),
        ("http://127.0.0.1:8100/v5", "without a path"),
        ("http://127.0.0.1:8100?x=1", "without a path"),
        ("https://api.bybit.cmo", "api.bybit.com"),
        ("https://api2.bybit.com", "api.bybit.com"),
        ("http://api.bybit.com", "https://api.bybit.com"),
        ("tesnet", "'testnet'"),
        ("simulated", "SimulatedExchange"),
        ("", "an address"),
        (8100, "an address"),
    ],
)
def test_what_is_no_address_is_refused_with_the_cure(given: Any, cure: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        AsyncBybit(environment=given)
    assert caught.value.parameter == "environment"
    assert cure in str(caught.value)


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidParameter) as caught:
        AsyncBybit(environment="http://user:CANARY@127.0.0.1:8100")
    assert "CANARY" not in str(caught.value) + repr(caught.value)


def test_an_environment_and_a_flag_contradict_each_other() -> None:
    with pytest.raises(InvalidParameter):
        AsyncBybit(environment="demo", testnet=True)


def test_the_variables_name_the_environment(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("BYBIT_API_KEY", "KEY")
    variables.setenv("BYBIT_API_SECRET", "SECRET")
    assert AsyncBybit.from_env().environment.name == "mainnet"
    variables.setenv("BYBIT_ENVIRONMENT", "http://127.0.0.1:8100")
    assert AsyncBybit.from_env().environment.rest_url == "http://127.0.0.1:8100"
    variables.setenv("BYBIT_ENVIRONMENT", "demmo")
    with pytest.raises(InvalidParameter) as caught:
        AsyncBybit.from_env()
    assert caught.value.parameter == "BYBIT_ENVIRONMENT"
    variables.setenv("BYBIT_ENVIRONMENT", "demo")
    variables.setenv("BYBIT_TESTNET", "1")
    with pytest.raises(InvalidParameter, match="BYBIT_ENVIRONMENT"):
        AsyncBybit.from_env()


def test_arguments_win_over_variables(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("BYBIT_API_KEY", "KEY")
    variables.setenv("BYBIT_API_SECRET", "SECRET")
    variables.setenv("BYBIT_TESTNET", "1")
    assert AsyncBybit.from_env(demo=True).environment.name == "demo"
    assert AsyncBybit.from_env(region="eu").environment.name == "eu"
    assert AsyncBybit.from_env(environment="http://127.0.0.1:8100").environment.name == "127.0.0.1:8100"
    # Otherwise the variable would decide where real orders go although the code says testnet=False.
    assert AsyncBybit.from_env(testnet=False).environment.name == "mainnet"
    session = AsyncBybit.from_env(api_key="MINE", api_secret="OTHER")
    assert session._signer is not None
    assert session._signer.api_key == "MINE"


def test_half_a_key_is_refused(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("BYBIT_API_KEY", "KEY")
    with pytest.raises(MissingCredentials) as caught:
        AsyncBybit.from_env()
    assert caught.value.parameter == "BYBIT_API_SECRET"


def test_a_session_without_a_key_is_announced(variables: pytest.MonkeyPatch) -> None:
    with pytest.warns(UserWarning, match=r"BYBIT_API_KEY.*mainnet.*public=True") as caught:
        AsyncBybit.from_env()
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="BYBIT_API_KEY"):
        Bybit.from_env(testnet=True)


def test_a_public_session_is_asked_for_and_reads_no_key(variables: pytest.MonkeyPatch) -> None:
    assert AsyncBybit.from_env(public=True).environment.name == "mainnet"
    variables.setenv("BYBIT_API_KEY", "KEY")
    variables.setenv("BYBIT_API_SECRET", "SECRET")
    assert AsyncBybit.from_env(public=True)._signer is None
    with pytest.raises(InvalidParameter, match="public"):
        AsyncBybit.from_env(public=True, api_key="KEY", api_secret="SECRET")


def test_every_argument_of_the_session_is_one_of_from_env() -> None:
    constructor = set(inspect.signature(AsyncBybit.__init__).parameters) - {"self"}
    assert set(get_type_hints(SessionOptions, localns=_late_names())) == constructor
    with pytest.raises(TypeError):
        AsyncBybit.from_env(public=True, testnett=True)  # type: ignore[call-arg]


def _late_names() -> dict[str, Any]:
    from bybit_async.stream.settings import StreamSettings

    return {"StreamSettings": StreamSettings}
