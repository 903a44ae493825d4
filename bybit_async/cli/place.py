"""Which exchange a command talks to: the options that all such commands share."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from bybit_async.errors import InvalidParameter
from bybit_async.session import AsyncBybit

Testnet = Annotated[bool, typer.Option("--testnet", help="Use the testnet.")]
Demo = Annotated[bool, typer.Option("--demo", help="Use demo trading.")]
Environment = Annotated[
    str | None,
    typer.Option("--environment", "--url", metavar="NAME|URL", help="demo, eu, http://127.0.0.1:8100, …"),
]
Simulated = Annotated[bool, typer.Option("--simulated", help="Use an exchange made for this command.")]


@asynccontextmanager
async def session_at(
    *, testnet: bool, demo: bool, environment: str | None, simulated: bool, public: bool
) -> AsyncIterator[AsyncBybit]:
    """Open a session where the options say, else where the variables of the process say; see `AsyncBybit.from_env`.

    Raises:
        InvalidParameter: two options contradict each other.
    """
    if sum((testnet, demo, environment is not None, simulated)) > 1:
        raise InvalidParameter("--environment", "give one of --testnet, --demo, --environment and --simulated")
    if simulated:
        from bybit_async.simulator import SimulatedExchange

        async with SimulatedExchange(seed=0) as exchange:
            async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="100000")) as bybit:
                yield bybit
        return
    places = {"testnet": testnet or None, "demo": demo or None, "environment": environment}
    with warnings.catch_warnings():
        # A signed call without a key ends in an error of its own.
        warnings.simplefilter("ignore", UserWarning)
        session = AsyncBybit.from_env(public=public, **places)  # type: ignore[arg-type]
    async with session as bybit:
        yield bybit
