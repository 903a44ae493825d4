"""A pytest plugin: tests of bots get a simulated exchange and a client on it, by naming a fixture.

    async def test_my_bot(bybit, bybit_exchange):
        await bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")
        await bybit_exchange.advance("8h")

pytest finds it by itself once the package is installed. The fixtures are asynchronous and need ``pytest-asyncio``, in
its auto mode or its strict one. Markers say how the exchange and the account are made:

    @pytest.mark.bybit_exchange(seed=7, manual=True, symbols=["BTCUSDT"])   # arguments of `SimulatedExchange`
    @pytest.mark.bybit_account(usdt="500", coins={"BTC": "1"})              # arguments of `new_account`
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

fixture: Callable[..., Any] = pytest.fixture
# Without it an asynchronous test cannot run at all, which pytest then says better than we could.
with suppress(ImportError):
    from pytest_asyncio import fixture

# Nothing else of ours is imported here: pytest loads plugins in every run, and few runs need an exchange.
if TYPE_CHECKING:
    from bybit_async.session import AsyncBybit
    from bybit_async.simulator import SimulatedExchange

_EXCHANGE = "bybit_exchange"
_ACCOUNT = "bybit_account"
_DEPOSIT = "100000"


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    config.addinivalue_line("markers", f"{_EXCHANGE}(**arguments): how the simulated exchange of the test is made.")
    config.addinivalue_line("markers", f"{_ACCOUNT}(**arguments): what the account of the `bybit` fixture holds.")


@fixture
async def bybit_exchange(request: pytest.FixtureRequest) -> AsyncIterator[SimulatedExchange]:
    """A `SimulatedExchange` that lives as long as the test."""
    from bybit_async.simulator import SimulatedExchange

    async with SimulatedExchange(**_arguments(request, _EXCHANGE)) as exchange:
        yield exchange


@fixture
async def bybit(request: pytest.FixtureRequest, bybit_exchange: SimulatedExchange) -> AsyncIterator[AsyncBybit]:
    """An `AsyncBybit` on the test's exchange, with an account that holds 100,000 USDT."""
    from bybit_async.session import AsyncBybit

    account = bybit_exchange.new_account(**{"usdt": _DEPOSIT, **_arguments(request, _ACCOUNT)})
    async with AsyncBybit(environment=bybit_exchange.environment, **account) as client:
        yield client


def _arguments(request: pytest.FixtureRequest, name: str) -> dict[str, Any]:
    """Return what the markers ask for: those of the module, then of the class, then of the test."""
    arguments: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(name))):
        if marker.args:
            raise pytest.UsageError(f"the marker {name} takes keyword arguments only")
        arguments.update(marker.kwargs)
    return arguments
