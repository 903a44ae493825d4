"""Which exchange a command talks to: the options that all such commands share."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, NamedTuple

import typer

from bybit_async.errors import InvalidParameter
from bybit_async.session import AsyncBybit
from bybit_async.session_options import SessionOptions

Testnet = Annotated[bool, typer.Option("--testnet", help="Use the testnet.")]
Demo = Annotated[bool, typer.Option("--demo", help="Use demo trading.")]
Environment = Annotated[
    str | None,
    typer.Option("--environment", "--url", metavar="NAME|URL", help="demo, eu, http://127.0.0.1:8100, …"),
]
Simulated = Annotated[bool, typer.Option("--simulated", help="Use an exchange made for this command.")]


class Target(NamedTuple):
    """Which exchange a command talks to; without any of these, the one that the variables of the process say."""

    testnet: bool = False
    demo: bool = False
    environment: str | None = None
    simulated: bool = False

    @asynccontextmanager
    async def session(
        self, *, public: bool = True, data_dir: str | None = None, data_leases: str | None = None
    ) -> AsyncIterator[AsyncBybit]:
        """Open a session there; see `AsyncBybit.from_env`.

        Raises:
            InvalidParameter: two options contradict each other.
        """
        if sum((self.testnet, self.demo, self.environment is not None, self.simulated)) > 1:
            raise InvalidParameter("--environment", "give one of --testnet, --demo, --environment and --simulated")
        if self.simulated:
            from bybit_async.simulator import SimulatedExchange

            async with SimulatedExchange(seed=0) as exchange:
                keys = exchange.new_account(usdt="100000")
                async with AsyncBybit(
                    environment=exchange.environment, data_dir=data_dir, data_leases=data_leases, **keys
                ) as bybit:
                    yield bybit
            return
        chosen: SessionOptions = {}
        if self.testnet:
            chosen["testnet"] = True
        if self.demo:
            chosen["demo"] = True
        if self.environment is not None:
            chosen["environment"] = self.environment
        if data_dir is not None:
            chosen["data_dir"] = data_dir
        if data_leases is not None:
            chosen["data_leases"] = data_leases
        with warnings.catch_warnings():
            # A signed call without a key ends in an error of its own.
            warnings.simplefilter("ignore", UserWarning)
            session = AsyncBybit.from_env(public=public, **chosen)
        async with session as bybit:
            yield bybit
